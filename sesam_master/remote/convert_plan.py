"""The plan's messages of the wire into the records of the desk, and back."""

from datetime import date, time, timedelta

from google.protobuf.duration_pb2 import Duration

from sesam_api.v1 import events_pb2, groups_pb2, jobs_pb2, schedules_pb2
from sesam_master.core.plan import (
    Action,
    BackupAction,
    CommandAction,
    Event,
    IdleCause,
    MigrationAction,
    NewdayAction,
    Preview,
    Remark,
    RestoreAction,
    RestoreProofAction,
    Schedule,
    Start,
    TaskGroup,
    VerifyAction,
)
from sesam_master.remote import convert
from sesam_master.remote.convert_restoring import OVERWRITE_NUMBERS, OVERWRITE_RULES

_REMARKS = {
    schedules_pb2.SCHEDULE_REMARK_NO_START: Remark.NO_START,
    schedules_pb2.SCHEDULE_REMARK_NO_EVENT: Remark.NO_EVENT,
    schedules_pb2.SCHEDULE_REMARK_WINDOW_OVERLAPS: Remark.WINDOW_OVERLAPS,
    schedules_pb2.SCHEDULE_REMARK_INACTIVE: Remark.INACTIVE,
    schedules_pb2.SCHEDULE_REMARK_CLOCK_CHANGE: Remark.CLOCK_CHANGE,
}
_IDLE_CAUSES = {
    events_pb2.EVENT_IDLE_CAUSE_EVENT_INACTIVE: IdleCause.EVENT_INACTIVE,
    events_pb2.EVENT_IDLE_CAUSE_SCHEDULE_INACTIVE: IdleCause.SCHEDULE_INACTIVE,
    events_pb2.EVENT_IDLE_CAUSE_NO_SCHEDULE: IdleCause.NO_SCHEDULE,
    events_pb2.EVENT_IDLE_CAUSE_SCHEDULE_OVER: IdleCause.SCHEDULE_OVER,
    events_pb2.EVENT_IDLE_CAUSE_GROUP_EMPTY: IdleCause.GROUP_EMPTY,
}


def schedule(message: schedules_pb2.Schedule) -> Schedule:
    """Raises ValueError for a date or time of day that is none."""
    has = message.HasField
    return Schedule(
        name=message.name,
        rule=message.rule,
        start_time=time.fromisoformat(message.start_time),
        start_date=date.fromisoformat(message.start_date),
        end_date=date.fromisoformat(message.end_date) if has("end_date") else None,
        dates=tuple(map(date.fromisoformat, message.dates)),
        offset_days=message.offset_days,
        until_time=time.fromisoformat(message.until_time) if has("until_time") else None,
        window=_timedelta(message.window) if has("window") else None,
        active=message.active,
        comment=message.comment,
        etag=message.etag,
        next_time=convert.moment(message.next_time) if has("next_time") else None,
    )


def schedule_message(record: Schedule) -> schedules_pb2.Schedule:
    return schedules_pb2.Schedule(
        name=record.name,
        active=record.active,
        rule=record.rule,
        offset_days=record.offset_days,
        dates=[day.isoformat() for day in record.dates],
        start_time=record.start_time.isoformat("seconds"),
        until_time=record.until_time.isoformat("seconds") if record.until_time else None,
        start_date=record.start_date.isoformat(),
        end_date=record.end_date.isoformat() if record.end_date else None,
        window=_duration(record.window) if record.window is not None else None,
        comment=record.comment,
        etag=record.etag,
    )


# Refused by the agent: unspecified would be a rule that nobody has chosen.
_NO_RULE = jobs_pb2.OverwriteRule.ValueType(-1)


def event(message: events_pb2.Event) -> Event:
    return Event(
        name=message.name,
        schedule=message.schedule,
        action=_action(message),
        priority=message.priority,
        blocking=message.blocking,
        follow_up=message.follow_up,
        active=message.active,
        comment=message.comment,
        id=message.event_id,
        etag=message.etag,
        next_time=convert.moment(message.next_time) if message.HasField("next_time") else None,
        idle_cause=_IDLE_CAUSES.get(message.idle_cause, IdleCause.NONE),
    )


def _action(message: events_pb2.Event) -> Action | None:
    match message.WhichOneof("action"):
        case "backup":
            backup = message.backup
            wanted = convert.TYPES.get(backup.type)
            return BackupAction(wanted, backup.task, backup.group, backup.drive, backup.pool)
        case "restore":
            restore = message.restore
            rule = OVERWRITE_RULES.get(restore.overwrite or jobs_pb2.OVERWRITE_RULE_ALWAYS)
            return RestoreAction(restore.task, restore.target, tuple(restore.paths), rule)
        case "command":
            return CommandAction(message.command.program, tuple(message.command.arguments))
        case "newday":
            return NewdayAction()
        case "verify":
            verify = message.verify
            return VerifyAction(verify.task, verify.whole_chain, verify.quick)
        case "restore_proof":
            proof = message.restore_proof
            return RestoreProofAction(proof.task, proof.files, proof.max_bytes)
        case "migration":
            copy = message.migration
            return MigrationAction(copy.source_pool, copy.pool, copy.move, copy.drive)
        case _:
            return None


def _restore_message(action: RestoreAction) -> events_pb2.RestoreAction:
    rule = action.overwrite
    return events_pb2.RestoreAction(
        task=action.task,
        paths=action.paths,
        target=action.target,
        overwrite=OVERWRITE_NUMBERS[rule] if rule is not None else _NO_RULE,
    )


def event_message(record: Event) -> events_pb2.Event:
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
    match record.action:
        case BackupAction() as backup:
            message.backup.type = (
                convert.TYPE_NUMBERS[backup.type]
                if backup.type is not None
                else jobs_pb2.BACKUP_TYPE_UNSPECIFIED
            )
            message.backup.drive = backup.drive
            message.backup.pool = backup.pool
            if backup.group:
                message.backup.group = backup.group
            else:
                message.backup.task = backup.task
        case RestoreAction() as restore:
            message.restore.CopyFrom(_restore_message(restore))
        case CommandAction() as command:
            message.command.program = command.program
            message.command.arguments.extend(command.arguments)
        case NewdayAction():
            message.newday.SetInParent()
        case VerifyAction() as verify:
            message.verify.task = verify.task
            message.verify.whole_chain = verify.whole_chain
            message.verify.quick = verify.quick
        case RestoreProofAction() as proof:
            message.restore_proof.task = proof.task
            message.restore_proof.files = proof.files
            message.restore_proof.max_bytes = proof.max_bytes
        case MigrationAction() as copy:
            message.migration.source_pool = copy.source_pool
            message.migration.pool = copy.pool
            message.migration.move = copy.move
            message.migration.drive = copy.drive
        case None:
            pass
    return message


def group(message: groups_pb2.TaskGroup) -> TaskGroup:
    return TaskGroup(message.name, tuple(message.tasks), message.comment, message.etag)


def group_message(record: TaskGroup) -> groups_pb2.TaskGroup:
    return groups_pb2.TaskGroup(
        name=record.name, tasks=record.tasks, comment=record.comment, etag=record.etag
    )


def preview(message: schedules_pb2.PreviewScheduleResponse) -> Preview:
    return Preview(
        starts=tuple(
            Start(convert.moment(one.time), one.clock_change, one.sesam_day)
            for one in message.starts
        ),
        remarks=frozenset(_REMARKS[one] for one in message.remarks if one in _REMARKS),
    )


def dates(message: schedules_pb2.ReadCalendarFileResponse) -> tuple[date, ...]:
    """Raises ValueError for a date that is none."""
    return tuple(map(date.fromisoformat, message.dates))


def _duration(span: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(span)
    return message


def _timedelta(message: Duration) -> timedelta:
    """The longest that there is for one that Python cannot hold."""
    try:
        return message.ToTimedelta()
    except OverflowError:
        return timedelta.max
