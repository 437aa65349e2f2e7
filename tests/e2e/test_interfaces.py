"""Interface programs of a real agent: real scripts, real backups, and a kill in the middle."""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.records import Job
from tests.e2e.agent_process import SECONDS, AgentProcess

FIRST = b"as it was"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "root", tmp_path)
    yield agent
    agent.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data, with a comma"
    data.mkdir()
    (data / "file").write_bytes(FIRST)
    return data


def put(agent: AgentProcess, name: str, script: str) -> None:
    program = agent.root / "bin/sesam" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def wait_for(look: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(SECONDS / 0.02)):
        if look():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come about")


def runs(pid: int) -> bool:
    """One that has ended and is not waited for does not run."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def add_task(location: Location, data: Path) -> None:
    location.add_client("here")
    location.add_task("docs", "here", [str(data)])


def backed_up(location: Location) -> Job:
    return location.wait(location.start_backup("docs", "INC"), SECONDS)


def said(location: Location, job: Job, part: str) -> list[str]:
    return [line.text for line in location.protocol(job, part)]


def test_a_snapshot_is_saved_in_place_of_the_data(
    tmp_path: Path, agent: AgentProcess, data: Path
) -> None:
    """PRE copies the data and gives the copy as the source; what changes behind it is not saved."""
    snapshot, live = tmp_path / "snapshot", data / "file"
    put(
        agent,
        "sbc_pre",
        f'rm -rf "{snapshot}" && cp -a "{data}" "{snapshot}" && echo changed > "{live}"\n'
        f'printf "%s\\n" "$@"\necho "STATUS:OK BACKUP_SRC={snapshot}"',
    )
    put(agent, "sbc_post", f'rm -rf "{snapshot}"; echo "$6 $1"; echo STATUS:OK')
    shutil.copy(agent.root / "skel/templates/sm_alarm", agent.root / "bin/sesam/sm_alarm")
    told = tmp_path / "told"
    put(agent, "sm_notify", f'printf "%s\\n" "$1" "$2" >> "{told}"')
    agent.start()
    with agent.connected() as location:
        add_task(location, data)
        full = backed_up(location)
        assert (full.state, full.message) == ("ok", "No base: made a FULL, the first of this task")
        arguments = said(location, full, "pre")
        assert arguments[0] == str(data).replace(",", "\\,")
        assert arguments[4:7] == ["full", "1", full.saveset]
        assert said(location, full, "post") == [f"1 {snapshot}", "STATUS:OK", "sbc_post is OK"]
        inc = backed_up(location)
        assert (inc.type, inc.state, inc.message) == ("INC", "ok", "")
        back = location.restore(full.saveset, str(tmp_path / "back"), without_interfaces=True)
        location.wait(back, SECONDS)
        wait_for(lambda: told.exists() and told.read_text().count("RESTORE") == 1)
    agent.end()
    assert (tmp_path / f"back{snapshot}/file").read_bytes() == FIRST
    assert not snapshot.exists()
    lines = told.read_text().splitlines()
    assert [line for line in lines if line.isupper()] == ["BACKUP", "BACKUP", "RESTORE"]
    day = full.sesam_day.replace("-", "")
    kept = {file.name for file in (agent.root / "var/prepost" / day).iterdir()}
    assert kept == {
        f"docs-{day}_{number:03}_{job.id}.{end}"
        for number, job in enumerate((full, inc), 1)
        for end in ("pre", "pos")
    }


def test_a_restore_has_its_pre_and_post(tmp_path: Path, agent: AgentProcess, data: Path) -> None:
    agent.start()
    with agent.connected() as location:
        add_task(location, data)
        full = backed_up(location)
        put(agent, "sbc_pre", 'printf "%s\\n" "$@" "$SESAM_ACTION $SESAM_TARGET"; echo STATUS:OK')
        put(agent, "sbc_post", 'echo "$5 $6 $9"; echo "STATUS:ERROR it does not start"')
        target = tmp_path / "back"
        dry = location.wait(location.restore(full.saveset, str(target), dry_run=True), SECONDS)
        assert (dry.state, said(location, dry, "pre")) == ("ok", [])
        job = location.wait(location.restore(full.saveset, str(target)), SECONDS)
        told = said(location, job, "pre")
        assert told[2:7:2] == ["docs", "restore", full.saveset]
        assert f"RESTORE {target}" in told
        assert said(location, job, "post")[0] == f"R 1 {full.saveset}"
        assert (job.state, job.message) == (
            "warning",
            "POST: sbc_post reported an error: it does not start",
        )
        assert (tmp_path / f"back{data}/file").read_bytes() == FIRST
        put(agent, "sbc_pre", 'echo "STATUS:ERROR the database runs"')
        refused = location.wait(location.restore(full.saveset, f"{target}2"), SECONDS)
        assert refused.state == "error"
        assert "nothing was restored: sbc_pre reported an error" in refused.message
        assert not (tmp_path / "back2").exists()


def test_a_cancel_ends_pre_and_all_that_it_has_started(
    tmp_path: Path, agent: AgentProcess, data: Path
) -> None:
    pids = tmp_path / "pids"
    put(agent, "sbc_pre", f'sleep 1000 & echo $! $$ > "{pids}.new"; mv "{pids}.new" "{pids}"; wait')
    agent.start()
    with agent.connected() as location:
        add_task(location, data)
        job = location.start_backup("docs", "FULL")
        wait_for(pids.exists)
        location.cancel(job)
        assert location.wait(job, SECONDS).state == "cancelled"
        assert list(location.savesets()) == []
    for pid in pids.read_text().split():
        wait_for(lambda pid=int(pid): not runs(pid))  # type: ignore[misc]


def test_a_kill_in_post_keeps_the_saveset_and_is_told(
    tmp_path: Path, agent: AgentProcess, data: Path
) -> None:
    pid = tmp_path / "pid"
    put(agent, "sbc_post", f'echo begun; echo $$ > "{pid}.new"; mv "{pid}.new" "{pid}"; sleep 1000')
    told = tmp_path / "told"
    put(agent, "sm_notify", f'printf "%s|" "$1" "$2" >> "{told}"')
    agent.start()
    try:
        with agent.connected() as location:
            add_task(location, data)
            job = location.start_backup("docs", "FULL")
            wait_for(pid.exists)
            assert location.job(job).state == "active"
        agent.end(signal.SIGKILL)
    finally:
        os.killpg(int(pid.read_text()), signal.SIGKILL)
    agent.start()
    with agent.connected() as location:
        ended = location.job(job)
        assert ended.state == "warning"
        assert ended.message.startswith("POST: it did not end before the agent stopped; ")
        assert said(location, ended, "post") == ["begun"]
        [saveset] = location.savesets()
        assert saveset.name == ended.saveset
        back = location.restore(saveset, str(tmp_path / "back"), without_interfaces=True)
        assert location.wait(back, SECONDS).state == "ok"
        wait_for(lambda: told.exists() and "RESTORE" in told.read_text())
    assert told.read_text().startswith("BACKUP|Backup of task docs, client here: with a warning\n")
    assert (tmp_path / f"back{data}/file").read_bytes() == FIRST


def test_the_last_run_of_each_is_told_and_outlasts_a_kill(
    agent: AgentProcess, data: Path, tmp_path: Path
) -> None:
    put(agent, "sbc_pre", 'echo "for $3"; echo STATUS:OK')
    put(agent, "sm_notify", 'echo "$2"; exit 3')
    post = agent.root / "bin/sesam/sbc_post"
    post.write_text("#!/bin/sh\n")
    agent.start()
    with agent.connected() as location:
        add_task(location, data)
        job = backed_up(location)
        assert job.state == "warning"
        wait_for(lambda: location.interfaces()[2].end_time is not None)
        before = location.interfaces()
        pre, called, notify, alarm, disaster = before
        assert (pre.state, pre.outcome, pre.output) == ("on", "ok", b"for docs\nSTATUS:OK\n")
        assert (pre.job, pre.task, pre.client) == (job.id, "docs", "here")
        assert (called.state, called.outcome) == ("unusable", "failed")
        assert called.fault.endswith(f"Run: chmod +x {post}")
        assert (notify.outcome, notify.exit_status, notify.module) == ("failed", 3, "BACKUP")
        assert notify.output is not None
        assert notify.output.startswith(b"Backup of task docs")
        assert [alarm.state, disaster.state] == ["off", "off"]
        assert alarm.start_time is None
        # What is copied as its page says is on.
        shutil.copy2(os.fsdecode(alarm.template), os.path.dirname(os.fsdecode(alarm.path)))
        assert location.interfaces()[3].state == "on"
    agent.end(signal.SIGKILL)
    agent.start()
    with agent.connected() as location:
        assert location.interfaces()[:3] == before[:3]
    agent.end()
