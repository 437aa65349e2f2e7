"""What happens to a saveset in the middle of its migration, and what must never be lost by it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from server_agent.domain.copies import Copy
from server_agent.domain.errors import StoreInUse
from server_agent.domain.events import RestoreProofAction
from server_agent.domain.jobs import JobKind, JobState
from server_agent.domain.media import MediaPool, Retention
from server_agent.domain.queue import Drive
from server_agent.ports import (
    CatalogueView,
    Control,
    CopyEvent,
    CopyRequest,
    EngineError,
    SavesetRef,
    VerifyEvent,
    VerifyRequest,
)
from server_agent.service import migration_run
from server_agent.service.collection import etag
from server_agent.service.fates import in_use
from server_agent.service.faults import look_for_missing
from tests.agent.service.rig import LABEL, Rig, request
from tests.agent.service.steered import Gate
from tests.agent.service.test_migration_jobs import (
    TAPE,
    known,
    labels,
    migrated,
    order,
    removals,
    removed,
)


@pytest.fixture(autouse=True)
def tape(rig: Rig) -> None:
    rig.pools.create(request(), MediaPool("TAPE", "Drives", Retention(90, 0)))


@pytest.fixture
def saveset(rig: Rig) -> str:
    return rig.backed_up().saveset


def at_the_look(rig: Rig, act: Callable[[], object]) -> None:
    """Does something else while the engine looks for files the next time."""
    look = rig.engine.present

    def looking(savesets: Sequence[SavesetRef]) -> set[str]:
        rig.engine.present = look  # type: ignore[method-assign]
        act()
        return look(savesets)

    rig.engine.present = looking  # type: ignore[method-assign]


def enter_copy(rig: Rig, name: str, damage: str = "") -> None:
    with rig.changes.write() as tx:
        tx.add_copy(Copy(name, TAPE, None, 400, rig.clock.now(), damage=damage))


def test_what_another_migration_has_just_copied_is_not_removed(rig: Rig, saveset: str) -> None:
    rig.engine.copy_scripts.append([EngineError("NAME_TAKEN", "it has that already")])
    copy = rig.engine.copy

    def meanwhile(wanted: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        events = copy(wanted, control)
        enter_copy(rig, saveset)
        return events

    rig.engine.copy = meanwhile  # type: ignore[method-assign]
    job = migrated(rig, saveset)
    assert job.state is JobState.ERROR
    assert "another job has copied it" in job.message
    assert (saveset, TAPE) not in removed(rig)
    assert removals(rig) == []
    assert labels(rig, saveset) == [LABEL, TAPE]


def test_what_nobody_knows_on_a_medium_is_left_there(rig: Rig, saveset: str) -> None:
    other = rig.backed_up().saveset
    rig.engine.taken.add((saveset, TAPE))
    job = migrated(rig, saveset, other)
    assert job.state is JobState.WARNING
    assert "something already that is called" in job.message
    assert removed(rig) == set()
    assert removals(rig) == []
    assert labels(rig, other) == [LABEL, TAPE]


@pytest.mark.logs_warnings
@pytest.mark.parametrize("fault", ["away", "damaged", "found damaged"])
def test_a_damaged_copy_stays_until_another_place_is_proved_whole(
    rig: Rig, saveset: str, fault: str
) -> None:
    migrated(rig, saveset)
    with rig.changes.write() as tx:
        [copy] = tx.copies([saveset])[saveset]
        tx.put_copy(replace(copy, damage="It was cut"))
        if fault == "damaged":
            tx.set_damage(saveset, "It was cut too")
    if fault == "away":
        rig.engine.labels_away.add(LABEL)
    if fault == "found damaged":
        rig.engine.faults[saveset] = "frame 3 is cut"
    job = migrated(rig, saveset)
    assert job.state is JobState.ERROR
    assert removed(rig) == set()
    assert sorted(labels(rig, saveset)) == [LABEL, TAPE]


@pytest.mark.logs_warnings
def test_a_look_for_files_says_nothing_of_a_place_that_was_given_up_meanwhile(
    rig: Rig, saveset: str
) -> None:
    migrated(rig, saveset)

    def given_up() -> None:
        with rig.changes.write() as tx:
            tx.remove_place(saveset, LABEL)
        rig.engine.labels_away.add(LABEL)

    at_the_look(rig, given_up)
    look_for_missing(rig.changes, rig.engine)
    assert labels(rig, saveset) == [TAPE]
    assert not known(rig, saveset).saveset.missing


def test_a_place_stays_whose_copy_went_while_it_was_compared(rig: Rig, saveset: str) -> None:
    rig.pools.create(request(), MediaPool("VAULT", "Drives"))
    migrated(rig, saveset)
    enter_third(rig, saveset)
    verify = rig.engine.verify

    def verifying(wanted: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        with rig.changes.write() as tx:
            tx.remove_place(saveset, TAPE)
            tx.forget_removals(TAPE, [saveset])
        return verify(wanted, control)

    rig.engine.verify = verifying  # type: ignore[method-assign]
    job = migrated(rig, saveset, move=True)
    assert job.state is not JobState.OK
    assert LABEL in labels(rig, saveset)


def enter_third(rig: Rig, name: str) -> None:
    with rig.changes.write() as tx:
        tx.add_copy(Copy(name, "VAULT00001", None, 400, rig.clock.now(), damage="It was cut"))


def test_what_other_jobs_work_with_is_found_out_once_for_all_savesets(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(view: CatalogueView, but: str = "") -> frozenset[str]:
        asked.append(but)
        return in_use(view, but)

    monkeypatch.setattr(migration_run, "in_use", counted)
    names = [rig.backed_up().saveset for _ in range(4)]
    job = migrated(rig, *names, move=True)
    assert [labels(rig, name) for name in names] == [[TAPE]] * 4
    assert asked == [job.id]


def test_a_job_that_comes_in_the_middle_keeps_its_saveset(rig: Rig) -> None:
    names = [rig.backed_up().saveset for _ in range(2)]
    gate = Gate()
    rig.engine.copy_scripts += [[], [gate]]
    rig.drives.create(request(), Drive("Off", active=False))
    job = rig.starting.start_migration(request(), order(*names, move=True)).job
    gate.wait_until_reached()
    with rig.changes.write() as tx:
        first = tx.job("1")
        assert first is not None
        verify = replace(first, kind=JobKind.VERIFY, state=JobState.QUEUED, drive="Off")
        waiting = tx.add_job(replace(verify, saveset=names[1], end_time=None))
    gate.open()
    assert rig.ended(job).state is JobState.WARNING
    assert [labels(rig, name) for name in names] == [[TAPE], [LABEL, TAPE]]
    rig.jobs.cancel(request(), waiting.id)


def test_a_verify_says_which_copy_it_could_not_compare(rig: Rig, saveset: str) -> None:
    migrated(rig, saveset)
    rig.engine.labels_away.add(TAPE)
    job = rig.ended(rig.starting.start_verify(request(), saveset, whole_chain=False).job)
    assert job.state is JobState.OK
    why = f"The copy of {saveset} on {TAPE} was not compared: it is not there"
    assert job.message == why
    assert [line.text for line in rig.protocol(job) if line.code == "NOT_COMPARED"] == [why]


def test_a_store_stays_where_it_is_while_a_copy_is_written_to_it(rig: Rig, saveset: str) -> None:
    """What the job enters would lie in the directory that the store had before."""
    gate = Gate()
    rig.engine.copy_scripts.append([gate])
    job = rig.starting.start_migration(request(), order(saveset, move=True)).job
    gate.wait_until_reached()
    [store] = rig.stores.list("", False, None, 9).items
    rig.engine.make_store(b"/elsewhere", store.name)
    moved = replace(store, path=b"/elsewhere")
    with pytest.raises(StoreInUse) as refused:
        rig.stores.update(request(), moved, etag(store))
    assert refused.value.metadata["users"] == f"job {job.id}"
    store = rig.stores.update(request(), replace(store, comment="the fast one"), etag(store))
    gate.open()
    assert rig.ended(job).state is JobState.OK
    assert rig.stores.update(request(), moved, etag(store)).path == b"/elsewhere"


def test_a_proof_that_fails_lets_the_copy_be_read(rig: Rig, saveset: str) -> None:
    migrated(rig, saveset)
    rig.engine.differing.append((b"/srv/data/a", saveset, "was restored with another content"))
    action = RestoreProofAction("docs")
    job = rig.ended(rig.starting.start_proof(request(), action, saveset).job)
    assert job.state is JobState.ERROR
    assert labels(rig, saveset) == [TAPE, LABEL]
    assert known(rig, saveset).damage == ""
    [first] = known(rig, saveset).copies
    assert first.damage.startswith("A restore proof failed")
