"""What the page of a plan says of itself, and in place of a list. Pure text."""

from sesam_master.core.plan import Plan
from sesam_master.ui.notices import Notice
from sesam_master.ui.objects.kinds import ObjectKind
from sesam_master.ui.objects.place import Zones
from sesam_master.ui.objects.words import count_words
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent

_REASONS: dict[ObjectKind, str] = {
    PlanKind.SCHEDULES: "A schedule says when something comes round; events say what is started.",
    PlanKind.EVENTS: "An event says what a schedule starts: a backup, a restore or a command.",
    PlanKind.GROUPS: "A task group has tasks that are started together by one event.",
}
_ICONS: dict[ObjectKind, str] = {
    PlanKind.SCHEDULES: "calendar-clock",
    PlanKind.EVENTS: "play",
    PlanKind.GROUPS: "list-checks",
}


def page_sentence(location: str, plan: Plan | None, zones: Zones) -> str:
    """What there is, and whose clock it goes by."""
    if plan is None:
        return f"What {location} plans."
    counts = (
        count_words(len(plan.schedules), "schedule"),
        count_words(len(plan.events), "event"),
        count_words(len(plan.groups), "task group"),
    )
    return f"{', '.join(counts)} at {location}; times of day are those of {zones.site}."


def empty_content(
    kind: ObjectKind, location: str, problem: Notice | None, plan: Plan | None, text: str
) -> EmptyContent:
    """What is not there, why, and what would change it."""
    again = EmptyAction("again", "Try again", "refresh-cw")
    if plan is None and problem is not None:
        return EmptyContent(
            "circle-alert", problem.what, f"{problem.why} {problem.to_do}".strip(), (again,)
        )
    if plan is None:
        return EmptyContent(_ICONS[kind], f"{location} is asked for its plan", "")
    if text:
        clear = EmptyAction("clear", "Clear the filter", "x")
        return EmptyContent(
            "search",
            f"No {kind.noun} at {location} has “{text}”",
            "The filter looks into names, rules, schedules and tasks.",
            (clear,),
        )
    new = EmptyAction("new", f"New {kind.noun}", "plus", is_primary=True)
    headline = f"{location} has no {kind.noun}s"
    return EmptyContent(_ICONS[kind], headline, _REASONS[kind], () if plan.is_kept else (new,))
