"""What one location plans, as its watch stream tells it, and what becomes of its calendar."""

from collections.abc import Iterable, Mapping
from typing import Any

from sesam_api.v1 import location_pb2
from sesam_master.core.sheet import CellChange, CellKey
from sesam_master.remote import convert_calendar
from sesam_master.remote.kept import Kept

_OF_TASKS = frozenset({"task", "removed_task"})


class LivePlan:
    """Schedules, events, task groups and drives, kept as messages."""

    def __init__(self, snapshot: location_pb2.Snapshot) -> None:
        self._kept: dict[str, Kept[Any]] = {
            "schedule": Kept(snapshot.schedules, lambda message: message.name),
            "event": Kept(snapshot.events, lambda message: message.event_id),
            "group": Kept(snapshot.groups, lambda message: message.name),
            "drive": Kept(snapshot.drives, lambda message: message.name),
        }

    def messages(self) -> dict[str, Iterable[Any]]:
        """By the fields of a snapshot."""
        return {f"{kind}s": kept for kind, kept in self._kept.items()}

    def groups(self) -> dict[str, tuple[str, ...]]:
        """The task groups by task."""
        return convert_calendar.groups_by_task(self._kept["group"])

    def take(self, changes: Iterable[location_pb2.Change]) -> bool:
        """Takes the changes in; whether what is planned may be another now."""
        is_other = False
        for change in changes:
            told = change.WhichOneof("object") or ""
            kind = told.removeprefix("removed_")
            is_other |= told in _OF_TASKS or (kind in self._kept and kind != "drive")
            if kind not in self._kept:
                continue
            message = getattr(change, told)
            if told != kind:
                self._kept[kind].drop(message)
            else:
                key = message.event_id if kind == "event" else message.name
                self._kept[kind].put(key, message)
        return is_other


def told_cells(changes: Iterable[location_pb2.Change]) -> Mapping[CellKey, CellChange]:
    """The newest of each cell of the calendar."""
    cells = (
        convert_calendar.cell(change.calendar_cell)
        for change in changes
        if change.HasField("calendar_cell")
    )
    return {cell.key: cell for cell in cells if cell is not None}
