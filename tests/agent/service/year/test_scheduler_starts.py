"""Immediate starts: one-off events, now and later."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.calendar import Entry, EntryState
from server_agent.domain.errors import GroupNotFound, InvalidArgument, TaskNotFound
from server_agent.domain.events import BackupAction
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.occurrences import Cause
from server_agent.domain.savesets import BackupType
from server_agent.service.around import Around
from server_agent.service.interfaces import Interfaces
from server_agent.service.loading import Loading
from server_agent.service.looking import Looking
from server_agent.service.media_presence import Presence
from server_agent.service.media_requests import MediaRequests
from server_agent.service.runner import Runner
from server_agent.service.starting import LONGEST_AHEAD, BackupOrder, Starting
from server_agent.service.work import Work
from tests.agent.service.year.location import Location, minutes, request, utc
from tests.fakes.catalogue import MemoryCatalogue, MemoryTransaction
from tests.fakes.clock import FakeClock
from tests.fakes.programs import FakePrograms

NOON = utc("2026-03-02 12:00")
EVENING = utc("2026-03-02 20:00")
DAY = timedelta(days=1)
FULL = BackupAction(BackupType.FULL, task="docs")
ALL = BackupAction(BackupType.INC, group="all")


def no_interfaces(location: Location) -> Around:
    """No program is there."""
    interfaces = Interfaces(
        location.changes,
        location.protocols,
        location.clock,
        "fs-01",
        lambda client: FakePrograms(),
    )
    return Around(interfaces)


def starting(location: Location) -> Starting:
    """With a queue that stands."""
    work = Work(
        location.changes,
        location.engine,
        location.protocols,
        {},
        no_interfaces(location),
        location.clock,
        location.scheduler.follow,
    )
    presence = Presence(location.engine, Looking(location.clock))
    loading = Loading(location.changes, location.engine, location.clock, presence)
    media = MediaRequests(
        *(location.changes, loading, location.clock),
        lambda *_: None,
        lambda: None,
    )
    runner = Runner(location.changes, work, media)
    return Starting(location.changes, location.engine, location.clock, runner, location.scheduler)


def go_to(location: Location, text: str) -> list[Job]:
    location.clock.advance(utc(text) - location.clock.now())
    location.look()
    return location.jobs()


def entries(location: Location) -> list[Entry]:
    """Without NEWDAY."""
    found = location.entries(NOON - DAY, NOON + 9 * DAY)
    return [entry for entry in found if entry.priority]


@pytest.mark.parametrize("early", [timedelta(), timedelta(hours=3)])
def test_now_it_is_queued_at_once_and_in_the_calendar(location: Location, early: timedelta) -> None:
    location.clock.advance(minutes(1))
    order = BackupOrder(ALL, NOON - early if early else None, priority=30)
    started = starting(location).start_backup(request(), order)
    jobs = location.jobs()
    assert [live.job for live in started.jobs] == jobs
    assert [(job.task, job.priority, job.started_by) for job in jobs] == [
        ("mail", 30, "the admin"),
        ("docs", 30, "the admin"),
    ]
    assert started.planned_time == NOON + minutes(1)
    assert [(each.task, each.state, each.started_by) for each in entries(location)] == [
        ("docs", EntryState.QUEUED, "the admin"),
        ("mail", EntryState.QUEUED, "the admin"),
    ]
    for job in location.admit():
        location.end(job.id)
    assert go_to(location, "2026-03-03 07:00") == []


def test_later_it_is_planned_until_then_and_started_once(location: Location) -> None:
    order = BackupOrder(FULL, EVENING)
    started = starting(location).start_backup(request(), order)
    assert (started.jobs, started.planned_time, location.jobs()) == ((), EVENING, [])
    assert [(each.slot.planned_time, each.state) for each in entries(location)] == [
        (EVENING, EntryState.PLANNED)
    ]
    [job] = go_to(location, "2026-03-02 20:00:09")
    assert (job.planned_time, job.started_by) == (EVENING, "the admin")
    assert go_to(location, "2026-03-02 22:00") == [job]
    assert len(entries(location)) == 1


def test_later_and_the_agent_was_down_it_is_made_late(location: Location) -> None:
    starting(location).start_backup(request(), BackupOrder(FULL, EVENING))
    location.clock.advance(2 * DAY)
    location.restart()
    go_to(location, "2026-03-04 13:00")
    [entry] = entries(location)
    assert entry.started_late
    assert entry.job_id


def test_later_and_the_task_has_gone_it_is_missed(location: Location) -> None:
    starting(location).start_backup(request(), BackupOrder(FULL, EVENING))
    location.remove_task("docs")
    assert go_to(location, "2026-03-02 20:00") == []
    [entry] = entries(location)
    assert (entry.state, entry.cause) == (EntryState.MISSED, Cause.IMPOSSIBLE)


def test_the_same_request_again_starts_nothing_more(location: Location) -> None:
    asked = request()
    first = starting(location).start_backup(asked, BackupOrder(ALL))
    location.clock.advance(minutes(1))
    again = starting(location).start_backup(asked, BackupOrder(ALL))
    assert (again.event, again.planned_time) == (first.event, first.planned_time)
    assert [live.job.id for live in again.jobs] == [live.job.id for live in first.jobs]
    assert len(location.jobs()) == 2


def test_a_follow_up_comes_behind_it(location: Location) -> None:
    location.add_event("then", BackupAction(BackupType.FULL, task="mail"))
    starting(location).start_backup(request(), BackupOrder(FULL, follow_up="then"))
    [job] = location.admit()
    location.end(job.id)
    assert [job.event for job in location.jobs()] == ["then"]


def test_what_was_due_before_is_decided_first(location: Location) -> None:
    location.add_event("it", FULL, "evening")
    location.clock.advance(EVENING - NOON + minutes(5))
    starting(location).start_backup(request(), BackupOrder(ALL))
    assert [(job.event, job.state) for job in location.jobs()] == [
        ("it", JobState.QUEUED),
        ("all", JobState.QUEUED),
        ("all", JobState.QUEUED),
    ]


def test_what_cannot_be_started_is_refused(location: Location) -> None:
    begin = starting(location).start_backup
    with pytest.raises(TaskNotFound):
        begin(request(), BackupOrder(replace(FULL, task="gone")))
    with pytest.raises(GroupNotFound):
        begin(request(), BackupOrder(replace(ALL, group="gone")))
    with pytest.raises(InvalidArgument):
        begin(request(), BackupOrder(FULL, NOON + LONGEST_AHEAD + minutes(1)))
    assert entries(location) == []
    assert location.jobs() == []


class BusyCatalogue(MemoryCatalogue):
    """Has each writer wait for its turn."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    @contextmanager
    def write(self) -> Iterator[MemoryTransaction]:
        self._clock.advance(timedelta(seconds=5))
        with super().write() as tx:
            yield tx


def test_a_start_whose_time_comes_while_it_is_entered_is_made() -> None:
    clock = FakeClock(NOON)
    location = Location(BusyCatalogue(clock), clock)
    location.look()
    location.add_tasks("docs")
    at = clock.now() + timedelta(seconds=3)
    starting(location).start_backup(request(), BackupOrder(FULL, at))
    location.look()
    assert [job.task for job in location.jobs()] == ["docs"]
