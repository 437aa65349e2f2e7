"""What happens to a location: sleeps, crashes, clocks that jump, changes of the plan.

The machine's own time goes on steadily; what the clock shows is that and an offset. What is told of
a run is what the machine did, never what the catalogue says about it.
"""

from bisect import bisect_right, insort
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf
from random import Random

from server_agent.domain.errors import OccurrenceNotPlanned
from server_agent.domain.events import EventKind
from server_agent.domain.jobs import Job, JobState
from server_agent.service.scheduler import LOOK_EVERY
from tests.agent.service.year.location import Location
from tests.agent.service.year.plant import SAVED, TASKS, Planted
from tests.agent.service.year.timetables import Once, Timetable

Key = tuple[datetime, str, str]  # planned time, event id, task
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
WELL = (JobState.OK, JobState.WARNING)


class What(StrEnum):
    SLEEP = "the machine sleeps"
    CRASH = "the agent dies and is down"
    JUMP = "the clock is set"
    CHANGE = "the plan is changed"
    ORDER = "a backup is ordered for later"
    TAKE_BACK = "a start to come is taken back"


class Whose(StrEnum):
    """Of which event a start is taken back."""

    ANY = "any"
    BLOCKER = "one that blocks others"
    ORDERED = "one that was ordered"


@dataclass(frozen=True)
class Disturbance:
    """At `at` of the machine's time.

    Attributes:
        span: how long it lasts, of a jump how far, of an order how far ahead; behind what is taken
            back so long the machine sleeps, zero if it stays awake.
        waits: it is taken back just before its time, if that is not far.
    """

    at: datetime
    what: What
    span: timedelta = timedelta()
    timetable: Timetable | None = None
    whose: Whose = Whose.ANY
    waits: bool = False


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
    """A timetable, since when by the clock it has been the event's, and behind which look."""

    since: datetime
    timetable: Timetable | Once
    number: int = 0


@dataclass(frozen=True)
class Wish:
    """That a start to come is taken back, behind a look of that number.

    Attributes:
        is_next: not this one was named, but the next of its event.
        is_granted: False if there was nothing to be taken back.
    """

    look: Look
    event_id: str
    moment: datetime
    is_next: bool
    is_granted: bool


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
    wishes: list[Wish] = field(default_factory=list)
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
        self._note_look()
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
        self._note_look()
        self._admit()

    def settle(self) -> None:
        """Has everything decided and the sheet brought up to date, due or not."""
        self._number += 1
        self._location.settle()
        self._note_look()
        self._location.look()
        self._admit()

    def _note_look(self) -> Look:
        """On a clock that is set back to before the plan was made it holds from then on."""
        facts, look = self.facts, Look(self._number, self._clock.now())
        facts.looks.append(look)
        if look.now < facts.begin:
            facts.begin = look.now
            for versions in facts.versions.values():
                versions[0] = replace(versions[0], since=look.now + INSTANT)
        return look

    def _suffer(self, each: Disturbance) -> None:
        match each.what:
            case What.SLEEP:
                self._sleep(each.span)
            case What.CRASH:
                self._advance(each.span)
                self._restart()
            case What.JUMP:
                # Before the plan was made its own time has yet to come: another test's matter.
                self._clock.advance(max(each.span, self.facts.begin - self._clock.now()))
                self._advance(self._random.random() * LOOK_EVERY)
            case What.CHANGE:
                assert each.timetable is not None
                self._change(each.timetable)
            case What.ORDER:
                self._order(each.span)
            case What.TAKE_BACK:
                self._take_back(each)
        self.look()

    def _sleep(self, span: timedelta) -> None:
        self._advance(span)
        self._ends = {job: (end + span, key) for job, (end, key) in self._ends.items()}

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
        self._note_look()
        for event_id, each in self.facts.plan.items():
            if each.timetable is not None and each.timetable.name == timetable.name:
                self.facts.versions[event_id].append(Version(now, timetable, self._number))
        self._times = []

    def _order(self, ahead: timedelta) -> None:
        self._advance(INSTANT)
        now = self._clock.now()
        moment, priority = now + ahead, self._random.choice([0, 1, 1, 70])
        task = self._random.choice(TASKS)
        planted = Planted(task, EventKind.BACKUP, (task,), None, priority)
        event = self._location.order(planted.action, moment, priority)
        self._number += 1
        self._note_look()
        self.facts.plan[event.id] = planted
        self.facts.versions[event.id] = [Version(now, Once(moment), self._number)]
        if self._times and moment < self._times[-1]:
            insort(self._times, moment)

    def _take_back(self, each: Disturbance) -> None:
        """What is chosen may be decided already, by a clock that was ahead."""
        now = self._clock.now()
        coming = self._coming(each.whose, now)
        if not coming:
            return
        moment, event_id = self._random.choice(coming)
        if each.waits and moment - now < 15 * HOUR:
            self._pass(self._machine + (moment - now) - self._random.random() * LOOK_EVERY)
        self._advance(INSTANT)
        is_next = self._random.random() < 0.3
        try:
            moment = self._location.take_back(event_id, None if is_next else moment)
            is_granted = True
        except OccurrenceNotPlanned:
            is_granted = False
        self._number += 1
        now = self._clock.now()
        look = self._note_look()
        self.facts.wishes.append(Wish(look, event_id, moment, is_next, is_granted))
        if each.span and timedelta() < moment - now < 48 * HOUR:
            self._sleep(moment - now + each.span)

    def _coming(self, whose: Whose, now: datetime) -> list[tuple[datetime, str]]:
        """The next starts of each event that is meant."""
        found = []
        for event_id, versions in self.facts.versions.items():
            event = self.facts.plan[event_id]
            is_ordered = isinstance(versions[-1].timetable, Once)
            is_meant = {
                Whose.ANY: not is_ordered and event.kind is not EventKind.NEWDAY,
                Whose.BLOCKER: event.blocking,
                Whose.ORDERED: is_ordered,
            }
            if is_meant[whose]:
                times = planned_times(self.facts, event_id, now + HOUR / 30, now + 20 * 24 * HOUR)
                found += [(moment, event_id) for moment in times[:3]]
        return found

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


def planned_times(
    facts: Facts, event_id: str, first: datetime, end: datetime, known: float = inf
) -> list[datetime]:
    """Of an event in [first, end), each version's as long as it was the event's, as far as it was
    known behind the look of that number."""
    versions = [each for each in facts.versions[event_id] if each.number <= known]
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
