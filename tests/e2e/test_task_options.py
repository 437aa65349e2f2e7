"""The options of a task, through sm_cmd and the Python client, by a real agent on real files."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.records import Job, TaskOptions
from tests.e2e.agent_process import SECONDS, AgentProcess

SM_CMD = Path(sys.executable).with_name("sm_cmd")
SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n"

# A file grows behind the scan and before it is read, as a log does.
LATE_TAR = """#!/bin/sh
echo one more line >> "{log}"
exec /usr/bin/tar "$@"
"""


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "root", tmp_path)
    try:
        yield agent
    finally:
        agent.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    for name in ("a.log", "b.txt", "c.bak", "cache/x", "build/o"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(name)
    (data / "cache/CACHEDIR.TAG").write_text(SIGNATURE)
    return data


def sm_cmd(agent: AgentProcess, *words: str) -> str:
    command = (SM_CMD, "--root", agent.root, *words)
    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    return ended.stdout


def backed_up(location: Location) -> Job:
    return location.wait(location.start_backup("docs", "FULL"), SECONDS)


def files(location: Location, job: Job, data: Path) -> set[str]:
    found: set[str] = set()
    pending = [os.fsencode(data)]
    while pending:
        for entry in location.entries(job.saveset, pending.pop()):
            if entry.kind == "directory":
                pending.append(entry.path)
            else:
                found.add(os.fsdecode(os.path.relpath(entry.path, os.fsencode(data))))
    return found


def protocol(location: Location, job: Job, code: str) -> list[str]:
    return [line.text for line in location.protocol(job) if line.code == code]


def test_what_is_left_out(tmp_path: Path, agent: AgentProcess, data: Path) -> None:
    excludes = tmp_path / "excludes"
    agent.start()
    with agent.connected() as location:
        location.add_client("here")
        options = TaskOptions(exclude_kind="regex", exclude_file=os.fsencode(excludes))
        location.add_task("docs", "here", [str(data)], [r"\.bak$"], options=options)

        missing = backed_up(location)
        assert missing.state == "error"
        assert f'exclude file "{excludes}" cannot be read: No such file' in missing.message
        assert missing.saveset == ""

        excludes.write_text("# what can be made again\n/build$\n")
        answer = sm_cmd(agent, "modify", "task", "docs", "--skip-cache-directories")
        assert answer == 'STATUS=SUCCESS MSG="docs"\n'
        job = backed_up(location)
        assert job.state == "ok"
        assert files(location, job, data) == {"a.log", "b.txt", "cache/CACHEDIR.TAG"}
        assert protocol(location, job, "OPTIONS") == [
            f'Options: excludes are regular expressions; more excludes come from "{excludes}" on'
            " the client; what lies beside a CACHEDIR.TAG is left out"
        ]
        assert protocol(location, job, "CACHE_DIRECTORIES") == [
            f'1 entry beside a CACHEDIR.TAG left out: "{data}/cache"'
        ]

        with pytest.raises(SesamError, match="POSIX"):
            location.modify_task("docs", excludes=[r"\d+"])
        assert r"digits are [0-9]" in sm_cmd(agent, "modify", "task", "docs", "-x", r"\\d+")


def test_a_file_that_grows(tmp_path: Path, agent: AgentProcess, data: Path) -> None:
    (tmp_path / "bin/tar").write_text(LATE_TAR.format(log=data / "a.log"))
    agent.start()
    with agent.connected() as location:
        location.add_client("here")
        location.add_task("docs", "here", [str(data)])
        job = backed_up(location)
        assert job.state == "warning"
        assert job.message == "1 of 6 files were not saved whole"
        [said] = protocol(location, job, "CHANGED_BEFORE_READ")
        assert f'"{data}/a.log" had 5 bytes when it was found and 19 when it was read' in said

        changed = sm_cmd(agent, "modify", "task", "docs", "--accept-size-change", r"\.log$")
        assert changed == 'STATUS=SUCCESS MSG="docs"\n'
        job = backed_up(location)
        assert (job.state, job.message) == ("ok", "")
        assert len(protocol(location, job, "SIZE_ACCEPTED")) == 1
        location.wait(location.restore(job.saveset, target=str(tmp_path / "back")), SECONDS)
        restored = Path(f"{tmp_path}/back{data}/a.log")
        assert restored.read_text() == "a.log" + "one more line\n" * 2

        task = next(task for task in location.tasks() if task.name == "docs")
        other = replace(task.options, accept_size_change=("nothing",))
        location.modify_task("docs", options=other)
        assert backed_up(location).state == "warning"
