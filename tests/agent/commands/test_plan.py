"""Schedules, events, groups, drives and the calendar with `sm_cmd`."""

import argparse
import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from server_agent.commands import plan_words
from server_agent.commands.answer import CommandError
from sesam_api.v1 import calendar_pb2, events_pb2, jobs_pb2, schedules_pb2
from tests.agent.commands.conftest import SmCmd
from tests.fakes.agent_server import FakeAgent

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--rule", "FREQ=WEEKLY;BYDAY=MO,TU"], "FREQ=WEEKLY;BYDAY=MO,TU"),
        (["--daily"], "FREQ=DAILY"),
        (["--every", "15m"], "FREQ=MINUTELY;INTERVAL=15"),
        (["--every", "2h"], "FREQ=HOURLY;INTERVAL=2"),
        (["--every", "3d"], "FREQ=DAILY;INTERVAL=3"),
        (["--weekly", "mon,Fri"], "FREQ=WEEKLY;BYDAY=MO,FR"),
        (["--monthly", "1"], "FREQ=MONTHLY;BYMONTHDAY=1"),
        (["--monthly", "last"], "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (["--monthly", "last-fri"], "FREQ=MONTHLY;BYDAY=-1FR"),
        (["--monthly", "first-mon"], "FREQ=MONTHLY;BYDAY=1MO"),
        (["--once", "2026-12-24"], ""),
    ],
)
def test_easy_words_for_rules(
    sm_cmd: SmCmd, agent: FakeAgent, options: list[str], rule: str
) -> None:
    result = sm_cmd("add", "schedule", "s", "--at", "22:00", *options)
    assert result.out == 'STATUS=SUCCESS MSG="s"\n'
    schedule = agent.location.schedules["s"]
    assert (schedule.rule, schedule.start_time, schedule.active) == (rule, "22:00:00", True)
    assert list(schedule.dates) == (["2026-12-24"] if "--once" in options else [])


def test_all_of_a_schedule(sm_cmd: SmCmd, agent: FakeAgent, tmp_path: Path) -> None:
    sm_cmd(
        *("add", "schedule", "s", "--monthly", "last-fri", "--at", "22:30", "--offset", "-3"),
        *("--from", "2026-03-01", "--to", "2026-12-31", "--window", "4h", "--off"),
        *("--dates", "2026-05-01,2026-05-02", "--dates", "2026-06-01", "--comment", "c"),
    )
    schedule = agent.location.schedules["s"]
    assert (schedule.offset_days, schedule.start_date, schedule.end_date) == (
        -3,
        "2026-03-01",
        "2026-12-31",
    )
    assert (schedule.window.seconds, schedule.active, schedule.comment) == (4 * 3600, False, "c")
    assert list(schedule.dates) == ["2026-05-01", "2026-05-02", "2026-06-01"]

    assert sm_cmd("modify", "schedule", "s", "--to", "", "--window", "", "--on").status == 0
    schedule = agent.location.schedules["s"]
    assert (schedule.HasField("end_date"), schedule.HasField("window")) == (False, False)
    assert (schedule.active, schedule.rule, schedule.start_time) == (
        True,
        "FREQ=MONTHLY;BYDAY=-1FR",
        "22:30:00",
    )
    file = tmp_path / "days.ics"
    file.write_text("2026-07-01")
    assert sm_cmd("modify", "schedule", "s", "--ics", str(file)).status == 0
    assert list(agent.location.schedules["s"].dates) == ["2026-07-01"]
    assert sm_cmd("show", "schedule", "s", "--ics").out == "2026-07-01"
    missing = sm_cmd("modify", "schedule", "s", "--ics", str(tmp_path / "none"))
    assert "cannot be read: No such file or directory" in missing.out
    assert "nothing to change" in sm_cmd("modify", "schedule", "s", "--on").out


def test_an_interval_has_its_first_and_last_time(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    sm_cmd("add", "schedule", "s", "--every", "15m", "--at", "08:00", "--until", "18:00")
    schedule = agent.location.schedules["s"]
    assert (schedule.start_time, schedule.until_time) == ("08:00:00", "18:00:00")
    sm_cmd("modify", "schedule", "s", "--until", "")
    assert not agent.location.schedules["s"].HasField("until_time")
    assert sm_cmd("add", "schedule", "t", "--every", "15m").status == 0


def test_what_is_no_event_is_not_cancelled(sm_cmd: SmCmd) -> None:
    assert 'There is no event \\"nope\\"' in sm_cmd("cancel", "--event", "nope").out
    assert "Event 17 has no start planned" in sm_cmd("cancel", "--event", "17").out


def test_the_usage_of_the_verb_is_shown_for_what_it_does_not_know(sm_cmd: SmCmd) -> None:
    result = sm_cmd("add", "schedule", "s", "--daily", "--begin", "22:00")
    assert result.status == 1
    assert "unrecognized arguments: --begin 22:00" in result.out
    assert result.err.startswith("usage: sm_cmd add schedule ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--daily"], "Give it with --at"),
        (["--daily", "--at", "25:00"], "no time of day such as 22:00"),
        (["--daily", "--once", "2026-12-24", "--at", "22:00"], "not allowed with"),
        (["--weekly", "monday", "--at", "22:00"], "none of mon, tue"),
        (["--monthly", "32", "--at", "22:00"], "no day of a month"),
        (["--every", "5x"], "no interval such as 15m"),
        (["--once", "24.12.2026", "--at", "22:00"], "no date such as"),
        (["--dates", "24.12.2026", "--at", "22:00"], "no date such as"),
        (["--daily", "--at", "22:00", "--window", "long"], "no duration such as"),
    ],
)
def test_what_is_no_schedule_is_said(sm_cmd: SmCmd, options: list[str], said: str) -> None:
    result = sm_cmd("add", "schedule", "s", *options)
    assert (result.status, result.out.startswith("STATUS=ERROR")) == (1, True)
    assert said in result.out


def test_a_schedule_is_shown_with_its_next_starts(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    sm_cmd("add", "schedule", "s", "--daily", "--at", "22:00", "--from", "2026-03-01")
    start = schedules_pb2.Start(sesam_day="2026-03-04")
    start.time.FromDatetime(datetime(2026, 3, 4, 21, tzinfo=UTC))
    agent.location.starts = [start]
    agent.location.remarks = [schedules_pb2.SCHEDULE_REMARK_NO_EVENT]
    rows = sm_cmd("show", "schedule", "s").rows
    assert ["start_time", "22:00:00"] in rows
    assert rows[-4:] == [
        ["remarks", "no_event"],
        [""],
        ["time", "sesam_day", "clock_change"],
        ["2026-03-04T22:00:00+01:00", "2026-03-04", "False"],
    ]
    record = json.loads(sm_cmd("show", "schedule", "s", "--json").out)
    assert (record["start_date"], record["start_time"], record["window"]) == (
        "2026-03-01",
        "22:00:00",
        None,
    )
    assert sm_cmd("list", "schedules").rows[1][:3] == ["s", "True", "FREQ=DAILY"]


def test_events(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    sm_cmd("add", "schedule", "s", "--daily", "--at", "22:00")
    added = sm_cmd(
        *("add", "event", "e", "-S", "s", "-t", "docs", "-l", "F", "--priority", "9"),
        *("--blocking", "--drive", "D", "--follow-up", "f"),
    )
    assert added.out == 'STATUS=SUCCESS MSG="e"\n'
    event = agent.location.events["e"]
    assert (event.backup.task, event.backup.type, event.backup.drive) == (
        "docs",
        jobs_pb2.BACKUP_TYPE_FULL,
        "D",
    )
    assert (event.schedule, event.priority, event.blocking, event.follow_up, event.active) == (
        "s",
        9,
        True,
        "f",
        True,
    )
    changed = sm_cmd(
        *("modify", "event", "e", "-g", "g", "-l", "I", "--follow-up", "", "--off"),
        "--not-blocking",
    )
    assert changed.status == 0
    event = agent.location.events["e"]
    assert (event.backup.WhichOneof("object"), event.backup.group) == ("group", "g")
    assert (event.follow_up, event.active, event.blocking) == ("", False, False)

    sm_cmd("add", "event", "r", "--restore", "docs", "--target", "/t", "-f", "/a", "-f", "/b\udcff")
    assert list(agent.location.events["r"].restore.paths) == [b"/a", b"/b\xff"]
    assert agent.location.events["r"].restore.overwrite == jobs_pb2.OVERWRITE_RULE_IF_OLDER
    sm_cmd("modify", "event", "r", "--overwrite", "never")
    assert agent.location.events["r"].restore.overwrite == jobs_pb2.OVERWRITE_RULE_NEVER
    sm_cmd("modify", "event", "r", "--comment", "x")
    assert agent.location.events["r"].restore.overwrite == jobs_pb2.OVERWRITE_RULE_NEVER
    sm_cmd("add", "event", "c", "-S", "s", "--command", "prog", "-x", "--root", "a b")
    command = agent.location.events["c"].command
    assert (command.program, list(command.arguments)) == ("prog", ["-x", "--root", "a b"])
    assert [row[0] for row in sm_cmd("list", "events").rows] == ["name", "c", "e", "r"]
    assert ["group", "g"] in sm_cmd("show", "event", "e").rows
    assert "used by events" in sm_cmd("remove", "schedule", "s").out
    for name in ("e", "r", "c"):
        assert sm_cmd("remove", "event", name).status == 0
    assert sm_cmd("remove", "schedule", "s").out == 'STATUS=SUCCESS MSG="s"\n'


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-t", "docs"], "-l F, -l D, -l I or -l C"),
        (["--restore", "docs"], "--target DIR"),
        (["--command"], "the name of a program"),
        (["-t", "docs", "-l", "I", "--overwrite", "never"], "--overwrite is of a restore"),
        (["--prove", "docs", "--max-bytes", "5", "--pool", "P"], "--pool is of a backup or migr"),
        (["--restore", "docs", "--target", "/t", "--quick"], "this event is a restore"),
        ([], "one of the arguments"),
        (["-t", "docs", "-g", "g", "-l", "F"], "not allowed with"),
        (["-t", "docs", "-l", "F", "-S", "x"], 'There is no schedule \\"x\\"'),
    ],
)
def test_what_is_no_event_is_said(sm_cmd: SmCmd, options: list[str], said: str) -> None:
    result = sm_cmd("add", "event", "e", *options)
    assert result.status == 1
    assert said in result.out


def test_groups_and_drives(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    assert sm_cmd("add", "group", "g", "-t", "docs,mail").status == 0
    sm_cmd("modify", "group", "g", "-t", "docs", "--comment", "c")
    assert sm_cmd("list", "groups").rows[1] == ["g", "docs", "c"]
    assert ["tasks", "docs"] in sm_cmd("show", "group", "g").rows
    sm_cmd("remove", "group", "g")
    assert sm_cmd("add", "drive", "D", "--streams", "4").status == 0
    sm_cmd("modify", "drive", "D", "--off")
    assert sm_cmd("list", "drives").rows[1] == ["D", "4", "False", "", "Drives", "Store_1"]
    assert ["streams", "4"] in sm_cmd("show", "drive", "D").rows
    sm_cmd("remove", "drive", "D")
    assert (agent.location.groups, agent.location.drives) == ({}, {})


def test_a_backup_of_a_group_and_one_later(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.put_task("mail", "local", [b"/srv/mail"])
    sm_cmd("add", "group", "g", "-t", "docs,mail")
    result = sm_cmd("backup", "-G", "g", "-l", "F", "--priority", "5", "--drive", "D")
    assert result.out == 'STATUS=SUCCESS MSG="1,2"\n'
    assert {(job.priority, job.drive) for job in agent.location.jobs.values()} == {(5, "D")}
    result = sm_cmd("backup", "docs", "-l", "I", "--at", "2030-12-24T22:00")
    assert result.status == 0
    [*_, (_, request)] = [call for call in agent.calls if call[0] == "StartBackup"]
    assert request.start_time.ToJsonString() == "2030-12-24T21:00:00Z"
    assert len(agent.location.jobs) == 2
    agent.location.endings = [jobs_pb2.JOB_STATE_OK] * 2
    both = sm_cmd("backup", "-G", "g", "-l", "F", "--wait").out
    assert both.count("SF2025") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-l", "F"], "Give the name of a task, or of a group"),
        (["docs", "-G", "g", "-l", "F"], "Give the name of a task, or of a group"),
        (["docs", "-l", "F", "--at", "noon"], "22:00, or 2026-12-24T22:00"),
        (["docs", "-l", "F", "--at", "22:00", "--wait"], "do not go together"),
    ],
)
def test_a_backup_that_cannot_be_started_is_said(
    sm_cmd: SmCmd, words: list[str], said: str
) -> None:
    result = sm_cmd("backup", *words)
    assert (result.status, said in result.out) == (1, True)


def occurrence(day: str, hour: int, state: int) -> calendar_pb2.Occurrence:
    message = calendar_pb2.Occurrence(
        event="e", kind=events_pb2.EVENT_KIND_BACKUP, task="docs", sesam_day=day, state=state
    )
    message.planned_time.FromDatetime(
        datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=hour)
    )
    return message


def test_the_calendar_by_sesam_days(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    planned = calendar_pb2.OCCURRENCE_STATE_PLANNED
    agent.location.occurrences = [
        occurrence("2025-02-28", 21, calendar_pb2.OCCURRENCE_STATE_OK),
        occurrence("2025-03-01", 21, calendar_pb2.OCCURRENCE_STATE_MISSED),
        occurrence("2025-03-01", 26, planned),
        occurrence("2025-03-08", 21, planned),
        occurrence("2025-03-09", 21, planned),
    ]
    rows = sm_cmd("list", "calendar").rows
    assert [row[1] for row in rows[1:]] == ["2025-03-01", "2025-03-01", "2025-03-08"]
    assert rows[1][:5] == ["2025-03-01T22:00:00+01:00", "2025-03-01", "missed", "backup", "e"]
    days = ("--from", "2025-02-28", "--to", "2025-02-28")
    [record] = json.loads(sm_cmd("list", "calendar", *days, "--json").out)
    assert (record["state"], record["sesam_day"]) == ("ok", "2025-02-28")
    assert len(sm_cmd("list", "calendar", "--task", "mail").rows) == 1
    wrong = sm_cmd("list", "calendar", "--to", "2025-02-01")
    assert (wrong.status, "is before 2025-03-01" in wrong.out) == (1, True)


def test_times_on_the_command_line() -> None:
    now = datetime(2026, 3, 28, 13, tzinfo=BERLIN)
    assert plan_words.moment("22:00", now) == datetime(2026, 3, 28, 22, tzinfo=BERLIN)
    assert plan_words.moment("12:00", now).astimezone(UTC) == datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert plan_words.moment("2026-12-24T22:00Z", now) == datetime(2026, 12, 24, 22, tzinfo=UTC)
    with pytest.raises(CommandError):
        plan_words.moment("2026-13-24T22:00", now)
    assert plan_words.clock_time("22:00:05") == time(22, 0, 5)
    assert plan_words.duration("90m") == timedelta(minutes=90)
    for wrong in ("0m", "1w", "-1h"):
        with pytest.raises(argparse.ArgumentTypeError):
            plan_words.duration(wrong)


def test_what_is_planned_is_taken_back(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    sm_cmd("add", "schedule", "s", "--daily", "--at", "22:00")
    sm_cmd("add", "event", "e", "-S", "s", "-t", "docs", "-l", "F")
    event_id = agent.location.events["e"].event_id
    agent.location.occurrences = [
        calendar_pb2.Occurrence(
            event_id=each, event="e", state=calendar_pb2.OCCURRENCE_STATE_PLANNED
        )
        for each in (event_id, event_id, "1000")
    ]
    for number, entry in enumerate(agent.location.occurrences):
        entry.planned_time.FromDatetime(datetime(2030, 12, 24 + number, 21, tzinfo=UTC))
    first = sm_cmd("cancel", "--event", "e", "--at", "2030-12-25T22:00")
    assert first.out == 'STATUS=SUCCESS MSG="2030-12-25T22:00:00+01:00"\n'
    assert "2030-12-24T22:00" in sm_cmd("cancel", "--event", "e").out
    assert "2030-12-26T22:00" in sm_cmd("cancel", "--event", "1000").out
    assert "Event 1000 has no start planned." in sm_cmd("cancel", "--event", "1000").out


@pytest.mark.parametrize("words", [[], ["1", "--event", "e"], ["1", "--at", "22:00"]])
def test_what_to_cancel_has_to_be_clear(sm_cmd: SmCmd, words: list[str]) -> None:
    result = sm_cmd("cancel", *words)
    assert result.status == 1
    assert "--event" in result.out
