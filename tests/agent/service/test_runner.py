"""The queue when the catalogue or the protocol fails it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from server_agent.domain.jobs import Job, JobState
from server_agent.ports import ProtocolWriter
from tests.agent.service.rig import START, Rig
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

    @contextmanager
    def write(self) -> Iterator[MemoryTransaction]:
        if self.full.is_set():
            self.refused.set()
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
    catalogue.full.clear()
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
    assert rig.job(job).state is JobState.QUEUED
    catalogue.full.clear()
    assert rig.ended(job).state is JobState.OK
    rig.runner.stop()


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
