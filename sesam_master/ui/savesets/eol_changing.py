"""Changes the EOL of savesets: until when, and when they would go then."""

from collections.abc import Coroutine, Sequence
from datetime import date
from typing import Any

from sesam_master.core.acts import Act, Made, unsent
from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.ui.acts.strip import listed_places
from sesam_master.ui.formatting import day_text
from sesam_master.ui.savesets.hindrances import change_reason
from sesam_master.ui.savesets.rows import SavesetRow, rest_text, short_name


class EolChange:
    """One saveset, as it is listed now."""

    def __init__(self, row: SavesetRow) -> None:
        self.row = row

    @property
    def saveset(self) -> Saveset:
        return self.row.saveset

    @property
    def key(self) -> tuple[str, str]:
        return self.saveset.key

    @property
    def location_id(self) -> str:
        return self.saveset.location_id

    @property
    def name(self) -> str:
        return short_name(self.saveset)


class EolChanging:
    """Implements strip.AskedDeed. `eol` is the last sesam day on which they are to be kept."""

    leave = "Change nothing"
    name = "Change of the EOL"
    is_followed = False

    def __init__(self, gateway: FleetGateway) -> None:
        self._gateway = gateway
        self.eol = date.max

    def prepared(self, item: EolChange, place: LocationState | None) -> Act[EolChange]:
        return unsent(item, place, change_reason(place))

    def send(self, item: EolChange, request_id: str) -> Coroutine[Any, Any, Made]:
        return self._sent(item, self.eol.isoformat(), request_id)  # as it is now, not when it runs

    async def _sent(self, item: EolChange, eol: str, request_id: str) -> Made:
        await self._gateway.change_eol(item.location_id, item.saveset.name, eol, request_id)
        return Made()

    def doing(self, item: EolChange) -> str:
        return f"change the EOL of {item.name}"

    def is_asked_for(self, _acts: Sequence[Act[EolChange]]) -> bool:
        return True

    def question(self, acts: Sequence[Act[EolChange]]) -> str:
        what = acts[0].item.name if len(acts) == 1 else f"{len(acts)} savesets"
        return f"Keep {what} at {listed_places(acts)} until"

    def consequence(self, acts: Sequence[Act[EolChange]]) -> str:
        today = acts[0].item.row.today
        day = f"{day_text(self.eol)} {self.eol.year}"
        if self.eol < today:
            when = f"{day} has passed: the next NEWDAY deletes it"
        else:
            when = f"The NEWDAY after {day} deletes it ({rest_text(self.eol, today)})"
        was = acts[0].item.saveset.eol
        before = f" The EOL was {was}." if was and len(acts) == 1 else ""
        return (
            f"{when}, unless something that is kept builds on it, or a rule of its pool keeps it."
            f"{before}"
        )

    def verb(self, acts: Sequence[Act[EolChange]]) -> str:
        return "Change the EOL" if len(acts) == 1 else f"Change {len(acts)} EOLs"

    def noun(self, _acts: Sequence[Act[EolChange]]) -> str:
        return "savesets"
