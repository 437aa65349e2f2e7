"""Copies of savesets in other repositories."""

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server_agent.adapters.restic import repository
from server_agent.domain.jobs import Progress
from server_agent.ports import Control, CopyDone, CopyRequest, EngineError
from tests.agent.restic.test_faults import foreign_lock_of
from tests.contract.engine_rig import FULL, LABEL, back_up, bring_back, full, inc, ref
from tests.contract.restic_rig import ResticRig
from tests.contract.test_engine_copies import (
    INC,
    OTHER,
    copied,
    copying,
    elsewhere,
    is_whole,
    refused,
    there,
    with_second_repository,
)
from tests.fakes.engine import FakeControl


@pytest.fixture
def rig(tmp_path: Path) -> ResticRig:
    return with_second_repository(tmp_path)


def test_a_copy_is_made_of_the_same_trees(rig: ResticRig) -> None:
    command = rig.command("dump", b"of a database")
    back_up(rig, replace(full(rig), commands=(command,)))
    copied(rig, ref(FULL))
    here, copies = rig.snapshots(), rig.snapshots(rig.root / "second" / OTHER, "other")
    assert {name for _, name in copies} == {FULL}
    assert not {id_ for id_, _ in here} & {id_ for id_, _ in copies}
    assert rig.engine.remove([ref(FULL)], {FULL}) == [FULL]
    assert rig.snapshots() == []
    assert rig.snapshots(rig.root / "second" / OTHER, "other") == copies
    bring_back(rig, [elsewhere(ref(FULL))])
    assert rig.restored_of_commands() == {"dump": b"of a database"}
    assert rig.restored()["b"] == b"b" * 100


def test_what_the_medium_does_not_give_back_is_no_copy(
    rig: ResticRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(rig, full(rig))
    made = repository.Repository.snapshots

    def and_damaged(self: repository.Repository, control: Control | None = None) -> Any:
        found = made(self, control)
        if found and self.place.endswith(OTHER):
            spoil(rig.root / "second" / OTHER / "data")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(repository.Repository, "snapshots", and_damaged)
        with refused("WRITE_DAMAGED"):
            copied(rig, ref(FULL))
    assert there(rig) == []
    assert rig.engine.present([ref(FULL)]) == {FULL}
    assert rig.kept() == {FULL}


def test_a_copy_of_a_copy_goes_back(rig: ResticRig) -> None:
    back_up(rig, full(rig))
    copied(rig, ref(FULL))
    assert rig.engine.remove([ref(FULL)], {FULL}) == [FULL]
    *_, done = rig.engine.copy(CopyRequest(elsewhere(ref(FULL)), LABEL), FakeControl())
    assert isinstance(done, CopyDone)
    assert rig.engine.remove([elsewhere(ref(FULL))], {FULL}) == [FULL]
    assert is_whole(rig, ref(FULL))
    rig.write("a", b"changed")
    assert back_up(rig, inc(rig, INC, ref(FULL))).files == 1, "the base lies there again"


def test_a_medium_that_goes_meanwhile(rig: ResticRig) -> None:
    """What was written there is removed when it is back."""
    rig.write("big", os.urandom(9 << 20))
    back_up(rig, full(rig))
    events = copying(rig, ref(FULL))
    assert isinstance(next(events), Progress)
    (rig.root / "second").rename(rig.root / "away")
    with refused("STORE_MISSING"):
        list(events)
    (rig.root / "away").rename(rig.root / "second")
    assert rig.engine.remove([elsewhere(ref(FULL))], {FULL}) == [FULL]
    copied(rig, ref(FULL))
    assert is_whole(rig, elsewhere(ref(FULL)))


def test_a_repository_that_is_held_is_waited_for(rig: ResticRig) -> None:
    back_up(rig, full(rig))
    medium = rig.root / "second" / OTHER
    with foreign_lock_of(medium, rig.root / "secrets/other.key"):
        done: list[object] = []
        thread = threading.Thread(target=lambda: done.append(copied(rig, ref(FULL))))
        thread.start()
        thread.join(2.0)
        assert (thread.is_alive(), done) == (True, [])
    thread.join()
    assert is_whole(rig, elsewhere(ref(FULL)))


def test_the_wrong_key_is_said_of_its_place(rig: ResticRig) -> None:
    back_up(rig, full(rig))
    key = rig.root / "secrets/other.key"
    right = key.read_text()
    key.write_text("wrong\n")
    with pytest.raises(EngineError, match=OTHER) as failure:
        copied(rig, ref(FULL))
    assert failure.value.code == "KEY_REFUSED"
    key.write_text(right)
    copied(rig, ref(FULL))


def test_files_of_before_get_the_name_of_their_medium(rig: ResticRig) -> None:
    back_up(rig, full(rig))
    (now,) = (rig.root / "lis").rglob("*.restic")
    now.rename(now.with_name(f"{FULL}.restic"))
    assert rig.engine.recover([], frozenset({FULL})) == []
    assert now.exists()
    assert is_whole(rig, ref(FULL))


def spoil(directory: Path) -> None:
    for path in directory.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(bytes(path.stat().st_size))
