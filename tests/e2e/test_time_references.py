"""Time-stamp files and archive bits, by a real agent on real files."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.records import Job, TaskOptions
from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.test_finding import until
from tests.e2e.test_task_options import protocol, sm_cmd

ATTRIBUTE = "user.DOSATTRIB"
MARKED = bytes.fromhex("00000500050000001100000020000000f6f21e88957bdd01")  # as Samba writes it
PLAIN = bytes.fromhex("00000500050000001100000000000000f6f21e88957bdd01")


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
    data.mkdir()
    for name in ("a", "b", "c"):
        (data / name).write_text(name)
    return data


def backed_up(location: Location, kind: str) -> Job:
    return location.wait(location.start_backup("docs", kind), SECONDS)


def rewritten(path: Path, text: str) -> None:
    """With another text of the same size, and the time that it had: only its bit tells."""
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_time_stamp_file_that_is_lost(agent: AgentProcess, data: Path) -> None:
    stamps = agent.root / "var/stamps"
    agent.start()
    with agent.connected() as location:
        location.add_client("here")
        location.add_task("docs", "here", [str(data)])
        answer = sm_cmd(agent, "modify", "task", "docs", "--time-reference", "time-stamp-file")
        assert answer == 'STATUS=SUCCESS MSG="docs"\n'
        full = backed_up(location, "FULL")
        until(lambda: {path.suffix for path in stamps.glob("*")} == {".full", ".last"})
        assert {path.read_text() for path in stamps.iterdir()} == {f"{full.saveset}\n"}
        inc = backed_up(location, "INC")
        assert (inc.type, inc.state, inc.message) == ("INC", "ok", "")

        # As long as the stamp is younger than all files, nothing is saved but what differs.
        [last] = stamps.glob("*.last")
        until(lambda: last.read_text() == f"{inc.saveset}\n")
        later = last.stat().st_mtime_ns + 3_600_000_000_000
        os.utime(last, ns=(later, later))
        (data / "a").write_text("another size")
        assert backed_up(location, "INC").files == 1

        for path in stamps.iterdir():
            path.unlink()
        again = backed_up(location, "DIFF")
        assert (again.type, again.state, again.files) == ("FULL", "ok", 3)
        assert again.message == "No time stamp: made a FULL"
        [said] = protocol(location, again, "NO_TIME_STAMP")
        assert said == "Everything is saved, by a FULL: there is no time stamp of the last backup"


def test_archive_bits(agent: AgentProcess, data: Path) -> None:
    def bits() -> list[bytes]:
        return [os.getxattr(data / name, ATTRIBUTE) for name in ("a", "b", "c")]

    def cleared(job: Job) -> Callable[[], bool]:
        return lambda: bool(protocol(location, job, "ARCHIVE_BITS"))

    for name in ("a", "b", "c"):
        try:
            os.setxattr(data / name, ATTRIBUTE, MARKED)
        except OSError:
            pytest.skip("the file system of the tests has no extended attributes")
    agent.start()
    with agent.connected() as location:
        location.add_client("here")
        options = TaskOptions(time_reference="archive_bit")
        location.add_task("docs", "here", [str(data)], options=options)
        copy = backed_up(location, "COPY")
        assert (copy.files, bits()) == (3, [MARKED] * 3)
        full = backed_up(location, "FULL")
        until(cleared(full))
        assert bits() == [PLAIN] * 3
        assert backed_up(location, "INC").files == 0

        rewritten(data / "b", "B")
        assert backed_up(location, "INC").files == 0  # its size and its time are the same
        os.setxattr(data / "b", ATTRIBUTE, MARKED)
        inc = backed_up(location, "INC")
        until(cleared(inc))
        assert (inc.files, bits()) == (1, [PLAIN] * 3)
        target = data.parent / "back"
        location.wait(location.restore(inc.saveset, target=str(target)), SECONDS)
        restored = Path(f"{target}{data}/b")
        assert (restored.read_text(), os.getxattr(restored, ATTRIBUTE)) == ("B", MARKED)

        # An INC has cleared what a DIFF would have to know.
        diff = backed_up(location, "DIFF")
        assert "b" in {os.path.basename(path).decode() for path in own(location, diff, data)}
        location.modify_task("docs", options=replace(options, time_reference="database"))
        assert backed_up(location, "INC").files == 0


def own(location: Location, job: Job, data: Path) -> list[bytes]:
    """What a saveset itself holds."""
    entries = location.entries(job.saveset, os.fsencode(data))
    return [entry.path for entry in entries if entry.home == job.saveset]
