"""Parts that fail, hang, begin again and end."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from server_agent.domain.errors import PartNotFound
from server_agent.domain.parts import LONGEST_STEP, PARTS, Part, PartState, pause_before
from server_agent.service.supervising import Kept, Pulse, Supervisor
from tests.fakes.clock import FakeClock

SECONDS = 10.0  # only a test that fails waits so long


class Work:
    """A part that does what it is told, a step at a time."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.stop = threading.Event()
        self.stepped = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.go_on.set()
        self.faults: list[Exception] = []
        self.began = 0

    def run(self, pulse: Pulse) -> None:
        self.began += 1
        while not self.stop.is_set():
            self.wake.clear()
            if self.faults:
                raise self.faults.pop()
            assert self.go_on.wait(SECONDS)
            self.stepped.release()
            pulse.wait(self.wake)

    def step(self) -> None:
        """Waits until a step was done."""
        assert self.stepped.acquire(timeout=SECONDS)


class Told:
    """What was told, and when."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._news = threading.Condition()
        self.fails = False

    def __call__(self, part: Part) -> None:
        if self.fails:
            raise OSError("disk full")
        with self._news:
            self.parts.append(part)
            self._news.notify_all()

    def wait(self, state: PartState, restarts: int) -> Part:
        """The last that was told, once it is that."""

        def is_so() -> bool:
            return any(p.state is state and p.restarts == restarts for p in self.parts)

        with self._news:
            assert self._news.wait_for(is_so, SECONDS), self.parts
            return self.parts[-1]


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 3, 4, 12, tzinfo=UTC))


@pytest.fixture
def supervisor(clock: FakeClock, told: Told) -> Supervisor:
    return Supervisor(clock, told, pid=7)


@pytest.fixture
def kept(supervisor: Supervisor, work: Work) -> Iterator[Kept]:
    kept = supervisor.keep("qm", work.run, work.wake.set)
    work.step()
    yield kept
    work.go_on.set()
    work.stop.set()
    assert kept.join(SECONDS)


def test_pauses_grow_and_end_at_a_minute() -> None:
    pauses = [pause_before(number).total_seconds() for number in range(1, 9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause_before(100_000) == timedelta(minutes=1)


def test_a_part_is_online_from_its_start_on(
    kept: Kept, supervisor: Supervisor, told: Told, clock: FakeClock
) -> None:
    assert told.parts == [kept.part]
    assert (kept.part.state, kept.part.since) == (PartState.ONLINE, clock.now())
    assert kept.part.pid == 7
    shown = supervisor.parts()
    assert [part.name for part in shown] == [name for name, _ in PARTS]
    assert {part.state for part in shown if part.name != "qm"} == {PartState.UNUSED}


@pytest.mark.logs_warnings
def test_one_that_fails_begins_again_and_says_why(
    kept: Kept, work: Work, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    work.faults = [ValueError("no queue")]
    work.wake.set()
    work.step()
    told.wait(PartState.ONLINE, 1)
    assert work.began == 2
    failed = next(part for part in told.parts if part.state is PartState.RESTARTING)
    assert (failed.restarts, failed.last_fault) == (1, "ValueError: no queue")
    assert kept.part.last_fault == "ValueError: no queue"
    assert caplog.records[-1].exc_info is not None
    assert "the part qm has failed" in caplog.text


@pytest.mark.logs_warnings
def test_one_that_waits_after_a_failure_can_be_ended(
    supervisor: Supervisor, told: Told, work: Work
) -> None:
    work.faults = [ValueError("n") for _ in range(1000)]
    kept = supervisor.keep("qm", work.run, work.wake.set)
    told.wait(PartState.RESTARTING, 2)  # the next pause is two seconds
    assert kept.join(1.0)


def test_one_begins_again_when_it_is_told_to_and_does_not_call_that_a_fault(
    kept: Kept, supervisor: Supervisor, work: Work, told: Told
) -> None:
    supervisor.restart("qm")
    work.step()
    told.wait(PartState.ONLINE, 1)
    assert (work.began, kept.part.last_fault) == (2, "")


def test_a_part_that_is_not_there_cannot_begin_again(kept: Kept, supervisor: Supervisor) -> None:
    assert supervisor.find("qm") == kept.part
    with pytest.raises(PartNotFound) as refused:
        supervisor.restart("db")
    assert refused.value.metadata == {"part": "db", "expected": "qm"}


@pytest.mark.logs_warnings
def test_one_that_hangs_is_told_and_comes_back(
    kept: Kept, supervisor: Supervisor, work: Work, told: Told, clock: FakeClock
) -> None:
    clock.advance(LONGEST_STEP * 2)
    supervisor.look()
    assert kept.part.state is PartState.ONLINE  # it waits, for as long as it likes
    work.go_on.clear()
    work.wake.set()
    while work.wake.is_set():  # until it is at it
        assert not work.stop.wait(0.001)
    clock.advance(LONGEST_STEP)
    supervisor.look()
    assert kept.part.state is PartState.ONLINE
    clock.advance(timedelta(seconds=1))
    supervisor.look()
    assert kept.part.state is PartState.FAILED
    assert "busy with one step since" in kept.part.last_fault
    work.go_on.set()
    work.step()
    told.wait(PartState.ONLINE, 0)
    supervisor.look()
    assert kept.part.state is PartState.ONLINE
    assert kept.part.restarts == 0


@pytest.mark.logs_warnings
def test_what_could_not_be_told_is_told_later(
    kept: Kept, supervisor: Supervisor, work: Work, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.fails = True
    supervisor.restart("qm")
    work.step()
    told.fails = False
    assert kept.part.restarts == 1
    supervisor.look()
    assert told.wait(PartState.ONLINE, 1) == kept.part
    assert [r.levelno for r in caplog.records if "could not be told" in r.message] == [
        logging.WARNING
    ]
