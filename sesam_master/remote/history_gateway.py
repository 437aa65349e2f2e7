"""How a location has grown, over the sessions' channels."""

from datetime import date

from sesam_api.v1 import history_pb2
from sesam_api.v1.history_pb2_grpc import HistoryServiceStub
from sesam_master.core.history import GrowthDay, StoreSample
from sesam_master.remote import calls, convert
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times

PAGE_SIZE = 1000


class HistoryGateway:
    """Implements core.history_source.HistorySource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def store_history(
        self, location_id: str, data_store: str, first_day: date
    ) -> tuple[StoreSample, ...]:
        answers = calls.pages(
            self._roster.session(location_id),
            lambda ch: HistoryServiceStub(ch).ListStoreHistory,
            lambda token: history_pb2.ListStoreHistoryRequest(
                data_store=data_store,
                first_sesam_day=first_day.isoformat(),
                page_size=PAGE_SIZE,
                page_token=token,
            ),
            self._times.list_call,
        )
        return tuple([_sample(each) async for answer in answers for each in answer.samples])

    async def growth(self, location_id: str, first_day: date) -> tuple[GrowthDay, ...]:
        answers = calls.pages(
            self._roster.session(location_id),
            lambda ch: HistoryServiceStub(ch).ListGrowth,
            lambda token: history_pb2.ListGrowthRequest(
                first_sesam_day=first_day.isoformat(), page_size=PAGE_SIZE, page_token=token
            ),
            self._times.list_call,
        )
        return tuple([_growth(each) async for answer in answers for each in answer.growth])


def _sample(message: history_pb2.StoreSample) -> StoreSample:
    return StoreSample(
        data_store=message.data_store,
        sesam_day=date.fromisoformat(message.sesam_day),
        time=convert.moment(message.time),
        capacity_bytes=message.capacity_bytes if message.HasField("capacity_bytes") else None,
        free_bytes=message.free_bytes if message.HasField("free_bytes") else None,
        stored_bytes=message.stored_bytes,
    )


def _growth(message: history_pb2.Growth) -> GrowthDay:
    return GrowthDay(
        sesam_day=date.fromisoformat(message.sesam_day),
        backups=message.backups,
        files=message.files,
        saved_bytes=message.saved_bytes,
        stored_bytes=message.stored_bytes,
        duration=message.duration.ToTimedelta(),
    )
