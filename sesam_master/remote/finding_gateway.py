"""Finding files in savesets, over the sessions' channels."""

from sesam_api.v1 import finding_pb2
from sesam_api.v1.finding_pb2_grpc import FindingServiceStub
from sesam_master.core.finding import DifferencePage, FileQuery, FoundPage, VersionPage
from sesam_master.core.gateway import PAGE_SIZE
from sesam_master.core.records import Entry
from sesam_master.remote import calls, convert_finding, convert_savesets
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times


class FindingGateway:
    """Implements core.finding_source.FindingSource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def find_files(self, location_id: str, query: FileQuery, page_token: str) -> FoundPage:
        wanted = finding_pb2.FileFilter(
            text=query.text,
            task=query.task,
            client=query.client,
            first_sesam_day=query.first_sesam_day,
            last_sesam_day=query.last_sesam_day,
        )
        request = finding_pb2.FindFilesRequest(
            filter=wanted, page_size=PAGE_SIZE, page_token=page_token
        )
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: FindingServiceStub(ch).FindFiles,
            request,
            self._times.list_call,
        )
        return FoundPage(
            tuple(map(convert_finding.found_file, answer.files)),
            answer.next_page_token,
            convert_finding.unindexed(answer.unindexed),
        )

    async def versions(
        self, location_id: str, client: str, path: bytes, page_token: str
    ) -> VersionPage:
        request = finding_pb2.ListVersionsRequest(
            client=client, path=path, page_size=PAGE_SIZE, page_token=page_token
        )
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: FindingServiceStub(ch).ListVersions,
            request,
            self._times.list_call,
        )
        return VersionPage(
            tuple(map(convert_finding.version, answer.versions)),
            answer.next_page_token,
            convert_finding.unindexed(answer.unindexed),
        )

    async def compare(
        self, location_id: str, before: str, after: str, page_token: str
    ) -> DifferencePage:
        request = finding_pb2.CompareSavesetsRequest(
            before=before, after=after, page_size=PAGE_SIZE, page_token=page_token
        )
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: FindingServiceStub(ch).CompareSavesets,
            request,
            self._times.list_call,
        )
        return DifferencePage(
            tuple(map(convert_finding.difference, answer.differences)),
            answer.next_page_token,
            answer.added,
            answer.removed,
            answer.changed,
        )

    async def entry(self, location_id: str, saveset: str, path: bytes) -> Entry:
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: FindingServiceStub(ch).GetEntry,
            finding_pb2.GetEntryRequest(saveset=saveset, path=path),
            self._times.call,
        )
        return convert_savesets.entry(answer.entry)
