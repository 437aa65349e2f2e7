"""What the palette shows of an entry, and what it was made of: actions, locations, clients, tasks.

Nothing is registered for it: the actions are those of the menus, the rest is the fleet's.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.palette import Entry, EntryKind
from sesam_master.core.states import CONNECTION_WORDS, WORDS
from sesam_master.ui.actions import Action, Selection

ACTIONS_ONLY, LOCATIONS_ONLY = ">", "@"
_ICONS = {
    EntryKind.LOCATION: "server",
    EntryKind.CLIENT: "monitor",
    EntryKind.TASK: "list-checks",
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A row: `side` says its state, where it leads or its keys; `reason` why it cannot be done."""

    entry: Entry
    icon: str
    title: str
    side: str
    reason: str = ""

    @property
    def spoken(self) -> str:
        parts = self.title, self.entry.kind.value, self.reason or self.side
        return ", ".join(part for part in parts if part)


def entries(actions: Iterable[Action], fleet: Fleet, text: str) -> Iterator[Entry]:
    """All that can be found; a mark in front of the text takes one kind only."""
    only = text[:1]
    if only != LOCATIONS_ONLY:
        for action in actions:
            yield Entry(EntryKind.ACTION, action.text, action.id)
    if only == ACTIONS_ONLY:
        return
    for location_id, place in fleet.locations.items():
        name = place.registration.name
        yield Entry(
            EntryKind.LOCATION, name, location_id=location_id, where=place.registration.farm
        )
        if only != LOCATIONS_ONLY and place.picture is not None:
            for client in place.picture.clients:
                yield Entry(EntryKind.CLIENT, client, client, location_id, name)
            for task in place.picture.tasks:
                yield Entry(EntryKind.TASK, task, task, location_id, name)


def bare(text: str) -> str:
    """The text without a mark."""
    return text[1:] if text[:1] in (ACTIONS_ONLY, LOCATIONS_ONLY) else text


def hit(
    entry: Entry, fleet: Fleet, action: Callable[[str], Action | None], selection: Selection
) -> Hit:
    """As it is now."""
    if entry.kind is EntryKind.ACTION:
        found = action(entry.name)
        reason = found.enabled_when(selection) or "" if found is not None else ""
        icon, keys = (found.icon, found.shortcut) if found is not None else ("", "")
        return Hit(entry, icon or "chevron-right", entry.title, keys, reason)
    place = fleet.locations.get(entry.location_id)
    icon = _ICONS[entry.kind]
    if place is None:
        return Hit(entry, icon, entry.title, "", "It is not one of this desk's any more.")
    title = entry.title if entry.kind is EntryKind.LOCATION else f"{entry.title}, {entry.where}"
    return Hit(entry, icon, title, _side(entry, place))


def _side(entry: Entry, place: LocationState) -> str:
    """Its newest result, or how its location is connected; of a dark one that it is dark, too."""
    dark = "" if place.is_live else CONNECTION_WORDS[place.shown_connection].lower()
    words = ""
    if entry.kind is EntryKind.TASK:
        job = place.newest_backup(entry.name)
        words = WORDS[place.shown_state(job)] if job is not None else "no backup known"
    elif entry.kind is EntryKind.LOCATION and place.is_live and place.picture is not None:
        words = f"on, {len(place.picture.clients)} clients, {len(place.picture.tasks)} tasks"
    return ", ".join(part for part in (words, f"location {dark}" if dark else "") if part)


def selection_of(entry: Entry) -> Selection:
    """What is chosen by it."""
    if entry.kind is EntryKind.TASK:
        return Selection(entry.location_id, ((entry.location_id, entry.name),))
    client = entry.name if entry.kind is EntryKind.CLIENT else ""
    return Selection(entry.location_id, client=client)
