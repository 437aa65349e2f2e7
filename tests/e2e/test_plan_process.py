"""The plan as its administrator meets it: a real agent that starts backups by itself, and what its
calendar says after it was killed."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.agent_process import AgentProcess

SM_CMD = Path(sys.executable).with_name("sm_cmd")
MINUTES_SECONDS = 150.0  # a schedule of minutes has started something by then
SECONDS = 20.0
HOUR = timedelta(hours=1)
REPORT = "#!/bin/sh\necho report for $SESAM_EVENT of $SESAM_DAY: $1\n"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    process = AgentProcess(tmp_path / "root", tmp_path)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "letter").write_text("Dear reader\n")
    process.start()
    yield process
    process.close()


def sm_cmd(agent: AgentProcess, *arguments: str) -> str:
    done = subprocess.run(
        (SM_CMD, "--root", agent.root, *arguments),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def calendar(agent: AgentProcess, event: str, *states: str) -> list[dict[str, Any]]:
    """What the calendar of yesterday up to tomorrow has of the event in these states."""
    today = datetime.now().astimezone().date()
    span = ("--from", str(today - timedelta(days=2)), "--to", str(today + timedelta(days=1)))
    rows = json.loads(sm_cmd(agent, "list", "calendar", *span, "--json"))
    return [row for row in rows if row["event"] == event and row["state"] in states]


def eventually(look: Callable[[], Any], seconds: float) -> Any:
    """What `look` finds, as soon as it finds something."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.25)):
        if found := look():
            return found
        pause.wait(0.25)
    raise AssertionError("it did not come about")


def add_task(agent: AgentProcess, tmp_path: Path) -> None:
    sm_cmd(agent, "add", "client", "local")
    sm_cmd(agent, "add", "task", "docs", "-c", "local", "-s", str(tmp_path / "tree"))


@pytest.mark.timeout(300)
def test_a_schedule_starts_a_backup_and_its_follow_up(agent: AgentProcess, tmp_path: Path) -> None:
    program = agent.root / "bin/sesam/report"
    program.write_text(REPORT)
    program.chmod(0o755)
    add_task(agent, tmp_path)
    sm_cmd(agent, "add", "schedule", "often", "--every", "1m")
    sm_cmd(agent, "add", "event", "tell", "--command", "report", "$(id)")
    sm_cmd(
        agent, "add", "event", "docs", "-S", "often", "-t", "docs", "-l", "I", "--follow-up", "tell"
    )
    planned = [row["planned_time"] for row in calendar(agent, "docs", "planned")]
    row = eventually(lambda: calendar(agent, "docs", "ok"), MINUTES_SECONDS)[0]
    assert row["planned_time"] in planned
    assert (row["task"], row["kind"], row["started_late"]) == ("docs", "backup", False)
    with agent.connected() as location:
        job = location.job(row["job_id"])
        assert (job.state, job.type, job.files) == ("ok", "FULL", 1)
        assert [saveset.name for saveset in location.savesets(task="docs")][-1] == job.saveset
        told = eventually(lambda: calendar(agent, "tell", "ok"), SECONDS)[0]
        lines = [line.text for line in location.protocol(location.job(told["job_id"]))]
        assert lines[1] == f"report for tell of {row['sesam_day']}: $(id)"
    assert agent.end() == 0
    assert agent.errors == ""


def was_down(agent: AgentProcess, since: datetime) -> None:
    """Makes the catalogue of a killed agent what it would be if that had died then."""
    file = agent.root / "var/db/sesam_db.sdb"
    with sqlite3.connect(file) as connection:
        columns = {"plan_state": "decided_until", "events": "change_time"}
        columns |= {"schedules": "change_time"}
        for table, column in columns.items():
            [(value,)] = connection.execute(f"SELECT {column} FROM {table} LIMIT 1").fetchall()
            assert isinstance(value, int)
            stamp = int(since.timestamp() * 1_000_000)
            connection.execute(f"UPDATE {table} SET {column} = {stamp}")
    connection.close()


@pytest.mark.timeout(240)
def test_killed_over_its_planned_times(agent: AgentProcess, tmp_path: Path) -> None:
    add_task(agent, tmp_path)
    began = datetime.now().astimezone()
    at = began - timedelta(minutes=30)
    day = (at - timedelta(days=2)).date()
    sm_cmd(agent, "add", "schedule", "hourly", "--every", "1h", "--at", f"{at:%H:%M}")
    sm_cmd(agent, "modify", "schedule", "hourly", "--from", str(day))
    sm_cmd(agent, "add", "event", "hourly docs", "-S", "hourly", "-t", "docs", "-l", "F")
    (tmp_path / "tree/big").write_bytes(os.urandom(40_000_000))
    agent.hold.touch()
    with agent.connected() as location:
        running = location.start_backup("docs", "FULL")
        eventually(agent.held.exists, SECONDS)
        queued = location.start_backup("docs", "FULL")
        assert (location.job(running).state, location.job(queued).state) == ("active", "queued")
    agent.end(signal.SIGKILL)
    agent.hold.unlink()
    was_down(agent, began.astimezone(UTC) - 3 * HOUR)
    agent.start()
    [late] = eventually(lambda: calendar(agent, "hourly docs", "ok"), SECONDS)
    missed = calendar(agent, "hourly docs", "missed")
    with agent.connected() as location:
        assert location.job(running).state == "broken"
        assert location.wait(queued, timeout=SECONDS).state == "ok"
        assert location.job(late["job_id"]).state == "ok"
    immediate = {row["job_id"]: row["state"] for row in calendar(agent, "docs", "broken", "ok")}
    assert immediate == {running.id: "broken", queued.id: "ok"}
    minute = at.replace(second=0, microsecond=0)
    assert (moment_of(late), late["started_late"]) == (minute, True)
    assert [moment_of(row) for row in missed] == [minute - 2 * HOUR, minute - HOUR]
    assert {row["cause"] for row in missed} == {"overtaken"}
    assert all(row["job_id"] is None for row in missed)
    assert agent.end() == 0


def moment_of(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["planned_time"])
