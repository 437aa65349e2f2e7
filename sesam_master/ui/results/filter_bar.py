"""The filter bar of the results, its sentence on what is missing, and its facets."""

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from sesam_master.core.fleet import LocationState
from sesam_master.core.states import SEVERITY, WORDS, JobState
from sesam_master.ui.formatting import UNKNOWN, count_text, day_text
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.presenter import ResultsPicture
from sesam_master.ui.results.rows import sesam_date
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.facets import Facet, FacetGroup
from sesam_master.ui.widgets.filter_button import FilterButton
from sesam_master.ui.widgets.search_field import SearchField

TYPING_MS = 250
MOST_DAYS = 31
NOT_OF_JOBS = frozenset(
    {
        JobState.MISSED,
        JobState.LATE,
        JobState.BLOCKED,
        JobState.PLANNED,
        JobState.NOT_PLANNED,
        JobState.UNKNOWN,
    }
)


class ResultFilterBar(QWidget):
    """Day, text, and one sentence. The text is sent to the agents when typing rests."""

    day_chosen = Signal(str)
    text_entered = Signal(str)
    known_toggled = Signal(bool)
    days_wanted = Signal()

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shows_known: bool = False
        self.day = FilterButton(holder, "calendar", "Sesam day: all")
        self._days = QMenu(self)
        self._days.aboutToShow.connect(self.days_wanted)
        self.day.set_menu(self._days)
        self.search = SearchField(holder, "Filter all results", "Ctrl+F")
        self.search.setFixedWidth(holder.fonts.px(260))
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
        self._top.addWidget(self.day)
        self._top.addWidget(self.search)
        self._top.addStretch(1)
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

    def show_filter(self, chosen: ResultFilter, sentence: str, has_dark: bool) -> None:
        """Show what is chosen and what is missing."""
        day = day_text(sesam_date(chosen.day)) if chosen.day else "all"
        self.day.set_text(f"Sesam day: {day}")
        self.day.set_narrowing(bool(chosen.day))
        if not self._typing.isActive() and self.search.text().strip() != chosen.text.strip():
            self.search.setText(chosen.text)
        self.sentence.set_text(sentence)
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


def facet_groups(
    picture: ResultsPicture, chosen: ResultFilter, locations: Sequence[LocationState]
) -> list[FacetGroup]:
    """States and locations with their counts; "?" for a location that does not prove its own."""
    states = [state for state in SEVERITY if state not in NOT_OF_JOBS]
    counts = picture.state_counts
    state_rows = tuple(
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
    location_rows = tuple(
        _location_facet(place, picture.location_counts, chosen) for place in locations
    )
    return [
        FacetGroup("state", "State", state_rows),
        FacetGroup("location", "Location", location_rows),
    ]


def _location_facet(
    place: LocationState, counts: dict[str, int | None], chosen: ResultFilter
) -> Facet:
    key = place.registration.location_id
    count = counts.get(key)
    return Facet(
        key,
        place.registration.name,
        UNKNOWN if count is None else count_text(count),
        is_checked=key in chosen.locations,
        sign=None if place.is_live else place.connection,
        is_quiet=not place.is_live,
    )
