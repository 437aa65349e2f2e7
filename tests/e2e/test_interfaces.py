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
        location.wait(location.restore(full.saveset, target=str(tmp_path / "back")), SECONDS)
        wait_for(lambda: told.exists() and told.read_text().count("RESTORE") == 1)
    agent.end()
    assert (tmp_path / f"back{snapshot}/file").read_bytes() == FIRST
    assert not snapshot.exists()
    lines = told.read_text().splitlines()
    assert [line for line in lines if line.isupper()] == ["BACKUP", "BACKUP", "RESTORE"]
    day = full.sesam_day.replace("-", "")
    kept = {file.name for file in (agent.root / "var/prepost" / day).iterdir()}
    assert kept == {f"docs-{day}_{job.id}.{end}" for job in (full, inc) for end in ("pre", "pos")}


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
        back = location.restore(saveset, target=str(tmp_path / "back"))
        assert location.wait(back, SECONDS).state == "ok"
        wait_for(lambda: told.exists() and "RESTORE" in told.read_text())
    assert told.read_text().startswith("BACKUP|Backup of task docs, client here: with a warning\n")
    assert (tmp_path / f"back{data}/file").read_bytes() == FIRST
