"""A real agent through three sesam days in less than a minute, with real backups of sources that
change, and a kill in the middle: two of its hours pass in a second."""

import random
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server_agent.domain.self_backup import SELF_BACKUP
from sesam_api.client import Location
from sesam_api.plan_records import Event, Occurrence, Schedule, TaskGroup
from sesam_api.records import Job
from tests.e2e import three_days
from tests.e2e.agent_process import AgentProcess
from tests.e2e.changing import ChangingSource, tree_of
from tests.e2e.fast_agent import FastClock
from tests.e2e.three_days import (
    BEGIN,
    END,
    EVENTS,
    FRIDAY,
    HOUR,
    NEWDAY,
    ZONE,
    is_kept_off,
    sesam_day,
)

FACTOR = 7200.0
SECONDS = 20.0
TASKS = ("docs", "mail", "db")
DOWN = datetime(2027, 3, 27, 11, 20, tzinfo=UTC)  # before a start of docs at 13:00 in Berlin
UP = DOWN + 8 * HOUR
ORDERED = datetime(2027, 3, 28, 11, 30, tzinfo=UTC)
TAKEN_BACK = datetime(2027, 3, 28, 13, 30, tzinfo=UTC)
ENDED_WELL = ("ok", "warning")
LATE = timedelta(seconds=60)


class Days:
    """The agent, its clock, and its sources."""

    def __init__(self, directory: Path) -> None:
        root = directory / "root"
        self.clock = FastClock("Europe/Berlin", directory / "epoch", BEGIN, FACTOR)
        command = (sys.executable, "-m", "tests.e2e.fast_agent", str(root), *self.clock.arguments)
        self.agent = AgentProcess(root, directory, command)
        ini = root / "var/ini/sm.ini"
        text = ini.read_text()
        ini.write_text(text.replace("listings_plain_days = 7", "listings_plain_days = 0"))
        program = root / "bin/sesam/report"
        program.write_text("#!/bin/sh\necho $SESAM_DAY\n")
        program.chmod(0o755)
        chance = random.Random(7)
        self.sources = {name: ChangingSource(directory / name, chance) for name in TASKS}

    def until(self, moment: datetime) -> None:
        """Waits until the clock shows that."""
        threading.Event().wait(max(self.clock.seconds(moment - self.clock.now()), 0.0))

    @contextmanager
    def changing(self, location: Location) -> Iterator[None]:
        """The sources change whenever nothing saves them."""
        is_over = threading.Event()

        def change() -> None:
            while not is_over.wait(self.clock.seconds(HOUR)):
                for name, source in self.sources.items():
                    if not any(location.jobs(states=("active", "queued"), task=name)):
                        source.change(self.clock.now)

        writer = threading.Thread(target=change)
        writer.start()
        try:
            yield
        finally:
            is_over.set()
            writer.join()


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    made = Days(tmp_path)
    yield made
    made.agent.close()


def plan(location: Location, days: Days) -> None:
    """What `three_days` says, and two backups ordered for later, one of them taken back."""
    location.remove_event(SELF_BACKUP)
    location.add_client("here")
    for name, source in days.sources.items():
        location.add_task(name, "here", [str(source.top)])
    location.add_group(TaskGroup("all", ("docs", "mail")))
    for name, rule, at in (
        ("threes", "FREQ=HOURLY;INTERVAL=3", "09:00"),
        ("fours", "FREQ=HOURLY;INTERVAL=4", "10:00"),
        ("twice", "FREQ=WEEKLY;BYDAY=FR,SU", "21:00"),
        ("nightly", "FREQ=DAILY", "02:30"),
    ):
        window = three_days.EVENTS[3].keeps_off if name == "twice" else None
        hours = datetime.strptime(at, "%H:%M").time()
        location.add_schedule(Schedule(name, rule, hours, FRIDAY, window=window))
    location.add_event(Event("report", "", "command", program="report"))
    location.add_event(Event("docs often", "threes", "backup", task="docs", type="INC"))
    location.add_event(Event("mail often", "fours", "backup", task="mail", type="INC"))
    nightly = Event("db nightly", "nightly", "backup", task="db", type="FULL", priority=99)
    location.add_event(nightly)
    full = Event("all full", "twice", "backup", group="all", type="FULL", priority=50)
    location.add_event(replace(full, blocking=True))
    location.order_backup("FULL", task="db", start_time=ORDERED, follow_up="report")
    unwanted = location.order_backup("FULL", task="db", start_time=TAKEN_BACK)
    location.cancel_occurrence(unwanted.event_id)


@dataclass(frozen=True)
class Gap:
    """When the agent did not run: it was killed, and came up some time between two moments."""

    killed: datetime
    starting: datetime
    started: datetime


def begin(days: Days) -> Gap:
    """Up to a kill while something is saved, and a restart."""
    days.agent.start()
    with days.agent.connected() as location:
        plan(location, days)
        days.clock.start()
        with days.changing(location):
            days.until(DOWN)
        days.agent.hold.touch()
        deadline = time.monotonic() + SECONDS
        while not days.agent.held.exists():
            assert time.monotonic() < deadline, "nothing was saved"
            threading.Event().wait(0.01)
    days.agent.end(signal.SIGKILL)
    killed = days.clock.now()
    days.agent.hold.unlink()
    days.until(UP)
    starting = days.clock.now()
    days.agent.start()
    return Gap(killed, starting, days.clock.now())


def started(occurrence: Occurrence) -> bool:
    return occurrence.job_id is not None


def check_planned(found: dict[tuple[str, datetime, str], Occurrence], gap: Gap) -> Counter[str]:
    """Each planned time of each event against what the calendar says; returns what it says."""
    said: Counter[str] = Counter()
    [up] = {each.decide_time for each in found.values() if each.cause == "overtaken"}
    assert up is not None
    assert gap.starting < up < gap.started
    for event in EVENTS:
        moments = list(event.moments())
        slept = [
            each for each in moments if gap.killed < each <= up and not is_kept_off(event, each)
        ]
        for moment in moments:
            for task in event.tasks:
                entry = found.pop((event.name, moment, task))
                said[f"{entry.state} {entry.cause}".strip()] += 1
                assert entry.type == event.type
                if is_kept_off(event, moment):
                    assert (entry.state, entry.by) == ("blocked", "all full"), entry
                elif moment in slept[:-1]:
                    assert (entry.state, entry.cause) == ("missed", "overtaken"), entry
                elif moment in slept:
                    assert started(entry), entry
                    assert entry.started_late, entry
                else:
                    assert started(entry) or entry.cause == "still_running", entry
                if started(entry):
                    late = (entry.decide_time or moment) - moment
                    assert entry.started_late == (late > LATE), entry
    return said


def check_jobs(jobs: dict[str, Job], calendar: list[Occurrence], gap: Gap) -> None:
    """Every job has its place in the calendar, ended well or was killed, on the right day."""
    assert sorted(entry.job_id for entry in calendar if entry.job_id) == sorted(jobs)
    broken = [job for job in jobs.values() if job.state not in ENDED_WELL]
    assert broken
    assert {job.state for job in broken} == {"broken"}
    for job in jobs.values():
        assert job.start_time is not None
        assert job.end_time is not None
        assert job.sesam_day == sesam_day(job.start_time), job
        if job in broken:
            assert job.start_time < gap.killed
    for entry in calendar:
        # What could not start since the one before still ran, was right about that.
        if entry.cause == "still_running":
            assert any(
                job.create_time < entry.planned_time < (job.end_time or job.create_time)
                for job in jobs.values()
                if job.task == entry.task
            ), entry


def check_day_logs(days: Days, jobs: dict[str, Job]) -> None:
    """The closed days are in their files, and what NEWDAY says is what is in the calendar."""
    by_day = defaultdict(list)
    for job in jobs.values():
        by_day[job.sesam_day].append(job)
    for day in ("2027-03-26", "2027-03-27", "2027-03-28"):
        name = day.replace("-", "")
        lines = (days.agent.root / f"var/prot/{name}.status").read_text().splitlines()[1:]
        rows = [line.split("\t") for line in lines]
        codes = {"ok": "0", "warning": "1", "broken": "3"}
        assert sorted(row[7] for row in rows) == sorted(job.id for job in by_day[day])
        closed = datetime.combine(date.fromisoformat(day) + timedelta(days=1), NEWDAY, ZONE)
        for row in rows:
            job = jobs[row[7]]
            assert job.end_time is not None
            still_ran = row[0] == "a" and job.end_time > closed
            assert still_ran or row[0] == codes[job.state], row
        told = (days.agent.root / f"var/prot/{name}.prt").read_text()
        assert f"Sesam day {day} is closed" in told
    logs = sorted(path.name for path in (days.agent.root / "var/log/lgc").glob("sm_qm_main_*"))
    assert logs == [f"sm_qm_main_202703{day}.log" for day in range(25, 30)]
    listings = days.agent.root / "var/lis"
    assert not list(listings.glob("2027032[67]/S*.db"))
    assert list(listings.glob("20270326/S*.db.zst"))


def check_savesets(days: Days, location: Location, jobs: dict[str, Job], target: Path) -> float:
    """Restores every saveset and compares it with what its source held then, to the bit. Returns
    of which part of them nothing changed meanwhile."""
    savesets = list(location.savesets())
    restores = {
        each.name: location.restore(each.name, str(target / each.name)) for each in savesets
    }
    sure = 0
    for saveset in savesets:
        assert location.wait(restores[saveset.name], timeout=SECONDS).state == "ok"
        job = jobs[saveset.job_id]
        source = days.sources[saveset.task]
        assert job.start_time is not None
        assert job.end_time is not None
        wanted = source.between(job.start_time, job.end_time)
        restored = tree_of(target / saveset.name / source.top.relative_to("/"))
        assert restored in wanted, (saveset.name, restored.keys() ^ wanted[0].keys())
        sure += len(wanted) == 1
    backups = [job for job in jobs.values() if job.kind == "backup" and job.state in ENDED_WELL]
    assert {job.saveset for job in backups} == {each.name for each in savesets}
    return sure / len(savesets)


@pytest.mark.timeout(300)
def test_three_sesam_days(days: Days, tmp_path: Path) -> None:
    gap = begin(days)
    with days.agent.connected() as location:
        with days.changing(location):
            days.until(END)
        while any(location.jobs(states=("active", "queued"))):
            threading.Event().wait(0.05)
        calendar = list(location.calendar(BEGIN, END))
        jobs = {job.id: job for job in location.jobs()}
        found = {(each.event, each.planned_time, each.task): each for each in calendar}
        assert len(found) == len(calendar)
        said = check_planned(found, gap)
        assert said["missed overtaken"] >= 2
        assert said["blocked blocked_by"] >= 2
        assert found.pop(("db", ORDERED, "db")).state == "ok"
        assert found.pop(("db", TAKEN_BACK, "db")).state == "cancelled"
        [report] = found.values()
        assert (report.event, report.state, report.planned_time > ORDERED) == ("report", "ok", True)
        check_jobs(jobs, calendar, gap)
        check_day_logs(days, jobs)
        assert check_savesets(days, location, jobs, tmp_path / "back") > 0.8
    assert days.agent.end() == 0
