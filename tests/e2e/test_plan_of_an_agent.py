"""The plan of a real agent as a desk reads and writes it."""

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from server_agent.domain.self_backup import SELF_BACKUP
from sesam_master.core.errors import LocationError
from sesam_master.core.plan import (
    NEWDAY,
    BackupAction,
    CommandAction,
    Event,
    IdleCause,
    Planned,
    Remark,
    Schedule,
    TaskGroup,
)
from sesam_master.core.plan_clashes import RunTimes, TaskStarts, clash_of
from sesam_master.core.records import BackupType
from tests.desk.remote.rig import QUICK, HubRig
from tests.e2e.agent_process import AgentProcess
from tests.e2e.test_desk_and_agent import enrol

TODAY = datetime.now(UTC).date()
NIGHTLY = Schedule("nightly", "FREQ=DAILY", time(20), TODAY, window=timedelta(hours=30))
GROUP = TaskGroup("both", ("mail", "docs"), "x")
EVENT = Event("docs", "nightly", BackupAction(BackupType.INC, "docs"), 5, blocking=True)


class Site:
    """A real agent with the tasks docs and mail, at a desk."""

    def __init__(self, rig: HubRig, agent: AgentProcess) -> None:
        self.rig = rig
        self.here = enrol(rig, agent)
        self.gateway = rig.hub.gateway

    def add(self, item: Planned) -> Planned:
        return self.rig.ask(self.gateway.add_to_plan(self.here, item))

    def refused(self, coroutine: object) -> LocationError:
        with pytest.raises(LocationError) as caught:
            self.rig.ask(coroutine)  # type: ignore[arg-type]
        return caught.value


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        place = Path(directory)
        agent = AgentProcess(place / "root", place)
        agent.start()
        try:
            with agent.connected() as location:
                location.remove_event(SELF_BACKUP)
                location.remove_schedule(SELF_BACKUP)
                location.add_client("local")
                for name in ("docs", "mail"):
                    location.add_task(name, "local", [os.fsencode(place)])
            with HubRig(dataclasses.replace(QUICK, call=10.0, list_call=10.0)) as rig:
                yield Site(rig, agent)
        finally:
            agent.close()


def test_a_plan_is_written_changed_and_taken_back(site: Site) -> None:
    gateway, here, ask = site.gateway, site.here, site.rig.ask
    schedule, group, event = (site.add(item) for item in (NIGHTLY, GROUP, EVENT))
    follow_up = Event("all", "", BackupAction(BackupType.FULL, group="both"))
    site.add(follow_up)

    plan = ask(gateway.plan(here))
    assert [one.name for one in plan.schedules] == [NEWDAY, "nightly"]
    assert replace(plan.schedules[1], next_time=None) == replace(NIGHTLY, etag=schedule.etag)
    assert plan.schedules[1].next_time is not None
    by_name = {one.name: one for one in plan.events}
    assert by_name["docs"].next_time == plan.schedules[1].next_time
    assert by_name["all"].idle_cause is IdleCause.NO_SCHEDULE
    assert plan.groups == (group,)

    in_use = site.refused(gateway.remove_from_plan(here, schedule))
    assert (in_use.reason, in_use.metadata["events"]) == ("SCHEDULE_IN_USE", "docs")
    changed = ask(gateway.change_plan(here, replace(event, follow_up="all")))
    late = site.refused(gateway.change_plan(here, event))
    assert late.reason == "CHANGED_MEANWHILE"
    round_trip = replace(by_name["all"], follow_up="docs")
    assert site.refused(gateway.change_plan(here, round_trip)).metadata["field"] == "follow_up"
    for item in (changed, by_name["all"], schedule, group):
        ask(gateway.remove_from_plan(here, item))
    assert [one.name for one in ask(gateway.plan(here)).events] == [NEWDAY]


def test_a_preview_warns_of_what_the_agent_would_do(site: Site) -> None:
    preview = site.rig.ask(site.gateway.preview_schedule(site.here, replace(NIGHTLY, name="")))
    assert len(preview.starts) == 20
    assert preview.starts[0].moment > datetime.now(UTC)
    assert preview.remarks == {Remark.NO_EVENT, Remark.WINDOW_OVERLAPS}
    wrong = replace(NIGHTLY, rule="FREQ=SECONDLY")
    refused = site.refused(site.gateway.preview_schedule(site.here, wrong))
    assert (refused.reason, refused.metadata["field"]) == ("INVALID_ARGUMENT", "rule")


def test_newday_is_moved_and_not_taken_away(site: Site) -> None:
    newday = site.rig.ask(site.gateway.plan(site.here)).schedules[0]
    moved = site.rig.ask(site.gateway.change_plan(site.here, replace(newday, start_time=time(9))))
    assert moved.start_time == time(9)
    asleep = replace(moved, active=False)
    assert site.refused(site.gateway.change_plan(site.here, asleep)).metadata["field"] == "active"
    gone = site.refused(site.gateway.remove_from_plan(site.here, moved))
    assert gone.reason == "NEWDAY_NEEDED"


def test_a_calendar_goes_out_and_comes_in(site: Site) -> None:
    dates = (TODAY + timedelta(days=3), TODAY + timedelta(days=300))
    site.add(replace(NIGHTLY, rule="", dates=dates, window=None))
    content = site.rig.ask(site.gateway.write_calendar_file(site.here, "nightly"))
    assert content.startswith(b"BEGIN:VCALENDAR")
    read = site.gateway.read_calendar_file(site.here, content, TODAY, dates[1])
    assert site.rig.ask(read) == dates


def test_a_program_that_is_not_there_is_named(site: Site) -> None:
    error = site.refused(site.gateway.add_to_plan(site.here, Event("x", "", CommandAction("x"))))
    assert (error.metadata["field"], error.metadata["value"]) == ("program", "x")


def test_two_events_that_start_one_task_within_minutes_are_found(site: Site) -> None:
    gateway, here, ask = site.gateway, site.here, site.rig.ask
    late = replace(NIGHTLY, name="late", start_time=time(20, 5), window=None)
    for item in (NIGHTLY, late, GROUP, EVENT):
        site.add(item)
    group = site.add(Event("all", "late", BackupAction(BackupType.FULL, group="both")))
    plan = ask(gateway.plan(here))
    preview = ask(gateway.preview_schedule(here, late))
    moments = [start.moment for start in preview.starts]
    now = datetime.now(UTC)
    planned = TaskStarts(ask(gateway.occurrences(here, now, now + timedelta(days=35))))

    clash = clash_of(group, group, plan, moments, planned, RunTimes(None))

    assert clash is not None
    assert (clash.task, clash.mine, clash.other) == ("docs", "all", "docs")
    assert abs(clash.mine_time - clash.other_time) == timedelta(minutes=5)
    assert clash.mine_time in moments[:2]  # one of the two may be between now and the other
