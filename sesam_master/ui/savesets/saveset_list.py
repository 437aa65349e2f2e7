"""One merged list of savesets under one query: asks the locations page by page."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer

from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.merging import PageMerge
from sesam_master.core.records import Job, JobKind, Saveset
from sesam_master.core.savesets import SavesetPage, SavesetQuery, sort_key
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.paged_list import PageCalls, PagedList

GATHER_MS = 1000
# With the end of these the savesets of a location are others than before, or otherwise.
_CHANGING = frozenset(JobKind) - {JobKind.COMMAND, JobKind.UNKNOWN}


class SavesetList(PagedList[Saveset, SavesetPage]):
    """Of dark locations those stay that came before. A location is asked again when a job of it has
    ended that may have made, deleted or looked through savesets."""

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        query: SavesetQuery,
        places: Callable[[], Mapping[str, LocationState]],
        parent: QObject,
    ) -> None:
        self.query = query
        self.answered: set[str] = set()
        self.merge: PageMerge[Saveset] = PageMerge(
            sort_key(query.order), descending=query.descending
        )
        super().__init__(
            bridge, places, self.merge, PageCalls(self._question, self._start, self._append), parent
        )
        self._gateway = gateway
        self._to_ask: set[str] = set()
        self._gathering = QTimer(self)
        self._gathering.setSingleShot(True)
        self._gathering.setInterval(GATHER_MS)
        self._gathering.timeout.connect(self._ask_changed)
        self._follow_live()

    @property
    def is_behind(self) -> bool:
        """A location is asked again soon."""
        return self._gathering.isActive()

    def close(self) -> None:
        """Nothing is asked or told any more."""
        self._drop_questions()
        self._gathering.stop()
        self.deleteLater()

    def ask_again(self, location_id: str) -> None:
        """Something was changed there."""
        if location_id in self.live:
            self._ask_first(location_id)

    def take_change(self, change: FleetChange) -> None:
        """What the watch told."""
        if change.locations_listed or change.connections or change.pictures:
            before = set(self.live)
            self._follow_live()
            for location_id in sorted(change.pictures & self.live & before):
                self._ask_first(location_id)
        for location_id, job_id in change.jobs:
            if _may_change(self._job(location_id, job_id)):
                self._to_ask.add(location_id)
        if self._to_ask and not self._gathering.isActive():
            self._gathering.start()

    def _ask_changed(self) -> None:
        for location_id in sorted(self._to_ask & self.live):
            self._ask_first(location_id)
        self._to_ask.clear()
        self.changed.emit()

    def _job(self, location_id: str, job_id: str) -> Job | None:
        place = self._places().get(location_id)
        return place.picture.jobs.get(job_id) if place and place.picture else None

    def _question(
        self, location_id: str, token: str, most: int
    ) -> Coroutine[Any, Any, SavesetPage]:
        return self._gateway.find_savesets(location_id, self.query, token, most)

    def _start(self, location_id: str, page: SavesetPage) -> None:
        self.answered.add(location_id)
        self.merge.begin(location_id, page.savesets, page.next_token)

    def _append(self, location_id: str, token: str, page: SavesetPage) -> None:
        self.merge.extend(location_id, token, page.savesets, page.next_token)


def _may_change(job: Job | None) -> bool:
    """The watch forgets most jobs with their end: of those nobody knows the kind."""
    return job is None or (not job.is_open and job.kind in _CHANGING)
