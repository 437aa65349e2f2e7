"""What happens to a location: sleeps, crashes, clocks that jump, changes of the plan.

The machine's own time goes on steadily; what the clock shows is that and an offset. What is told of
a run is what the machine did, never what the catalogue says about it.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf
from random import Random

from server_agent.domain.jobs import Job, JobState
from server_agent.service.scheduler import LOOK_EVERY
from tests.agent.service.year.location import Location
from tests.agent.service.year.plant import SAVED, Planted
from tests.agent.service.year.timetables import Timetable

Key = tuple[datetime, str, str]  # planned time, event id, task
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
WELL = (JobState.OK, JobState.WARNING)


class What(StrEnum):
    SLEEP = "the machine sleeps"
    CRASH = "the agent dies and is down"
    JUMP = "the clock is set"
    CHANGE = "the plan is changed"


@dataclass(frozen=True)
class Disturbance:
    """At `at` of the machine's time. `span` is how long it lasts, of a jump how far."""

    at: datetime
    what: What
    span: timedelta = timedelta()
    timetable: Timetable | None = None


@dataclass
class Run:
    """A job as the machine did it. The numbers count all that happened, in its order."""

    queue_time: datetime
    start_time: datetime | None = None
    end_time: datetime | None = None
    end_number: float = inf
    killed: bool = False


@dataclass(frozen=True)
class Look:
    """A moment at which the scheduler looked, by the clock."""

    number: int
    now: datetime


@dataclass(frozen=True)
class Version:
    """A timetable, and since when by the clock it has been the event's."""

    since: datetime
    timetable: Timetable


@dataclass
class Facts:
    """What happened."""

    zone: str
    seed: str
    plan: dict[str, Planted]
    begin: datetime
    versions: dict[str, list[Version]]  # by event
    looks: list[Look] = field(default_factory=list)
    runs: dict[Key, Run] = field(default_factory=dict)
    first_saveset: float = inf

    def fate(self, key: Key) -> tuple[timedelta, JobState]:
        """How long the job takes and what it ends with, if it is let."""
        moment, event_id, task = key
        name = self.plan[event_id].name
        random = Random(f"{self.seed} {name} {moment.timestamp()} {task}")
        length = random.uniform(4, 45)
        if random.random() < 0.03:
            length = random.uniform(150, 1700)
        state = random.choices(
            [JobState.OK, JobState.WARNING, JobState.ERROR, JobState.CANCELLED], [91, 4, 4, 1]
        )[0]
        return timedelta(minutes=length), state

    def state(self, key: Key) -> JobState:
        """What a job that has ended has ended with."""
        return JobState.BROKEN if self.runs[key].killed else self.fate(key)[1]


class Simulation:
    """Lets time pass at a location, and tells what happened."""

    def __init__(self, location: Location, zone: str, seed: str, plan: dict[str, Planted]) -> None:
        self._location = location
        self._clock = location.clock
        self._machine = location.clock.now()
        self._random = Random(seed)
        self._number = 0
        self._ends: dict[str, tuple[datetime, Key]] = {}  # by job, by the machine's time
        now = self._clock.now()
        versions = {
            event_id: [Version(now, each.timetable)]
            for event_id, each in plan.items()
            if each.timetable is not None
        }
        self.facts = Facts(zone, seed, plan, now, versions)
        self.facts.looks.append(Look(0, now))
        self._horizon = now
        self._times: list[datetime] = []

    def until(self, end: datetime, story: list[Disturbance]) -> None:
        """Lives through the story up to `end`, by the machine's time."""
        for each in sorted(story, key=lambda each: each.at):
            self._pass(each.at)
            self._suffer(each)
        self._pass(end)

    def look(self) -> None:
        """Looks now, and starts what may start."""
        self._number += 1
        self._location.look()
        self.facts.looks.append(Look(self._number, self._clock.now()))
        self._admit()

    def settle(self) -> None:
        """Has everything decided and the sheet brought up to date, due or not."""
        self._number += 1
        self._location.settle()
        self.facts.looks.append(Look(self._number, self._clock.now()))
        self._location.look()
        self._admit()

    def _suffer(self, each: Disturbance) -> None:
        match each.what:
            case What.SLEEP:
                self._advance(each.span)
                self._ends = {job: (end + each.span, key) for job, (end, key) in self._ends.items()}
            case What.CRASH:
                self._advance(each.span)
                self._restart()
            case What.JUMP:
                self._clock.advance(each.span)
                self._advance(self._random.random() * LOOK_EVERY)
            case What.CHANGE:
                assert each.timetable is not None
                self._change(each.timetable)
        self.look()

    def _restart(self) -> None:
        self._number += 1
        for _, key in self._ends.values():
            run = self.facts.runs[key]
            run.killed, run.end_time, run.end_number = True, self._clock.now(), self._number
        ended = self._location.restart()
        assert {job.id for job in ended} == set(self._ends)
        self._ends = {}

    def _change(self, timetable: Timetable) -> None:
        self._advance(INSTANT)
        now = self._clock.now()
        self._location.change_schedule(timetable.name, timetable.schedule(now))
        self._number += 1
        self.facts.looks.append(Look(self._number, now))
        for event_id, each in self.facts.plan.items():
            if each.timetable is not None and each.timetable.name == timetable.name:
                self.facts.versions[event_id].append(Version(now, timetable))
        self._times = []

    def _pass(self, target: datetime) -> None:
        """Up to a moment of the machine's time, with a look whenever something is due."""
        while self._machine < target:
            due = self._next_look()
            end = min(self._ends.values(), default=(due, None), key=lambda end: end[0])[0]
            moment = min(due, end, target)
            self._advance(moment - self._machine)
            self._end_jobs()
            if moment == due:
                self.look()

    def _next_look(self) -> datetime:
        """Within what the scheduler sleeps at most behind the next planned time."""
        now = self._clock.now()
        if not self._times or now >= self._times[-1] or now < self._horizon:
            self._horizon = now
            self._times = sorted(
                {
                    moment
                    for event_id in self.facts.versions
                    for moment in planned_times(self.facts, event_id, now, now + 30 * 24 * HOUR)
                }
            )
        place = bisect_right(self._times, now)
        if place == len(self._times):
            return self._machine + HOUR
        wait = self._times[place] - now + self._random.random() * LOOK_EVERY
        return self._machine + wait

    def _end_jobs(self) -> None:
        over = [(end, job) for job, (end, _) in self._ends.items() if end <= self._machine]
        for _, job_id in sorted(over):
            self._advance(INSTANT)
            self._number += 1
            _, key = self._ends.pop(job_id)
            run = self.facts.runs[key]
            run.end_time, run.end_number = self._clock.now(), self._number
            state = self.facts.state(key)
            saved = f"saveset {job_id}" if _saves(self.facts.plan[key[1]], key, state) else ""
            if saved:
                self.facts.first_saveset = min(self.facts.first_saveset, self._number)
            self._location.end(job_id, state, saved)
        if over:
            self._admit()

    def _admit(self) -> None:
        started = self._location.admit()
        for job in [*started, *self._location.jobs()]:
            self.facts.runs.setdefault(_key(job), Run(job.create_time))
        for job in started:
            key = _key(job)
            self.facts.runs[key].start_time = self._clock.now()
            self._ends[job.id] = (self._machine + self.facts.fate(key)[0], key)

    def _advance(self, span: timedelta) -> None:
        self._machine += span
        self._clock.advance(span)


def planned_times(facts: Facts, event_id: str, first: datetime, end: datetime) -> list[datetime]:
    """Of an event in [first, end), each version's as long as it was the event's."""
    versions = facts.versions[event_id]
    found: list[datetime] = []
    for number, version in enumerate(versions):
        behind = versions[number + 1].since if number + 1 < len(versions) else end
        low, high = max(first, version.since), min(end, behind)
        if low < high:
            found += version.timetable.times(facts.zone, low, high)
    return found


def _key(job: Job) -> Key:
    assert job.planned_time is not None
    return job.planned_time, job.event_id, job.task


def _saves(event: Planted, key: Key, state: JobState) -> bool:
    return event.kind.value == "backup" and key[2] == SAVED and state in WELL


def story_of_a_year(
    seed: str, begin: datetime, changes: list[Disturbance], count: int
) -> list[Disturbance]:
    """Disturbances all over the year; none that touches a change of the plan."""
    random = Random(f"story {seed}")
    found = list(changes)
    for _ in range(count):
        at = begin + timedelta(days=random.uniform(2, 355), microseconds=random.randrange(1000))
        if any(abs(at - change.at) < timedelta(days=6) for change in changes):
            continue
        hours = random.choice([random.uniform(0.1, 3), random.uniform(3, 30), 0.5])
        match random.randrange(4):
            case 0:
                found.append(Disturbance(at, What.SLEEP, 2 * hours * HOUR))
            case 1:
                found.append(Disturbance(at, What.CRASH, 2 * hours * HOUR))
            case 2:
                found.append(Disturbance(at, What.JUMP, random.choice([-1, 1]) * hours * HOUR))
            case _:
                # Wrong for a while, then put right.
                wrong = random.choice([-1, 1]) * hours * HOUR
                found.append(Disturbance(at, What.JUMP, wrong))
                later = at + random.uniform(0.01, 20) * HOUR
                found.append(Disturbance(later, What.JUMP, -wrong))
    return found
