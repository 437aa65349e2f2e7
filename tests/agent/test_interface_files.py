"""The files of interface programs, and their last runs."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server_agent.adapters.interface_files import InterfaceFilesOf
from server_agent.domain.interface_runs import InterfaceRun, RunOutcome
from server_agent.ports.interfaces import InterfaceFiles
from tests.fakes.interface_files import FakeInterfaceFiles

START = datetime(2026, 3, 4, 12, 0, 0, 5, tzinfo=UTC)
RUN = InterfaceRun(
    *(START, START + timedelta(seconds=2), RunOutcome.FAILED, -9, "why \udcff", "7", "docs"),
    *("here", "BACKUP", b"a\xff\x00b\n", True),
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path


def of(place: Path) -> InterfaceFilesOf:
    return InterfaceFilesOf(place / "bin", place / "templates", place / "var/interfaces")


@pytest.fixture(params=["fake", "files"])
def files(request: pytest.FixtureRequest, place: Path) -> InterfaceFiles:
    return FakeInterfaceFiles() if request.param == "fake" else of(place)


def test_the_last_run_is_kept_whole(files: InterfaceFiles) -> None:
    assert files.last_run("sbc_pre") is None
    files.keep("sbc_pre", RUN)
    assert files.last_run("sbc_pre") == RUN
    assert files.last_run("sbc_post") is None
    begun = InterfaceRun(START - timedelta(hours=1))  # the clock may be set back
    files.keep("sbc_pre", begun)
    assert files.last_run("sbc_pre") == begun


def test_what_it_wrote_is_the_agents_alone_and_outlasts_it(place: Path) -> None:
    of(place).keep("sm_alarm", RUN)
    assert of(place).last_run("sm_alarm") == RUN
    [file] = (place / "var/interfaces").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"start_time": "2026-01-01"}', b"\xff"])
def test_a_damaged_file_is_none(place: Path, content: bytes) -> None:
    of(place).keep("sm_alarm", RUN)
    (place / "var/interfaces/sm_alarm.json").write_bytes(content)
    assert of(place).last_run("sm_alarm") is None


def put(place: Path, content: bytes, mode: int = 0o755) -> Path:
    file = place / "bin/sbc_pre"
    file.write_bytes(content)
    file.chmod(mode)
    return file


def test_a_program_that_can_be_run_has_no_fault(place: Path) -> None:
    found = of(place).file("sbc_pre")
    assert (found.is_there, found.fault) == (False, "")
    assert found.template == os.fsencode(place / "templates/sbc_pre")
    put(place, b"#! /bin/sh -e\necho STATUS:OK\n")
    found = of(place).file("sbc_pre")
    assert (found.is_there, found.fault) == (True, "")
    assert found.path == os.fsencode(place / "bin/sbc_pre")


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (b"#!/bin/sh\n", 0o644, "is not executable by the agent's user. Run: chmod +x "),
        (b"echo STATUS:OK\n", 0o755, "has no first line such as #!/bin/sh"),
        (b"", 0o755, "has no first line such as #!/bin/sh"),
        (b"#!/opt/no/such shell\n", 0o755, "names /opt/no/such, which is no program here"),
        (b"#!/bin/sh\r\n", 0o755, ""),
        (b"#!\n", 0o755, "names nothing, which is no program here"),
        (b"\x7fELF\x02", 0o755, ""),
    ],
)
def test_what_cannot_be_run_says_why(place: Path, content: bytes, mode: int, why: str) -> None:
    put(place, content, mode)
    found = of(place).file("sbc_pre")
    assert found.is_there
    assert why in found.fault
    assert bool(found.fault) == bool(why)


def test_a_directory_and_a_broken_link_cannot_be_run(place: Path) -> None:
    (place / "bin/sbc_pre").mkdir()
    assert "is no file" in of(place).file("sbc_pre").fault
    (place / "bin/sbc_post").symlink_to(place / "nothing")
    found = of(place).file("sbc_post")
    assert found.is_there
    assert "it is a link to what is not there" in found.fault
