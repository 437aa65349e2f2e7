"""What the page of components says of itself, and in place of a list. Pure text."""

from sesam_master.core.components import Components
from sesam_master.ui.components.judging import MADE_BY_BACKUP
from sesam_master.ui.components.rows import ComponentKind
from sesam_master.ui.notices import Notice
from sesam_master.ui.objects.kinds import ObjectKind
from sesam_master.ui.objects.words import count_words
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent

_REASONS: dict[ObjectKind, str] = {
    ComponentKind.CLIENTS: "A client is a machine whose data is backed up.",
    ComponentKind.TASKS: "A task says what is backed up: sources of a client.",
    ComponentKind.STORES: "A data store is a directory of the agent's machine that holds media.",
    ComponentKind.LOADERS: (
        "A loader puts media into drives by itself. Each of its drives is a removable data store: "
        "add those first."
    ),
    ComponentKind.DRIVES: "Backups and restores run on a drive; without one they wait.",
    ComponentKind.POOLS: "A media pool says how long savesets are kept, and which drives write.",
    ComponentKind.MEDIA: MADE_BY_BACKUP,
}
_ICONS: dict[ObjectKind, str] = {
    ComponentKind.CLIENTS: "monitor",
    ComponentKind.TASKS: "list-checks",
    ComponentKind.STORES: "hard-drive",
    ComponentKind.LOADERS: "layers",
    ComponentKind.DRIVES: "server",
    ComponentKind.POOLS: "layers",
    ComponentKind.MEDIA: "server",
}
_SEARCHED: dict[ObjectKind, str] = {
    ComponentKind.CLIENTS: "names, access and comments",
    ComponentKind.TASKS: "names, clients, sources, excludes and comments",
    ComponentKind.STORES: "names, paths, faults and comments",
    ComponentKind.LOADERS: "names, devices, data stores and comments",
    ComponentKind.DRIVES: "names, drive groups, data stores and comments",
    ComponentKind.POOLS: "names, drive groups, rules and comments",
    ComponentKind.MEDIA: "labels, data stores, EOL and comments",
}


def page_sentence(location: str, whole: Components | None) -> str:
    """What there is; nothing of what is not known."""
    if whole is None:
        return f"What {location} backs up, and where it lies."
    known = [
        count_words(len(getattr(whole, kind.field)), kind.noun)
        for kind in ComponentKind
        if kind is not ComponentKind.MEDIA and _is_worth_telling(kind, getattr(whole, kind.field))
    ]
    if whole.media is not None:
        known.append(f"{len(whole.media)} media" if len(whole.media) != 1 else "1 medium")
    return f"{', '.join(known)} at {location}."


def _is_worth_telling(kind: ObjectKind, items: tuple[object, ...] | None) -> bool:
    """Whether they are known; few locations have loaders."""
    return items is not None and (bool(items) or kind is not ComponentKind.LOADERS)


def empty_content(
    kind: ObjectKind, location: str, problem: Notice | None, whole: Components | None, text: str
) -> EmptyContent:
    """What is not there, why, and what would change it."""
    again = EmptyAction("again", "Try again", "refresh-cw")
    if whole is None and problem is not None:
        reason = f"{problem.why} {problem.to_do}".strip()
        return EmptyContent("circle-alert", problem.what, reason, (again,))
    if whole is None:
        return EmptyContent(_ICONS[kind], f"{location} is asked for its components", "")
    if getattr(whole, kind.field) is None:
        return EmptyContent(
            "circle-help",
            f"Which {kind.value.lower()} {location} has is not known",
            "It is not reached, and this desk keeps its clients, tasks and drives only.",
            (again,),
        )
    if text:
        clear = EmptyAction("clear", "Clear the filter", "x")
        headline = f"No {kind.noun} at {location} has “{text}”"
        reason = f"The filter looks into {_SEARCHED[kind]}."
        return EmptyContent("search", headline, reason, (clear,))
    new = EmptyAction("new", f"New {kind.noun}", "plus", is_primary=True)
    is_possible = not whole.is_kept and kind is not ComponentKind.MEDIA
    headline = f"{location} has no {kind.value.lower()}"
    return EmptyContent(_ICONS[kind], headline, _REASONS[kind], (new,) * is_possible)
