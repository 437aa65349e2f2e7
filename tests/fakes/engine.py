"""An engine in memory: it really keeps what it is given, and a test can lead it step by step."""

import queue
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from server_agent.domain.errors import PageTokenInvalid, PathNotFound, SavesetDamaged
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.reach import HostKey, Reach, Ssh
from server_agent.ports import (
    COMMANDS_DIRECTORY,
    BackupDone,
    BackupEvent,
    BackupRequest,
    Cancelled,
    Compressed,
    Control,
    EngineError,
    Entry,
    EntryKind,
    EntryPage,
    Interrupted,
    Message,
    RestoreDone,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
    Verified,
    VerifyEvent,
    VerifyRequest,
)
from tests.fakes.stores import MemoryStores

DEADLINE_SECONDS = 10.0
MODIFY_TIME_NS = 1_700_000_000_123_456_789

Event = Progress | Message


class FakeControl:
    """A control that a test cancels."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        if self.cancelled:
            callback()
        else:
            self._callbacks.append(callback)

    def cancel(self) -> None:
        self._cancelled.set()
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


class Lead:
    """A call that waits for the test: it says what it is told and ends as it is told.

    A cancel of its control ends it at once.
    """

    def __init__(self) -> None:
        self._orders: queue.Queue[Event | EngineError | str] = queue.Queue()
        self._begun = threading.Event()
        self._ended = threading.Event()

    def wait_begun(self) -> None:
        """Waits until the call runs."""
        if not self._begun.wait(DEADLINE_SECONDS):
            raise TimeoutError("the engine was not called")

    def wait_ended(self) -> None:
        """Waits until the call has ended, in whatever way."""
        if not self._ended.wait(DEADLINE_SECONDS):
            raise TimeoutError("the call has not ended")

    def say(self, event: Event) -> None:
        """The call yields this next."""
        self._orders.put(event)

    def fail(self, error: EngineError) -> None:
        """The call raises this."""
        self._orders.put(error)

    def finish(self) -> None:
        """The call goes on to its own end."""
        self._orders.put("finish")

    def events(self, control: Control) -> Iterator[Event]:
        control.on_cancel(lambda: self._orders.put("cancel"))
        self._begun.set()
        while True:
            order = self._orders.get(timeout=DEADLINE_SECONDS)
            if control.cancelled:
                raise Cancelled
            if order == "finish":
                return
            if isinstance(order, EngineError):
                raise order
            if not isinstance(order, str):
                yield order

    def end(self) -> None:
        self._ended.set()


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    home: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """A saveset. `damaged` says which part: "data" or "listing"."""

    files: dict[bytes, _File]
    sources: tuple[bytes, ...]
    result: BackupDone
    facts: Mapping[str, str]
    sesam_day: date
    damaged: str = ""
    label: str = ""


@dataclass
class FakeEngine(MemoryStores):
    """`server_agent.ports.Engine` without disks or processes.

    Attributes:
        client: the files of the client by full path; a source is a path or what lies below one.
        targets: what was restored or was there before: files by full path, per target.
        savesets: what is kept, by name.
        half: names of backups that were interrupted by the agent's end.
        unmounted: labels of media that are not in their places.
        unreachable: clients that cannot be reached.
        host_keys_shown: by all clients over SSH.
        outputs: what a command writes, by its name, and its exit status.
        requests: every request, in the order of the calls.
        left_aside: what `put_back` says, by job.
        compressed: names of the savesets whose listings are.
    """

    client: dict[bytes, bytes] = field(default_factory=dict)
    targets: dict[bytes, dict[bytes, bytes]] = field(default_factory=dict)
    savesets: dict[str, _Kept] = field(default_factory=dict)
    half: set[str] = field(default_factory=set)
    unmounted: set[str] = field(default_factory=set)
    unreachable: set[Reach] = field(default_factory=set)
    host_keys_shown: list[HostKey] = field(default_factory=list)
    outputs: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    requests: list[BackupRequest | RestoreRequest] = field(default_factory=list)
    left_aside: dict[str, list[Message]] = field(default_factory=dict)
    compressed: set[str] = field(default_factory=set)
    _leads: "queue.SimpleQueue[Lead]" = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        super().__init__()

    def lead_next(self) -> Lead:
        """The next backup or restore without a lead waits for what this one is told."""
        lead = Lead()
        self._leads.put(lead)
        return lead

    def damage(self, saveset: str, part: str) -> None:
        """Spoils "data" or "listing" of a saveset."""
        self.savesets[saveset] = replace(self.savesets[saveset], damaged=part)

    def compress_listings(self, before: date, control: Control) -> Iterator[Compressed | Message]:
        for name, kept in sorted(self.savesets.items()):
            if control.cancelled:
                raise Cancelled
            if kept.sesam_day < before and name not in self.compressed:
                self.compressed.add(name)
                yield Compressed(name, 1000, 100)

    def remove(self, savesets: Sequence[SavesetRef]) -> list[str]:
        gone = [each.name for each in savesets if each.label not in self.unmounted]
        for name in gone:
            self.savesets.pop(name, None)
        return gone

    def verify(self, request: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        yield from self._led(control)
        for each in request.savesets:
            if control.cancelled:
                raise Cancelled
            self.check_store(each.label)
            kept = self.savesets.get(each.name)
            if kept is None:
                yield Verified(each.name, 0, f"{each.name} is missing", missing=True)
                continue
            yield Progress(Phase.TRANSFER, bytes_done=kept.result.stored_bytes)
            fault = f"its {kept.damaged} is not as it was" if kept.damaged else ""
            yield Verified(each.name, kept.result.stored_bytes, fault)

    def put_back(self, job_id: str) -> list[Message]:
        return self.left_aside.pop(job_id, [])

    def remove_medium(self, store: bytes, name: str, label: str) -> None:
        if any(kept.label == label for kept in self.savesets.values()):
            raise EngineError("STORE_UNUSABLE", f"{label} still holds a saveset.")
        super().remove_medium(store, name, label)

    def check_store(self, label: str) -> None:
        if label in self.unmounted or not self.has_medium(label):
            raise EngineError(
                "STORE_MISSING",
                f"The data store {label} has no label {label} of this location. Is it mounted?"
                " Mount it and try again.",
            )

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        return {
            each.name
            for each in savesets
            if each.name in self.savesets and each.label not in self.unmounted
        }

    def host_keys(self, client: Ssh, control: Control) -> list[HostKey]:
        self._reach(client)
        return list(self.host_keys_shown)

    def check_client(self, client: Reach, control: Control) -> list[str]:
        self._reach(client)
        return []

    def _reach(self, client: Reach) -> None:
        if client in self.unreachable:
            raise EngineError("CLIENT_UNREACHABLE", f"{client} cannot be reached")

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        self.requests.append(request)
        yield from self._led(control)
        self.check_store(request.label)
        if request.saveset in self.savesets:
            raise EngineError("NAME_TAKEN", f"saveset {request.saveset} exists already")
        yield Progress(Phase.SCAN)
        self._reach(request.client)
        kept = self._scanned(request)
        done = kept.result
        for phase in (Phase.TRANSFER, Phase.COMMIT):
            if control.cancelled:
                raise Cancelled
            yield Progress(phase, done.files, done.files, done.bytes_read, done.bytes_read)
        if control.cancelled:
            raise Cancelled
        self.savesets[request.saveset] = replace(kept, label=request.label)
        yield done

    def restore(self, request: RestoreRequest, control: Control) -> Iterator[RestoreEvent]:
        self.requests.append(request)
        yield from self._led(control)
        yield Progress(Phase.SCAN)
        picked = self._picked(request)
        if not request.target.startswith(b"/"):
            raise EngineError("TARGET_UNUSABLE", f"{request.target!r} is no absolute path")
        place = self.targets.setdefault(request.target, {})
        files = size = 0
        for path, content in picked.items():
            if control.cancelled:
                raise Cancelled
            if any(other.startswith(path + b"/") for other in place):
                text = f"{path!r} is in the way and stays"
                yield Message(Level.WARNING, "IN_THE_WAY", text, path)
                continue
            place[path] = content
            files += 1
            size += len(content)
            yield Progress(Phase.TRANSFER, files_done=files, bytes_done=size, current=path)
        yield RestoreDone(files=files, bytes_written=size, skipped=len(picked) - files)

    def entries(
        self, saveset: SavesetRef, directory: bytes, position: str | None, limit: int
    ) -> EntryPage:
        kept = self._listed(saveset)
        if directory:
            inside = directory.rstrip(b"/") + b"/"
            names = {
                path[len(inside) :].split(b"/")[0] for path in kept.files if path.startswith(inside)
            }
            if not names:
                raise PathNotFound(saveset=saveset.name, path=repr(directory))
            found = [_entry(kept, inside + name) for name in names]
        else:
            found = [_entry(kept, source) for source in kept.sources]
        found.sort(key=lambda entry: (entry.kind is not EntryKind.DIRECTORY, entry.path))
        try:
            first = int(position or 0)
        except ValueError as error:
            raise PageTokenInvalid from error
        after = first + limit
        return EntryPage(
            entries=tuple(found[first:after]),
            total=len(found),
            next_position=str(after) if after < len(found) else None,
        )

    def missing_paths(self, saveset: SavesetRef, paths: Sequence[bytes]) -> list[bytes]:
        kept = self._listed(saveset)
        return [path for path in paths if not _at_or_below(kept.files, path)]

    def recover(
        self, writing: Sequence[SavesetRef], committed: frozenset[str]
    ) -> list[Interrupted]:
        self.half.clear()
        found: list[Interrupted] = []
        for saveset in writing:
            if saveset.label in self.unmounted:
                continue
            kept = self.savesets.get(saveset.name)
            if kept is not None and kept.damaged:
                del self.savesets[saveset.name]
                kept = None
            found.append(
                Interrupted(saveset.name, kept.result, kept.facts)
                if kept
                else Interrupted(saveset.name, None)
            )
        return found

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        self.check_store(label)
        self.half &= set(writing())

    def _led(self, control: Control) -> Iterator[Event]:
        try:
            lead = self._leads.get_nowait()
        except queue.Empty:
            lead = None
        if lead is not None:
            try:
                yield from lead.events(control)
            finally:
                lead.end()
        if control.cancelled:
            raise Cancelled

    def _scanned(self, request: BackupRequest) -> _Kept:
        base: dict[bytes, _File] = {}
        if request.base:
            nearest = self.savesets.get(request.base[0].name)
            if nearest is None or nearest.damaged:
                name = request.base[0].name
                raise EngineError("BASE_DAMAGED", f"{name} cannot be read", name)
            base = nearest.files
        files: dict[bytes, _File] = {}
        for command in request.commands:
            content, status = self.outputs[command.name]
            if status:
                raise EngineError("COMMAND_FAILED", f"{command.name} ended with status {status}")
            files[command.path] = _File(content, request.saveset)
        for source in request.sources:
            below = _at_or_below(self.client, source)
            if not below:
                raise EngineError("SOURCE_MISSING", f"source {source!r} does not exist")
            for path in below:
                content = self.client[path]
                same = path in base and base[path].content == content
                files[path] = base[path] if same else _File(content, request.saveset)
        own = [file for file in files.values() if file.home == request.saveset]
        result = BackupDone(
            files=len(own),
            bytes_read=sum(len(file.content) for file in own),
            stored_bytes=sum(len(file.content) for file in own),
            skipped=0,
            listed_files=len(files),
            listed_bytes=sum(len(file.content) for file in files.values()),
        )
        sources = request.sources + ((COMMANDS_DIRECTORY,) if request.commands else ())
        return _Kept(files, sources, result, dict(request.facts), request.sesam_day)

    def _picked(self, request: RestoreRequest) -> dict[bytes, bytes]:
        for member in request.chain:
            self.check_store(member.label)
        chain = [self._in_chain(member.name) for member in request.chain]
        files = chain[0].files
        picked: dict[bytes, bytes] = {}
        for wanted in request.paths or chain[0].sources:
            below = _at_or_below(files, wanted)
            if not below:
                raise EngineError("PATH_NOT_FOUND", f"there is no {wanted!r}")
            picked.update({path: files[path].content for path in below})
        return picked

    def _in_chain(self, name: str) -> _Kept:
        kept = self.savesets.get(name)
        if kept is None:
            raise EngineError("SAVESET_MISSING", f"saveset {name} is not in its place", name)
        if kept.damaged:
            raise EngineError("SAVESET_DAMAGED", f"saveset {name} is damaged", name)
        return kept

    def _listed(self, saveset: SavesetRef) -> _Kept:
        kept = self.savesets.get(saveset.name)
        if kept is None or kept.damaged == "listing":
            raise SavesetDamaged(saveset=saveset.name, detail="its listing cannot be read")
        return kept


def _at_or_below(paths: Iterable[bytes], start: bytes) -> list[bytes]:
    inside = start.rstrip(b"/") + b"/"
    return [path for path in paths if path == start or path.startswith(inside)]


def _entry(kept: _Kept, path: bytes) -> Entry:
    file = kept.files.get(path)
    inside = path.rstrip(b"/") + b"/"
    below = {
        other[len(inside) :].split(b"/")[0] for other in kept.files if other.startswith(inside)
    }
    return Entry(
        path=path,
        kind=EntryKind.FILE if file else EntryKind.DIRECTORY,
        size=len(file.content) if file else 4096,
        modify_time_ns=MODIFY_TIME_NS,
        mode=0o644 if file else 0o755,
        uid=0,
        gid=0,
        link_target=b"",
        home=file.home if file else max(kept.files[other].home for other in kept.files),
        children=0 if file else len(below),
    )
