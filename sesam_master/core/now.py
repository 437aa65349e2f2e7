"""What runs and waits anywhere in the fleet, kept up to date by the fleet's changes."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sesam_master.core.fleet import Fleet, FleetChange, LocationState
from sesam_master.core.now_estimate import (
    Doubt,
    Expected,
    Left,
    Run,
    expected_size,
    share_done,
    time_left,
)
from sesam_master.core.now_rates import RateHistory, Speed
from sesam_master.core.records import Job, JobKind
from sesam_master.core.states import Connection, JobState

JobKey = tuple[str, str]
Runs = tuple[Run, ...] | Doubt
LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job as its location told it last. What depends on the time is asked for with `now`, an
    instant of the desk's clock; `clock_offset` is how far the site's clock is ahead of that.
    `place` of `places` is where a queued job stands in its location's queue, from 1."""

    job: Job
    location: str
    farm: str
    connection: Connection
    proof_time: datetime | None
    clock_offset: timedelta
    runs: Runs = Doubt.ASKING
    place: int = 0
    places: int = 0
    speed: Speed = field(default_factory=Speed, compare=False)

    @property
    def key(self) -> JobKey:
        return self.job.key

    @property
    def is_live(self) -> bool:
        return self.connection is Connection.ON

    def state(self, now: datetime) -> JobState:
        """A fact stays, an absence does not; what waits for long is late."""
        if not self.is_live:
            return JobState.UNKNOWN
        if self.job.state is JobState.QUEUED:
            planned = self.job.planned_time or self.job.create_time
            return JobState.LATE if self._site(now) - planned > LATE_AFTER else JobState.QUEUED
        return self.job.state

    def seconds_since(self, moment: datetime | None, now: datetime) -> float | None:
        """By the site's clock. None where there is no moment, or nobody proves that it goes on."""
        if moment is None or not self.is_live:
            return None
        return max(0.0, (self._site(now) - moment).total_seconds())

    def rate(self, now: datetime) -> float | None:
        """Bytes per second."""
        return self.speed.rate(now) if self.is_live else None

    @property
    def expected(self) -> Expected | None:
        """Of a dark location what was expected when it was seen last."""
        return expected_size(self._known_runs, self.job.progress)

    @property
    def share(self) -> float | None:
        """0 to 1 of the expected bytes."""
        return share_done(self.expected, self.job.progress)

    def left(self, now: datetime) -> Left | Doubt | None:
        """None where there is nothing to ask: dark, queued, or no backup."""
        run_seconds = self.seconds_since(self.job.start_time, now)
        if run_seconds is None or self.job.kind is not JobKind.BACKUP:
            return None
        if isinstance(self.runs, Doubt):
            return self.runs
        return time_left(self.runs, self.job.progress, run_seconds)

    @property
    def _known_runs(self) -> tuple[Run, ...]:
        return () if isinstance(self.runs, Doubt) else self.runs

    def _site(self, now: datetime) -> datetime:
        return now + self.clock_offset


@dataclass(frozen=True, slots=True)
class Tally:
    """The open jobs of one location: those that run, how many wait, and the one that does so for
    longest."""

    running: tuple[OpenJob, ...]
    queued: int
    oldest: OpenJob | None


def tally_of(jobs: Iterable[OpenJob]) -> Tally:
    """What these jobs of one location come to."""
    running: list[OpenJob] = []
    queued: list[OpenJob] = []
    for one in jobs:
        (queued if one.job.state is JobState.QUEUED else running).append(one)
    oldest = min(queued, key=lambda one: one.job.create_time, default=None)
    return Tally(tuple(running), len(queued), oldest)


@dataclass(slots=True)
class BoardChange:
    """`keys` of jobs that are new, other or gone; `ended` as they were seen last."""

    keys: set[JobKey] = field(default_factory=set)
    ended: list[Job] = field(default_factory=list)


class NowBoard:
    """The open jobs of a fleet, with their speeds. `runs_of` gives what is known of a job's earlier
    runs."""

    def __init__(self, fleet: Fleet, runs_of: Callable[[Job], Runs]) -> None:
        self.history = RateHistory()
        self._fleet = fleet
        self._runs_of = runs_of
        self._open: dict[str, dict[str, OpenJob]] = {}  # by location id and job id
        self._speeds: dict[JobKey, Speed] = {}
        self._sites: dict[str, _Site] = {}
        self.tallies: dict[str, Tally] = {}  # by location id

    def __iter__(self) -> Iterator[OpenJob]:
        return (job for jobs in self._open.values() for job in jobs.values())

    def at(self, location_id: str) -> Collection[OpenJob]:
        """The open jobs of one location."""
        return self._open.get(location_id, {}).values()

    def get(self, key: JobKey) -> OpenJob | None:
        return self._open.get(key[0], {}).get(key[1])

    def take(self, change: FleetChange, now: datetime) -> BoardChange:
        """Follows a change of the fleet. A proof alone, and a report of one job, cost the same
        whatever else waits there: most of what is told is one of the two."""
        touched = change.connections | change.pictures
        if change.locations_listed:
            touched |= self._fleet.locations.keys() | self._open.keys()
        rebuilt = {key for key in touched if self._is_other_site(key, now)} | change.pictures
        told: dict[str, set[str]] = {location_id: set() for location_id in rebuilt}
        for location_id, job_id in change.jobs:
            told.setdefault(location_id, set()).add(job_id)
        moved = BoardChange()
        for location_id, job_ids in told.items():
            if location_id in change.pictures:
                job_ids |= self._open_ids(location_id)
            newest = {job_id: self._newest((location_id, job_id), now) for job_id in job_ids}
            if location_id in rebuilt:  # the others too, without a word of themselves
                for job_id in self._open.get(location_id, {}).keys() - job_ids:
                    newest[job_id] = self._newest((location_id, job_id), None)
            self._settle(location_id, newest, moved)
        return moved

    def tell_runs(self, keys: Iterable[JobKey]) -> BoardChange:
        """What is known of the earlier runs of these jobs is other than before."""
        moved = BoardChange()
        for location_id, job_id in keys:
            one = self._newest((location_id, job_id), None)
            if one is not None and self.get((location_id, job_id)) is not None:
                self._settle(location_id, {job_id: one}, moved)
        return moved

    def note_total(self, now: datetime) -> None:
        """Keeps the present sum of the rates."""
        self.history.note(self.total_rate(now), now)

    def total_rate(self, now: datetime) -> float:
        """Bytes per second of all that runs at locations that are proved."""
        running = (one for tally in self.tallies.values() for one in tally.running)
        return sum(one.rate(now) or 0.0 for one in running)

    # -- inside

    def _is_other_site(self, location_id: str, now: datetime) -> bool:
        """Whether what each of its jobs says of the location is other than before."""
        place = self._fleet.locations.get(location_id)
        was = self._sites.pop(location_id, None)
        if place is None:
            return True
        site = self._sites[location_id] = _site_of(place)
        if was is not None and was.connection is Connection.ON and not place.is_live:
            tally = self.tallies.get(location_id)
            if tally is not None and tally.running:
                self.history.drop(place.registration.name, now)
        return site != was

    def _open_ids(self, location_id: str) -> set[str]:
        place = self._fleet.locations.get(location_id)
        return set(place.picture.open_ids) if place is not None and place.picture else set()

    def _newest(self, key: JobKey, seen: datetime | None) -> OpenJob | None:
        """A job as it is now, None when it is not open any more. `seen` is when its location told
        it, None when it is looked at for another reason."""
        place = self._fleet.locations.get(key[0])
        job = place.picture.jobs.get(key[1]) if place and place.picture else None
        if place is None or job is None or not job.is_open:
            return None
        speed = self._speeds.setdefault(key, Speed())
        if seen is not None and place.is_live and job.progress is not None:
            speed.see(job.progress.bytes_done, seen)
        return OpenJob(
            job=job,
            location=place.registration.name,
            farm=place.registration.farm,
            connection=place.connection,
            proof_time=place.proof_time,
            clock_offset=timedelta(seconds=place.clock_offset_seconds or 0.0),
            runs=self._runs_of(job),
            speed=speed,
        )

    def _settle(
        self, location_id: str, newest: Mapping[str, OpenJob | None], moved: BoardChange
    ) -> None:
        before = self._open.get(location_id, {})
        found = {job_id: one for job_id, one in newest.items() if one is not None}
        after = {job_id: one for job_id, one in before.items() if job_id not in newest} | found
        looked_at = set(newest)
        if any(_waits(found.get(job_id)) or _waits(before.get(job_id)) for job_id in newest):
            after = _queued_up(after)
            looked_at = before.keys() | after.keys()
        for job_id in looked_at:
            was, now = before.get(job_id), after.get(job_id)
            if was != now:
                moved.keys.add((location_id, job_id))
            if was is not None and now is None:
                moved.ended.append(was.job)
                self._speeds.pop((location_id, job_id), None)
        if after:
            self._open[location_id], self.tallies[location_id] = after, tally_of(after.values())
        else:
            self._open.pop(location_id, None)
            self.tallies.pop(location_id, None)


@dataclass(frozen=True, slots=True)
class _Site:
    """What the jobs of a location say of it. While it is proved nobody looks at the proof."""

    connection: Connection
    name: str
    farm: str
    proof_time: datetime | None
    offset_seconds: int


def _site_of(place: LocationState) -> _Site:
    return _Site(
        place.connection,
        place.registration.name,
        place.registration.farm,
        None if place.is_live else place.proof_time,
        round(place.clock_offset_seconds or 0.0),
    )


def _waits(one: OpenJob | None) -> bool:
    return one is not None and one.job.state is JobState.QUEUED


def _queued_up(jobs: dict[str, OpenJob]) -> dict[str, OpenJob]:
    """Numbers what waits as the location's queue does: the most important first, of equals the
    oldest. 0 is above all."""
    queued = [one for one in jobs.values() if one.job.state is JobState.QUEUED]
    if not queued:
        return jobs
    queued.sort(key=lambda one: (one.job.priority != 0, -one.job.priority, int(one.job.id)))
    placed = {
        one.job.id: replace(one, place=number, places=len(queued))
        for number, one in enumerate(queued, 1)
        if (one.place, one.places) != (number, len(queued))
    }
    return {**jobs, **placed}
