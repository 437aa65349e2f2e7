"""Takes a start to come back: what is asked before, and what does not run then."""

from collections.abc import Sequence
from datetime import tzinfo

from sesam_master.core.acts import Act, Made, unsent
from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.calendar_source import CalendarSource
from sesam_master.core.fleet import LocationState
from sesam_master.ui.formatting import moment_text


class TakingBack:
    """Implements strip.AskedDeed, one at a time. `zone` is that of the person at the desk."""

    leave = "Keep it"
    name = "Taking back"
    is_followed = False

    def __init__(self, source: CalendarSource, zone: tzinfo) -> None:
        self._source = source
        self._zone = zone

    def prepared(self, one: Occurrence, place: LocationState | None) -> Act[Occurrence]:
        """The location answers why it does not."""
        return unsent(one, place, None)

    async def send(self, one: Occurrence, request_id: str) -> Made:
        await self._source.cancel_occurrence(
            one.location_id, one.event_id, one.planned_time, request_id
        )
        return Made()

    def doing(self, one: Occurrence) -> str:
        return f"take back {one.name}"

    def is_asked_for(self, _acts: Sequence[Act[Occurrence]]) -> bool:
        return True

    def question(self, acts: Sequence[Act[Occurrence]]) -> str:
        one = acts[0].item
        when = moment_text(one.planned_time, self._zone)
        return f"Take back {one.name} of {when} at {acts[0].location}?"

    def consequence(self, acts: Sequence[Act[Occurrence]]) -> str:
        group = acts[0].item.group
        what = f"No task of the group {group}" if group else "Nothing"
        return (
            f"{what} is started then. It cannot be planned again; start it by hand if it is wanted "
            "after all."
        )

    def verb(self, _acts: Sequence[Act[Occurrence]]) -> str:
        return "Take it back"

    def noun(self, _acts: Sequence[Act[Occurrence]]) -> str:
        return "starts"
