"""Joins the chosen cell with the list of that day."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPoint, Qt, Signal

from sesam_master.core.calendar import CalendarRow, CalendarView, Group, Line
from sesam_master.core.calendar_source import CalendarSource
from sesam_master.core.coverage import Coverage
from sesam_master.core.sheet_shown import shown_state
from sesam_master.core.states import SEVERITY, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.cursor import Spot
from sesam_master.ui.calendar.day_list import DayList
from sesam_master.ui.calendar.day_presenter import DayPresenter, DayRow, DayScope
from sesam_master.ui.calendar.offers import CalendarVerbs, run_offers
from sesam_master.ui.calendar.presenter import CalendarPresenter
from sesam_master.ui.formatting import day_text
from sesam_master.ui.results.actions import Offer, offer_menu
from sesam_master.ui.results.sentences import short_reason
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.coverage_pill import coverage_words


class DayPanel(QObject):
    """Shows all of the location (or of the head) that the chosen cell belongs to, on its day.
    `take_back_wanted` carries an occurrence that is to come."""

    take_back_wanted = Signal(object)

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: CalendarSource,
        calendar: CalendarPresenter,
        verbs: CalendarVerbs,
    ) -> None:
        super().__init__(calendar)
        self._holder = holder
        self._calendar = calendar
        self._verbs = verbs
        self._spot: Spot | None = None
        self._view: CalendarView | None = None
        self.presenter = DayPresenter(bridge, source, self)
        self.list = DayList(holder, calendar.zone, calendar.now, self._offers)
        self.presenter.changed.connect(self.show)
        calendar.told.connect(self.presenter.follow)
        self.list.activated.connect(self._open)
        self.list.menu_wanted.connect(self._pop_up)

    def follow(self, view: CalendarView, spot: Spot | None) -> None:
        """Another cell was chosen."""
        self._view, self._spot = view, spot
        line = self._line()
        if line is None or spot is None:
            self.presenter.show(None)
            self.show()
            return
        day = view.span.day(spot[1])
        if isinstance(line, Group):
            rows = line.rows
            at = (line.place.location_id,) if line.place else _places(rows)
            keys = frozenset() if line.place else frozenset(row.row.key for row in rows)
        else:
            at, keys = (line.place.location_id,), frozenset()
        self.presenter.show(DayScope(day, at, keys))
        self.show()

    def show(self) -> None:
        """Everything as it is known now."""
        scope = self.presenter.scope
        if scope is None or self._view is None:
            has_cells = self._view is not None and bool(self._view.lines)
            note = "Choose a cell in the sheet." if has_cells else ""
            self.list.show_day("No day chosen", "", "", {}, [], note)
            return
        rows = self.presenter.rows()
        counts: dict[JobState, int] = {}
        for row in rows:
            counts[row.state] = counts.get(row.state, 0) + 1
        title = f"{day_text(scope.day)}, {self._where(scope)}"
        self.list.show_day(
            title, self._about(scope), self._stand(scope), counts, rows, self._note(scope)
        )
        line = self._line()
        if isinstance(line, CalendarRow):
            self.list.choose(line.row.key)

    def runs_of_spot(self) -> list[DayRow]:
        """What is known of the chosen cell's occurrences, the worst first."""
        line = self._line()
        if not isinstance(line, CalendarRow):
            return []
        rows = [
            row
            for row in self.presenter.rows()
            if row.occurrence.row_key == line.row.key
            and row.occurrence.location_id == line.place.location_id
        ]
        return sorted(rows, key=lambda row: SEVERITY.index(row.state))

    def focus_list(self) -> None:
        """The keyboard goes on in the list."""
        self.list.list.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- words

    def _where(self, scope: DayScope) -> str:
        line = self._line()
        if isinstance(line, Group):
            return line.title
        location = self._calendar.location(scope.locations[0])
        return location.registration.name if location else "gone"

    def _about(self, scope: DayScope) -> str:
        sheets = [
            place.sheet
            for place in (self._view.places if self._view else ())
            if place.location_id in scope.locations and place.sheet is not None
        ]
        if not sheets:
            return "Sesam day"
        closed = sum(scope.day < sheet.open_day for sheet in sheets)
        is_coming = all(scope.day > sheet.open_day for sheet in sheets)
        if is_coming:
            return "Sesam day to come"
        if closed == len(sheets):
            return "Sesam day, closed"
        return "Sesam day, open" if not closed else f"Sesam day, closed at {closed}"

    def _stand(self, scope: DayScope) -> str:
        reasons = self._calendar.reasons()
        if len(scope.locations) == 1:
            [location_id] = scope.locations
            stand = "did not answer" if location_id in self.presenter.failed else "live"
            return reasons.get(location_id, stand).capitalize()
        here = [key for key in self.presenter.answered if key not in reasons]
        return coverage_words(Coverage(len(here), len(scope.locations)))

    def _note(self, scope: DayScope) -> str:
        if self.presenter.is_asking:
            return "Asking for the runs of the day"
        if self.presenter.failed:
            reason = short_reason(next(iter(self.presenter.failed.values())))
            return f"The runs of the day are not known: {reason}."
        view, spot = self._view, self._spot
        line = self._line()
        if (
            view is not None
            and spot is not None
            and isinstance(line, CalendarRow)
            and shown_state(line.cells[spot[1]]) is JobState.UNKNOWN
        ):
            return "What happened on this day is not known."
        return f"Nothing ran or is planned on {day_text(scope.day)}."

    # -- what can be done

    def _line(self) -> Line | None:
        if self._view is None or self._spot is None or self._spot[0] >= len(self._view.lines):
            return None
        return self._view.lines[self._spot[0]]

    def _offers(self, row: DayRow) -> list[Offer]:
        return run_offers(row, self._calendar.location, self._verbs, self._ask_back)

    def _ask_back(self, row: DayRow) -> None:
        self.take_back_wanted.emit(row.occurrence)

    def _open(self, row: DayRow) -> None:
        if row.occurrence.job_id:
            self._verbs.open_job(row.occurrence.location_id, row.occurrence.job_id)

    def _pop_up(self, row: DayRow, place: QPoint) -> None:
        offer_menu(self._offers(row), self._holder, self.list).popup(place)


def _places(rows: Sequence[CalendarRow]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.place.location_id for row in rows))
