"""What the screens ask of a location's loaders, over the sessions' channels."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from sesam_api.v1 import loaders_pb2
from sesam_api.v1.loaders_pb2_grpc import LoaderServiceStub
from sesam_master.core.loaders import LoaderContent, LoaderPlace, PlaceKind
from sesam_master.remote import calls
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times

_PLACES = {
    loaders_pb2.LOADER_PLACE_KIND_DRIVE: PlaceKind.DRIVE,
    loaders_pb2.LOADER_PLACE_KIND_SLOT: PlaceKind.SLOT,
    loaders_pb2.LOADER_PLACE_KIND_IMPORT_EXPORT: PlaceKind.IMPORT_EXPORT,
    loaders_pb2.LOADER_PLACE_KIND_OUTSIDE: PlaceKind.OUTSIDE,
}


class LoadersGateway:
    """Implements core.loaders_source.LoadersSource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def adjust_loader(self, location_id: str, name: str) -> LoaderContent:
        return await self._moved(
            *(location_id, "AdjustLoader", loaders_pb2.AdjustLoaderRequest),
            name=name,
        )

    async def load_medium(
        self, location_id: str, name: str, slot: int, drive: int
    ) -> LoaderContent:
        return await self._moved(
            *(location_id, "LoadMedium", loaders_pb2.LoadMediumRequest),
            name=name,
            slot=slot,
            drive=drive,
        )

    async def unload_medium(self, location_id: str, name: str, drive: int) -> LoaderContent:
        return await self._moved(
            *(location_id, "UnloadMedium", loaders_pb2.UnloadMediumRequest),
            name=name,
            drive=drive,
        )

    async def _moved(
        self, location_id: str, call: str, request: Callable[..., Message], **fields: Any
    ) -> LoaderContent:
        message = request(location_id=location_id, request_id=calls.new_request_id(), **fields)
        answer = await calls.change(
            self._roster.session(location_id),
            lambda channel: getattr(LoaderServiceStub(channel), call),
            message,
            self._times.robot,
        )
        return LoaderContent(_places(answer.places), datetime.now(UTC))


def _places(messages: Iterable[loaders_pb2.LoaderPlace]) -> tuple[LoaderPlace, ...]:
    return tuple(
        LoaderPlace(
            _PLACES.get(each.kind, PlaceKind.UNKNOWN),
            *(each.number, each.is_full, each.barcode, each.pool),
        )
        for each in messages
    )
