"""Why something cannot be saved or deleted as it stands, in sentences. Pure text."""

from sesam_master.core.plan import Event, Plan, Planned, Schedule, TaskGroup
from sesam_master.core.plan_draft import Draft
from sesam_master.ui.notices import Notice
from sesam_master.ui.plan.warnings import named_list, users_of


def save_refusal(draft: Draft | None, is_other: bool, problem: Notice | None) -> str | None:
    """None if the draft can be sent. `is_other`: the location has another version by now;
    `problem`: what the location says against the schedule."""
    if draft is None:
        return "Choose something in the list first."
    if not draft.is_dirty:
        return "Nothing was changed."
    if is_other:
        return "It was changed meanwhile: choose a version first."
    if not draft.item.name.strip():
        return "It has no name yet."
    if isinstance(draft.item, Event) and draft.item.action is None:
        return "This desk does not know this kind of event."
    if isinstance(draft.item, Schedule) and problem is not None:
        return problem.why
    return None


def delete_refusal(item: Planned, plan: Plan) -> str | None:
    """Why an object cannot be deleted as the plan is; None if it can."""
    if isinstance(item, Schedule | Event) and item.is_newday:
        return "NEWDAY ends the sesam day. It can be moved, never deleted."
    users = named_list([event.name for event in users_of(item, plan)])
    if not users:
        return None
    match item:
        case Schedule(name=name):
            return f"{name} is used by {users}. Give them another schedule, or delete them first."
        case Event(name=name):
            return f"{name} is the follow-up of {users}. Give them another follow-up first."
        case TaskGroup(name=name):
            return f"{name} is started by {users}. Delete these events first."
