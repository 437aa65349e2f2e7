"""The programs around the life of an agent, each run as a person runs it."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sesam_api.agent_records import Part
from sesam_api.client import Location, connect
from sesam_api.records import Snapshot
from tests.e2e.agent_process import REPOSITORY, SECONDS, run

# A tar that, while the file HOLD exists, stands still in the middle of what it writes.
HELD_TAR = """#!/bin/sh
if [ ! -e "{hold}" ]; then exec /usr/bin/tar "$@"; fi
/usr/bin/tar "$@" | {{
    head -c 30000000
    echo held > "{hold}"
    while [ -e "{hold}" ]; do sleep 0.02; done
    exec cat
}}
"""
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: (.*)")


@dataclass
class Site:
    """An installation, and its programs."""

    root: Path
    directory: Path

    def call(self, program: str, *words: str) -> "subprocess.CompletedProcess[str]":
        path = f"{self.directory / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            [sys.executable, "-m", f"server_agent.commands.{program}", "--root", self.root, *words],
            cwd=REPOSITORY,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def said(self, program: str, *words: str, status: int = 0) -> list[str]:
        """The lines of its answer, without their times."""
        done = self.call(program, *words)
        assert done.returncode == status, done.stdout + done.stderr
        found = [LINE.fullmatch(line) for line in done.stdout.splitlines()]
        return [line[1] for line in found if line is not None]

    def refused(self, program: str, *words: str) -> str:
        done = self.call(program, *words)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stderr

    def status(self) -> dict[str, Any]:
        done = self.call("sm_main", "status", "--json")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def part(self, name: str) -> dict[str, Any]:
        return next(part for part in self.status()["parts"] if part["name"] == name)

    @property
    def hold(self) -> Path:
        return self.directory / "hold"

    def backup_held(self, location: Location) -> str:
        """A backup that stands still in the middle of its data; returns its job."""
        self.hold.touch()
        job = location.start_backup("docs", "FULL")
        until(lambda: bool(self.hold.read_text()))
        return job

    def go_on(self) -> None:
        self.hold.unlink()

    def location(self) -> Any:
        return connect(unix=self.root / "var/work/agent/agent.sock")


def until(look: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(SECONDS / 0.05)):
        if look():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come about")


def gone(pid: int) -> bool:
    """Waits for the end of a process that is nobody's child here."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], SECONDS)[0])
    finally:
        os.close(handle)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "root", tmp_path)
    tar = tmp_path / "bin/tar"
    tar.parent.mkdir()
    tar.write_text(HELD_TAR.format(hold=site.hold))
    tar.chmod(0o755)
    made = run(site.root, "init", "--name", "Alpha", "--host", "127.0.0.1", "--port", "0")
    assert made.returncode == 0, made.stderr
    yield site
    site.hold.unlink(missing_ok=True)
    status = site.status()
    for pid in (status["keeper_pid"], status["pid"]):
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            assert gone(pid)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    (data / "file").write_bytes(os.urandom(1 << 20) * 40)
    return data


def with_task(location: Location, data: Path) -> None:
    location.add_client("here")
    location.add_task("docs", "here", [str(data)])
    location.add_task("more", "here", [str(data.parent / "bin")])


def test_up_and_down(site: Site) -> None:
    assert "The agent does not run. Start it with: sm_startup" in site.said(
        "sm_main", "status", status=3
    )
    said = site.said("sm_startup")
    assert said[0] == "Checking the environment of Alpha"
    assert said[-1] == f"Drive Drive_1, data store Store_1 ({site.root}/store): ready"
    shown = site.said("sm_main", "status")
    assert shown[0].startswith("$Id: sesam-master ")
    assert shown[1].startswith("VERSION='server,")
    assert shown[2] == f"sm_main[{site.status()['keeper_pid']}]"
    assert shown[4].startswith("Daemons: ['qm', 'sepuler', 'db', 'rpc'")
    assert [line.split()[0] for line in shown[5:9]] == ["qm", "sepuler", "db", "rpc"]
    assert all(line.endswith("]: online") for line in shown[5:])
    again = site.said("sm_main", "start")
    assert again[0].startswith("The agent runs already, as process ")
    before = site.status()
    assert site.said("sm_shutdown") == ["The agent of Alpha has ended"]
    assert gone(before["pid"])
    assert gone(before["keeper_pid"])
    assert site.status()["state"] == "offline"
    assert site.said("sm_shutdown") == ["The agent of Alpha does not run"]


def test_an_agent_that_is_killed_at_work_comes_back(site: Site, data: Path) -> None:
    site.said("sm_startup")
    before = site.status()
    with site.location() as location:
        with_task(location, data)
        job = site.backup_held(location)
        queued = location.start_backup("more", "FULL")
    os.kill(before["pid"], signal.SIGKILL)
    site.go_on()
    until(lambda: site.status()["state"] == "online")
    assert site.status()["pid"] != before["pid"]
    assert site.status()["keeper_pid"] == before["keeper_pid"]
    with site.location() as location:
        assert location.job(job).state == "broken"
        assert location.wait(queued, SECONDS).state == "ok"
    log = (site.root / "var/log/lgc/keeper.log").read_text()
    assert "The agent was ended by SIGKILL. It is started again in 1 s" in log


def test_the_machine_goes_down_and_comes_back(site: Site, data: Path) -> None:
    """All processes are gone at once; what was queued runs at the next start."""
    site.said("sm_startup")
    before = site.status()
    with site.location() as location:
        with_task(location, data)
        job = site.backup_held(location)
        location.modify_drive(replace(location.drive("Drive_1"), active=False))
        queued = location.start_backup("more", "FULL")
    for pid in (before["keeper_pid"], before["pid"]):
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
    site.go_on()
    site.said("sm_os_startup", "start")
    with site.location() as location:
        assert location.job(job).state == "broken"
        assert location.job(queued).state == "queued"
        location.modify_drive(replace(location.drive("Drive_1"), active=True))
        assert location.wait(queued, SECONDS).state == "ok"


def test_a_keeper_that_was_killed_leaves_the_agent_to_the_next(site: Site) -> None:
    site.said("sm_startup")
    before = site.status()
    os.kill(before["keeper_pid"], signal.SIGKILL)
    assert gone(before["keeper_pid"])
    assert site.status()["keeper_pid"] is None
    site.said("sm_main", "start")
    until(lambda: site.status()["keeper_pid"] is not None)
    assert site.status()["pid"] == before["pid"]
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: site.status()["pid"] not in (None, before["pid"]))


def test_jobs_that_run_are_waited_for_or_broken_but_never_by_chance(site: Site, data: Path) -> None:
    site.said("sm_startup")
    with site.location() as location:
        with_task(location, data)
        job = site.backup_held(location)
    refused = site.refused("sm_main", "stop")
    assert "One job runs; nothing was done. Say --drain" in refused
    draining: list[list[str]] = []
    thread = threading.Thread(
        target=lambda: draining.append(site.said("sm_shutdown", "--drain")), name="draining"
    )
    thread.start()
    until(lambda: site.status()["state"] == "drain")
    with site.location() as location:
        queued = location.start_backup("more", "FULL")
        assert location.job(queued).state == "queued"
    site.go_on()
    thread.join(SECONDS)
    assert draining == [["Waiting for one job to end", "The agent of Alpha has ended"]]
    site.said("sm_startup")
    with site.location() as location:
        assert location.job(job).state == "ok"
        assert location.wait(queued, SECONDS).state == "ok"
        broken = site.backup_held(location)
    assert site.said("sm_main", "stop", "--drain", "--within", "1s")[-1].endswith("has ended")
    site.go_on()
    site.said("sm_startup")
    with site.location() as location:
        assert location.job(broken).state == "broken"


def test_one_part_begins_again(site: Site) -> None:
    site.said("sm_startup")
    pid = site.status()["pid"]
    assert site.said("sm_main", "restart", "names") == [
        "names begins again as soon as what it does just now is done"
    ]
    until(lambda: site.part("names")["restarts"] == 1)
    assert site.status()["pid"] == pid
    assert 'No part "nothing" can begin again' in site.refused("sm_main", "restart", "nothing")
    site.said("sm_main", "restart")
    assert site.status()["pid"] != pid


def test_every_part_begins_again_in_turn_under_load(site: Site, data: Path) -> None:
    site.said("sm_startup")
    with site.location() as location:
        with_task(location, data)
        held = site.backup_held(location)
        names = [part.name for part in location.agent().parts]
        assert set(names) > {"qm", "sepuler", "db", "rpc", "names"}
        with site.location() as watching:
            watch = watching.watch()
            snapshot = next(watch)
            assert isinstance(snapshot, Snapshot)
            assert {part.name: part.state for part in snapshot.agent_parts} == dict.fromkeys(
                names, "online"
            )
            for name in names:
                location.restart_part(name)
                change = next(each for each in watch if isinstance(each, Part))
                assert (change.name, change.restarts) == (name, 1)
        assert location.job(held).state == "active"
        site.go_on()
        assert location.wait(held, SECONDS).state == "ok"
        assert location.wait(location.start_backup("more", "FULL"), SECONDS).state == "ok"


def test_a_start_that_cannot_succeed_says_why(site: Site) -> None:
    ini = site.root / "var/ini/sm.ini"
    text = ini.read_text()
    ini.write_text(text.replace("host = 127.0.0.1", "host = 192.0.2.1"))
    said = site.refused("sm_startup")
    assert "The agent did not start." in said
    assert "Cannot listen on 192.0.2.1:0" in said
    assert site.status()["keeper_pid"] is None
    ini.write_text(text)
    (site.root / "var/prot").rmdir()
    assert f"The directory {site.root}/var/prot does not exist" in site.refused("sm_startup")
