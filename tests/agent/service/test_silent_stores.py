"""Data stores that do not answer: nobody else waits for what is done there, and whatever ends it
in the middle, what is entered can be used or done again."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from server_agent.domain.errors import StoreUnusable
from server_agent.domain.events import BackupAction
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.media import NEVER, Medium
from server_agent.domain.queue import FIRST_DRIVE, Drive
from server_agent.domain.savesets import BackupType
from server_agent.ports import Removal
from server_agent.service.collection import etag
from server_agent.service.first_look import look_for_media
from server_agent.service.starting import BackupOrder
from server_agent.service.writing_place import tell_media
from tests.agent.service.rig import Rig, request
from tests.agent.service.silent import NFS, SOON, Killed, SilentEngine
from tests.agent.service.steered import DEADLINE


@pytest.fixture
def engine() -> Iterator[SilentEngine]:
    engine = SilentEngine()
    yield engine
    engine.opened.set()


def silent_rig(engine: SilentEngine, patience: float = SOON) -> Rig:
    return Rig(engine=engine, patience=patience)


def with_empty_medium(rig: Rig) -> Medium:
    rig.stores.create(request(), NFS)
    rig.drives.create(request(), Drive("Drive_2", store="Nfs"))
    with rig.changes.write() as tx:
        tx.put_medium(Medium("DISK00002", "DISK", "Nfs"))
    rig.engine.make_medium(NFS.path, "Nfs", "DISK00002")
    with rig.changes.write() as tx:
        medium = tx.medium("DISK00002")
        assert medium is not None
        medium = replace(medium, init_time=rig.clock.now())
        tx.put_medium(medium)
    return medium


def medium_of(rig: Rig) -> Medium | None:
    with rig.changes.read() as view:
        return view.medium("DISK00002")


def add(rig: Rig) -> None:
    rig.stores.create(request(), NFS)


def move(rig: Rig) -> None:
    store = rig.stores.create(request(), replace(NFS, path=b"/mnt/before"))
    rig.stores.update(request(), replace(store, path=NFS.path), etag(store))


def make_immutable(rig: Rig) -> None:
    rig.stores.create(request(), replace(NFS, immutable=True))


def remove(rig: Rig) -> None:
    rig.media.delete(request(), "DISK00002", None)


@pytest.mark.parametrize("deed", [add, move, make_immutable, remove])
def test_others_write_meanwhile(engine: SilentEngine, deed: Callable[[Rig], None]) -> None:
    rig = silent_rig(engine, DEADLINE)
    if deed is remove:
        with_empty_medium(rig)
    engine.silent.add(NFS.path)
    with ThreadPoolExecutor(2) as threads:
        done = threads.submit(deed, rig)
        assert engine.reached.wait(DEADLINE)

        def write() -> str:
            with rig.changes.write():
                return "written"

        try:
            assert threads.submit(write).result(1.0) == "written"
        finally:
            engine.opened.set()
            failure = done.exception(DEADLINE)
    assert deed is move or failure is None


@pytest.mark.parametrize("deed", [add, move])
def test_who_asks_is_told_and_nothing_is_entered(
    engine: SilentEngine, deed: Callable[[Rig], None]
) -> None:
    rig = silent_rig(engine)
    engine.silent.add(NFS.path)
    with pytest.raises(StoreUnusable, match="/mnt/nfs does not answer since"):
        deed(rig)
    with rig.changes.read() as view:
        assert NFS.path not in [store.path for store in view.data_stores()]


def test_a_data_store_is_moved_away_from_what_does_not_answer(engine: SilentEngine) -> None:
    rig = silent_rig(engine)
    store = rig.stores.create(request(), NFS)
    engine.silent.add(NFS.path)
    assert "does not answer" in rig.stores.state(store).fault
    engine.stores[b"/mnt/other"] = "Nfs"
    moved = rig.stores.update(request(), replace(store, path=b"/mnt/other"), etag(store))
    assert moved.path == b"/mnt/other"


def test_a_medium_whose_store_does_not_answer_is_not_written_to_again(
    engine: SilentEngine,
) -> None:
    """It may go at any time from now on."""
    rig = silent_rig(engine)
    with_empty_medium(rig)
    engine.silent.add(NFS.path)
    with pytest.raises(StoreUnusable, match="DISK00002 is write protected from now on"):
        remove(rig)
    medium = medium_of(rig)
    assert medium is not None
    assert (medium.write_protected, medium.init_time) == (True, NEVER)
    engine.opened.set()

    def removed() -> bool | None:
        with contextlib.suppress(StoreUnusable):  # until what hung has ended
            remove(rig)
        return medium_of(rig) is None or None

    assert rig.eventually(removed)
    assert engine.made == {NFS.path: []}


def test_a_medium_that_is_refused_is_as_it_was(engine: SilentEngine) -> None:
    rig = silent_rig(engine)
    before = with_empty_medium(rig)
    engine.away.add(NFS.path)
    with pytest.raises(StoreUnusable, match="not in its place"):
        remove(rig)
    medium = medium_of(rig)
    assert medium is not None
    assert replace(medium, version=before.version) == before


@pytest.mark.logs_warnings
def test_a_kill_after_the_medium_has_gone(
    engine: SilentEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """No backup counts on what is not there: it can be deleted again, or used again."""
    rig = silent_rig(engine)
    rig.add_task()
    with_empty_medium(rig)
    engine.killed_after_removal = True
    with pytest.raises(Killed):
        remove(rig)
    engine.killed_after_removal = False
    look_for_media(rig.changes, rig.patient)
    [said] = [record.getMessage() for record in caplog.records]
    assert said.startswith("Medium DISK00002 is write protected and was never made, or its removal")
    left = medium_of(rig)
    assert left is not None
    rig.media.update(request(), replace(left, write_protected=False), etag(left))
    action = BackupAction(BackupType.FULL, task="docs", drive="Drive_2")
    [live] = rig.starting.start_backup(request("StartBackup"), BackupOrder(action)).jobs
    rig.runner.start()
    job = rig.ended(live.job)
    rig.runner.stop()
    assert (job.state, job.label) == (JobState.OK, "DISK00002")
    rig.forgetting.delete(request(), [job.saveset])
    remove(rig)
    assert medium_of(rig) is None


@pytest.mark.logs_warnings
def test_the_start_says_which_medium_is_not_there(
    engine: SilentEngine, caplog: pytest.LogCaptureFixture
) -> None:
    rig = silent_rig(engine)
    with_empty_medium(rig)
    engine.labels_away.add("DISK00002")
    with caplog.at_level(logging.WARNING):
        look_for_media(rig.changes, rig.patient)
    [said] = [record.getMessage() for record in caplog.records]
    assert said == "There is no DISK00002. Is it mounted?"


@pytest.fixture
def rig(engine: SilentEngine) -> Iterator[Rig]:
    """One that runs what is queued, with a drive of the other data store."""
    rig = silent_rig(engine, 0.5)
    rig.add_task()
    with_empty_medium(rig)
    tell_media(rig.changes, rig.patient)
    rig.runner.start()
    assert rig.looked.wait(DEADLINE)
    yield rig
    engine.opened.set()
    rig.runner.stop()


@pytest.mark.logs_warnings
def test_who_has_to_do_with_other_stores_does_not_wait(rig: Rig, engine: SilentEngine) -> None:
    """What it looks for again, removes, or must not save lies on all data stores."""
    gone, lying = (backed_up(rig, "Drive_2") for _ in range(2))
    kept = backed_up(rig)
    engine.silent.add(NFS.path)
    rig.forgetting.delete(request(), [gone.saveset])
    assert backed_up(rig).state is JobState.OK
    assert engine.left_alone == {NFS.path}
    rig.work.look_at_store()
    assert "is it mounted" in rig.damage(lying.saveset)
    assert rig.damage(kept.saveset) == ""
    [left] = engine_removals(rig)
    assert (left.saveset, engine.removed) == (gone.saveset, [])
    engine.silent.clear()
    engine.opened.set()
    pause = threading.Event()
    while engine_removals(rig) and not pause.wait(SOON):  # until what hung has ended
        rig.work.look_at_store()
    assert (engine_removals(rig), [ref.name for ref in engine.removed]) == ([], [gone.saveset])
    assert rig.damage(lying.saveset) == ""


def test_a_backup_to_what_does_not_answer_ends(rig: Rig, engine: SilentEngine) -> None:
    engine.silent.add(NFS.path)
    job = backed_up(rig, "Drive_2")
    assert (job.state, rig.codes(job)[-1]) == (JobState.ERROR, "STORE_MISSING")
    assert job.message.startswith("/mnt/nfs does not answer since 04 Mar 13:00:00. Is the server")
    assert engine.backups == []


def test_a_backup_that_waits_for_an_answer_is_cancelled(rig: Rig, engine: SilentEngine) -> None:
    engine.silent.add(NFS.path)
    job = begun(rig, "Drive_2")
    assert engine.reached.wait(DEADLINE)
    rig.jobs.cancel(request(), job.id)
    ended = rig.ended(job)
    assert (ended.state, ended.message) == (JobState.CANCELLED, "Cancelled by the admin")


def begun(rig: Rig, drive: str = "") -> Job:
    action = BackupAction(BackupType.FULL, task="docs", drive=drive)
    [live] = rig.starting.start_backup(request(), BackupOrder(action)).jobs
    return live.job


def backed_up(rig: Rig, drive: str = FIRST_DRIVE) -> Job:
    return rig.ended(begun(rig, drive))


def engine_removals(rig: Rig) -> list[Removal]:
    with rig.changes.read() as view:
        return view.removals()
