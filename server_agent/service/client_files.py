"""What lies on clients now, and what a backup of it would save or leave out."""

import threading
import uuid
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from server_agent.domain.errors import (
    ClientNotFound,
    ClientUnusable,
    InvalidArgument,
    PageTokenInvalid,
)
from server_agent.domain.quoting import printable
from server_agent.domain.reach import Reach
from server_agent.domain.savesets import BackupType, choose_base
from server_agent.domain.task_options import TaskOptions, TimeReference, checked_options
from server_agent.domain.topology import LONGEST_PATH, checked_excludes, checked_sources
from server_agent.ports import Clock, Control, Engine, EngineError, EntryKind, SavesetRef
from server_agent.ports.client_files import (
    ClientDirectory,
    ClientEntry,
    NoDirectory,
    WalkEvent,
    WalkRequest,
)
from server_agent.service.chains import ref
from server_agent.service.changes import Changes
from server_agent.service.paging import seal, unseal

KEPT = timedelta(minutes=2)  # that a directory is kept for its next pages
MOST_KEPT = 4  # directories


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """`total`: entries of the whole directory, as far as they were read; `is_cut`: there are
    more."""

    entries: tuple[ClientEntry, ...]
    next_token: str | None
    total: int
    is_cut: bool


@dataclass(slots=True)
class _Kept:
    list_name: str
    directory: ClientDirectory
    time: datetime


_NOT_BY_DATABASE = {
    TimeReference.TIME_STAMP_FILE: "a time stamp file",
    TimeReference.ARCHIVE_BIT: "archive bits",
}


class ClientFiles:
    """Asks clients; each call takes as long as they do."""

    def __init__(self, changes: Changes, engine: Engine, clock: Clock) -> None:
        self._changes = changes
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def directory(
        self, client: str, path: bytes, token: str | None, limit: int, control: Control
    ) -> DirectoryPage:
        """One page of a directory. What is read is kept for the pages that follow.

        Raises:
            ClientNotFound, ClientUnusable, InvalidArgument, PageTokenInvalid.
            Cancelled: the control said so.
        """
        place = _checked_directory(path)
        list_name = f"client directory {client} {place.hex()}"
        reach = self._reach(client)
        name, after = _parsed(unseal(list_name, token))
        kept = self._found(name, list_name) if name else None
        if kept is None:
            name, kept = uuid.uuid4().hex, self._read(client, reach, place, control)
        entries = kept.entries
        begin = bisect_right(entries, after, key=_order) if after is not None else 0
        page = entries[begin : begin + limit]
        more = None
        if begin + len(page) < len(entries):
            self._keep(name, list_name, kept)
            leaf, last = _order(page[-1])
            more = seal(list_name, f"{name} {int(leaf)} {last.hex()}")
        return DirectoryPage(page, more, len(entries), kept.is_cut)

    def request(
        self,
        client: str,
        sources: tuple[bytes, ...],
        excludes: tuple[str, ...],
        options: TaskOptions,
        task: str = "",
    ) -> WalkRequest:
        """What a walk is asked with. Raises ClientNotFound; InvalidArgument as for a task.

        Args:
            task: with whose newest saveset is compared; empty: with none.
        """
        sources = checked_sources(sources)
        return WalkRequest(
            sources=sources,
            excludes=checked_excludes(excludes, options.exclude_kind),
            client=self._reach(client),
            options=checked_options(options),
            compare_with=self._newest(task, sources, options),
        )

    def walk(self, request: WalkRequest, control: Control) -> Iterator[WalkEvent]:
        """As the engine's. Raises EngineError, Cancelled."""
        return self._engine.walk(request, control)

    def why_not_compared(self, request: WalkRequest, task: str) -> str:
        """Why a walk that was asked for a task will not say what an INC of it would save; empty if
        it will, or none was named."""
        if not task or request.compare_with is not None:
            return ""
        how = _NOT_BY_DATABASE.get(request.options.time_reference)
        if how is not None:
            return f"only a backup itself can tell: what has changed is known by {how}"
        return "there is no saveset of these sources to build on: it would become a FULL"

    def _newest(
        self, task: str, sources: tuple[bytes, ...], options: TaskOptions
    ) -> SavesetRef | None:
        """What an INC would build on, wherever it lies."""
        if not task or options.time_reference is not TimeReference.DATABASE:
            return None
        with self._changes.read() as view:
            found = choose_base(BackupType.INC, sources, view.savesets_of_task(task))
        return ref(found) if found is not None else None

    def _reach(self, name: str) -> Reach:
        with self._changes.read() as view:
            client = view.client(name)
        if client is None:
            raise ClientNotFound(client=name)
        return client.reach

    def _read(self, client: str, reach: Reach, path: bytes, control: Control) -> ClientDirectory:
        try:
            return self._engine.client_directory(reach, path, control)
        except NoDirectory as error:
            raise InvalidArgument(
                field="directory",
                value=printable(path),
                expected=f"a directory of {client} that can be read; {error}",
            ) from error
        except EngineError as error:
            text = error.text.rstrip(".")
            detail = f"{text[:1].upper()}{text[1:]}."
            raise ClientUnusable(client=client, detail=detail) from error

    def _found(self, name: str, list_name: str) -> ClientDirectory | None:
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or kept.list_name != list_name:
                return None
            if self._is_old(kept):
                return None
            return kept.directory

    def _keep(self, name: str, list_name: str, directory: ClientDirectory) -> None:
        with self._lock:
            self._kept[name] = _Kept(list_name, directory, self._clock.now())
            self._kept.move_to_end(name)
            old = [key for key, each in self._kept.items() if self._is_old(each)]
            for key in old:
                del self._kept[key]
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def _is_old(self, kept: _Kept) -> bool:
        return abs(self._clock.now() - kept.time) > KEPT  # clocks leap


def _checked_directory(path: bytes) -> bytes:
    """Without a slash at its end; the root for an empty one."""
    place = path.rstrip(b"/") or b"/"
    parts = place.split(b"/")[1:] if place != b"/" else []
    usable = place.startswith(b"/") and b"\0" not in place and len(place) <= LONGEST_PATH
    if not usable or {b"", b".", b".."} & set(parts):
        raise InvalidArgument(
            field="directory",
            value=printable(path[:200]),
            expected="an absolute path without '.', '..' or '//'",
        )
    return place


def _order(entry: ClientEntry) -> tuple[bool, bytes]:
    return entry.kind is not EntryKind.DIRECTORY, entry.name


def _parsed(position: str | None) -> tuple[str, tuple[bool, bytes] | None]:
    """Under which name the directory is kept, and the last entry of the page before."""
    if position is None:
        return "", None
    try:
        name, leaf, last = position.split(" ")
        return name, (bool(int(leaf)), bytes.fromhex(last))
    except ValueError as error:
        raise PageTokenInvalid from error
