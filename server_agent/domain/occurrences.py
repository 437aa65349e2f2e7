"""Occurrences: one planned time of one event, and what became of it.

An occurrence is identified by its event and its planned time, never by guessing from names or from
when something ran. Every planned time that has passed is decided once: it is started, missed or
blocked, and that is recorded; a person may take it back before. What was started is never started
again, whatever happens to clocks; what a clock gave up that was ahead is open again (`stands`).
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from server_agent.domain.events import Event, EventKind, kind_of, rank
from server_agent.domain.recurrence import interval_of
from server_agent.domain.schedule import Schedule, count_starts, starts

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)
_AT_ONCE = timedelta(days=1)  # starts that are worked out together
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
    """Why an occurrence was not started; BLOCKED_BY also why it will not be."""

    NONE = ""
    # The agent did not run, or its machine slept, and a later time of the event came too.
    OVERTAKEN = "overtaken"
    # As before, and the window was over.
    WINDOW_OVER = "window_over"
    # What the occurrence before had started was still open.
    STILL_RUNNING = "still_running"
    # A blocking event of a higher priority. Of one to come: if the plan stays as it is.
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
        return list(self.coming(zone, first, end))

    def coming(self, zone: tzinfo, first: datetime, end: datetime) -> Iterator[datetime]:
        """The same one by one, for whom the next ones will do."""
        schedule, once = self.schedule, self.event.start_time
        if schedule is not None:
            since = self.since(first)
            yield from starts(schedule, zone, since, end) if since < end else ()
        elif self.event.active and once is not None and first <= once < end:
            yield once

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
        """The same by a clock that shows `now`. What was changed by one that was ahead holds of
        all that is not decided yet, and is not silent until that time has come."""
        event, schedule = self.event, self.schedule
        if event.change_time > now:
            event = replace(event, change_time=_LONG_AGO)
        if schedule is not None and schedule.change_time > now:
            schedule = replace(schedule, change_time=_LONG_AGO)
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
    blockers = Blockers(plans, zone, since, taken_back)
    found: list[tuple[tuple[bool, int], Occurrence]] = []
    for plan in plans:
        moments = plan.starts(zone, since + _INSTANT, now + _INSTANT)
        slots = [Slot(moment, plan.event.id) for moment in moments]
        slots = [slot for slot in slots if slot not in decided]
        order = (kind_of(plan.event) is not EventKind.NEWDAY, -rank(plan.event.priority))
        for slot in slots:
            blocker = blockers.of(plan, slot.planned_time)
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


class Blockers:
    """Which event keeps another one from starting at a moment: a blocking one, of the same kind, of
    a higher priority, and with a start whose window holds the moment (manual, "Events"; without a
    window, the same minute) and that was not taken back. Priority 0 is never blocked.

    Each start is worked out once, however many moments are asked about.

    Args:
        first: no earlier moment is asked about.
        taken_back: what a person did not want; it holds nobody off.
    """

    def __init__(
        self,
        plans: Iterable[Planned],
        zone: tzinfo,
        first: datetime,
        taken_back: Collection[Slot] = (),
    ) -> None:
        self._blocking = [
            _Blocking(plan, zone, first, taken_back)
            for plan in plans
            if plan.event.blocking and kind_of(plan.event) is not EventKind.NEWDAY
        ]

    def of(self, plan: Planned, moment: datetime) -> Planned | None:
        """The one that holds this event off at that moment."""
        kind, own = kind_of(plan.event), rank(plan.event.priority)
        for each in self._blocking:
            blocker = each.plan.event
            if kind_of(blocker) is kind and rank(blocker.priority) > own and each.holds(moment):
                return each.plan
        return None


class _Blocking:
    """One that blocks, and its starts as far as anybody has asked."""

    def __init__(
        self, plan: Planned, zone: tzinfo, first: datetime, taken_back: Collection[Slot]
    ) -> None:
        self.plan = plan
        self._zone = zone
        self._taken_back = taken_back
        self._starts: list[datetime] = []
        self._known_until, _ = self._held_off(first)

    def holds(self, moment: datetime) -> bool:
        first, end = self._held_off(moment)
        if end > self._known_until:
            coming = self.plan.starts(self._zone, self._known_until, end + _AT_ONCE)
            event_id = self.plan.event.id
            self._starts += [m for m in coming if Slot(m, event_id) not in self._taken_back]
            self._known_until = end + _AT_ONCE
        place = bisect_left(self._starts, first)
        return place < len(self._starts) and self._starts[place] < end

    def _held_off(self, moment: datetime) -> tuple[datetime, datetime]:
        """Between which times, the second exclusive, a start holds off that moment."""
        if self.plan.window is not None:
            return moment - self.plan.window, moment + _INSTANT
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
