"""What the author of a plan may not have meant, and what would stop, in sentences. Pure text."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from sesam_master.core.plan import (
    BackupAction,
    Event,
    IdleCause,
    Plan,
    Planned,
    Preview,
    Remark,
    Schedule,
    TaskGroup,
)
from sesam_master.core.plan_clashes import Clash
from sesam_master.core.rule import MonthDays, MonthWeekdays, YearDay, pattern_of
from sesam_master.core.rule_words import (
    DAY_NAMES,
    date_words,
    schedule_words,
    time_words,
    window_words,
)
from sesam_master.ui.formatting import moment_text, time_text
from sesam_master.ui.objects.words import count_words, named_list

_IDLE = {
    IdleCause.EVENT_INACTIVE: "not active",
    IdleCause.SCHEDULE_INACTIVE: "its schedule is not active",
    IdleCause.NO_SCHEDULE: "follow-up",
    IdleCause.SCHEDULE_OVER: "its schedule is over",
    IdleCause.GROUP_EMPTY: "its group is empty",
}


def idle_words(event: Event) -> str:
    """Why nothing is planned for an event, in a few words; "" if that is not known."""
    return _IDLE.get(event.idle_cause, "")


def schedule_warnings(schedule: Schedule, preview: Preview, zone: tzinfo) -> list[str]:
    """What is remarkable about a schedule with these coming starts."""
    found = []
    if Remark.INACTIVE in preview.remarks:
        found.append("It is not active: none of its events is started.")
    if Remark.NO_EVENT in preview.remarks:
        found.append("No event uses it: nothing is started at these times.")
    if Remark.NO_START in preview.remarks:
        found.append(_no_start(schedule))
    found += _outside(schedule)
    if Remark.WINDOW_OVERLAPS in preview.remarks:
        found.append(
            f"Windows overlap: {window_words(schedule.window)} is longer than the time between two "
            "starts. A late start is given up when the next one is due."
        )
    if Remark.CLOCK_CHANGE in preview.remarks:
        found.append(_clock_change(schedule, preview, zone))
    return found + _left_out(schedule)


def _no_start(schedule: Schedule) -> str:
    if schedule.end_date is not None:
        return f"There is no start any more: it is valid to {date_words(schedule.end_date)}."
    return "There is no start any more: all its dates have passed."


def _outside(schedule: Schedule) -> list[str]:
    first, last = schedule.start_date, schedule.end_date
    outside = [day for day in schedule.dates if day < first or (last is not None and day > last)]
    if not outside:
        return []
    number = f"{len(outside)} of {len(schedule.dates)} dates"
    if len(schedule.dates) == 1:
        return [f"{date_words(outside[0])} lies outside its validity and never starts."]
    verb = "lies" if len(outside) == 1 else "lie"
    return [f"{number} {verb} outside its validity and never start: {_dates(outside)}."]


def _dates(days: Sequence[object]) -> str:
    return named_list([date_words(day) for day in days])  # type: ignore[arg-type]


def _clock_change(schedule: Schedule, preview: Preview, zone: tzinfo) -> str:
    changed = [start for start in preview.starts if start.clock_change]
    if not changed:
        return "One of its later starts falls on a change of the clocks."
    first = moment_text(changed[0].moment, zone)
    local = changed[0].moment.astimezone(zone).time()
    if local.replace(microsecond=0) == schedule.start_time:
        return f"The clocks are set back at {first}: that time comes twice, the first one counts."
    named = time_words(schedule.start_time)
    return f"The clocks leap over {named}: it starts {first} instead."


def _left_out(schedule: Schedule) -> list[str]:
    match pattern_of(schedule.rule):
        case MonthDays(days) if days and max(map(abs, days)) >= 29:
            return [f"Months without a day {max(map(abs, days))} are left out."]
        case MonthWeekdays(places, weekday) if 5 in places:
            return [f"Months without a fifth {DAY_NAMES[weekday]} are left out."]
        case YearDay(2, 29):
            return ["Only leap years have a 29 February."]
        case _:
            return []


def event_warnings(event: Event, plan: Plan, tasks: Iterable[str]) -> list[str]:
    """What is remarkable about an event beside the rest of the plan."""
    found = []
    schedule = next((one for one in plan.schedules if one.name == event.schedule), None)
    others = [other for other in plan.events if other.name != event.name]
    if not event.active:
        found.append("It is not active: it is never started.")
    if not event.schedule and not any(other.follow_up == event.name for other in others):
        found.append("It has no schedule and is nobody's follow-up: nothing starts it.")
    if schedule is not None and not schedule.active:
        found.append(f"The schedule {schedule.name} is not active.")
    elif schedule is not None and schedule.next_time is None and not plan.is_kept:
        found.append(f"The schedule {schedule.name} has no start any more.")
    found += _object_warnings(event, plan, frozenset(tasks))
    found += _overlaps(event, others)
    found += _blocks(event, others, plan)
    follower = next((other for other in others if other.name == event.follow_up), None)
    if follower is not None and not follower.active:
        found.append(f"Its follow-up {follower.name} is not active.")
    return found


def clash_warning(clash: Clash, zone: tzinfo) -> str:
    """Another event starts the same task at nearly the same time, or while it still runs."""
    mine, task = clash.mine or "this event", clash.task
    first, then = sorted((clash.mine_time, clash.other_time))
    if clash.run_time is not None:
        began, comes = (mine, clash.other) if clash.mine_time == first else (clash.other, mine)
        return (
            f"Overlap: {comes} starts {task} while it still runs for {began}, first "
            f"{moment_text(then, zone)}: that run begins {_after(then, first, zone)} and takes "
            f"about {window_words(_minutes(clash.run_time))}."
        )
    if first == then:
        when = f"at the same time, first {moment_text(first, zone)}"
    else:
        apart = window_words(max(_minutes(then - first), timedelta(minutes=1)))
        when = f"within {apart}, first {moment_text(first, zone)} and {_after(first, then, zone)}"
    return f"Overlap: {mine} and {clash.other} start {task} {when}."


def _after(said: datetime, moment: datetime, zone: tzinfo) -> str:
    """The time alone where the day was said."""
    is_same = said.astimezone(zone).date() == moment.astimezone(zone).date()
    return time_text(moment, zone) if is_same else moment_text(moment, zone)


def _minutes(span: timedelta) -> timedelta:
    return timedelta(minutes=round(span / timedelta(minutes=1)))


def _object_warnings(event: Event, plan: Plan, tasks: frozenset[str]) -> list[str]:
    action = event.action
    task = "" if action is None else getattr(action, "task", "")
    if task and task not in tasks:
        return [f"There is no task {task} at this location."]
    if isinstance(action, BackupAction):
        group = next((one for one in plan.groups if one.name == action.group), None)
        drive = next((one for one in plan.drives if one.name == action.drive), None)
        empty = f"The task group {action.group} is empty: what comes due is missed."
        off = f"The drive {action.drive} is off: its jobs wait."
        return [empty] * (group is not None and not group.tasks) + [off] * (
            drive is not None and not drive.active
        )
    return []


def _overlaps(event: Event, others: Sequence[Event]) -> list[str]:
    if not event.schedule or not event.object_name:
        return []
    same = [
        other.name
        for other in others
        if (other.schedule, other.kind, other.object_name)
        == (event.schedule, event.kind, event.object_name)
        and other.active
    ]
    if not same:
        return []
    return [f"Overlap: {named_list(same)} starts {event.object_name} at the same times already."]


def _blocks(event: Event, others: Sequence[Event], plan: Plan) -> list[str]:
    """A blocking event holds off those of its kind that come due within its window; without one
    within the same minute, so that only those of its own schedule are sure to meet it."""
    windows = {one.name: one.window for one in plan.schedules}
    rank = priority_rank(event.priority)
    held, by = [], []
    for other in others:
        if other.kind is not event.kind or not other.schedule or not event.schedule:
            continue
        is_met = other.schedule == event.schedule
        above = priority_rank(other.priority) > rank
        below = priority_rank(other.priority) < rank
        if event.blocking and below and (is_met or windows.get(event.schedule)):
            held.append(other.name)
        if event.priority and other.blocking and above and (is_met or windows.get(other.schedule)):
            by.append(other.name)
    found = []
    if held:
        found.append(f"Within its window it holds off {named_list(held)}, of a lower priority.")
    if by:
        found.append(f"Its starts within the window of {named_list(by)} are held off.")
    return found


def priority_rank(priority: int) -> int:
    """Priorities in the order in which they count: 0 is above all."""
    return 1000 if priority == 0 else priority


def group_warnings(group: TaskGroup, plan: Plan, tasks: Iterable[str]) -> list[str]:
    """What is remarkable about a task group."""
    found = []
    known = frozenset(tasks)
    gone = [name for name in group.tasks if name not in known]
    if not group.tasks:
        found.append("It is empty: an event of it starts nothing.")
    if gone:
        found.append(f"Not at this location: {named_list(gone)}.")
    if not users_of(group, plan):
        found.append("No event starts it.")
    return found


def users_of(item: Planned, plan: Plan) -> list[Event]:
    """The events that need an object, so that it cannot be deleted."""
    match item:
        case Schedule(name=name):
            return [event for event in plan.events if event.schedule == name]
        case Event(name=name):
            return [event for event in plan.events if event.follow_up == name]
        case TaskGroup(name=name):
            return [
                event
                for event in plan.events
                if isinstance(event.action, BackupAction) and event.action.group == name
            ]


def delete_consequence(item: Planned, plan: Plan, zone: tzinfo) -> str:
    """What deleting stops, and what it leaves as it is."""
    if isinstance(item, Schedule):
        return "No event uses it, so nothing stops. What was started stays in the calendar."
    if isinstance(item, TaskGroup):
        number = len(item.tasks)
        return f"No event starts it, so nothing stops. Its {count_words(number, 'task')} stay."
    schedule = next((one for one in plan.schedules if one.name == item.schedule), None)
    started = f"{item.object_name or item.name} is not started by it any more"
    if schedule is not None:
        started += f" ({schedule_words(schedule)})"
    if item.next_time is not None:
        started += f"; the start of {moment_text(item.next_time, zone)} and all after it are off"
    return f"{started}. Jobs that run go on, and what was stays in the calendar."
