"""Two versions of one object side by side, field by field, in words. Pure text."""

from collections.abc import Callable
from typing import Any

from sesam_master.core.draft import changed_fields
from sesam_master.core.plan import Event, Planned, RestoreAction, Schedule
from sesam_master.core.rule_words import date_words, schedule_words, window_words
from sesam_master.ui.objects.words import named_list
from sesam_master.ui.plan.rows import kind_words, object_words, type_letter
from sesam_master.ui.restore.rules import TITLES

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
}


def differences(theirs: Planned, mine: Planned) -> list[tuple[str, str, str]]:
    """What differs: the field, how it is at the location, how it is here."""
    changed = changed_fields(theirs, mine)
    found = []
    if isinstance(theirs, Schedule) and isinstance(mine, Schedule) and changed & _RULE_FIELDS:
        when = schedule_words(theirs), schedule_words(mine)
        has_dates = "dates" in changed
        if when[0] != when[1] or not has_dates:
            found.append(("When", *when))
        if has_dates and (when[0] == when[1] or max(len(theirs.dates), len(mine.dates)) > 1):
            found.append(("Dates", *_date_words(theirs, mine)))
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
    paths = [path.decode(errors="replace") for path in getattr(action, "paths", ())]
    parts.append(f"to {target.decode(errors='replace')}" if target else "")
    parts.append(f"paths {', '.join(paths)}" if paths else "")
    rule = action.overwrite if isinstance(action, RestoreAction) else None
    parts.append(f"existing files: {TITLES[rule].lower()}" if rule is not None else "")
    return " ".join(part for part in parts if part)


def _date_words(theirs: Schedule, mine: Schedule) -> tuple[str, str]:
    """Of many dates those that only one of the versions has."""
    pairs = ((theirs, mine), (mine, theirs))
    only = [sorted({*one.dates} - {*other.dates}) for one, other in pairs]
    there, here = (named_list([date_words(day) for day in days]) or "no other" for days in only)
    return there, here
