"""The bar above the sheet: period, heads, states, text, zoom, twin and export; chips below it."""

from collections.abc import Mapping

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.calendar import Grouping
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.states import SEVERITY, WORDS, JobState
from sesam_master.ui.calendar.geometry import LEAST_ZOOM, MOST_ZOOM
from sesam_master.ui.calendar.period import Length
from sesam_master.ui.icons import icon
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.filter_button import FilterButton
from sesam_master.ui.widgets.search_field import SearchField
from sesam_master.ui.widgets.segments import Segments

TYPING_MS = 150
GROUPING_WORDS = {
    Grouping.FARM: "Rows: farm",
    Grouping.LOCATION: "Rows: location",
    Grouping.CLIENT: "Rows: client",
    Grouping.TASK_GROUP: "Rows: task group",
    Grouping.NONE: "Rows: task",
}


class CalendarFilterBar(QWidget):
    """Shows what it is told; says what a person chose. `part_removed` carries a part's name."""

    stepped = Signal(int)
    today_wanted = Signal()
    month_wanted = Signal(int)
    months_wanted = Signal()
    length_chosen = Signal(object)
    grouping_chosen = Signal(object)
    all_closed = Signal(bool)
    state_toggled = Signal(object, bool)
    states_cleared = Signal()
    problems_toggled = Signal(bool)
    text_entered = Signal(str)
    zoom_chosen = Signal(int)
    twin_toggled = Signal(bool)
    part_removed = Signal(str)

    def __init__(self, holder: ThemeHolder, exports: Mapping[str, QAction]) -> None:
        super().__init__()
        self._holder = holder
        self.before = self._tool(
            "chevron-left", "Earlier (Alt+PgUp)", lambda: self.stepped.emit(-1)
        )
        self.after = self._tool("chevron-right", "Later (Alt+PgDown)", lambda: self.stepped.emit(1))
        self.period = FilterButton(holder, "calendar", "")
        self._months = QMenu(self)
        self._months.aboutToShow.connect(self.months_wanted)
        self.period.set_menu(self._months)
        self.lengths = Segments(holder, [length.value for length in Length])
        self.lengths.chosen.connect(lambda text: self.length_chosen.emit(Length(text)))
        self.rows = FilterButton(holder, "rows-3", GROUPING_WORDS[Grouping.LOCATION])
        self.rows.set_menu(self._grouping_menu())
        self.states = FilterButton(holder, "list-filter", "All states")
        self.states.set_menu(self._state_menu())
        self.search = SearchField(holder, "Filter rows")
        self.search.setMaximumWidth(200)
        self.search.setMinimumWidth(110)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(lambda: self.text_entered.emit(self.search.text()))
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(LEAST_ZOOM, MOST_ZOOM)
        self.slider.setFixedWidth(64)
        self.slider.setAccessibleName("Width of a day")
        self.slider.setToolTip("Width of a day (Ctrl+wheel, Ctrl++ and Ctrl+-, Ctrl+0)")
        self.slider.valueChanged.connect(self.zoom_chosen)
        self.zoom = ElidedLabel(holder, "40 px", "secondary")
        self.zoom.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.twin = self._tool("table", "As a table, for screen readers", None)
        self.twin.setCheckable(True)
        self.twin.toggled.connect(self.twin_toggled)
        self.export = self._tool("download", "Export", None)
        menu = QMenu(self)
        for action in exports.values():
            menu.addAction(action)
        self.export.setMenu(menu)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._lay_out()

    # -- showing

    def show_choice(
        self,
        title: str,
        length: Length,
        grouping: Grouping,
        chosen: CalendarFilter,
        chips: Mapping[str, str],
    ) -> None:
        """`chips` are the parts that have no button of their own, by name, in words."""
        self.period.set_text(title)
        self.lengths.choose(length.value)
        self.rows.set_text(GROUPING_WORDS[grouping])
        self._groupings[grouping].setChecked(True)
        self._problems.setChecked(chosen.only_problems)
        for state, action in self._states.items():
            action.setChecked(state in chosen.states)
        self.states.set_text(_states_words(chosen))
        self.states.set_narrowing(bool(chosen.states or chosen.only_problems))
        if not self._typing.isActive() and self.search.text() != chosen.text:
            self.search.blockSignals(True)
            self.search.setText(chosen.text)
            self.search.blockSignals(False)
        self._show_chips(chips)

    def show_zoom(self, zoom: int) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(zoom)
        self.slider.blockSignals(False)
        self.zoom.set_text(f"{zoom} px")

    def set_months(self, months: Mapping[int, str]) -> None:
        """The periods of the menu, by steps from the shown one."""
        self._months.clear()
        self._months.addAction("Today", self.today_wanted.emit)
        self._months.addSeparator()
        for steps, text in months.items():
            action = self._months.addAction(text)
            action.triggered.connect(lambda _=False, steps=steps: self.month_wanted.emit(steps))

    # -- parts

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(10, 5, 12, 5)
        top.setSpacing(6)
        left = (self.before, self.after, self.period, self.lengths, self.rows, self.states)
        for widget in left:
            top.addWidget(widget)
        top.addWidget(self.search, 1)
        top.addStretch(1)
        for tool in (self.slider, self.zoom, self.twin, self.export):
            top.addWidget(tool)
        self._chips = QHBoxLayout()
        self._chips.setContentsMargins(16, 0, 12, 5)
        self._chips.setSpacing(8)
        self._chip_widgets: list[FilterButton] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        self._chip_row = QWidget()
        self._chip_row.setLayout(self._chips)
        self._chip_row.hide()
        layout.addWidget(self._chip_row)

    def _show_chips(self, chips: Mapping[str, str]) -> None:
        for chip in self._chip_widgets:
            chip.hide()
            chip.deleteLater()
        while self._chips.takeAt(0) is not None:
            pass
        self._chip_widgets = []
        for part, text in chips.items():
            chip = FilterButton(self._holder, "list-filter", text, "x")
            chip.set_text(text)
            chip.set_narrowing(True)
            chip.clicked.connect(lambda _=False, part=part: self.part_removed.emit(part))
            self._chips.addWidget(chip)
            self._chip_widgets.append(chip)
        self._chips.addStretch(1)
        self._chip_row.setVisible(bool(chips))

    def _grouping_menu(self) -> QMenu:
        menu, group = QMenu(self), QActionGroup(self)
        self._groupings: dict[Grouping, QAction] = {}
        for grouping, text in GROUPING_WORDS.items():
            action = menu.addAction(text.removeprefix("Rows: ").capitalize())
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, g=grouping: self.grouping_chosen.emit(g))
            group.addAction(action)
            self._groupings[grouping] = action
        menu.addSeparator()
        menu.addAction("Close all heads", lambda: self.all_closed.emit(True))
        menu.addAction("Open all heads", lambda: self.all_closed.emit(False))
        return menu

    def _state_menu(self) -> QMenu:
        menu = QMenu(self)
        self._problems = menu.addAction("Only rows with problems")
        self._problems.setCheckable(True)
        self._problems.triggered.connect(self.problems_toggled)
        menu.addAction("All states", self.states_cleared.emit)
        menu.addSeparator()
        self._states: dict[JobState, QAction] = {}
        for state in SEVERITY:
            action = menu.addAction(WORDS[state])
            action.setCheckable(True)
            action.triggered.connect(lambda on, s=state: self.state_toggled.emit(s, on))
            self._states[state] = action
        return menu

    def _tool(self, name: str, text: str, run: object) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(name, self._holder))
        button.setIconSize(QSize(16, 16))
        button.setToolTip(text)
        button.setAccessibleName(text)
        if callable(run):
            button.clicked.connect(run)
        return button

    def export_place(self) -> QPoint:
        """Where a message about an export belongs."""
        return self.export.mapToGlobal(QPoint(0, self.export.height()))


def _states_words(chosen: CalendarFilter) -> str:
    names = [WORDS[state] for state in SEVERITY if state in chosen.states]
    if chosen.only_problems:
        names.insert(0, "Problems")
    if not names:
        return "All states"
    return ", ".join(names) if len(names) < 3 else f"{len(names)} states"
