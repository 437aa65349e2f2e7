"""Finding files in what a real agent has saved."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sesam_api.client import Location
from tests.e2e.agent_process import SECONDS, AgentProcess

ODD = b"caf\xe9\nlist.TXT"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "sesam", tmp_path)
    try:
        agent.start()
        yield agent
    finally:
        agent.close()


@pytest.fixture
def source(tmp_path: Path) -> bytes:
    source = os.fsencode(tmp_path) + b"/documents"
    os.makedirs(source + b"/old")
    for name in (b"letter.txt", b"old/letter.txt", ODD):
        with open(source + b"/" + name, "wb") as file:
            file.write(b"first")
    return source


def saved(location: Location, kind: str) -> str:
    return location.wait(location.start_backup("documents", kind), SECONDS).saveset


def until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(SECONDS / 0.05)):
        if condition():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come about")


def until_indexed(location: Location) -> None:
    """Asking has the agent look."""
    until(lambda: not location.find_files("x").unindexed.total)


def found(location: Location, text: str) -> list[bytes]:
    return [file.path for file in location.find_files(text)]


def test_files_are_found_followed_and_compared(agent: AgentProcess, source: bytes) -> None:
    with agent.connected() as location:
        location.add_client("fs-01")
        location.add_task("documents", "fs-01", [source])
        full = saved(location, "FULL")
        with open(source + b"/letter.txt", "wb") as file:
            file.write(b"second version")
        os.unlink(source + b"/old/letter.txt")
        inc = saved(location, "INC")
        until_indexed(location)

        assert found(location, "letter") == [source + b"/letter.txt", source + b"/old/letter.txt"]
        assert found(location, "*.txt") == [source + b"/" + ODD, *found(location, "letter")]
        assert found(location, "old/*") == [source + b"/old/letter.txt"]
        assert found(location, "\\xe9\\nlist") == [source + b"/" + ODD]
        [changed, removed] = location.find_files("letter")
        assert (changed.size, changed.versions, changed.saveset) == (14, 2, inc)
        assert (removed.size, removed.versions, removed.saveset) == (5, 1, full)

        new, old = location.versions("fs-01", source + b"/letter.txt")
        assert [(one.saveset, one.home) for one in new.holders] == [(inc, inc)]
        assert [(one.saveset, one.home) for one in old.holders] == [(full, full)]
        [same] = location.versions("fs-01", source + b"/" + ODD)
        assert [(one.saveset, one.home) for one in same.holders] == [(inc, full), (full, full)]

        told = [(one.change, one.path, one.aspects) for one in location.compare(full, inc)]
        assert [one[:2] for one in told if one[1] not in (source, source + b"/old")] == [
            ("changed", source + b"/letter.txt"),
            ("removed", source + b"/old/letter.txt"),
        ]
        assert ("changed", source + b"/letter.txt", ("size", "time")) in told
        assert location.entry(inc, source + b"/" + ODD).home == full


def test_a_deleted_saveset_is_not_found_any_more(agent: AgentProcess, source: bytes) -> None:
    with agent.connected() as location:
        location.add_client("fs-01")
        location.add_task("documents", "fs-01", [source])
        old = saved(location, "FULL")
        os.unlink(source + b"/old/letter.txt")
        new = saved(location, "FULL")
        until_indexed(location)
        assert len(found(location, "letter")) == 2
        location.delete_savesets([old])
        assert found(location, "letter") == [source + b"/letter.txt"]
        [version] = location.versions("fs-01", source + b"/letter.txt")
        assert [one.saveset for one in version.holders] == [new]


@pytest.mark.parametrize("loss", ["kill", "missing", "damaged"])
def test_the_next_agent_finds_them_too(agent: AgentProcess, source: bytes, loss: str) -> None:
    with agent.connected() as location:
        location.add_client("fs-01")
        location.add_task("documents", "fs-01", [source])
        full = saved(location, "FULL")
        if loss != "kill":
            until_indexed(location)
    agent.end(signal.SIGKILL)
    names = agent.root / "var/db/names.db"
    if loss == "missing":
        for file in names.parent.glob("names.db*"):
            file.unlink()
    elif loss == "damaged":
        for file in names.parent.glob("names.db*"):
            file.write_bytes(b"no database at all" * 1000)
    agent.start()
    with agent.connected() as location:
        until_indexed(location)
        [file, _] = location.find_files("letter")
        assert (file.path, file.saveset) == (source + b"/letter.txt", full)
        job = location.job(location.wait(location.start_backup("documents", "INC"), SECONDS))
        assert job.state == "ok"
