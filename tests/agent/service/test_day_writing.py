"""The logs of the day that goes on."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from server_agent.domain.jobs import JobState
from server_agent.ports.day_logs import DayLogError
from server_agent.ports.engine import EngineError
from server_agent.service.day_writing import DayWriting
from tests.agent.service.rig import Rig
from tests.agent.service.steered import DEADLINE, DONE, Gate
from tests.agent.service.test_newday_jobs import TO_NEWDAY, newday

DAY, NEXT = date(2026, 3, 4), date(2026, 3, 5)


@pytest.fixture
def writing(rig: Rig) -> DayWriting:
    rig.scheduler.look()
    return DayWriting(rig.changes, rig.day_logs, rig.clock)


@pytest.fixture
def following(rig: Rig) -> Iterator[DayWriting]:
    made = DayWriting(rig.changes, rig.day_logs, rig.clock, pause=0.0)
    rig.scheduler.look()
    made.start()
    yield made
    made.stop()


def lines(rig: Rig, day: date = DAY) -> tuple[list[str], list[str]]:
    return rig.day_logs.closed.get(day, ([], []))


def codes(rig: Rig, day: date = DAY) -> str:
    return "".join(line[0] for line in lines(rig, day)[0][1:])


def eventually(rig: Rig, condition: Callable[[], bool]) -> None:
    """What is written is looked at each time."""
    while True:
        rig.day_logs.tried.clear()
        if condition():
            return
        assert rig.day_logs.tried.wait(DEADLINE), "it did not come about"


def test_a_job_stands_there_when_it_has_ended(rig: Rig, writing: DayWriting) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    running = rig.start_backup()
    gate.wait_until_reached()
    writing.write()
    assert codes(rig) == ""
    assert [line.split("\t")[1:] for line in lines(rig)[1]] == [
        ["INFO", f"started backup docs, job {running.id}"]
    ]
    gate.open()
    rig.ended(running)
    writing.write()
    assert codes(rig) == "0"
    assert lines(rig)[1][-1].endswith(f"\tINFO\tended backup docs, job {running.id}, ok")
    assert not rig.day_logs.is_closed(DAY)


def test_those_that_end_first_stand_first(rig: Rig, writing: DayWriting) -> None:
    first, second = rig.backed_up(), None
    rig.clock.advance(timedelta(minutes=1))
    rig.engine.scripts.append([EngineError("NO_SPACE", "The medium is full.")])
    writing.write()
    before = lines(rig)
    second = rig.backed_up()
    writing.write()
    assert codes(rig) == "0X"
    for was, now in zip(before, lines(rig), strict=True):
        assert now[: len(was)] == was, "what was told stays where it is"
    assert [line.split("\t")[7] for line in lines(rig)[0][1:]] == [first.id, second.id]


def test_newday_closes_the_log_with_the_very_same_lines(rig: Rig, writing: DayWriting) -> None:
    for minutes in (1, 2, 3):
        rig.backed_up()
        rig.clock.advance(timedelta(minutes=minutes))
    writing.write()
    states, happened = lines(rig)
    newday(rig)
    assert rig.day_logs.is_closed(DAY)
    closed_states, closed_happened = lines(rig)
    assert closed_states == states
    assert closed_happened[:-1] == happened
    assert "is closed: 3 ok" in closed_happened[-1]
    writing.write()
    assert lines(rig) == (closed_states, closed_happened)
    assert codes(rig, NEXT) == "0", "NEWDAY itself"


def test_what_ends_after_newday_is_entered_in_its_own_day(rig: Rig, writing: DayWriting) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    running = rig.start_backup()
    gate.wait_until_reached()
    newday(rig)
    writing.write()
    assert codes(rig) == "a"
    gate.open()
    rig.ended(running)
    writing.write()
    assert codes(rig) == "0"
    assert not rig.day_logs.is_closed(DAY), "the next NEWDAY tells of it"
    newday(rig, timedelta(days=1))
    assert rig.day_logs.is_closed(DAY)


def test_a_day_is_not_closed_before_its_newday(rig: Rig, writing: DayWriting) -> None:
    rig.backed_up()
    writing.write()
    rig.clock.advance(TO_NEWDAY)  # the day has ended, and NEWDAY was not done yet
    rig.add_task("more")
    writing.write()
    assert "closed" not in "".join(lines(rig)[1])
    assert not rig.day_logs.is_closed(DAY)


def test_it_follows_what_ends(rig: Rig, following: DayWriting) -> None:
    rig.backed_up()
    eventually(rig, lambda: codes(rig) == "0")
    assert rig.backed_up().state is JobState.OK
    eventually(rig, lambda: codes(rig) == "00")


def test_what_comes_last_is_written_when_it_stops(rig: Rig, following: DayWriting) -> None:
    rig.backed_up()
    following.stop()
    assert codes(rig) == "0"


@pytest.mark.logs_warnings
def test_one_that_cannot_be_written_is_tried_again(
    rig: Rig, following: DayWriting, caplog: pytest.LogCaptureFixture
) -> None:
    eventually(rig, lambda: DAY in rig.day_logs.closed)
    rig.day_logs.error = DayLogError("/prot/20260304.prt cannot be written: no room")
    rig.add_task("more")
    eventually(rig, lambda: rig.day_logs.error is None)
    rig.backed_up()
    eventually(rig, lambda: codes(rig) == "0")
    assert "no room" in caplog.text
