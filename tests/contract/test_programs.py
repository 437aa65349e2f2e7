"""Programs of command events: what every `Programs` does, and what holds of real processes."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from server_agent.adapters.programs import (
    LAST_LINES,
    LONGEST_LINE,
    MOST_LINES,
    BinPrograms,
)
from server_agent.ports import Cancelled, Control
from server_agent.ports.programs import Ended, Output, ProgramError, Programs
from server_agent.service.control import JobControl
from tests.fakes.programs import FakePrograms

DEADLINE = 20.0
FACTS = {"SESAM_JOB": "7"}


class Place(Protocol):
    """Where a test puts programs of one kind."""

    programs: Programs

    def put(self, name: str, *lines: str, status: int = 0, waits: bool = False) -> None:
        """A program that says lines, then waits for ever if it `waits`, and ends."""


class FakePlace:
    """Programs that were written down."""

    def __init__(self) -> None:
        self.programs = FakePrograms()

    def put(self, name: str, *lines: str, status: int = 0, waits: bool = False) -> None:
        steps = (*lines, _wait_for_ever) if waits else lines
        self.programs.put(name, *steps, status=status)


class BinPlace:
    """Scripts in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.programs = BinPrograms(directory, grace_seconds=0.2)

    def put(self, name: str, *lines: str, status: int = 0, waits: bool = False) -> None:
        said = "".join(f"printf '%s\\n' '{line}'\n" for line in lines)
        end = f"kill -{-status} $$" if status < 0 else f"exit {status}"
        self.write(name, f"{said}{'sleep 1000' if waits else ''}\n{end}\n")

    def write(self, name: str, script: str, mode: int = 0o755, first: str = "#!/bin/sh\n") -> None:
        file = self.directory / name
        file.write_text(first + script)
        file.chmod(mode)


def _wait_for_ever(control: Control) -> None:
    told = threading.Event()
    control.on_cancel(told.set)
    assert told.wait(DEADLINE), "nobody cancelled it"


@pytest.fixture(params=["fake", "bin"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return FakePlace() if request.param == "fake" else BinPlace(tmp_path)


@pytest.fixture
def scripts(tmp_path: Path) -> BinPlace:
    return BinPlace(tmp_path)


def ran(programs: Programs, name: str, *arguments: str) -> tuple[list[str], int]:
    """Lines and status."""
    *said, end = programs.run(name, arguments, FACTS, JobControl())
    assert isinstance(end, Ended)
    return [each.text for each in said if isinstance(each, Output)], end.status


def cancelled_after_first_line(programs: Programs, name: str) -> list[str]:
    """What a program said that is cancelled as soon as it has said something."""
    control = JobControl()
    said: list[str] = []

    def run() -> None:
        for each in programs.run(name, (), FACTS, control):
            assert isinstance(each, Output)
            said.append(each.text)
            control.cancel("somebody")

    with pytest.raises(Cancelled):
        run()
    return said


def is_running(pid: int) -> bool:
    """A process that has ended and is not waited for yet does not run."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(DEADLINE / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about")


def test_lines_and_status(place: Place) -> None:
    place.put("report", "one", "", "three  ")
    assert ran(place.programs, "report") == (["one", "", "three  "], 0)
    place.put("silent")
    assert ran(place.programs, "silent") == ([], 0)


@pytest.mark.parametrize("status", [1, 3, 255, -signal.SIGTERM, -signal.SIGKILL])
def test_a_failure_has_its_status_or_signal(place: Place, status: int) -> None:
    place.put("fails", "before", status=status)
    assert ran(place.programs, "fails") == (["before"], status)


def test_which_programs_there_are(place: Place) -> None:
    place.put("report.sh")
    assert place.programs.has("report.sh")
    assert place.programs.is_there("report.sh")
    assert not place.programs.is_there("report")
    assert not place.programs.has("report")
    assert not place.programs.has("")
    assert not place.programs.has("../report.sh")
    with pytest.raises(ProgramError, match="There is no program other"):
        ran(place.programs, "other")


def test_a_cancel_ends_it(place: Place) -> None:
    place.put("waits", "begun", waits=True)
    assert cancelled_after_first_line(place.programs, "waits") == ["begun"]


def test_one_that_was_cancelled_before_does_nothing(place: Place) -> None:
    place.put("waits", waits=True)
    control = JobControl()
    control.cancel("somebody")
    with pytest.raises(Cancelled):
        list(place.programs.run("waits", (), FACTS, control))


def test_a_cancel_after_the_end_does_nothing(place: Place) -> None:
    place.put("report", "one")
    control = JobControl()
    assert list(place.programs.run("report", (), FACTS, control)) == [Output(b"one"), Ended(0)]
    control.cancel("somebody")


def test_it_gets_its_arguments_and_facts_and_nothing_of_the_agent(
    scripts: BinPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of the agent")
    scripts.write("shows", 'printf "%s\\n" "$#" "$@" "$SESAM_JOB" "$SECRET"; pwd; cat; env\n')
    arguments = ("$(id)", "a b", "*", "; exit 9", "")
    lines, status = ran(scripts.programs, "shows", *arguments)
    assert lines[:8] == ["5", *arguments, "7", ""]
    assert lines[8] == "/"
    names = {line.partition("=")[0] for line in lines[9:]}
    assert names <= {"SESAM_JOB", "PATH", "PWD", "LANG", "LC_ALL", "TZ", "SHLVL", "_", "OLDPWD"}
    assert status == 0


def test_standard_error_is_told_in_its_place(scripts: BinPlace) -> None:
    scripts.write("both", "echo out; echo err >&2; echo out\n")
    assert ran(scripts.programs, "both") == (["out", "err", "out"], 0)


def test_a_program_finds_its_neighbours(scripts: BinPlace) -> None:
    scripts.put("neighbour", "hello")
    scripts.write("asks", "neighbour\n")
    assert ran(scripts.programs, "asks") == (["hello"], 0)


def test_files_that_are_no_programs(scripts: BinPlace, tmp_path: Path) -> None:
    scripts.write("data", "", mode=0o644)
    (tmp_path / "directory").mkdir()
    scripts.write(".hidden", "")
    scripts.write("-c", "")
    for name in ("data", "directory", ".hidden", "-c", ".", "..", "/bin/sh", "a\n"):
        assert not scripts.programs.has(name)
        assert scripts.programs.is_there(name) == (name in ("data", "directory"))
        with pytest.raises(ProgramError, match="executable by"):
            ran(scripts.programs, name)


def test_a_script_without_a_first_line_is_refused(scripts: BinPlace) -> None:
    scripts.write("plain", "echo hello\n", first="")
    with pytest.raises(ProgramError, match=r"plain cannot be run: .*\. A script needs a first"):
        ran(scripts.programs, "plain")


def test_an_interpreter_that_is_not_there(scripts: BinPlace) -> None:
    scripts.write("lost", "", first="#!/nowhere/sh\n")
    said = "lost cannot be run: No such file or directory. Its first line names a program that"
    with pytest.raises(ProgramError, match=said):
        ran(scripts.programs, "lost")


def test_arguments_that_are_too_much_for_the_system(scripts: BinPlace) -> None:
    scripts.put("report")
    with pytest.raises(ProgramError, match=r"report cannot be run: Argument list too long$"):
        ran(scripts.programs, "report", "x" * (1 << 20))


def test_bytes_that_are_no_text(scripts: BinPlace) -> None:
    scripts.write("raw", "printf 'a\\377b\\r\\nlast without an end'\n")
    assert ran(scripts.programs, "raw") == (["a\\xffb", "last without an end"], 0)


def test_a_long_line_comes_in_pieces(scripts: BinPlace) -> None:
    long = 1_000_000
    scripts.write("long", f"head -c {long} /dev/zero | tr '\\0' x; echo; echo end\n")
    lines, _ = ran(scripts.programs, "long")
    assert lines[-1] == "end"
    assert max(map(len, lines)) == LONGEST_LINE
    assert "".join(lines[:-1]) == "x" * long


@pytest.mark.parametrize("size", [0, 1, LONGEST_LINE - 1, LONGEST_LINE, LONGEST_LINE + 1, 50_000])
@pytest.mark.parametrize("end", ["", "echo", "printf '\\r\\n'"])
def test_pieces_say_that_they_are_some(scripts: BinPlace, size: int, end: str) -> None:
    scripts.write("long", f"head -c {size} /dev/zero | tr '\\0' x; {end}\n")
    *said, _ = scripts.programs.run("long", (), FACTS, JobControl())
    pieces = [each for each in said if isinstance(each, Output)]
    assert b"".join(each.line for each in pieces) == b"x" * size
    assert [each.goes_on for each in pieces] == [True] * (len(pieces) - 1) + [False] * bool(pieces)
    assert bool(pieces) == bool(size or end)


def test_of_very_many_lines_the_first_and_last_are_told_and_the_others_counted(
    scripts: BinPlace,
) -> None:
    scripts.write("many", f"seq {MOST_LINES + 90_000}\n")
    lines, status = ran(scripts.programs, "many")
    assert lines[:2] == ["1", "2"]
    left_out = f"({90_000 - LAST_LINES} lines are left out)"
    assert lines[MOST_LINES - 1 : MOST_LINES + 1] == [str(MOST_LINES), left_out]
    assert lines[MOST_LINES + 1 :] == [str(100_000 - LAST_LINES + n) for n in range(1, 101)]
    assert status == 0
    scripts.write("most", f"seq {MOST_LINES + LAST_LINES}\n")
    lines, _ = ran(scripts.programs, "most")
    assert lines == [str(number) for number in range(1, MOST_LINES + LAST_LINES + 1)]


def test_a_cancel_ends_all_that_it_has_started(scripts: BinPlace) -> None:
    scripts.write("parent", "sleep 1000 & sleep 1000 & echo $! $$; wait\n")
    [line] = cancelled_after_first_line(scripts.programs, "parent")
    for pid in line.split():
        wait_until(lambda pid=int(pid): not is_running(pid))  # type: ignore[misc]


def test_one_that_does_not_want_to_end_is_killed(scripts: BinPlace) -> None:
    scripts.write("deaf", "trap '' TERM; echo $$; while :; do sleep 0.05; done\n")
    [pid] = cancelled_after_first_line(scripts.programs, "deaf")
    assert not is_running(int(pid))


def test_one_that_ends_in_order_may_say_so(scripts: BinPlace) -> None:
    scripts.write("tidy", "trap 'echo tidied; exit 0' TERM; echo begun; sleep 1000 & wait\n")
    assert cancelled_after_first_line(scripts.programs, "tidy") == ["begun", "tidied"]


def test_what_it_leaves_behind_is_ended_and_not_waited_for(scripts: BinPlace) -> None:
    scripts.write("leaves", "sleep 1000 & echo $!\n")
    [pid], status = ran(scripts.programs, "leaves")
    assert status == 0
    wait_until(lambda: not is_running(int(pid)))


def test_a_service_that_it_starts_stays_and_holds_nothing_up(scripts: BinPlace) -> None:
    scripts.write("starts", "setsid sh -c 'echo $$; exec sleep 1000' &\nsleep 0.2; echo ready\n")
    lines, status = ran(scripts.programs, "starts")
    [pid] = [line for line in lines if line != "ready"]
    try:
        assert (status, is_running(int(pid))) == (0, True)
    finally:
        os.kill(int(pid), signal.SIGKILL)
    wait_until(lambda: not is_running(int(pid)))


def test_a_reader_that_leaves_ends_it(scripts: BinPlace) -> None:
    scripts.write("endless", "echo $$; yes\n")
    said = scripts.programs.run("endless", (), FACTS, JobControl())
    first = next(said)
    assert isinstance(first, Output)
    said.close()  # type: ignore[attr-defined]
    assert not is_running(int(first.text))


def test_no_descriptor_is_left(scripts: BinPlace) -> None:
    scripts.put("report", "one")
    ran(scripts.programs, "report")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        ran(scripts.programs, "report")
    assert len(os.listdir("/proc/self/fd")) == before
