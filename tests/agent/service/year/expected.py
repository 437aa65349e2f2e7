"""What the calendar of a location ought to show, from what was planned and what happened.

Written from what the issue and the manual ask for: each planned time is decided at the first look
behind it; whoever slept through several makes the newest; a start after its window, one whose
predecessor still runs and one that a blocking event holds off are not made; what was given up by a
clock that was ahead is decided anew, what was started is not. What a person took back before is not
made, whatever the clock does, and holds nobody off. Of what is to come it is said who will hold it
off.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from server_agent.domain.calendar import Entry, EntryState
from server_agent.domain.events import EventKind
from server_agent.domain.occurrences import Cause
from tests.agent.service.year.location import ADMIN, CLIENT
from tests.agent.service.year.plant import Planted
from tests.agent.service.year.story import WELL, Facts, Key, Look, Wish, planned_times

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LATE = timedelta(seconds=60)
WAITS_LONG = timedelta(minutes=15)
_GIVEN_UP = {Cause.BLOCKED_BY: EntryState.BLOCKED, Cause.TAKEN_BACK: EntryState.CANCELLED}


@dataclass(frozen=True)
class Row:
    """What is compared of an entry."""

    event: str
    kind: EventKind
    group: str
    client: str
    state: EntryState
    sesam_day: date
    late: bool = False
    cause: Cause = Cause.NONE
    by: str = ""
    decide_time: datetime | None = None


def row_of(entry: Entry) -> Row:
    """The calendar's entry as it is compared."""
    return Row(
        event=entry.event,
        kind=entry.kind,
        group=entry.group,
        client=entry.client,
        state=entry.state,
        sesam_day=entry.sesam_day,
        late=entry.started_late,
        cause=entry.cause,
        by=entry.by,
        decide_time=entry.decide_time,
    )


@dataclass(frozen=True)
class Decision:
    """What was to be decided about a planned time, at which look."""

    look: Look
    cause: Cause = Cause.NONE  # why it was not started
    by: str = ""


class Expected:
    """The calendar as it ought to be after all that happened, up to a moment to come."""

    def __init__(self, facts: Facts, now: datetime, end: datetime) -> None:
        self._facts = facts
        self._now = now
        self._zone = ZoneInfo(facts.zone)
        self._times = {
            event_id: planned_times(facts, event_id, facts.begin, end)
            for event_id in facts.versions
        }
        [newday] = [
            event_id for event_id, each in facts.plan.items() if each.kind is EventKind.NEWDAY
        ]
        self._days = self._times[newday]
        self._blocking = {each: event for each, event in facts.plan.items() if event.blocking}
        # By whose number it holds nobody off any more.
        self._not_wanted = {
            (wish.event_id, wish.moment): wish.look.number
            for wish in facts.wishes
            if wish.is_granted
        }
        self.rows: dict[Key, Row] = {}
        for event_id in facts.versions:
            self._tell(event_id)

    def day_of(self, moment: datetime) -> date:
        """The sesam day, from the NEWDAYs that were planned."""
        place = bisect_right(self._days, moment)
        if place:
            return self._local(self._days[place - 1])
        return min(self._local(moment), self._local(self._days[0]) - DAY)

    def _local(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def _tell(self, event_id: str) -> None:
        event = self._facts.plan[event_id]
        decisions = self._decisions(event_id)
        # What was taken back of a plan that was changed behind that stays in the calendar.
        for moment in sorted({*self._times[event_id], *decisions}):
            decision = decisions.get(moment)
            blocker = "" if decision is not None else self._blocker(event_id, moment)
            for task in event.tasks or ("",):
                key = (moment, event_id, task)
                if decision is None:
                    row = self._planned(event, moment, blocker)
                elif decision.cause is not Cause.NONE:
                    row = self._given_up(event, moment, decision)
                else:
                    row = self._started(event, key, decision.look.now)
                self.rows[key] = row
            if decision is not None and decision.cause is Cause.NONE:
                self._follow(event, event_id, moment)

    def _follow(self, event: Planted, event_id: str, moment: datetime) -> None:
        """What an occurrence that has ended well is followed by."""
        if not event.follow_up:
            return
        keys = [(moment, event_id, task) for task in event.tasks or ("",)]
        runs = [self._facts.runs.get(key) for key in keys]
        if any(run is None or run.end_time is None for run in runs):
            return
        if any(self._facts.state(key) not in WELL for key in keys):
            return
        _, at = max((run.end_number, run.end_time) for run in runs if run and run.end_time)
        next_id, following = next(
            (other, each)
            for other, each in self._facts.plan.items()
            if each.name == event.follow_up
        )
        for task in following.tasks or ("",):
            key = (at, next_id, task)
            self.rows[key] = self._started(following, key, at)
        self._follow(following, next_id, at)

    def _decisions(self, event_id: str) -> dict[datetime, Decision]:
        times = self._times[event_id]
        found: dict[datetime, Decision] = {}
        begun: list[datetime] = []  # those that may still run
        known = self._facts.versions[event_id][0].number
        place = bisect_right(self._facts.looks, known, key=lambda look: look.number)
        before = self._facts.looks[place - 1].now
        wishes = {w.look.number: w for w in self._facts.wishes if w.event_id == event_id}
        for look in self._facts.looks[place:]:
            low = min(before, look.now)
            if look.now < before:
                # What a clock that was ahead gave up of times to come is open again.
                found = {
                    moment: each
                    for moment, each in found.items()
                    if moment <= look.now or _binds(each, look.now)
                }
            before = look.now
            passed = times[bisect_right(times, low) : bisect_right(times, look.now)]
            passed = [moment for moment in passed if not _binds(found.get(moment), look.now)]
            for moment in passed:
                begun = [each for each in begun if self._is_open(event_id, each, look)]
                newest = moment == passed[-1]
                found[moment] = self._decision(event_id, moment, newest, look, bool(begun))
                if found[moment].cause is Cause.NONE:
                    begun.append(moment)
            if look.number in wishes:
                self._take_back(wishes[look.number], found)
        return found

    def _take_back(self, wish: Wish, found: dict[datetime, Decision]) -> None:
        """Only what is to come and not decided can be, and if none is named it is the next."""
        now, behind, known = wish.look.now, wish.moment + MINUTE, wish.look.number
        open_ones = [
            moment
            for moment in planned_times(self._facts, wish.event_id, now, behind, known)
            if moment > now and not _binds(found.get(moment), now)
        ]
        if not wish.is_granted:
            assert wish.moment not in open_ones, f"{wish} is refused"
            return
        assert wish.moment in open_ones, f"{wish} is granted"
        assert not wish.is_next or wish.moment == open_ones[0], f"{wish} is not the next"
        found[wish.moment] = Decision(wish.look, Cause.TAKEN_BACK, ADMIN.name)

    def _decision(
        self,
        event_id: str,
        moment: datetime,
        newest: bool,
        look: Look,
        still_runs: bool,
    ) -> Decision:
        blocker = self._blocker(event_id, moment, look.number)
        if blocker:
            return Decision(look, Cause.BLOCKED_BY, blocker)
        if not newest:
            return Decision(look, Cause.OVERTAKEN)
        window = self._window(event_id, moment)
        if window is not None and look.now > moment + window:
            return Decision(look, Cause.WINDOW_OVER)
        if still_runs and self._facts.plan[event_id].kind is not EventKind.NEWDAY:
            return Decision(look, Cause.STILL_RUNNING)
        is_restore = self._facts.plan[event_id].kind is EventKind.RESTORE
        if is_restore and self._facts.first_saveset > look.number:
            return Decision(look, Cause.IMPOSSIBLE)
        return Decision(look)

    def _window(self, event_id: str, moment: datetime) -> timedelta | None:
        versions = [each for each in self._facts.versions[event_id] if each.since <= moment]
        return versions[-1].timetable.window

    def _is_open(self, event_id: str, moment: datetime, look: Look) -> bool:
        for task in self._facts.plan[event_id].tasks or ("",):
            run = self._facts.runs.get((moment, event_id, task))
            if run is not None and run.end_number > look.number:
                return True
        return False

    def _blocker(self, event_id: str, moment: datetime, number: float = inf) -> str:
        """Who holds it off, as things were at the look of that number."""
        event = self._facts.plan[event_id]
        if event.kind is EventKind.NEWDAY or event.priority == 0:
            return ""
        for other, blocker in self._blocking.items():
            above = blocker.priority == 0 or blocker.priority > event.priority
            if not (blocker.kind is event.kind and above):
                continue
            window = self._window(other, moment)
            times = self._times[other]
            if window is not None:
                held = times[bisect_left(times, moment - window) : bisect_right(times, moment)]
            else:
                minute = moment.replace(second=0, microsecond=0)
                held = times[bisect_left(times, minute) : bisect_left(times, minute + MINUTE)]
            if any(self._not_wanted.get((other, each), inf) >= number for each in held):
                return blocker.name
        return ""

    def _planned(self, event: Planted, moment: datetime, blocker: str) -> Row:
        return Row(
            event=event.name,
            kind=event.kind,
            group=event.group,
            client=CLIENT if event.tasks else "",
            state=EntryState.PLANNED,
            sesam_day=self.day_of(moment),
            cause=Cause.BLOCKED_BY if blocker else Cause.NONE,
            by=blocker,
        )

    def _given_up(self, event: Planted, moment: datetime, decision: Decision) -> Row:
        return Row(
            event=event.name,
            kind=event.kind,
            group=event.group,
            client=CLIENT if event.tasks else "",
            state=_GIVEN_UP.get(decision.cause, EntryState.MISSED),
            sesam_day=self.day_of(moment),
            cause=decision.cause,
            by=decision.by,
            decide_time=decision.look.now,
        )

    def _started(self, event: Planted, key: Key, decided: datetime) -> Row:
        run = self._facts.runs.get(key)
        if run is None:
            # Nothing ran: that it shows as missed is never what is wanted of a start.
            state, day = EntryState.PLANNED, self.day_of(decided)
        elif run.end_time is not None:
            state = EntryState(self._facts.state(key).value)
            day = self.day_of(run.start_time or decided)
        elif run.start_time is not None:
            state, day = EntryState.ACTIVE, self.day_of(run.start_time)
        else:
            late = self._now - key[0] > WAITS_LONG
            state = EntryState.LATE if late else EntryState.QUEUED
            day = self.day_of(run.queue_time)
        return Row(
            event=event.name,
            kind=event.kind,
            group=event.group,
            client=CLIENT if event.tasks else "",
            state=state,
            sesam_day=day,
            late=decided - key[0] > LATE,
            decide_time=decided,
        )


def _binds(decision: Decision | None, now: datetime) -> bool:
    if decision is None:
        return False
    is_for_good = decision.cause in (Cause.NONE, Cause.TAKEN_BACK)
    return is_for_good or decision.look.now <= now
