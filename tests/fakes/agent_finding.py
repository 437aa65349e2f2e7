"""FindingService over a location in memory: it finds what the test has put there."""

from collections.abc import Sequence
from typing import Any

import grpc

from sesam_api.v1 import finding_pb2 as finding
from sesam_api.v1.finding_pb2_grpc import FindingServiceServicer
from tests.fakes.agent_services import found, page_of
from tests.fakes.agent_state import FakeLocation, Refused


class Finding(FindingServiceServicer):
    """
    Attributes:
        files: found by any search whose text is a part of their path.
        versions: of each client and path.
        differences: between any two savesets.
        unindexed: said with each answer.
        page_size: of all answers, however many are asked for.
    """

    def __init__(self, state: FakeLocation) -> None:
        self._state = state
        self.files: list[finding.FoundFile] = []
        self.versions: dict[tuple[str, bytes], list[finding.Version]] = {}
        self.differences: list[finding.EntryDifference] = []
        self.unindexed = finding.Unindexed()
        self.page_size = 2

    def FindFiles(self, request: Any, context: grpc.ServicerContext) -> Any:
        text = request.filter.text.encode()
        files = [file for file in self.files if text in file.path]
        page, token = self._page(files, request.page_token)
        return finding.FindFilesResponse(
            files=page, next_page_token=token, unindexed=self.unindexed
        )

    def ListVersions(self, request: Any, context: grpc.ServicerContext) -> Any:
        versions = self.versions.get((request.client, request.path), [])
        page, token = self._page(versions, request.page_token)
        return finding.ListVersionsResponse(
            versions=page, next_page_token=token, unindexed=self.unindexed
        )

    def CompareSavesets(self, request: Any, context: grpc.ServicerContext) -> Any:
        for name in (request.before, request.after):
            found(self._state.listings, name, "SAVESET_NOT_FOUND", "saveset")
        page, token = self._page(self.differences, request.page_token)
        return finding.CompareSavesetsResponse(differences=page, next_page_token=token)

    def GetEntry(self, request: Any, context: grpc.ServicerContext) -> Any:
        listing = found(self._state.listings, request.saveset, "SAVESET_NOT_FOUND", "saveset")
        for entries in listing.values():
            for entry in entries:
                if entry.path == request.path:
                    return finding.GetEntryResponse(entry=entry)
        raise Refused("PATH_NOT_FOUND", saveset=request.saveset, path=repr(request.path))

    def _page(self, items: Sequence[Any], token: str) -> tuple[Sequence[Any], str]:
        return page_of(items, self.page_size, token)
