"""Occurrences: one planned time of one event, and what became of it.

An occurrence is identified by its event and its planned time, never by guessing from names or from
when something ran. Every planned time that has passed is decided once: it is started, missed or
blocked, and that is recorded; a person may take it back before. What was started is never started
again, whatever happens to clocks; what a clock gave up that was ahead is open again (`stands`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from server_agent.domain.events import Event, EventKind, kind_of, rank
from server_agent.domain.recurrence import interval_of
from server_agent.domain.schedule import Schedule, count_starts, starts

_FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)
LATE_AFTER = timedelta(seconds=60)  # a start later than this is marked as late


class Verdict(StrEnum):
    """What was decided about an occurrence when its time had come, or by a person before."""

    STARTED = "started"
    MISSED = "missed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


# What no clock that is set back opens again.
FOR_GOOD = (Verdict.STARTED, Verdict.CANCELLED)


class Cause(StrEnum):
    """Why an occurrence was not started, or started late."""

    NONE = ""
    # The agent did not run, or its machine slept, and a later time of the event came too.
    OVERTAKEN = "overtaken"
    # As before, and the window was over.
    WINDOW_OVER = "window_over"
    # What the occurrence before had started was still open.
    STILL_RUNNING = "still_running"
    # A blocking event of a higher priority.
    BLOCKED_BY = "blocked_by"
    # What it is about is gone, or it failed to be queued; the text says more.
    IMPOSSIBLE = "impossible"
    # A person did not want it.
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """The identity of an occurrence."""

    planned_time: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What was decided about a slot.

    Attributes:
        tasks: names of the tasks that it was about at that time; a group's members.
        by: of a blocked one, the name of the event that blocked it; of a cancelled one, who did.
        text: for people, more about the cause.
    """

    slot: Slot
    verdict: Verdict
    decide_time: datetime
    cause: Cause = Cause.NONE
    by: str = ""
    text: str = ""
    tasks: tuple[str, ...] = ()

    @property
    def late(self) -> timedelta:
        """How much later than planned it was started; zero if that is not worth a word."""
        late = self.decide_time - self.slot.planned_time
        return late if self.verdict is Verdict.STARTED and late > LATE_AFTER else timedelta()


@dataclass(frozen=True, slots=True)
class Planned:
    """An event with its schedule. Immediate starts have none."""

    event: Event
    schedule: Schedule | None

    def starts(self, zone: tzinfo, first: datetime, end: datetime) -> list[datetime]:
        """Its planned times from `first` to before `end`: none of a time at which it was not yet
        what it is now, none while it is silenced."""
        schedule = self.schedule
        if schedule is None:
            once = self.event.start_time
            is_due = self.event.active and once is not None and first <= once < end
            return [once] if is_due and once is not None else []
        since = self.since(first)
        return list(starts(schedule, zone, since, end)) if since < end else []

    @property
    def is_frequent(self) -> bool:
        """Whether it may start many times a day."""
        rule = self.schedule.rule if self.schedule is not None else ""
        return bool(rule) and interval_of(rule) is not None

    def count(self, zone: tzinfo, first: datetime, end: datetime) -> int:
        """How many `starts` there are. Cheap however many."""
        if self.schedule is None:
            return len(self.starts(zone, first, end))
        since = self.since(first)
        return count_starts(self.schedule, zone, since, end) if since < end else 0

    def since(self, first: datetime) -> datetime:
        """From when on, but not before `first`, its schedule counts for it."""
        if self.schedule is None or not (self.event.active and self.schedule.active):
            return _FOR_EVER
        return max(first, self.event.change_time, self.schedule.change_time)

    def as_of(self, now: datetime) -> "Planned":
        """The same by a clock that shows `now`: what was changed by one that was ahead holds from
        now on, and is not silent until that time has come."""
        event, schedule = self.event, self.schedule
        if event.change_time > now:
            event = replace(event, change_time=now)
        if schedule is not None and schedule.change_time > now:
            schedule = replace(schedule, change_time=now)
        return Planned(event, schedule)

    @property
    def window(self) -> timedelta | None:
        return self.schedule.window if self.schedule is not None else None


def decide(
    plans: Sequence[Planned],
    zone: tzinfo,
    since: datetime,
    now: datetime,
    decided: Collection[Slot],
    open_events: Collection[str],
    taken_back: Collection[Slot] = (),
) -> list[Occurrence]:
    """Decides every slot after `since` up to and with `now` that is not decided yet.

    Of several times of one event that have passed, at most the newest is started: whoever slept
    through five starts needs one backup, not five. The most important come first.

    Args:
        decided: slots with a record that stands.
        open_events: ids of events of which something is still queued or running.
        taken_back: what a person did not want; it holds nobody off.
    """
    blockers = [plan for plan in plans if plan.event.blocking]
    found: list[tuple[tuple[bool, int], Occurrence]] = []
    instant = timedelta(microseconds=1)
    for plan in plans:
        moments = plan.starts(zone, since + instant, now + instant)
        slots = [Slot(moment, plan.event.id) for moment in moments]
        slots = [slot for slot in slots if slot not in decided]
        order = (kind_of(plan.event) is not EventKind.NEWDAY, -rank(plan.event.priority))
        for slot in slots:
            blocker = blocker_of(plan, slot.planned_time, blockers, zone, taken_back)
            newest = slot == slots[-1]
            verdict = _verdict(plan, slot, newest, blocker, now, open_events)
            found.append((order, verdict))
    return [verdict for _, verdict in sorted(found, key=lambda pair: (pair[0], pair[1].slot))]


def _verdict(
    plan: Planned,
    slot: Slot,
    newest: bool,
    blocker: Planned | None,
    now: datetime,
    open_events: Collection[str],
) -> Occurrence:
    if blocker is not None:
        return Occurrence(slot, Verdict.BLOCKED, now, Cause.BLOCKED_BY, by=blocker.event.name)
    if not newest:
        return Occurrence(slot, Verdict.MISSED, now, Cause.OVERTAKEN)
    if plan.window is not None and now > slot.planned_time + plan.window:
        return Occurrence(slot, Verdict.MISSED, now, Cause.WINDOW_OVER)
    # A day has to be closed: its NEWDAY waits in the queue for the one before.
    if slot.event_id in open_events and kind_of(plan.event) is not EventKind.NEWDAY:
        return Occurrence(slot, Verdict.MISSED, now, Cause.STILL_RUNNING)
    return Occurrence(slot, Verdict.STARTED, now)


def blocker_of(
    plan: Planned,
    moment: datetime,
    blockers: Iterable[Planned],
    zone: tzinfo,
    taken_back: Collection[Slot] = (),
) -> Planned | None:
    """The event that keeps this one from starting at that moment: blocking, of the same kind, of a
    higher priority, and with a start whose window holds the moment (manual, "Events"; without a
    window, the same minute) and that was not taken back. Priority 0 is never blocked."""
    if kind_of(plan.event) is EventKind.NEWDAY:
        return None
    for blocker in blockers:
        if (
            blocker.event.blocking
            and kind_of(blocker.event) is kind_of(plan.event)
            and rank(blocker.event.priority) > rank(plan.event.priority)
        ):
            first, end = _held_off(blocker, moment)
            held = (Slot(start, blocker.event.id) for start in blocker.starts(zone, first, end))
            if any(slot not in taken_back for slot in held):
                return blocker
    return None


def _held_off(blocker: Planned, moment: datetime) -> tuple[datetime, datetime]:
    """Between which times, the second exclusive, a start of the blocker holds off that moment."""
    if blocker.window is not None:
        return moment - blocker.window, moment + timedelta(microseconds=1)
    minute = moment.replace(second=0, microsecond=0)
    return minute, minute + timedelta(minutes=1)


def stands(occurrence: Occurrence, now: datetime) -> bool:
    """Whether what was decided still binds. What was given up by a clock that was ahead and has
    been set back since is decided anew when its time comes; what was started, or taken back by a
    person, is never again."""
    return occurrence.verdict in FOR_GOOD or occurrence.decide_time <= now


def rewound(cursor: datetime, now: datetime) -> datetime:
    """Up to where all is decided, after a look at the clock. If the clock was set back the plan
    begins again from there: what is recorded stays decided, and a clock that was once years ahead
    does not silence the plan for years."""
    return min(cursor, now)


def planned_slots(
    plans: Iterable[Planned],
    zone: tzinfo,
    first: datetime,
    end: datetime,
    decided: Mapping[Slot, object] | Collection[Slot],
) -> list[tuple[Slot, Planned]]:
    """The slots in [first, end) that are not decided yet, in the order of their times."""
    found = [
        (Slot(moment, plan.event.id), plan)
        for plan in plans
        for moment in plan.starts(zone, first, end)
    ]
    return sorted((pair for pair in found if pair[0] not in decided), key=lambda pair: pair[0])
