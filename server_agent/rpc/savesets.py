"""SavesetService."""

from server_agent.domain.events import MigrationAction
from server_agent.domain.retention import Fate, Reason
from server_agent.ports import SavesetQuery
from server_agent.rpc import convert, convert_plan, convert_savesets, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.forgetting import Forgetting
from server_agent.service.restoring import RestoreOptions
from server_agent.service.savesets import Savesets
from server_agent.service.starting import MigrationOrder, Starting
from sesam_api.v1 import savesets_pb2 as pb

ORDERS = (
    "job",
    "start_time",
    "name",
    "task",
    "client",
    "type",
    "sesam_day",
    "bytes",
    "eol",
    "verify_time",
)
KEEP_REASONS = {
    Reason.EXPIRED: pb.KEEP_REASON_UNSPECIFIED,
    Reason.EOL: pb.KEEP_REASON_EOL,
    Reason.NEWEST: pb.KEEP_REASON_NEWEST,
    Reason.WEEKLY: pb.KEEP_REASON_WEEKLY,
    Reason.MONTHLY: pb.KEEP_REASON_MONTHLY,
    Reason.YEARLY: pb.KEEP_REASON_YEARLY,
    Reason.NEEDED: pb.KEEP_REASON_NEEDED,
    Reason.WRITE_PROTECTED: pb.KEEP_REASON_WRITE_PROTECTED,
    Reason.IN_USE: pb.KEEP_REASON_IN_USE,
    Reason.AWAY: pb.KEEP_REASON_AWAY,
    Reason.ONLY_WHOLE: pb.KEEP_REASON_ONLY_WHOLE,
}


class SavesetServicer:
    def __init__(
        self, savesets: Savesets, forgetting: Forgetting, starting: Starting, workers: Workers
    ) -> None:
        self._savesets = savesets
        self._forgetting = forgetting
        self._starting = starting
        self._workers = workers

    async def ListSavesets(
        self, message: pb.ListSavesetsRequest, _call: Call
    ) -> pb.ListSavesetsResponse:
        order, descending = lists.order(message.order_by, ORDERS, "job desc")
        query = SavesetQuery(
            task=lists.text("filter.task", message.filter.task),
            client=lists.text("filter.client", message.filter.client),
            text=lists.text("filter.text", message.filter.text),
            order=order,
            descending=descending,
        )

        async def answer(token: str, size: int) -> pb.ListSavesetsResponse:
            page = await self._workers.read(self._savesets.find, query, token or None, size)
            return pb.ListSavesetsResponse(
                savesets=map(convert_savesets.saveset, page.items),
                next_page_token=page.next_position or "",
            )

        size = lists.page_size(message.page_size)
        return await lists.portioned(size, message.page_token, answer)

    async def GetSaveset(self, message: pb.GetSavesetRequest, _call: Call) -> pb.GetSavesetResponse:
        saveset = await self._workers.read(self._savesets.get, message.name)
        return pb.GetSavesetResponse(saveset=convert_savesets.saveset(saveset))

    async def ListEntries(
        self, message: pb.ListEntriesRequest, _call: Call
    ) -> pb.ListEntriesResponse:
        async def answer(size: int) -> pb.ListEntriesResponse:
            page = await self._workers.read(
                self._savesets.entries, message.saveset, message.directory, message.page_token, size
            )
            return pb.ListEntriesResponse(
                entries=map(convert.entry, page.entries),
                next_page_token=page.next_position or "",
                total=page.total,
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def StartRestore(
        self, message: pb.StartRestoreRequest, call: Call
    ) -> pb.StartRestoreResponse:
        # Looks through the listing first, which other writes need not wait for.
        job = await self._workers.read(
            self._starting.start_restore,
            call.request,
            message.saveset,
            tuple(message.paths),
            message.target,
            _options(message),
        )
        return pb.StartRestoreResponse(job=convert.job(job))

    async def UpdateSaveset(
        self, message: pb.UpdateSavesetRequest, call: Call
    ) -> pb.UpdateSavesetResponse:
        eol = lists.day("eol", message.eol)
        found = await self._workers.write(self._forgetting.set_eol, call.request, message.name, eol)
        return pb.UpdateSavesetResponse(saveset=convert_savesets.saveset(found))

    async def DeleteSavesets(
        self, message: pb.DeleteSavesetsRequest, call: Call
    ) -> pb.DeleteSavesetsResponse:
        await self._workers.write(self._forgetting.delete, call.request, list(message.names))
        return pb.DeleteSavesetsResponse()

    async def PreviewRetention(
        self, message: pb.PreviewRetentionRequest, _call: Call
    ) -> pb.PreviewRetentionResponse:
        page = await self._workers.read(
            self._forgetting.preview,
            lists.sesam_day("sesam_day", message.sesam_day),
            message.with_kept,
            message.page_token or None,
            lists.page_size(message.page_size),
        )
        return pb.PreviewRetentionResponse(
            fates=map(_fate, page.fates.items),
            next_page_token=page.fates.next_position or "",
            deleted_savesets=page.deleted,
            deleted_bytes=page.deleted_bytes,
            deleted_copies=page.deleted_copies,
            held_back=page.held_back,
        )

    async def StartVerify(
        self, message: pb.StartVerifyRequest, call: Call
    ) -> pb.StartVerifyResponse:
        job = await self._workers.write(
            self._starting.start_verify,
            call.request,
            message.saveset,
            message.whole_chain,
            message.quick,
        )
        return pb.StartVerifyResponse(job=convert.job(job))

    async def StartMigration(
        self, message: pb.StartMigrationRequest, call: Call
    ) -> pb.StartMigrationResponse:
        order = MigrationOrder(
            MigrationAction(message.source_pool, message.pool, message.move, message.drive),
            tuple(message.savesets),
        )
        job = await self._workers.write(self._starting.start_migration, call.request, order)
        return pb.StartMigrationResponse(job=convert.job(job))

    async def StartRestoreProof(
        self, message: pb.StartRestoreProofRequest, call: Call
    ) -> pb.StartRestoreProofResponse:
        wanted = convert_plan.proof_action(message.task, message.files, message.max_bytes)
        job = await self._workers.write(
            self._starting.start_proof, call.request, wanted, message.saveset
        )
        return pb.StartRestoreProofResponse(job=convert.job(job))


def _options(message: pb.StartRestoreRequest) -> RestoreOptions:
    return RestoreOptions(
        overwrite=convert_plan.overwrite(message.overwrite),
        dry_run=message.dry_run,
        client=message.client,
        without_interfaces=message.without_interfaces,
    )


def _fate(item: Fate) -> pb.SavesetFate:
    saveset = item.saveset
    return pb.SavesetFate(
        saveset=saveset.name,
        task=saveset.task,
        label=saveset.label,
        sesam_day=saveset.sesam_day.isoformat(),
        eol=saveset.eol.isoformat() if saveset.eol is not None else "",
        stored_bytes=saveset.stored_bytes,
        reason=KEEP_REASONS[item.reason],
        needed_by=item.by,
        stays=item.stays,
    )
