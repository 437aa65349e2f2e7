"""The state of an in-memory location: what the servicers of the fake agent read and change."""

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from google.protobuf.message import Message

from sesam_api.v1 import (
    access_pb2,
    calendar_pb2,
    drives_pb2,
    events_pb2,
    groups_pb2,
    jobs_pb2,
    loaders_pb2,
    location_pb2,
    media_pb2,
    savesets_pb2,
    schedules_pb2,
    tasks_pb2,
    topology_pb2,
)

OPEN_STATES = (jobs_pb2.JOB_STATE_QUEUED, jobs_pb2.JOB_STATE_ACTIVE)
Change = location_pb2.Change


class Refused(Exception):
    """To be answered with a reason of errors.proto."""

    def __init__(self, reason: str, **metadata: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.metadata = metadata


@dataclass
class FakeLocation:
    """One location in memory.

    Attributes:
        changed: guards everything here, and is notified after every change.
        log: every change with its revision; `forgotten` of them are no longer known.
        listings: saveset -> directory -> entries.
        epoch: of the agent's process; a stop and start of the server keeps it, like a cut network.
        clock_ahead_seconds: of the agent's clock before ours.
        occurrences: what the calendar has, in the order of time.
        sheet_rows: what the calendar sheet has, up to the last of whatever days are asked for.
        starts, remarks: what every schedule is said to do.
        skipped: files that the next jobs with a result do not have whole.
        endings: how the next backups or restores end, each a state; without one they stay queued.
    """

    name: str = "fake"
    location_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    epoch: str = field(default_factory=lambda: str(uuid.uuid4()))
    clients: dict[str, topology_pb2.Client] = field(default_factory=dict)
    tasks: dict[str, tasks_pb2.Task] = field(default_factory=dict)
    schedules: dict[str, schedules_pb2.Schedule] = field(default_factory=dict)
    events: dict[str, events_pb2.Event] = field(default_factory=dict)
    groups: dict[str, groups_pb2.TaskGroup] = field(default_factory=dict)
    drives: dict[str, drives_pb2.Drive] = field(default_factory=dict)
    stores: dict[str, media_pb2.DataStore] = field(default_factory=dict)
    pools: dict[str, media_pb2.MediaPool] = field(default_factory=dict)
    media: dict[str, media_pb2.Medium] = field(default_factory=dict)
    loaders: dict[str, loaders_pb2.Loader] = field(default_factory=dict)
    inside: dict[str, list[loaders_pb2.LoaderPlace]] = field(default_factory=dict)
    wanted_media: dict[str, list[str]] = field(default_factory=dict)  # ids of jobs, by label
    occurrences: list[calendar_pb2.Occurrence] = field(default_factory=list)
    sheet_rows: list[calendar_pb2.SheetRow] = field(default_factory=list)
    open_sesam_day: str = "2025-03-01"
    starts: list[schedules_pb2.Start] = field(default_factory=list)
    remarks: list[int] = field(default_factory=list)
    jobs: dict[str, jobs_pb2.Job] = field(default_factory=dict)
    savesets: dict[str, savesets_pb2.Saveset] = field(default_factory=dict)
    listings: dict[str, dict[bytes, list[savesets_pb2.Entry]]] = field(default_factory=dict)
    protocols: dict[str, list[jobs_pb2.ProtocolLine]] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    used_tokens: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, access_pb2.Credential] = field(default_factory=dict)
    clock_ahead_seconds: int = 0
    endings: list[int] = field(default_factory=list)
    skipped: int = 0
    log: list[Change] = field(default_factory=list)
    forgotten: int = 0
    answers: dict[str, tuple[str, Message, Message]] = field(default_factory=dict)
    stopping: bool = False
    changed: threading.Condition = field(
        default_factory=lambda: threading.Condition(threading.RLock())
    )

    @property
    def revision(self) -> int:
        return len(self.log)

    def identity(self) -> location_pb2.Location:
        message = location_pb2.Location(
            location_id=self.location_id,
            name=self.name,
            host="fake.invalid",
            version="0.0.1",
            time_zone="Europe/Berlin",
        )
        message.start_time.FromSeconds(1_700_000_000)
        return message

    def record(self, change: Change) -> None:
        """Enters a change for the watchers."""
        with self.changed:
            self.log.append(change)
            self.changed.notify_all()

    def put_client(
        self,
        name: str,
        comment: str = "",
        ssh: topology_pb2.Ssh | None = None,
        *,
        locked: bool = False,
    ) -> topology_pb2.Client:
        """With a login it is reached by SSH."""
        access = topology_pb2.ACCESS_SSH if ssh else topology_pb2.ACCESS_LOCAL
        with self.changed:
            before = self.clients.get(name)
            client = topology_pb2.Client(
                name=name, access=access, comment=comment, ssh=ssh, locked=locked
            )
            client.etag = str(int(before.etag) + 1) if before else "1"
            client.create_time.GetCurrentTime()
            self.clients[name] = client
            self.record(Change(client=client))
        return client

    def put_task(
        self,
        name: str,
        client: str,
        sources: list[bytes],
        excludes: list[str] | None = None,
        *,
        comment: str = "",
        options: tasks_pb2.TaskOptions | None = None,
        commands: Iterable[tasks_pb2.CommandSource] = (),
    ) -> tasks_pb2.Task:
        with self.changed:
            before = self.tasks.get(name)
            task = tasks_pb2.Task(
                name=name,
                client=client,
                sources=sources,
                excludes=excludes or [],
                comment=comment,
                options=options,
                etag=str(int(before.etag) + 1) if before else "1",
                commands=commands,
            )
            task.create_time.GetCurrentTime()
            self.tasks[name] = task
            self.record(Change(task=task))
        return task

    def new_job(self, **fields: object) -> jobs_pb2.Job:
        """A queued job, the next number."""
        with self.changed:
            job = jobs_pb2.Job(
                job_id=str(len(self.jobs) + 1),
                state=jobs_pb2.JOB_STATE_QUEUED,
                sesam_day="2025-03-01",
                **fields,
            )
            job.create_time.GetCurrentTime()
            self.put_job(job)
        return job

    def put_job(self, job: jobs_pb2.Job) -> None:
        """Tells the watchers, and which job is not watched any more because of it."""
        with self.changed:
            before = self.newest_ended(job.task)
            self.jobs[job.job_id] = job
            if job.state in OPEN_STATES:
                self.record(Change(job=job))
                return
            if job.kind != jobs_pb2.JOB_KIND_BACKUP:
                self.record(Change(job=job))
                self.record(Change(removed_job=job.job_id))
                return
            if before is not None and before.job_id != job.job_id:
                self.record(Change(removed_job=before.job_id))
            self.record(Change(job=job))

    def newest_ended(self, task: str) -> jobs_pb2.Job | None:
        """The newest result of the task: what was cancelled before its start is none."""
        ended = [
            job
            for job in self.jobs.values()
            if job.task == task
            and job.kind == jobs_pb2.JOB_KIND_BACKUP
            and job.state not in OPEN_STATES
            and job.HasField("start_time")
        ]
        return max(ended, key=lambda job: int(job.job_id), default=None)

    def watched_jobs(self) -> list[jobs_pb2.Job]:
        """The open jobs, and the newest ended backup of each task."""
        ended = [self.newest_ended(task) for task in self.tasks]
        still_open = [job for job in self.jobs.values() if job.state in OPEN_STATES]
        return [*still_open, *(job for job in ended if job is not None)]

    def start_job(self, job_id: str) -> None:
        """The job runs, halfway through its data."""

        def run(job: jobs_pb2.Job) -> None:
            job.state = jobs_pb2.JOB_STATE_ACTIVE
            job.start_time.GetCurrentTime()
            job.progress.phase = jobs_pb2.PHASE_TRANSFER
            job.progress.files_done, job.progress.files_total = 5, 10
            job.progress.bytes_done, job.progress.bytes_total = 500, 1000
            job.progress.current = "/srv/data/file"
            if job.kind == jobs_pb2.JOB_KIND_BACKUP:
                job.type = job.requested_type
                job.saveset = f"SF20250301120000{int(job_id):03d}@abcdefghijk"

        self._update(job_id, run)

    def end_job(self, job_id: str, state: int, message: str = "") -> None:
        """The job has ended; a backup that is ok or has a warning leaves a saveset."""

        def end(job: jobs_pb2.Job) -> None:
            job.state = state
            job.message = message
            job.end_time.GetCurrentTime()
            job.ClearField("progress")
            if state in (jobs_pb2.JOB_STATE_OK, jobs_pb2.JOB_STATE_WARNING):
                job.files, job.bytes, job.stored_bytes = 10, 1000, 400
                job.skipped = self.skipped

        with self.changed:
            self._update(job_id, end)
            job = self.jobs[job_id]
            if job.kind == jobs_pb2.JOB_KIND_BACKUP and job.files:
                self._put_saveset_of(job)

    def _update(self, job_id: str, change: Callable[[jobs_pb2.Job], None]) -> None:
        with self.changed:
            job = jobs_pb2.Job()
            job.CopyFrom(self.jobs[job_id])
            change(job)
            self.put_job(job)

    def _put_saveset_of(self, job: jobs_pb2.Job) -> None:
        task = self.tasks[job.task]
        self.savesets[job.saveset] = savesets_pb2.Saveset(
            name=job.saveset,
            task=job.task,
            client=job.client,
            type=job.type,
            state=job.state,
            start_time=job.start_time,
            end_time=job.end_time,
            sesam_day=job.sesam_day,
            sources=task.sources,
            files=job.files,
            bytes=job.bytes,
            stored_bytes=job.stored_bytes,
            listed_files=job.files,
            listed_bytes=job.bytes,
            label="FAKE00001",
            job_id=job.job_id,
        )
