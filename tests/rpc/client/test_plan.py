"""Schedules, events, groups, drives and the calendar from a script."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.plan_records import (
    CalendarCell,
    Drive,
    Event,
    Schedule,
    TaskGroup,
)
from sesam_api.records import Removed, Snapshot
from sesam_api.v1 import calendar_pb2, events_pb2, jobs_pb2, location_pb2, schedules_pb2
from tests.fakes.agent_server import FakeAgent
from tests.rpc.client.conftest import requests_of

NIGHTLY = Schedule("nightly", "FREQ=DAILY", time(22), start_date=date(2026, 3, 4))
DOCS = Event("docs", "nightly", "backup", task="docs", type="FULL")


def test_a_schedule_from_its_beginning_to_its_end(location: Location) -> None:
    added = location.add_schedule(NIGHTLY)
    assert replace(added, etag="") == NIGHTLY
    changed = replace(
        added,
        end_date=date(2026, 12, 31),
        window=timedelta(hours=4),
        dates=(date(2026, 5, 1),),
        active=False,
    )
    modified = location.modify_schedule(changed)
    assert replace(modified, etag=added.etag) == changed
    with pytest.raises(SesamError) as refused:
        location.modify_schedule(changed)
    assert refused.value.reason == "CHANGED_MEANWHILE"
    assert location.schedule("nightly") == modified
    assert [schedule.name for schedule in location.schedules("NIGHT")] == ["nightly"]
    location.remove_schedule("nightly")
    with pytest.raises(SesamError, match='There is no schedule "nightly" in this location'):
        location.schedule("nightly")


def test_without_a_first_day_a_schedule_begins_today(location: Location) -> None:
    added = location.add_schedule(Schedule("s", "FREQ=DAILY", time(1)))
    assert added.start_date is not None
    assert abs(added.start_date - datetime.now(UTC).date()) <= timedelta(days=1)


def test_events_of_each_kind(location: Location) -> None:
    location.add_schedule(NIGHTLY)
    wanted = [
        DOCS,
        Event("all", "nightly", "backup", group="g", type="INC", drive="D", priority=0),
        Event("proof", "nightly", "restore", task="docs", target=b"/t", paths=(b"/a\xff",)),
        Event("back", "nightly", "restore", task="docs", target=b"/t", overwrite="never"),
        Event("run", "", "command", program="p", arguments=("-x", ""), blocking=True),
    ]
    added = [location.add_event(event) for event in wanted]
    assert [replace(event, id="", etag="") for event in added] == wanted
    modified = location.modify_event(replace(added[0], follow_up="run", active=False))
    assert location.event("docs") == modified
    assert [event.name for event in location.events()] == [*("all", "back", "docs", "proof", "run")]
    location.remove_event("docs")
    with pytest.raises(SesamError) as refused:
        location.event("docs")
    assert refused.value.reason == "EVENT_NOT_FOUND"


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (replace(DOCS, kind="moonshot"), "kind"),
        (replace(DOCS, type="HUGE"), "type"),
        (replace(DOCS, group="g"), "task"),
    ],
)
def test_what_is_no_event_is_not_sent(location: Location, event: Event, field: str) -> None:
    with pytest.raises(SesamError) as refused:
        location.add_event(event)
    assert (refused.value.reason, refused.value.metadata["field"]) == ("INVALID_ARGUMENT", field)


def test_groups_and_drives(location: Location) -> None:
    group = location.add_group(TaskGroup("g", ("docs",), "c"))
    assert location.modify_group(replace(group, tasks=())).tasks == ()
    assert [each.name for each in location.groups()] == ["g"]
    assert location.group("g").comment == "c"
    location.remove_group("g")
    drive = location.add_drive(Drive("D", 4))
    assert location.modify_drive(replace(drive, active=False)).active is False
    assert location.drive("D").streams == 4
    location.remove_drive("D")
    assert list(location.drives()) == []
    for read, reason in ((location.group, "GROUP"), (location.drive, "DRIVE")):
        with pytest.raises(SesamError) as refused:
            read("x")
        assert refused.value.reason == f"{reason}_NOT_FOUND"


def test_a_preview_and_files(location: Location, agent: FakeAgent) -> None:
    start = schedules_pb2.Start(clock_change=True, sesam_day="2026-03-04")
    start.time.FromDatetime(datetime(2026, 3, 4, 21, tzinfo=UTC))
    agent.location.starts = [start] * 3
    agent.location.remarks = [schedules_pb2.SCHEDULE_REMARK_NO_EVENT]
    preview = location.preview_schedule(NIGHTLY, 2)
    assert len(preview.starts) == 2
    assert preview.starts[0].time == datetime(2026, 3, 4, 21, tzinfo=UTC)
    assert preview.remarks == ("no_event",)
    dates = location.read_calendar_file(
        b"2026-05-01\n2020-01-01", date(2026, 1, 1), date(2026, 12, 31)
    )
    assert dates == (date(2026, 5, 1),)
    location.add_schedule(replace(NIGHTLY, dates=dates))
    assert location.write_calendar_file("nightly") == b"2026-05-01"


def test_backups_are_ordered(location: Location, agent: FakeAgent) -> None:
    agent.location.put_task("mail", "local", [b"/srv/mail"])
    location.add_group(TaskGroup("g", ("docs", "mail")))
    both = location.order_backup("INC", group="g", priority=0, drive="D", follow_up="e")
    assert [(job.task, job.group, job.drive) for job in both.jobs] == [
        ("docs", "g", "D"),
        ("mail", "g", "D"),
    ]
    [request] = requests_of(agent, "StartBackup")
    assert (request.priority, request.HasField("priority"), request.follow_up) == (0, True, "e")
    later = datetime(2030, 1, 1, tzinfo=UTC)
    ordered = location.order_backup("FULL", task="docs", start_time=later)
    assert (ordered.jobs, ordered.planned_time) == ((), later)
    assert ordered.event_id
    with pytest.raises(SesamError, match="FULL, DIFF, INC, COPY"):
        location.order_backup("HALF", task="docs")


def occurrence(moment: datetime, **fields: object) -> calendar_pb2.Occurrence:
    message = calendar_pb2.Occurrence(
        event_id="7",
        event="docs",
        kind=events_pb2.EVENT_KIND_BACKUP,
        task="docs",
        type=jobs_pb2.BACKUP_TYPE_FULL,
        sesam_day="2026-03-04",
        **fields,
    )
    message.planned_time.FromDatetime(moment)
    return message


def test_the_calendar(location: Location, agent: FakeAgent) -> None:
    first = datetime(2026, 3, 4, tzinfo=UTC)
    agent.location.occurrences = [
        occurrence(
            first,
            state=calendar_pb2.OCCURRENCE_STATE_MISSED,
            cause=calendar_pb2.OCCURRENCE_CAUSE_STILL_RUNNING,
        ),
        *(
            occurrence(first + timedelta(hours=hour), state=calendar_pb2.OCCURRENCE_STATE_PLANNED)
            for hour in range(1, 300)
        ),
    ]
    end = first + timedelta(days=30)
    found = list(location.calendar(first, end))
    assert len(found) == 300
    assert (found[0].state, found[0].cause, found[0].kind) == ("missed", "still_running", "backup")
    assert (found[0].planned_time, found[0].job_id, found[0].type) == (first, None, "FULL")
    assert found[1].state == "planned"
    assert len(requests_of(agent, "ListCalendar")) == 2
    assert len(list(location.calendar(first, end, states=["missed"], kinds=["backup"]))) == 1
    assert list(location.calendar(first, end, task="mail")) == []
    with pytest.raises(SesamError, match="planned"):
        location.calendar(first, end, states=["lost"])


def test_the_sheet(location: Location, agent: FakeAgent) -> None:
    agent.location.sheet_rows = [
        calendar_pb2.SheetRow(
            kind=events_pb2.EVENT_KIND_BACKUP,
            name="docs",
            client="local",
            states=bytes([3, 0]),
            runs=bytes([2, 0]),
            planned=bytes([0, 1]),
        )
    ]
    sheet = location.calendar_sheet(date(2026, 3, 4), date(2026, 3, 5))
    [row] = sheet.rows
    assert (row.kind, row.name, row.states, row.runs, row.planned) == (
        "backup",
        "docs",
        ("ok", ""),
        (2, 0),
        (0, 1),
    )
    assert (sheet.first_sesam_day, sheet.days) == (date(2026, 3, 4), 2)
    assert location.sesam_day() == date(2025, 3, 1)
    assert sheet.time_zone == "Europe/Berlin"
    assert sheet.day_starts == {date(2026, 3, 4): datetime(2026, 3, 4, 7, tzinfo=UTC)}


def test_what_is_planned_is_taken_back(location: Location, agent: FakeAgent) -> None:
    first = datetime(2026, 3, 4, tzinfo=UTC)
    agent.location.occurrences = [
        occurrence(first + timedelta(hours=hour), state=calendar_pb2.OCCURRENCE_STATE_PLANNED)
        for hour in range(3)
    ]
    assert location.cancel_occurrence("7") == first
    second = first + timedelta(hours=1)
    assert location.cancel_occurrence("7", second) == second
    found = list(location.calendar(first, first + timedelta(days=1)))
    assert [entry.state for entry in found] == ["cancelled", "cancelled", "planned"]
    assert (found[0].cause, found[0].by, found[0].end_time) == ("taken_back", "somebody", None)
    with pytest.raises(SesamError, match="has no start planned at 2026-03-04T01:00:00Z"):
        location.cancel_occurrence("7", second)
    with pytest.raises(SesamError, match=r"Event 8 has no start planned\.$"):
        location.cancel_occurrence("8")


def test_the_plan_is_watched(location: Location, agent: FakeAgent) -> None:
    location.add_schedule(NIGHTLY)
    location.add_event(DOCS)
    changes = location.watch(timeout=5)
    snapshot = next(changes)
    assert isinstance(snapshot, Snapshot)
    assert [event.name for event in snapshot.events] == ["docs"]
    assert [schedule.name for schedule in snapshot.schedules] == ["nightly"]
    location.add_group(TaskGroup("g"))
    location.add_drive(Drive("D"))
    location.remove_event("docs")
    location.remove_schedule("nightly")
    location.remove_group("g")
    location.remove_drive("D")
    cell = calendar_pb2.CalendarCell(name="docs", sesam_day="2026-03-04", runs=1, state=3)
    agent.location.record(location_pb2.Change(calendar_cell=cell))
    told = [next(changes) for _ in range(7)]
    kinds = [type(change) for change in told]
    assert kinds == [TaskGroup, Drive, Removed, Removed, Removed, Removed, CalendarCell]
    assert [change.kind for change in told if isinstance(change, Removed)] == [
        "event",
        "schedule",
        "group",
        "drive",
    ]
    assert told[-1] == CalendarCell("", "docs", "", "2026-03-04", "ok", 1)
