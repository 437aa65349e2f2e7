"""The queue when the catalogue or the protocol fails it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from server_agent.domain.jobs import Job, JobState
from server_agent.ports import EngineError, ProtocolWriter
from server_agent.service.watched import LiveJob
from tests.agent.service.rig import START, Rig, request
from tests.agent.service.steered import DEADLINE, DONE, Gate
from tests.fakes.catalogue import MemoryCatalogue, MemoryTransaction
from tests.fakes.clock import FakeClock
from tests.fakes.protocols import MemoryProtocols

pytestmark = pytest.mark.logs_warnings


class FullCatalogue(MemoryCatalogue):
    """Cannot be written for as long as `full` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.full = threading.Event()
        self.refused = threading.Event()
        self.refusals = 0

    @contextmanager
    def write(self) -> Iterator[MemoryTransaction]:
        if self.full.is_set():
            self.refused.set()
            self.refusals += 1
            raise OSError(28, "No space left on device")
        with super().write() as transaction:
            yield transaction


class FullProtocols(MemoryProtocols):
    """Cannot be opened."""

    def open(self, job: Job) -> ProtocolWriter:  # type: ignore[override]
        raise OSError(28, "No space left on device")


@pytest.fixture
def full_rig() -> Iterator[tuple[Rig, FullCatalogue]]:
    catalogue = FullCatalogue()
    rig = Rig(catalogue=catalogue)
    rig.add_task()
    rig.runner.start()
    yield rig, catalogue
    rig.runner.stop()


def wait_for_message(rig: Rig, job_id: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not rig.jobs.get(job_id).job.message:
        assert time.monotonic() < deadline, "the job does not say what holds it up"
        threading.Event().wait(0.01)


def test_a_saveset_is_entered_as_soon_as_there_is_room_again(
    full_rig: tuple[Rig, FullCatalogue],
) -> None:
    rig, catalogue = full_rig
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    job = rig.start_backup()
    gate.wait_until_reached()
    catalogue.full.set()
    gate.open()
    assert catalogue.refused.wait(DEADLINE)
    assert rig.job(job).state is JobState.ACTIVE
    wait_for_message(rig, job.id)
    held = rig.jobs.get(job.id)
    assert held.job.message.startswith("Ended as ok, but this cannot be entered: ")
    assert "disk is full" in held.job.message
    assert held.progress is None
    catalogue.full.clear()
    assert "entered" not in rig.ended(job).message
    assert rig.ended(job).state is JobState.OK
    assert len(rig.saveset_list()) == 1


def test_an_end_that_cannot_be_entered_does_not_hold_up_the_stop(
    full_rig: tuple[Rig, FullCatalogue],
) -> None:
    rig, catalogue = full_rig
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    job = rig.start_backup()
    gate.wait_until_reached()
    catalogue.full.set()
    gate.open()
    assert catalogue.refused.wait(DEADLINE)
    rig.runner.stop()
    assert rig.job(job).state is JobState.ACTIVE


def test_a_job_that_cannot_be_started_is_tried_again() -> None:
    catalogue = FullCatalogue()
    rig = Rig(catalogue=catalogue)
    rig.add_task()
    job = rig.start_backup()
    catalogue.full.set()
    rig.runner.start()
    assert catalogue.refused.wait(DEADLINE)
    said = rig.eventually(lambda: rig.job(job).message or None)
    assert rig.job(job).state is JobState.QUEUED
    assert said.startswith("Cannot be started: the agent's own disk is full (")
    assert said.endswith("), make room there. It is tried again every 0.01 s")
    catalogue.full.clear()
    ended = rig.ended(job)
    assert (ended.state, ended.message) == (JobState.OK, "")
    rig.runner.stop()


def test_a_job_that_cannot_be_started_does_not_flood_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Which keeps so many bytes of a day, and forgets what was said before."""
    catalogue = FullCatalogue()
    rig = Rig(catalogue=catalogue)
    rig.add_task()
    job = rig.start_backup()
    catalogue.full.set()
    rig.runner.start()
    deadline = time.monotonic() + DEADLINE
    while catalogue.refusals < 10:
        assert time.monotonic() < deadline, "it is not tried again"
        threading.Event().wait(0.01)
    catalogue.full.clear()
    assert rig.ended(job).state is JobState.OK
    rig.runner.stop()
    told = [each for each in caplog.records if "could not be started" in each.message]
    assert len(told) == 1


def test_what_holds_a_job_is_told_once_and_forgotten(idle_rig: Rig) -> None:
    idle_rig.add_task()
    job = idle_rig.start_backup()
    subscription = idle_rig.changes.subscribe(lambda: None)
    subscription.begin(None)
    for _ in range(2):
        idle_rig.changes.hold(job.id, JobState.QUEUED, "The disk is full")
    [told] = subscription.take().objects
    assert isinstance(told, LiveJob)
    assert (told.job.message, told.progress) == ("The disk is full", None)
    idle_rig.changes.hold(job.id, JobState.QUEUED, "The disk is full")
    assert subscription.take().objects == ()
    idle_rig.jobs.cancel(request(), job.id)
    assert idle_rig.job(job).message == "Cancelled by the admin"
    subscription.close()


@pytest.mark.parametrize("full", [False, True])
def test_a_full_disk_without_a_name_is_narrowed_down(rig: Rig, full: bool) -> None:
    text = "No space left at /srv/x. Free some" if full else "no space left on device. Free some"
    rig.engine.scripts.append([EngineError("NO_SPACE", text)])
    message = rig.backed_up().message
    assert message.startswith("No space left ")
    said = "It is the disk of the data store of DISK00001 or that of the agent's own files"
    assert (said in message) is not full


class BrokenClock(FakeClock):
    """Does not know the site's zone any more, once it is `broken`."""

    broken = False

    def local(self, moment: datetime) -> datetime:
        if self.broken:
            raise RuntimeError("no such zone")
        return super().local(moment)


def test_a_job_that_can_never_start_does_not_stay_in_the_queue() -> None:
    clock = BrokenClock(START)
    rig = Rig(clock=clock)
    rig.add_task()
    job = rig.start_backup()
    clock.broken = True
    rig.runner.start()
    ended = rig.ended(job)
    rig.runner.stop()
    assert ended.state is JobState.ERROR
    assert "incident" in ended.message


def test_a_job_without_a_protocol_fails(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(protocols=FullProtocols())
    rig.add_task()
    rig.runner.start()
    job = rig.backed_up()
    rig.runner.stop()
    assert job.state is JobState.ERROR
    assert job.message == (
        "The agent's own disk is full (protocol of job 1). Make room there, then start it again"
    )
    assert job.message in caplog.text


def test_a_job_whose_thread_cannot_be_started_ends_and_blocks_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "job-1":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    job = rig.backed_up()
    assert (job.state, job.saveset) == (JobState.ERROR, "")
    assert "incident" in job.message
    assert rig.backed_up().state is JobState.OK


def test_a_thread_that_cannot_be_started_keeps_none_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "job-1":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    catalogue = FullCatalogue()
    rig = Rig(catalogue=catalogue)
    rig.add_task("a")
    rig.add_task("b")
    jobs = [rig.start_backup(task=task) for task in ("a", "b")]
    catalogue.full.set()
    rig.runner.start()
    assert catalogue.refused.wait(DEADLINE)
    catalogue.full.clear()
    assert [rig.ended(job).state for job in jobs] == [JobState.ERROR, JobState.OK]
    rig.runner.stop()


@pytest.mark.parametrize("by_job", [False, True])
def test_what_is_missing_is_entered_as_soon_as_there_is_room_again(
    full_rig: tuple[Rig, FullCatalogue], by_job: bool
) -> None:
    rig, catalogue = full_rig
    name = rig.backed_up().saveset
    rig.work.look_at_store()
    gate = Gate()
    rig.engine.scripts.append([gate, EngineError("STORE_MISSING", "Is it mounted?")])
    job = rig.start_backup()
    gate.wait_until_reached()
    rig.engine.store_is_there = False
    catalogue.full.set()
    if by_job:
        gate.open()
        assert catalogue.refused.wait(DEADLINE)
        wait_for_message(rig, job.id)
    else:
        with pytest.raises(OSError, match="No space"):
            rig.work.look_at_store()
    catalogue.full.clear()
    rig.work.look_at_store()
    assert "is it mounted?" in rig.damage(name)
    gate.open()
    rig.ended(job)


def test_what_held_a_job_is_forgotten_when_it_cannot_start_at_all() -> None:
    catalogue = FullCatalogue()
    rig = Rig(catalogue=catalogue)
    rig.add_task()
    job = rig.start_backup()
    with rig.changes.write() as tx:
        tx.remove_task("docs")
    catalogue.full.set()
    rig.runner.start()
    assert catalogue.refused.wait(DEADLINE)
    wait_for_message(rig, job.id)
    catalogue.full.clear()
    assert rig.ended(job).state is JobState.ERROR
    rig.runner.stop()
    assert rig.changes.progressed_since(0)[1] == []
