"""Plausible schedules, events and jobs of them; a test replaces the fields that it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from server_agent.domain.events import BackupAction, CommandAction, Event
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.occurrences import Cause, Occurrence, Slot, Verdict
from server_agent.domain.savesets import BackupType
from server_agent.domain.schedule import Schedule
from tests.fakes.records import JOB

EIGHT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
LATER = EIGHT + timedelta(minutes=1)

SCHEDULE = Schedule(
    name="evening",
    rule="FREQ=DAILY",
    start_time=time(20, 0),
    start_date=date(2026, 1, 1),
    change_time=EIGHT,
)

EVENT = Event(
    id="",
    name="home daily",
    action=BackupAction(BackupType.INC, task="home"),
    schedule="evening",
    change_time=EIGHT,
)

COMMAND = replace(EVENT, name="dump", action=CommandAction("dump_db"))

AT_ONCE = replace(EVENT, name="home", schedule="", start_time=EIGHT, made_by="desk")


def decided(
    event: Event,
    verdict: Verdict = Verdict.STARTED,
    *,
    moment: datetime = EIGHT,
    tasks: tuple[str, ...] = (),
    decide_time: datetime = LATER,
) -> Occurrence:
    cause = Cause.NONE if verdict is Verdict.STARTED else Cause.OVERTAKEN
    return Occurrence(Slot(moment, event.id), verdict, decide_time, cause, tasks=tasks)


def job_of(
    event: Event,
    task: str,
    state: JobState = JobState.OK,
    *,
    moment: datetime = EIGHT,
    day: date = DAY,
) -> Job:
    return replace(
        JOB,
        kind=JobKind.BACKUP if task else JobKind.COMMAND,
        state=state,
        task=task,
        client="alpha" if task else "",
        sesam_day=day,
        create_time=moment,
        event_id=event.id,
        event=event.name,
        planned_time=moment,
    )
