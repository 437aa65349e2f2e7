"""Looks at savesets without reading them whole: a quick verify, and a restore proof."""

from collections.abc import Coroutine, Sequence
from typing import Any

from sesam_master.core.acts import Act, Made
from sesam_master.ui.savesets.items import OneSaveset
from sesam_master.ui.savesets.verifying import LookingThrough


class QuickVerifying(LookingThrough[OneSaveset]):
    """Reads a few pieces of it."""

    leave = "Verify nothing"
    name = "Quick verification"
    words = "Verify quickly"
    about = (
        "Sizes, digests of description and listing, and a few pieces of the data are looked at. "
        "It sets no time of verification: only reading all of it does."
    )

    def send(self, item: OneSaveset, request_id: str) -> Coroutine[Any, Any, Made]:
        return self._gateway.verify(
            *(item.location_id, item.saveset.name, False, request_id), quick=True
        )

    def doing(self, item: OneSaveset) -> str:
        return f"verify {item.name} quickly"

    def consequence(self, _acts: Sequence[Act[OneSaveset]]) -> str:
        return self.about

    def verb(self, acts: Sequence[Act[OneSaveset]]) -> str:
        what = acts[0].item.name if len(acts) == 1 else f"{len(acts)} savesets"
        return f"{self.words}: {what}"

    def noun(self, _acts: Sequence[Act[OneSaveset]]) -> str:
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

    def send(self, item: OneSaveset, request_id: str) -> Coroutine[Any, Any, Made]:
        return self._gateway.prove(item.location_id, item.saveset.name, request_id)

    def doing(self, item: OneSaveset) -> str:
        return f"prove a restore of {item.name}"

    def verb(self, acts: Sequence[Act[OneSaveset]]) -> str:
        what = acts[0].item.name if len(acts) == 1 else f"{len(acts)} savesets"
        return f"{self.words} {what}"
