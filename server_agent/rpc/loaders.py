"""LoaderService."""

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.loaders import Loader, LoaderKind
from server_agent.rpc import lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.collection import etag
from server_agent.service.loaders import LoaderPlace, Loaders, PlaceKind
from server_agent.service.media_requests import MediaRequests
from sesam_api.v1 import loaders_pb2 as pb

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

    async def CreateLoader(
        self, message: pb.CreateLoaderRequest, call: Call
    ) -> pb.CreateLoaderResponse:
        item = _from_wire(message.loader)
        item = await self._workers.write(self._loaders.create, call.request, item)
        self._requests.wake()
        return pb.CreateLoaderResponse(loader=_to_wire(item))

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
        places = await self._workers.read(self._loaders.adjust, message.name)
        self._requests.wake()
        return pb.AdjustLoaderResponse(places=map(_place_to_wire, places))


def _from_wire(message: pb.Loader) -> Loader:
    kinds = {number: kind for kind, number in _KINDS.items()}
    kind = kinds.get(message.kind)
    if kind is None:
        raise InvalidArgument(field="kind", value=message.kind, expected="VIRTUAL or MTX")
    stores = tuple(message.data_stores)
    return Loader(message.name, kind, message.device.rstrip(b"/"), stores, message.comment)


def _to_wire(item: Loader) -> pb.Loader:
    return pb.Loader(
        name=item.name,
        kind=_KINDS[item.kind],
        device=item.device,
        data_stores=item.stores,
        comment=item.comment,
        etag=etag(item),
    )


def _place_to_wire(place: LoaderPlace) -> pb.LoaderPlace:
    return pb.LoaderPlace(
        kind=_PLACES[place.kind],
        number=place.number,
        is_full=place.is_full,
        barcode=place.barcode,
        pool=place.pool,
    )
