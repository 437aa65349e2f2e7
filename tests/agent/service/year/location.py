"""A location on a clock that a test moves: the scheduler, the calendar and the plan as they are,
with jobs that end when the test says so."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from server_agent.domain.access import Caller, Role
from server_agent.domain.calendar import Entry
from server_agent.domain.events import Action, Event
from server_agent.domain.groups import TaskGroup
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.queue import FIRST_DRIVE, Drive, admit
from server_agent.domain.schedule import Schedule
from server_agent.domain.sesam_day import DayStart
from server_agent.domain.topology import Access, Client, Task
from server_agent.ports import Catalogue, CellKey, SavesetQuery
from server_agent.service.calendar import Calendar, CalendarQuery
from server_agent.service.changes import Changes
from server_agent.service.collection import etag
from server_agent.service.days import day_of
from server_agent.service.defaults import FirstMedium, ensure_defaults
from server_agent.service.plan import Outcome
from server_agent.service.plan_objects import Events, Groups, Schedules
from server_agent.service.recovery import Recovery
from server_agent.service.requests import Request
from server_agent.service.scheduler import Scheduler
from server_agent.service.sheet import Sheets
from server_agent.service.taking_back import TakingBack
from tests.agent.service.steered import SteeredEngine
from tests.fakes.clock import FakeClock
from tests.fakes.protocols import MemoryProtocols
from tests.fakes.records import SAVESET, START

ADMIN = Caller("the admin", Role.ADMIN, "1")
FIRST = FirstMedium(b"/store", "DISK00001")
CLIENT = "fs-01"


def request(method: str = "m") -> Request:
    return Request(str(uuid.uuid4()), method, ADMIN)


class Location:
    """One agent's service over a catalogue.

    Attributes:
        wakes: how often the scheduler said that it had queued something.
        seen: what could be seen in the queue when it said so the last time.
        engine: asked at a restart what it finds; it runs nothing.
    """

    def __init__(self, catalogue: Catalogue, clock: FakeClock) -> None:
        self.catalogue = catalogue
        self.clock = clock
        self.engine = SteeredEngine()
        self.protocols = MemoryProtocols()
        self.wakes = 0
        self.seen: list[Job] = []
        self.start()
        with self.changes.write() as tx:
            ensure_defaults(tx, clock.now(), FIRST)
            tx.put_drive(replace(tx.drive(FIRST_DRIVE) or Drive(FIRST_DRIVE), streams=64))
            tx.put_client(Client(CLIENT, Access.LOCAL, "", START, 1))

    def start(self) -> None:
        """The agent's process as it comes up: it knows nothing but the catalogue."""
        self.changes = Changes(self.catalogue, self.clock)
        self.scheduler = Scheduler(self.changes, self.clock, self._queued)
        self.calendar = Calendar(self.changes, self.clock)
        self.sheets = Sheets(self.changes, self.clock)
        self.schedules = Schedules(self.changes, self.clock, self.scheduler)
        self.events = Events(self.changes, self.clock, self.scheduler, lambda _: True)
        self.groups = Groups(self.changes, self.clock, self.scheduler)
        self.taking_back = TakingBack(self.changes, self.clock, self.scheduler)

    def restart(self) -> list[Job]:
        """Comes up again after a crash; returns what had run."""
        self.start()
        follow = self.scheduler.follow
        return Recovery(self.changes, self.engine, self.protocols, self.clock, follow).at_start()

    def add_tasks(self, *names: str) -> None:
        with self.changes.write() as tx:
            for name in names:
                tx.put_task(Task(name, CLIENT, (b"/srv",), (), "", START, 1))

    def remove_task(self, name: str) -> None:
        with self.changes.write() as tx:
            tx.remove_task(name)

    def add_group(self, name: str, *tasks: str) -> None:
        self.groups.create(request(), TaskGroup(name, tasks))

    def change_group(self, changed: TaskGroup) -> None:
        with self.changes.read() as view:
            before = view.group(changed.name)
        self.groups.update(request(), changed, etag(before))

    def add_schedule(self, schedule: Schedule) -> None:
        self.schedules.create(request(), schedule)

    def change_schedule(self, name: str, changed: Schedule) -> None:
        with self.changes.read() as view:
            before = view.schedule(name)
        self.schedules.update(request(), replace(changed, name=name), etag(before))

    def add_event(
        self,
        name: str,
        action: Action,
        schedule: str = "",
        *,
        priority: int = 1,
        blocking: bool = False,
        follow_up: str = "",
    ) -> Event:
        event = Event(
            id="",
            name=name,
            action=action,
            schedule=schedule,
            change_time=START,
            priority=priority,
            blocking=blocking,
            follow_up=follow_up,
        )
        return self.events.create(request(), event)

    def event(self, name: str) -> Event:
        with self.changes.read() as view:
            event = view.event(name)
        assert event is not None
        return event

    def change_event(self, changed: Event) -> None:
        self.events.update(request(), changed, etag(self.event(changed.name)))

    def order(self, action: Action, moment: datetime, priority: int = 1) -> Event:
        """What somebody asks for once, later."""
        now = self.clock.now()
        with self.changes.write() as tx:
            self.scheduler.settle(tx)
            once = Event(
                id="",
                name=action.object_name,
                action=action,
                schedule="",
                change_time=now,
                priority=priority,
                start_time=moment,
                made_by=ADMIN.name,
            )
            return tx.add_event(once)

    def take_back(self, event_id: str, moment: datetime | None = None) -> datetime:
        """Returns the time of what was taken back."""
        return self.taking_back.cancel(request(), event_id, moment)

    def next_times(self) -> dict[str, datetime | None]:
        """By the ids of the events, as a watcher is told."""
        with self.changes.read() as view:
            live = self.changes.live_events(view, view.events())
        return {each.event.id: each.next_time for each in live}

    def add_saveset(self, task: str, name: str) -> None:
        now = self.clock.now()
        with self.changes.write() as tx:
            made = replace(SAVESET, name=name, task=task, start_time=now, end_time=now)
            count = sum(1 for _ in tx.savesets(SavesetQuery(), None, 1000).items)
            tx.add_saveset(replace(made, job_id=str(count + 1)))

    def look(self) -> None:
        self.scheduler.look()

    def settle(self) -> None:
        with self.changes.write() as tx:
            self.scheduler.settle(tx)

    def admit(self) -> list[Job]:
        """Starts what the queue lets start."""
        now = self.clock.now()
        with self.changes.read() as view:
            jobs = view.open_jobs()
            drives = view.drives()
        queued = [job for job in jobs if job.state is JobState.QUEUED]
        if not queued:
            return []
        active = [job for job in jobs if job.state is JobState.ACTIVE]
        with self.changes.write() as tx:
            day = day_of(tx, self.clock, now)
            started = [
                replace(job, state=JobState.ACTIVE, start_time=now, sesam_day=day)
                for job in admit(queued, active, drives).started
            ]
            for job in started:
                tx.put_job(job)
            # One that has waited over NEWDAY leaves the day on which it was queued.
            tx.refresh_cells({CellKey.of_job(job) for job in queued}, now)
        return started

    def end(self, job_id: str, state: JobState = JobState.OK, saveset: str = "") -> Job:
        """The end of a job, as it is entered when its work is done.

        Args:
            saveset: the name of the one that it made.
        """
        now = self.clock.now()
        with self.changes.write() as tx:
            job = tx.job(job_id)
            assert job is not None
            ended = Outcome(state, "RESULT", "").end(job, now)
            if saveset:
                made = replace(SAVESET, name=saveset, task=job.task, start_time=now, end_time=now)
                tx.add_saveset(replace(made, job_id=job_id))
            tx.put_job(ended)
            self.scheduler.follow(tx, ended)
        return ended

    def jobs(self) -> list[Job]:
        """Those that are queued or run, by id."""
        with self.changes.read() as view:
            return sorted(view.open_jobs(), key=lambda job: int(job.id))

    def day_starts(self) -> list[DayStart]:
        with self.changes.read() as view:
            return view.day_starts(date(1990, 1, 1))

    def entries(
        self, first: datetime, end: datetime, page: int = 1000, query: CalendarQuery | None = None
    ) -> list[Entry]:
        """All pages of the calendar, joined."""
        query = query or CalendarQuery(first, end)
        found: list[Entry] = []
        token: str | None = None
        while True:
            part = self.calendar.find(query, token, page)
            found += part.items
            token = part.next_position
            if token is None:
                return found

    def _queued(self) -> None:
        self.wakes += 1
        self.seen = self.jobs()


def location_at(catalogue: Catalogue, moment: datetime, zone: str) -> Location:
    """A location whose agent starts for the first time."""
    location = Location(catalogue, FakeClock(moment, zone))
    location.look()
    return location


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
