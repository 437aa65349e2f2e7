"""From the domain to the wire and back: one function per type."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from server_agent.domain import (
    access,
    jobs,
    overwriting,
    queue,
    reach,
    savesets,
    task_options,
    topology,
)
from server_agent.domain.command_sources import CommandSource
from server_agent.domain.errors import InvalidArgument
from server_agent.ports import Entry, EntryKind
from server_agent.service.collection import etag
from server_agent.service.location import Location
from server_agent.service.watched import LiveJob
from sesam_api.v1 import access_pb2, jobs_pb2, location_pb2, savesets_pb2, tasks_pb2, topology_pb2

Key = TypeVar("Key")

_FIRST_SECOND = -62_135_596_800  # 0001-01-01 and 9999-12-31, the limits of a Timestamp
_LAST_SECOND = 253_402_300_799

ROLES = {
    access.Role.ADMIN: access_pb2.ROLE_ADMIN,
    access.Role.OPERATOR: access_pb2.ROLE_OPERATOR,
    access.Role.BACKUP: access_pb2.ROLE_BACKUP,
    access.Role.RESTORE: access_pb2.ROLE_RESTORE,
    access.Role.MONITOR: access_pb2.ROLE_MONITOR,
}
ACCESSES = {
    topology.Access.LOCAL: topology_pb2.ACCESS_LOCAL,
    topology.Access.SSH: topology_pb2.ACCESS_SSH,
}
EXCLUDE_KINDS = {
    task_options.ExcludeKind.PATTERN: tasks_pb2.EXCLUDE_KIND_PATTERN,
    task_options.ExcludeKind.REGEX: tasks_pb2.EXCLUDE_KIND_REGEX,
}
OVERWRITE_RULES = {
    overwriting.OverwriteRule.ALWAYS: jobs_pb2.OVERWRITE_RULE_ALWAYS,
    overwriting.OverwriteRule.NEVER: jobs_pb2.OVERWRITE_RULE_NEVER,
    overwriting.OverwriteRule.IF_OLDER: jobs_pb2.OVERWRITE_RULE_IF_OLDER,
    overwriting.OverwriteRule.RENAME: jobs_pb2.OVERWRITE_RULE_RENAME,
}
TIME_REFERENCES = {
    task_options.TimeReference.DATABASE: tasks_pb2.TIME_REFERENCE_DATABASE,
    task_options.TimeReference.TIME_STAMP_FILE: tasks_pb2.TIME_REFERENCE_TIME_STAMP_FILE,
    task_options.TimeReference.ARCHIVE_BIT: tasks_pb2.TIME_REFERENCE_ARCHIVE_BIT,
}
BACKUP_TYPES = {
    savesets.BackupType.FULL: jobs_pb2.BACKUP_TYPE_FULL,
    savesets.BackupType.DIFF: jobs_pb2.BACKUP_TYPE_DIFF,
    savesets.BackupType.INC: jobs_pb2.BACKUP_TYPE_INC,
    savesets.BackupType.COPY: jobs_pb2.BACKUP_TYPE_COPY,
}
JOB_KINDS = {
    jobs.JobKind.BACKUP: jobs_pb2.JOB_KIND_BACKUP,
    jobs.JobKind.RESTORE: jobs_pb2.JOB_KIND_RESTORE,
    jobs.JobKind.COMMAND: jobs_pb2.JOB_KIND_COMMAND,
    jobs.JobKind.NEWDAY: jobs_pb2.JOB_KIND_NEWDAY,
    jobs.JobKind.VERIFY: jobs_pb2.JOB_KIND_VERIFY,
    jobs.JobKind.MIGRATION: jobs_pb2.JOB_KIND_MIGRATION,
    jobs.JobKind.RESTORE_PROOF: jobs_pb2.JOB_KIND_RESTORE_PROOF,
}
JOB_STATES = {
    jobs.JobState.QUEUED: jobs_pb2.JOB_STATE_QUEUED,
    jobs.JobState.ACTIVE: jobs_pb2.JOB_STATE_ACTIVE,
    jobs.JobState.OK: jobs_pb2.JOB_STATE_OK,
    jobs.JobState.WARNING: jobs_pb2.JOB_STATE_WARNING,
    jobs.JobState.ERROR: jobs_pb2.JOB_STATE_ERROR,
    jobs.JobState.BROKEN: jobs_pb2.JOB_STATE_BROKEN,
    jobs.JobState.CANCELLED: jobs_pb2.JOB_STATE_CANCELLED,
}
PROTOCOL_PARTS = {
    jobs.ProtocolPart.MAIN: jobs_pb2.PROTOCOL_PART_MAIN,
    jobs.ProtocolPart.PRE: jobs_pb2.PROTOCOL_PART_PRE,
    jobs.ProtocolPart.POST: jobs_pb2.PROTOCOL_PART_POST,
}
PHASES = {
    jobs.Phase.SCAN: jobs_pb2.PHASE_SCAN,
    jobs.Phase.TRANSFER: jobs_pb2.PHASE_TRANSFER,
    jobs.Phase.COMMIT: jobs_pb2.PHASE_COMMIT,
}
LEVELS = {
    jobs.Level.INFO: jobs_pb2.LEVEL_INFO,
    jobs.Level.WARNING: jobs_pb2.LEVEL_WARNING,
    jobs.Level.ERROR: jobs_pb2.LEVEL_ERROR,
}
ENTRY_KINDS = {
    EntryKind.FILE: savesets_pb2.ENTRY_KIND_FILE,
    EntryKind.DIRECTORY: savesets_pb2.ENTRY_KIND_DIRECTORY,
    EntryKind.SYMLINK: savesets_pb2.ENTRY_KIND_SYMLINK,
    EntryKind.FIFO: savesets_pb2.ENTRY_KIND_FIFO,
    EntryKind.BLOCK_DEVICE: savesets_pb2.ENTRY_KIND_BLOCK_DEVICE,
    EntryKind.CHARACTER_DEVICE: savesets_pb2.ENTRY_KIND_CHARACTER_DEVICE,
    EntryKind.SOCKET: savesets_pb2.ENTRY_KIND_SOCKET,
}


def timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def timestamp_or_none(moment: datetime | None) -> Timestamp | None:
    return timestamp(moment) if moment is not None else None


def moment(field: str, stamp: Timestamp) -> datetime:
    """The moment in UTC, or InvalidArgument for one that no calendar has."""
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(
            field=field,
            value=f"{stamp.seconds} s {stamp.nanos} ns",
            expected="a moment from the year 1 to the year 9999",
        ) from error


def timestamp_of_ns(nanoseconds: int) -> Timestamp:
    """Moments that a Timestamp cannot say become its first or last second."""
    seconds, nanos = divmod(nanoseconds, 1_000_000_000)
    return Timestamp(seconds=min(max(seconds, _FIRST_SECOND), _LAST_SECOND), nanos=nanos)


def text(path: bytes) -> str:
    """For people: what is no text is replaced."""
    return path.decode("utf-8", "replace")


def client(item: topology.Client) -> topology_pb2.Client:
    return topology_pb2.Client(
        name=item.name,
        access=ACCESSES[item.access],
        comment=item.comment,
        create_time=timestamp(item.create_time),
        etag=etag(item),
        locked=item.locked,
        ssh=_ssh(item.ssh) if item.ssh is not None else None,
    )


def _ssh(item: reach.Ssh) -> topology_pb2.Ssh:
    return topology_pb2.Ssh(
        host=item.host,
        port=item.port,
        user=item.user,
        key_file=item.key_file,
        host_key=item.host_key,
        alive_seconds=item.alive_seconds,
    )


def task(item: topology.Task) -> tasks_pb2.Task:
    return tasks_pb2.Task(
        name=item.name,
        client=item.client,
        sources=item.sources,
        excludes=item.excludes,
        comment=item.comment,
        create_time=timestamp(item.create_time),
        etag=etag(item),
        options=options(item.options),
        last_proof_time=timestamp_or_none(item.proof_time),
        commands=[
            tasks_pb2.CommandSource(name=command.name, argv=command.argv)
            for command in item.commands
        ],
    )


def commands_from_wire(
    messages: Iterable[tasks_pb2.CommandSource],
) -> tuple[CommandSource, ...]:
    return tuple(CommandSource(message.name, tuple(message.argv)) for message in messages)


def options(item: task_options.TaskOptions) -> tasks_pb2.TaskOptions:
    return tasks_pb2.TaskOptions(
        exclude_kind=EXCLUDE_KINDS[item.exclude_kind],
        exclude_file=item.exclude_file,
        skip_cache_directories=item.skip_cache_directories,
        skip_nodump=item.skip_nodump,
        one_file_system=item.one_file_system,
        accept_size_change=item.accept_size_change,
        time_reference=TIME_REFERENCES[item.time_reference],
        without_interfaces=item.without_interfaces,
        backup_even_if_pre_fails=item.backup_even_if_pre_fails,
    )


def options_from_wire(message: tasks_pb2.TaskOptions) -> task_options.TaskOptions:
    """Raises InvalidArgument for a choice that is not known."""
    kind = message.exclude_kind or tasks_pb2.EXCLUDE_KIND_PATTERN
    reference = message.time_reference or tasks_pb2.TIME_REFERENCE_DATABASE
    return task_options.TaskOptions(
        exclude_kind=from_wire("exclude_kind", kind, EXCLUDE_KINDS),
        exclude_file=message.exclude_file,
        skip_cache_directories=message.skip_cache_directories,
        skip_nodump=message.skip_nodump,
        one_file_system=message.one_file_system,
        accept_size_change=tuple(message.accept_size_change),
        time_reference=from_wire("time_reference", reference, TIME_REFERENCES),
        without_interfaces=message.without_interfaces,
        backup_even_if_pre_fails=message.backup_even_if_pre_fails,
    )


def backup_type(item: savesets.BackupType | None) -> jobs_pb2.BackupType.ValueType:
    return BACKUP_TYPES[item] if item is not None else jobs_pb2.BACKUP_TYPE_UNSPECIFIED


def progress(item: jobs.Progress) -> jobs_pb2.Progress:
    return jobs_pb2.Progress(
        phase=PHASES[item.phase],
        files_done=item.files_done,
        files_total=item.files_total,
        bytes_done=item.bytes_done,
        bytes_total=item.bytes_total,
        stored_bytes=item.stored_bytes,
        current=text(item.current),
    )


def job(live: LiveJob) -> jobs_pb2.Job:
    item = live.job
    return jobs_pb2.Job(
        job_id=item.id,
        kind=JOB_KINDS[item.kind],
        state=JOB_STATES[item.state],
        task=item.task,
        client=item.client,
        requested_type=backup_type(item.requested_type),
        type=backup_type(item.type),
        saveset=saveset_of(item),
        create_time=timestamp(item.create_time),
        start_time=timestamp_or_none(item.start_time),
        end_time=timestamp_or_none(item.end_time),
        sesam_day=item.sesam_day.isoformat(),
        progress=progress(live.progress) if live.progress is not None else None,
        files=item.files,
        bytes=item.bytes_done,
        stored_bytes=item.stored_bytes,
        skipped=item.skipped,
        message=item.message,
        started_by=item.started_by,
        target=item.target,
        event_id=item.event_id,
        event=item.event,
        planned_time=timestamp_or_none(item.planned_time),
        priority=item.priority,
        group=item.group,
        drive=item.drive,
        waiting=waiting(live.waiting) if live.waiting is not None else None,
        pool=item.pool,
        label=item.label,
        move=item.move,
        quick=item.quick,
        overwrite=overwrite_rule(item),
        dry_run=item.dry_run,
        target_client=item.target_client,
    )


def overwrite_rule(item: jobs.Job) -> jobs_pb2.OverwriteRule.ValueType:
    if item.kind is not jobs.JobKind.RESTORE:
        return jobs_pb2.OVERWRITE_RULE_UNSPECIFIED
    return OVERWRITE_RULES[item.overwrite]


def waiting(item: queue.Waiting) -> jobs_pb2.Waiting:
    if item.medium:
        since = timestamp_or_none(item.since)
        wanted = jobs_pb2.WantedMedium(label=item.medium, data_store=item.store, since_time=since)
        return jobs_pb2.Waiting(medium=wanted)
    if item.job:
        return jobs_pb2.Waiting(job_id=item.job)
    if item.group:
        return jobs_pb2.Waiting(drive_group=item.group)
    if not item.drive:
        return jobs_pb2.Waiting(any_drive=True)
    if item.off:
        return jobs_pb2.Waiting(drive_off=item.drive)
    return jobs_pb2.Waiting(drive=item.drive)


def saveset_of(item: jobs.Job) -> str:
    """Of a backup that runs, only the agent knows the name: nobody can find it yet."""
    return "" if item.kind is jobs.JobKind.BACKUP and item.state.is_open else item.saveset


def protocol_line(item: jobs.ProtocolLine) -> jobs_pb2.ProtocolLine:
    return jobs_pb2.ProtocolLine(
        time=timestamp(item.time),
        level=LEVELS[item.level],
        code=item.code,
        text=item.text,
    )


def entry(item: Entry) -> savesets_pb2.Entry:
    return savesets_pb2.Entry(
        path=item.path,
        kind=ENTRY_KINDS[item.kind],
        size=item.size,
        modify_time=timestamp_of_ns(item.modify_time_ns),
        mode=item.mode,
        uid=item.uid,
        gid=item.gid,
        link_target=item.link_target,
        home=item.home,
        children=item.children,
    )


def location(item: Location) -> location_pb2.Location:
    return location_pb2.Location(
        location_id=item.id,
        name=item.name,
        host=item.host,
        version=item.version,
        time_zone=item.time_zone,
        capabilities=item.capabilities,
        start_time=timestamp(item.start_time),
    )


def from_wire(
    field: str, value: int, table: Mapping[Key, int], usable: Collection[Key] = ()
) -> Key:
    """The domain's value of an enum, or InvalidArgument for one that the table does not have.

    Args:
        usable: those of the table that may be given; none means all.
    """
    said = str(value)
    for key, number in table.items():
        if number == value:
            if not usable or key in usable:
                return key
            said = _word(key)
    known = ", ".join(map(_word, usable or table))
    raise InvalidArgument(field=field, value=said, expected=f"one of {known}")


def _word(key: object) -> str:
    return str(getattr(key, "name", key))
