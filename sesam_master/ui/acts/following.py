"""Follows jobs that the watch forgets with their end, which is all but the newest backups."""

from collections.abc import Callable, Coroutine
from typing import Any, Generic

from PySide6.QtCore import QObject

from sesam_master.core.acts import Act, ItemT, Stage
from sesam_master.core.fleet import FleetChange
from sesam_master.core.records import Job
from sesam_master.ui.acts.actor import Actor
from sesam_master.ui.bridge import Bridge


class JobFollower(QObject, Generic[ItemT]):
    """Asks for the jobs of an actor's acts that were open and are not told of any more. `read` gets
    location id and job id, and raises LocationError; then the next change of the location asks
    again."""

    def __init__(
        self,
        bridge: Bridge,
        actor: Actor[ItemT],
        read: Callable[[str, str], Coroutine[Any, Any, Job]],
    ) -> None:
        super().__init__(actor)
        self._bridge = bridge
        self._actor = actor
        self._read = read
        self._asked: set[tuple[str, str]] = set()
        bridge.fleet_changed.connect(self._take_change)
        actor.answered.connect(lambda _item, _made: self._look(actor.at(Stage.ACCEPTED)))

    def _take_change(self, change: FleetChange) -> None:
        touched = change.connections | change.pictures | {key[0] for key in change.jobs}
        acts = self._actor.at(Stage.ACCEPTED)
        self._look([act for act in acts if act.item.location_id in touched])

    def _look(self, acts: list[Act[ItemT]]) -> None:
        for act in acts:
            place = self._bridge.fleet.locations.get(act.item.location_id)
            if place is None or not place.is_live or place.picture is None:
                continue
            for job in act.jobs:
                if job.is_open and job.id not in place.picture.jobs and job.key not in self._asked:
                    self._ask(job)

    def _ask(self, job: Job) -> None:
        def done(newest: Job) -> None:
            self._asked.discard(job.key)
            self._actor.tell(newest)

        def failed(_error: Exception) -> None:
            self._asked.discard(job.key)  # it stays open here until somebody knows more

        self._asked.add(job.key)
        self._bridge.ask(self._read(*job.key), self, done, failed)
