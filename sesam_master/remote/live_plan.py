"""What one location plans, as its watch stream tells it, and what becomes of its calendar."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sesam_api.v1 import location_pb2
from sesam_master.core.sheet import CellChange, CellKey
from sesam_master.remote import convert, convert_calendar
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

    def take(self, changes: Iterable[location_pb2.Change], now: datetime) -> bool:
        """Takes the changes in; whether what is planned may be another now. That a start has been
        made, and the next one is told in its place, is no other plan."""
        is_other = False
        for change in changes:
            told = change.WhichOneof("object") or ""
            kind = told.removeprefix("removed_")
            is_other |= told in _OF_TASKS
            if kind not in self._kept:
                continue
            kept, message = self._kept[kind], getattr(change, told)
            if told != kind:
                is_other |= kind != "drive"
                kept.drop(message)
                continue
            key = message.event_id if kind == "event" else message.name
            is_other |= kind != "drive" and not _goes_on(kept.get(key), message, now)
            kept.put(key, message)
        return is_other


def _goes_on(before: Any, message: Any, now: datetime) -> bool:
    """Nothing is other than before, but that the start which was the next one has passed."""
    if before is None or before == message:
        return before is not None
    if "next_time" not in message.DESCRIPTOR.fields_by_name or not before.HasField("next_time"):
        return False
    if convert.moment(before.next_time) > now:
        return False
    later = type(message).FromString(before.SerializeToString())
    later.next_time.CopyFrom(message.next_time)
    return bool(later == message)


def told_cells(changes: Iterable[location_pb2.Change]) -> Mapping[CellKey, CellChange]:
    """The newest of each cell of the calendar."""
    cells = (
        convert_calendar.cell(change.calendar_cell)
        for change in changes
        if change.HasField("calendar_cell")
    )
    return {cell.key: cell for cell in cells if cell is not None}
