"""The state of one location as its watch stream tells it, kept as messages."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sesam_api.v1 import licence_pb2, location_pb2
from sesam_master.core.fleet import ObjectsChanged, Picture
from sesam_master.core.licence import Licence
from sesam_master.core.processes import Process
from sesam_master.core.records import Identity
from sesam_master.remote import convert
from sesam_master.remote.convert_licence import licence
from sesam_master.remote.convert_processes import process
from sesam_master.remote.kept import Kept
from sesam_master.remote.live_plan import LivePlan, told_cells

_MEDIA = frozenset({"media_changed", "drive", "removed_drive"})


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
        self._clients = Kept(self._snapshot.clients, lambda message: message.name)
        self._tasks = Kept(self._snapshot.tasks, lambda message: message.name)
        self._jobs = Kept(self._snapshot.jobs, lambda message: message.job_id)
        self._plan = LivePlan(self._snapshot)
        self._agent_parts = Kept(self._snapshot.agent_parts, lambda message: message.name)
        has_licence = self._snapshot.HasField("licence")
        self.licence: licence_pb2.Licence | None = self._snapshot.licence if has_licence else None

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
            licence=self.licence,
            agent_parts=self._agent_parts,
            **self._plan.messages(),
        ).SerializeToString()

    def picture(self) -> Picture:
        """As of the snapshot; what changed later is told by `take`."""
        places = self._clients.places, self._tasks.places, self._jobs.places
        has_licence = self._snapshot.HasField("licence")
        known = licence(self._snapshot.licence) if has_licence else None
        told = {part.name: process(part) for part in self._snapshot.agent_parts}
        return replace(convert.picture(self._snapshot, *places), licence=known, processes=told)

    def groups(self) -> dict[str, tuple[str, ...]]:
        """The task groups by task, as of now."""
        return self._plan.groups()

    def plan_messages(self) -> dict[str, Iterable[Any]]:
        """Schedules, events, task groups and drives by the fields of a snapshot, as of now."""
        return self._plan.messages()

    def component_messages(self) -> dict[str, Iterable[Any]]:
        """Clients, tasks and drives by the fields of a snapshot, as of now."""
        drives = self._plan.messages()["drives"]
        return {"clients": self._clients, "tasks": self._tasks, "drives": drives}

    def take(
        self, changes: Sequence[location_pb2.Change], proof_time: datetime, revision: int = 0
    ) -> ObjectsChanged | None:
        """Takes the changes in, which are complete up to the revision; None if nothing is other
        than before."""
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
        told = ObjectsChanged(
            location_id,
            proof_time,
            identity,
            *(clients, tasks, jobs),
            *(frozenset(removed_clients), frozenset(removed_tasks), frozenset(removed_jobs)),
            *(told_cells(changes), revision, self._plan.take(changes, proof_time)),
            is_media_changed=any(change.WhichOneof("object") in _MEDIA for change in changes),
            licence=self._take_licence(changes),
            processes=self._take_parts(changes),
        )
        return told if told != ObjectsChanged(location_id, proof_time, revision=revision) else None

    def _take_licence(self, changes: Sequence[location_pb2.Change]) -> Licence | None:
        """The newest, None if it is as before."""
        told = [change.licence for change in changes if change.HasField("licence")]
        if not told:
            return None
        self.licence = told[-1]
        return licence(told[-1])

    def _take_parts(self, changes: Sequence[location_pb2.Change]) -> dict[str, Process]:
        """Those that are others now, by name."""
        told = [change.agent_part for change in changes if change.HasField("agent_part")]
        for part in told:
            self._agent_parts.put(part.name, part)
        return {part.name: process(part) for part in told}

    def _take_identity(self, message: location_pb2.Location) -> Identity | None:
        """None if it is the same as before: an agent repeats it on a stream that goes on."""
        if message == self.location:
            return None
        self.location = message
        return convert.identity(message)
