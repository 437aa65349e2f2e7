"""What the desk may ask of the savesets of a location, without knowing how it gets there."""

from collections.abc import Sequence
from typing import Protocol

from sesam_master.core.acts import Made
from sesam_master.core.records import Saveset
from sesam_master.core.savesets import FatePage, SavesetPage, SavesetQuery


class SavesetSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError. What
    changes something does nothing twice under the same request id; NO_ANSWER says that it may have
    happened."""

    async def savesets(self, location_id: str, task: str, page_token: str) -> SavesetPage:
        """Newest first; an empty task means all."""

    async def find_savesets(
        self, location_id: str, query: SavesetQuery, page_token: str, most: int
    ) -> SavesetPage:
        """At most so many; a token is good for a page of another size, too."""

    async def change_eol(self, location_id: str, name: str, eol: str, request_id: str) -> Saveset:
        """Keeps a saveset up to and with this sesam day, YYYY-MM-DD, by role admin. Reasons:
        INVALID_ARGUMENT, SAVESET_NOT_FOUND."""

    async def delete_savesets(
        self, location_id: str, names: Sequence[str], request_id: str
    ) -> None:
        """All of them or none, at most 1000, by role admin. Reasons: INVALID_ARGUMENT,
        SAVESET_NOT_FOUND, SAVESET_NEEDED."""

    async def preview_retention(
        self, location_id: str, sesam_day: str, with_kept: bool, page_token: str
    ) -> FatePage:
        """What the NEWDAY that begins a sesam day would delete; an empty day is the open one."""

    async def verify(
        self,
        location_id: str,
        name: str,
        whole_chain: bool,
        request_id: str,
        *,
        quick: bool = False,
    ) -> Made:
        """Queues a comparison with the digests, by role admin or operator; `quick`: of sizes,
        description, listing and a few pieces only. Reasons: SAVESET_NOT_FOUND, SHUTTING_DOWN."""

    async def prove(self, location_id: str, name: str, request_id: str) -> Made:
        """Queues a restore of samples that are compared and removed, by role admin or operator.
        Reasons: SAVESET_NOT_FOUND, SHUTTING_DOWN."""

    async def migrate(
        self, location_id: str, names: Sequence[str], pool: str, move: bool, request_id: str
    ) -> Made:
        """Queues a copy of 1 to 1000 savesets to a media pool, by role admin or operator, or a move
        there, by role admin. Reasons: INVALID_ARGUMENT, SAVESET_NOT_FOUND, POOL_NOT_FOUND,
        SHUTTING_DOWN."""
