"""Who fails too often."""

from datetime import timedelta

import pytest

from server_agent.domain.access_errors import LockedOut
from server_agent.service.lock_outs import (
    LONGEST_LOCK,
    MOST_KEPT,
    TRIES,
    WITHIN,
    LockOut,
    LockOuts,
    Subject,
)
from tests.agent.service.rig import START
from tests.fakes.clock import FakeClock

HERE, THERE = "ipv4:192.0.2.1", "ipv4:192.0.2.2"
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.logs_warnings


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def locks(clock: FakeClock) -> LockOuts:
    return LockOuts(clock)


def fail(locks: LockOuts, times: int = TRIES, address: str = HERE) -> None:
    for _ in range(times):
        locks.check_credential(address, "wrong")
        locks.credential_failed(address)


def seconds(locks: LockOuts, address: str = HERE, secret: str = "any") -> int:
    """For how long it is locked; 0 for not."""
    try:
        locks.check_credential(address, secret)
    except LockedOut as error:
        return int(error.metadata["seconds"])
    return 0


def test_the_tenth_failure_locks_the_address_and_no_other(locks: LockOuts) -> None:
    fail(locks, TRIES - 1)
    assert seconds(locks) == 0
    fail(locks, 1)
    assert (seconds(locks), seconds(locks, THERE)) == (60, 0)
    assert locks.current() == [LockOut(Subject(HERE), TRIES, START + timedelta(minutes=1))]


def test_failures_long_ago_do_not_count(locks: LockOuts, clock: FakeClock) -> None:
    fail(locks, TRIES - 1)
    clock.advance(WITHIN + SECOND)
    fail(locks, 1)
    assert seconds(locks) == 0


def test_locks_grow_up_to_an_hour_and_are_forgotten_after_a_day(
    locks: LockOuts, clock: FakeClock
) -> None:
    lasted = []
    for _ in range(9):
        fail(locks)
        lasted.append(seconds(locks))
        clock.advance(timedelta(seconds=lasted[-1]))
        assert seconds(locks) == 0
    assert lasted == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert locks.current() == []
    clock.advance(timedelta(days=1, seconds=1))
    fail(locks)
    assert seconds(locks) == 60


def test_a_credential_that_was_right_here_goes_on(locks: LockOuts) -> None:
    locks.credential_proved(HERE, "right")
    fail(locks)
    assert (seconds(locks, HERE, "right"), seconds(locks, HERE, "new")) == (0, 60)


def test_a_clock_that_is_set_back_locks_no_longer_than_the_longest(
    locks: LockOuts, clock: FakeClock
) -> None:
    fail(locks)
    clock.advance(-timedelta(days=3))
    assert seconds(locks) == LONGEST_LOCK.total_seconds()


def test_codes_are_counted_for_their_credential(locks: LockOuts) -> None:
    locks.code_proved(HERE, "mine")
    for _ in range(TRIES):
        locks.check_code(THERE, "mine")
        locks.code_failed(THERE, "mine")
    with pytest.raises(LockedOut):
        locks.check_code(THERE, "mine")
    with pytest.raises(LockedOut):
        locks.check_code("ipv4:192.0.2.3", "mine")
    locks.check_code(HERE, "mine")  # where it has given a right one, nobody else locks it out
    locks.check_code(THERE, "yours")
    assert seconds(locks, THERE) == 0
    for _ in range(TRIES):
        locks.code_failed(HERE, "mine")
    with pytest.raises(LockedOut):
        locks.check_code(HERE, "mine")


def test_memory_is_bounded(locks: LockOuts) -> None:
    for number in range(MOST_KEPT + 10):
        locks.credential_failed(f"ipv4:{number}")
        locks.credential_proved(f"ipv4:{number}", "s")
    assert len(locks._kept) == len(locks._proofs) == MOST_KEPT
