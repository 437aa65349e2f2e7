"""Media that jobs of locations wait for, because nobody has put them in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sesam_master.core.fleet import LocationState
from sesam_master.core.now import OpenJob
from sesam_master.core.records import Job, WaitsFor

# What a queued job of that kind is said to be, in place of the word of its state.
WANTS_MEDIUM = "Wants medium"


@dataclass(frozen=True, slots=True)
class WantedMedium:
    """A medium of a location. `jobs` are the names of those that wait for it, `since` is when the
    first of them asked. `is_live`: the location proves itself, so that this is so now."""

    location_id: str
    location: str
    name: str
    data_store: str
    since: datetime | None
    jobs: tuple[str, ...]
    is_live: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.location_id, self.name


def waits_for_medium(job: OpenJob) -> bool:
    """Somebody has to put one in for it."""
    return wants_medium(job.job)


def wants_medium(job: Job) -> bool:
    """As its location said last."""
    return job.is_open and job.waiting is not None and job.waiting.reason is WaitsFor.MEDIUM


def wanted_labels(state: LocationState, task: str = "") -> list[str]:
    """The media that open jobs of a location wait for, as it said last; of a task, only its."""
    jobs = state.picture.open_jobs if state.picture is not None else []
    found = {
        job.waiting.name
        for job in jobs
        if job.waiting is not None and wants_medium(job) and task in ("", job.task)
    }
    return sorted(found)


def wanted_media(jobs: Iterable[OpenJob]) -> list[WantedMedium]:
    """One for each medium of a location, that which is wanted for longest in front."""
    found: dict[tuple[str, str], list[OpenJob]] = {}
    for one in filter(waits_for_medium, jobs):
        assert one.job.waiting is not None
        found.setdefault((one.job.location_id, one.job.waiting.name), []).append(one)
    media = [_medium(label, of_it) for (_, label), of_it in found.items()]
    return sorted(media, key=lambda medium: (medium.since is None, medium.since, medium.key))


def _medium(label: str, jobs: list[OpenJob]) -> WantedMedium:
    first = jobs[0]
    told = [one.job.waiting for one in jobs if one.job.waiting is not None]
    ordered = sorted(jobs, key=lambda one: int(one.job.id))
    return WantedMedium(
        first.job.location_id,
        first.location,
        label,
        told[0].data_store,
        min((each.since for each in told if each.since is not None), default=None),
        tuple(one.job.name for one in ordered),
        first.is_live,
    )
