"""Looks at savesets without reading them whole: a quick verify, and a restore proof."""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from sesam_master.core.acts import MANY_ITEMS, Act, Made, unsent
from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.ui.acts.strip import listed_places
from sesam_master.ui.savesets.hindrances import verify_reason
from sesam_master.ui.savesets.rows import short_name


@dataclass(frozen=True, slots=True)
class Sampled:
    """One saveset."""

    saveset: Saveset

    @property
    def key(self) -> tuple[str, str]:
        return self.saveset.key

    @property
    def location_id(self) -> str:
        return self.saveset.location_id

    @property
    def name(self) -> str:
        return short_name(self.saveset)


class QuickVerifying:
    """Implements strip.AskedDeed. A few at one location begin without a question."""

    leave = "Verify nothing"
    name = "Quick verification"
    is_followed = True
    words = "Verify quickly"
    about = (
        "Sizes, digests of description and listing, and a few pieces of the data are looked at. "
        "It sets no time of verification: only reading all of it does."
    )

    def __init__(self, gateway: FleetGateway) -> None:
        self._gateway = gateway

    def prepared(self, item: Sampled, place: LocationState | None) -> Act[Sampled]:
        return unsent(item, place, verify_reason(place))

    def send(self, item: Sampled, request_id: str) -> Coroutine[Any, Any, Made]:
        return self._gateway.verify(
            *(item.location_id, item.saveset.name, False, request_id), quick=True
        )

    def doing(self, item: Sampled) -> str:
        return f"verify {item.name} quickly"

    def is_asked_for(self, acts: Sequence[Act[Sampled]]) -> bool:
        return len(acts) > MANY_ITEMS or len({act.item.location_id for act in acts}) > 1

    def question(self, acts: Sequence[Act[Sampled]]) -> str:
        return f"{self.verb(acts)} at {listed_places(acts)}?"

    def consequence(self, _acts: Sequence[Act[Sampled]]) -> str:
        return self.about

    def verb(self, acts: Sequence[Act[Sampled]]) -> str:
        what = acts[0].item.name if len(acts) == 1 else f"{len(acts)} savesets"
        return f"{self.words}: {what}"

    def noun(self, _acts: Sequence[Act[Sampled]]) -> str:
        return "savesets"


class Proving(QuickVerifying):
    """The same of a restore proof."""

    leave = "Prove nothing"
    name = "Restore proof"
    words = "Prove a restore of"
    about = (
        "Samples are restored into a scratch place of the agent, compared with what was taken at "
        "the backup, and removed again."
    )

    def send(self, item: Sampled, request_id: str) -> Coroutine[Any, Any, Made]:
        return self._gateway.prove(item.location_id, item.saveset.name, request_id)

    def doing(self, item: Sampled) -> str:
        return f"prove a restore of {item.name}"

    def verb(self, acts: Sequence[Act[Sampled]]) -> str:
        what = acts[0].item.name if len(acts) == 1 else f"{len(acts)} savesets"
        return f"{self.words} {what}"
