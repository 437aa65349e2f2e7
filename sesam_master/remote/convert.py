"""Messages of the wire into the records of the desk, and queries into messages."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from sesam_api.v1 import access_pb2, jobs_pb2, location_pb2, tasks_pb2, topology_pb2
from sesam_master.core.fleet import Picture
from sesam_master.core.gateway import JobGroup, JobGrouping, JobQuery
from sesam_master.core.lazy import Lazy
from sesam_master.core.records import (
    Access,
    BackupType,
    Client,
    CommandSource,
    ExcludeKind,
    Identity,
    Job,
    JobKind,
    Level,
    Phase,
    Progress,
    ProtocolLine,
    Role,
    Ssh,
    Task,
    TaskOptions,
    TimeReference,
    Waiting,
    WaitsFor,
)
from sesam_master.core.states import OPEN_STATES, JobState
from sesam_master.remote.convert_restoring import OVERWRITE_RULES

ROLES = {
    access_pb2.ROLE_ADMIN: Role.ADMIN,
    access_pb2.ROLE_OPERATOR: Role.OPERATOR,
    access_pb2.ROLE_BACKUP: Role.BACKUP,
    access_pb2.ROLE_RESTORE: Role.RESTORE,
    access_pb2.ROLE_MONITOR: Role.MONITOR,
}
STATES = {
    jobs_pb2.JOB_STATE_QUEUED: JobState.QUEUED,
    jobs_pb2.JOB_STATE_ACTIVE: JobState.ACTIVE,
    jobs_pb2.JOB_STATE_OK: JobState.OK,
    jobs_pb2.JOB_STATE_WARNING: JobState.WARNING,
    jobs_pb2.JOB_STATE_ERROR: JobState.ERROR,
    jobs_pb2.JOB_STATE_BROKEN: JobState.BROKEN,
    jobs_pb2.JOB_STATE_CANCELLED: JobState.CANCELLED,
}
STATE_NUMBERS = {state: number for number, state in STATES.items()}
_OPEN_NUMBERS = frozenset(STATE_NUMBERS[state] for state in OPEN_STATES)
TYPES = {
    jobs_pb2.BACKUP_TYPE_FULL: BackupType.FULL,
    jobs_pb2.BACKUP_TYPE_DIFF: BackupType.DIFF,
    jobs_pb2.BACKUP_TYPE_INC: BackupType.INC,
    jobs_pb2.BACKUP_TYPE_COPY: BackupType.COPY,
}
TYPE_NUMBERS = {backup_type: number for number, backup_type in TYPES.items()}
KIND_NUMBERS = {
    JobKind.BACKUP: jobs_pb2.JOB_KIND_BACKUP,
    JobKind.RESTORE: jobs_pb2.JOB_KIND_RESTORE,
    JobKind.COMMAND: jobs_pb2.JOB_KIND_COMMAND,
    JobKind.NEWDAY: jobs_pb2.JOB_KIND_NEWDAY,
    JobKind.VERIFY: jobs_pb2.JOB_KIND_VERIFY,
    JobKind.MIGRATION: jobs_pb2.JOB_KIND_MIGRATION,
    JobKind.RESTORE_PROOF: jobs_pb2.JOB_KIND_RESTORE_PROOF,
}
_KINDS = {number: kind for kind, number in KIND_NUMBERS.items()}
GROUPING_NUMBERS = {
    JobGrouping.TASK: jobs_pb2.JOB_GROUPING_TASK,
    JobGrouping.CLIENT: jobs_pb2.JOB_GROUPING_CLIENT,
    JobGrouping.TASK_GROUP: jobs_pb2.JOB_GROUPING_TASK_GROUP,
    JobGrouping.TYPE: jobs_pb2.JOB_GROUPING_TYPE,
    JobGrouping.LOCATION: jobs_pb2.JOB_GROUPING_LOCATION,
}
_PHASES = {
    jobs_pb2.PHASE_SCAN: Phase.SCAN,
    jobs_pb2.PHASE_TRANSFER: Phase.TRANSFER,
    jobs_pb2.PHASE_COMMIT: Phase.COMMIT,
}
_LEVELS = {
    jobs_pb2.LEVEL_INFO: Level.INFO,
    jobs_pb2.LEVEL_WARNING: Level.WARNING,
    jobs_pb2.LEVEL_ERROR: Level.ERROR,
}
ACCESS_NUMBERS = {
    Access.LOCAL: topology_pb2.ACCESS_LOCAL,
    Access.SSH: topology_pb2.ACCESS_SSH,
}
_ACCESS = {number: access for access, number in ACCESS_NUMBERS.items()}
EXCLUDE_KINDS = {
    tasks_pb2.EXCLUDE_KIND_UNSPECIFIED: ExcludeKind.PATTERN,
    tasks_pb2.EXCLUDE_KIND_PATTERN: ExcludeKind.PATTERN,
    tasks_pb2.EXCLUDE_KIND_REGEX: ExcludeKind.REGEX,
}
TIME_REFERENCES = {
    tasks_pb2.TIME_REFERENCE_UNSPECIFIED: TimeReference.DATABASE,
    tasks_pb2.TIME_REFERENCE_DATABASE: TimeReference.DATABASE,
    tasks_pb2.TIME_REFERENCE_TIME_STAMP_FILE: TimeReference.TIME_STAMP_FILE,
    tasks_pb2.TIME_REFERENCE_ARCHIVE_BIT: TimeReference.ARCHIVE_BIT,
}


def moment(stamp: Timestamp) -> datetime:
    """An aware datetime in UTC, cut to microseconds; the nearest one that Python can hold."""
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return (datetime.min if stamp.seconds < 0 else datetime.max).replace(tzinfo=UTC)


def identity(message: location_pb2.Location) -> Identity:
    return Identity(
        location_id=message.location_id,
        name=message.name,
        host=message.host,
        version=message.version,
        time_zone=message.time_zone,
        capabilities=tuple(message.capabilities),
        start_time=moment(message.start_time),
    )


def role(number: access_pb2.Role.ValueType) -> Role:
    return ROLES.get(number, Role.UNKNOWN)


def client(message: topology_pb2.Client) -> Client:
    return Client(
        name=message.name,
        access=_ACCESS.get(message.access, Access.UNKNOWN),
        comment=message.comment,
        ssh=_ssh(message.ssh) if message.HasField("ssh") else None,
        locked=message.locked,
        etag=message.etag,
    )


def _ssh(message: topology_pb2.Ssh) -> Ssh:
    usual = Ssh()
    has_alive = message.HasField("alive_seconds")
    return Ssh(
        host=message.host,
        port=message.port or usual.port,
        user=message.user or usual.user,
        key_file=message.key_file,
        host_key=message.host_key,
        alive_seconds=message.alive_seconds if has_alive else usual.alive_seconds,
    )


def task(message: tasks_pb2.Task) -> Task:
    return Task(
        name=message.name,
        client=message.client,
        sources=tuple(message.sources),
        excludes=tuple(message.excludes),
        comment=message.comment,
        options=_options(message.options),
        commands=tuple(
            CommandSource(command.name, tuple(command.argv)) for command in message.commands
        ),
        etag=message.etag,
        last_proof_time=(
            moment(message.last_proof_time) if message.HasField("last_proof_time") else None
        ),
    )


def _options(message: tasks_pb2.TaskOptions) -> TaskOptions:
    return TaskOptions(
        exclude_kind=EXCLUDE_KINDS.get(message.exclude_kind),
        exclude_file=message.exclude_file,
        skip_cache_directories=message.skip_cache_directories,
        skip_nodump=message.skip_nodump,
        one_file_system=message.one_file_system,
        accept_size_change=tuple(message.accept_size_change),
        time_reference=TIME_REFERENCES.get(message.time_reference),
        without_interfaces=message.without_interfaces,
        backup_even_if_pre_fails=message.backup_even_if_pre_fails,
    )


def state(number: jobs_pb2.JobState.ValueType) -> JobState:
    """A state of a newer agent is unknown here."""
    return STATES.get(number, JobState.UNKNOWN)


class NotInContract(ValueError):
    """An agent sent what the desk could not go on with; the text names it."""


def job(location_id: str, message: jobs_pb2.Job) -> Job:
    """Raises NotInContract."""
    _check_number(message.job_id)
    return Job(
        location_id=location_id,
        id=message.job_id,
        kind=_KINDS.get(message.kind, JobKind.UNKNOWN),
        state=state(message.state),
        task=message.task,
        client=message.client,
        requested_type=TYPES.get(message.requested_type),
        type=TYPES.get(message.type),
        saveset=message.saveset,
        create_time=moment(message.create_time),
        start_time=moment(message.start_time) if message.HasField("start_time") else None,
        end_time=moment(message.end_time) if message.HasField("end_time") else None,
        sesam_day=message.sesam_day,
        progress=_progress(message.progress) if message.HasField("progress") else None,
        files=message.files,
        size_bytes=message.bytes,
        stored_bytes=message.stored_bytes,
        skipped=message.skipped,
        message=message.message,
        started_by=message.started_by,
        target=message.target,
        event=message.event,
        event_id=message.event_id,
        planned_time=moment(message.planned_time) if message.HasField("planned_time") else None,
        priority=message.priority,
        group=message.group,
        drive=message.drive,
        waiting=_waiting(message.waiting) if message.HasField("waiting") else None,
        overwrite=OVERWRITE_RULES.get(message.overwrite),
        dry_run=message.dry_run,
        target_client=message.target_client,
    )


def _waiting(message: jobs_pb2.Waiting) -> Waiting | None:
    """None for a reason of a newer agent."""
    reasons = {
        "job_id": Waiting(WaitsFor.JOB, message.job_id),
        "drive": Waiting(WaitsFor.DRIVE, message.drive),
        "drive_off": Waiting(WaitsFor.DRIVE_OFF, message.drive_off),
        "any_drive": Waiting(WaitsFor.ANY_DRIVE),
    }
    wanted = message.medium
    if message.HasField("medium"):
        since = moment(wanted.since_time)
        return Waiting(WaitsFor.MEDIUM, wanted.label, wanted.data_store, since)
    return reasons.get(message.WhichOneof("reason") or "")


def job_group(location_id: str, message: jobs_pb2.JobGroup) -> JobGroup:
    counts = state_counts(message.state_counts)
    return JobGroup(
        location_id,
        message.name,
        counts,
        message.newest_job_id,
        state(message.newest_state),
        moment(message.newest_time),
    )


def _check_number(job_id: str) -> None:
    """The desk puts the jobs of all locations into one order by their numbers."""
    if not job_id.isdecimal():
        raise NotInContract(f"The id of a job is no number: {job_id!r}.")


def _progress(message: jobs_pb2.Progress) -> Progress:
    return Progress(
        phase=_PHASES.get(message.phase, Phase.UNKNOWN),
        files_done=message.files_done,
        files_total=message.files_total if message.HasField("files_total") else None,
        bytes_done=message.bytes_done,
        bytes_total=message.bytes_total if message.HasField("bytes_total") else None,
        stored_bytes=message.stored_bytes,
        current=message.current,
    )


def protocol_line(message: jobs_pb2.ProtocolLine) -> ProtocolLine:
    return ProtocolLine(
        time=moment(message.time),
        level=_LEVELS.get(message.level, Level.WARNING),  # one of a newer agent is not hidden
        code=message.code,
        text=message.text,
    )


def picture(
    snapshot: location_pb2.Snapshot,
    clients: dict[str, int],
    tasks: dict[str, int],
    jobs: dict[str, int],
) -> Picture:
    """Keeps the snapshot as it is, with the place of each object in it by key: an object becomes
    a record when somebody looks at it. Raises NotInContract."""
    location_id = snapshot.location.location_id
    states: Counter[JobState] = Counter()
    for number, count in Counter(message.state for message in snapshot.jobs).items():
        states[state(number)] += count
    backups: dict[str, tuple[str, ...]] = {}
    open_ids: set[str] = set()
    for job_id, place in jobs.items():
        _check_number(job_id)
        message = snapshot.jobs[place]
        if message.state in _OPEN_NUMBERS:
            open_ids.add(job_id)
        if message.kind == jobs_pb2.JOB_KIND_BACKUP:
            backups[message.task] = (*backups.get(message.task, ()), job_id)
    return Picture(
        identity=identity(snapshot.location),
        role=role(snapshot.role),
        clients=Lazy(clients, lambda place: client(snapshot.clients[place])),
        tasks=Lazy(tasks, lambda place: task(snapshot.tasks[place])),
        jobs=Lazy(jobs, lambda place: job(location_id, snapshot.jobs[place])),
        states=states,
        backups=backups,
        open_ids=open_ids,
    )


def job_filter(query: JobQuery) -> jobs_pb2.JobFilter:
    """States that no location can have a job in (planned, ...) find nothing by themselves."""
    return jobs_pb2.JobFilter(
        states=[
            STATE_NUMBERS[wanted] for wanted in sorted(query.states) if wanted in STATE_NUMBERS
        ],
        kinds=[KIND_NUMBERS[kind] for kind in sorted(query.kinds)],
        task=query.task,
        client=query.client,
        first_sesam_day=query.first_sesam_day,
        last_sesam_day=query.last_sesam_day,
        text=query.text,
        group=query.group,
    )


def state_counts(counts: Iterable[jobs_pb2.StateCount]) -> dict[JobState, int]:
    merged: Counter[JobState] = Counter()
    for item in counts:
        merged[state(item.state)] += item.count
    return dict(merged)
