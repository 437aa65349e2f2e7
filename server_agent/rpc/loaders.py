"""LoaderService."""

from collections.abc import Callable
from typing import TypeVar

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.loaders import Loader, LoaderKind
from server_agent.rpc import lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.collection import etag
from server_agent.service.loaders import LoaderPlace, Loaders, PlaceKind
from server_agent.service.media_requests import MediaRequests
from sesam_api.v1 import loaders_pb2 as pb

T = TypeVar("T")

AT_ONCE = 4  # movements and looks; more wait
SECONDS = 900.0  # a robot fetches cartridges from another frame in minutes

_KINDS = {
    LoaderKind.VIRTUAL: pb.LOADER_KIND_VIRTUAL,
    LoaderKind.MTX: pb.LOADER_KIND_MTX,
}
_PLACES = {
    PlaceKind.DRIVE: pb.LOADER_PLACE_KIND_DRIVE,
    PlaceKind.SLOT: pb.LOADER_PLACE_KIND_SLOT,
    PlaceKind.IMPORT_EXPORT: pb.LOADER_PLACE_KIND_IMPORT_EXPORT,
    PlaceKind.OUTSIDE: pb.LOADER_PLACE_KIND_OUTSIDE,
}


class LoaderServicer:
    def __init__(self, loaders: Loaders, requests: MediaRequests, workers: Workers) -> None:
        self._loaders = loaders
        self._requests = requests
        self._workers = workers
        # A changer takes minutes, for which nobody else has to wait.
        self._movements = workers.steps(AT_ONCE, SECONDS)

    async def CreateLoader(
        self, message: pb.CreateLoaderRequest, call: Call
    ) -> pb.CreateLoaderResponse:
        item = _from_wire(message.loader)
        item = await self._done(lambda: self._loaders.create(call.request, item))
        return pb.CreateLoaderResponse(loader=_to_wire(item))

    async def UpdateLoader(
        self, message: pb.UpdateLoaderRequest, call: Call
    ) -> pb.UpdateLoaderResponse:
        item, etag_of = _from_wire(message.loader), message.loader.etag
        item = await self._done(lambda: self._loaders.update(call.request, item, etag_of))
        return pb.UpdateLoaderResponse(loader=_to_wire(item))

    async def DeleteLoader(
        self, message: pb.DeleteLoaderRequest, call: Call
    ) -> pb.DeleteLoaderResponse:
        known = message.etag if message.HasField("etag") else None
        await self._workers.write(self._loaders.delete, call.request, message.name, known)
        return pb.DeleteLoaderResponse()

    async def ListLoaders(
        self, message: pb.ListLoadersRequest, _call: Call
    ) -> pb.ListLoadersResponse:
        page = await self._workers.read(self._loaders.list, *lists.by_name(message))
        return pb.ListLoadersResponse(
            loaders=map(_to_wire, page.items), next_page_token=page.next_position or ""
        )

    async def AdjustLoader(
        self, message: pb.AdjustLoaderRequest, _call: Call
    ) -> pb.AdjustLoaderResponse:
        places = await self._done(lambda: self._loaders.adjust(message.name))
        return pb.AdjustLoaderResponse(places=map(_place_to_wire, places))

    async def LoadMedium(self, message: pb.LoadMediumRequest, call: Call) -> pb.LoadMediumResponse:
        places = await self._done(
            lambda: self._loaders.load(call.request, message.name, message.slot, message.drive)
        )
        return pb.LoadMediumResponse(places=map(_place_to_wire, places))

    async def UnloadMedium(
        self, message: pb.UnloadMediumRequest, call: Call
    ) -> pb.UnloadMediumResponse:
        places = await self._done(
            lambda: self._loaders.unload(call.request, message.name, message.drive, message.slot)
        )
        return pb.UnloadMediumResponse(places=map(_place_to_wire, places))

    async def _done(self, work: Callable[[], T]) -> T:
        """What the work returns; jobs that wait for media try again behind it."""
        try:
            return await self._movements.one(lambda _control: work())
        finally:
            self._requests.wake()


def _from_wire(message: pb.Loader) -> Loader:
    kinds = {number: kind for kind, number in _KINDS.items()}
    kind = kinds.get(message.kind)
    if kind is None:
        raise InvalidArgument(field="kind", value=message.kind, expected="VIRTUAL or MTX")
    stores = tuple(message.data_stores)
    return Loader(
        *(message.name, kind, message.device.rstrip(b"/"), stores, message.comment),
        tape_devices=tuple(message.tape_devices),
    )


def _to_wire(item: Loader) -> pb.Loader:
    return pb.Loader(
        name=item.name,
        kind=_KINDS[item.kind],
        device=item.device,
        data_stores=item.stores,
        comment=item.comment,
        etag=etag(item),
        tape_devices=item.tape_devices,
    )


def _place_to_wire(place: LoaderPlace) -> pb.LoaderPlace:
    return pb.LoaderPlace(
        kind=_PLACES[place.kind],
        number=place.number,
        is_full=place.is_full,
        barcode=place.barcode,
        pool=place.pool,
    )
