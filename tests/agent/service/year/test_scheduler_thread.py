"""The scheduler in its own thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import time, timedelta

import pytest

from server_agent.domain.events import BackupAction
from server_agent.domain.savesets import BackupType
from server_agent.service.scheduler import Scheduler
from tests.agent.domain.plans import schedule
from tests.agent.service.steered import DEADLINE
from tests.agent.service.year.location import Location, location_at, minutes, utc
from tests.fakes.catalogue import MemoryCatalogue, MemoryView

NOON = utc("2026-03-02 12:00")
EVENING = utc("2026-03-02 20:00")
FULL = BackupAction(BackupType.FULL, task="docs")


class BrokenAtTimes(MemoryCatalogue):
    """Cannot be read while it is told so."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.refused = threading.Event()

    @contextmanager
    def read(self) -> Iterator[MemoryView]:
        if self.broken:
            self.refused.set()
            raise OSError("the disk is gone")
        with super().read() as view:
            yield view


@contextmanager
def running(location: Location) -> Iterator[tuple[Scheduler, threading.Event]]:
    """The scheduler with what it sets when it has queued something."""
    told = threading.Event()
    scheduler = Scheduler(location.changes, location.clock, told.set)
    scheduler.start()
    try:
        yield scheduler, told
    finally:
        scheduler.stop()


def planned(catalogue: MemoryCatalogue) -> Location:
    location = location_at(catalogue, NOON, "UTC")
    location.add_tasks("docs")
    location.add_schedule(replace(schedule(start_time=time(20)), name="evening"))
    location.add_event("it", FULL, "evening")
    return location


def test_it_begins_with_what_passed_while_nobody_ran() -> None:
    location = planned(MemoryCatalogue())
    location.clock.advance(EVENING - NOON + minutes(30))
    with running(location) as (_, told):
        assert told.wait(DEADLINE)
        assert [job.task for job in location.jobs()] == ["docs"]


def test_woken_it_looks_at_once() -> None:
    location = planned(MemoryCatalogue())
    with running(location) as (scheduler, told):
        location.clock.advance(EVENING - NOON)
        scheduler.wake()
        assert told.wait(DEADLINE)
        assert [job.task for job in location.jobs()] == ["docs"]


def test_stopped_it_decides_nothing_more() -> None:
    location = planned(MemoryCatalogue())
    with running(location) as (scheduler, told):
        scheduler.stop()
        location.clock.advance(timedelta(days=1))
        scheduler.wake()
    assert not told.is_set()
    assert location.jobs() == []


@pytest.mark.logs_warnings
def test_what_cannot_be_read_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    catalogue = BrokenAtTimes()
    location = planned(catalogue)
    location.clock.advance(EVENING - NOON)
    catalogue.broken = True
    with running(location) as (scheduler, told):
        assert catalogue.refused.wait(DEADLINE)
        catalogue.broken = False
        while not told.is_set():  # woken between its failure and its rest it would not know
            scheduler.wake()
            told.wait(0.05)
        assert [job.task for job in location.jobs()] == ["docs"]
    assert "the part sepuler has failed and begins again" in caplog.text
