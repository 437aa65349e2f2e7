"""The changes of a location as records, whatever happens to the stream that brings them."""

from collections.abc import Iterator

from sesam_api import agent_convert, convert, licence_convert, plan_convert
from sesam_api.records import Change, Identity, Snapshot
from sesam_api.v1 import location_pb2
from sesam_api.v1.location_pb2_grpc import LocationServiceStub
from sesam_api.wire import Wire


def changes(wire: Wire, location_id: str, timeout: float | None) -> Iterator[Change]:
    """A Snapshot, then each change; a new Snapshot if the agent cannot tell what was missed.

    A broken stream is taken up at the last revision if the same agent process is still there.
    Heartbeats are not handed out, nor the identity that an agent repeats when a stream is taken up.
    """
    identity: Identity | None = None
    for change in _received(wire, location_id, timeout):
        if isinstance(change, Snapshot):
            identity = change.identity
        elif isinstance(change, Identity):
            if change == identity:
                continue
            identity = change
        yield change


def _received(wire: Wire, location_id: str, timeout: float | None) -> Iterator[Change]:
    revision: int | None = None
    epoch = ""
    parts: list[location_pb2.Snapshot] = []

    def request() -> location_pb2.WatchRequest:
        return location_pb2.WatchRequest(
            after_revision=revision, location_id=location_id, epoch=epoch
        )

    stub = LocationServiceStub(wire.channel)
    for message in wire.repeated(stub.Watch, request, timeout):
        match message.WhichOneof("event"):
            case "snapshot":
                if message.snapshot.first:
                    parts.clear()
                parts.append(message.snapshot)
                if message.snapshot.complete:
                    epoch = parts[0].epoch
                    yield _joined(parts)
            case "changes":
                for item in message.changes.changes:
                    change = (
                        convert.change(item)
                        or plan_convert.change(item)
                        or licence_convert.change(item)
                        or agent_convert.change(item)
                    )
                    if change is not None:
                        yield change
        if message.revision:  # only now: what was not handed out would be asked for again
            revision = message.revision


def _joined(parts: list[location_pb2.Snapshot]) -> Snapshot:
    return Snapshot(
        identity=convert.identity(parts[0].location),
        role=convert.role(parts[0].role),
        clients=tuple(convert.client(item) for part in parts for item in part.clients),
        tasks=tuple(convert.task(item) for part in parts for item in part.tasks),
        jobs=tuple(convert.job(item) for part in parts for item in part.jobs),
        schedules=tuple(plan_convert.schedule(item) for part in parts for item in part.schedules),
        events=tuple(plan_convert.event(item) for part in parts for item in part.events),
        groups=tuple(plan_convert.group(item) for part in parts for item in part.groups),
        drives=tuple(plan_convert.drive(item) for part in parts for item in part.drives),
        agent_parts=tuple(agent_convert.part(item) for part in parts for item in part.agent_parts),
        licence=(
            licence_convert.licence(parts[0].licence) if parts[0].HasField("licence") else None
        ),
    )
