"""The state of one location as its watch stream tells it, kept as messages."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from sesam_api.v1 import location_pb2
from sesam_master.core.fleet import ObjectsChanged, Picture
from sesam_master.core.records import Identity
from sesam_master.remote import convert

Kind = TypeVar("Kind")


class _Kept(Generic[Kind]):
    """Messages by key. Those of the snapshot stay inside it: a Python object for each of a quarter
    of a million would make a garbage collection last 100 ms and more, for all threads."""

    def __init__(self, messages: Sequence[Kind], key: Callable[[Kind], str]) -> None:
        self.places = {key(message): place for place, message in enumerate(messages)}
        self._messages = messages
        self._newer: dict[str, Kind] = {}

    def put(self, key: str, message: Kind) -> None:
        self.places.pop(key, None)
        self._newer[key] = message

    def drop(self, key: str) -> None:
        self.places.pop(key, None)
        self._newer.pop(key, None)

    def __iter__(self) -> Iterator[Kind]:
        yield from (self._messages[place] for place in self.places.values())
        yield from self._newer.values()


class LiveState:
    """Follows one location from a snapshot on. Its messages are never changed, only replaced, so
    that pictures in another thread may read them. Which jobs are part of it is the agent's to say.

    Attributes:
        epoch: of the agent process that told the snapshot; its revisions mean nothing in another.
    """

    def __init__(self, parts: Sequence[location_pb2.Snapshot]) -> None:
        """Takes the parts of one snapshot, the first one first."""
        self._snapshot = parts[0]
        for part in parts[1:]:
            self._snapshot.MergeFrom(part)
        self.location: location_pb2.Location = self._snapshot.location
        self.epoch: str = self._snapshot.epoch
        self._clients = _Kept(self._snapshot.clients, lambda message: message.name)
        self._tasks = _Kept(self._snapshot.tasks, lambda message: message.name)
        self._jobs = _Kept(self._snapshot.jobs, lambda message: message.job_id)

    @classmethod
    def from_bytes(cls, kept: bytes) -> "LiveState":
        """Raises google.protobuf.message.DecodeError for what is no snapshot."""
        return cls([location_pb2.Snapshot.FromString(kept)])

    def to_bytes(self) -> bytes:
        """The whole state as one serialized snapshot."""
        return location_pb2.Snapshot(
            first=True,
            complete=True,
            location=self.location,
            role=self._snapshot.role,
            clients=self._clients,
            tasks=self._tasks,
            jobs=self._jobs,
            epoch=self.epoch,
        ).SerializeToString()

    def picture(self) -> Picture:
        """As of the snapshot; what changed later is told by `take`."""
        return convert.picture(
            self._snapshot, self._clients.places, self._tasks.places, self._jobs.places
        )

    def take(
        self, changes: Iterable[location_pb2.Change], proof_time: datetime
    ) -> ObjectsChanged | None:
        """Takes the changes in; None if nothing is other than before."""
        location_id = self.location.location_id
        identity = None
        clients, tasks, jobs = {}, {}, {}
        removed_clients: set[str] = set()
        removed_tasks: set[str] = set()
        removed_jobs: set[str] = set()
        for change in changes:
            match change.WhichOneof("object"):
                case "location":
                    identity = self._take_identity(change.location) or identity
                case "client":
                    self._clients.put(change.client.name, change.client)
                    clients[change.client.name] = convert.client(change.client)
                    removed_clients.discard(change.client.name)
                case "task":
                    self._tasks.put(change.task.name, change.task)
                    tasks[change.task.name] = convert.task(change.task)
                    removed_tasks.discard(change.task.name)
                case "job":
                    self._jobs.put(change.job.job_id, change.job)
                    jobs[change.job.job_id] = convert.job(location_id, change.job)
                    removed_jobs.discard(change.job.job_id)
                case "removed_client":
                    self._clients.drop(change.removed_client)
                    clients.pop(change.removed_client, None)
                    removed_clients.add(change.removed_client)
                case "removed_task":
                    self._tasks.drop(change.removed_task)
                    tasks.pop(change.removed_task, None)
                    removed_tasks.add(change.removed_task)
                case "removed_job":
                    self._jobs.drop(change.removed_job)
                    removed_jobs.add(change.removed_job)  # its last value is told all the same
        if not any((identity, clients, tasks, jobs, removed_clients, removed_tasks, removed_jobs)):
            return None
        return ObjectsChanged(
            location_id,
            proof_time,
            identity,
            clients,
            tasks,
            jobs,
            frozenset(removed_clients),
            frozenset(removed_tasks),
            frozenset(removed_jobs),
        )

    def _take_identity(self, message: location_pb2.Location) -> Identity | None:
        """None if it is the same as before: an agent repeats it on a stream that goes on."""
        if message == self.location:
            return None
        self.location = message
        return convert.identity(message)
