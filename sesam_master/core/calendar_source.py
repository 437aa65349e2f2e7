"""What the calendar asks of locations and is told by them, without knowing how it gets there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.sheet import CellChange, Sheet


@dataclass(frozen=True, slots=True)
class CellsChanged:
    """What a location told on its watch; `revision` is that of the last of them."""

    location_id: str
    cells: tuple[CellChange, ...]
    revision: int
    proof_time: datetime


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """A schedule, event or group of a location is another: its sheet has to be asked for again."""

    location_id: str


CalendarEvent = CellsChanged | PlanChanged


class CalendarSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError. Of a
    location that is not reached they give what the desk kept, with its own `as_of`, or raise."""

    async def sheet(self, location_id: str, first: date, last: date) -> Sheet:
        """The sheet over these sesam days, both included; at most 400."""

    async def occurrences(
        self, location_id: str, from_time: datetime, to_time: datetime
    ) -> Sequence[Occurrence]:
        """Every occurrence planned from one instant until before the other, by time."""

    async def cancel_occurrence(
        self, location_id: str, event_id: str, planned_time: datetime, request_id: str
    ) -> None:
        """Takes a start to come back; of a task group for all its tasks. It cannot be planned
        again. Reasons: OCCURRENCE_NOT_PLANNED, NEWDAY_NEEDED."""
