"""The occurrences of one sesam day, asked of the locations that a person looks at."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.calendar_days import Occurrence, day_order, shown_occurrence_state
from sesam_master.core.calendar_source import CalendarSource
from sesam_master.core.fleet import FleetChange
from sesam_master.core.sheet import RowKind
from sesam_master.core.states import OPEN_STATES, JobState
from sesam_master.ui.bridge import Bridge

REST_MS = 120  # a person who holds an arrow key asks once, at the end
FOLLOW_MS = 1_000
PUBLISH_MS = 30  # many locations answer at about the same time
# A sesam day begins and ends at any hour of any zone, and may span a weekend.
_BEFORE = timedelta(hours=14)
_AFTER = timedelta(days=4, hours=14)


@dataclass(frozen=True, slots=True)
class DayScope:
    """One day at some locations; `rows` narrows to rows of the sheet, empty takes all."""

    day: date
    locations: tuple[str, ...]
    rows: frozenset[tuple[RowKind, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class DayRow:
    """An occurrence as it may be shown."""

    occurrence: Occurrence
    state: JobState
    location: str


class DayPresenter(QObject):
    """Follows the scope that it is given. `changed`: rows, failures or the scope are others."""

    changed = Signal()

    def __init__(
        self, bridge: Bridge, source: CalendarSource, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.scope: DayScope | None = None
        self.failed: dict[str, Exception] = {}
        self._bridge = bridge
        self._source = source
        self._found: dict[str, Sequence[Occurrence]] = {}
        self._due: set[str] = set()
        self._cancels: dict[str, Callable[[], None]] = {}
        self._rest = self._timer(self._ask_due)
        self._publish = self._timer(self.changed.emit)
        bridge.fleet_changed.connect(self._take_change)

    @property
    def is_asking(self) -> bool:
        return bool(self._cancels) or self._rest.isActive()

    @property
    def answered(self) -> Collection[str]:
        """The locations whose part of the day is here, and was not asked for in vain since."""
        return self._found.keys() - self.failed.keys()

    def show(self, scope: DayScope | None) -> None:
        """Another day or other locations; what is known of the same day stays meanwhile."""
        if scope == self.scope:
            return
        if scope is None or self.scope is None or scope.day != self.scope.day:
            self._found = {}
        self.scope = scope
        self.refresh()

    def refresh(self) -> None:
        """Ask again, after a short rest."""
        self._drop()
        if self.scope is not None:
            self._due.update(self.scope.locations)
            self._rest.start(REST_MS)
        self.changed.emit()

    def follow(self, location_id: str) -> None:
        """Something happened at a location: look at it, at most once a second."""
        if self.scope is None or location_id not in self.scope.locations:
            return
        self._due.add(location_id)
        if not self._rest.isActive():
            self._rest.start(FOLLOW_MS)

    def rows(self) -> list[DayRow]:
        """In the order of their times."""
        if self.scope is None:
            return []
        scope, locations = self.scope, self._bridge.fleet.locations
        label = scope.day.isoformat()
        lists: Mapping[str, list[Occurrence]] = {
            key: [
                o
                for o in self._found.get(key, ())
                if o.sesam_day == label and (not scope.rows or o.row_key in scope.rows)
            ]
            for key in scope.locations
            if key in locations
        }
        return [
            DayRow(
                o,
                shown_occurrence_state(o, locations[o.location_id].is_live),
                locations[o.location_id].registration.name,
            )
            for o in day_order(lists)
        ]

    def _take_change(self, change: FleetChange) -> None:
        """Of a job that is not the worst of its day no cell tells the end."""
        for location_id, job_id in change.jobs:
            place = self._bridge.fleet.locations.get(location_id)
            job = place.picture.jobs.get(job_id) if place and place.picture else None
            known = [o.state for o in self._found.get(location_id, ()) if o.job_id == job_id]
            if any(
                state in OPEN_STATES if job is None else state is not job.state for state in known
            ):
                self.follow(location_id)

    def _ask_due(self) -> None:
        if self.scope is None:
            return
        begin = datetime.combine(self.scope.day, time(), UTC) - _BEFORE
        due, self._due = self._due, set()
        for location_id in self.scope.locations:
            if location_id in due:
                self._ask(location_id, begin, begin + _BEFORE + _AFTER)
        self.changed.emit()

    def _ask(self, location_id: str, begin: datetime, end: datetime) -> None:
        def done(found: Sequence[Occurrence]) -> None:
            self._cancels.pop(location_id, None)
            self.failed.pop(location_id, None)
            self._found[location_id] = found
            self._change()

        def failed(error: Exception) -> None:
            self._cancels.pop(location_id, None)
            self.failed[location_id] = error
            self._change()

        self._cancels.pop(location_id, lambda: None)()
        self._cancels[location_id] = lambda: None
        coroutine = self._source.occurrences(location_id, begin, end)
        cancel = self._bridge.ask(coroutine, self, done, failed)
        if location_id in self._cancels:
            self._cancels[location_id] = cancel

    def _change(self) -> None:
        """The last answer is shown at once, those before it together."""
        if not self._cancels:
            self._publish.stop()
            self.changed.emit()
        elif not self._publish.isActive():
            self._publish.start(PUBLISH_MS)

    def _drop(self) -> None:
        self._rest.stop()
        self._due.clear()
        for cancel in self._cancels.values():
            cancel()
        self._cancels.clear()
        self.failed.clear()

    def _timer(self, call: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(call)
        return timer
