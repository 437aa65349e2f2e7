"""How the last run of each interface program is kept."""

import threading
from dataclasses import replace

import pytest

from server_agent.domain.interface_runs import LARGEST_OUTPUT, RunOutcome, Tail
from server_agent.domain.interfaces import ALARM, DISASTER, NOTIFY, POST, PRE
from server_agent.ports import Cancelled, Control
from server_agent.ports.programs import Ended, ProgramError
from server_agent.service.control import JobControl
from server_agent.service.interface_runs import Interface, InterfaceRuns
from server_agent.service.time_limit import TimeLimit
from tests.agent.service.rig import START
from tests.agent.service.steered import DEADLINE
from tests.fakes.clock import FakeClock
from tests.fakes.interface_files import FakeInterfaceFiles
from tests.fakes.programs import FakePrograms

FACTS = {"SESAM_JOB": "7", "SESAM_TASK": "docs", "SESAM_CLIENT": "here", "SESAM_MODULE": "BACKUP"}


class Place:
    def __init__(self) -> None:
        self.files = FakeInterfaceFiles()
        self.runs = InterfaceRuns(self.files, FakeClock(START, "UTC"))
        self.programs = FakePrograms()

    def run(self, name: str, control: Control | None = None) -> list[str]:
        kept = self.runs.of(self.programs)
        said = list(kept.run(name, ("a",), FACTS, control or JobControl()))
        assert isinstance(said[-1], Ended)
        return [each.text for each in said if not isinstance(each, Ended)]

    def told(self, name: str) -> Interface:
        [found] = [each for each in self.runs.all() if each.name == name]
        return found

    def last(self, name: str) -> tuple[RunOutcome, int | None, str]:
        run = self.told(name).last_run
        assert run is not None
        return run.outcome, run.exit_status, run.text


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_run_is_kept_with_what_it_was_for(place: Place) -> None:
    assert [each.name for each in place.runs.all()] == [PRE, POST, NOTIFY, ALARM, DISASTER]
    assert place.told(PRE).last_run is None
    place.programs.put(PRE, "one", "STATUS:OK")
    assert place.run(PRE) == ["one", "STATUS:OK"]
    run = place.told(PRE).last_run
    assert run is not None
    assert (run.job, run.task, run.client, run.module) == ("7", "docs", "here", "BACKUP")
    assert (run.start_time, run.end_time) == (START, START)
    assert (run.output, run.is_cut) == (b"one\nSTATUS:OK\n", False)
    assert place.last(PRE) == (RunOutcome.OK, 0, "")


def test_what_pre_answers_counts_and_not_its_exit_status(place: Place) -> None:
    place.programs.put(PRE, "STATUS:ERROR the database runs")
    place.run(PRE)
    said = "sbc_pre reported an error: the database runs"
    assert place.last(PRE) == (RunOutcome.FAILED, 0, said)
    place.programs.put(POST, "done")
    place.run(POST)
    assert place.last(POST)[0] is RunOutcome.FAILED
    place.programs.put(ALARM, "sent")
    place.run(ALARM)
    assert place.last(ALARM) == (RunOutcome.OK, 0, "")
    place.programs.put(ALARM, "no route", status=3)
    place.run(ALARM)
    assert place.last(ALARM) == (RunOutcome.FAILED, 3, "sm_alarm ended with status 3")
    place.programs.put(DISASTER, status=-9)
    place.run(DISASTER)
    assert place.last(DISASTER) == (RunOutcome.FAILED, -9, "sm_disaster was killed by signal 9")


def test_one_that_cannot_be_run_says_so(place: Place) -> None:
    with pytest.raises(ProgramError):
        place.run(PRE)
    assert place.last(PRE) == (RunOutcome.FAILED, None, "There is no program sbc_pre")


def waits(control: Control) -> None:
    told = threading.Event()
    control.on_cancel(told.set)
    assert told.wait(DEADLINE), "nobody ended it"


def test_a_cancel_is_told_from_the_time(place: Place) -> None:
    place.programs.put(PRE, "begun", waits)
    with pytest.raises(Cancelled), TimeLimit(JobControl(), 0.01) as limit:
        place.run(PRE, limit)
    assert place.last(PRE) == (RunOutcome.FAILED, None, "sbc_pre took too long and was ended")
    control = JobControl()
    place.programs.put(PRE, lambda _: control.cancel("somebody"))
    with pytest.raises(Cancelled), TimeLimit(control, DEADLINE) as limit:
        place.run(PRE, limit)
    assert place.last(PRE) == (RunOutcome.FAILED, None, "sbc_pre was cancelled")


def test_it_runs_until_it_has_ended(place: Place) -> None:
    seen: list[RunOutcome] = []
    place.programs.put(PRE, lambda _: seen.append(place.last(PRE)[0]), "STATUS:OK")
    place.run(PRE)
    assert seen == [RunOutcome.RUNNING]
    assert place.last(PRE)[0] is RunOutcome.OK


def test_one_that_ran_when_the_agent_died_is_not_told_as_running(place: Place) -> None:
    begun = place.runs.begin(PRE, FACTS)
    assert place.last(PRE)[0] is RunOutcome.RUNNING
    after = InterfaceRuns(place.files, FakeClock(START, "UTC"))
    [run] = [each.last_run for each in after.all() if each.name == PRE]
    text = "The agent stopped before it had ended"
    assert run == replace(begun, outcome=RunOutcome.UNKNOWN, text=text)


def test_of_two_at_once_the_one_that_began_last_is_kept(place: Place) -> None:
    def other(_control: Control) -> None:
        place.programs.put(PRE, "STATUS:ERROR inner")
        place.run(PRE)

    place.programs.put(PRE, other, "STATUS:OK outer")
    place.run(PRE)
    assert place.last(PRE)[2] == "sbc_pre reported an error: inner"


def test_a_full_disk_takes_nothing_from_the_call(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.files.is_full = True
    place.programs.put(PRE, "STATUS:OK")
    assert place.run(PRE) == ["STATUS:OK"]
    assert "how sbc_pre ran cannot be kept" in caplog.text
    caplog.clear()


@pytest.mark.parametrize("count", [1, 1000, 100_000])
def test_the_end_of_a_long_output_is_kept_in_whole_lines(count: int) -> None:
    tail = Tail()
    for number in range(count):
        tail.add(b"line %d" % number, goes_on=False)
    kept, is_cut = tail.end()
    assert kept.endswith(b"line %d\n" % (count - 1))
    assert len(kept) <= LARGEST_OUTPUT
    assert kept.startswith(b"line ")
    assert is_cut == (count == 100_000)


def test_a_line_without_an_end_is_cut_too() -> None:
    tail = Tail()
    for _ in range(100):
        tail.add(b"x" * 4096, goes_on=True)
    kept, is_cut = tail.end()
    assert (kept, is_cut) == (b"x" * LARGEST_OUTPUT, True)
