"""The desk lock: what opens it, what wrong tries cost, and what its file must not tell."""

import json
import stat
from pathlib import Path

import pytest

from sesam_master.core.control_source import LockState, WrongPassphrase
from sesam_master.core.registry import KeepingError
from sesam_master.storage.lock_file import LockFile

RIGHT = "correct horse"
SET = LockState(True, 5, False)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk-lock.json"


@pytest.fixture
def lock(path: Path, clock: Clock) -> LockFile:
    store = LockFile(path, clock)
    store.set("", RIGHT, SET)
    return store


def test_without_a_passphrase_everything_is_right(path: Path) -> None:
    store = LockFile(path)
    assert store.state() == LockState()
    store.check("anything")
    assert not path.exists()


def test_the_right_one_opens_it_also_after_a_restart(lock: LockFile, path: Path) -> None:
    assert LockFile(path).state() == SET
    LockFile(path).check(RIGHT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert RIGHT not in path.read_text()


def test_wrong_tries_are_slowed_also_over_a_restart(
    lock: LockFile, path: Path, clock: Clock
) -> None:
    waits = []
    for _ in range(4):
        with pytest.raises(WrongPassphrase) as caught:
            lock.check("wrong")
        waits.append(caught.value.wait_seconds)
        clock.now += caught.value.wait_seconds
    assert waits == [0.0, 0.0, 1.0, 2.0]
    with pytest.raises(WrongPassphrase):
        lock.check("wrong")  # four more seconds
    again = LockFile(path, clock)
    with pytest.raises(WrongPassphrase, match="Wait 4 s") as caught:
        again.check(RIGHT)
    assert caught.value.wait_seconds == 4.0, "not even the right one is looked at"
    clock.now -= 1_000  # set back
    with pytest.raises(WrongPassphrase):
        again.check(RIGHT)
    clock.now += 1_005
    again.check(RIGHT)
    with pytest.raises(WrongPassphrase) as caught:
        again.check("wrong")
    assert caught.value.wait_seconds == 0.0, "the right one has ended the count"


def test_no_wait_is_longer_than_five_minutes(lock: LockFile, clock: Clock) -> None:
    document = json.loads(lock._path.read_text())
    document |= {"wrong": 60, "wrong_time": clock.now}
    lock._path.write_text(json.dumps(document))
    with pytest.raises(WrongPassphrase, match="5 min") as caught:
        lock.check(RIGHT)
    assert caught.value.wait_seconds == 300.0


def test_only_who_knows_it_changes_it(lock: LockFile, path: Path) -> None:
    for new, state in (("another one", SET), ("", LockState(False)), ("", LockState(True, 9))):
        with pytest.raises(WrongPassphrase):
            lock.set("wrong", new, state)
        assert lock.state() == SET
        lock.check(RIGHT)
    assert lock.set(RIGHT, "", LockState(True, 9, True)) == LockState(True, 9, True)
    lock.check(RIGHT)
    lock.set(RIGHT, "another one", SET)
    with pytest.raises(WrongPassphrase):
        lock.check(RIGHT)
    lock.check("another one")
    assert lock.set("another one", "", LockState(False)) == LockState(False)
    LockFile(path).check("anything")


@pytest.mark.parametrize(
    ("new", "state", "wrong"),
    [
        ("short", SET, "5 characters"),
        ("", SET, "is empty"),
        (RIGHT, LockState(True, -1), "or never"),
        (RIGHT, LockState(True, 10_000), "or never"),
    ],
)
def test_what_cannot_be_set_is_refused(path: Path, new: str, state: LockState, wrong: str) -> None:
    with pytest.raises(KeepingError, match=wrong):
        LockFile(path).set("", new, state)
    assert LockFile(path).state() == LockState()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"format": 2}', b'{"format": 1, "salt": "?", "key": ""}', b"\xff"],
)
def test_a_file_that_cannot_be_used_opens_nothing_and_stays(
    lock: LockFile, path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    for act in (lock.state, lambda: lock.check(RIGHT), lambda: lock.set("", RIGHT, SET)):
        with pytest.raises(KeepingError, match=r"damaged|format 2"):
            act()
    assert path.read_bytes() == content


@pytest.mark.parametrize("key", ["salt", "key", "idle_minutes", "locks_at_start", "wrong"])
def test_a_value_of_another_kind_is_damage(lock: LockFile, path: Path, key: str) -> None:
    document = json.loads(path.read_text())
    for value in (None, [], "x", 1.5):
        path.write_text(json.dumps(document | {key: value}))
        with pytest.raises(KeepingError, match="damaged"):
            lock.check(RIGHT)
