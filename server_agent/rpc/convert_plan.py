"""The plan from the domain to the wire and back, as in `convert`."""

import re
from datetime import UTC, date, datetime, time, timedelta

from google.protobuf.duration_pb2 import Duration

from server_agent.domain import calendar, events, groups, occurrences, queue, schedule
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.media import FIRST_DRIVE_GROUP, FIRST_STORE
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.quoting import printable
from server_agent.ports import Cell, CellKey
from server_agent.rpc import convert, lists
from server_agent.service.collection import etag
from server_agent.service.coming import Idle, LiveEvent, LiveSchedule
from server_agent.service.preview import Remark
from server_agent.service.restoring import LARGEST_SELECTION
from server_agent.service.sheet import Sheet, SheetRow
from server_agent.service.topology import checked_comment
from sesam_api.v1 import (
    calendar_pb2,
    drives_pb2,
    events_pb2,
    groups_pb2,
    jobs_pb2,
    schedules_pb2,
)

EVENT_KINDS = {
    events.EventKind.BACKUP: events_pb2.EVENT_KIND_BACKUP,
    events.EventKind.RESTORE: events_pb2.EVENT_KIND_RESTORE,
    events.EventKind.COMMAND: events_pb2.EVENT_KIND_COMMAND,
    events.EventKind.NEWDAY: events_pb2.EVENT_KIND_NEWDAY,
    events.EventKind.VERIFY: events_pb2.EVENT_KIND_VERIFY,
    events.EventKind.MIGRATION: events_pb2.EVENT_KIND_MIGRATION,
    events.EventKind.RESTORE_PROOF: events_pb2.EVENT_KIND_RESTORE_PROOF,
}
ENTRY_STATES = {
    calendar.EntryState.QUEUED: calendar_pb2.OCCURRENCE_STATE_QUEUED,
    calendar.EntryState.ACTIVE: calendar_pb2.OCCURRENCE_STATE_ACTIVE,
    calendar.EntryState.OK: calendar_pb2.OCCURRENCE_STATE_OK,
    calendar.EntryState.WARNING: calendar_pb2.OCCURRENCE_STATE_WARNING,
    calendar.EntryState.ERROR: calendar_pb2.OCCURRENCE_STATE_ERROR,
    calendar.EntryState.BROKEN: calendar_pb2.OCCURRENCE_STATE_BROKEN,
    calendar.EntryState.CANCELLED: calendar_pb2.OCCURRENCE_STATE_CANCELLED,
    calendar.EntryState.PLANNED: calendar_pb2.OCCURRENCE_STATE_PLANNED,
    calendar.EntryState.LATE: calendar_pb2.OCCURRENCE_STATE_LATE,
    calendar.EntryState.MISSED: calendar_pb2.OCCURRENCE_STATE_MISSED,
    calendar.EntryState.BLOCKED: calendar_pb2.OCCURRENCE_STATE_BLOCKED,
}
CAUSES = {
    occurrences.Cause.NONE: calendar_pb2.OCCURRENCE_CAUSE_UNSPECIFIED,
    occurrences.Cause.OVERTAKEN: calendar_pb2.OCCURRENCE_CAUSE_OVERTAKEN,
    occurrences.Cause.WINDOW_OVER: calendar_pb2.OCCURRENCE_CAUSE_WINDOW_OVER,
    occurrences.Cause.STILL_RUNNING: calendar_pb2.OCCURRENCE_CAUSE_STILL_RUNNING,
    occurrences.Cause.BLOCKED_BY: calendar_pb2.OCCURRENCE_CAUSE_BLOCKED_BY,
    occurrences.Cause.IMPOSSIBLE: calendar_pb2.OCCURRENCE_CAUSE_IMPOSSIBLE,
    occurrences.Cause.TAKEN_BACK: calendar_pb2.OCCURRENCE_CAUSE_TAKEN_BACK,
}
IDLE_CAUSES = {
    Idle.NOT: events_pb2.EVENT_IDLE_CAUSE_UNSPECIFIED,
    Idle.EVENT_INACTIVE: events_pb2.EVENT_IDLE_CAUSE_EVENT_INACTIVE,
    Idle.SCHEDULE_INACTIVE: events_pb2.EVENT_IDLE_CAUSE_SCHEDULE_INACTIVE,
    Idle.NO_SCHEDULE: events_pb2.EVENT_IDLE_CAUSE_NO_SCHEDULE,
    Idle.SCHEDULE_OVER: events_pb2.EVENT_IDLE_CAUSE_SCHEDULE_OVER,
    Idle.GROUP_EMPTY: events_pb2.EVENT_IDLE_CAUSE_GROUP_EMPTY,
}
REMARKS = {
    Remark.NO_START: schedules_pb2.SCHEDULE_REMARK_NO_START,
    Remark.NO_EVENT: schedules_pb2.SCHEDULE_REMARK_NO_EVENT,
    Remark.WINDOW_OVERLAPS: schedules_pb2.SCHEDULE_REMARK_WINDOW_OVERLAPS,
    Remark.INACTIVE: schedules_pb2.SCHEDULE_REMARK_INACTIVE,
    Remark.CLOCK_CHANGE: schedules_pb2.SCHEDULE_REMARK_CLOCK_CHANGE,
}
_UNCHANGED = datetime(1970, 1, 1, tzinfo=UTC)  # the service fills in when it was changed
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def schedule_to_wire(live: LiveSchedule) -> schedules_pb2.Schedule:
    item = live.schedule
    return schedules_pb2.Schedule(
        name=item.name,
        active=item.active,
        rule=item.rule,
        offset_days=item.offset_days,
        dates=[day.isoformat() for day in item.dates],
        start_time=_time_text(item.start_time),
        until_time=_time_text(item.until_time) if item.until_time is not None else None,
        start_date=item.start_date.isoformat(),
        end_date=item.end_date.isoformat() if item.end_date is not None else None,
        window=_duration(item.window) if item.window is not None else None,
        comment=item.comment,
        etag=etag(item),
        next_time=convert.timestamp_or_none(live.next_time),
    )


def schedule_from_wire(message: schedules_pb2.Schedule) -> schedule.Schedule:
    """Raises InvalidArgument for what is no date, time or duration."""
    has = message.HasField
    return schedule.Schedule(
        name=message.name,
        rule=message.rule,
        start_time=wall_time("start_time", message.start_time),
        start_date=lists.day("start_date", message.start_date),
        change_time=_UNCHANGED,
        active=message.active,
        offset_days=message.offset_days,
        dates=tuple(_dates(message)),
        until_time=wall_time("until_time", message.until_time) if has("until_time") else None,
        end_date=lists.day("end_date", message.end_date) if has("end_date") else None,
        window=_timedelta("window", message.window) if has("window") else None,
        comment=checked_comment(message.comment),
    )


def _dates(message: schedules_pb2.Schedule) -> list[date]:
    if len(message.dates) > schedule.MAX_DATES:
        raise InvalidArgument(
            field="dates",
            value=f"{len(message.dates)} dates",
            expected=f"at most {schedule.MAX_DATES} dates",
        )
    return [lists.day("dates", text) for text in message.dates]


def event_to_wire(live: LiveEvent) -> events_pb2.Event:
    item = live.event
    message = events_pb2.Event(
        event_id=item.id,
        name=item.name,
        schedule=item.schedule,
        active=item.active,
        priority=item.priority,
        blocking=item.blocking,
        follow_up=item.follow_up,
        comment=item.comment,
        etag=etag(item),
        next_time=convert.timestamp_or_none(live.next_time),
        idle_cause=IDLE_CAUSES[live.idle],
    )
    match item.action:
        case events.BackupAction() as action:
            message.backup.CopyFrom(_backup_to_wire(action))
        case events.RestoreAction() as action:
            message.restore.task = action.task
            message.restore.paths.extend(action.paths)
            message.restore.target = action.target
            message.restore.overwrite = convert.OVERWRITE_RULES[action.overwrite]
        case events.CommandAction() as action:
            message.command.program = action.program
            message.command.arguments.extend(action.arguments)
        case events.VerifyAction() as action:
            message.verify.task = action.task
            message.verify.whole_chain = action.whole_chain
            message.verify.quick = action.quick
        case events.RestoreProofAction() as action:
            message.restore_proof.task = action.task
            message.restore_proof.files = action.sample_files
            message.restore_proof.max_bytes = action.sample_bytes
        case events.MigrationAction() as action:
            message.migration.source_pool = action.source_pool
            message.migration.pool = action.pool
            message.migration.move = action.move
            message.migration.drive = action.drive
        case events.NewdayAction():
            message.newday.SetInParent()
    return message


def _backup_to_wire(action: events.BackupAction) -> events_pb2.BackupAction:
    message = events_pb2.BackupAction(
        type=convert.BACKUP_TYPES[action.backup_type], drive=action.drive, pool=action.pool
    )
    if action.group:
        message.group = action.group
    else:
        message.task = action.task
    return message


def event_from_wire(message: events_pb2.Event) -> events.Event:
    """Raises InvalidArgument for an event without an action, or an action that lacks something."""
    return events.Event(
        id="",
        name=message.name,
        action=_action(message),
        schedule=message.schedule,
        change_time=_UNCHANGED,
        priority=message.priority,
        blocking=message.blocking,
        active=message.active,
        follow_up=message.follow_up,
        comment=checked_comment(message.comment),
    )


def _action(message: events_pb2.Event) -> events.Action:
    match message.WhichOneof("action"):
        case "backup":
            backup = message.backup
            return events.BackupAction(
                backup_type=convert.from_wire("type", backup.type, convert.BACKUP_TYPES),
                task=backup.task,
                group=backup.group,
                drive=backup.drive,
                pool=backup.pool,
            )
        case "restore":
            restore = message.restore
            size = sum(map(len, restore.paths)) + len(restore.target)
            if size > LARGEST_SELECTION:
                raise InvalidArgument(
                    field="paths",
                    value=f"{size} bytes",
                    expected=f"at most {LARGEST_SELECTION} bytes; name their directories",
                )
            return events.RestoreAction(
                restore.task, restore.target, tuple(restore.paths), overwrite(restore.overwrite)
            )
        case "command":
            return events.CommandAction(message.command.program, tuple(message.command.arguments))
        case "verify":
            verify = message.verify
            return events.VerifyAction(verify.task, verify.whole_chain, verify.quick)
        case "restore_proof":
            proof = message.restore_proof
            return proof_action(proof.task, proof.files, proof.max_bytes)
        case "migration":
            wanted = message.migration
            return events.MigrationAction(
                wanted.source_pool, wanted.pool, wanted.move, wanted.drive
            )
        case "newday":
            return events.NewdayAction()
    raise InvalidArgument(
        field="action",
        value="none",
        expected="one of backup, restore, command, verify, migration, restore_proof, newday",
    )


def unsaid_of_event(message: events_pb2.Event) -> list[str]:
    """Fields of its action that an update leaves as they are: a caller from before there were any
    does not know of them."""
    is_ruled = message.WhichOneof("action") != "restore" or message.restore.overwrite
    return [] if is_ruled else ["overwrite"]


def overwrite(number: jobs_pb2.OverwriteRule.ValueType) -> OverwriteRule:
    """Unspecified is ALWAYS. Raises InvalidArgument for a number that is none."""
    rule = number or jobs_pb2.OVERWRITE_RULE_ALWAYS
    return convert.from_wire("overwrite", rule, convert.OVERWRITE_RULES)


def proof_action(task: str, files: int, max_bytes: int) -> events.RestoreProofAction:
    """0 stands for what is usual."""
    return events.RestoreProofAction(
        task, files or events.USUAL_FILES, max_bytes or events.USUAL_BYTES
    )


def group_to_wire(item: groups.TaskGroup) -> groups_pb2.TaskGroup:
    return groups_pb2.TaskGroup(
        name=item.name, tasks=item.tasks, comment=item.comment, etag=etag(item)
    )


def group_from_wire(message: groups_pb2.TaskGroup) -> groups.TaskGroup:
    return groups.TaskGroup(message.name, tuple(message.tasks), checked_comment(message.comment))


def drive_to_wire(item: queue.Drive) -> drives_pb2.Drive:
    return drives_pb2.Drive(
        name=item.name,
        streams=item.streams,
        active=item.active,
        comment=item.comment,
        etag=etag(item),
        group=item.group,
        data_store=item.store,
    )


def drive_from_wire(message: drives_pb2.Drive) -> queue.Drive:
    return queue.Drive(
        name=message.name,
        streams=message.streams,
        active=message.active,
        comment=checked_comment(message.comment),
        group=message.group or FIRST_DRIVE_GROUP,
        store=message.data_store or FIRST_STORE,
    )


def occurrence(item: calendar.Entry) -> calendar_pb2.Occurrence:
    return calendar_pb2.Occurrence(
        event_id=item.slot.event_id,
        planned_time=convert.timestamp(item.slot.planned_time),
        event=item.event,
        kind=EVENT_KINDS[item.kind],
        schedule=item.schedule,
        priority=item.priority,
        task=item.task,
        group=item.group,
        client=item.client,
        type=convert.backup_type(item.type),
        state=ENTRY_STATES[item.state],
        sesam_day=item.sesam_day.isoformat(),
        job_id=item.job_id or None,
        decide_time=convert.timestamp_or_none(item.decide_time),
        started_late=item.started_late,
        cause=CAUSES[item.cause],
        by=item.by,
        text=item.text,
        started_by=item.started_by,
        end_time=convert.timestamp_or_none(item.end_time),
    )


def sheet(item: Sheet) -> calendar_pb2.GetCalendarSheetResponse:
    return calendar_pb2.GetCalendarSheetResponse(
        first_sesam_day=item.first.isoformat(),
        days=item.days,
        rows=map(sheet_row, item.rows),
        open_sesam_day=item.open_day.isoformat(),
        planned_until=convert.timestamp(item.planned_until),
        revision=item.revision,
        time_zone=item.time_zone,
        day_starts=(
            calendar_pb2.SesamDayStart(
                sesam_day=start.day.isoformat(), time=convert.timestamp(start.moment)
            )
            for start in item.day_starts
        ),
    )


def sheet_row(row: SheetRow) -> calendar_pb2.SheetRow:
    return calendar_pb2.SheetRow(
        kind=EVENT_KINDS[row.kind],
        name=row.name,
        client=row.client,
        states=bytes(0 if state is None else ENTRY_STATES[state] for state in row.states),
        runs=row.runs,
        planned=row.planned,
    )


def cell(item: Cell) -> calendar_pb2.CalendarCell:
    message = empty_cell(item.key)
    message.client = item.client
    message.state = ENTRY_STATES[item.state]
    message.runs = item.runs
    return message


def empty_cell(key: CellKey) -> calendar_pb2.CalendarCell:
    return calendar_pb2.CalendarCell(
        kind=EVENT_KINDS[key.kind], name=key.name, sesam_day=key.day.isoformat()
    )


def wall_time(field: str, text: str) -> time:
    """The time of day, or InvalidArgument."""
    if _TIME.fullmatch(text):
        try:
            return time.fromisoformat(text)
        except ValueError:
            pass
    raise InvalidArgument(
        field=field, value=printable(text), expected="a time of day as HH:MM or HH:MM:SS"
    )


def _time_text(item: time) -> str:
    return item.strftime("%H:%M:%S" if item.second else "%H:%M")


def _duration(item: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(item)
    return message


def _timedelta(field: str, message: Duration) -> timedelta:
    try:
        return message.ToTimedelta()
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(
            field=field,
            value=f"{message.seconds} s {message.nanos} ns",
            expected="a duration of less than 10000 years",
        ) from error
