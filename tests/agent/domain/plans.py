"""Schedules and events for tests, with usual values for what a test does not care about."""

from datetime import UTC, date, datetime, time, timedelta

from server_agent.domain.events import Action, BackupAction, Event, NewdayAction
from server_agent.domain.occurrences import Planned
from server_agent.domain.savesets import BackupType
from server_agent.domain.schedule import Schedule

LONG_AGO = datetime(1971, 1, 1, tzinfo=UTC)
FULL = BackupAction(BackupType.FULL, task="documents")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(
    rule: str = "FREQ=DAILY",
    start_time: time = time(20, 0),
    start_date: date = date(2024, 1, 1),
    *,
    active: bool = True,
    offset_days: int = 0,
    dates: tuple[date, ...] = (),
    until_time: time | None = None,
    end_date: date | None = None,
    window: timedelta | None = None,
    change_time: datetime = LONG_AGO,
) -> Schedule:
    return Schedule(
        name="evening",
        rule=rule,
        start_time=start_time,
        start_date=start_date,
        change_time=change_time,
        active=active,
        offset_days=offset_days,
        dates=dates,
        until_time=until_time,
        end_date=end_date,
        window=window,
    )


def event(
    event_id: str,
    action: Action = FULL,
    *,
    priority: int = 1,
    blocking: bool = False,
    active: bool = True,
    change_time: datetime = LONG_AGO,
    start_time: datetime | None = None,
) -> Event:
    return Event(
        id=event_id,
        name=f"event {event_id}",
        action=action,
        schedule="" if start_time else "evening",
        change_time=change_time,
        start_time=start_time,
        priority=priority,
        blocking=blocking,
        active=active,
    )


def once(event_id: str, moment: datetime, *, priority: int = 1, blocking: bool = False) -> Planned:
    return Planned(event(event_id, start_time=moment, priority=priority, blocking=blocking), None)


def newday(at: time = time(8, 0), rule: str = "FREQ=DAILY") -> Planned:
    return Planned(event("1", NewdayAction(), priority=0), schedule(rule, at))
