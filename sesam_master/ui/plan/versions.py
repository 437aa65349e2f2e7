"""Two versions of one object side by side, field by field, in words. Pure text."""

from collections.abc import Callable
from typing import Any

from sesam_master.core.plan import Event, Planned, Schedule
from sesam_master.core.plan_draft import changed_fields
from sesam_master.core.rule_words import date_words, schedule_words, time_words, window_words
from sesam_master.ui.plan.rows import kind_words, object_words, type_letter

_RULE_FIELDS = frozenset({"rule", "start_time", "until_time", "dates", "offset_days"})
_WORDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "name": ("Name", str),
    "active": ("Active", lambda value: "yes" if value else "no"),
    "comment": ("Comment", lambda value: value or "none"),
    "start_date": ("Valid from", date_words),
    "end_date": ("Valid to", lambda value: date_words(value) if value else "without an end"),
    "window": ("Window", window_words),
    "schedule": ("Schedule", lambda value: value or "none"),
    "priority": ("Priority", str),
    "blocking": ("Blocking", lambda value: "yes" if value else "no"),
    "follow_up": ("Follow-up", lambda value: value or "none"),
    "tasks": ("Tasks", lambda value: ", ".join(value) or "none"),
    "start_time": ("Starts at", time_words),
}


def differences(theirs: Planned, mine: Planned) -> list[tuple[str, str, str]]:
    """What differs: the field, how it is at the location, how it is here."""
    changed = changed_fields(theirs, mine)
    found = []
    if isinstance(theirs, Schedule) and isinstance(mine, Schedule) and changed & _RULE_FIELDS:
        found.append(("When", schedule_words(theirs), schedule_words(mine)))
        changed -= _RULE_FIELDS
    if isinstance(theirs, Event) and isinstance(mine, Event) and "action" in changed:
        found.append(("Does", _action_words(theirs), _action_words(mine)))
        changed -= {"action"}
    for field in sorted(changed):
        title, words = _WORDS[field]
        found.append((title, words(getattr(theirs, field)), words(getattr(mine, field))))
    return found


def _action_words(event: Event) -> str:
    parts = [kind_words(event), object_words(event), type_letter(event)]
    action = event.action
    parts += [str(getattr(action, "drive", "")), " ".join(getattr(action, "arguments", ()))]
    target = getattr(action, "target", b"")
    paths = getattr(action, "paths", ())
    parts.append(f"to {target.decode(errors='replace')}" if target else "")
    parts.append(f"{len(paths)} paths" if paths else "")
    return " ".join(part for part in parts if part)
