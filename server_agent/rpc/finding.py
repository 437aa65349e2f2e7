"""FindingService."""

import contextlib
from collections.abc import AsyncGenerator

from server_agent.domain.errors import InvalidArgument, SavesetUnreadable
from server_agent.domain.finding import Wanted
from server_agent.ports.listings import Aspect, Difference
from server_agent.ports.names import FoundFile, Holder, NameQuery, Version
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.steps import TooLong
from server_agent.rpc.workers import Workers
from server_agent.service.finding import Finding
from server_agent.service.indexing import Unindexed
from sesam_api.v1 import finding_pb2 as pb

USUAL_BYTES = 1 << 20  # of a saved file, if nobody says how many
MOST_BYTES = 16 << 20
MESSAGE_BYTES = 256 << 10
READINGS_AT_ONCE = 4
READ_SECONDS = 120.0

ASPECTS = {
    Aspect.KIND: pb.ENTRY_ASPECT_KIND,
    Aspect.SIZE: pb.ENTRY_ASPECT_SIZE,
    Aspect.TIME: pb.ENTRY_ASPECT_TIME,
    Aspect.MODE: pb.ENTRY_ASPECT_MODE,
    Aspect.OWNER: pb.ENTRY_ASPECT_OWNER,
    Aspect.LINK_TARGET: pb.ENTRY_ASPECT_LINK_TARGET,
}


class FindingServicer:
    def __init__(self, finding: Finding, workers: Workers) -> None:
        self._finding = finding
        self._workers = workers
        self._readings = workers.steps(READINGS_AT_ONCE, READ_SECONDS)

    async def FindFiles(self, message: pb.FindFilesRequest, _call: Call) -> pb.FindFilesResponse:
        asked = message.filter
        query = NameQuery(
            wanted=Wanted.of(lists.text("filter.text", asked.text)),
            client=lists.text("filter.client", asked.client),
            task=lists.text("filter.task", asked.task),
            first_sesam_day=lists.sesam_day("filter.first_sesam_day", asked.first_sesam_day),
            last_sesam_day=lists.sesam_day("filter.last_sesam_day", asked.last_sesam_day),
        )

        async def answer(size: int) -> pb.FindFilesResponse:
            page = await self._workers.read(self._finding.find, query, message.page_token, size)
            return pb.FindFilesResponse(
                files=map(_file, page.files),
                next_page_token=page.next_token or "",
                unindexed=_unindexed(page.unindexed),
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def ListVersions(
        self, message: pb.ListVersionsRequest, _call: Call
    ) -> pb.ListVersionsResponse:
        client = lists.text("client", message.client)

        async def answer(size: int) -> pb.ListVersionsResponse:
            page = await self._workers.read(
                self._finding.versions, client, message.path, message.page_token, size
            )
            return pb.ListVersionsResponse(
                versions=map(_version, page.versions),
                next_page_token=page.next_token or "",
                unindexed=_unindexed(page.unindexed),
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def CompareSavesets(
        self, message: pb.CompareSavesetsRequest, _call: Call
    ) -> pb.CompareSavesetsResponse:
        async def answer(size: int) -> pb.CompareSavesetsResponse:
            page = await self._workers.read(
                self._finding.compare,
                message.before,
                message.after,
                message.directory,
                message.page_token,
                size,
            )
            return pb.CompareSavesetsResponse(
                differences=map(_difference, page.differences),
                next_page_token=page.next_token or "",
                added=page.counts.added,
                removed=page.counts.removed,
                changed=page.counts.changed,
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def GetEntry(self, message: pb.GetEntryRequest, _call: Call) -> pb.GetEntryResponse:
        entry = await self._workers.read(self._finding.entry, message.saveset, message.path)
        return pb.GetEntryResponse(entry=convert.entry(entry))

    async def ReadEntry(
        self, message: pb.ReadEntryRequest, _call: Call
    ) -> AsyncGenerator[pb.ReadEntryResponse, None]:
        first, most = message.first_byte, message.most_bytes or USUAL_BYTES
        if not 0 < most <= MOST_BYTES:
            expected = f"1 to {MOST_BYTES}, or 0 for {USUAL_BYTES}"
            raise InvalidArgument(field="most_bytes", value=most, expected=expected)
        reading = self._readings.of(
            lambda control: self._finding.read(message.saveset, message.path, first, most, control)
        )
        try:
            async with contextlib.aclosing(reading) as pieces:
                async for piece in pieces:
                    for at in range(0, max(len(piece.data), 1), MESSAGE_BYTES):
                        data = piece.data[at : at + MESSAGE_BYTES]
                        yield pb.ReadEntryResponse(data=data, size=piece.size)
        except TooLong:
            detail = f"the medium took more than {READ_SECONDS:.0f} seconds"
            raise SavesetUnreadable(saveset=message.saveset, detail=detail) from None


def _file(item: FoundFile) -> pb.FoundFile:
    return pb.FoundFile(
        client=item.client,
        path=item.path,
        kind=convert.ENTRY_KINDS[item.kind],
        size=item.size,
        modify_time=convert.timestamp_of_ns(item.modify_time_ns),
        versions=item.versions,
        saveset=item.saveset.name,
        task=item.saveset.task,
        saveset_time=convert.timestamp(item.saveset.start_time),
        sesam_day=item.saveset.sesam_day.isoformat(),
    )


def _unindexed(item: Unindexed) -> pb.Unindexed:
    return pb.Unindexed(
        total=item.total,
        savesets=[
            pb.UnindexedSaveset(
                saveset=one.saveset.name,
                task=one.saveset.task,
                client=one.saveset.client,
                cause=one.cause,
            )
            for one in item.savesets
        ],
    )


def _holder(item: Holder) -> pb.VersionHolder:
    return pb.VersionHolder(
        saveset=item.saveset.name,
        task=item.saveset.task,
        time=convert.timestamp(item.saveset.start_time),
        sesam_day=item.saveset.sesam_day.isoformat(),
        home=item.home,
    )


def _version(item: Version) -> pb.Version:
    return pb.Version(
        kind=convert.ENTRY_KINDS[item.kind],
        size=item.size,
        modify_time=convert.timestamp_of_ns(item.modify_time_ns),
        saveset_count=item.savesets,
        holders=map(_holder, item.holders),
        oldest=_holder(item.oldest),
    )


def _difference(item: Difference) -> pb.EntryDifference:
    return pb.EntryDifference(
        before=convert.entry(item.before) if item.before is not None else None,
        after=convert.entry(item.after) if item.after is not None else None,
        aspects=[ASPECTS[aspect] for aspect in item.aspects],
    )
