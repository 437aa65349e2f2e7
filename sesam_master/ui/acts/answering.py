"""Answers what a location asks for: a medium that has to be put in."""

from collections.abc import Sequence

from sesam_master.core.acts import Act, Made, unsent
from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.wanted_media import WantedMedium

_NAMED = 3


class Loaded:
    """Implements strip.AskedDeed: the medium is in its place. Nobody is asked: if it is not there
    the location says so, and goes on waiting."""

    leave = "Close"
    name = "Loading"
    is_followed = False

    def __init__(self, gateway: FleetGateway) -> None:
        self._gateway = gateway

    def prepared(self, wanted: WantedMedium, place: LocationState | None) -> Act[WantedMedium]:
        """The location answers why it does not."""
        return unsent(wanted, place, None)

    async def send(self, wanted: WantedMedium, request_id: str) -> Made:
        await self._gateway.answer_medium(*wanted.key, is_loaded=True, request_id=request_id)
        return Made()

    def doing(self, wanted: WantedMedium) -> str:
        return f"go on with {wanted.name}"

    def is_asked_for(self, _acts: Sequence[Act[WantedMedium]]) -> bool:
        return False

    def question(self, acts: Sequence[Act[WantedMedium]]) -> str:
        return f"Is {acts[0].item.name} in its place at {acts[0].location}?"

    def consequence(self, _acts: Sequence[Act[WantedMedium]]) -> str:
        return "The location looks whether it is there."

    def verb(self, _acts: Sequence[Act[WantedMedium]]) -> str:
        return "It is in"

    def noun(self, _acts: Sequence[Act[WantedMedium]]) -> str:
        return "media"


class Refusing:
    """Implements strip.AskedDeed: nobody puts the medium in."""

    leave = "Keep waiting"
    name = "Refusal"
    is_followed = False

    def __init__(self, gateway: FleetGateway) -> None:
        self._gateway = gateway

    def prepared(self, wanted: WantedMedium, place: LocationState | None) -> Act[WantedMedium]:
        """The location answers why it does not."""
        return unsent(wanted, place, None, count=len(wanted.jobs))

    async def send(self, wanted: WantedMedium, request_id: str) -> Made:
        await self._gateway.answer_medium(*wanted.key, is_loaded=False, request_id=request_id)
        return Made()

    def doing(self, wanted: WantedMedium) -> str:
        return f"refuse {wanted.name}"

    def is_asked_for(self, _acts: Sequence[Act[WantedMedium]]) -> bool:
        return True

    def question(self, acts: Sequence[Act[WantedMedium]]) -> str:
        return f"Refuse the medium {acts[0].item.name} at {acts[0].location}?"

    def consequence(self, acts: Sequence[Act[WantedMedium]]) -> str:
        return f"{ended_words(acts[0].item.jobs)} It cannot be undone."

    def verb(self, _acts: Sequence[Act[WantedMedium]]) -> str:
        return "Refuse it"

    def noun(self, _acts: Sequence[Act[WantedMedium]]) -> str:
        return "media"


def ended_words(jobs: Sequence[str]) -> str:
    """What becomes of the jobs that wait."""
    if len(jobs) == 1:
        return f"{jobs[0]} waits for it and ends with an error."
    named = ", ".join(jobs[:_NAMED])
    more = f" and {len(jobs) - _NAMED} more" if len(jobs) > _NAMED else ""
    return f"{len(jobs)} jobs wait for it and end with errors: {named}{more}."
