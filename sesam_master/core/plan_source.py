"""What the screens ask of a location's plan and do with it, without knowing how it gets there."""

from datetime import date
from typing import Protocol

from sesam_master.core.plan import AnyPlanned, Plan, Planned, Preview, Schedule

PREVIEWED_STARTS = 20


class PlanSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError. Changes
    need the role admin and carry a request id."""

    async def plan(self, location_id: str) -> Plan:
        """Everything that the location plans. Of a location that is not reached what the desk kept,
        with its own `as_of`, or it raises."""

    async def add_to_plan(self, location_id: str, item: AnyPlanned) -> AnyPlanned:
        """The object as the location has it now. Reasons: INVALID_ARGUMENT, ALREADY_EXISTS, and the
        NOT_FOUND of what it names."""

    async def change_plan(self, location_id: str, item: AnyPlanned) -> AnyPlanned:
        """Replaces the object of that name if it still has the etag. Reasons: as above,
        CHANGED_MEANWHILE."""

    async def remove_from_plan(self, location_id: str, item: Planned) -> None:
        """Removes the object if it still has the etag. Reasons: the NOT_FOUND and the IN_USE of its
        kind, CHANGED_MEANWHILE, NEWDAY_NEEDED."""

    async def preview_schedule(self, location_id: str, schedule: Schedule) -> Preview:
        """The next 20 starts of a schedule that need not exist. Its name may be empty. Reason:
        INVALID_ARGUMENT."""

    async def read_calendar_file(
        self, location_id: str, content: bytes, first: date, last: date
    ) -> tuple[date, ...]:
        """The dates from `first` to `last` that an iCalendar file names. Reason:
        INVALID_ARGUMENT."""

    async def write_calendar_file(self, location_id: str, schedule: str) -> bytes:
        """A schedule, by name, as an iCalendar file. Reason: SCHEDULE_NOT_FOUND."""
