"""Starts to come that a blocking event will hold off, over both catalogues."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from server_agent.domain.calendar import Entry, EntryState
from server_agent.domain.events import BackupAction, Event
from server_agent.domain.occurrences import Cause
from server_agent.domain.savesets import BackupType
from server_agent.service.calendar import CalendarQuery
from tests.agent.domain.plans import schedule
from tests.agent.service.year.location import Location, minutes, utc
from tests.agent.service.year.sheets import cells, summed

MONDAY = utc("2026-03-02 12:00")
EVENING = utc("2026-03-02 20:00")
DAY = timedelta(days=1)
DOCS = BackupAction(BackupType.INC, task="docs")
MAIL = BackupAction(BackupType.FULL, task="mail")
WEDNESDAY = 2


@pytest.fixture
def full(location: Location) -> Event:
    """On Wednesdays from seven on, for two hours."""
    weekly = schedule("FREQ=WEEKLY;BYDAY=WE", time(19), window=timedelta(hours=2))
    location.add_schedule(replace(weekly, name="weekly"))
    return location.add_event("full", MAIL, "weekly", priority=50, blocking=True)


@pytest.fixture
def daily(location: Location, full: Event) -> Event:
    return location.add_event("daily", DOCS, "evening")


def of_it(location: Location, page: int = 1000) -> list[Entry]:
    query = CalendarQuery(MONDAY, MONDAY + 7 * DAY, event="daily")
    return location.entries(query.first, query.end, page, query)


def held(location: Location) -> list[str]:
    """By whom, night by night."""
    return [entry.by for entry in of_it(location)]


def go_to(location: Location, moment: datetime) -> None:
    location.clock.advance(moment - location.clock.now())
    location.look()


def test_it_is_planned_with_the_name_of_who_will_hold_it_off(
    location: Location, daily: Event
) -> None:
    found = of_it(location)
    assert [entry.state for entry in found] == [EntryState.PLANNED] * 7
    assert held(location) == ["", "", "full", "", "", "", ""]
    assert [entry.cause for entry in found if entry.by] == [Cause.BLOCKED_BY]
    assert found[WEDNESDAY].decide_time is None
    assert of_it(location, page=1) == found
    go_to(location, EVENING + 2 * DAY)
    assert [entry.state.value for entry in of_it(location)[:4]][WEDNESDAY:] == ["b", "p"]
    assert held(location)[WEDNESDAY] == "full"


def test_the_sheet_counts_it_among_the_planned_ones(location: Location, daily: Event) -> None:
    first, last = date(2026, 3, 2), date(2026, 3, 7)
    of_list = summed(location.entries(MONDAY - DAY, MONDAY + 7 * DAY))
    in_sheet = cells(location.sheets.sheet(first, last))
    assert in_sheet == {key: each for key, each in of_list.items() if first <= key[1] <= last}
    [row] = [row for row in location.sheets.sheet(first, last).rows if row.name == "docs"]
    assert list(row.planned) == [1] * 6
    assert set(row.states) == {EntryState.PLANNED}


def test_as_the_plan_changes_so_does_what_it_will_do(
    location: Location, full: Event, daily: Event
) -> None:
    location.change_event(replace(location.event("full"), blocking=False))
    assert set(held(location)) == {""}
    location.change_event(replace(location.event("full"), blocking=True, priority=0))
    assert held(location)[WEDNESDAY] == "full"
    location.change_event(replace(location.event("daily"), priority=0))
    assert set(held(location)) == {""}
    location.change_event(replace(location.event("daily"), priority=9))
    location.take_back(full.id)
    assert set(held(location)) == {""}
    go_to(location, EVENING + 2 * DAY)
    [job] = [job for job in location.jobs() if job.planned_time == EVENING + 2 * DAY]
    assert job.event == "daily"


def test_only_its_own_kind_and_only_in_its_window(location: Location, full: Event) -> None:
    for name, wall in (
        ("before", time(18, 59)),
        ("at", time(19)),
        ("end", time(21)),
        ("f", time(21, 1)),
    ):
        location.add_schedule(replace(schedule(start_time=wall), name=name))
        location.add_event(name, DOCS, name)
    wednesday = utc("2026-03-04 12:00")
    found = [entry for entry in location.entries(wednesday, wednesday + DAY) if entry.by]
    assert [entry.event for entry in found] == ["at", "end"]


def test_what_was_ordered_for_later_too(location: Location, full: Event) -> None:
    moment = utc("2026-03-04 20:59")
    once = location.order(DOCS, moment)
    above = location.order(DOCS, moment, priority=0)
    by = {entry.slot.event_id: entry.by for entry in location.entries(moment, moment + minutes(1))}
    assert by == {once.id: "full", above.id: ""}


def test_the_next_start_is_the_first_that_is_planned(location: Location, daily: Event) -> None:
    go_to(location, EVENING + DAY + minutes(1))
    [entry] = [entry for entry in of_it(location) if entry.by]
    assert location.next_times()[daily.id] == entry.slot.planned_time == EVENING + 2 * DAY
