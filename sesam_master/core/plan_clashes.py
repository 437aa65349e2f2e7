"""Where different events make the same task start at nearly the same time, or while it still runs.

The starts of the others are those that the location plans; only those of what is being written are
worked out for it. Nothing here knows a rule.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sesam_master.core.calendar_days import Cause, Occurrence
from sesam_master.core.fleet import Picture
from sesam_master.core.now_estimate import RUNS_COUNTED, earlier_runs
from sesam_master.core.plan import BackupAction, Event, Plan, Planned, Schedule
from sesam_master.core.records import BackupType
from sesam_master.core.sheet import RowKind
from sesam_master.core.states import JobState

NEAR = timedelta(minutes=10)
_NO_TIME = timedelta()


@dataclass(frozen=True, slots=True)
class Clash:
    """Both start the task; `run_time` is how long the earlier of the two is expected to run, None
    where they are that near that it does not matter."""

    task: str
    mine: str
    mine_time: datetime
    other: str
    other_time: datetime
    run_time: timedelta | None

    @property
    def moment(self) -> datetime:
        """When the first of the two starts."""
        return min(self.mine_time, self.other_time)


class RunTimes:
    """How long the backups of a task usually run, by those that the desk knows; nothing where it
    knows none."""

    def __init__(self, picture: Picture | None) -> None:
        self._picture = picture
        self._found: dict[tuple[str, BackupType | None], timedelta] = {}

    def of(self, task: str, backup_type: BackupType | None) -> timedelta:
        key = (task, backup_type)
        if key not in self._found:
            self._found[key] = self._median(task, backup_type)
        return self._found[key]

    def _median(self, task: str, backup_type: BackupType | None) -> timedelta:
        picture = self._picture
        if picture is None:
            return _NO_TIME
        newest = sorted(picture.backups.get(task, ()), key=int, reverse=True)
        jobs = (job for job_id in newest if (job := picture.jobs.get(job_id)) is not None)
        runs = earlier_runs(jobs, task, backup_type)[:RUNS_COUNTED]
        return timedelta(seconds=median(run.seconds for run in runs)) if runs else _NO_TIME


class TaskStarts:
    """The backups that a location plans, by task and time, without those that another event will
    hold off."""

    def __init__(self, occurrences: Iterable[Occurrence]) -> None:
        self._by_task: dict[str, list[Occurrence]] = {}
        for one in occurrences:
            is_planned = one.state is JobState.PLANNED and one.cause is not Cause.BLOCKED_BY
            if one.kind is RowKind.BACKUP and is_planned:
                self._by_task.setdefault(one.task, []).append(one)
        for found in self._by_task.values():
            found.sort(key=_time)

    def of(self, task: str, event_ids: Set[str]) -> list[Occurrence]:
        """Those of a task by these events, in their order."""
        return [one for one in self._by_task.get(task, ()) if one.event_id in event_ids]


def clash_of(
    item: Planned,
    base: Planned | None,
    plan: Plan,
    moments: Sequence[datetime],
    starts: TaskStarts,
    run_times: RunTimes,
) -> Clash | None:
    """The first one of an event, or of the events of a schedule, that is being written and starts
    at these moments, in order; `base` is what the location has in its place. What starts the same
    by the same schedule is another matter: it always does."""
    event_ids = {one.id for one in plan.events if _is_other(item, base, one)}
    found: dict[str, list[Occurrence]] = {}
    clashes = []
    for event in drafted_events(item, base, plan):
        for task in _tasks(event, plan):
            if task not in found:
                found[task] = starts.of(task, event_ids)
            clash = _first_clash(event, task, moments, found[task], run_times)
            if clash is not None:
                clashes.append(clash)
    return min(clashes, key=lambda clash: clash.moment, default=None)


def _first_clash(
    event: Event,
    task: str,
    moments: Sequence[datetime],
    others: Sequence[Occurrence],
    run_times: RunTimes,
) -> Clash | None:
    if not others or not isinstance(event.action, BackupAction):
        return None
    own = run_times.of(task, event.action.type)
    longest = max(run_times.of(task, kind) for kind in {one.type for one in others})
    for moment in moments:
        first = bisect_left(others, moment - max(NEAR, longest), key=_time)
        last = bisect_right(others, moment + max(NEAR, own), key=_time)
        for one in others[first:last]:
            gap = abs(one.planned_time - moment)
            runs = own if moment < one.planned_time else run_times.of(task, one.type)
            if gap <= NEAR or gap < runs:
                run_time = None if gap <= NEAR else runs
                return Clash(task, event.name, moment, one.event, one.planned_time, run_time)
    return None


def drafted_events(item: Planned, base: Planned | None, plan: Plan) -> list[Event]:
    """The events that start backups at the moments of what is being written."""
    if isinstance(item, Event):
        return [item] if item.active and item.schedule and _starts_backups(item) else []
    if not isinstance(item, Schedule) or base is None or not item.active:
        return []
    return [
        one
        for one in plan.events
        if one.schedule == base.name and one.active and _starts_backups(one)
    ]


def _starts_backups(event: Event) -> bool:
    return isinstance(event.action, BackupAction)


def _is_other(item: Planned, base: Planned | None, one: Event) -> bool:
    """Not the same one, nor one that starts the same object by the same schedule. The starts of one
    of the same schedule are not those that it has now, once the schedule is saved."""
    match item:
        case Event():
            is_same = bool(item.id) and item.id == one.id
            is_known = (item.schedule, item.object_name) == (one.schedule, one.object_name)
            return not is_same and not is_known
        case Schedule():
            return base is None or one.schedule != base.name
        case _:
            return False


def _tasks(event: Event, plan: Plan) -> tuple[str, ...]:
    action = event.action
    if not isinstance(action, BackupAction):
        return ()
    if action.task:
        return (action.task,)
    return next((group.tasks for group in plan.groups if group.name == action.group), ())


def _time(one: Occurrence) -> datetime:
    return one.planned_time
