"""How the page is divided: sheet, twin or emptiness over the legend, the day at the right."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.calendar import CalendarView
from sesam_master.ui.calendar.day_list import WIDTH as DAY_WIDTH
from sesam_master.ui.calendar.legend import Legend
from sesam_master.ui.calendar.sheet_view import SheetView
from sesam_master.ui.calendar.twin import SheetTwin
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState


class CalendarPanes(QWidget):
    """`spot_chosen` carries line and day that were chosen in the twin."""

    spot_chosen = Signal(object)

    def __init__(self, holder: ThemeHolder, view: CalendarView, day: QWidget) -> None:
        super().__init__()
        self._holder = holder
        self._scale = 0.0
        self._shows_twin = False
        self._content: EmptyContent | None = None
        self.sheet = SheetView(holder, view)
        self.model = SheetTwin(view, self)
        self.twin = QTableView()
        self.empty = EmptyState(holder, EmptyContent("calendar-days", "", ""))
        self.note = Banner(holder, "")
        self.note.hide()
        self.note.triggered.connect(self._hide_note)
        self._note = self._hidden_note = ""
        self.legend = Legend(holder)
        self._stack = QStackedWidget()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out(day)
        holder.changed.connect(self._take_fonts)
        self._take_fonts()

    def show_view(self, view: CalendarView, reasons: dict[str, str], shows_location: bool) -> None:
        self.sheet.row_header.shows_location = shows_location
        self.sheet.show_view(view, reasons)
        if self._shows_twin:
            self.model.show_view(view, reasons)

    def show_empty(self, content: EmptyContent | None) -> None:
        """This in place of the sheet; None: the sheet."""
        if content is not None and content != self._content:
            self.empty.set_content(content)
        self._content = content
        self._choose_page()

    def show_note(self, text: str) -> None:
        """A sentence above the sheet until a person closes it."""
        self._note = text
        self.note.set_text(text, "Hide")
        self.note.setVisible(bool(text) and text != self._hidden_note)

    def show_twin(self, is_on: bool) -> None:
        """The table of words in place of the painted sheet, at the same cell."""
        self._shows_twin = is_on
        if is_on:
            self.model.show_view(self.sheet.view, self.sheet.reasons)
            spot = self.sheet.chosen.spot
            if spot is not None:
                self.twin.setCurrentIndex(self.model.index(*spot))
        self._choose_page()
        (self.twin if is_on else self.sheet).setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self, day: QWidget) -> None:
        self.twin.setModel(self.model)
        self.twin.setAccessibleName("Calendar sheet as a table")
        self.twin.setFrameShape(QFrame.Shape.NoFrame)
        self.twin.selectionModel().currentChanged.connect(self._choose_spot)
        for page in (self.sheet, self.twin, self.empty):
            self._stack.addWidget(page)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        line = QFrame()
        line.setProperty("line", True)
        column.addWidget(line)
        column.addWidget(self.note)
        column.addWidget(self._stack, 1)
        column.addWidget(self.legend)
        self._splitter.addWidget(left)
        self._splitter.addWidget(day)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._splitter)

    def _choose_page(self) -> None:
        page: QWidget = self.twin if self._shows_twin else self.sheet
        self._stack.setCurrentWidget(self.empty if self._content is not None else page)

    def _choose_spot(self, index: QModelIndex) -> None:
        if index.isValid() and self._shows_twin:
            self.spot_chosen.emit((index.row(), index.column()))

    def _hide_note(self) -> None:
        self._hidden_note = self._note
        self.note.hide()

    def _take_fonts(self) -> None:
        fonts = self._holder.fonts
        if fonts.scale != self._scale:
            self._scale = fonts.scale
            width = fonts.px(DAY_WIDTH)
            self._splitter.setSizes([max(width, self.width() - width), width])
