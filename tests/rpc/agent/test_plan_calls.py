"""ScheduleService, EventService, TaskGroupService and DriveService. The clock stands at 2026-03-04
13:00 in Berlin, a Wednesday."""

from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from sesam_api.v1 import jobs_pb2, schedules_pb2
from tests.rpc.agent.plan import DOCS, FULL, NIGHTLY, add_event, add_schedule, moment
from tests.rpc.agent.rig import AgentRig


def test_schedules(agent: AgentRig) -> None:
    local = agent.local
    schedule = add_schedule(local, comment="c", window=Duration(seconds=7200))
    assert (schedule.start_time, schedule.window.seconds, schedule.comment) == ("22:00", 7200, "c")
    assert schedule.next_time == moment(2026, 3, 4, 21)
    again = local.refused("ScheduleService/CreateSchedule", schedule=NIGHTLY)
    assert (again.code, again.metadata) == (
        grpc.StatusCode.ALREADY_EXISTS,
        {"kind": "schedule", "name": "nightly"},
    )
    schedule.active = False
    updated = local.call("ScheduleService/UpdateSchedule", schedule=schedule).schedule
    assert not updated.HasField("next_time")
    stale = local.refused("ScheduleService/UpdateSchedule", schedule=schedule)
    assert stale.reason == "CHANGED_MEANWHILE"
    listed = local.call("ScheduleService/ListSchedules").schedules
    assert [each.name for each in listed] == ["NEWDAY", "nightly"]
    assert listed[1] == updated
    assert listed[0].next_time == moment(2026, 3, 5, 7)
    page = local.call("ScheduleService/ListSchedules", page_size=1, order_by="name desc")
    assert [each.name for each in page.schedules] == ["nightly"]
    assert page.next_page_token
    assert not local.call("ScheduleService/ListSchedules", filter="x").schedules
    delete = "ScheduleService/DeleteSchedule"
    assert local.refused(delete, name="nightly", etag="").reason == "CHANGED_MEANWHILE"
    assert local.refused(delete, name="x").reason == "SCHEDULE_NOT_FOUND"
    assert local.refused(delete, name="NEWDAY").reason == "NEWDAY_NEEDED"
    local.call(delete, name="nightly", etag=updated.etag)
    assert local.refused(delete, name="nightly").reason == "SCHEDULE_NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"rule": "FREQ=OFTEN"}, "rule"),
        ({"rule": ""}, "rule"),
        ({"start_time": "25:00"}, "start_time"),
        ({"start_date": "2026-02-29"}, "start_date"),
        ({"end_date": "2026-02-01"}, "end_date"),
        ({"dates": ["1.5.2026"]}, "dates"),
        ({"window": Duration(seconds=1)}, "window"),
        ({"until_time": "23:00"}, "until_time"),
        ({"offset_days": 3}, "offset_days"),
        ({"name": ""}, "name"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_its_field(
    agent: AgentRig, fields: dict[str, Any], named: str
) -> None:
    refusal = agent.local.refused("ScheduleService/CreateSchedule", schedule=NIGHTLY | fields)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", named)


def test_an_empty_request_is_refused_by_its_field(agent: AgentRig) -> None:
    for method in ("ScheduleService/CreateSchedule", "EventService/CreateEvent"):
        assert agent.local.refused(method).reason == "INVALID_ARGUMENT"


def test_a_start_that_is_far_away_is_one_too(agent: AgentRig) -> None:
    far = add_schedule(agent.local, rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
    assert far.next_time.ToDatetime().isoformat()[:10] == "2028-02-29"
    near = add_schedule(agent.local, name="once", rule="", dates=["2026-12-24"])
    assert near.next_time == moment(2026, 12, 24, 21)


def test_events(agent: AgentRig) -> None:
    local = agent.local
    agent.add_task()
    assert local.refused("EventService/CreateEvent", event=DOCS).reason == "SCHEDULE_NOT_FOUND"
    add_schedule(local)
    event = add_event(local)
    assert event.next_time == moment(2026, 3, 4, 21)
    assert (event.backup.task, event.backup.type, event.priority) == ("docs", FULL, 1)
    restore = {"task": "docs", "paths": [b"/srv/\xff"], "target": b"/tmp/x"}
    other = add_event(local, name="proof", schedule="", backup=None, restore=restore)
    assert (other.restore.target, list(other.restore.paths)) == (b"/tmp/x", [b"/srv/\xff"])
    assert not other.HasField("next_time")
    event.follow_up = "proof"
    updated = local.call("EventService/UpdateEvent", event=event).event
    assert updated.follow_up == "proof"
    assert updated.event_id == event.event_id
    assert local.refused("EventService/UpdateEvent", event=event).reason == "CHANGED_MEANWHILE"
    assert local.refused("EventService/DeleteEvent", name="proof").reason == "EVENT_IN_USE"
    assert local.refused("ScheduleService/DeleteSchedule", name="nightly").metadata == {
        "schedule": "nightly",
        "events": "docs nightly",
    }
    listed = local.call("EventService/ListEvents").events
    assert [each.name for each in listed] == ["NEWDAY", "docs nightly", "proof"]
    assert listed[0].WhichOneof("action") == "newday"
    assert [each.name for each in local.call("EventService/ListEvents", filter="NIGHT").events] == [
        "docs nightly"
    ]
    assert local.refused("EventService/DeleteEvent", name="NEWDAY").reason == "NEWDAY_NEEDED"
    local.call("EventService/DeleteEvent", name="docs nightly", etag=updated.etag)
    local.call("EventService/DeleteEvent", name="proof")
    assert local.refused("EventService/DeleteEvent", name="proof").reason == "EVENT_NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "reason", "named"),
    [
        ({"backup": None}, "INVALID_ARGUMENT", "action"),
        ({"backup": {"type": FULL}}, "INVALID_ARGUMENT", "task"),
        ({"backup": {"task": "docs"}}, "INVALID_ARGUMENT", "type"),
        ({"backup": {"task": "docs", "type": FULL, "pool": "x"}}, "POOL_NOT_FOUND", ""),
        ({"backup": None, "verify": {"task": "x"}}, "TASK_NOT_FOUND", ""),
        ({"backup": {"task": "x", "type": FULL}}, "TASK_NOT_FOUND", ""),
        ({"backup": {"group": "x", "type": FULL}}, "GROUP_NOT_FOUND", ""),
        ({"backup": {"task": "docs", "type": FULL, "drive": "x"}}, "DRIVE_NOT_FOUND", ""),
        ({"follow_up": "x"}, "EVENT_NOT_FOUND", ""),
        ({"priority": 100}, "INVALID_ARGUMENT", "priority"),
        ({"backup": None, "command": {"program": "rm"}}, "INVALID_ARGUMENT", "program"),
        ({"backup": None, "restore": {"task": "docs"}}, "INVALID_ARGUMENT", "target"),
        ({"backup": None, "newday": {}}, "INVALID_ARGUMENT", "action"),
    ],
)
def test_an_event_that_cannot_be_is_refused(
    agent: AgentRig, fields: dict[str, Any], reason: str, named: str
) -> None:
    agent.add_task()
    add_schedule(agent.local)
    refusal = agent.local.refused("EventService/CreateEvent", event=DOCS | fields)
    assert (refusal.reason, refusal.metadata.get("field", "")) == (reason, named)


def test_groups_and_drives(agent: AgentRig) -> None:
    local = agent.local
    agent.add_task()
    group = local.call("TaskGroupService/CreateTaskGroup", group={"name": "g", "tasks": ["docs"]})
    assert list(group.group.tasks) == ["docs"]
    missing = local.refused("TaskGroupService/CreateTaskGroup", group={"name": "h", "tasks": ["x"]})
    assert missing.reason == "TASK_NOT_FOUND"
    group.group.comment = "c"
    updated = local.call("TaskGroupService/UpdateTaskGroup", group=group.group).group
    assert list(local.call("TaskGroupService/ListTaskGroups").groups) == [updated]
    stale = local.refused("TaskGroupService/UpdateTaskGroup", group=group.group)
    assert stale.reason == "CHANGED_MEANWHILE"
    local.call("TaskGroupService/DeleteTaskGroup", name="g")
    assert local.refused("TaskGroupService/DeleteTaskGroup", name="g").reason == "GROUP_NOT_FOUND"

    drive = {"name": "D", "streams": 4, "active": True}
    made = local.call("DriveService/CreateDrive", drive=drive).drive
    assert (made.streams, made.active) == (4, True)
    wrong = local.refused("DriveService/CreateDrive", drive=drive | {"name": "E", "streams": 65})
    assert wrong.metadata["field"] == "streams"
    made.active = False
    assert not local.call("DriveService/UpdateDrive", drive=made).drive.active
    assert [each.name for each in local.call("DriveService/ListDrives").drives] == ["D", "Drive_1"]
    local.call("DriveService/DeleteDrive", name="D")
    assert local.refused("DriveService/DeleteDrive", name="Drive_1").reason == "DRIVE_IN_USE"


def preview(agent: AgentRig, count: int = 0, **fields: Any) -> Any:
    return agent.local.call(
        "ScheduleService/PreviewSchedule", schedule=NIGHTLY | fields, count=count
    )


def remarks(answer: schedules_pb2.PreviewScheduleResponse) -> set[str]:
    return {
        schedules_pb2.ScheduleRemark.Name(each).removeprefix("SCHEDULE_REMARK_")
        for each in answer.remarks
    }


def test_a_preview(agent: AgentRig) -> None:
    answer = preview(agent, name="")
    assert len(answer.starts) == 20
    assert answer.starts[0].time == moment(2026, 3, 4, 21)
    assert answer.starts[0].sesam_day == "2026-03-04"
    assert remarks(answer) == {"NO_EVENT"}
    agent.add_task()
    add_schedule(agent.local)
    add_event(agent.local)
    assert remarks(preview(agent)) == set()
    early = preview(agent, 1, start_time="02:00")
    assert [start.sesam_day for start in early.starts] == ["2026-03-04"]


def test_a_preview_says_what_is_remarkable(agent: AgentRig) -> None:
    day = Duration(seconds=25 * 3600)
    assert remarks(preview(agent, window=day)) == {"NO_EVENT", "WINDOW_OVERLAPS"}
    assert remarks(preview(agent, active=False)) == {"NO_EVENT", "INACTIVE"}
    passed = preview(agent, end_date="2026-03-02")
    assert (list(passed.starts), remarks(passed)) == ([], {"NO_EVENT", "NO_START"})
    leap = preview(agent, 30, start_time="02:30")
    assert remarks(leap) == {"NO_EVENT", "CLOCK_CHANGE"}
    [start] = [start for start in leap.starts if start.clock_change]
    assert start.time == moment(2026, 3, 29, 1, 30)
    twice = preview(agent, start_time="02:30", start_date="2026-10-20")
    [start] = [start for start in twice.starts if start.clock_change]
    assert start.time == moment(2026, 10, 25, 0, 30)


def test_a_preview_is_bounded(agent: AgentRig) -> None:
    assert len(preview(agent, 200, rule="FREQ=MINUTELY").starts) == 200
    rare = preview(agent, 200, rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
    assert 20 < len(rare.starts) < 30
    assert rare.starts[-1].sesam_day.endswith("-02-29")
    for count in (-1, 201):
        refusal = agent.local.refused(
            "ScheduleService/PreviewSchedule", schedule=NIGHTLY, count=count
        )
        assert refusal.metadata["field"] == "count"


def test_calendar_files(agent: AgentRig) -> None:
    local = agent.local
    add_schedule(local, rule="FREQ=WEEKLY;BYDAY=FR", end_date="2026-03-31")
    content = local.call("ScheduleService/WriteCalendarFile", schedule="nightly").content
    assert content.startswith(b"BEGIN:VCALENDAR")
    read = "ScheduleService/ReadCalendarFile"
    span = {"first_date": "2026-03-10", "last_date": "2026-12-31"}
    dates = local.call(read, content=content, **span).dates
    assert list(dates) == ["2026-03-13", "2026-03-20", "2026-03-27"]
    missing = local.refused("ScheduleService/WriteCalendarFile", schedule="x")
    assert missing.reason == "SCHEDULE_NOT_FOUND"
    for fields, named in (
        ({"content": b"x"}, "content"),
        ({"content": b"x" * ((1 << 20) + 1)}, "content"),
        ({"first_date": "2027-01-01"}, "last_date"),
        ({"last_date": "2126-01-01"}, "last_date"),
        ({"first_date": ""}, "first_date"),
    ):
        refusal = local.refused(read, **{"content": content} | span | fields)
        assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", named)


def test_an_older_desk_leaves_the_overwrite_rule_as_it_is(agent: AgentRig) -> None:
    """It sends back what it knows of an event: all fields but those that came later."""
    local = agent.local
    agent.add_task()
    restore = {"task": "docs", "target": b"/tmp/x"}
    plain = add_event(local, name="plain", schedule="", backup=None, restore=restore)
    assert plain.restore.overwrite == jobs_pb2.OVERWRITE_RULE_ALWAYS
    ruled = restore | {"overwrite": jobs_pb2.OVERWRITE_RULE_IF_OLDER}
    event = add_event(local, name="ruled", schedule="", backup=None, restore=ruled)
    event.comment = "other words"
    event.restore.ClearField("overwrite")
    event = local.call("EventService/UpdateEvent", event=event).event
    assert event.comment == "other words"
    assert event.restore.overwrite == jobs_pb2.OVERWRITE_RULE_IF_OLDER
    event.restore.overwrite = jobs_pb2.OVERWRITE_RULE_ALWAYS
    event = local.call("EventService/UpdateEvent", event=event).event
    assert event.restore.overwrite == jobs_pb2.OVERWRITE_RULE_ALWAYS


def test_an_event_of_another_kind_is_refused_by_its_kind(agent: AgentRig) -> None:
    agent.add_task()
    add_schedule(agent.local)
    event = add_event(agent.local)
    event.restore.task, event.restore.target = "docs", b"/tmp/x"
    refusal = agent.local.refused("EventService/UpdateEvent", event=event)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", "action")
