"""Follow-ups: what is started when an occurrence has ended well."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from server_agent.domain.calendar import Entry, EntryState
from server_agent.domain.events import NEWDAY, Action, BackupAction, CommandAction, RestoreAction
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.occurrences import Cause
from server_agent.domain.savesets import BackupType
from server_agent.service.newday_job import repeat_newday
from tests.agent.domain.plans import schedule
from tests.agent.service.year.location import Location, minutes, utc

EVENING = utc("2026-03-02 20:00")
ALL = BackupAction(BackupType.FULL, group="all")
MAIL = BackupAction(BackupType.INC, task="mail")
COMMAND = CommandAction("report")


def go_to(location: Location, moment: datetime) -> list[Job]:
    location.clock.advance(moment - location.clock.now())
    location.look()
    return location.jobs()


def entries_of(location: Location, name: str) -> list[Entry]:
    found = location.entries(utc("2026-03-01"), utc("2026-03-08"))
    return [entry for entry in found if entry.event == name]


def begin(location: Location, follow_up: str) -> list[Job]:
    """Starts the event first, of the tasks mail and docs, at eight in the evening."""
    location.add_event("first", ALL, "evening", follow_up=follow_up)
    go_to(location, EVENING)
    location.clock.advance(minutes(10))
    return location.admit()


@pytest.mark.parametrize(
    ("action", "kind", "task"),
    [(MAIL, JobKind.BACKUP, "mail"), (COMMAND, JobKind.COMMAND, "")],
)
def test_it_starts_when_the_last_job_has_ended(
    location: Location, action: Action, kind: JobKind, task: str
) -> None:
    then = location.add_event("then", action)
    one, two = begin(location, "then")
    location.end(one.id, JobState.WARNING)
    assert location.jobs() == [two]
    location.clock.advance(minutes(5))
    location.end(two.id)
    [job] = location.jobs()
    now = EVENING + minutes(15)
    assert (job.kind, job.task, job.state) == (kind, task, JobState.QUEUED)
    assert (job.event_id, job.event, job.planned_time) == (then.id, "then", now)
    [entry] = entries_of(location, "then")
    assert (entry.slot.planned_time, entry.state) == (now, EntryState.QUEUED)
    assert not entry.started_late


@pytest.mark.parametrize("state", [JobState.ERROR, JobState.BROKEN, JobState.CANCELLED])
@pytest.mark.parametrize("failing", [0, 1])
def test_it_does_not_start_if_one_job_has_not_ended_well(
    location: Location, state: JobState, failing: int
) -> None:
    location.add_event("then", MAIL)
    for number, job in enumerate(begin(location, "then")):
        location.end(job.id, state if number == failing else JobState.OK)
    assert location.jobs() == []
    assert entries_of(location, "then") == []


def test_it_follows_a_newday_that_was_broken_and_made_again(location: Location) -> None:
    location.add_event("then", COMMAND)
    location.change_event(replace(location.event(NEWDAY), follow_up="then"))
    go_to(location, utc("2026-03-03 08:00"))
    [broken] = location.admit()
    location.end(broken.id, JobState.BROKEN)
    assert location.jobs() == []
    with location.changes.write() as tx:
        assert repeat_newday(tx, location.clock)
    [again] = location.admit()
    location.end(again.id)
    assert [job.event for job in location.jobs()] == ["then"]


def test_a_chain_goes_on_to_its_end(location: Location) -> None:
    location.add_event("fourth", COMMAND)
    location.add_event("third", MAIL, follow_up="fourth")
    location.add_event("second", COMMAND, follow_up="third")
    for job in begin(location, "second"):
        location.end(job.id)
    begun = []
    while location.jobs():
        [job] = location.admit()
        begun.append(job.event)
        location.clock.advance(minutes(1))
        location.end(job.id)
    assert begun == ["second", "third", "fourth"]


def test_newday_may_be_followed(location: Location) -> None:
    location.add_event("then", COMMAND)
    location.change_event(replace(location.event(NEWDAY), follow_up="then"))
    [job] = go_to(location, utc("2026-03-03 08:00"))
    location.admit()
    location.end(job.id)
    assert [job.event for job in location.jobs()] == ["then"]


def test_newday_as_a_follow_up_does_its_work_and_begins_no_day(location: Location) -> None:
    for job in begin(location, NEWDAY):
        location.end(job.id)
    [job] = location.jobs()
    assert (job.kind, job.sesam_day) == (JobKind.NEWDAY, date(2026, 3, 2))
    assert location.day_starts() == []


def test_a_silenced_or_changed_follow_up(location: Location) -> None:
    then = location.add_event("then", MAIL)
    jobs = begin(location, "then")
    location.change_event(replace(then, active=False))
    for job in jobs:
        location.end(job.id)
    assert location.jobs() == []


def test_without_a_follow_up_nothing_follows(location: Location) -> None:
    for job in begin(location, ""):
        location.end(job.id)
    assert location.jobs() == []


@pytest.mark.parametrize(
    "action", [MAIL, BackupAction(BackupType.INC, group="gone"), RestoreAction("mail", b"/srv/x")]
)
def test_a_follow_up_that_is_impossible_is_missed_and_the_job_has_ended(
    location: Location, action: Action
) -> None:
    location.add_group("gone", "mail")
    location.add_event("then", action)
    jobs = begin(location, "then")
    location.remove_task("mail")
    for job in jobs:
        assert location.end(job.id).state is JobState.OK
    assert location.jobs() == []
    [entry] = entries_of(location, "then")
    assert (entry.state, entry.cause) == (EntryState.MISSED, Cause.IMPOSSIBLE)
    assert "mail" in entry.text


def test_a_follow_up_after_midnight_belongs_to_the_day_before(location: Location) -> None:
    location.add_schedule(replace(schedule(start_time=time(23)), name="night"))
    location.add_event("then", COMMAND)
    location.add_event("first", MAIL, "night", follow_up="then")
    [job] = go_to(location, utc("2026-03-02 23:00"))
    location.admit()
    location.clock.advance(timedelta(hours=3))
    location.end(job.id)
    [following] = location.jobs()
    assert following.sesam_day == date(2026, 3, 2)
