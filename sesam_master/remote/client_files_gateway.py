"""Looking at files of clients and into saved ones, over the sessions' channels."""

import contextlib
from collections.abc import Callable

from sesam_api.v1 import client_files_pb2 as pb
from sesam_api.v1 import finding_pb2
from sesam_api.v1.client_files_pb2_grpc import ClientFileServiceStub
from sesam_api.v1.finding_pb2_grpc import FindingServiceStub
from sesam_master.core.client_files import (
    ClientEntry,
    ClientPage,
    DirectorySize,
    LeftOut,
    LeftOutCause,
    SavedPiece,
    Walk,
    WalkFailure,
    WalkWish,
)
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.remote import calls, convert, convert_components, convert_savesets
from sesam_master.remote.roster import Roster

DIRECTORY_PAGE = 1000
DIRECTORY_SECONDS = 70.0  # a little more than the agent gives it
WALK_SECONDS = 3700.0
READ_SECONDS = 130.0

_CAUSES = {
    pb.LEFT_OUT_CAUSE_EXCLUDE: LeftOutCause.EXCLUDE,
    pb.LEFT_OUT_CAUSE_EXCLUDE_FILE: LeftOutCause.EXCLUDE_FILE,
    pb.LEFT_OUT_CAUSE_OTHER_EXCLUDES: LeftOutCause.OTHER_EXCLUDES,
    pb.LEFT_OUT_CAUSE_CACHE_DIRECTORIES: LeftOutCause.CACHES,
    pb.LEFT_OUT_CAUSE_NODUMP: LeftOutCause.NODUMP,
    pb.LEFT_OUT_CAUSE_OTHER_FILE_SYSTEMS: LeftOutCause.OTHER_FILE_SYSTEMS,
    pb.LEFT_OUT_CAUSE_KERNEL_FILE_SYSTEMS: LeftOutCause.KERNEL_FILE_SYSTEMS,
    pb.LEFT_OUT_CAUSE_OWN_FILES: LeftOutCause.OWN_FILES,
    pb.LEFT_OUT_CAUSE_SOCKETS: LeftOutCause.SOCKETS,
    pb.LEFT_OUT_CAUSE_UNREADABLE: LeftOutCause.UNREADABLE,
}


class ClientFilesGateway:
    """Implements core.client_files_source.ClientFilesSource; see there for what each method
    means."""

    _roster: Roster

    async def client_directory(
        self, location_id: str, client: str, directory: bytes, page_token: str
    ) -> ClientPage:
        request = pb.ListClientDirectoryRequest(
            client=client, directory=directory, page_size=DIRECTORY_PAGE, page_token=page_token
        )
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: ClientFileServiceStub(ch).ListClientDirectory,
            request,
            DIRECTORY_SECONDS,
        )
        above = directory.rstrip(b"/") + b"/"
        return ClientPage(
            tuple(_entry(above, each) for each in answer.entries),
            answer.next_page_token,
            answer.total,
            answer.is_cut,
        )

    async def test_excludes(
        self, location_id: str, wish: WalkWish, told: Callable[[int, bool], None]
    ) -> Walk | WalkFailure:
        request = pb.TestExcludesRequest(
            location_id=location_id,
            client=wish.client,
            sources=wish.sources,
            excludes=wish.excludes,
            options=convert_components.options_message(wish.options),
            task=wish.task,
        )
        left_out: list[LeftOut] = []
        walking = calls.stream(
            self._roster.session(location_id),
            lambda ch: ClientFileServiceStub(ch).TestExcludes,
            request,
            WALK_SECONDS,
        )
        async with contextlib.aclosing(walking) as events:
            async for event in events:
                match event.WhichOneof("event"):
                    case "progress":
                        told(event.progress.entries, event.progress.waiting)
                    case "left_out":
                        left_out.append(_left_out(len(left_out), event.left_out))
                    case "result":
                        return _walk(event.result, left_out)
                    case "failure":
                        return WalkFailure(event.failure.text)
        raise LocationError(Trouble.INTERNAL, location_id)

    async def read_entry(
        self, location_id: str, saveset: str, path: bytes, most_bytes: int
    ) -> SavedPiece:
        request = finding_pb2.ReadEntryRequest(saveset=saveset, path=path, most_bytes=most_bytes)
        data, size = bytearray(), 0
        reading = calls.stream(
            self._roster.session(location_id),
            lambda ch: FindingServiceStub(ch).ReadEntry,
            request,
            READ_SECONDS,
        )
        async with contextlib.aclosing(reading) as pieces:
            async for piece in pieces:
                data += piece.data
                size = piece.size
        return SavedPiece(bytes(data), size)


def _entry(above: bytes, message: pb.ClientEntry) -> ClientEntry:
    return ClientEntry(
        path=above + message.name,
        kind=convert_savesets.entry_kind(message.kind),
        size=message.size,
        modify_time=convert.moment(message.modify_time),
        mode=message.mode,
        uid=0,
        gid=0,
        link_target=message.link_target,
        home="",
        children=-1,
        is_mount=message.is_mount,
        is_readable=message.readable,
    )


def _left_out(number: int, message: pb.LeftOut) -> LeftOut:
    return LeftOut(
        number=number,
        cause=_CAUSES.get(message.cause, LeftOutCause.UNKNOWN),
        pattern=message.pattern,
        hits=message.hits,
        files=message.files,
        size=message.bytes,
        examples=tuple(message.examples),
    )


def _walk(message: pb.WalkResult, left_out: list[LeftOut]) -> Walk:
    return Walk(
        left_out=tuple(left_out),
        kept_files=message.kept_files,
        kept_size=message.kept_bytes,
        kept_directories=message.kept_directories,
        left_files=message.left_files,
        left_size=message.left_bytes,
        largest=tuple(DirectorySize(each.path, each.files, each.bytes) for each in message.largest),
        warnings=tuple(message.warnings),
        compared_with=message.compared_with,
        changed_files=message.changed_files,
        changed_size=message.changed_bytes,
        not_compared=message.not_compared,
    )
