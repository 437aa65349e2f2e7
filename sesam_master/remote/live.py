"""The state of one location as its watch stream tells it, kept as messages."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from sesam_api.v1 import jobs_pb2, location_pb2
from sesam_master.core.fleet import ObjectsChanged, Picture
from sesam_master.core.states import OPEN_STATES
from sesam_master.remote import convert

Kind = TypeVar("Kind")

_OPEN = frozenset(number for number, state in convert.STATES.items() if state in OPEN_STATES)


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
    that pictures in another thread may read them."""

    def __init__(self, parts: Sequence[location_pb2.Snapshot]) -> None:
        """Takes the parts of one snapshot, the first one first."""
        self._snapshot = parts[0]
        for part in parts[1:]:
            self._snapshot.MergeFrom(part)
        self.location: location_pb2.Location = self._snapshot.location
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
        for change in changes:
            match change.WhichOneof("object"):
                case "location":
                    if change.location != self.location:
                        self.location = change.location
                        identity = convert.identity(change.location)
                case "client":
                    self._clients.put(change.client.name, change.client)
                    clients[change.client.name] = convert.client(change.client)
                    removed_clients.discard(change.client.name)
                case "task":
                    self._tasks.put(change.task.name, change.task)
                    tasks[change.task.name] = convert.task(change.task)
                    removed_tasks.discard(change.task.name)
                case "job":
                    self._take_job(change.job)
                    jobs[change.job.job_id] = convert.job(location_id, change.job)
                case "removed_client":
                    self._clients.drop(change.removed_client)
                    clients.pop(change.removed_client, None)
                    removed_clients.add(change.removed_client)
                case "removed_task":
                    self._tasks.drop(change.removed_task)
                    tasks.pop(change.removed_task, None)
                    removed_tasks.add(change.removed_task)
                    self._drop_ended_backups(change.removed_task)
        if not (identity or clients or tasks or jobs or removed_clients or removed_tasks):
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
        )

    def _take_job(self, job: jobs_pb2.Job) -> None:
        """Keeps the open jobs and the newest ended backup of each task, like a snapshot."""
        if job.state not in _OPEN:
            self._jobs.drop(job.job_id)
            if job.kind != jobs_pb2.JOB_KIND_BACKUP:
                return
            self._drop_ended_backups(job.task)
        self._jobs.put(job.job_id, job)

    def _drop_ended_backups(self, task: str) -> None:
        ended = [
            job.job_id
            for job in self._jobs
            if job.task == task and job.kind == jobs_pb2.JOB_KIND_BACKUP and job.state not in _OPEN
        ]
        for job_id in ended:
            self._jobs.drop(job_id)
