"""MediaService over a location in memory: no directory is looked at."""

from collections.abc import Sequence
from typing import Any

import grpc

from sesam_api.v1 import loaders_pb2, location_pb2
from sesam_api.v1 import media_pb2 as pb
from sesam_api.v1.loaders_pb2_grpc import LoaderServiceServicer
from sesam_api.v1.media_pb2_grpc import MediaServiceServicer
from tests.fakes.agent_services import found, page_of
from tests.fakes.agent_state import Change, FakeLocation, Refused

_WORDS = {"loader": "loader", "store": "data store", "pool": "media pool", "medium": "medium"}
_TOLD = {
    "store": ("capacity_bytes", "free_bytes", "stored_bytes", "fault"),
    "pool": (),
    "loader": (),
    "medium": (
        *("pool", "data_store", "init_time"),
        *("savesets", "stored_bytes", "newest_sesam_day", "eol"),
    ),
}


class _Things:
    """Objects of one kind by name; what the agent fills in stays as a test laid it ready."""

    def __init__(self, state: FakeLocation, kind: str, known: dict[str, Any]) -> None:
        self._state = state
        self._kind = kind
        self._known = known

    def create(self, item: Any) -> Any:
        if item.name in self._known:
            raise Refused("ALREADY_EXISTS", kind=_WORDS[self._kind], name=item.name)
        return self.put(item.name, item, "1")

    def update(self, name: str, item: Any) -> Any:
        before = self.named(name)
        if before.etag != item.etag:
            raise Refused("CHANGED_MEANWHILE", kind=_WORDS[self._kind], name=name)
        kept = type(item)()
        kept.CopyFrom(item)
        for field in _TOLD[self._kind]:
            kept.ClearField(field)
        told = type(item)()
        told.CopyFrom(before)
        for each in item.DESCRIPTOR.fields:
            if each.name not in _TOLD[self._kind]:
                told.ClearField(each.name)
        kept.MergeFrom(told)
        return self.put(name, kept, str(int(before.etag) + 1))

    def delete(self, name: str, request: Any, users: Sequence[str]) -> None:
        before = self.named(name)
        if request.HasField("etag") and request.etag != before.etag:
            raise Refused("CHANGED_MEANWHILE", kind=_WORDS[self._kind], name=name)
        if users:
            about = {self._kind: name, "users": ", ".join(users)}
            raise Refused(f"{self._kind.upper()}_IN_USE", **about)
        del self._known[name]
        self._tell()

    def page(self, request: Any) -> tuple[Any, str]:
        known = [item for _name, item in sorted(self._known.items())]
        return page_of(known, request.page_size, request.page_token)

    def named(self, name: str) -> Any:
        return found(self._known, name, f"{self._kind.upper()}_NOT_FOUND", self._kind)

    def put(self, name: str, item: Any, etag: str) -> Any:
        kept = type(item)()
        kept.CopyFrom(item)
        kept.etag = etag
        self._known[name] = kept
        self._tell()
        return kept

    def _tell(self) -> None:
        self._state.record(Change(media_changed=location_pb2.MediaChanged()))


class MediaFake(MediaServiceServicer):
    """`FakeLocation.stores`, `pools` and `media`."""

    def __init__(self, state: FakeLocation) -> None:
        self._state = state
        self._stores = _Things(state, "store", state.stores)
        self._pools = _Things(state, "pool", state.pools)
        self._media = _Things(state, "medium", state.media)

    def CreateDataStore(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.CreateDataStoreResponse(data_store=self._stores.create(request.data_store))

    def UpdateDataStore(self, request: Any, context: grpc.ServicerContext) -> Any:
        given = request.data_store
        return pb.UpdateDataStoreResponse(data_store=self._stores.update(given.name, given))

    def DeleteDataStore(self, request: Any, context: grpc.ServicerContext) -> Any:
        users = [m.label for m in self._state.media.values() if m.data_store == request.name]
        self._stores.delete(request.name, request, users)
        return pb.DeleteDataStoreResponse()

    def ListDataStores(self, request: Any, context: grpc.ServicerContext) -> Any:
        page, token = self._stores.page(request)
        return pb.ListDataStoresResponse(data_stores=page, next_page_token=token)

    def CreateMediaPool(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.CreateMediaPoolResponse(pool=self._pools.create(request.pool))

    def UpdateMediaPool(self, request: Any, context: grpc.ServicerContext) -> Any:
        given = request.pool
        return pb.UpdateMediaPoolResponse(pool=self._pools.update(given.name, given))

    def DeleteMediaPool(self, request: Any, context: grpc.ServicerContext) -> Any:
        users = [m.label for m in self._state.media.values() if m.pool == request.name]
        self._pools.delete(request.name, request, users)
        return pb.DeleteMediaPoolResponse()

    def ListMediaPools(self, request: Any, context: grpc.ServicerContext) -> Any:
        page, token = self._pools.page(request)
        return pb.ListMediaPoolsResponse(pools=page, next_page_token=token)

    def UpdateMedium(self, request: Any, context: grpc.ServicerContext) -> Any:
        given = request.medium
        return pb.UpdateMediumResponse(medium=self._media.update(given.label, given))

    def DeleteMedium(self, request: Any, context: grpc.ServicerContext) -> Any:
        held = self._media.named(request.label).savesets
        users = [f"{held} savesets"] if held else []
        self._media.delete(request.label, request, users)
        return pb.DeleteMediumResponse()

    def ListMedia(self, request: Any, context: grpc.ServicerContext) -> Any:
        page, token = self._media.page(request)
        return pb.ListMediaResponse(media=page, next_page_token=token)

    def AnswerMediaRequest(self, request: Any, context: grpc.ServicerContext) -> Any:
        """`FakeLocation.wanted_media` are waited for."""
        if request.label not in self._state.wanted_media:
            raise Refused("MEDIUM_NOT_WANTED", medium=request.label)
        return pb.AnswerMediaRequestResponse(job_ids=self._state.wanted_media.pop(request.label))


class LoadersFake(LoaderServiceServicer):
    """`FakeLocation.loaders`, and `inside` what is where in each."""

    def __init__(self, state: FakeLocation) -> None:
        self._state = state
        self._loaders = _Things(state, "loader", state.loaders)

    def CreateLoader(self, request: Any, context: grpc.ServicerContext) -> Any:
        return loaders_pb2.CreateLoaderResponse(loader=self._loaders.create(request.loader))

    def UpdateLoader(self, request: Any, context: grpc.ServicerContext) -> Any:
        given = request.loader
        return loaders_pb2.UpdateLoaderResponse(loader=self._loaders.update(given.name, given))

    def DeleteLoader(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._loaders.delete(request.name, request, ())
        return loaders_pb2.DeleteLoaderResponse()

    def ListLoaders(self, request: Any, context: grpc.ServicerContext) -> Any:
        page, token = self._loaders.page(request)
        return loaders_pb2.ListLoadersResponse(loaders=page, next_page_token=token)

    def AdjustLoader(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._loaders.named(request.name)
        places = self._state.inside.get(request.name, [])
        return loaders_pb2.AdjustLoaderResponse(places=places)

    def LoadMedium(self, request: Any, context: grpc.ServicerContext) -> Any:
        detail = f"nothing was moved: slot {request.slot} is empty"
        raise Refused("LOADER_FAILED", loader=request.name, detail=detail)

    def UnloadMedium(self, request: Any, context: grpc.ServicerContext) -> Any:
        detail = f"nothing was moved: drive {request.drive} is empty"
        raise Refused("LOADER_FAILED", loader=request.name, detail=detail)
