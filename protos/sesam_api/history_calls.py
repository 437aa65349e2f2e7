"""What can be asked of a location's past: how full its data stores were, and what its backups
saved."""

from collections.abc import Iterable, Iterator

from sesam_api import convert
from sesam_api.history_records import Growth, StoreSample
from sesam_api.plan_calls import PAGE_SIZE, pages
from sesam_api.v1 import history_pb2
from sesam_api.v1.history_pb2_grpc import HistoryServiceStub
from sesam_api.wire import Wire


class HistoryCalls:
    """The part of a `Location` that knows how it has grown."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._history = HistoryServiceStub(wire.channel)

    def store_history(
        self, data_store: str = "", *, days: tuple[str, str] = ("", "")
    ) -> Iterator[StoreSample]:
        """How full data stores were, by name and time, oldest first.

        Args:
            data_store: exact name; "": all.
            days: first and last sesam day (YYYY-MM-DD), both included; "": no limit.
        """

        def page(token: str) -> tuple[Iterable[StoreSample], str]:
            request = history_pb2.ListStoreHistoryRequest(
                data_store=data_store,
                first_sesam_day=days[0],
                last_sesam_day=days[1],
                page_size=PAGE_SIZE,
                page_token=token,
            )
            answer = self._wire.call(self._history.ListStoreHistory, request)
            return map(_sample, answer.samples), answer.next_page_token

        return pages(page)

    def growth(
        self, *, client: str = "", task: str = "", days: tuple[str, str] = ("", "")
    ) -> Iterator[Growth]:
        """What backups saved on each sesam day that has any, oldest first.

        Args:
            client, task: exact names; "": all.
            days: as for `store_history`.
        """

        def page(token: str) -> tuple[Iterable[Growth], str]:
            request = history_pb2.ListGrowthRequest(
                client=client,
                task=task,
                first_sesam_day=days[0],
                last_sesam_day=days[1],
                page_size=PAGE_SIZE,
                page_token=token,
            )
            answer = self._wire.call(self._history.ListGrowth, request)
            return map(_growth, answer.growth), answer.next_page_token

        return pages(page)


def _sample(message: history_pb2.StoreSample) -> StoreSample:
    return StoreSample(
        data_store=message.data_store,
        sesam_day=message.sesam_day,
        time=convert.moment(message.time),
        capacity=message.capacity_bytes if message.HasField("capacity_bytes") else None,
        free=message.free_bytes if message.HasField("free_bytes") else None,
        stored_size=message.stored_bytes,
    )


def _growth(message: history_pb2.Growth) -> Growth:
    return Growth(
        sesam_day=message.sesam_day,
        backups=message.backups,
        files=message.files,
        saved_size=message.saved_bytes,
        stored_size=message.stored_bytes,
        duration=message.duration.ToTimedelta(),
    )
