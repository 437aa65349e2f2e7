"""The streams of the watchers: what has changed, not more often than a person can see, and a sign
of life when nothing has."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from server_agent.domain.access import Caller
from server_agent.domain.errors import NotAuthenticated, ShuttingDown
from server_agent.domain.groups import TaskGroup
from server_agent.domain.parts import Part
from server_agent.domain.queue import Drive
from server_agent.domain.topology import Client, Task
from server_agent.ports import Cell, CellKey, Clock, ObjectKind
from server_agent.rpc import convert
from server_agent.rpc import convert_plan as plan
from server_agent.rpc.agent import part_to_wire
from server_agent.rpc.licence import licence_to_wire
from server_agent.rpc.workers import Workers
from server_agent.service.access import Access
from server_agent.service.changes import Changes, Subscription
from server_agent.service.coming import LiveEvent, LiveSchedule
from server_agent.service.jobs import Jobs
from server_agent.service.location import Location
from server_agent.service.watched import (
    Changed,
    ChangeSet,
    LicenceReport,
    LiveJob,
    MediaChanged,
    Removed,
    Snapshot,
    Watched,
)
from sesam_api.v1 import agent_pb2, licence_pb2
from sesam_api.v1 import location_pb2 as pb

PART_OBJECTS = 1000
PART_BYTES = 1 << 20  # a gRPC client takes 4 MiB in one message by default


@dataclass(frozen=True, slots=True)
class Pace:
    """Attributes:
    interval: seconds between two messages of changes, at least.
    heartbeat: seconds of silence after which a heartbeat is sent.
    """

    interval: float = 0.5
    heartbeat: float = 15.0


class Watches:
    """All watch streams of the agent. Lives in the event loop.

    A stream ends with NotAuthenticated when its caller's credential is revoked, and with
    ShuttingDown after `close`.
    """

    def __init__(
        self,
        changes: Changes,
        jobs: Jobs,
        access: Access,
        location: Location,
        clock: Clock,
        workers: Workers,
        pace: Pace,
    ) -> None:
        self._changes = changes
        self._jobs = jobs
        self._access = access
        self._location = location
        self._clock = clock
        self._workers = workers
        self._pace = pace
        self._closing = False

    def close(self) -> None:
        """Ends all streams, after what has changed until now."""
        self._closing = True
        self._changes.wake()

    async def location(
        self, after_revision: int | None, caller: Caller
    ) -> AsyncGenerator[pb.WatchResponse, None]:
        """The state of the location, or what changed after a revision, and then every change."""
        with self._subscribed() as (subscription, alarm):
            begin = await self._workers.read(self._begin, subscription, after_revision, caller)
            if isinstance(begin, Snapshot):
                for part in _snapshot_parts(begin, self._location, caller):
                    yield self._response(begin.revision if part.complete else 0, snapshot=part)
            else:
                # Said at once, so that the watcher need not wait for a heartbeat.
                location = pb.Change(location=convert.location(self._location))
                for changes in _change_parts([location, *_changes(begin)]):
                    known = after_revision or 0 if changes.more else begin.revision
                    yield self._response(known, changes=changes)
            revision, sent = begin.revision, alarm.time()
            looked = sent
            while True:
                if await alarm.wait_until(sent + self._pace.heartbeat):
                    await alarm.pause_until(looked + self._pace.interval)
                    closing = self._closing
                    taken = await self._workers.read(self._take, subscription, caller)
                    for changes in _change_parts(_changes(taken)):
                        known = revision if changes.more else taken.revision
                        yield self._response(known, changes=changes)
                        sent = alarm.time()
                    revision, looked = taken.revision, alarm.time()
                    if closing:
                        raise ShuttingDown
                # Also after a look that found nothing: most writes are of no watched object.
                if alarm.time() >= sent + self._pace.heartbeat:
                    yield self._response(revision, heartbeat=pb.Heartbeat())
                    sent = alarm.time()

    async def job(self, job_id: str, caller: Caller) -> AsyncGenerator[LiveJob, None]:
        """The job at once, and after each change until it has ended."""
        with self._subscribed() as (_, alarm):
            known: LiveJob | None = None
            while True:
                closing = self._closing
                live = await self._workers.read(self._job, job_id, caller)
                if live != known:
                    known = live
                    yield live
                if not live.job.state.is_open:
                    return
                if closing:
                    raise ShuttingDown
                sent = alarm.time()
                await alarm.wait()
                await alarm.pause_until(sent + self._pace.interval)

    @contextlib.contextmanager
    def _subscribed(self) -> Iterator["tuple[Subscription, _Alarm]"]:
        alarm = _Alarm()
        subscription = self._changes.subscribe(alarm.ring)
        try:
            yield subscription, alarm
        finally:
            subscription.close()

    def _begin(
        self, subscription: Subscription, after_revision: int | None, caller: Caller
    ) -> Snapshot | ChangeSet:
        self._check(caller)
        return subscription.begin(after_revision)

    def _take(self, subscription: Subscription, caller: Caller) -> ChangeSet:
        self._check(caller)
        return subscription.take()

    def _job(self, job_id: str, caller: Caller) -> LiveJob:
        self._check(caller)
        return self._jobs.get(job_id)

    def _check(self, caller: Caller) -> None:
        if not self._access.in_force(caller):
            raise NotAuthenticated

    def _response(
        self,
        revision: int,
        snapshot: pb.Snapshot | None = None,
        changes: pb.Changes | None = None,
        heartbeat: pb.Heartbeat | None = None,
    ) -> pb.WatchResponse:
        return pb.WatchResponse(
            revision=revision,
            agent_time=convert.timestamp(self._clock.now()),
            snapshot=snapshot,
            changes=changes,
            heartbeat=heartbeat,
        )


class _Alarm:
    """Rung from any thread, waited for in the event loop in which it was made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        if self._rung.is_set():
            return
        # A loop that has ended has no watcher left.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._rung.set)

    def time(self) -> float:
        return self._loop.time()

    async def wait(self) -> None:
        await self._rung.wait()

    async def wait_until(self, moment: float) -> bool:
        """Whether it was rung before the moment."""
        try:
            async with asyncio.timeout_at(moment):
                await self._rung.wait()
        except TimeoutError:
            return False
        return True

    async def pause_until(self, moment: float) -> None:
        """Lets rings pass until the moment; what they stand for is to be looked at after it."""
        await asyncio.sleep(max(0.0, moment - self._loop.time()))
        self._rung.clear()


def _snapshot_parts(
    snapshot: Snapshot, location: Location, caller: Caller
) -> Iterator[pb.Snapshot]:
    part = pb.Snapshot(
        first=True,
        location=convert.location(location),
        role=convert.ROLES[caller.role],
        epoch=location.epoch,
        licence=licence_to_wire(snapshot.licence) if snapshot.licence is not None else None,
    )
    count = size = 0
    items: tuple[Watched, ...] = (
        *snapshot.clients,
        *snapshot.tasks,
        *snapshot.schedules,
        *snapshot.events,
        *snapshot.groups,
        *snapshot.drives,
        *snapshot.parts,
        *snapshot.jobs,
    )
    for item in items:
        if count == PART_OBJECTS or size > PART_BYTES:
            yield part
            part, count, size = pb.Snapshot(), 0, 0
        size += _append(part, item)
        count += 1
    part.complete = True
    yield part


def _append(part: pb.Snapshot, item: Watched) -> int:
    """Puts the item into the part; returns its size in bytes."""
    match item:
        case Client():
            part.clients.append(convert.client(item))
            return part.clients[-1].ByteSize()
        case Task():
            part.tasks.append(convert.task(item))
            return part.tasks[-1].ByteSize()
        case Part():
            part.agent_parts.append(part_to_wire(item))
            return part.agent_parts[-1].ByteSize()
        case LiveJob():
            part.jobs.append(convert.job(item))
            return part.jobs[-1].ByteSize()
        case LiveSchedule():
            part.schedules.append(plan.schedule_to_wire(item))
            return part.schedules[-1].ByteSize()
        case LiveEvent():
            part.events.append(plan.event_to_wire(item))
            return part.events[-1].ByteSize()
        case TaskGroup():
            part.groups.append(plan.group_to_wire(item))
            return part.groups[-1].ByteSize()
        case Drive():
            part.drives.append(plan.drive_to_wire(item))
            return part.drives[-1].ByteSize()


def _change_parts(changes: Iterable[pb.Change]) -> Iterator[pb.Changes]:
    """Messages of a size that can be sent."""
    part = pb.Changes()
    size = 0
    for change in changes:
        if len(part.changes) == PART_OBJECTS or size > PART_BYTES:
            part.more = True
            yield part
            part, size = pb.Changes(), 0
        part.changes.append(change)
        size += change.ByteSize()
    if part.changes:
        yield part


def _changes(changed: ChangeSet) -> Iterator[pb.Change]:
    return map(_change, changed.objects)


def _change(item: Changed) -> pb.Change:
    match item:
        case Client():
            return pb.Change(client=convert.client(item))
        case Task():
            return pb.Change(task=convert.task(item))
        case LiveJob():
            return pb.Change(job=convert.job(item))
        case LiveSchedule():
            return pb.Change(schedule=plan.schedule_to_wire(item))
        case LiveEvent():
            return pb.Change(event=plan.event_to_wire(item))
        case TaskGroup():
            return pb.Change(group=plan.group_to_wire(item))
        case Drive():
            return pb.Change(drive=plan.drive_to_wire(item))
        case Cell():
            return pb.Change(calendar_cell=plan.cell(item))
        case Removed():
            return _REMOVED[item.key.kind](item.key.id)
    return _change_of_agent(item)


def _change_of_agent(item: MediaChanged | LicenceReport | Part) -> pb.Change:
    """Of what is no object of the plan."""
    match item:
        case LicenceReport():
            return pb.Change(licence=licence_to_wire(item))
        case Part():
            return pb.Change(agent_part=part_to_wire(item))
    return pb.Change(media_changed=pb.MediaChanged())


_REMOVED: Mapping[ObjectKind, Callable[[str], pb.Change]] = {
    ObjectKind.CLIENT: lambda id_: pb.Change(removed_client=id_),
    ObjectKind.TASK: lambda id_: pb.Change(removed_task=id_),
    ObjectKind.JOB: lambda id_: pb.Change(removed_job=id_),
    ObjectKind.SCHEDULE: lambda id_: pb.Change(removed_schedule=id_),
    ObjectKind.EVENT: lambda id_: pb.Change(removed_event=id_),
    ObjectKind.GROUP: lambda id_: pb.Change(removed_group=id_),
    ObjectKind.DRIVE: lambda id_: pb.Change(removed_drive=id_),
    ObjectKind.CELL: lambda id_: pb.Change(calendar_cell=plan.empty_cell(CellKey.of_id(id_))),
    ObjectKind.MEDIA: lambda _: pb.Change(media_changed=pb.MediaChanged()),
    ObjectKind.LICENCE: lambda _: pb.Change(licence=licence_pb2.Licence()),
    ObjectKind.PART: lambda id_: pb.Change(agent_part=agent_pb2.Part(name=id_)),
}
