"""Keeps the sheets of all locations for one period, follows their changes, tells the page."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, tzinfo

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.calendar import Calendar, CalendarView, Group, Grouping, Place
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.calendar_source import (
    CalendarEvent,
    CalendarSource,
    CellsChanged,
    PlanChanged,
)
from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.sheet import Sheet
from sesam_master.core.states import Connection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.period import Length, Period
from sesam_master.ui.calendar.words import dark_reason

PUBLISH_MS = 30
PLAN_REST_MS = 1_000  # a change of many schedules is one question
RECOUNT_MS = 60_000  # how many are still to come is asked again so often, where something ran


class CalendarPresenter(QObject):
    """One calendar over all locations. Lives in the GUI thread.

    `changed` comes in gathered form: `view` is another then. Until `start` nothing is asked.
    """

    changed = Signal()
    told = Signal(str)  # location id: something of it has begun or ended, or may have

    def __init__(
        self,
        bridge: Bridge,
        source: CalendarSource,
        zone: tzinfo,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.zone = zone
        self.filter = CalendarFilter()
        self.grouping = Grouping.LOCATION
        self.period = Period(Length.MONTH, clock().astimezone(zone).date())
        self.failed: dict[str, Exception] = {}
        self._bridge = bridge
        self._source = source
        self._clock = clock
        self._closed: set[str] = set()
        self._sheets: dict[str, Sheet] = {}
        self._early: dict[str, list[CellsChanged]] = {}
        self._cancels: dict[str, Callable[[], None]] = {}
        self._live: set[str] = set()
        self._proved: set[str] = set()  # answered since they are live: their sheets hold now
        self._stale_plans: set[str] = set()
        self._stale_counts: set[str] = set()
        self._is_started = False
        self._calendar = Calendar(self.period.span, self.today())
        self._view: CalendarView | None = None
        self._publish_timer = self._timer(PUBLISH_MS, self._publish)
        self._plan_timer = self._timer(PLAN_REST_MS, self._ask_plans)
        self._count_timer = self._timer(RECOUNT_MS, self._ask_counts)
        bridge.fleet_changed.connect(self._take_change)

    # -- what the page asks for

    def start(self) -> None:
        """Ask all locations, when the page is first seen."""
        if not self._is_started:
            self._is_started = True
            self.refresh()

    def refresh(self) -> None:
        """Ask all locations again; what is here stays until they answer."""
        self._drop_questions()
        self._live = {k for k, at in self._bridge.fleet.locations.items() if at.is_live}
        for location_id in self._bridge.fleet.locations:
            self._ask(location_id)
        self._touch()

    def view(self) -> CalendarView:
        """What is to be seen now."""
        if self._view is None:
            today, span = self.today(), self.period.span
            if (self._calendar.span, self._calendar.today) != (span, today):
                self._calendar = Calendar(span, today)
            self._calendar.set_places(self._places())
            self._view = self._calendar.view(self.filter, self.grouping, self._closed)
        return self._view

    def now(self) -> datetime:
        """The desk's clock, UTC."""
        return self._clock()

    def today(self) -> date:
        """The newest sesam day that is open anywhere; without any the date of the desk."""
        locations = self._bridge.fleet.locations
        open_days = [
            sheet.open_day
            for key, sheet in self._sheets.items()
            if key in locations and locations[key].is_live
        ]
        return max(open_days, default=self._clock().astimezone(self.zone).date())

    def location(self, location_id: str) -> LocationState | None:
        """What is known of a location."""
        return self._bridge.fleet.locations.get(location_id)

    def reasons(self) -> dict[str, str]:
        """Why days are not known, by location id."""
        now, found = self.now(), {}
        for key, location in self._bridge.fleet.locations.items():
            reason = dark_reason(location, now, self.zone)
            if not reason and not self._covers(key):
                reason = "did not answer" if key in self.failed else "asked"
            if reason:
                found[key] = reason
        return found

    def coverage(self) -> Coverage:
        """How many locations in scope stand behind the sheet as it is now."""
        fleet = self._bridge.fleet
        scope = [key for key in fleet.locations if self.filter.accepts_place(key)]
        proved = fleet.coverage(self.now(), scope)
        covered = sum(fleet.locations[key].is_live and self._covers(key) for key in scope)
        off = min(proved.off, len(scope) - covered)
        return Coverage(covered, len(scope), proved.newest_age, proved.oldest_age, off)

    @property
    def asking(self) -> int:
        """How many locations have not answered yet."""
        return len(self._cancels)

    @property
    def is_behind(self) -> bool:
        """Something changed that was not announced yet."""
        return self._publish_timer.isActive()

    @property
    def closed(self) -> Collection[str]:
        """Keys of the heads that hide their rows."""
        return self._closed

    # -- what a person does

    def set_period(self, period: Period) -> None:
        """Look at another span of days."""
        if period != self.period:
            is_same_span = period.span == self.period.span
            self.period = period
            if self._is_started and not is_same_span:
                self.refresh()
            self._touch()

    def set_filter(self, chosen: CalendarFilter) -> None:
        """Narrow to this. Asks nobody: the sheets are here."""
        self.filter = chosen
        self._touch()

    def set_grouping(self, grouping: Grouping) -> None:
        """Other heads; all of them open."""
        self.grouping = grouping
        self._closed.clear()
        self._touch()

    def toggle(self, group: str) -> None:
        """Close or open a head."""
        self._closed ^= {group}
        self._view = None
        self.changed.emit()

    def set_all_closed(self, is_closed: bool) -> None:
        """Close or open all heads."""
        everything = {place.location_id for place in self._calendar.places}
        if self.grouping is not Grouping.LOCATION:
            whole = self._calendar.view(self.filter, self.grouping)
            everything = {line.key for line in whole.lines if isinstance(line, Group)}
        self._closed = everything if is_closed else set()
        self._touch()

    # -- what the locations say

    def take(self, event: CalendarEvent) -> None:
        """An event of a location's watch."""
        location_id = event.location_id
        if isinstance(event, PlanChanged):
            self._stale_plans.add(location_id)
            self._start(self._plan_timer)
            self.told.emit(location_id)
            return
        if location_id in self._cancels:
            self._early.setdefault(location_id, []).append(event)
        sheet = self._sheets.get(location_id)
        if sheet is None or event.revision <= sheet.revision:
            return
        self._sheets[location_id] = sheet.changed(event.cells, event.revision, event.proof_time)
        self._stale_counts.add(location_id)
        self._start(self._count_timer)
        self._touch()
        self.told.emit(location_id)

    def _take_change(self, change: FleetChange) -> None:
        if change.locations_listed or change.connections or change.pictures:
            self._follow_locations(change)
        for event in change.calendar:
            self.take(event)

    def _follow_locations(self, change: FleetChange) -> None:
        locations = self._bridge.fleet.locations
        for location_id in self._sheets.keys() - locations.keys():
            del self._sheets[location_id]
        live = {key for key, location in locations.items() if location.is_live}
        new = live - self._live
        gone, self._live = self._live - live, live
        self._proved -= gone | new | change.pictures
        if self._is_started:
            # A new picture may have skipped what happened while nobody watched.
            for location_id in sorted(new | (change.pictures & live)):
                self._ask(location_id)
                self.told.emit(location_id)
        if change.locations_listed or new or gone:
            self._touch()
        else:
            self._start(self._publish_timer)  # the ages of the proofs are others

    # -- questions

    def _ask(self, location_id: str) -> None:
        self._cancel(location_id)
        span = self.period.span

        def done(sheet: Sheet) -> None:
            self._cancels.pop(location_id, None)
            self.failed.pop(location_id, None)
            was_away = location_id in self._sheets and location_id not in self._proved
            if location_id in self._live:
                self._proved.add(location_id)
            for event in self._early.pop(location_id, ()):
                if event.revision > sheet.revision:
                    sheet = sheet.changed(event.cells, event.revision, event.proof_time)
            self._sheets[location_id] = sheet
            self._touch()
            if was_away:
                self.told.emit(location_id)

        def failed(error: Exception) -> None:
            self._cancels.pop(location_id, None)
            self._early.pop(location_id, None)
            self.failed[location_id] = error
            self._stale_counts.add(location_id)  # asked again before long
            self._start(self._count_timer)
            self._touch()

        # The answer may come before `ask` returns.
        self._cancels[location_id] = lambda: None
        coroutine = self._source.sheet(location_id, span.first, span.last)
        cancel = self._bridge.ask(coroutine, self, done, failed)
        if location_id in self._cancels:
            self._cancels[location_id] = cancel

    def _ask_plans(self) -> None:
        asked, self._stale_plans = self._stale_plans, set()
        self._ask_live(asked)

    def _ask_counts(self) -> None:
        asked, self._stale_counts = self._stale_counts, set()
        self._ask_live(asked)

    def _ask_live(self, asked: set[str]) -> None:
        if self._is_started:
            for location_id in sorted(asked & self._live):
                self._ask(location_id)
            self._touch()

    def _cancel(self, location_id: str) -> None:
        self._cancels.pop(location_id, lambda: None)()
        self._early.pop(location_id, None)

    def _drop_questions(self) -> None:
        for location_id in list(self._cancels):
            self._cancel(location_id)
        self.failed.clear()

    # -- inside

    def _places(self) -> list[Place]:
        """In the order of the tree: those without a farm, then farm by farm, by name."""
        found = [
            Place(
                key,
                location.registration.name,
                location.registration.farm,
                self._shown_connection(key, location),
                self._sheets.get(key),
            )
            for key, location in self._bridge.fleet.locations.items()
        ]
        return sorted(found, key=lambda place: (place.farm.casefold(), place.name.casefold()))

    def _shown_connection(self, location_id: str, location: LocationState) -> Connection:
        """A sheet from before a gap stands for nothing that is open until there is a newer one."""
        is_gap = location.is_live and self._is_started and location_id not in self._proved
        return Connection.STALE if is_gap else location.connection

    def _covers(self, location_id: str) -> bool:
        span, sheet = self.period.span, self._sheets.get(location_id)
        if sheet is None or (location_id in self._live and location_id not in self._proved):
            return False
        return sheet.span.first <= span.first and span.last <= sheet.span.last

    def _touch(self) -> None:
        self._view = None
        self._start(self._publish_timer)

    def _publish(self) -> None:
        self.changed.emit()

    @staticmethod
    def _start(timer: QTimer) -> None:
        if not timer.isActive():
            timer.start()

    def _timer(self, interval_ms: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(call)
        return timer
