"""The one door between the network thread and the GUI thread.

Events come in on the network thread, are merged per location (newest value per object wins) and
applied to the fleet in the GUI thread: at most ten times a second, a few milliseconds at a time.
Questions go out through `ask`; their answers come back in the GUI thread.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QMetaObject, QObject, Qt, QTimer, Signal, Slot

from sesam_master.core.fleet import (
    ConnectionChanged,
    Fleet,
    FleetChange,
    FleetEvent,
    ObjectsChanged,
    PictureArrived,
    RegistrationsChanged,
)

Result = TypeVar("Result")
Value = TypeVar("Value")
Submit = Callable[
    [Coroutine[Any, Any, Any], Callable[[object | None, BaseException | None], None]],
    Callable[[], None],
]

DRAIN_SECONDS = 0.1
BUDGET_SECONDS = 0.006
# Between two helpings of one drain the event loop gets this long for paint and input.
BREATH_MS = 15
AGE_MS = 1_000
# How long the network thread may keep the interpreter when the GUI thread wants it: while a fleet
# comes in, the usual 5 ms add up to stalls that one sees.
SWITCH_SECONDS = 0.001


@dataclass(slots=True)
class _Pending:
    """What waits for one location; `picture` comes before `objects`."""

    connection: ConnectionChanged | None = None
    picture: PictureArrived | None = None
    objects: ObjectsChanged | None = None

    def add(self, event: PictureArrived | ObjectsChanged | ConnectionChanged) -> None:
        if isinstance(event, ConnectionChanged):
            self.connection = _newer_connection(self.connection, event)
        elif isinstance(event, ObjectsChanged):
            self.objects = _merged(self.objects, event) if self.objects else event
        elif self.picture is None or not event.is_remembered:
            self.picture = event
            if not event.is_remembered:
                self.objects = None

    def events(self) -> list[FleetEvent]:
        return [e for e in (self.picture, self.objects, self.connection) if e is not None]


class Bridge(QObject):
    """Lives in the GUI thread. `deliver` and the `done` given to `submit` may be called on any.

    `submit` runs a coroutine on the network thread and returns a callable that cancels it.
    """

    fleet_changed = Signal(object)  # FleetChange
    aged = Signal()  # every second: all ages are other than before, though nothing may have come
    _arrived = Signal()
    _answered = Signal(object)

    def __init__(self, submit: Submit, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__()
        sys.setswitchinterval(SWITCH_SECONDS)
        self.fleet = Fleet()
        self._submit = submit
        self._clock = clock
        self._lock = threading.Lock()
        self._registrations: RegistrationsChanged | None = None
        self._pending: dict[str, _Pending] = {}
        self._is_announced = False
        self._is_closed = False
        self._last_drain = -DRAIN_SECONDS
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.drain)
        self._aging = QTimer(self)
        self._aging.timeout.connect(self.aged)
        self._aging.start(AGE_MS)
        self._arrived.connect(self._schedule, Qt.ConnectionType.QueuedConnection)
        self._answered.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    def deliver(self, event: FleetEvent) -> None:
        """Takes an event from any thread; returns at once."""
        with self._lock:
            if self._is_closed:
                return
            if isinstance(event, RegistrationsChanged):
                self._registrations = event
            else:
                self._pending.setdefault(event.location_id, _Pending()).add(event)
            if self._is_announced:
                return
            self._is_announced = True
            self._arrived.emit()

    def ask(
        self,
        coroutine: Coroutine[Any, Any, Result],
        owner: QObject,
        done: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Runs the coroutine on the network thread and calls `done` or `failed` in this one.

        Neither is called once the owner is destroyed or the returned callable was called; both
        cancel the question. What was to change something goes on all the same.
        """
        answer = _Answer(owner, done, failed)

        def on_end(result: object | None, error: BaseException | None) -> None:
            answer.result, answer.error = result, error
            with self._lock:
                if not self._is_closed:
                    self._answered.emit(answer)

        cancel = self._submit(coroutine, on_end)

        def leave() -> None:
            answer.is_dropped = True
            cancel()

        answer.parting = owner.destroyed.connect(leave)

        def drop() -> None:
            answer.part()
            leave()

        return drop

    def expire(self, now: datetime) -> None:
        """What has not been proved for too long is stale; to be called every second."""
        change = self.fleet.expire(now)
        if change != FleetChange():
            self.fleet_changed.emit(change)

    def close(self) -> None:
        """Nothing comes through any more."""
        with self._lock:
            self._is_closed = True
            self._pending.clear()
            self._registrations = None
        self._timer.stop()
        self._aging.stop()

    @Slot()
    def _schedule(self) -> None:
        if not self._timer.isActive():
            rest = DRAIN_SECONDS - (self._clock() - self._last_drain)
            self._timer.start(max(0, int(rest * 1000)))

    @Slot()
    def drain(self) -> None:
        """Applies what waits, for `BUDGET_SECONDS` at most, and announces it in one signal."""
        start = self._last_drain = self._clock()
        change = FleetChange()
        with self._lock:
            self._is_announced = False
            registrations, self._registrations = self._registrations, None
        if registrations is not None:
            change.merge(self.fleet.apply(registrations))
        while (pending := self._next()) is not None:
            for event in pending.events():
                change.merge(self.fleet.apply(event))
            if self._clock() - start >= BUDGET_SECONDS:
                break
        if self._pending and not self._is_closed:
            self._timer.start(BREATH_MS)
        if change != FleetChange():
            self.fleet_changed.emit(change)

    def _next(self) -> _Pending | None:
        with self._lock:
            if not self._pending:
                return None
            return self._pending.pop(next(iter(self._pending)))

    @Slot(object)
    def _hand_over(self, answer: "_Answer") -> None:
        self.drain()  # what came before the answer is shown first, as far as the budget goes
        # Looked at afterwards: what the events did may have ended the question or its owner.
        if answer.is_dropped or not shiboken6.isValid(answer.owner):
            return
        answer.part()
        if answer.error is None:
            answer.done(answer.result)
        elif isinstance(answer.error, Exception):
            answer.failed(answer.error)
        elif not isinstance(answer.error, asyncio.CancelledError):
            raise answer.error


@dataclass(slots=True)
class _Answer:
    owner: QObject
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]
    result: object | None = None
    error: BaseException | None = None
    is_dropped: bool = False
    parting: QMetaObject.Connection | None = None  # what happens when the owner is destroyed

    def part(self) -> None:
        """Nothing happens then any more."""
        if self.parting is not None and shiboken6.isValid(self.owner):
            QObject.disconnect(self.parting)
        self.parting = None


def _newer_connection(old: ConnectionChanged | None, new: ConnectionChanged) -> ConnectionChanged:
    """The newest state; a proof or an offset that only the older one carries is kept."""
    if old is None:
        return new
    offset = new.clock_offset_seconds
    return replace(
        new,
        proof_time=new.proof_time or old.proof_time,
        clock_offset_seconds=old.clock_offset_seconds if offset is None else offset,
    )


def _merged(old: ObjectsChanged, new: ObjectsChanged) -> ObjectsChanged:
    clients = _without(old.clients, new.removed_clients) | dict(new.clients)
    tasks = _without(old.tasks, new.removed_tasks) | dict(new.tasks)
    return ObjectsChanged(
        location_id=new.location_id,
        proof_time=new.proof_time,
        identity=new.identity or old.identity,
        clients=clients,
        tasks=tasks,
        jobs=dict(old.jobs) | dict(new.jobs),
        removed_clients=(old.removed_clients | new.removed_clients) - clients.keys(),
        removed_tasks=(old.removed_tasks | new.removed_tasks) - tasks.keys(),
        # The last value of a job and its removal may come in one message: both are told.
        removed_jobs=(old.removed_jobs - new.jobs.keys()) | new.removed_jobs,
        cells=dict(old.cells) | dict(new.cells),
        revision=max(old.revision, new.revision),
        is_plan_changed=old.is_plan_changed or new.is_plan_changed,
        is_media_changed=old.is_media_changed or new.is_media_changed,
        licence=new.licence or old.licence,
        processes={**old.processes, **new.processes},
    )


def _without(values: Mapping[str, Value], names: Any) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name not in names}
