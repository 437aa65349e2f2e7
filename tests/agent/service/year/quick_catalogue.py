"""The catalogue in memory, with indexes: a year of a location is too much to search through.

Unlike the one that it extends it changes its state in place, so a transaction that fails is not
undone; in a simulated year none may fail.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from server_agent.domain.calendar import EntryState, state_of, worst
from server_agent.domain.events import Event
from server_agent.domain.jobs import Job
from server_agent.domain.occurrences import Occurrence, Slot, Verdict, stands
from server_agent.ports import Cell, CellKey, ChangesSince
from tests.fakes.catalogue import MemoryCatalogue, MemoryTransaction, MemoryView
from tests.fakes.catalogue_plan import MemoryPlanningView
from tests.fakes.catalogue_state import Decided, State


@dataclass
class Index:
    """Where to find what the state holds; ids of jobs, and decisions by their slots."""

    open: dict[str, None] = field(default_factory=dict)
    by_slot: dict[Slot, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_cell: dict[CellKey, set[str]] = field(default_factory=lambda: defaultdict(set))
    slots: list[Slot] = field(default_factory=list)  # of decisions, in order
    decided: dict[Slot, tuple[str, ...]] = field(default_factory=dict)
    taken_back: set[Slot] = field(default_factory=set)
    given_up: dict[CellKey, set[tuple[Slot, str]]] = field(default_factory=lambda: defaultdict(set))


class _Indexed(MemoryPlanningView):
    """What is looked up and not searched for."""

    _index: Index

    def open_jobs(self) -> list[Job]:
        return [self._state.jobs[each] for each in self._index.open]

    def jobs_of(self, slot: Slot) -> list[Job]:
        return [self._state.jobs[each] for each in self._index.by_slot.get(slot, ())]

    def changes_since(self, revision: int) -> ChangesSince:
        state = self._state
        keys = []
        for key in reversed(state.changes):
            if state.changes[key] <= revision:
                break
            keys.append(key)
        return ChangesSince(state.revision, tuple(reversed(keys)))

    def decided_slots(self, after: datetime, now: datetime) -> set[Slot]:
        index = self._index
        behind = bisect_right(index.slots, after, key=lambda slot: slot.planned_time)
        return {slot for slot in index.slots[behind:] if stands(self._of(slot).occurrence, now)}

    def taken_back(self, after: datetime) -> set[Slot]:
        return {slot for slot in self._index.taken_back if slot.planned_time > after}

    def _of(self, slot: Slot) -> Decided:
        name = self._index.decided[slot][0]
        return self._state.decided[slot.planned_time, slot.event_id, name]


class QuickView(_Indexed, MemoryView):
    """A reader."""

    def __init__(self, state: State, index: Index) -> None:
        super().__init__(state)
        self._index = index


class QuickTransaction(_Indexed, MemoryTransaction):
    """A writer that keeps the index."""

    def __init__(self, state: State, index: Index) -> None:
        super().__init__(state)
        self._index = index

    def add_job(self, job: Job) -> Job:
        added = super().add_job(job)
        if added.planned_time is not None:
            self._index.by_slot[Slot(added.planned_time, added.event_id)].append(added.id)
        self._note(added)
        return added

    def put_job(self, job: Job) -> None:
        before = self._state.jobs[job.id]
        self._index.by_cell[CellKey.of_job(before)].discard(job.id)
        super().put_job(job)
        self._note(job)

    def put_decided(self, occurrence: Occurrence, event: Event, day: date) -> None:
        state, index, slot = self._state, self._index, occurrence.slot
        if slot in index.decided:
            for name in index.decided[slot]:
                old = state.decided.pop((slot.planned_time, slot.event_id, name))
                index.given_up[CellKey.of_event(old.event, name, old.day)].discard((slot, name))
        else:
            insort(index.slots, slot)
        if occurrence.verdict is Verdict.CANCELLED:
            index.taken_back.add(slot)
        else:
            index.taken_back.discard(slot)
        index.decided[slot] = names = occurrence.tasks or ("",)
        for name in names:
            task = state.tasks.get(name)
            client = task.client if task is not None else ""
            made = Decided(occurrence, event, day, client)
            state.decided[slot.planned_time, slot.event_id, name] = made
            if occurrence.verdict is not Verdict.STARTED:
                index.given_up[CellKey.of_event(event, name, day)].add((slot, name))
        if event.start_time is not None:
            state.decided_events[event.id] = None

    def reopen(self, after: datetime, now: datetime) -> None:
        index, cells = self._index, set()
        behind = bisect_right(index.slots, after, key=lambda slot: slot.planned_time)
        for slot in index.slots[behind:]:
            made = self._of(slot)
            if stands(made.occurrence, now):
                continue
            index.slots.remove(slot)
            index.taken_back.discard(slot)
            self._state.decided_events.pop(slot.event_id, None)
            for name in index.decided.pop(slot):
                old = self._state.decided.pop((slot.planned_time, slot.event_id, name))
                key = CellKey.of_event(old.event, name, old.day)
                index.given_up[key].discard((slot, name))
                cells.add(key)
        self.refresh_cells(cells, now)

    def _note(self, job: Job) -> None:
        self._index.by_cell[CellKey.of_job(job)].add(job.id)
        if job.state.is_open:
            self._index.open[job.id] = None
        else:
            self._index.open.pop(job.id, None)

    def _summed(self, key: CellKey, now: datetime) -> Cell | None:
        ids = sorted(self._index.by_cell.get(key, ()), key=int)
        jobs = [self._state.jobs[each] for each in ids]
        given_up = [
            self._state.decided[slot.planned_time, slot.event_id, name]
            for slot, name in self._index.given_up.get(key, ())
        ]
        states = [state_of(job.planned_time or job.create_time, None, job, now) for job in jobs]
        states += [EntryState[each.occurrence.verdict.name] for each in given_up]
        state = worst(states)
        if state is None:
            return None
        client = jobs[-1].client if jobs else max(each.client for each in given_up)
        return Cell(key, client, state, len(states))


class QuickCatalogue(MemoryCatalogue):
    """The `Catalogue` port, for one thread."""

    def __init__(self) -> None:
        super().__init__()
        self._index = Index()

    @contextmanager
    def read(self) -> Iterator[QuickView]:
        yield QuickView(self._state, self._index)

    @contextmanager
    def write(self) -> Iterator[QuickTransaction]:
        yield QuickTransaction(self._state, self._index)
