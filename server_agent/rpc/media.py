"""MediaService."""

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.media import NEVER, DataStore, MediaPool, Medium, Retention
from server_agent.domain.media_requests import Answer
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.collection import etag
from server_agent.service.media import DataStores, Media, MediumState, StoreState
from server_agent.service.media_pools import MediaPools
from server_agent.service.media_requests import MediaRequests, RequestState
from sesam_api.v1 import media_pb2 as pb

_ANSWERS = {
    pb.MEDIA_ANSWER_LOADED: Answer.LOADED,
    pb.MEDIA_ANSWER_REFUSED: Answer.REFUSED,
    pb.MEDIA_ANSWER_NEW: Answer.NEW,
}
# Fields of the same name in the domain, which a client that is older does not send: what it saves
# must not take back what protects.
_LATER_OF_STORES = ("immutable", "removable")
_LATER_OF_POOLS = ("encrypted", "spare_pool")


class MediaServicer:
    def __init__(
        self,
        stores: DataStores,
        pools: MediaPools,
        media: Media,
        requests: MediaRequests,
        workers: Workers,
    ) -> None:
        self._stores = stores
        self._pools = pools
        self._media = media
        self._requests = requests
        self._workers = workers

    async def CreateDataStore(
        self, message: pb.CreateDataStoreRequest, call: Call
    ) -> pb.CreateDataStoreResponse:
        item = _store_from_wire(message.data_store)
        item = await self._workers.write(self._stores.create, call.request, item)
        return pb.CreateDataStoreResponse(data_store=await self._state(item))

    async def UpdateDataStore(
        self, message: pb.UpdateDataStoreRequest, call: Call
    ) -> pb.UpdateDataStoreResponse:
        item = _store_from_wire(message.data_store)
        known, kept = message.data_store.etag, _unsaid(message.data_store, _LATER_OF_STORES)
        item = await self._workers.write(self._stores.update, call.request, item, known, kept)
        return pb.UpdateDataStoreResponse(data_store=await self._state(item))

    async def DeleteDataStore(
        self, message: pb.DeleteDataStoreRequest, call: Call
    ) -> pb.DeleteDataStoreResponse:
        known = message.etag if message.HasField("etag") else None
        if not message.forget_media:
            await self._workers.write(self._stores.delete, call.request, message.name, known)
            return pb.DeleteDataStoreResponse()
        gone = await self._workers.write(self._stores.forget, call.request, message.name, known)
        return pb.DeleteDataStoreResponse(
            forgotten_media=gone.media, forgotten_savesets=gone.savesets
        )

    async def ListDataStores(
        self, message: pb.ListDataStoresRequest, _call: Call
    ) -> pb.ListDataStoresResponse:
        page = await self._workers.read(self._stores.list, *lists.by_name(message))
        return pb.ListDataStoresResponse(
            data_stores=[await self._state(item) for item in page.items],
            next_page_token=page.next_position or "",
        )

    async def CreateMediaPool(
        self, message: pb.CreateMediaPoolRequest, call: Call
    ) -> pb.CreateMediaPoolResponse:
        item = _pool_from_wire(message.pool)
        item = await self._workers.write(self._pools.create, call.request, item)
        return pb.CreateMediaPoolResponse(pool=_pool_to_wire(item))

    async def UpdateMediaPool(
        self, message: pb.UpdateMediaPoolRequest, call: Call
    ) -> pb.UpdateMediaPoolResponse:
        item = _pool_from_wire(message.pool)
        known, kept = message.pool.etag, _unsaid(message.pool, _LATER_OF_POOLS)
        item = await self._workers.write(self._pools.update, call.request, item, known, kept)
        return pb.UpdateMediaPoolResponse(pool=_pool_to_wire(item))

    async def DeleteMediaPool(
        self, message: pb.DeleteMediaPoolRequest, call: Call
    ) -> pb.DeleteMediaPoolResponse:
        known = message.etag if message.HasField("etag") else None
        await self._workers.write(self._pools.delete, call.request, message.name, known)
        return pb.DeleteMediaPoolResponse()

    async def ListMediaPools(
        self, message: pb.ListMediaPoolsRequest, _call: Call
    ) -> pb.ListMediaPoolsResponse:
        page = await self._workers.read(self._pools.list, *lists.by_name(message))
        return pb.ListMediaPoolsResponse(
            pools=map(_pool_to_wire, page.items), next_page_token=page.next_position or ""
        )

    async def UpdateMedium(
        self, message: pb.UpdateMediumRequest, call: Call
    ) -> pb.UpdateMediumResponse:
        given = message.medium
        item = Medium(given.label, "", "", NEVER, given.write_protected, given.comment)
        item = await self._workers.write(self._media.update, call.request, item, given.etag)
        [state] = await self._workers.read(self._media.states, [item])
        return pb.UpdateMediumResponse(medium=_medium_to_wire(state))

    async def DeleteMedium(
        self, message: pb.DeleteMediumRequest, call: Call
    ) -> pb.DeleteMediumResponse:
        known = message.etag if message.HasField("etag") else None
        await self._workers.write(self._media.delete, call.request, message.label, known)
        return pb.DeleteMediumResponse()

    async def ListMedia(self, message: pb.ListMediaRequest, _call: Call) -> pb.ListMediaResponse:
        page = await self._workers.read(self._media.list, *lists.by_name(message))
        states = await self._workers.read(self._media.states, page.items)
        return pb.ListMediaResponse(
            media=map(_medium_to_wire, states), next_page_token=page.next_position or ""
        )

    async def ListMediaRequests(
        self, _message: pb.ListMediaRequestsRequest, _call: Call
    ) -> pb.ListMediaRequestsResponse:
        states = await self._workers.read(self._requests.states)
        return pb.ListMediaRequestsResponse(media_requests=map(_request_to_wire, states))

    async def AnswerMediaRequest(
        self, message: pb.AnswerMediaRequestRequest, call: Call
    ) -> pb.AnswerMediaRequestResponse:
        answer = _ANSWERS.get(message.answer)
        if answer is None:
            raise InvalidArgument(
                field="answer", value=message.answer, expected="LOADED, REFUSED or NEW"
            )
        jobs = await self._workers.write(self._requests.answer, call.request, message.label, answer)
        return pb.AnswerMediaRequestResponse(job_ids=jobs)

    async def _state(self, item: DataStore) -> pb.DataStore:
        return _store_to_wire(await self._workers.read(self._stores.state, item))


def _unsaid(message: pb.DataStore | pb.MediaPool, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not message.HasField(name)]  # type: ignore[arg-type]


def _store_from_wire(message: pb.DataStore) -> DataStore:
    return DataStore(
        message.name,
        message.path,
        message.high_water_mark,
        message.comment,
        immutable=message.immutable,
        removable=message.removable,
    )


def _store_to_wire(state: StoreState) -> pb.DataStore:
    item, space, to_come = state.store, state.space, state.forecast
    return pb.DataStore(
        name=item.name,
        path=item.path,
        high_water_mark=item.high_water_mark,
        comment=item.comment,
        etag=etag(item),
        capacity_bytes=space.capacity_bytes if space is not None else None,
        free_bytes=space.free_bytes if space is not None else None,
        stored_bytes=state.stored_bytes,
        fault=state.fault,
        immutable=item.immutable,
        removable=item.removable,
        forecast_full_day=to_come.full_day.isoformat() if to_come.full_day else "",
        forecast_note=to_come.note,
        trend_bytes_per_day=to_come.bytes_per_day,
        trend_used_bytes=to_come.used_bytes,
    )


def _pool_from_wire(message: pb.MediaPool) -> MediaPool:
    rule = message.retention
    retention = Retention(rule.eol_days, rule.keep_newest, rule.weekly, rule.monthly, rule.yearly)
    return MediaPool(
        message.name,
        message.drive_group,
        retention,
        message.comment,
        encrypted=message.encrypted,
        spare_pool=message.spare_pool,
    )


def _pool_to_wire(item: MediaPool) -> pb.MediaPool:
    rule = item.retention
    return pb.MediaPool(
        name=item.name,
        drive_group=item.drive_group,
        retention=pb.Retention(
            eol_days=rule.eol_days,
            keep_newest=rule.keep_newest,
            weekly=rule.weekly,
            monthly=rule.monthly,
            yearly=rule.yearly,
        ),
        comment=item.comment,
        etag=etag(item),
        encrypted=item.encrypted,
        key_id=item.key_id,
        spare_pool=item.spare_pool,
    )


def _medium_to_wire(state: MediumState) -> pb.Medium:
    item, held = state.medium, state.holding
    return pb.Medium(
        label=item.label,
        pool=item.pool,
        data_store=item.store,
        init_time=convert.timestamp(item.init_time) if item.init_time != NEVER else None,
        write_protected=item.write_protected,
        comment=item.comment,
        etag=etag(item),
        savesets=held.savesets,
        stored_bytes=held.stored_bytes,
        newest_sesam_day=held.newest_sesam_day.isoformat() if held.newest_sesam_day else "",
        eol=held.eol.isoformat() if held.eol else "",
    )


def _request_to_wire(state: RequestState) -> pb.MediaRequest:
    item = state.request
    return pb.MediaRequest(
        label=item.label,
        pool=item.medium.pool,
        data_store=item.store.name,
        path=item.store.path,
        job_ids=item.jobs,
        since_time=convert.timestamp(item.since),
        alarm_time=convert.timestamp_or_none(item.alarm_time),
        is_new=item.is_new,
        fault=state.fault,
    )
