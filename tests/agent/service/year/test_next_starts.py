"""What a watcher is told about coming starts, over both catalogues."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from server_agent.domain.events import BackupAction
from server_agent.domain.savesets import BackupType
from server_agent.domain.schedule import Schedule
from server_agent.service.changes import Subscription
from server_agent.service.coming import Idle, LiveEvent, LiveSchedule
from server_agent.service.scheduler import NOTE_EVERY
from server_agent.service.watched import ChangeSet, Snapshot
from tests.agent.domain.plans import schedule
from tests.agent.service.year.location import Location, minutes, utc

EVENING = utc("2026-03-02 20:00")
DAY = timedelta(days=1)
OF_ALL = BackupAction(BackupType.FULL, group="all")


def watched(location: Location) -> Subscription:
    subscription = location.changes.subscribe(lambda: None)
    assert isinstance(subscription.begin(None), Snapshot)
    return subscription


def told(subscription: Subscription) -> dict[str, datetime | None]:
    """Names of the schedules and events that are told, and their coming starts."""
    taken = subscription.take()
    assert isinstance(taken, ChangeSet)
    names = {}
    for each in taken.objects:
        if isinstance(each, LiveSchedule):
            names[each.schedule.name] = each.next_time
        elif isinstance(each, LiveEvent):
            names[each.event.name] = each.next_time
    return names


def go_to(location: Location, moment: datetime) -> None:
    location.clock.advance(moment - location.clock.now())
    location.look()


def test_a_start_that_passes_brings_the_next_one(location: Location) -> None:
    location.add_event("it", OF_ALL, "evening")
    subscription = watched(location)
    go_to(location, EVENING - minutes(1))
    assert told(subscription) == {}
    go_to(location, EVENING)
    assert told(subscription) == {"evening": EVENING + DAY, "it": EVENING + DAY}
    subscription.close()


def test_also_of_a_schedule_without_events(location: Location) -> None:
    subscription = watched(location)
    go_to(location, EVENING - minutes(1))
    go_to(location, EVENING - minutes(1) + NOTE_EVERY)
    assert told(subscription) == {"evening": EVENING + DAY}
    subscription.close()


@pytest.mark.logs_warnings
def test_on_a_clock_that_is_set_back_they_come_again(location: Location) -> None:
    location.add_event("it", OF_ALL, "evening")
    go_to(location, EVENING + minutes(1))
    subscription = watched(location)
    go_to(location, EVENING - minutes(30))
    # The schedule comes again; that the event was started stays.
    assert told(subscription) == {"evening": EVENING, "it": EVENING + DAY}
    subscription.close()


def live(location: Location, name: str) -> LiveEvent:
    with location.changes.read() as view:
        event = view.event(name)
        assert event is not None
        [found] = location.changes.live_events(view, [event])
    return found


def test_why_nothing_is_planned_is_told(location: Location) -> None:
    location.add_group("none")
    location.add_event("of nothing", replace(OF_ALL, group="none"), "evening")
    location.add_event("later", OF_ALL)
    location.add_event("off", OF_ALL, "evening")
    location.change_event(replace(location.event("off"), active=False))
    over = schedule("", time(20), dates=(utc("2026-03-02 20:00").date(),))
    location.add_schedule(replace(over, name="once"))
    location.add_event("one", OF_ALL, "once")
    location.add_schedule(replace(schedule(active=False), name="silent"))
    location.add_event("quiet", OF_ALL, "silent")
    assert live(location, "one") == LiveEvent(location.event("one"), EVENING)
    go_to(location, EVENING + minutes(1))
    for name, idle in (
        ("of nothing", Idle.GROUP_EMPTY),
        ("later", Idle.NO_SCHEDULE),
        ("off", Idle.EVENT_INACTIVE),
        ("one", Idle.SCHEDULE_OVER),
        ("quiet", Idle.SCHEDULE_INACTIVE),
    ):
        assert live(location, name) == LiveEvent(location.event(name), None, idle)


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (schedule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), utc("2028-02-29 20:00")),
        (schedule(start_date=utc("2031-01-01").date()), utc("2031-01-01 20:00")),
    ],
)
def test_a_start_in_years_is_no_end_of_the_schedule(
    location: Location, planned: Schedule, expected: datetime
) -> None:
    location.add_schedule(replace(planned, name="rare"))
    location.add_event("rarely", OF_ALL, "rare")
    assert live(location, "rarely") == LiveEvent(location.event("rarely"), expected)


def test_a_group_that_gets_tasks_brings_its_events(location: Location) -> None:
    location.add_group("none")
    location.add_event("of nothing", replace(OF_ALL, group="none"), "evening")
    subscription = watched(location)
    with location.changes.write() as tx:
        group = tx.group("none")
        assert group is not None
        tx.put_group(replace(group, tasks=("docs",), version=2))
    assert told(subscription) == {"of nothing": EVENING}
    subscription.close()


@pytest.mark.logs_warnings
def test_what_was_made_by_a_clock_that_was_ahead_comes_at_once(location: Location) -> None:
    location.clock.advance(300 * DAY)
    location.add_event("it", OF_ALL, "evening")
    location.clock.advance(-300 * DAY)
    location.look()
    assert live(location, "it").next_time == EVENING
