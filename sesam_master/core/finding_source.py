"""What the desk may ask of the files in a location's savesets."""

from typing import Protocol

from sesam_master.core.finding import DifferencePage, FileQuery, FoundPage, VersionPage
from sesam_master.core.records import Entry


class FindingSource(Protocol):
    """Coroutines of the network thread; each has its own deadline and raises LocationError. They
    change nothing, and any role may ask."""

    async def find_files(self, location_id: str, query: FileQuery, page_token: str) -> FoundPage:
        """Each path of a client once. Reasons: INVALID_ARGUMENT, PAGE_TOKEN_INVALID, NO_SPACE."""

    async def versions(
        self, location_id: str, client: str, path: bytes, page_token: str
    ) -> VersionPage:
        """Of one full path; empty for one that no saveset has. Reasons: INVALID_ARGUMENT,
        PAGE_TOKEN_INVALID, NO_SPACE."""

    async def compare(
        self, location_id: str, before: str, after: str, page_token: str
    ) -> DifferencePage:
        """What differs between the listings of two savesets; a page that is short or empty need not
        be the last. Reasons: SAVESET_NOT_FOUND, PAGE_TOKEN_INVALID, SAVESET_DAMAGED,
        LISTING_UNREADABLE."""

    async def entry(self, location_id: str, saveset: str, path: bytes) -> Entry:
        """One entry of a listing. Reasons: SAVESET_NOT_FOUND, PATH_NOT_FOUND, SAVESET_DAMAGED,
        LISTING_UNREADABLE."""
