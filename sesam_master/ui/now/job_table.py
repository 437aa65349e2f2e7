"""A table of open jobs: as high as its rows, with the buttons of the selected row on that row."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from sesam_master.core.now import OpenJob
from sesam_master.ui.icons import icon
from sesam_master.ui.results.actions import Offer
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.cells import CellDelegate
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

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


class JobTable(RecordTableView[OpenJob]):
    """`seen` carries the records that can be seen, when others can; `menu_wanted` those that are
    selected, with a place on the screen."""

    seen = Signal(list)
    menu_wanted = Signal(list, QPoint)

    def __init__(
        self,
        holder: ThemeHolder,
        model: RecordTableModel[OpenJob],
        offers: Callable[[list[OpenJob]], list[Offer]],
        delegate: CellDelegate | None = None,
    ) -> None:
        super().__init__(holder, model, delegate=delegate)
        self._offers = offers
        self.buttons = RowButtons(holder, self.viewport())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        model.rowsInserted.connect(self._rows_changed)
        model.rowsRemoved.connect(self._rows_changed)
        model.layoutChanged.connect(self.place_buttons)
        self.verticalScrollBar().valueChanged.connect(self._rows_moved)
        self.horizontalScrollBar().valueChanged.connect(self.place_buttons)
        self.records_selected.connect(lambda _records: self.place_buttons())
        holder.changed.connect(self._rows_changed)
        self._rows_changed()

    def visible_records(self) -> list[OpenJob]:
        """The records of the rows that can be seen."""
        model = self.model()
        first = self.rowAt(0)
        if first < 0 or not isinstance(model, RecordTableModel):
            return []
        last = self.rowAt(self.viewport().height() - 1)
        end = last + 1 if last >= 0 else model.rowCount()
        return [model.record(row) for row in range(first, end)]

    def place_buttons(self) -> None:
        """On the selected row, if it is a single one."""
        records = self.selected_records()
        rows = self.selectionModel().selectedRows()
        if len(records) != 1 or not rows:
            self.buttons.hide()
            return
        self.buttons.show_offers(self._offers(records))
        size = self.buttons.sizeHint()
        row = rows[0].row()
        y = self.rowViewportPosition(row) + (self.rowHeight(row) - size.height()) // 2
        x = self.viewport().width() - size.width() - MARGIN
        self.buttons.setGeometry(x, y, size.width(), size.height())
        self.buttons.show()
        self.buttons.raise_()

    def sizeHint(self) -> QSize:
        """All rows."""
        return QSize(400, self._height_of(self.model().rowCount()))

    def minimumSizeHint(self) -> QSize:
        """The first rows."""
        return QSize(200, self._height_of(min(LEAST_ROWS, self.model().rowCount())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place_buttons()
        self.seen.emit(self.visible_records())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """For the mouse and for the menu key."""
        records = self.selected_records()
        if records:
            self.menu_wanted.emit(records, event.globalPos())

    def _rows_changed(self) -> None:
        self.setMaximumHeight(self._height_of(self.model().rowCount()))
        self.updateGeometry()
        self.place_buttons()
        self.seen.emit(self.visible_records())

    def _rows_moved(self) -> None:
        self.place_buttons()
        self.seen.emit(self.visible_records())

    def _height_of(self, rows: int) -> int:
        row = self.verticalHeader().defaultSectionSize()
        return self.horizontalHeader().height() + rows * row + 1
