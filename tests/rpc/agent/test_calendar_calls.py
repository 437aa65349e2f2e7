"""CalendarService, starts that a person asks for, and what of the plan is watched.

The clock stands at 2026-03-04 13:00 in Berlin, a Wednesday.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from server_agent.ports import EngineError
from sesam_api.v1 import calendar_pb2, events_pb2
from tests.rpc.agent.plan import FULL, add_event, add_schedule, moment
from tests.rpc.agent.rig import AgentRig


def test_the_calendar_has_what_is_to_come(agent: AgentRig) -> None:
    agent.add_task()
    add_schedule(agent.local)
    event = add_event(agent.local, priority=7)
    span = {"from_time": moment(2026, 3, 4, 12), "to_time": moment(2026, 3, 7, 12)}
    found = agent.local.call(
        "CalendarService/ListCalendar", kinds=[events_pb2.EVENT_KIND_BACKUP], **span
    ).occurrences
    assert [each.planned_time for each in found] == [moment(2026, 3, day, 21) for day in (4, 5, 6)]
    first = found[0]
    assert (first.event_id, first.event, first.task, first.client, first.priority) == (
        event.event_id,
        "docs nightly",
        "docs",
        "host",
        7,
    )
    assert (first.state, first.sesam_day, first.HasField("job_id")) == (
        calendar_pb2.OCCURRENCE_STATE_PLANNED,
        "2026-03-04",
        False,
    )
    pages = agent.local.call("CalendarService/ListCalendar", page_size=4, **span)
    rest = agent.local.call(
        "CalendarService/ListCalendar", page_size=4, page_token=pages.next_page_token, **span
    )
    assert (len(pages.occurrences), len(rest.occurrences), rest.next_page_token) == (4, 2, "")
    sheet = agent.local.call(
        "CalendarService/GetCalendarSheet",
        first_sesam_day="2026-03-03",
        last_sesam_day="2026-03-05",
    )
    rows = {row.name: row for row in sheet.rows}
    assert (rows["docs"].states, rows["docs"].planned) == (bytes([0, 8, 8]), bytes([0, 1, 1]))
    assert (sheet.days, sheet.open_sesam_day) == (3, "2026-03-04")


@pytest.mark.parametrize(
    ("method", "fields", "named"),
    [
        ("ListCalendar", {}, "from_time"),
        ("ListCalendar", {"from_time": moment(2026, 1, 1)}, "to_time"),
        (
            "ListCalendar",
            {"from_time": moment(2026, 1, 1), "to_time": moment(2026, 1, 1)},
            "to_time",
        ),
        (
            "ListCalendar",
            {"from_time": moment(1, 1, 1), "to_time": moment(1, 1, 2)},
            "from_time",
        ),
        (
            "ListCalendar",
            {"from_time": Timestamp(seconds=1 << 60), "to_time": moment(1, 1, 2)},
            "from_time",
        ),
        (
            "ListCalendar",
            {"from_time": moment(2026, 1, 1), "to_time": moment(2027, 12, 1)},
            "to_time",
        ),
        (
            "ListCalendar",
            {"from_time": moment(2026, 1, 1), "to_time": moment(2026, 1, 2), "states": [99]},
            "states",
        ),
        ("GetCalendarSheet", {}, "first_sesam_day"),
        ("GetCalendarSheet", {"first_sesam_day": "2026-01-01"}, "last_sesam_day"),
        (
            "GetCalendarSheet",
            {"first_sesam_day": "2026-01-02", "last_sesam_day": "2026-01-01"},
            "last_sesam_day",
        ),
        (
            "GetCalendarSheet",
            {"first_sesam_day": "0001-01-01", "last_sesam_day": "0001-01-02"},
            "first_sesam_day",
        ),
    ],
)
def test_a_span_that_cannot_be_is_refused_by_its_field(
    agent: AgentRig, method: str, fields: dict[str, Any], named: str
) -> None:
    refusal = agent.local.refused(f"CalendarService/{method}", **fields)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", named)


def test_a_backup_is_started_later_and_stands_in_the_calendar(agent: AgentRig) -> None:
    agent.add_task()
    later = moment(2026, 3, 4, 20)
    started = agent.local.call(
        "JobService/StartBackup", task="docs", type=FULL, start_time=later, priority=0
    )
    assert (started.HasField("job"), list(started.jobs)) == (False, [])
    assert started.planned_time == later
    span = {"from_time": moment(2026, 3, 4, 12), "to_time": moment(2026, 3, 5)}
    [entry] = agent.local.call("CalendarService/ListCalendar", **span).occurrences
    assert (entry.event_id, entry.schedule, entry.started_by, entry.priority) == (
        started.event_id,
        "",
        "local",
        0,
    )
    assert [each.name for each in agent.local.call("EventService/ListEvents").events] == ["NEWDAY"]


def test_a_group_is_started_at_once(agent: AgentRig) -> None:
    for task in ("docs", "mail"):
        agent.add_task(task)
    agent.local.call(
        "TaskGroupService/CreateTaskGroup", group={"name": "g", "tasks": ["mail", "docs"]}
    )
    started = agent.local.call("JobService/StartBackup", group="g", type=FULL, drive="Drive_1")
    assert [job.task for job in started.jobs] == ["mail", "docs"]
    assert started.job == started.jobs[0]
    assert {(job.group, job.drive, job.event_id, job.priority) for job in started.jobs} == {
        ("g", "Drive_1", started.event_id, 1)
    }
    assert {job.planned_time.ToJsonString() for job in started.jobs} == {"2026-03-04T12:00:00Z"}


@pytest.mark.parametrize(
    ("fields", "reason", "named"),
    [
        ({}, "INVALID_ARGUMENT", "task"),
        ({"task": "docs", "group": "g"}, "INVALID_ARGUMENT", "task"),
        ({"task": "docs", "type": 99}, "INVALID_ARGUMENT", "type"),
        ({"task": "docs", "pool": "x"}, "POOL_NOT_FOUND", ""),
        ({"task": "docs", "priority": 100}, "INVALID_ARGUMENT", "priority"),
        (
            {"task": "docs", "start_time": Timestamp(seconds=1 << 60)},
            "INVALID_ARGUMENT",
            "start_time",
        ),
        ({"task": "docs", "start_time": moment(2036, 1, 1)}, "INVALID_ARGUMENT", "start_time"),
        ({"task": "x"}, "TASK_NOT_FOUND", ""),
        ({"group": "x"}, "GROUP_NOT_FOUND", ""),
        ({"task": "docs", "drive": "x"}, "DRIVE_NOT_FOUND", ""),
        ({"task": "docs", "follow_up": "x"}, "EVENT_NOT_FOUND", ""),
    ],
)
def test_a_backup_that_cannot_be_started_is_refused(
    agent: AgentRig, fields: dict[str, Any], reason: str, named: str
) -> None:
    agent.add_task()
    refusal = agent.local.refused("JobService/StartBackup", **{"type": FULL} | fields)
    assert (refusal.reason, refusal.metadata.get("field", "")) == (reason, named)


def told(stream: Any, kinds: set[str]) -> list[tuple[str, Any]]:
    """The changes until there was one of each kind."""
    found: list[tuple[str, Any]] = []
    while kinds - {kind for kind, _ in found}:
        for change in next(stream).changes.changes:
            kind = change.WhichOneof("object")
            found.append((kind, getattr(change, kind)))
    return found


def test_the_plan_is_watched(agent: AgentRig) -> None:
    local = agent.local
    agent.add_task()
    schedule = add_schedule(local)
    event = add_event(local)
    with local.stream("LocationService/Watch") as stream:
        snapshot = next(stream).snapshot
        assert [each.name for each in snapshot.schedules] == ["NEWDAY", "nightly"]
        assert event in snapshot.events
        assert [each.name for each in snapshot.drives] == ["Drive_1"]
        local.call("TaskGroupService/CreateTaskGroup", group={"name": "g"})
        assert dict(told(stream, {"group"}))["group"].name == "g"

        schedule.start_time = "23:00"
        schedule = local.call("ScheduleService/UpdateSchedule", schedule=schedule).schedule
        found = dict(told(stream, {"schedule", "event"}))
        assert found["schedule"] == schedule
        assert found["event"].name == "docs nightly"
        assert found["event"].next_time == moment(2026, 3, 4, 22)

        local.call("EventService/DeleteEvent", name="docs nightly")
        local.call("ScheduleService/DeleteSchedule", name="nightly")
        local.call("TaskGroupService/DeleteTaskGroup", name="g")
        removed = dict(told(stream, {"removed_event", "removed_schedule", "removed_group"}))
        assert removed["removed_event"] == event.event_id
        assert removed["removed_schedule"] == "nightly"
        assert removed["removed_group"] == "g"


def test_a_cell_of_the_calendar_is_watched(agent: AgentRig) -> None:
    agent.add_task()
    with agent.local.stream("LocationService/Watch") as stream:
        next(stream)
        agent.start_backup()
        cell = dict(told(stream, {"calendar_cell"}))["calendar_cell"]
    assert (cell.name, cell.client, cell.sesam_day, cell.runs) == ("docs", "host", "2026-03-04", 1)
    assert cell.kind == events_pb2.EVENT_KIND_BACKUP


def test_an_immediate_start_is_no_watched_event(agent: AgentRig) -> None:
    agent.add_task()
    with agent.local.stream("LocationService/Watch") as stream:
        next(stream)
        agent.start_backup()
        kinds = [kind for kind, _ in told(stream, {"job", "calendar_cell"})]
    assert not {"event", "removed_event"} & set(kinds)


def test_what_has_passed_is_in_the_calendar(agent: AgentRig) -> None:
    """A job that ran has left its day and its state."""
    agent.add_task()
    job_id = agent.start_backup()
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    span = {"from_time": moment(2026, 3, 4, 11), "to_time": moment(2026, 3, 4, 13)}
    [entry] = agent.local.call("CalendarService/ListCalendar", **span).occurrences
    assert entry.job_id == job_id
    assert entry.planned_time.ToDatetime(tzinfo=UTC) - now < timedelta(seconds=1)


def test_a_backup_ordered_for_later_is_taken_back(agent: AgentRig) -> None:
    agent.add_task()
    later = moment(2026, 3, 4, 20)
    started = agent.local.call("JobService/StartBackup", task="docs", type=FULL, start_time=later)
    refused = agent.local.refused("TaskService/DeleteTask", name="docs")
    assert (refused.reason, refused.metadata) == (
        "TASK_NEEDED",
        {"task": "docs", "users": "event docs of 2026-03-04 20:00 UTC"},
    )
    cancel = "CalendarService/CancelOccurrence"
    answer = agent.local.call(cancel, event_id=started.event_id, planned_time=later)
    assert answer.planned_time == later
    span = {"from_time": moment(2026, 3, 4, 12), "to_time": moment(2026, 3, 5)}
    [entry] = agent.local.call("CalendarService/ListCalendar", **span).occurrences
    assert (entry.state, entry.cause, entry.by) == (
        calendar_pb2.OCCURRENCE_STATE_CANCELLED,
        calendar_pb2.OCCURRENCE_CAUSE_TAKEN_BACK,
        "local",
    )
    again = agent.local.refused(cancel, event_id=started.event_id)
    assert (again.reason, again.metadata) == (
        "OCCURRENCE_NOT_PLANNED",
        {"event": started.event_id, "planned_time": ""},
    )
    strange = agent.local.refused(cancel, event_id="x" * 5000, planned_time=later)
    assert strange.reason == "OCCURRENCE_NOT_PLANNED"
    newday = agent.local.call("EventService/ListEvents").events[0]
    assert agent.local.refused(cancel, event_id=newday.event_id).reason == "NEWDAY_NEEDED"
    agent.local.call("TaskService/DeleteTask", name="docs")


def test_the_sheet_says_when_its_days_begin(agent: AgentRig) -> None:
    sheet = agent.local.call(
        "CalendarService/GetCalendarSheet",
        first_sesam_day="2026-03-28",
        last_sesam_day="2026-03-29",
    )
    assert sheet.time_zone == "Europe/Berlin"
    # The clocks leap in the night to the 29th.
    assert [(start.sesam_day, start.time) for start in sheet.day_starts] == [
        ("2026-03-28", moment(2026, 3, 28, 7)),
        ("2026-03-29", moment(2026, 3, 29, 6)),
        ("2026-03-30", moment(2026, 3, 30, 6)),
    ]


def test_a_date_without_newday_is_part_of_the_day_before(agent: AgentRig) -> None:
    newday = agent.local.call("ScheduleService/ListSchedules", filter="NEWDAY").schedules[0]
    newday.rule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    agent.local.call("ScheduleService/UpdateSchedule", schedule=newday)
    sheet = agent.local.call(
        "CalendarService/GetCalendarSheet",
        first_sesam_day="2026-03-06",
        last_sesam_day="2026-03-08",
    )
    assert [start.sesam_day for start in sheet.day_starts] == ["2026-03-06", "2026-03-09"]


def test_the_end_of_its_job_is_in_the_calendar(agent: AgentRig) -> None:
    agent.add_task()
    job = agent.ended(agent.start_backup())
    span = {"from_time": moment(2026, 3, 4, 11), "to_time": moment(2026, 3, 4, 13)}
    [entry] = agent.local.call("CalendarService/ListCalendar", **span).occurrences
    assert entry.end_time == job.end_time


def test_why_its_job_failed_is_in_the_calendar(agent: AgentRig) -> None:
    agent.add_task()
    agent.engine.scripts.append([EngineError("SOURCE_MISSING", "/srv is not there")])
    job = agent.ended(agent.start_backup())
    span = {"from_time": moment(2026, 3, 4, 11), "to_time": moment(2026, 3, 4, 13)}
    [entry] = agent.local.call("CalendarService/ListCalendar", **span).occurrences
    assert "/srv is not there" in job.message
    assert entry.text == job.message


def test_why_an_event_is_idle_is_told(agent: AgentRig) -> None:
    add_schedule(agent.local)
    agent.local.call("TaskGroupService/CreateTaskGroup", group={"name": "g"})
    event = add_event(agent.local, backup={"group": "g", "type": FULL})
    assert not event.HasField("next_time")
    assert event.idle_cause == events_pb2.EVENT_IDLE_CAUSE_GROUP_EMPTY
