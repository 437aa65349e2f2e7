"""Asks the locations what they start next, and follows when that changes."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.calendar_source import CalendarSource, PlanChanged
from sesam_master.core.coming import (
    AHEAD,
    ComingRow,
    Start,
    coming_rows,
    coming_state,
    due,
    to_come,
)
from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import FleetChange
from sesam_master.ui.bridge import Bridge

# Asked over twice the span that is shown, so that a location is asked once in two hours.
SPAN = 2 * AHEAD
AT_ONCE = 16
REST_MS = 1_000
TELL_MS = 100
ASK_AGAIN = timedelta(seconds=30)  # one that did not answer


class ComingPresenter(QObject):
    """`changed`: other starts, or another location answered. Asks nobody before `start`."""

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        source: CalendarSource,
        clock: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._source = source
        self._clock = clock
        self._found: dict[str, Sequence[Occurrence]] = {}
        self._until: dict[str, datetime] = {}  # up to where a location was asked
        self._failed: dict[str, datetime] = {}  # when a location did not answer
        self._wanted: dict[str, None] = {}
        self._asked: set[str] = set()
        self._live: set[str] = set()
        self._is_started = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._ask_more)
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(TELL_MS)
        self._telling.timeout.connect(self.changed)
        bridge.fleet_changed.connect(self._take_change)

    def start(self) -> None:
        """Somebody looks."""
        if not self._is_started:
            self._is_started = True
            self.refresh()

    def refresh(self) -> None:
        """Ask every location that is live; what is here stays until it answers."""
        self._follow_locations()
        self._want(*self._live)
        self._ask_more()

    def tick(self) -> None:
        """Time went on: asks those whose answers come to an end, and again those that gave none."""
        now = self._clock()
        over = {key for key, until in self._until.items() if until < now + AHEAD}
        over |= {key for key, at in self._failed.items() if now - at >= ASK_AGAIN}
        self._want(*(over - self._asked))
        if self._wanted and not self._rest.isActive():
            self._rest.start(REST_MS)

    @property
    def asking(self) -> int:
        """How many locations have not answered yet."""
        return len(self._wanted) + len(self._asked)

    @property
    def is_behind(self) -> bool:
        """Something changed that was not announced yet."""
        return self._telling.isActive()

    def rows(self, places: Collection[str]) -> list[ComingRow]:
        """Of these locations."""
        locations, now = self._bridge.fleet.locations, self._clock()
        starts = (
            Start(
                one,
                coming_state(one, self._stands_behind(key)),
                locations[key].registration.name,
            )
            for key, found in self._found.items()
            if key in locations and key in places
            for one in due(found, now)
        )
        return coming_rows(starts)

    def coverage(self, places: Collection[str]) -> Coverage:
        """How many of these locations stand behind their rows."""
        covered = sum(map(self._stands_behind, places))
        return Coverage(covered, len(places))

    def _stands_behind(self, location_id: str) -> bool:
        """It is proved now, and its last answer too."""
        return location_id in self._live and location_id in self._until

    def _take_change(self, change: FleetChange) -> None:
        if not self._is_started:
            return
        if change.locations_listed or change.connections or change.pictures:
            before = self._live
            self._follow_locations()
            self._want(*(self._live - before), *(change.pictures & self._live))
            if self._live != before:
                self._tell()
        self._want(*(e.location_id for e in change.calendar if isinstance(e, PlanChanged)))
        if self._wanted and not self._rest.isActive():
            self._rest.start(REST_MS)

    def _follow_locations(self) -> None:
        locations = self._bridge.fleet.locations
        self._live = {key for key, place in locations.items() if place.is_live}
        for key in self._found.keys() - locations.keys():
            del self._found[key]
        for known in (self._until, self._failed):
            for key in known.keys() - self._live:
                del known[key]

    def _tell(self) -> None:
        if not self._telling.isActive():
            self._telling.start()

    def _want(self, *location_ids: str) -> None:
        self._wanted |= dict.fromkeys(key for key in location_ids if key in self._live)

    def _ask_more(self) -> None:
        """A few at a time, so that a fleet is not asked in one go."""
        for key in list(self._wanted):
            if len(self._asked) >= AT_ONCE:
                break
            if key not in self._asked:
                del self._wanted[key]
                self._ask(key)
        self._tell()

    def _ask(self, location_id: str) -> None:
        begin = self._clock() - timedelta(minutes=1)
        end = begin + SPAN

        def done(found: Sequence[Occurrence]) -> None:
            self._found[location_id] = to_come(found)
            self._until[location_id] = end
            self._failed.pop(location_id, None)
            ended()

        def failed(_error: Exception) -> None:
            """What is here may be another by now: nobody stands behind it."""
            self._until.pop(location_id, None)
            self._failed[location_id] = self._clock()
            ended()

        def ended() -> None:
            self._asked.discard(location_id)
            self._tell()
            if self._wanted:
                self._rest.start(0)

        self._asked.add(location_id)  # the answer may come before `ask` returns
        self._bridge.ask(self._source.occurrences(location_id, begin, end), self, done, failed)
