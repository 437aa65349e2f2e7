"""Removable media that do not answer, and those that are full."""

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType

import pytest

from server_agent.adapters.loader.virtual import VirtualLoader
from server_agent.domain.errors import MediumAway
from server_agent.domain.events import BackupAction
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.loaders import Loader, LoaderKind
from server_agent.domain.media import DataStore, MediaPool, Medium
from server_agent.domain.media_requests import Answer
from server_agent.domain.queue import Drive
from server_agent.domain.savesets import BackupType
from server_agent.domain.topology import Client
from server_agent.ports import EngineError, StoreSpace
from server_agent.service.looking import Looking
from server_agent.service.media_presence import Presence
from server_agent.service.starting import BackupOrder
from tests.agent.service.rig import START, Rig, request
from tests.agent.service.steered import DEADLINE, SteeredEngine
from tests.fakes.clock import FakeClock

USB, PLACE, POOL = "Usb", b"/mnt/usb", "USB"
FULL = StoreSpace(capacity_bytes=1000, free_bytes=30)
SOME = StoreSpace(capacity_bytes=1000, free_bytes=400)


class HangingEngine(SteeredEngine):
    """Of the places that hang, nobody gets an answer before they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.hanging: set[bytes] = set()
        self.let_go = threading.Event()
        self.looks = 0

    def space(self, store: bytes, name: str, label: str = "") -> StoreSpace:
        if store in self.hanging:
            self.looks += 1
            assert self.let_go.wait(DEADLINE)
        return super().space(store, name, label)


@pytest.fixture
def engine() -> HangingEngine:
    return HangingEngine()


@pytest.fixture
def rig(engine: HangingEngine) -> Iterator[Rig]:
    """A pool on the first data store and one on a removable one."""
    rig = Rig(engine=engine, patience=0.05)
    rig.add_task()
    rig.add_task("other", (b"/other",))
    rig.stores.create(request(), DataStore(USB, PLACE, removable=True))
    with rig.changes.write() as tx:
        tx.put_drive(Drive("Usb_drive", group="Usb", store=USB))
        tx.put_pool(MediaPool(POOL, "Usb"))
    rig.runner.start()
    rig.media_requests.start()
    yield rig
    engine.let_go.set()
    rig.media_requests.stop()
    rig.runner.stop()


def start(rig: Rig, pool: str = POOL, task: str = "docs") -> Job:
    order = BackupOrder(BackupAction(BackupType.FULL, task=task, pool=pool))
    [live] = rig.starting.start_backup(request(), order).jobs
    return live.job


def wanted(rig: Rig, job: Job) -> str:
    """The medium that a job waits for."""

    def label() -> str | None:
        waiting = rig.jobs.get(job.id).waiting
        return waiting.medium or None if waiting is not None else None

    return rig.eventually(label)


def done(rig: Rig, job: Job) -> str:
    """The medium that a job has written to."""
    ended = rig.ended(job)
    assert ended.state is JobState.OK, ended.message
    return ended.label


def fault(rig: Rig) -> str:
    [asked] = rig.media_requests.states()
    return asked.fault


def add_medium(rig: Rig, label: str) -> None:
    """One that was made once, and is away."""
    rig.engine.labels_away.add(label)
    with rig.changes.write() as tx:
        tx.put_medium(Medium(label, POOL, USB, START))


def test_a_mount_that_hangs_holds_up_nobody(rig: Rig, engine: HangingEngine) -> None:
    assert done(rig, start(rig)) == "USB00001"
    engine.hanging.add(PLACE)
    job = start(rig)
    assert wanted(rig, job) == "USB00001"
    for _ in range(3):
        assert done(rig, start(rig, "DISK", "other")).startswith("DISK")
        rig.clients.create(request(), Client(f"new {engine.looks} {rig.catalogue_revision()}"))
        store = next(each for each in _stores(rig) if each.name == USB)
        assert "does not answer" in rig.stores.state(store).fault
    assert "/mnt/usb does not answer since" in fault(rig)
    assert engine.looks == 1
    engine.hanging.clear()
    engine.let_go.set()
    assert done(rig, job) == "USB00001"


def _stores(rig: Rig) -> list[DataStore]:
    with rig.changes.read() as view:
        return view.data_stores()


def test_a_full_medium_has_a_further_one_asked_for(rig: Rig) -> None:
    assert done(rig, start(rig)) == "USB00001"
    rig.engine.full[PLACE] = FULL
    job = start(rig)
    assert wanted(rig, job) == "USB00002"
    assert "What is in Usb is 97 % full; the high-water mark is 95 %" in fault(rig)
    with pytest.raises(MediumAway, match="97 % full"):
        rig.media_requests.answer(request(), "USB00002", Answer.LOADED)
    with pytest.raises(MediumAway, match="97 % full"):
        rig.media_requests.answer(request(), "USB00002", Answer.NEW)
    rig.eventually(lambda: rig.told or None)
    assert any("Wanted: the new medium USB00002" in text for _, _, text in rig.told)
    rig.engine.labels_away.add("USB00001")  # an empty disk is put in
    del rig.engine.full[PLACE]
    assert done(rig, job) == "USB00002"


def test_a_full_medium_is_used_again_when_there_is_room(rig: Rig) -> None:
    assert done(rig, start(rig)) == "USB00001"
    rig.engine.full[PLACE] = FULL
    job = start(rig)
    assert wanted(rig, job) == "USB00002"
    rig.engine.full[PLACE] = SOME
    assert done(rig, job) in ("USB00001", "USB00002")
    assert rig.media_requests.states() == []


def test_one_of_the_pool_that_is_not_known_to_be_full_comes_first(rig: Rig) -> None:
    assert done(rig, start(rig)) == "USB00001"
    add_medium(rig, "USB00007")
    rig.engine.full[PLACE] = FULL
    job = start(rig)
    assert wanted(rig, job) == "USB00007"
    # Put in, that is full as well: a new one is wanted, and not the first one again.
    rig.engine.labels_away = {"USB00001"}
    rig.media_requests.answer(request(), "USB00007", Answer.REFUSED)
    assert wanted(rig, start(rig)) == "USB00008"


def test_where_a_job_had_no_room_the_next_one_does_not_write(rig: Rig) -> None:
    assert done(rig, start(rig)) == "USB00001"
    rig.engine.full[PLACE] = SOME
    rig.engine.scripts.append([EngineError("NO_SPACE", "No space left on device")])
    failed = rig.ended(start(rig))
    assert (failed.state, failed.label) == (JobState.ERROR, "USB00001")
    job = start(rig)
    assert wanted(rig, job) == "USB00002"
    assert "The last job that wrote to USB00001 had no room on it" in fault(rig)
    rig.engine.full[PLACE] = StoreSpace(capacity_bytes=1000, free_bytes=700)  # some were deleted
    assert done(rig, job) in ("USB00001", "USB00002")


def test_a_store_that_is_not_removable_has_no_further_one(rig: Rig) -> None:
    rig.engine.full[b"/store"] = FULL
    ended = rig.ended(start(rig, "DISK"))
    assert ended.state is JobState.ERROR
    assert "high-water mark" in ended.message
    assert rig.media_requests.states() == []


def test_a_pool_with_a_spare_pool_uses_that(rig: Rig) -> None:
    with rig.changes.write() as tx:
        pool = tx.pool(POOL)
        assert pool is not None
        tx.put_pool(replace(pool, spare_pool="DISK"))
    rig.engine.full[PLACE] = FULL
    ended = rig.ended(start(rig))
    assert (ended.state, ended.label) == (JobState.WARNING, "DISK00001")


@pytest.mark.parametrize(("kind", "asks"), [(LoaderKind.VIRTUAL, False), (LoaderKind.MTX, True)])
def test_media_of_one_disk_have_no_more_room_than_it(
    rig: Rig, tmp_path: Path, kind: LoaderKind, asks: bool
) -> None:
    rig.devices["Box"] = VirtualLoader.made(tmp_path, slots=2, drives=1)
    assert done(rig, start(rig)) == "USB00001"
    with rig.changes.write() as tx:
        tx.put_loader(Loader("Box", kind, bytes(tmp_path), (USB,)))
    rig.loading.use()
    rig.engine.full[PLACE] = FULL
    job = start(rig)
    if asks:
        assert wanted(rig, job) == "USB00002"
    else:
        assert rig.ended(job).state is JobState.ERROR
        assert "high-water mark" in rig.job(job).message


def test_a_drive_whose_medium_has_room_is_taken(rig: Rig) -> None:
    rig.stores.create(request(), DataStore("Usb_2", b"/mnt/two", removable=True))
    with rig.changes.write() as tx:
        tx.put_drive(Drive("Z", group="Usb", store="Usb_2"))
    rig.engine.full[b"/mnt/two"] = FULL
    ended = rig.ended(start(rig))
    assert (ended.state, ended.drive) == (JobState.OK, "Usb_drive")


def test_no_look_is_lost_when_two_look_at_once(engine: HangingEngine) -> None:
    """Threads change places at every step of theirs."""
    clock = FakeClock(START, "UTC")
    presence = Presence(engine, Looking(clock))
    stores = [DataStore(f"Usb{number}", b"/mnt/usb%d" % number) for number in range(2)]
    media = [Medium(f"{store.name}00001", "P", store.name, clock.now()) for store in stores]
    for store in stores:
        engine.stores[store.path] = store.name
    lost: list[str] = []

    def step(frame: FrameType, _event: str, _argument: object) -> object:
        frame.f_trace_opcodes = frame.f_code.co_filename.endswith("media_presence.py")
        if frame.f_trace_opcodes:
            os.sched_yield()
        return step

    def look(number: int) -> None:
        sys.settrace(step)
        try:
            for turn in range(60):
                engine.full[stores[number].path] = SOME if turn % 2 else FULL
                presence.begin_move(media[number].label)
                presence.sight([stores[number]], [media[number]])
                if (media[number].label in presence.above_mark) is bool(turn % 2):
                    lost.append(f"{media[number].label} in turn {turn}")
                if media[number].label not in presence.moving:
                    lost.append(f"the move of {media[number].label} in turn {turn}")
                presence.end_move(media[number].label)
        finally:
            sys.settrace(None)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (lost, presence.moving, presence.moves) == ([], frozenset(), 240)
