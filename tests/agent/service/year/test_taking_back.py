"""Occurrences that a person takes back before their time has come, over both catalogues."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from server_agent.domain.access import Caller, Role
from server_agent.domain.calendar import Entry, EntryState
from server_agent.domain.errors import NewdayNeeded, OccurrenceNotPlanned, RoleRequired
from server_agent.domain.events import NEWDAY, BackupAction, CommandAction, Event
from server_agent.domain.jobs import JobKind
from server_agent.domain.occurrences import Cause
from server_agent.domain.savesets import BackupType
from tests.agent.domain.plans import schedule
from tests.agent.service.year.location import CLIENT, Location, minutes, request, utc
from tests.agent.service.year.sheets import cells, summed

MONDAY = utc("2026-03-02 12:00")
EVENING = utc("2026-03-02 20:00")
DAY = timedelta(days=1)
FULL = BackupAction(BackupType.FULL, task="docs")
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 8)


@pytest.fixture
def event(location: Location) -> Event:
    """Of the group all, every evening."""
    return location.add_event("it", BackupAction(BackupType.FULL, group="all"), "evening")


def cancel(location: Location, event: Event, moment: datetime | None = None) -> datetime:
    return location.take_back(event.id, moment)


def go_to(location: Location, moment: datetime) -> None:
    location.clock.advance(moment - location.clock.now())
    location.look()


def of_it(location: Location, name: str = "it") -> list[Entry]:
    found = location.entries(MONDAY - DAY, MONDAY + 8 * DAY)
    of_sheet = {key: each for key, each in summed(found).items() if FIRST <= key[1] < LAST}
    in_sheet = cells(location.sheets.sheet(FIRST, LAST - DAY))
    assert {key: each for key, each in in_sheet.items() if key[1] < LAST} == of_sheet
    end = MONDAY + 6 * DAY
    return [e for e in found if e.event == name and e.slot.planned_time < end]


def states(location: Location, name: str = "it") -> str:
    return "".join(entry.state.value for entry in of_it(location, name))


def test_it_is_cancelled_and_never_started(location: Location, event: Event) -> None:
    assert states(location) == "pp" * 6
    assert cancel(location, event) == EVENING
    assert states(location) == "cc" + "pp" * 5
    entry = of_it(location)[0]
    assert (entry.task, entry.cause, entry.by) == ("docs", Cause.TAKEN_BACK, "the admin")
    assert (entry.decide_time, entry.job_id) == (MONDAY, "")
    go_to(location, EVENING + minutes(5))
    assert location.jobs() == []
    assert states(location) == "cc" + "pp" * 5
    go_to(location, EVENING + DAY)
    backups = [job for job in location.jobs() if job.kind is JobKind.BACKUP]
    assert [job.planned_time for job in backups] == [EVENING + DAY] * 2


def test_the_next_one_is_taken_when_the_first_is(location: Location, event: Event) -> None:
    assert cancel(location, event) == EVENING
    with location.changes.read() as view:
        [live] = location.changes.live_events(view, [event])
    assert live.next_time == EVENING + DAY
    assert cancel(location, event) == EVENING + DAY
    assert cancel(location, event, EVENING + 4 * DAY) == EVENING + 4 * DAY
    assert states(location) == "ccccppppccpp"


def test_a_backup_ordered_for_later_is_taken_back(location: Location) -> None:
    once = location.order(FULL, EVENING + minutes(7))
    assert states(location, "docs") == "p"
    assert cancel(location, once) == EVENING + minutes(7)
    assert states(location, "docs") == "c"
    with pytest.raises(OccurrenceNotPlanned, match=r"planned_time=$"):
        cancel(location, once)
    go_to(location, EVENING + DAY / 4)
    assert location.jobs() == []
    assert states(location, "docs") == "c"


@pytest.mark.parametrize("moment", [EVENING + minutes(1), EVENING - DAY, MONDAY])
def test_only_what_is_planned(location: Location, event: Event, moment: datetime) -> None:
    with pytest.raises(OccurrenceNotPlanned, match=moment.isoformat().replace("+", r"\+")):
        cancel(location, event, moment)
    assert states(location) == "pp" * 6


def test_what_has_begun_is_a_job(location: Location, event: Event) -> None:
    go_to(location, EVENING - minutes(1))
    location.clock.advance(minutes(2))  # nobody has looked yet
    with pytest.raises(OccurrenceNotPlanned):
        cancel(location, event, EVENING)
    # What had come due is decided when somebody asks.
    assert states(location)[:2] in ("qq", "pp", "ll")
    location.look()
    assert states(location)[:2] == "qq"


def test_newday_is_needed(location: Location) -> None:
    with pytest.raises(NewdayNeeded):
        cancel(location, location.event(NEWDAY))


@pytest.mark.parametrize(
    ("role", "may"), [(Role.BACKUP, True), (Role.OPERATOR, True), (Role.RESTORE, False)]
)
def test_who_may_cancel_the_job_may_take_it_back(
    location: Location, event: Event, role: Role, may: bool
) -> None:
    asked = replace(request(), caller=Caller("somebody", role, "2"))
    if may:
        location.taking_back.cancel(asked, event.id, None)
    else:
        with pytest.raises(RoleRequired):
            location.taking_back.cancel(asked, event.id, None)
    assert states(location)[:2] == ("cc" if may else "pp")


def test_a_repeat_takes_no_second_one_back(location: Location, event: Event) -> None:
    asked = request()
    assert location.taking_back.cancel(asked, event.id, None) == EVENING
    location.clock.advance(minutes(1))
    assert location.taking_back.cancel(asked, event.id, None) == EVENING
    assert states(location) == "cc" + "pp" * 5


@pytest.mark.logs_warnings
def test_a_clock_that_is_set_back_does_not_bring_it_back(location: Location, event: Event) -> None:
    cancel(location, event)
    go_to(location, MONDAY - timedelta(hours=3))
    assert states(location)[:2] == "cc"
    go_to(location, EVENING + minutes(1))
    go_to(location, EVENING - minutes(30))
    go_to(location, EVENING + minutes(2))
    assert location.jobs() == []
    assert states(location)[:2] == "cc"


def test_one_of_many_a_day(location: Location) -> None:
    often = replace(schedule("FREQ=MINUTELY;INTERVAL=10", time()), name="often")
    location.add_schedule(often)
    event = location.add_event("it", CommandAction("report"), "often")
    cancel(location, event)
    cancel(location, event, EVENING)
    found = location.sheets.sheet(FIRST + DAY, FIRST + DAY)
    [row] = [row for row in found.rows if row.name == "it"]
    assert (row.runs[0], row.planned[0], row.states[0]) == (2, 117, EntryState.CANCELLED)
    of_it(location)


def test_it_belongs_to_the_day_as_it_is_when_newday_was_moved(
    location: Location, event: Event
) -> None:
    command = location.add_event("report", CommandAction("report"), "evening")
    cancel(location, event, EVENING + DAY)
    cancel(location, command, EVENING + 3 * DAY)
    day = {entry.slot.planned_time: entry.sesam_day for entry in of_it(location)}
    assert day[EVENING + DAY] == date(2026, 3, 3)
    location.change_schedule(NEWDAY, schedule("FREQ=DAILY", time(21)))
    for name in ("it", "report"):
        moved = {entry.slot.planned_time: entry.sesam_day for entry in of_it(location, name)}
        assert list(moved.values()) == [date(2026, 3, 1 + number) for number in range(6)]
    assert states(location) == "ppccpppppppp"
    entry = of_it(location)[2]
    assert (entry.task, entry.client, entry.by) == ("docs", CLIENT, "the admin")
    # Moved back, as if nothing had been.
    location.change_schedule(NEWDAY, schedule("FREQ=DAILY", time(8)))
    assert {entry.slot.planned_time: entry.sesam_day for entry in of_it(location)} == day


def test_the_next_of_very_many(location: Location) -> None:
    location.add_schedule(replace(schedule("FREQ=MINUTELY", time()), name="always"))
    event = location.add_event("it", CommandAction("report"), "always")
    assert cancel(location, event) == MONDAY + minutes(1)
    assert cancel(location, event) == MONDAY + minutes(2)


def test_a_blocker_that_was_taken_back_holds_nobody_off(location: Location) -> None:
    blocker = location.add_event("first", FULL, "evening", priority=50, blocking=True)
    location.add_event("second", FULL, "evening")
    cancel(location, blocker)
    go_to(location, EVENING + minutes(1))
    assert states(location, "first")[0] == "c"
    [job] = location.jobs()
    assert (job.event, job.planned_time) == ("second", EVENING)
    go_to(location, EVENING + DAY)
    assert states(location, "second")[1] == "b"
