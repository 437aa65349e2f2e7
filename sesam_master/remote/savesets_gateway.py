"""Savesets and what becomes of them, over the sessions' channels."""

from collections.abc import Sequence

from google.protobuf.message import Message

from sesam_api.v1 import savesets_pb2
from sesam_api.v1.savesets_pb2_grpc import SavesetServiceStub
from sesam_master.core.acts import Made
from sesam_master.core.gateway import PAGE_SIZE
from sesam_master.core.records import Saveset
from sesam_master.core.savesets import (
    FatePage,
    KeepReason,
    SavesetFate,
    SavesetPage,
    SavesetQuery,
)
from sesam_master.remote import calls, convert, convert_savesets
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times

KEEP_REASONS = {
    savesets_pb2.KEEP_REASON_UNSPECIFIED: KeepReason.DELETED,
    savesets_pb2.KEEP_REASON_EOL: KeepReason.EOL,
    savesets_pb2.KEEP_REASON_NEWEST: KeepReason.NEWEST,
    savesets_pb2.KEEP_REASON_WEEKLY: KeepReason.WEEKLY,
    savesets_pb2.KEEP_REASON_MONTHLY: KeepReason.MONTHLY,
    savesets_pb2.KEEP_REASON_YEARLY: KeepReason.YEARLY,
    savesets_pb2.KEEP_REASON_NEEDED: KeepReason.NEEDED,
    savesets_pb2.KEEP_REASON_WRITE_PROTECTED: KeepReason.WRITE_PROTECTED,
    savesets_pb2.KEEP_REASON_IN_USE: KeepReason.IN_USE,
    savesets_pb2.KEEP_REASON_AWAY: KeepReason.AWAY,
    savesets_pb2.KEEP_REASON_ONLY_WHOLE: KeepReason.ONLY_WHOLE,
}


class SavesetGateway:
    """Implements core.savesets_source.SavesetSource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def savesets(self, location_id: str, task: str, page_token: str) -> SavesetPage:
        request = savesets_pb2.ListSavesetsRequest(
            page_size=PAGE_SIZE,
            page_token=page_token,
            filter=savesets_pb2.SavesetFilter(task=task),
        )
        return await self._page(location_id, request)

    async def find_savesets(
        self, location_id: str, query: SavesetQuery, page_token: str, most: int
    ) -> SavesetPage:
        wanted = savesets_pb2.SavesetFilter(task=query.task, client=query.client, text=query.text)
        request = savesets_pb2.ListSavesetsRequest(
            page_size=most,
            page_token=page_token,
            filter=wanted,
            order_by=f"{query.order} desc" if query.descending else query.order,
        )
        return await self._page(location_id, request)

    async def change_eol(self, location_id: str, name: str, eol: str, request_id: str) -> Saveset:
        request = savesets_pb2.UpdateSavesetRequest(
            location_id=location_id, request_id=request_id, name=name, eol=eol
        )
        answer = await calls.change(
            self._roster.session(location_id),
            lambda ch: SavesetServiceStub(ch).UpdateSaveset,
            request,
            self._times.call,
        )
        return convert_savesets.saveset(location_id, answer.saveset)

    async def delete_savesets(
        self, location_id: str, names: Sequence[str], request_id: str
    ) -> None:
        request = savesets_pb2.DeleteSavesetsRequest(
            location_id=location_id, request_id=request_id, names=names
        )
        await calls.change(
            self._roster.session(location_id),
            lambda ch: SavesetServiceStub(ch).DeleteSavesets,
            request,
            self._times.list_call,  # files of a thousand savesets are removed within it
        )

    async def preview_retention(
        self, location_id: str, sesam_day: str, with_kept: bool, page_token: str
    ) -> FatePage:
        request = savesets_pb2.PreviewRetentionRequest(
            sesam_day=sesam_day, with_kept=with_kept, page_size=PAGE_SIZE, page_token=page_token
        )
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: SavesetServiceStub(ch).PreviewRetention,
            request,
            self._times.list_call,
        )
        return FatePage(
            tuple(map(_fate, answer.fates)),
            answer.next_page_token,
            answer.deleted_savesets,
            answer.deleted_bytes,
            answer.deleted_copies,
            answer.held_back,
        )

    async def verify(
        self,
        location_id: str,
        name: str,
        whole_chain: bool,
        request_id: str,
        *,
        quick: bool = False,
    ) -> Made:
        request = savesets_pb2.StartVerifyRequest(
            location_id=location_id,
            request_id=request_id,
            saveset=name,
            whole_chain=whole_chain,
            quick=quick,
        )
        return await self._queued(
            location_id, lambda ch: SavesetServiceStub(ch).StartVerify, request
        )

    async def prove(self, location_id: str, name: str, request_id: str) -> Made:
        request = savesets_pb2.StartRestoreProofRequest(
            location_id=location_id, request_id=request_id, saveset=name
        )
        return await self._queued(
            location_id, lambda ch: SavesetServiceStub(ch).StartRestoreProof, request
        )

    async def migrate(
        self, location_id: str, names: Sequence[str], pool: str, move: bool, request_id: str
    ) -> Made:
        request = savesets_pb2.StartMigrationRequest(
            location_id=location_id, request_id=request_id, savesets=names, pool=pool, move=move
        )
        return await self._queued(
            location_id, lambda ch: SavesetServiceStub(ch).StartMigration, request
        )

    async def _queued(self, location_id: str, call: calls.Call, request: Message) -> Made:
        session = self._roster.session(location_id)
        answer = await calls.change(session, call, request, self._times.call)
        return Made(jobs=(convert.job(location_id, answer.job),))

    async def _page(
        self, location_id: str, request: savesets_pb2.ListSavesetsRequest
    ) -> SavesetPage:
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: SavesetServiceStub(ch).ListSavesets,
            request,
            self._times.list_call,
        )
        found = tuple(convert_savesets.saveset(location_id, message) for message in answer.savesets)
        return SavesetPage(found, answer.next_page_token)


def _fate(message: savesets_pb2.SavesetFate) -> SavesetFate:
    return SavesetFate(
        saveset=message.saveset,
        task=message.task,
        label=message.label,
        sesam_day=message.sesam_day,
        eol=message.eol,
        stored_bytes=message.stored_bytes,
        reason=KEEP_REASONS.get(message.reason, KeepReason.UNKNOWN),
        needed_by=message.needed_by,
        stays=message.stays,
    )
