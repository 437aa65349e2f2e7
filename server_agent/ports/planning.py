"""The part of the catalogue that plans: what is to run when, and what became of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from server_agent.domain.calendar import EntryState
from server_agent.domain.events import Event, EventKind, kind_of
from server_agent.domain.groups import TaskGroup
from server_agent.domain.jobs import Job
from server_agent.domain.occurrences import Occurrence, Planned, Slot
from server_agent.domain.queue import Drive
from server_agent.domain.schedule import Schedule
from server_agent.domain.sesam_day import DayStart


@dataclass(frozen=True, slots=True)
class Past:
    """A decided occurrence for one task (commands and NEWDAY: for none).

    Attributes:
        occurrence: its `tasks` are `task` alone, or none.
        event: as it was when this was decided: the calendar outlives events.
        client: the task's at that time; empty if the task had gone, or there is none.
        sesam_day: that of the planned time.
        job: what it became; None if it was missed or blocked.
    """

    occurrence: Occurrence
    event: Event
    task: str
    client: str
    sesam_day: date
    job: Job | None = None


PastKey = tuple[datetime, str, str]  # planned time, event id, task


@dataclass(frozen=True, slots=True)
class CellKey:
    """A row of the calendar sheet on one sesam day. `name` is a task's, of commands and NEWDAY the
    event's; so it is of what was about a group that had no tasks."""

    kind: EventKind
    name: str
    day: date

    @property
    def id(self) -> str:
        """Names the cell in the change log: kind/day/name."""
        return f"{self.kind.value}/{self.day.isoformat()}/{self.name}"

    @classmethod
    def of_id(cls, text: str) -> "CellKey":
        """Raises ValueError if the text is no id."""
        kind, day, name = text.split("/", 2)
        return cls(EventKind(kind), name, date.fromisoformat(day))

    @classmethod
    def of_event(cls, event: Event, task: str, day: date) -> "CellKey":
        """Where an occurrence of the event for a task, empty for none, is summed up."""
        return cls(kind_of(event), task or event.name, day)

    @classmethod
    def of_job(cls, job: Job) -> "CellKey":
        """Where a job is summed up."""
        return cls(EventKind(job.kind.value), job.task or job.event, job.sesam_day)


@dataclass(frozen=True, slots=True)
class Cell:
    """What has become of one row on one sesam day: the worst state of `runs` occurrences."""

    key: CellKey
    client: str
    state: EntryState
    runs: int


class PlanningView(Protocol):
    """Reads of one consistent moment."""

    def schedule(self, name: str) -> Schedule | None: ...

    def schedules(self) -> list[Schedule]:
        """By name."""

    def event(self, name: str) -> Event | None:
        """Of the events that have a schedule or wait to be another's follow-up; not an immediate
        start."""

    def event_by_id(self, event_id: str) -> Event | None:
        """Also an immediate start."""

    def events(self) -> list[Event]:
        """By name, without immediate starts."""

    def plans(self) -> list[Planned]:
        """Every event with its schedule, and the immediate starts that are not decided yet; by
        their ids' numbers. One query."""

    def group(self, name: str) -> TaskGroup | None: ...

    def groups(self) -> list[TaskGroup]:
        """By name."""

    def drive(self, name: str) -> Drive | None: ...

    def drives(self) -> list[Drive]:
        """By name."""

    def decided_until(self) -> datetime | None:
        """Up to and with this moment every slot is decided. None in a new catalogue."""

    def decided_slots(self, after: datetime, now: datetime) -> set[Slot]:
        """Those of a planned time after the moment that stand at `now` (see `stands`)."""

    def taken_back(self, after: datetime) -> set[Slot]:
        """Those of a planned time after the moment that a person did not want."""

    def past(self, first: datetime, end: datetime, after: PastKey | None, limit: int) -> list[Past]:
        """Those planned in [first, end) that follow after a key, by planned time, event and task;
        at most `limit`. Of several jobs of one occurrence and task the last one."""

    def jobs_of(self, slot: Slot) -> list[Job]:
        """What an occurrence became, by id."""

    def day_starts(self, after: date) -> list[DayStart]:
        """The NEWDAYs that were, from the newest one of the date or before it on, in order."""

    def cells(self, first: date, last: date) -> list[Cell]:
        """What has become of each row on each sesam day in the span, by kind, name and day. Cheap
        however many jobs there are."""

    def cell(self, key: CellKey) -> Cell | None: ...


class PlanningTransaction(PlanningView, Protocol):
    """Reads and writes that happen together or not at all. Every write of a schedule, event, group
    or drive enters its key into the change log; so does every change of a cell but its being
    forgotten."""

    def put_schedule(self, schedule: Schedule) -> None:
        """Adds or replaces."""

    def remove_schedule(self, name: str) -> None: ...

    def touch_schedule(self, name: str) -> None:
        """Enters its key into the change log: it is the same, but its coming start is another."""

    def add_event(self, event: Event) -> Event:
        """Enters the event under a new id (its `id` is ignored) and returns it with that id.
        Raises AlreadyExists if it is no immediate start and another event has its name."""

    def put_event(self, event: Event) -> None:
        """Replaces; a changed event has another version. Raises EventNotFound, AlreadyExists."""

    def remove_event(self, event_id: str) -> None: ...

    def put_group(self, group: TaskGroup) -> None:
        """Adds or replaces."""

    def remove_group(self, name: str) -> None: ...

    def put_drive(self, drive: Drive) -> None:
        """Adds or replaces."""

    def remove_drive(self, name: str) -> None: ...

    def put_decided(self, occurrence: Occurrence, event: Event, day: date) -> None:
        """Enters a decision, one row for each of its tasks or one without a task. It replaces an
        earlier one of the slot.

        Args:
            day: the sesam day of the planned time.
        """

    def reopen(self, after: datetime, now: datetime) -> None:
        """Takes back what was given up of a planned time after a moment by a clock that was ahead
        of `now`, as if it had not been decided yet; the cells follow, and the days that would have
        begun. What was started stays, and the days that it began."""

    def set_decided_until(self, moment: datetime) -> None: ...

    def add_day_start(self, start: DayStart) -> None: ...

    def refresh_cells(self, keys: Collection[CellKey], now: datetime) -> None:
        """Works the cells out again from the jobs of that kind, name and sesam day and from what
        was missed or blocked on it. A cell that nothing is left of goes. Cheap however many jobs
        there are."""

    def forget_plan(self, before: date) -> None:
        """Drops decisions and cells of older sesam days, the immediate starts of which nothing is
        left then, and the day starts before the one that the date belongs to."""
