"""Interface programs at a client over SSH: they run there, and nothing of them stays."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.programs import LONGEST_LINE
from server_agent.adapters.ssh.programs import SshPrograms
from server_agent.domain.reach import Ssh
from server_agent.ports import Cancelled, EngineError
from server_agent.ports.programs import Ended, Output
from server_agent.service.control import JobControl

DEADLINE = 20.0


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The directory of programs at the client."""
    directory = tmp_path / "bin sesam"
    directory.mkdir()
    (tmp_path / "tmp").mkdir()
    return directory


@pytest.fixture
def programs(client: Ssh, there: Path, tmp_path: Path) -> SshPrograms:
    return SshPrograms(client, tmp_path / "tmp", str(there))


def put(there: Path, name: str, script: str, mode: int = 0o755) -> None:
    (there / name).write_text(f"#!/bin/sh\n{script}\n")
    (there / name).chmod(mode)


def ran(programs: SshPrograms, name: str, *arguments: str) -> tuple[list[bytes], int]:
    facts = {"SESAM_TASK": "a 'b' $HOME"}
    *said, end = programs.run(name, arguments, facts, JobControl())
    assert isinstance(end, Ended)
    return [each.line for each in said if isinstance(each, Output)], end.status


def runs(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_for(look: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(DEADLINE / 0.02)):
        if look():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come about")


def test_it_gets_its_arguments_and_facts(programs: SshPrograms, there: Path) -> None:
    put(there, "sbc_pre", 'printf "%s\\n" "$@" "$SESAM_TASK"; echo wrong >&2; echo STATUS:OK')
    arguments = ("/srv/a b,/srv/\udcff", "'; id; '", "", "$(id)")
    lines, status = ran(programs, "sbc_pre", *arguments)
    expected = [argument.encode("utf-8", "surrogateescape") for argument in arguments]
    assert lines == [*expected, b"a 'b' $HOME", b"wrong", b"STATUS:OK"]
    assert status == 0


def test_which_programs_there_are(programs: SshPrograms, there: Path) -> None:
    put(there, "sbc_pre", "exit 0")
    put(there, "sbc_post", "exit 0", mode=0o644)
    assert (programs.is_there("sbc_pre"), programs.has("sbc_pre")) == (True, True)
    assert programs.is_there("sbc_post")
    assert not programs.is_there("other")
    assert not programs.is_there("../bin sesam/sbc_pre")


@pytest.mark.parametrize(("script", "status"), [("exit 3", 3), ("kill -9 $$", -9)])
def test_how_it_ends(programs: SshPrograms, there: Path, script: str, status: int) -> None:
    put(there, "sbc_pre", script)
    assert ran(programs, "sbc_pre")[1] == status


def test_a_file_that_cannot_be_run_says_so(programs: SshPrograms, there: Path) -> None:
    (there / "sbc_pre").mkdir()
    lines, status = ran(programs, "sbc_pre")
    assert status == 126
    assert b"sbc_pre" in lines[0]


def test_a_long_line_comes_in_pieces(programs: SshPrograms, there: Path) -> None:
    put(there, "sbc_pre", "printf STATUS:OK; head -c 10000 /dev/zero | tr '\\0' x; echo")
    *said, _ = programs.run("sbc_pre", (), {}, JobControl())
    pieces = [each for each in said if isinstance(each, Output)]
    assert [each.goes_on for each in pieces] == [True, True, False]
    assert {len(each.line) for each in pieces[:2]} == {LONGEST_LINE}


def test_a_cancel_ends_all_that_it_has_started(programs: SshPrograms, there: Path) -> None:
    put(there, "sbc_pre", "sleep 1000 & echo $! $$; wait")
    control = JobControl()
    said: list[bytes] = []

    def run() -> None:
        for each in programs.run("sbc_pre", (), {}, control):
            assert isinstance(each, Output)
            said.append(each.line)
            control.cancel("somebody")

    with pytest.raises(Cancelled):
        run()
    for pid in map(int, said[0].split()):
        wait_for(lambda pid=pid: not runs(pid))  # type: ignore[misc]


def test_nothing_is_left_at_the_agent(programs: SshPrograms, there: Path, tmp_path: Path) -> None:
    put(there, "sbc_pre", "echo STATUS:OK")
    ran(programs, "sbc_pre")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_client_that_cannot_be_reached(client: Ssh, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    lost = SshPrograms(replace(client, port=1), tmp_path / "tmp")
    with pytest.raises(EngineError):
        lost.is_there("sbc_pre")
