"""Why an object of a plan cannot be deleted, in sentences. Pure text."""

from sesam_master.core.plan import Event, Plan, Planned, Schedule, TaskGroup
from sesam_master.ui.objects.words import named_list
from sesam_master.ui.plan.warnings import users_of


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
