"""Compares savesets, with all that they build on, with their digests: what is asked before."""

from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sesam_master.core.acts import MANY_ITEMS, Act, Made, unsent
from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.core.savesets import tips
from sesam_master.ui.acts.strip import listed_places
from sesam_master.ui.savesets.hindrances import verify_reason
from sesam_master.ui.savesets.items import OneSaveset
from sesam_master.ui.savesets.rows import short_name

CheckedT = TypeVar("CheckedT", bound=OneSaveset)


@dataclass(frozen=True, slots=True)
class ChainCheck(OneSaveset):
    """With its whole chain; `below` of it were chosen too."""

    below: int = 0

    @property
    def name(self) -> str:
        also = f" with {self.below} below it" if self.below else ""
        return short_name(self.saveset) + also


class LookingThrough(Generic[CheckedT]):
    """Implements strip.AskedDeed, but for what each of them says. A few at one location begin
    without a question."""

    is_followed = True

    def __init__(self, gateway: FleetGateway) -> None:
        self._gateway = gateway

    @abstractmethod
    def verb(self, acts: Sequence[Act[CheckedT]]) -> str:
        """What is begun."""

    def prepared(self, item: CheckedT, place: LocationState | None) -> Act[CheckedT]:
        return unsent(item, place, verify_reason(place))

    def is_asked_for(self, acts: Sequence[Act[CheckedT]]) -> bool:
        return len(acts) > MANY_ITEMS or len({act.item.location_id for act in acts}) > 1

    def question(self, acts: Sequence[Act[CheckedT]]) -> str:
        return f"{self.verb(acts)} at {listed_places(acts)}?"


class Verifying(LookingThrough[ChainCheck]):
    """Reads all of it."""

    leave = "Verify nothing"
    name = "Verification"

    def send(self, item: ChainCheck, request_id: str) -> Coroutine[Any, Any, Made]:
        saveset = item.saveset
        return self._gateway.verify(
            saveset.location_id, saveset.name, whole_chain=True, request_id=request_id
        )

    def doing(self, item: ChainCheck) -> str:
        return f"verify {item.name}"

    def consequence(self, _acts: Sequence[Act[ChainCheck]]) -> str:
        return (
            "Each is read whole, with all that it builds on, and compared with its digests. "
            "It takes a stream of a drive until it has ended."
        )

    def verb(self, acts: Sequence[Act[ChainCheck]]) -> str:
        return f"Verify {acts[0].item.name if len(acts) == 1 else f'{len(acts)} chains'}"

    def noun(self, _acts: Sequence[Act[ChainCheck]]) -> str:
        return "chains"


def checks(chosen: Sequence[Saveset]) -> list[ChainCheck]:
    """Each chain once, by its youngest chosen saveset."""
    return [ChainCheck(saveset, below) for saveset, below in tips(chosen)]
