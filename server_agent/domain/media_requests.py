"""Media that jobs wait for, since somebody has to put them in by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server_agent.domain.interfaces import medium_alarm_time
from server_agent.domain.media import NEVER, DataStore, Medium
from server_agent.domain.queue import Drive, Waiting


class Answer(StrEnum):
    """What a person says to a request."""

    LOADED = "loaded"
    REFUSED = "refused"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class WantedMedium:
    """A queued job that does not start before a medium is there.

    Attributes:
        since: when the first of the jobs that want it asked.
        told: sm_notify was called for it.
        alarm_time: when sm_alarm was; None: not yet.
    """

    job: str
    label: str
    since: datetime
    told: bool = False
    alarm_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """A medium and all jobs that want it, the oldest first. Times as in `WantedMedium`. `is_read`:
    one of them reads from it, so that no other medium will do."""

    medium: Medium
    store: DataStore
    jobs: tuple[str, ...]
    since: datetime
    told: bool
    alarm_time: datetime | None
    is_read: bool = False

    @property
    def label(self) -> str:
        return self.medium.label

    @property
    def is_new(self) -> bool:
        """It was never used: it is made as soon as its data store is there."""
        return self.medium.init_time == NEVER

    def alarm_is_due(self, now: datetime, drives: Sequence[Drive]) -> bool:
        """Whether sm_alarm has to be called for it now."""
        able = sum(drive.active and drive.store == self.store.name for drive in drives)
        return self.alarm_time is None and now >= medium_alarm_time(self.since, able)


def requests_of(
    wanted: Sequence[WantedMedium], media: Sequence[Medium], stores: Mapping[str, DataStore]
) -> list[MediaRequest]:
    """One for each medium, by label. What is wanted of media or data stores that are gone is left
    out."""
    known = {medium.label: medium for medium in media if medium.store in stores}
    found = []
    for label in sorted({each.label for each in wanted} & known.keys()):
        of_it = [each for each in wanted if each.label == label]
        found.append(
            MediaRequest(
                known[label],
                stores[known[label].store],
                tuple(sorted((each.job for each in of_it), key=int)),
                min(each.since for each in of_it),
                any(each.told for each in of_it),
                max((each.alarm_time for each in of_it if each.alarm_time), default=None),
            )
        )
    return found


def waiting_of(requests: Sequence[MediaRequest]) -> dict[str, Waiting]:
    """What each of the jobs waits for; of several media the first."""
    return {
        job: Waiting(medium=request.label, store=request.store.name, since=request.since)
        for request in reversed(requests)
        for job in request.jobs
    }
