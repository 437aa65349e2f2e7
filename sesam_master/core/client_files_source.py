"""What the desk may ask about files at clients, and in savesets."""

from collections.abc import Callable
from typing import Protocol

from sesam_master.core.client_files import ClientPage, SavedPiece, Walk, WalkFailure, WalkWish


class ClientFilesSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError. They
    change nothing; what they have begun at a client ends when they are cancelled."""

    async def client_directory(
        self, location_id: str, client: str, directory: bytes, page_token: str
    ) -> ClientPage:
        """What lies there now; empty: the root. Role admin. Reasons: CLIENT_NOT_FOUND,
        CLIENT_UNUSABLE, INVALID_ARGUMENT, PAGE_TOKEN_INVALID."""

    async def test_excludes(
        self, location_id: str, wish: WalkWish, told: Callable[[int, bool], None]
    ) -> Walk | WalkFailure:
        """Walks as a backup would. Role admin. Reasons: CLIENT_NOT_FOUND, INVALID_ARGUMENT.

        Args:
            told: how many entries were found so far, and whether it still waits for other walks;
                called on the network thread.
        """

    async def read_entry(
        self, location_id: str, saveset: str, path: bytes, most_bytes: int
    ) -> SavedPiece:
        """The beginning of a saved file. Role admin, operator or restore. Reasons: PATH_NOT_FOUND,
        INVALID_ARGUMENT, SAVESET_DAMAGED, SAVESET_UNREADABLE and others."""
