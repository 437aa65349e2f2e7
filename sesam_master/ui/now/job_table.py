"""A table of open jobs: as high as its rows, with the buttons of the selected row on that row."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QPoint, QSize, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from sesam_master.core.now import OpenJob
from sesam_master.ui.icons import icon
from sesam_master.ui.now.grouping import NowRow
from sesam_master.ui.results.actions import Offer
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.cells import CellDelegate
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView, header_height

LEAST_ROWS = 2
MARGIN = 8
ICON_BUTTON = 32


class RowButtons(QWidget):
    """The main offers of one row, over its right end."""

    def __init__(self, holder: ThemeHolder, parent: QWidget) -> None:
        super().__init__(parent)
        self._holder = holder
        self._keys: tuple[str, ...] = ()
        self.buttons: dict[str, QPushButton] = {}
        self._offers: dict[str, Offer] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(MARGIN, 0, 0, 0)
        self._row.setSpacing(6)
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The ground of a selected row: no half of a word looks out from behind a button."""
        theme, table = self._holder.current, self.parentWidget()
        is_active = table is not None and table.isActiveWindow()
        QPainter(self).fillRect(self.rect(), theme.sel if is_active else theme.sel_inactive)

    def show_offers(self, offers: Sequence[Offer]) -> None:
        """Buttons stay the same ones while their keys do: one must not lose a click."""
        self._offers = {offer.key: offer for offer in offers if offer.is_main}
        if tuple(self._offers) != self._keys:
            self._keys = tuple(self._offers)
            for button in self.buttons.values():
                button.hide()
                button.deleteLater()
            self.buttons = {key: self._button(offer) for key, offer in self._offers.items()}
        for key, offer in self._offers.items():
            self.buttons[key].setEnabled(offer.reason is None)
            self.buttons[key].setToolTip(offer.reason or offer.text)

    def _button(self, offer: Offer) -> QPushButton:
        """The one that ends something says so in words, the others have their icon only."""
        button = QPushButton()
        if offer.key == "cancel":
            button.setText(offer.text)
        else:
            button.setIcon(icon(offer.icon, self._holder))
            button.setFixedWidth(self._holder.fonts.px(ICON_BUTTON))
        button.setAccessibleName(offer.text)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda _=False, key=offer.key: self._offers[key].run())
        self._row.addWidget(button)
        return button


class JobTable(RecordTableView[NowRow]):
    """`seen` carries the jobs that can be seen, when others can; `menu_wanted` those that are
    selected, with a place on the screen."""

    seen = Signal(list)
    menu_wanted = Signal(list, QPoint)

    def __init__(
        self,
        holder: ThemeHolder,
        model: RecordTableModel[NowRow],
        offers: Callable[[list[OpenJob]], list[Offer]],
        delegate: CellDelegate | None = None,
    ) -> None:
        super().__init__(holder, model, delegate=delegate)
        self._offers = offers
        self.buttons = RowButtons(holder, self.viewport())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        model.rowsInserted.connect(self._rows_inserted)
        model.rowsRemoved.connect(self._rows_changed)
        model.layoutChanged.connect(self.place_buttons)
        self.verticalScrollBar().valueChanged.connect(self._rows_moved)
        self.horizontalScrollBar().valueChanged.connect(self.place_buttons)
        self.records_selected.connect(lambda _records: self.place_buttons())
        holder.changed.connect(self._take_fonts)
        self._rows_changed()

    def selected_jobs(self) -> list[OpenJob]:
        """The selected rows without group heads."""
        return [row for row in self.selected_records() if isinstance(row, OpenJob)]

    def visible_jobs(self) -> list[OpenJob]:
        """The jobs of the rows that can be seen."""
        model = self.model()
        first = self.rowAt(0)
        if first < 0 or not isinstance(model, RecordTableModel):
            return []
        last = self.rowAt(self.viewport().height() - 1)
        end = last + 1 if last >= 0 else model.rowCount()
        rows = map(model.record, range(first, end))
        return [row for row in rows if isinstance(row, OpenJob)]

    def place_buttons(self) -> None:
        """On the selected row, if it is a single one."""
        jobs = self.selected_jobs()
        rows = self.selectionModel().selectedRows()
        if len(jobs) != 1 or len(rows) != 1:
            self.buttons.hide()
            return
        self.buttons.show_offers(self._offers(jobs))
        size = self.buttons.sizeHint()
        row = rows[0].row()
        y = self.rowViewportPosition(row) + (self.rowHeight(row) - size.height()) // 2
        x = self.viewport().width() - size.width() - MARGIN
        self.buttons.setGeometry(x, y, size.width(), size.height())
        self.buttons.show()
        self.buttons.raise_()

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(400, self._height())

    def minimumSizeHint(self) -> QSize:
        """The first rows."""
        row = self.verticalHeader().defaultSectionSize()
        return QSize(200, min(self._height(), self.horizontalHeader().height() + LEAST_ROWS * row))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place_buttons()
        self.seen.emit(self.visible_jobs())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """For the mouse and for the menu key."""
        jobs = self.selected_jobs()
        if jobs:
            self.menu_wanted.emit(jobs, event.globalPos())

    def _take_fonts(self) -> None:
        self._rows_inserted(QModelIndex(), 0, self.model().rowCount() - 1)

    def _rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        """A group head is one line, whatever a job takes."""
        height = header_height(self._holder)
        for row in range(first, last + 1):
            if self._records.head(row) is not None:
                self.setRowHeight(row, height)
        self._rows_changed()

    def _rows_changed(self) -> None:
        self.setMaximumHeight(self._height())
        self.updateGeometry()
        self.place_buttons()
        self.seen.emit(self.visible_jobs())

    def _rows_moved(self) -> None:
        self.place_buttons()
        self.seen.emit(self.visible_jobs())

    def _height(self) -> int:
        return self.horizontalHeader().height() + self.verticalHeader().length() + 1
