"""The filter bar of the results, its sentence on what is missing, and its facets."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from sesam_master.core.states import WORDS, JobState, severity_rank
from sesam_master.ui.formatting import count_text, day_text
from sesam_master.ui.results.filters import JOB_STATES, ResultFilter
from sesam_master.ui.results.rows import sesam_date
from sesam_master.ui.results.sentences import scope_text
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.facets import Facet, FacetGroup
from sesam_master.ui.widgets.filter_button import FilterButton
from sesam_master.ui.widgets.search_field import SearchField

TYPING_MS = 250
MOST_DAYS = 31


class ResultFilterBar(QWidget):
    """Scope, day, text, and one sentence. The text is sent to the agents when typing rests."""

    day_chosen = Signal(str)
    text_entered = Signal(str)
    known_toggled = Signal(bool)
    days_wanted = Signal()
    scope_removed = Signal()

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shows_known: bool = False
        self.scope = FilterButton(holder, "folder-tree", "", "x")
        self.scope.set_narrowing(True)
        self.scope.clicked.connect(self.scope_removed)
        self.scope.hide()
        self.day = FilterButton(holder, "calendar", "Sesam day: all")
        self._days = QMenu(self)
        self._days.aboutToShow.connect(self.days_wanted)
        self.day.set_menu(self._days)
        self.search = SearchField(holder, "Filter all results", "Ctrl+F")
        self.search.setMaximumWidth(holder.fonts.px(260))
        self.sentence = ElidedLabel(holder, "", "secondary")
        self.known = QPushButton()
        self.known.setProperty("link", True)
        self.known.clicked.connect(lambda: self.known_toggled.emit(not self._shows_known))
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(lambda: self.text_entered.emit(self.search.text()))
        self.search.textEdited.connect(lambda _text: self._typing.start())
        self.search.textChanged.connect(lambda text: None if text else self._typing.start())
        self.search.returnPressed.connect(self._enter)
        self._top = QHBoxLayout()
        self._top.setContentsMargins(16, 4, 12, 4)
        self._top.setSpacing(8)
        self._top.addWidget(self.scope)
        self._top.addWidget(self.day)
        self._top.addWidget(self.search, 1)
        self._top.addStretch()
        below = QHBoxLayout()
        below.setContentsMargins(16, 2, 12, 4)
        below.addWidget(self.sentence, 1)
        below.addWidget(self.known)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._top)
        layout.addLayout(below)

    def add_tool(self, widget: QWidget) -> None:
        """Put a button at the far right."""
        self._top.addWidget(widget)

    def show_filter(self, chosen: ResultFilter, has_dark: bool, names: Sequence[str]) -> None:
        """Show what is chosen; `names` are those of the locations in scope."""
        self.scope.setVisible(chosen.scope is not None)
        if chosen.scope is not None:
            self.scope.set_text(scope_text(chosen.scope, names))
        day = day_text(sesam_date(chosen.day)) if chosen.day else "all"
        self.day.set_text(f"Sesam day: {day}")
        self.day.set_narrowing(bool(chosen.day))
        if not self._typing.isActive() and self.search.text().strip() != chosen.text.strip():
            self.search.setText(chosen.text)
        self._shows_known = chosen.shows_known
        self.known.setText("Hide what was known" if chosen.shows_known else "Show what was known")
        self.known.setVisible(has_dark or chosen.shows_known)

    def set_days(self, days: Sequence[str]) -> None:
        """The days of the menu, newest first."""
        self._days.clear()
        self._days.addAction("All days", lambda: self.day_chosen.emit(""))
        self._days.addSeparator()
        for day in days[:MOST_DAYS]:
            text = day_text(sesam_date(day))
            action = self._days.addAction(text)
            action.triggered.connect(lambda _=False, day=day: self.day_chosen.emit(day))

    def _enter(self) -> None:
        self._typing.stop()
        self.text_entered.emit(self.search.text())


def state_facets(counts: Mapping[JobState, int], chosen: ResultFilter) -> FacetGroup:
    """The states that a job can have, worst first, with their counts; unknown only where it is."""
    states = list(JOB_STATES)
    if counts.get(JobState.UNKNOWN) or JobState.UNKNOWN in chosen.states:
        states = sorted([*states, JobState.UNKNOWN], key=severity_rank)
    rows = tuple(
        Facet(
            state.value,
            WORDS[state],
            count_text(counts.get(state, 0)),
            is_checked=state in chosen.states,
            sign=state,
            is_quiet=not counts.get(state),
        )
        for state in states
    )
    return FacetGroup("state", "State", rows)
