"""Messages of the wire into records."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.timestamp_pb2 import Timestamp

from sesam_api import records
from sesam_api.command_records import CommandSource
from sesam_api.errors import SesamError
from sesam_api.media_records import MediaChanged
from sesam_api.saveset_records import Saveset, SavesetCopy
from sesam_api.v1 import (
    access_pb2,
    jobs_pb2,
    location_pb2,
    savesets_pb2,
    tasks_pb2,
    topology_pb2,
)


def word(enum: EnumDescriptor, value: int) -> str:
    """The value's name without its prefix in small letters: JOB_STATE_OK -> "ok".

    Unspecified is the empty text, a value of a newer agent its number.
    """
    known = enum.values_by_number.get(value)
    if known is None:
        return str(value)
    return known.name.removeprefix(_prefix(enum)).lower() if value else ""


def number(
    enum: EnumDescriptor, field: str, text: str, spelling: Callable[[str], str] = str
) -> int:
    """The value with this name without its prefix, in any letter case.

    Args:
        enum: where to look.
        field: what the value is for, for people.
        text: the name.
        spelling: how the words of this enum are written for people.

    Raises:
        SesamError: INVALID_ARGUMENT, which names the words that can be used.
    """
    known = enum.values_by_name.get(_prefix(enum) + text.upper())
    if known is None or known.number == 0:
        words = [spelling(word(enum, value)) for value in enum.values_by_number if value]
        raise SesamError(
            "INVALID_ARGUMENT", {"field": field, "value": text, "expected": ", ".join(words)}
        )
    return known.number


def _prefix(enum: EnumDescriptor) -> str:
    return enum.values_by_number[0].name.removesuffix("UNSPECIFIED")


def moment(stamp: Timestamp) -> datetime:
    """An aware datetime in UTC, cut to microseconds."""
    return stamp.ToDatetime(tzinfo=UTC)


def identity(message: location_pb2.Location) -> records.Identity:
    return records.Identity(
        location_id=message.location_id,
        name=message.name,
        host=message.host,
        version=message.version,
        time_zone=message.time_zone,
        capabilities=tuple(message.capabilities),
        start_time=moment(message.start_time),
    )


def role(value: int) -> str:
    return word(access_pb2.Role.DESCRIPTOR, value)


def client(message: topology_pb2.Client) -> records.Client:
    return records.Client(
        name=message.name,
        access=word(topology_pb2.Access.DESCRIPTOR, message.access),
        comment=message.comment,
        create_time=moment(message.create_time),
        etag=message.etag,
        ssh=_ssh(message.ssh) if message.HasField("ssh") else None,
        locked=message.locked,
    )


def _ssh(message: topology_pb2.Ssh) -> records.Ssh:
    return records.Ssh(
        host=message.host,
        key_file=message.key_file,
        host_key=message.host_key,
        port=message.port,
        user=message.user,
        alive_seconds=message.alive_seconds,
    )


def ssh_message(record: records.Ssh) -> topology_pb2.Ssh:
    return topology_pb2.Ssh(
        host=record.host,
        port=record.port,
        user=record.user,
        key_file=record.key_file,
        host_key=record.host_key,
        alive_seconds=record.alive_seconds,
    )


def task(message: tasks_pb2.Task) -> records.Task:
    return records.Task(
        name=message.name,
        client=message.client,
        sources=tuple(message.sources),
        excludes=tuple(message.excludes),
        comment=message.comment,
        create_time=moment(message.create_time),
        etag=message.etag,
        options=_options(message.options),
        commands=tuple(
            CommandSource(command.name, tuple(command.argv)) for command in message.commands
        ),
        last_proof_time=(
            moment(message.last_proof_time) if message.HasField("last_proof_time") else None
        ),
    )


def commands_message(commands: Iterable[CommandSource]) -> tasks_pb2.CommandSources:
    return tasks_pb2.CommandSources(
        commands=[
            tasks_pb2.CommandSource(name=command.name, argv=command.argv) for command in commands
        ]
    )


def _options(message: tasks_pb2.TaskOptions) -> records.TaskOptions:
    usual = records.TaskOptions()
    reference = word(tasks_pb2.TimeReference.DESCRIPTOR, message.time_reference)
    kind = word(tasks_pb2.ExcludeKind.DESCRIPTOR, message.exclude_kind)
    return records.TaskOptions(
        exclude_kind=kind or usual.exclude_kind,
        exclude_file=message.exclude_file,
        skip_cache_directories=message.skip_cache_directories,
        skip_nodump=message.skip_nodump,
        one_file_system=message.one_file_system,
        accept_size_change=tuple(message.accept_size_change),
        time_reference=reference or usual.time_reference,
        without_interfaces=message.without_interfaces,
        backup_even_if_pre_fails=message.backup_even_if_pre_fails,
    )


def options_message(record: records.TaskOptions) -> tasks_pb2.TaskOptions:
    """Raises SesamError INVALID_ARGUMENT for a word that the contract does not know."""
    kinds, references = tasks_pb2.ExcludeKind, tasks_pb2.TimeReference
    kind = number(kinds.DESCRIPTOR, "exclude_kind", record.exclude_kind)
    reference = number(references.DESCRIPTOR, "time_reference", record.time_reference)
    return tasks_pb2.TaskOptions(
        exclude_kind=kinds.ValueType(kind),
        exclude_file=record.exclude_file,
        skip_cache_directories=record.skip_cache_directories,
        skip_nodump=record.skip_nodump,
        one_file_system=record.one_file_system,
        accept_size_change=record.accept_size_change,
        time_reference=references.ValueType(reference),
        without_interfaces=record.without_interfaces,
        backup_even_if_pre_fails=record.backup_even_if_pre_fails,
    )


def role_number(text: str) -> access_pb2.Role.ValueType:
    return access_pb2.Role.ValueType(number(access_pb2.Role.DESCRIPTOR, "role", text))


def backup_type_number(text: str) -> jobs_pb2.BackupType.ValueType:
    return jobs_pb2.BackupType.ValueType(
        number(jobs_pb2.BackupType.DESCRIPTOR, "type", text, str.upper)
    )


def job_state_number(text: str) -> jobs_pb2.JobState.ValueType:
    return jobs_pb2.JobState.ValueType(number(jobs_pb2.JobState.DESCRIPTOR, "state", text))


def overwrite_rule_number(text: str) -> jobs_pb2.OverwriteRule.ValueType:
    return jobs_pb2.OverwriteRule.ValueType(
        number(jobs_pb2.OverwriteRule.DESCRIPTOR, "overwrite", text)
    )


def backup_type(value: int) -> str:
    return word(jobs_pb2.BackupType.DESCRIPTOR, value).upper()


def _progress(message: jobs_pb2.Progress) -> records.Progress:
    return records.Progress(
        phase=word(jobs_pb2.Phase.DESCRIPTOR, message.phase),
        files_done=message.files_done,
        files_total=message.files_total if message.HasField("files_total") else None,
        bytes_done=message.bytes_done,
        bytes_total=message.bytes_total if message.HasField("bytes_total") else None,
        stored_bytes=message.stored_bytes,
        current=message.current,
    )


def _job_state(value: int) -> str:
    return word(jobs_pb2.JobState.DESCRIPTOR, value)


def job(message: jobs_pb2.Job) -> records.Job:
    return records.Job(
        id=message.job_id,
        kind=word(jobs_pb2.JobKind.DESCRIPTOR, message.kind),
        state=_job_state(message.state),
        task=message.task,
        client=message.client,
        requested_type=backup_type(message.requested_type),
        type=backup_type(message.type),
        saveset=message.saveset,
        create_time=moment(message.create_time),
        start_time=moment(message.start_time) if message.HasField("start_time") else None,
        end_time=moment(message.end_time) if message.HasField("end_time") else None,
        sesam_day=message.sesam_day,
        progress=_progress(message.progress) if message.HasField("progress") else None,
        files=message.files,
        size=message.bytes,
        stored_size=message.stored_bytes,
        skipped=message.skipped,
        message=message.message,
        started_by=message.started_by,
        target=message.target,
        event=message.event,
        planned_time=moment(message.planned_time) if message.HasField("planned_time") else None,
        priority=message.priority,
        group=message.group,
        drive=message.drive,
        waiting=_waiting(message.waiting) if message.HasField("waiting") else "",
        pool=message.pool,
        label=message.label,
        move=message.move,
        quick=message.quick,
        overwrite=word(jobs_pb2.OverwriteRule.DESCRIPTOR, message.overwrite),
        dry_run=message.dry_run,
        target_client=message.target_client,
    )


def _waiting(message: jobs_pb2.Waiting) -> str:
    match message.WhichOneof("reason"):
        case "job_id":
            return f"job {message.job_id}"
        case "drive":
            return f"drive {message.drive}"
        case "drive_off":
            return f"drive {message.drive_off}, which is off"
        case "drive_group":
            return f"drive group {message.drive_group}"
        case "any_drive":
            return "any drive"
        case "medium":
            return f"medium {message.medium.label} in {message.medium.data_store}"
        case _:
            return "something"


def protocol_line(message: jobs_pb2.ProtocolLine) -> records.ProtocolLine:
    return records.ProtocolLine(
        time=moment(message.time),
        level=word(jobs_pb2.Level.DESCRIPTOR, message.level),
        code=message.code,
        text=message.text,
    )


def saveset(message: savesets_pb2.Saveset) -> Saveset:
    return Saveset(
        name=message.name,
        task=message.task,
        client=message.client,
        type=backup_type(message.type),
        base=message.base if message.HasField("base") else None,
        state=_job_state(message.state),
        start_time=moment(message.start_time),
        end_time=moment(message.end_time),
        sesam_day=message.sesam_day,
        sources=tuple(message.sources),
        files=message.files,
        size=message.bytes,
        stored_size=message.stored_bytes,
        skipped=message.skipped,
        listed_files=message.listed_files,
        listed_size=message.listed_bytes,
        label=message.label,
        job_id=message.job_id,
        damage=message.damage,
        eol=message.eol,
        pool=message.pool,
        verify_time=moment(message.verify_time) if message.HasField("verify_time") else None,
        copies=tuple(map(_saveset_copy, message.copies)),
        proof_time=moment(message.proof_time) if message.HasField("proof_time") else None,
        encrypted=message.encrypted,
    )


def _saveset_copy(message: savesets_pb2.SavesetCopy) -> SavesetCopy:
    return SavesetCopy(
        label=message.label,
        pool=message.pool,
        data_store=message.data_store,
        eol=message.eol,
        verify_time=moment(message.verify_time) if message.HasField("verify_time") else None,
        stored_size=message.stored_bytes,
        damage=message.damage,
        make_time=moment(message.make_time),
    )


def entry(message: savesets_pb2.Entry) -> records.Entry:
    return records.Entry(
        path=message.path,
        kind=word(savesets_pb2.EntryKind.DESCRIPTOR, message.kind),
        size=message.size,
        modify_time_ns=message.modify_time.ToNanoseconds(),
        mode=message.mode,
        uid=message.uid,
        gid=message.gid,
        link_target=message.link_target,
        home=message.home if message.HasField("home") else None,
        children=message.children,
    )


def change(message: location_pb2.Change) -> records.Change | None:
    """The new value, or None for a kind of object that only a newer agent knows."""
    match message.WhichOneof("object"):
        case "location":
            return identity(message.location)
        case "client":
            return client(message.client)
        case "task":
            return task(message.task)
        case "job":
            return job(message.job)
        case "media_changed":
            return MediaChanged()
        case "removed_client":
            return records.Removed("client", message.removed_client)
        case "removed_task":
            return records.Removed("task", message.removed_task)
        case "removed_job":
            return records.Removed("job", message.removed_job)
        case _:
            return None
