"""Joins the page of interface programs with its location: what is asked for, and what came."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.interfaces import Interfaces, RunOutcome
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.location_page import LocationPresenter


class InterfacesPresenter(LocationPresenter):
    """Asks again while one runs, and some time after jobs have changed: a program runs later than
    what it is called for."""

    def __init__(
        self,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        mine: tzinfo,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(bridge, source, location_id, mine, now)
        self._cancel: Callable[[], None] = lambda: None
        self.found: Interfaces | None = None
        self.problem = ""
        self.is_asking = False

    def refresh(self) -> None:
        """Ask the location again."""
        self._later.stop()
        self._cancel()
        self.is_asking = True
        self.changed.emit()
        call = self._source.interfaces(self.place.location_id)
        self._cancel = self._bridge.ask(call, self, self._answered, self._fail)

    def _answered(self, found: Interfaces) -> None:
        self.found, self.as_of = found, self._now()
        self.is_asking, self.problem = False, ""
        runs = [one.last_run for one in found.all if one.last_run is not None]
        if any(run.outcome is RunOutcome.RUNNING for run in runs):
            self._later.start()
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.is_asking = False
        self.problem = notice(error, "read its interface programs", self.place.name).text
        self.changed.emit()

    def _take(self, change: FleetChange) -> None:
        here = self.place.location_id
        if here in change.pictures:
            self.refresh()
        elif here in change.connections or change.locations_listed:
            self.changed.emit()
        has_news = any(location_id == here for location_id, _job in change.jobs)
        if has_news and self.place.darkness is None and not self._later.isActive():
            self._later.start()
