"""Messages of the plan into records, and back."""

from datetime import date, datetime, time

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from sesam_api import convert
from sesam_api import plan_records as records
from sesam_api.errors import SesamError
from sesam_api.records import Change, Removed, Started
from sesam_api.v1 import (
    calendar_pb2,
    drives_pb2,
    events_pb2,
    groups_pb2,
    jobs_pb2,
    location_pb2,
    schedules_pb2,
)

_KIND = events_pb2.EventKind.DESCRIPTOR
_STATE = calendar_pb2.OccurrenceState.DESCRIPTOR


def schedule(message: schedules_pb2.Schedule) -> records.Schedule:
    has = message.HasField
    return records.Schedule(
        name=message.name,
        rule=message.rule,
        start_time=time.fromisoformat(message.start_time),
        start_date=date.fromisoformat(message.start_date),
        end_date=date.fromisoformat(message.end_date) if has("end_date") else None,
        dates=tuple(map(date.fromisoformat, message.dates)),
        offset_days=message.offset_days,
        until_time=time.fromisoformat(message.until_time) if has("until_time") else None,
        window=message.window.ToTimedelta() if has("window") else None,
        active=message.active,
        comment=message.comment,
        etag=message.etag,
        next_time=convert.moment(message.next_time) if has("next_time") else None,
    )


def schedule_message(record: records.Schedule, today: date) -> schedules_pb2.Schedule:
    """`today` stands in for a start date that is not given."""
    window = None
    if record.window is not None:
        window = Duration()
        window.FromTimedelta(record.window)
    return schedules_pb2.Schedule(
        name=record.name,
        active=record.active,
        rule=record.rule,
        offset_days=record.offset_days,
        dates=[day.isoformat() for day in record.dates],
        start_time=record.start_time.isoformat("seconds"),
        until_time=record.until_time.isoformat("seconds") if record.until_time else None,
        start_date=(record.start_date or today).isoformat(),
        end_date=record.end_date.isoformat() if record.end_date else None,
        window=window,
        comment=record.comment,
        etag=record.etag,
    )


def event(message: events_pb2.Event) -> records.Event:
    kind = message.WhichOneof("action") or ""
    backup, restore, command = message.backup, message.restore, message.command
    return records.Event(
        name=message.name,
        schedule=message.schedule,
        kind=kind,
        task=backup.task or restore.task or message.verify.task or message.restore_proof.task,
        group=backup.group,
        type=convert.backup_type(backup.type),
        drive=backup.drive or message.migration.drive,
        paths=tuple(restore.paths),
        target=restore.target,
        program=command.program,
        arguments=tuple(command.arguments),
        priority=message.priority,
        blocking=message.blocking,
        follow_up=message.follow_up,
        active=message.active,
        comment=message.comment,
        id=message.event_id,
        etag=message.etag,
        next_time=convert.moment(message.next_time) if message.HasField("next_time") else None,
        idle_cause=convert.word(events_pb2.EventIdleCause.DESCRIPTOR, message.idle_cause),
        pool=backup.pool or message.migration.pool,
        source_pool=message.migration.source_pool,
        move=message.migration.move,
        whole_chain=message.verify.whole_chain if kind == "verify" else True,
        quick=message.verify.quick,
        files=message.restore_proof.files,
        max_bytes=message.restore_proof.max_bytes,
        overwrite=_overwrite(restore) if kind == "restore" else "if_older",
    )


def _overwrite(restore: events_pb2.RestoreAction) -> str:
    return convert.word(jobs_pb2.OverwriteRule.DESCRIPTOR, restore.overwrite) or "always"


def _backup_message(record: records.Event) -> events_pb2.BackupAction:
    if record.group and record.task:
        raise SesamError(
            "INVALID_ARGUMENT",
            {"field": "task", "value": record.task, "expected": "a task or else a group"},
        )
    message = events_pb2.BackupAction(
        type=convert.backup_type_number(record.type), drive=record.drive, pool=record.pool
    )
    if record.group:
        message.group = record.group
    if record.task:
        message.task = record.task
    return message


def event_message(record: records.Event) -> events_pb2.Event:
    """Raises SesamError INVALID_ARGUMENT for a kind or type that there is not."""
    message = events_pb2.Event(
        name=record.name,
        schedule=record.schedule,
        active=record.active,
        priority=record.priority,
        blocking=record.blocking,
        follow_up=record.follow_up,
        comment=record.comment,
        etag=record.etag,
    )
    match record.kind:
        case "backup":
            message.backup.CopyFrom(_backup_message(record))
        case "restore":
            message.restore.task = record.task
            message.restore.paths.extend(record.paths)
            message.restore.target = record.target
            message.restore.overwrite = convert.overwrite_rule_number(record.overwrite)
        case "command":
            message.command.program = record.program
            message.command.arguments.extend(record.arguments)
        case "verify":
            message.verify.task = record.task
            message.verify.whole_chain = record.whole_chain
            message.verify.quick = record.quick
        case "restore_proof":
            message.restore_proof.task = record.task
            message.restore_proof.files = record.files
            message.restore_proof.max_bytes = record.max_bytes
        case "migration":
            message.migration.source_pool = record.source_pool
            message.migration.pool = record.pool
            message.migration.move = record.move
            message.migration.drive = record.drive
        case "newday":
            message.newday.SetInParent()
        case _:
            convert.number(_KIND, "kind", record.kind)
    return message


def group(message: groups_pb2.TaskGroup) -> records.TaskGroup:
    return records.TaskGroup(message.name, tuple(message.tasks), message.comment, message.etag)


def group_message(record: records.TaskGroup) -> groups_pb2.TaskGroup:
    return groups_pb2.TaskGroup(
        name=record.name, tasks=record.tasks, comment=record.comment, etag=record.etag
    )


def drive(message: drives_pb2.Drive) -> records.Drive:
    return records.Drive(
        name=message.name,
        streams=message.streams,
        active=message.active,
        comment=message.comment,
        etag=message.etag,
        group=message.group,
        data_store=message.data_store,
    )


def drive_message(record: records.Drive) -> drives_pb2.Drive:
    return drives_pb2.Drive(
        name=record.name,
        streams=record.streams,
        active=record.active,
        comment=record.comment,
        etag=record.etag,
        group=record.group,
        data_store=record.data_store,
    )


def preview(message: schedules_pb2.PreviewScheduleResponse) -> records.Preview:
    enum = schedules_pb2.ScheduleRemark.DESCRIPTOR
    return records.Preview(
        starts=tuple(
            records.Start(convert.moment(item.time), item.clock_change, item.sesam_day)
            for item in message.starts
        ),
        remarks=tuple(convert.word(enum, remark) for remark in message.remarks),
    )


def started(message: jobs_pb2.StartBackupResponse) -> Started:
    # An agent that knows no groups answers the one job alone.
    jobs = message.jobs or ([message.job] if message.HasField("job") else [])
    return Started(
        event_id=message.event_id,
        planned_time=convert.moment(message.planned_time),
        jobs=tuple(map(convert.job, jobs)),
    )


def occurrence(message: calendar_pb2.Occurrence) -> records.Occurrence:
    has = message.HasField
    return records.Occurrence(
        event_id=message.event_id,
        planned_time=convert.moment(message.planned_time),
        event=message.event,
        kind=convert.word(_KIND, message.kind),
        schedule=message.schedule,
        priority=message.priority,
        task=message.task,
        group=message.group,
        client=message.client,
        type=convert.backup_type(message.type),
        state=convert.word(_STATE, message.state),
        sesam_day=message.sesam_day,
        job_id=message.job_id if has("job_id") else None,
        decide_time=convert.moment(message.decide_time) if has("decide_time") else None,
        started_late=message.started_late,
        cause=convert.word(calendar_pb2.OccurrenceCause.DESCRIPTOR, message.cause),
        by=message.by,
        text=message.text,
        started_by=message.started_by,
        end_time=convert.moment(message.end_time) if has("end_time") else None,
    )


def sheet(message: calendar_pb2.GetCalendarSheetResponse) -> records.Sheet:
    return records.Sheet(
        first_sesam_day=date.fromisoformat(message.first_sesam_day),
        days=message.days,
        rows=tuple(
            records.SheetRow(
                kind=convert.word(_KIND, row.kind),
                name=row.name,
                client=row.client,
                states=tuple(convert.word(_STATE, state) for state in row.states),
                runs=tuple(row.runs),
                planned=tuple(row.planned),
            )
            for row in message.rows
        ),
        open_sesam_day=date.fromisoformat(message.open_sesam_day),
        planned_until=convert.moment(message.planned_until),
        time_zone=message.time_zone,
        day_starts={
            date.fromisoformat(start.sesam_day): convert.moment(start.time)
            for start in message.day_starts
        },
    )


def cell(message: calendar_pb2.CalendarCell) -> records.CalendarCell:
    return records.CalendarCell(
        kind=convert.word(_KIND, message.kind),
        name=message.name,
        client=message.client,
        sesam_day=message.sesam_day,
        state=convert.word(_STATE, message.state),
        runs=message.runs,
    )


def event_kind_number(text: str) -> events_pb2.EventKind.ValueType:
    return events_pb2.EventKind.ValueType(convert.number(_KIND, "kind", text))


def state_number(text: str) -> calendar_pb2.OccurrenceState.ValueType:
    return calendar_pb2.OccurrenceState.ValueType(convert.number(_STATE, "state", text))


def stamp(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def change(message: location_pb2.Change) -> Change | None:
    """The new value of an object of the plan, None for any other."""
    match message.WhichOneof("object"):
        case "schedule":
            return schedule(message.schedule)
        case "event":
            return event(message.event)
        case "group":
            return group(message.group)
        case "drive":
            return drive(message.drive)
        case "calendar_cell":
            return cell(message.calendar_cell)
        case "removed_schedule":
            return Removed("schedule", message.removed_schedule)
        case "removed_event":
            return Removed("event", message.removed_event)
        case "removed_group":
            return Removed("group", message.removed_group)
        case "removed_drive":
            return Removed("drive", message.removed_drive)
        case _:
            return None
