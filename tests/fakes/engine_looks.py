"""The part of the engine in memory that looks: at clients, and into saved files."""

import fnmatch
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from server_agent.domain.errors import InvalidArgument, PathNotFound, SavesetDamaged
from server_agent.domain.jobs import Phase, Progress
from server_agent.domain.reach import Reach
from server_agent.ports import Cancelled, Control, EngineError, EntryKind, Message, SavesetRef
from server_agent.ports.client_files import (
    EXAMPLES,
    ClientDirectory,
    ClientEntry,
    EntryPiece,
    LeftOutBy,
    LeftOutCause,
    NoDirectory,
    WalkDone,
    WalkEvent,
    WalkRequest,
)

MODIFY_TIME_NS = 1_700_000_000_123_456_789


class KeptFile(Protocol):
    @property
    def content(self) -> bytes: ...
    @property
    def home(self) -> str: ...


class Kept(Protocol):
    @property
    def files(self) -> Mapping[bytes, KeptFile]: ...
    @property
    def damaged(self) -> str: ...


class EngineLooks:
    """Needs the files of the client, and what is kept of savesets, from the rest of the engine."""

    client: dict[bytes, bytes]

    @abstractmethod
    def kept_saveset(self, saveset: SavesetRef) -> Kept | None: ...

    @abstractmethod
    def check_store(self, label: str) -> None: ...

    @abstractmethod
    def _reach(self, client: Reach) -> None: ...

    @abstractmethod
    def _led(self, control: Control) -> Iterator[Progress | Message]: ...

    def read_entry(
        self,
        chain: Sequence[SavesetRef],
        path: bytes,
        first_byte: int,
        most_bytes: int,
        control: Control,
    ) -> Iterator[EntryPiece]:
        yield from ()
        listed = self.kept_saveset(chain[0])
        if listed is None or listed.damaged == "listing":
            raise SavesetDamaged(saveset=chain[0].name, detail="its listing cannot be read")
        file = listed.files.get(path)
        if file is None:
            if any(other.startswith(path + b"/") for other in listed.files):
                raise InvalidArgument(field="path", value=repr(path), expected="a file")
            raise PathNotFound(saveset=chain[0].name, path=repr(path))
        size = len(file.content)
        if not 0 <= first_byte <= size:
            raise InvalidArgument(field="first_byte", value=first_byte, expected=f"0 to {size}")
        home = next(member for member in chain if member.name == file.home)
        self.check_store(home.label)
        kept = self.kept_saveset(home)
        if kept is None:
            raise EngineError("SAVESET_MISSING", f"{home.name} is missing", home.name)
        if kept.damaged:
            raise EngineError("SAVESET_DAMAGED", f"{home.name} is damaged", home.name)
        if control.cancelled:
            raise Cancelled
        yield EntryPiece(file.content[first_byte : first_byte + most_bytes], size)

    def client_directory(
        self, client: Reach, directory: bytes, control: Control
    ) -> ClientDirectory:
        if control.cancelled:
            raise Cancelled
        self._reach(client)
        inside = directory.rstrip(b"/") + b"/"
        names = {
            path[len(inside) :].split(b"/")[0] for path in self.client if path.startswith(inside)
        }
        if not names:
            raise NoDirectory(f"{directory!r} is no directory there")
        found = [self._client_entry(inside, name) for name in names]
        found.sort(key=lambda entry: (entry.kind is not EntryKind.DIRECTORY, entry.name))
        return ClientDirectory(tuple(found))

    def walk(self, request: WalkRequest, control: Control) -> Iterator[WalkEvent]:
        """Knows patterns without a slash only."""
        for event in self._led(control):
            if isinstance(event, Progress):
                yield event
        self._reach(request.client)
        found = [path for source in request.sources for path in self._below(source)]
        yield Progress(Phase.SCAN, files_done=len(found))
        left: set[bytes] = set()
        for exclude in request.excludes:
            hits = {hit for path in found for hit in _hits(path, request.sources, exclude)}
            out = [path for path in found if any((path + b"/").startswith(h + b"/") for h in hits)]
            left.update(out)
            size = sum(len(self.client[path]) for path in out)
            examples = tuple(sorted(hits))[:EXAMPLES]
            yield LeftOutBy(LeftOutCause.EXCLUDE, exclude, len(hits), len(out), size, examples)
        kept = [path for path in found if path not in left]
        yield WalkDone(
            kept_files=len(kept),
            kept_bytes=sum(len(self.client[path]) for path in kept),
            kept_directories=len({path.rpartition(b"/")[0] for path in kept}),
            left_files=len(left),
            left_bytes=sum(len(self.client[path]) for path in left),
        )

    def _below(self, source: bytes) -> list[bytes]:
        found = [path for path in self.client if (path + b"/").startswith(source + b"/")]
        if not found:
            raise EngineError("SOURCE_MISSING", f"source {source!r} does not exist")
        return found

    def _client_entry(self, inside: bytes, name: bytes) -> ClientEntry:
        content = self.client.get(inside + name)
        return ClientEntry(
            name=name,
            kind=EntryKind.DIRECTORY if content is None else EntryKind.FILE,
            size=4096 if content is None else len(content),
            modify_time_ns=MODIFY_TIME_NS,
            mode=0o755 if content is None else 0o644,
            link_target=b"",
            is_mount=False,
            is_readable=True,
        )


def _hits(path: bytes, sources: Sequence[bytes], exclude: str) -> Iterator[bytes]:
    """The entries on the way from a source to the path that the pattern meets."""
    for source in sources:
        if not path.startswith(source + b"/"):
            continue
        at = source
        for part in path[len(source) + 1 :].split(b"/"):
            at += b"/" + part
            if fnmatch.fnmatchcase(part, exclude.encode()):
                yield at
