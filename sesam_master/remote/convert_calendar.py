"""The calendar's messages of the wire into the records of the desk."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from sesam_api.v1 import calendar_pb2, events_pb2, groups_pb2
from sesam_master.core.calendar_days import Cause, Occurrence
from sesam_master.core.sheet import CODE, CellChange, RowKind, Sheet, SheetRow, Span
from sesam_master.core.states import JobState
from sesam_master.remote import convert

STATES = {
    calendar_pb2.OCCURRENCE_STATE_UNSPECIFIED: JobState.NOT_PLANNED,
    calendar_pb2.OCCURRENCE_STATE_QUEUED: JobState.QUEUED,
    calendar_pb2.OCCURRENCE_STATE_ACTIVE: JobState.ACTIVE,
    calendar_pb2.OCCURRENCE_STATE_OK: JobState.OK,
    calendar_pb2.OCCURRENCE_STATE_WARNING: JobState.WARNING,
    calendar_pb2.OCCURRENCE_STATE_ERROR: JobState.ERROR,
    calendar_pb2.OCCURRENCE_STATE_BROKEN: JobState.BROKEN,
    calendar_pb2.OCCURRENCE_STATE_CANCELLED: JobState.CANCELLED,
    calendar_pb2.OCCURRENCE_STATE_PLANNED: JobState.PLANNED,
    calendar_pb2.OCCURRENCE_STATE_LATE: JobState.LATE,
    calendar_pb2.OCCURRENCE_STATE_MISSED: JobState.MISSED,
    calendar_pb2.OCCURRENCE_STATE_BLOCKED: JobState.BLOCKED,
}
KINDS = {
    events_pb2.EVENT_KIND_BACKUP: RowKind.BACKUP,
    events_pb2.EVENT_KIND_RESTORE: RowKind.RESTORE,
    events_pb2.EVENT_KIND_COMMAND: RowKind.COMMAND,
    events_pb2.EVENT_KIND_NEWDAY: RowKind.NEWDAY,
    events_pb2.EVENT_KIND_VERIFY: RowKind.VERIFY,
    events_pb2.EVENT_KIND_MIGRATION: RowKind.MIGRATION,
    events_pb2.EVENT_KIND_RESTORE_PROOF: RowKind.RESTORE_PROOF,
}
_OF_TASKS = (RowKind.BACKUP, RowKind.RESTORE, RowKind.VERIFY, RowKind.RESTORE_PROOF)
_CAUSES = {
    calendar_pb2.OCCURRENCE_CAUSE_OVERTAKEN: Cause.OVERTAKEN,
    calendar_pb2.OCCURRENCE_CAUSE_WINDOW_OVER: Cause.WINDOW_OVER,
    calendar_pb2.OCCURRENCE_CAUSE_STILL_RUNNING: Cause.STILL_RUNNING,
    calendar_pb2.OCCURRENCE_CAUSE_BLOCKED_BY: Cause.BLOCKED_BY,
    calendar_pb2.OCCURRENCE_CAUSE_IMPOSSIBLE: Cause.IMPOSSIBLE,
    calendar_pb2.OCCURRENCE_CAUSE_TAKEN_BACK: Cause.TAKEN_BACK,
}
# From the numbers of the wire to the codes of a sheet; a state of a newer agent is unknown here.
_CODES = bytes(CODE[STATES.get(number, JobState.UNKNOWN)] for number in range(256))  # type: ignore[call-overload]
Groups = Mapping[str, tuple[str, ...]]


def groups_by_task(groups: Iterable[groups_pb2.TaskGroup]) -> dict[str, tuple[str, ...]]:
    """The names of the groups of each task that is in one."""
    found: dict[str, tuple[str, ...]] = {}
    for group in sorted(groups, key=lambda message: message.name):
        for task in group.tasks:
            found[task] = (*found.get(task, ()), group.name)
    return found


def sheet(
    location_id: str,
    message: calendar_pb2.GetCalendarSheetResponse,
    groups: Groups,
    as_of: datetime,
) -> Sheet:
    """Raises ValueError for an answer that is no sheet: a day that is none, a row with another
    number of days."""
    is_planned = message.HasField("planned_until")
    return Sheet(
        location_id=location_id,
        span=Span(date.fromisoformat(message.first_sesam_day), message.days),
        rows=tuple(_row(row, groups) for row in message.rows),
        open_day=date.fromisoformat(message.open_sesam_day),
        planned_until=convert.moment(message.planned_until) if is_planned else None,
        revision=message.revision,
        as_of=as_of,
        ended_day=_ended_day(message) if is_planned else None,
    )


def _ended_day(message: calendar_pb2.GetCalendarSheetResponse) -> date | None:
    """The last day that ends by `planned_until`: the one before the last that begins by then."""
    until = convert.moment(message.planned_until)
    begun = [start for start in message.day_starts if convert.moment(start.time) <= until]
    days = [date.fromisoformat(start.sesam_day) for start in begun]
    try:
        return max(days) - timedelta(days=1) if days else None
    except OverflowError as error:
        raise ValueError("The sheet has days that no calendar has.") from error


def cell(message: calendar_pb2.CalendarCell) -> CellChange | None:
    """None for a cell of no day, which no calendar has."""
    try:
        day = date.fromisoformat(message.sesam_day)
    except ValueError:
        return None
    state = STATES.get(message.state, JobState.UNKNOWN)
    return CellChange(
        kind=KINDS.get(message.kind, RowKind.UNKNOWN),
        name=message.name,
        client=message.client,
        day=day,
        state=None if state is JobState.NOT_PLANNED else state,
        runs=message.runs,
    )


def occurrence(location_id: str, message: calendar_pb2.Occurrence) -> Occurrence:
    kind = KINDS.get(message.kind, RowKind.UNKNOWN)
    is_decided = message.HasField("decide_time")
    return Occurrence(
        location_id=location_id,
        event_id=message.event_id,
        planned_time=convert.moment(message.planned_time),
        event=message.event,
        kind=kind,
        task=message.task,
        client=message.client,
        state=STATES.get(message.state, JobState.UNKNOWN),
        sesam_day=message.sesam_day,
        type=convert.TYPES.get(message.type),
        schedule=message.schedule,
        group=message.group,
        job_id=message.job_id if message.HasField("job_id") else None,
        decide_time=convert.moment(message.decide_time) if is_decided else None,
        started_late=message.started_late,
        cause=_CAUSES.get(message.cause, Cause.NONE),
        by=message.by,
        text=message.text,
        started_by=message.started_by,
    )


def sheet_request(first: date, last: date) -> calendar_pb2.GetCalendarSheetRequest:
    return calendar_pb2.GetCalendarSheetRequest(
        first_sesam_day=first.isoformat(), last_sesam_day=last.isoformat()
    )


def occurrences_request(
    from_time: datetime, to_time: datetime, page_size: int, page_token: str
) -> calendar_pb2.ListCalendarRequest:
    request = calendar_pb2.ListCalendarRequest(page_size=page_size, page_token=page_token)
    request.from_time.FromDatetime(from_time)
    request.to_time.FromDatetime(to_time)
    return request


def _row(message: calendar_pb2.SheetRow, groups: Groups) -> SheetRow:
    kind = KINDS.get(message.kind, RowKind.UNKNOWN)
    is_of_task = kind in _OF_TASKS
    return SheetRow(
        kind=kind,
        name=message.name,
        client=message.client,
        states=message.states.translate(_CODES),
        runs=message.runs,
        planned=message.planned,
        groups=groups.get(message.name, ()) if is_of_task else (),
    )
