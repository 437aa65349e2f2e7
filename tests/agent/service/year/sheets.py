"""The calendar sheet as it ought to be, added up from the calendar's list."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from server_agent.domain.calendar import SEVERITY, Entry, EntryState
from server_agent.domain.events import EventKind
from server_agent.service.sheet import Sheet

RowKey = tuple[EventKind, str]
Column = tuple[EntryState | None, int, int]  # worst state, begun or given up, to come
_NOTHING: Column = (None, 0, 0)


def summed(entries: Iterable[Entry]) -> dict[tuple[RowKey, date], Column]:
    """Each cell in which there is something."""
    found: dict[tuple[RowKey, date], Column] = defaultdict(lambda: _NOTHING)
    for entry in entries:
        key = (entry.kind, entry.task or entry.event), entry.sesam_day
        before, runs, planned = found[key]
        states = [entry.state] if before is None else [before, entry.state]
        to_come = entry.decide_time is None
        found[key] = (
            min(states, key=SEVERITY.index),
            runs + (not to_come),
            planned + to_come,
        )
    return dict(found)


def cells(sheet: Sheet) -> dict[tuple[RowKey, date], Column]:
    """Those of the sheet in which there is something."""
    found = {}
    for row in sheet.rows:
        columns = zip(row.states, row.runs, row.planned, strict=True)
        for number, column in enumerate(columns):
            if column != _NOTHING:
                day = date.fromordinal(sheet.first.toordinal() + number)
                found[(row.kind, row.name), day] = column
    return found
