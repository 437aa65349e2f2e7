"""Which sesam day is open at each location, as the locations themselves say."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, tzinfo

from PySide6.QtCore import QObject, QTimer, Signal

from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import JobKind
from sesam_master.core.results_period import common_day
from sesam_master.core.sheet import Sheet
from sesam_master.ui.bridge import Bridge

TELL_MS = 40  # a thousand answers are told in a few goes
ASK_AGAIN_MS = 300_000  # NEWDAY of a machine that slept comes at no time that one could know


class SiteDays(QObject):
    """Nothing is asked before `want`. `changed` soon after locations have another open day."""

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        zone: tzinfo,
        clock: Callable[[], datetime],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.open_days: dict[str, date] = {}
        self._bridge = bridge
        self._gateway = gateway
        self._zone = zone
        self._clock = clock
        self._is_wanted = False
        self._asked: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(ASK_AGAIN_MS)
        self._timer.timeout.connect(self._ask_all)
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(TELL_MS)
        self._telling.timeout.connect(self.changed)
        bridge.fleet_changed.connect(self._take_change)

    @property
    def is_behind(self) -> bool:
        """Something changed that was not announced yet."""
        return self._telling.isActive()

    def want(self) -> None:
        """From now on the days are asked for and followed."""
        if not self._is_wanted:
            self._is_wanted = True
            self._timer.start()
            self._ask_all()

    def today(self, locations: Iterable[str]) -> date:
        """The sesam day that is open at most of these locations; by this desk's clock where none
        of them said."""
        days = [self.open_days[at] for at in locations if at in self.open_days]
        return common_day(days, self._clock().astimezone(self._zone))

    def _take_change(self, change: FleetChange) -> None:
        if not self._is_wanted:
            return
        locations = self._bridge.fleet.locations
        live = {at for at, place in locations.items() if place.is_live}
        gone = self.open_days.keys() - live
        for location_id in gone:  # nobody knows whether its NEWDAY came
            del self.open_days[location_id]
        self._asked &= live
        closed = {at for at, job_id in change.jobs if self._is_newday(at, job_id)}
        for location_id in sorted((live - self._asked) | (closed & live)):
            self._ask(location_id)
        if gone:
            self._tell()

    def _tell(self) -> None:
        if not self._telling.isActive():
            self._telling.start()

    def _is_newday(self, location_id: str, job_id: str) -> bool:
        place = self._bridge.fleet.locations.get(location_id)
        job = place.picture.jobs.get(job_id) if place and place.picture else None
        return job is not None and job.kind is JobKind.NEWDAY

    def _ask_all(self) -> None:
        for location_id, place in self._bridge.fleet.locations.items():
            if place.is_live:
                self._ask(location_id)

    def _ask(self, location_id: str) -> None:
        self._asked.add(location_id)

        def done(sheet: Sheet) -> None:
            if self.open_days.get(location_id) != sheet.open_day:
                self.open_days[location_id] = sheet.open_day
                self._tell()

        day = self._clock().astimezone(self._zone).date()
        call = self._gateway.sheet(location_id, day, day)
        self._bridge.ask(call, self, done, lambda _error: None)  # its day stays not known
