"""Whatever the domain can hold comes back from the wire as it was; what it cannot is refused."""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_agent.domain.calendar import EntryState
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.events import (
    BackupAction,
    CommandAction,
    Event,
    EventKind,
    NewdayAction,
    RestoreAction,
)
from server_agent.domain.groups import TaskGroup
from server_agent.domain.occurrences import Cause
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.queue import Drive, Waiting
from server_agent.domain.savesets import BackupType
from server_agent.domain.schedule import Schedule
from server_agent.rpc import convert
from server_agent.rpc import convert_plan as plan
from server_agent.rpc.lists import FIRST_DAY, LAST_DAY
from server_agent.service.coming import LiveEvent, LiveSchedule
from server_agent.service.preview import Remark
from sesam_api import plan_convert
from sesam_api.v1 import calendar_pb2, events_pb2, jobs_pb2, schedules_pb2

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEXT = datetime(2026, 3, 5, 21, tzinfo=UTC)
TODAY = date(2026, 3, 4)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
days = st.dates(FIRST_DAY, LAST_DAY)
times = st.times().map(lambda found: found.replace(microsecond=0))
schedules = st.builds(
    Schedule,
    name=texts,
    rule=texts,
    start_time=times,
    start_date=days,
    change_time=st.just(EPOCH),
    active=st.booleans(),
    offset_days=st.integers(-31, 31),
    dates=st.lists(days, max_size=5).map(tuple),
    until_time=st.none() | times,
    end_date=st.none() | days,
    window=st.none() | st.timedeltas(timedelta(), timedelta(days=31)),
    comment=texts,
)
startable = st.sampled_from([BackupType.FULL, BackupType.INC])
names = texts.filter(bool)
actions = st.one_of(
    st.builds(BackupAction, startable, task=names, drive=texts),
    st.builds(BackupAction, startable, group=names, drive=texts),
    st.builds(
        RestoreAction,
        texts,
        st.binary(max_size=20),
        st.lists(st.binary(), max_size=3).map(tuple),
        st.sampled_from(OverwriteRule),
    ),
    st.builds(CommandAction, texts, st.lists(texts, max_size=3).map(tuple)),
    st.just(NewdayAction()),
)
events = st.builds(
    Event,
    id=st.just(""),
    name=texts,
    action=actions,
    schedule=texts,
    change_time=st.just(EPOCH),
    start_time=st.none(),
    priority=st.integers(0, 99),
    blocking=st.booleans(),
    active=st.booleans(),
    follow_up=texts,
    comment=texts,
    made_by=st.just(""),
    version=st.just(1),
)


@given(schedules)
def test_schedules_come_back(schedule: Schedule) -> None:
    message = plan.schedule_to_wire(LiveSchedule(schedule, NEXT))
    assert plan.schedule_from_wire(message) == schedule
    record = plan_convert.schedule(message)
    assert record.next_time == NEXT
    again = plan_convert.schedule_message(record, TODAY)
    assert plan.schedule_from_wire(again) == schedule
    assert again.etag == message.etag


@given(events)
def test_events_come_back(event: Event) -> None:
    message = plan.event_to_wire(LiveEvent(event, None))
    assert plan.event_from_wire(message) == event
    record = plan_convert.event(message)
    assert record.next_time is None
    assert plan.event_from_wire(plan_convert.event_message(record)) == event


@given(st.builds(TaskGroup, texts, st.lists(texts).map(tuple), texts))
def test_groups_come_back(group: TaskGroup) -> None:
    message = plan.group_to_wire(group)
    assert plan.group_from_wire(message) == group
    assert plan_convert.group_message(plan_convert.group(message)) == message


@given(st.builds(Drive, texts, st.integers(-(2**31), 2**31 - 1), st.booleans(), texts))
def test_drives_come_back(drive: Drive) -> None:
    message = plan.drive_to_wire(drive)
    assert plan.drive_from_wire(message) == drive
    assert plan_convert.drive_message(plan_convert.drive(message)) == message


@pytest.mark.parametrize(
    ("table", "enum", "has_zero"),
    [
        (plan.EVENT_KINDS, events_pb2.EventKind, False),
        (plan.ENTRY_STATES, calendar_pb2.OccurrenceState, False),
        (plan.CAUSES, calendar_pb2.OccurrenceCause, True),
        (plan.REMARKS, schedules_pb2.ScheduleRemark, False),
        (convert.JOB_KINDS, jobs_pb2.JobKind, False),
    ],
)
def test_the_tables_are_one_to_one(table: dict[Any, int], enum: Any, has_zero: bool) -> None:
    assert sorted(table.values()) == sorted(n for n in enum.values() if n or has_zero)
    assert set(table) == set(type(next(iter(table))))


def test_the_letters_of_the_contract_are_the_domains() -> None:
    text = (Path(calendar_pb2.__file__).parent / "calendar.proto").read_text()
    letters = re.findall(r"// (\w): .*(?:\n  //.*)*\n  OCCURRENCE_STATE_(\w+) =", text)
    assert {name: EntryState[name].value for _, name in letters} == {
        name: letter for letter, name in letters
    }
    assert len(letters) == 4
    assert len(EventKind) == 7
    assert len(Cause) == 7
    assert len(Remark) == 5


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        (Waiting(job="17"), "job 17"),
        (Waiting(drive="Drive_1"), "drive Drive_1"),
        (Waiting(drive="Drive_1", off=True), "drive Drive_1, which is off"),
        (Waiting(), "any drive"),
        (Waiting(group="Tapes"), "drive group Tapes"),
        (Waiting(medium="USB00001", store="Usb"), "medium USB00001 in Usb"),
    ],
)
def test_what_a_job_waits_for_is_said(waiting: Waiting, words: str) -> None:
    message = jobs_pb2.Job(waiting=convert.waiting(waiting))
    assert plan_convert.convert.job(message).waiting == words


def usual_schedule(**fields: Any) -> schedules_pb2.Schedule:
    usual = {"name": "s", "rule": "FREQ=DAILY", "start_time": "22:00", "start_date": "2026-03-04"}
    return schedules_pb2.Schedule(**usual | fields)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("start_time", text) for text in ("", "22", "24:00", "22:00:60", "22:00+01:00", "²2:00")),
        *(("until_time", text) for text in ("", "9:00", "T09:00")),
        *(
            ("start_date", text)
            for text in ("", "2026-02-30", "20260304", "2026-W10-3", "0001-01-01")
        ),
        *(("end_date", text) for text in ("", "9999-12-31", "tomorrow")),
        ("dates", ["2026-03-04", "04.03.2026"]),
        ("dates", ["2026-03-04"] * 3661),
        ("window", {"seconds": 2**60}),
        ("comment", "x" * 4097),
    ],
)
def test_what_is_no_schedule_is_refused_by_its_field(field: str, value: Any) -> None:
    with pytest.raises(InvalidArgument) as refused:
        plan.schedule_from_wire(usual_schedule(**{field: value}))
    assert refused.value.metadata["field"] == field


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "action"),
        ({"backup": {"task": "docs"}}, "type"),
        ({"backup": {"task": "docs", "type": 99}}, "type"),
        ({"restore": {"task": "docs", "paths": [b"x" * (1 << 20)] * 5}}, "paths"),
        ({"newday": {}, "comment": "x" * 4097}, "comment"),
    ],
)
def test_what_is_no_event_is_refused_by_its_field(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        plan.event_from_wire(events_pb2.Event(name="e", **fields))
    assert refused.value.metadata["field"] == named


def test_seconds_are_written_when_there_are_some() -> None:
    schedule = plan.schedule_from_wire(usual_schedule(start_time="22:00:00"))
    assert schedule.start_time == time(22)
    assert plan.schedule_to_wire(LiveSchedule(schedule, None)).start_time == "22:00"
    schedule = plan.schedule_from_wire(usual_schedule(start_time="22:00:01"))
    assert plan.schedule_to_wire(LiveSchedule(schedule, None)).start_time == "22:00:01"
