"""What a new object of a plan begins with."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, time

from sesam_master.core.draft import bare
from sesam_master.core.plan import BackupAction, Event, Plan, Planned, Schedule, TaskGroup
from sesam_master.core.records import BackupType
from sesam_master.ui.objects.kinds import ObjectKind
from sesam_master.ui.plan.rows import PlanKind


def fresh(kind: ObjectKind, plan: Plan | None, tasks: Sequence[str], today: date) -> Planned:
    """One of that kind. `today` is the site's."""
    match kind:
        case PlanKind.SCHEDULES:
            return Schedule("", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", time(20), today)
        case PlanKind.EVENTS:
            known = [one for one in plan.schedules if not one.is_newday] if plan else []
            in_use = [one.name for one in known if one.active] or [one.name for one in known]
            task = tasks[0] if tasks else ""
            return Event("", in_use[0] if in_use else "", BackupAction(BackupType.INC, task))
        case _:
            return TaskGroup("")


def copy_of(item: Planned, taken: Collection[str]) -> Planned:
    """The same under a name that is free. Of NEWDAY there is one only: its copies are others."""
    name, number = f"{item.name} copy", 2
    while name in taken:
        name, number = f"{item.name} copy {number}", number + 1
    copy = replace(bare(item), name=name)
    if isinstance(copy, Event) and copy.is_newday:
        copy = replace(copy, action=BackupAction(BackupType.INC), priority=1)
    return copy
