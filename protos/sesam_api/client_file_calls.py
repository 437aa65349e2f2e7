"""What can be asked of the machines of a location before a backup: what lies there, what a task
would save of it and what its excludes leave out; and the content of a file that was saved."""

import os
from collections.abc import Callable, Iterable, Iterator

from sesam_api import convert
from sesam_api.client_file_records import ClientEntry, DirectorySize, LeftOut, Progress, Walk
from sesam_api.errors import SesamError
from sesam_api.finding_calls import Path, saveset_name
from sesam_api.plan_calls import PAGE_SIZE
from sesam_api.records import Identity, Task, TaskOptions
from sesam_api.saveset_records import Saveset
from sesam_api.v1 import client_files_pb2, finding_pb2, savesets_pb2
from sesam_api.v1.client_files_pb2_grpc import ClientFileServiceStub
from sesam_api.v1.finding_pb2_grpc import FindingServiceStub
from sesam_api.wire import Wire

WALK_SECONDS = 3700.0  # a little more than the agent gives it
READ_SECONDS = 130.0
PIECE_BYTES = 16 << 20  # of a saved file, in one call

_KIND = savesets_pb2.EntryKind.DESCRIPTOR
_CAUSE = client_files_pb2.LeftOutCause.DESCRIPTOR


class ClientDirectory:
    """What lies in a directory of a client, directories first and then by name, read page by page
    while it is iterated over.

    Attributes:
        total: entries of the whole directory, as far as the agent has read them.
        is_cut: there are more: only so many are known.
    """

    def __init__(self, page: Callable[[str], client_files_pb2.ListClientDirectoryResponse]) -> None:
        self._page = page
        self._first = page("")
        self.total: int = self._first.total
        self.is_cut: bool = self._first.is_cut

    def __iter__(self) -> Iterator[ClientEntry]:
        answer = self._first
        yield from map(_entry, answer.entries)
        while answer.next_page_token:
            answer = self._page(answer.next_page_token)
            yield from map(_entry, answer.entries)


class ClientFileCalls:
    """The part of a `Location` that looks at files of clients, and into saved ones. The former
    needs the role admin."""

    identity: Identity

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._files = ClientFileServiceStub(wire.channel)
        self._readings = FindingServiceStub(wire.channel)

    def client_directory(self, client: str, directory: Path = b"/") -> ClientDirectory:
        """What lies in a directory of a client now.

        Raises SesamError CLIENT_UNUSABLE, with why; INVALID_ARGUMENT for what is no directory.
        """
        path = os.fsencode(directory)

        def page(token: str) -> client_files_pb2.ListClientDirectoryResponse:
            request = client_files_pb2.ListClientDirectoryRequest(
                client=client, directory=path, page_size=PAGE_SIZE, page_token=token
            )
            return self._wire.call(self._files.ListClientDirectory, request)

        return ClientDirectory(page)

    def test_excludes(
        self,
        client: str,
        sources: Iterable[Path],
        excludes: Iterable[str] = (),
        options: TaskOptions | None = None,
        progress: Progress | None = None,
        *,
        task: str = "",
    ) -> Walk:
        """Walks through sources as a backup of such a task would. The task need not exist.

        Args:
            task: also says what an INC of this one would save.
            progress: is told how many entries were found so far.

        Raises SesamError: with the agent's reason; WALK_FAILED with what a backup would say, such
        as of a source that is not there.
        """
        request = client_files_pb2.TestExcludesRequest(
            location_id=self.identity.location_id,
            client=client,
            sources=map(os.fsencode, sources),
            excludes=excludes,
            options=convert.options_message(options or TaskOptions()),
            task=task,
        )
        left_out: list[LeftOut] = []
        for event in self._wire.stream(self._files.TestExcludes, request, WALK_SECONDS):
            match event.WhichOneof("event"):
                case "progress":
                    if progress is not None:
                        progress(event.progress.entries)
                case "left_out":
                    left_out.append(_left_out(event.left_out))
                case "failure":
                    facts = {"code": event.failure.code, "detail": event.failure.text}
                    raise SesamError("WALK_FAILED", facts)
                case "result":
                    return _walk(event.result, left_out)
        raise SesamError("WALK_FAILED", {"code": "NO_RESULT", "detail": "The walk has no result"})

    def estimate(self, task: Task, progress: Progress | None = None) -> Walk:
        """What a FULL and an INC of a task would save now. Arguments and errors as above."""
        return self.test_excludes(
            task.client, task.sources, task.excludes, task.options, progress, task=task.name
        )

    def read(
        self, saveset: str | Saveset, path: Path, first_byte: int = 0, most_bytes: int | None = None
    ) -> Iterator[bytes]:
        """The content of a saved file, compared with the digests of the backup, piece by piece.

        Args:
            first_byte: where to begin.
            most_bytes: None: to the end of the file.

        Raises SesamError PATH_NOT_FOUND, SAVESET_DAMAGED, SAVESET_UNREADABLE and others.
        """
        name, wanted = saveset_name(saveset), os.fsencode(path)
        at, size = first_byte, None
        end = None if most_bytes is None else first_byte + most_bytes
        while size is None or at < (size if end is None else min(end, size)):
            left = PIECE_BYTES if end is None else min(PIECE_BYTES, end - at)
            request = finding_pb2.ReadEntryRequest(
                saveset=name, path=wanted, first_byte=at, most_bytes=left
            )
            begin = at
            for piece in self._wire.stream(self._readings.ReadEntry, request, READ_SECONDS):
                size = piece.size
                at += len(piece.data)
                if piece.data:
                    yield piece.data
            if at == begin:
                return


def _entry(message: client_files_pb2.ClientEntry) -> ClientEntry:
    return ClientEntry(
        name=message.name,
        kind=convert.word(_KIND, message.kind),
        size=message.size,
        modify_time_ns=message.modify_time.ToNanoseconds(),
        mode=message.mode,
        link_target=message.link_target,
        is_mount=message.is_mount,
        readable=message.readable,
    )


def _left_out(message: client_files_pb2.LeftOut) -> LeftOut:
    return LeftOut(
        cause=convert.word(_CAUSE, message.cause),
        pattern=message.pattern,
        hits=message.hits,
        files=message.files,
        size=message.bytes,
        examples=tuple(message.examples),
    )


def _walk(message: client_files_pb2.WalkResult, left_out: list[LeftOut]) -> Walk:
    return Walk(
        left_out=tuple(left_out),
        kept_files=message.kept_files,
        kept_size=message.kept_bytes,
        kept_directories=message.kept_directories,
        left_files=message.left_files,
        left_size=message.left_bytes,
        largest=tuple(DirectorySize(each.path, each.files, each.bytes) for each in message.largest),
        warnings=tuple(message.warnings),
        compared_with=message.compared_with if message.HasField("compared_with") else None,
        changed_files=message.changed_files,
        changed_size=message.changed_bytes,
        not_compared=message.not_compared,
    )
