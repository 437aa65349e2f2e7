"""What can be asked of a location's loaders and done with them."""

from collections.abc import Iterable, Iterator

from sesam_api import convert
from sesam_api.errors import SesamError
from sesam_api.loader_records import Loader, LoaderPlace
from sesam_api.plan_calls import PAGE_SIZE, change_of, pages
from sesam_api.records import Identity
from sesam_api.v1 import loaders_pb2
from sesam_api.v1.loaders_pb2_grpc import LoaderServiceStub
from sesam_api.wire import Wire

LOADER_SECONDS = 900.0  # a robot fetches cartridges from another frame in minutes


class LoaderCalls:
    """The part of a `Location` that knows loaders. Changes need the role admin."""

    identity: Identity

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._loaders = LoaderServiceStub(wire.channel)

    def loaders(self, text: str = "") -> Iterator[Loader]:
        """The loaders by name. `text`: a part of the name."""

        def page(token: str) -> tuple[Iterable[Loader], str]:
            request = loaders_pb2.ListLoadersRequest(
                page_size=PAGE_SIZE, page_token=token, filter=text
            )
            answer = self._wire.call(self._loaders.ListLoaders, request)
            return map(_loader, answer.loaders), answer.next_page_token

        return pages(page)

    def loader(self, name: str) -> Loader:
        """One loader. Raises SesamError LOADER_NOT_FOUND."""
        for loader in self.loaders(name):
            if loader.name == name:
                return loader
        raise SesamError("LOADER_NOT_FOUND", {"loader": name})

    def add_loader(self, loader: Loader) -> Loader:
        """Adds a loader that is there. Raises SesamError LOADER_FAILED."""
        request = loaders_pb2.CreateLoaderRequest(
            **change_of(self.identity), loader=_message(loader)
        )
        call = self._loaders.CreateLoader
        return _loader(self._wire.call(call, request, LOADER_SECONDS).loader)

    def modify_loader(self, loader: Loader) -> Loader:
        """Replaces all of a loader but its name; a record as it was read, changed with
        `dataclasses.replace`. Raises SesamError LOADER_FAILED, CHANGED_MEANWHILE."""
        request = loaders_pb2.UpdateLoaderRequest(
            **change_of(self.identity), loader=_message(loader)
        )
        call = self._loaders.UpdateLoader
        return _loader(self._wire.call(call, request, LOADER_SECONDS).loader)

    def remove_loader(self, name: str) -> None:
        """Removes a loader; its media stay where they are."""
        request = loaders_pb2.DeleteLoaderRequest(**change_of(self.identity), name=name)
        self._wire.call(self._loaders.DeleteLoader, request)

    def adjust_loader(self, name: str) -> list[LoaderPlace]:
        """Looks what is where in a loader and compares it with the media of its data stores; jobs
        that wait for media of it try again. Needs the role operator. Raises SesamError
        LOADER_FAILED."""
        request = loaders_pb2.AdjustLoaderRequest(**change_of(self.identity), name=name)
        answer = self._wire.call(self._loaders.AdjustLoader, request, LOADER_SECONDS)
        return [_place(each) for each in answer.places]

    def load_medium(self, name: str, slot: int, drive: int) -> list[LoaderPlace]:
        """Moves the medium of a slot into an empty drive, which may take minutes, and looks then as
        `adjust_loader` does. Needs the role operator. Raises SesamError LOADER_FAILED."""
        request = loaders_pb2.LoadMediumRequest(
            **change_of(self.identity), name=name, slot=slot, drive=drive
        )
        answer = self._wire.call(self._loaders.LoadMedium, request, LOADER_SECONDS)
        return [_place(each) for each in answer.places]

    def unload_medium(self, name: str, drive: int, slot: int = 0) -> list[LoaderPlace]:
        """Moves the medium of a drive into a slot; 0: where it came from, else where there is room.
        As `load_medium`."""
        request = loaders_pb2.UnloadMediumRequest(
            **change_of(self.identity), name=name, drive=drive, slot=slot
        )
        answer = self._wire.call(self._loaders.UnloadMedium, request, LOADER_SECONDS)
        return [_place(each) for each in answer.places]


_KINDS = {"virtual": loaders_pb2.LOADER_KIND_VIRTUAL, "mtx": loaders_pb2.LOADER_KIND_MTX}


def _message(loader: Loader) -> loaders_pb2.Loader:
    return loaders_pb2.Loader(
        name=loader.name,
        kind=_KINDS[loader.kind],
        device=loader.device,
        data_stores=loader.data_stores,
        comment=loader.comment,
        etag=loader.etag,
        tape_devices=loader.tape_devices,
    )


def _loader(message: loaders_pb2.Loader) -> Loader:
    return Loader(
        name=message.name,
        kind=convert.word(loaders_pb2.LoaderKind.DESCRIPTOR, message.kind),
        device=message.device,
        data_stores=tuple(message.data_stores),
        comment=message.comment,
        etag=message.etag,
        tape_devices=tuple(message.tape_devices),
    )


def _place(message: loaders_pb2.LoaderPlace) -> LoaderPlace:
    return LoaderPlace(
        kind=convert.word(loaders_pb2.LoaderPlaceKind.DESCRIPTOR, message.kind),
        number=message.number,
        is_full=message.is_full,
        barcode=message.barcode,
        pool=message.pool,
    )
