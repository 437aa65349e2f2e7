"""The part of the catalogue in memory that plans."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

from server_agent.domain.calendar import EntryState, state_of, worst
from server_agent.domain.errors import AlreadyExists, EventNotFound
from server_agent.domain.events import NEWDAY, Event
from server_agent.domain.groups import TaskGroup
from server_agent.domain.jobs import Job
from server_agent.domain.occurrences import FOR_GOOD, Occurrence, Planned, Slot, Verdict, stands
from server_agent.domain.queue import Drive
from server_agent.domain.schedule import Schedule
from server_agent.domain.sesam_day import DayStart
from server_agent.ports import Cell, CellKey, ObjectKey, ObjectKind, Past, PastKey
from tests.fakes.catalogue_state import Decided, State


def _cell_of(job: Job) -> str:
    return f"{job.kind.value}/{job.sesam_day}/{job.task or job.event}"


class MemoryPlanningView:
    """The `PlanningView` port."""

    def __init__(self, state: State) -> None:
        self._state = state

    def schedule(self, name: str) -> Schedule | None:
        return self._state.schedules.get(name)

    def schedules(self) -> list[Schedule]:
        return [self._state.schedules[name] for name in sorted(self._state.schedules)]

    def event(self, name: str) -> Event | None:
        return next((event for event in self.events() if event.name == name), None)

    def event_by_id(self, event_id: str) -> Event | None:
        return self._state.events.get(event_id)

    def events(self) -> list[Event]:
        events = [event for event in self._state.events.values() if event.start_time is None]
        return sorted(events, key=lambda event: event.name)

    def plans(self) -> list[Planned]:
        return [
            Planned(event, self._state.schedules.get(event.schedule))
            for event in self._state.events.values()
            if event.id not in self._state.decided_events
        ]

    def group(self, name: str) -> TaskGroup | None:
        return self._state.groups.get(name)

    def groups(self) -> list[TaskGroup]:
        return [self._state.groups[name] for name in sorted(self._state.groups)]

    def drive(self, name: str) -> Drive | None:
        return self._state.drives.get(name)

    def drives(self) -> list[Drive]:
        return [self._state.drives[name] for name in sorted(self._state.drives)]

    def decided_until(self) -> datetime | None:
        return self._state.decided_until

    def decided_slots(self, after: datetime, now: datetime) -> set[Slot]:
        return {
            decided.occurrence.slot
            for decided in self._state.decided.values()
            if decided.occurrence.slot.planned_time > after and stands(decided.occurrence, now)
        }

    def taken_back(self, after: datetime) -> set[Slot]:
        return {
            decided.occurrence.slot
            for decided in self._state.decided.values()
            if decided.occurrence.slot.planned_time > after
            and decided.occurrence.verdict is Verdict.CANCELLED
        }

    def past(self, first: datetime, end: datetime, after: PastKey | None, limit: int) -> list[Past]:
        keys = sorted(
            key
            for key in self._state.decided
            if first <= key[0] < end and (after is None or key > after)
        )
        return [self._past(key) for key in keys[:limit]]

    def jobs_of(self, slot: Slot) -> list[Job]:
        return [
            job
            for job in self._state.jobs.values()
            if (job.planned_time, job.event_id) == (slot.planned_time, slot.event_id)
        ]

    def day_starts(self, after: date) -> list[DayStart]:
        starts = self._state.day_starts
        first = max((moment for moment, day in starts.items() if day <= after), default=None)
        return [
            DayStart(moment, starts[moment])
            for moment in sorted(starts)
            if first is None or moment >= first
        ]

    def cells(self, first: date, last: date) -> list[Cell]:
        cells = [cell for key, cell in self._state.cells.items() if first <= key.day <= last]
        return sorted(cells, key=lambda cell: (cell.key.kind, cell.key.name, cell.key.day))

    def cell(self, key: CellKey) -> Cell | None:
        return self._state.cells.get(key)

    def _past(self, key: PastKey) -> Past:
        decided = self._state.decided[key]
        jobs = [job for job in self.jobs_of(decided.occurrence.slot) if job.task == key[2]]
        return Past(
            occurrence=replace(decided.occurrence, tasks=(key[2],) if key[2] else ()),
            event=decided.event,
            task=key[2],
            client=decided.client,
            sesam_day=decided.day,
            job=jobs[-1] if jobs else None,
        )


class MemoryPlanningTransaction(MemoryPlanningView):
    """The `PlanningTransaction` port."""

    def put_schedule(self, schedule: Schedule) -> None:
        self._state.schedules[schedule.name] = schedule
        self._state.changed(ObjectKey(ObjectKind.SCHEDULE, schedule.name))

    def remove_schedule(self, name: str) -> None:
        self._state.schedules.pop(name, None)
        self._state.changed(ObjectKey(ObjectKind.SCHEDULE, name))

    def add_event(self, event: Event) -> Event:
        self._check_name(event, "")
        self._state.last_event_id += 1
        added = replace(event, id=str(self._state.last_event_id))
        self._state.events[added.id] = added
        self._state.changed(ObjectKey(ObjectKind.EVENT, added.id))
        return added

    def put_event(self, event: Event) -> None:
        if event.id not in self._state.events:
            raise EventNotFound(event=event.name)
        self._check_name(event, event.id)
        self._state.events[event.id] = event
        self._state.changed(ObjectKey(ObjectKind.EVENT, event.id))

    def remove_event(self, event_id: str) -> None:
        self._state.events.pop(event_id, None)
        self._state.changed(ObjectKey(ObjectKind.EVENT, event_id))

    def put_group(self, group: TaskGroup) -> None:
        self._state.groups[group.name] = group
        self._state.changed(ObjectKey(ObjectKind.GROUP, group.name))

    def remove_group(self, name: str) -> None:
        self._state.groups.pop(name, None)
        self._state.changed(ObjectKey(ObjectKind.GROUP, name))

    def put_drive(self, drive: Drive) -> None:
        self._state.drives[drive.name] = drive
        self._state.changed(ObjectKey(ObjectKind.DRIVE, drive.name))

    def remove_drive(self, name: str) -> None:
        self._state.drives.pop(name, None)
        self._state.changed(ObjectKey(ObjectKind.DRIVE, name))

    def put_decided(self, occurrence: Occurrence, event: Event, day: date) -> None:
        slot = occurrence.slot
        kept = self._state.decided
        for key in [key for key, old in kept.items() if old.occurrence.slot == slot]:
            del kept[key]
        for name in occurrence.tasks or ("",):
            task = self._state.tasks.get(name)
            client = task.client if task is not None else ""
            kept[slot.planned_time, slot.event_id, name] = Decided(occurrence, event, day, client)
        if event.start_time is not None:
            self._state.decided_events[event.id] = None

    def reopen(self, after: datetime, now: datetime) -> None:
        state = self._state
        given_up = [
            (key, decided)
            for key, decided in state.decided.items()
            if decided.occurrence.slot.planned_time > after
            and decided.occurrence.decide_time > now
            and decided.occurrence.verdict not in FOR_GOOD
        ]
        for key, _ in given_up:
            del state.decided[key]
            state.decided_events.pop(key[1], None)
        if given_up:
            begun = {key[0] for key, each in state.decided.items() if each.event.name == NEWDAY}
            for moment in [moment for moment in state.day_starts if moment > after]:
                if moment not in begun:
                    del state.day_starts[moment]
        cells = {CellKey.of_event(each.event, key[2], each.day) for key, each in given_up}
        self.refresh_cells(cells, now)

    def touch_schedule(self, name: str) -> None:
        self._state.changed(ObjectKey(ObjectKind.SCHEDULE, name))

    def set_decided_until(self, moment: datetime) -> None:
        self._state.decided_until = moment

    def add_day_start(self, start: DayStart) -> None:
        self._state.day_starts[start.moment] = start.day

    def refresh_cells(self, keys: Collection[CellKey], now: datetime) -> None:
        for key in sorted(set(keys), key=lambda key: key.id):
            made = self._summed(key, now)
            if made == self._state.cells.get(key):
                continue
            if made is None:
                del self._state.cells[key]
            else:
                self._state.cells[key] = made
            self._state.changed(ObjectKey(ObjectKind.CELL, key.id))

    def forget_plan(self, before: date) -> None:
        state = self._state
        for key in [key for key, decided in state.decided.items() if decided.day < before]:
            del state.decided[key]
        for cell in [cell for cell in state.cells if cell.day < before]:
            del state.cells[cell]
        first = self.day_starts(before)[0].moment if state.day_starts else None
        for moment in [moment for moment in state.day_starts if first and moment < first]:
            del state.day_starts[moment]
        left = {event_id for _, event_id, _ in state.decided}
        for event_id in [each for each in state.decided_events if each not in left]:
            del state.decided_events[event_id]
            if state.events.pop(event_id, None) is not None:
                state.changed(ObjectKey(ObjectKind.EVENT, event_id))

    def _summed(self, key: CellKey, now: datetime) -> Cell | None:
        jobs = [
            job for job in self._state.jobs.values() if not job.dry_run and _cell_of(job) == key.id
        ]
        given_up = [
            decided
            for (_, _, task), decided in self._state.decided.items()
            if decided.occurrence.verdict is not Verdict.STARTED
            and CellKey.of_event(decided.event, task, decided.day) == key
        ]
        states = [state_of(job.planned_time or job.create_time, None, job, now) for job in jobs]
        states += [EntryState[decided.occurrence.verdict.name] for decided in given_up]
        state = worst(states)
        if state is None:
            return None
        client = jobs[-1].client if jobs else max(decided.client for decided in given_up)
        return Cell(key, client, state, len(states))

    def _check_name(self, event: Event, own_id: str) -> None:
        other = self.event(event.name) if event.start_time is None else None
        if other is not None and other.id != own_id:
            raise AlreadyExists(kind="event", name=event.name)
