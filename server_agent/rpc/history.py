"""HistoryService."""

from google.protobuf.duration_pb2 import Duration

from server_agent.domain.history import GrowthDay, StoreSample
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.history import Days, History
from sesam_api.v1 import history_pb2 as pb


class HistoryServicer:
    def __init__(self, history: History, workers: Workers) -> None:
        self._history = history
        self._workers = workers

    async def ListStoreHistory(
        self, message: pb.ListStoreHistoryRequest, _call: Call
    ) -> pb.ListStoreHistoryResponse:
        page = await self._workers.read(
            self._history.samples,
            lists.text("data_store", message.data_store),
            _days(message),
            message.page_token or None,
            lists.page_size(message.page_size),
        )
        return pb.ListStoreHistoryResponse(
            samples=map(_sample, page.items), next_page_token=page.next_position or ""
        )

    async def ListGrowth(self, message: pb.ListGrowthRequest, _call: Call) -> pb.ListGrowthResponse:
        page = await self._workers.read(
            self._history.growth,
            lists.text("client", message.client),
            lists.text("task", message.task),
            _days(message),
            message.page_token or None,
            lists.page_size(message.page_size),
        )
        return pb.ListGrowthResponse(
            growth=map(_growth, page.items), next_page_token=page.next_position or ""
        )


def _days(message: pb.ListStoreHistoryRequest | pb.ListGrowthRequest) -> Days:
    return Days(
        lists.sesam_day("first_sesam_day", message.first_sesam_day),
        lists.sesam_day("last_sesam_day", message.last_sesam_day),
    )


def _sample(item: StoreSample) -> pb.StoreSample:
    return pb.StoreSample(
        data_store=item.store,
        sesam_day=item.sesam_day.isoformat(),
        time=convert.timestamp(item.time),
        capacity_bytes=item.capacity_bytes,
        free_bytes=item.free_bytes,
        stored_bytes=item.stored_bytes,
    )


def _growth(item: GrowthDay) -> pb.Growth:
    duration = Duration()
    duration.FromTimedelta(item.duration)
    return pb.Growth(
        sesam_day=item.sesam_day.isoformat(),
        backups=item.backups,
        files=item.files,
        saved_bytes=item.saved_bytes,
        stored_bytes=item.stored_bytes,
        duration=duration,
    )
