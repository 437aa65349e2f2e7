"""An engine in memory: it really keeps what it is given, and a test can lead it step by step."""

import queue
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from server_agent.domain.errors import PageTokenInvalid, PathNotFound, SavesetDamaged
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.reach import HostKey, Reach, Ssh
from server_agent.domain.task_options import TimeReference
from server_agent.ports import (
    COMMANDS_DIRECTORY,
    BackupDone,
    BackupEvent,
    BackupRequest,
    Cancelled,
    Compressed,
    Control,
    CopyDone,
    CopyEvent,
    CopyRequest,
    EngineError,
    Entry,
    EntryKind,
    EntryPage,
    Interrupted,
    Message,
    ProofEvent,
    ProofRequest,
    Proved,
    RestoreDone,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
    Verified,
    VerifyEvent,
    VerifyRequest,
)
from tests.fakes.engine_looks import EngineLooks
from tests.fakes.stores import MemoryStores

DEADLINE_SECONDS = 10.0
MODIFY_TIME_NS = 1_700_000_000_123_456_789
BEGIN_NS = 1_700_000_001_000_000_000  # of each backup that has to know when it began

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
class FakeEngine(EngineLooks, MemoryStores):
    """`server_agent.ports.Engine` without disks or processes.

    Attributes:
        client: the files of the client by full path; a source is a path or what lies below one.
        targets: what was restored or was there before: files by full path, per target. What was
            there is newer than anything that is saved.
        savesets: what is kept, by name.
        copies: of savesets on further media, by name and label.
        half: names of backups that were interrupted by the agent's end.
        unmounted: labels of media that are not in their places.
        unreachable: clients that cannot be reached.
        host_keys_shown: by all clients over SSH.
        outputs: what a command writes, by its name, and its exit status.
        archive_bits: paths of the client's files whose bit is set.
        requests: every request, in the order of the calls.
        left_aside: what `put_back` says, by job.
        compressed: names of the savesets whose listings are.
        untidy: what is said of each medium that is tidied the next time.
    """

    client: dict[bytes, bytes] = field(default_factory=dict)
    targets: dict[bytes, dict[bytes, bytes]] = field(default_factory=dict)
    savesets: dict[str, _Kept] = field(default_factory=dict)
    copies: dict[tuple[str, str], _Kept] = field(default_factory=dict)
    half: set[str] = field(default_factory=set)
    unmounted: set[str] = field(default_factory=set)
    unreachable: set[Reach] = field(default_factory=set)
    host_keys_shown: list[HostKey] = field(default_factory=list)
    outputs: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    archive_bits: set[bytes] = field(default_factory=set)
    requests: list[BackupRequest | RestoreRequest] = field(default_factory=list)
    left_aside: dict[str, list[Message]] = field(default_factory=dict)
    compressed: set[str] = field(default_factory=set)
    shelved: set[str] = field(default_factory=set)
    untidy: list[str] = field(default_factory=list)
    _leads: "queue.SimpleQueue[Lead]" = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        super().__init__()

    def lead_next(self) -> Lead:
        """The next backup or restore without a lead waits for what this one is told."""
        lead = Lead()
        self._leads.put(lead)
        return lead

    def damage(self, saveset: str, part: str, label: str = "") -> None:
        """Spoils "data" or "listing" of a saveset. `label`: of a copy, on that medium."""
        if label:
            kept = self.copies[saveset, label]
            self.copies[saveset, label] = replace(kept, damaged=part)
        else:
            self.savesets[saveset] = replace(self.savesets[saveset], damaged=part)

    def lying(self, saveset: SavesetRef) -> _Kept | None:
        """It as it lies on its medium."""
        kept = self.savesets.get(saveset.name)
        if kept is not None and kept.label in ("", saveset.label):
            return kept
        return self.copies.get((saveset.name, saveset.label))

    def compress_listings(self, before: date, control: Control) -> Iterator[Compressed | Message]:
        for name, kept in sorted(self.savesets.items()):
            if control.cancelled:
                raise Cancelled
            if kept.sesam_day < before and name not in self.compressed:
                self.compressed.add(name)
                yield Compressed(name, 1000, 100)

    def tidy(self, _now: datetime, control: Control) -> Iterator[Message]:
        for text in self.untidy:
            if control.cancelled:
                raise Cancelled
            yield Message(Level.INFO, "TIDIED", text)
        self.untidy.clear()

    def remove(self, savesets: Sequence[SavesetRef], listed: Collection[str] = ()) -> list[str]:
        gone = [each for each in savesets if each.label not in self.unmounted]
        for each in gone:
            if self.copies.pop((each.name, each.label), None) is None and self.lying(each):
                del self.savesets[each.name]
                # The listing is one for all: it stays with what is left.
                left = [key for key in self.copies if key[0] == each.name and each.name in listed]
                self.savesets |= {key[0]: self.copies.pop(key) for key in left[:1]}
        return [each.name for each in gone]

    def copy(self, request: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        saveset, label = request.saveset, request.label
        if self.lying(replace(saveset, label=label)) is not None:
            raise EngineError("NAME_TAKEN", f"{label} has {saveset.name} already")
        return self._copied(saveset, label, control)

    def _copied(self, saveset: SavesetRef, label: str, control: Control) -> Iterator[CopyEvent]:
        yield from self._led(control)
        self.check_store(saveset.label)
        self.check_store(label)
        kept = self.lying(saveset)
        if kept is None:
            raise EngineError("SAVESET_MISSING", f"{saveset.name} is missing", saveset.name)
        yield Progress(Phase.TRANSFER, bytes_done=kept.result.stored_bytes)
        if kept.damaged:
            raise EngineError("SAVESET_DAMAGED", f"{saveset.name} is damaged", saveset.name)
        if control.cancelled:
            raise Cancelled
        self.copies[saveset.name, label] = replace(kept, label=label)
        yield CopyDone(kept.result.stored_bytes)

    def verify(self, request: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        yield from self._led(control)
        for each in request.savesets:
            if control.cancelled:
                raise Cancelled
            self.check_store(each.label)
            kept = self.lying(each)
            if kept is None:
                text = f"{each.name} is missing"
                yield Verified(each.name, 0, text, missing=True, label=each.label)
                continue
            yield Progress(Phase.TRANSFER, bytes_done=kept.result.stored_bytes)
            unseen = request.quick and kept.damaged == "data"
            fault = f"its {kept.damaged} is not as it was" if kept.damaged and not unseen else ""
            read = 0 if request.quick else kept.result.stored_bytes
            compared = "its data were not compared" if request.quick and not fault else ""
            yield Verified(each.name, read, fault, compared=compared, label=each.label)

    def prove(self, request: ProofRequest, control: Control) -> Iterator[ProofEvent]:
        yield from self._led(control)
        for each in request.chain:
            self.check_store(each.label)
            if self.savesets[each.name].damaged:
                raise EngineError("SAVESET_DAMAGED", f"{each.name} is damaged", each.name)
        files = self.savesets[request.chain[0].name].files
        fitting = [
            file.content for file in files.values() if len(file.content) <= request.max_bytes
        ]
        drawn = fitting[: request.files]
        yield Proved(len(drawn), sum(map(len, drawn)), len(files))

    def shelve(self, savesets: Sequence[SavesetRef], control: Control) -> int:
        if control.cancelled:
            raise Cancelled
        new = {each.name for each in savesets if each.label not in self.unmounted} - self.shelved
        self.shelved |= new
        return len(new)

    def put_back(self, job_id: str) -> list[Message]:
        return self.left_aside.pop(job_id, [])

    def remove_medium(self, store: bytes, name: str, label: str) -> None:
        if any(kept.label == label for kept in (*self.savesets.values(), *self.copies.values())):
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
            if self.lying(each) is not None and each.label not in self.unmounted
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
        put_back = self._put_back(request.chain[0])
        yield from put_back
        picked = self._picked(request)
        if not request.target.startswith(b"/"):
            raise EngineError("TARGET_UNUSABLE", f"{request.target!r} is no absolute path")
        if request.dry_run:
            yield from _rehearsed(request, picked, self.targets.get(request.target, {}))
            return
        place = self.targets.setdefault(request.target, {})
        rule, taken = request.overwrite, set(place)
        files = size = kept = renamed = 0
        for path, content in picked.items():
            if control.cancelled:
                raise Cancelled
            if path in taken and rule in (OverwriteRule.NEVER, OverwriteRule.IF_OLDER):
                kept += 1
                yield Message(Level.INFO, "KEPT", f"{path!r} stays as it is", path)
                continue
            if path in taken and rule is OverwriteRule.RENAME:
                renamed += 1
                yield Message(Level.INFO, "RENAMED", f"{path!r} stays", path)
                path += b".restored"
            if any(other.startswith(path + b"/") for other in place):
                text = f"{path!r} is in the way and stays"
                yield Message(Level.WARNING, "IN_THE_WAY", text, path)
                continue
            place[path] = content
            files += 1
            size += len(content)
            yield Progress(Phase.TRANSFER, files_done=files, bytes_done=size, current=path)
        notes = (f"{kept} files kept because they exist",) * bool(kept)
        notes += (f"{renamed} files restored under new names",) * bool(renamed)
        lost = len(picked) - files - kept
        yield RestoreDone(files, size, lost, tuple(each.text for each in put_back), notes)

    def _put_back(self, saveset: SavesetRef) -> list[Message]:
        """The listing of a saveset comes from its medium if it is damaged."""
        kept = self.savesets.get(saveset.name)
        if kept is None or kept.damaged != "listing":
            return []
        self.savesets[saveset.name] = replace(kept, damaged="")
        text = f"The listing of saveset {saveset.name} was put back"
        return [Message(Level.WARNING, "LISTING_PUT_BACK", text)]

    def kept_saveset(self, saveset: SavesetRef) -> _Kept | None:
        return self.lying(saveset)

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
        self,
        writing: Sequence[SavesetRef],
        committed: frozenset[str],
        silent: Collection[bytes] = (),
    ) -> list[Interrupted]:
        if not silent:
            self.half.clear()
        settled = [self.settle(saveset) for saveset in writing]
        return [each for each in settled if each is not None]

    def settle(self, saveset: SavesetRef) -> Interrupted | None:
        if saveset.label in self.unmounted:
            return None
        self.half.discard(saveset.name)
        kept = self.savesets.get(saveset.name)
        if kept is not None and kept.damaged:
            del self.savesets[saveset.name]
            kept = None
        if kept is None:
            return Interrupted(saveset.name, None)
        return Interrupted(saveset.name, kept.result, kept.facts)

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

    def clear_archive_bits(self, saveset: SavesetRef) -> list[Message]:
        files = self.savesets[saveset.name].files
        own = {path for path, file in files.items() if file.home == saveset.name}
        count = len(own & self.archive_bits)
        self.archive_bits -= own
        return [Message(Level.INFO, "ARCHIVE_BITS", f"{count} archive bits were cleared")]

    def _scanned(self, request: BackupRequest) -> _Kept:
        by_database = request.options.time_reference is TimeReference.DATABASE
        by_bits = request.options.time_reference is TimeReference.ARCHIVE_BIT
        if by_bits and isinstance(request.client, Ssh):
            raise EngineError("REFERENCE_UNUSABLE", "archive bits are read here only")
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
                marked = bool(request.since_ns) and path in self.archive_bits
                same = path in base and base[path].content == content and not marked
                files[path] = base[path] if same else _File(content, request.saveset)
        own = [file for file in files.values() if file.home == request.saveset]
        result = BackupDone(
            files=len(own),
            bytes_read=sum(len(file.content) for file in own),
            stored_bytes=sum(len(file.content) for file in own),
            skipped=0,
            listed_files=len(files),
            listed_bytes=sum(len(file.content) for file in files.values()),
            begin_ns=0 if by_database else BEGIN_NS,
        )
        sources = request.sources + ((COMMANDS_DIRECTORY,) if request.commands else ())
        return _Kept(files, sources, result, dict(request.facts), request.sesam_day)

    def _picked(self, request: RestoreRequest) -> dict[bytes, bytes]:
        for member in request.chain:
            self.check_store(member.label)
        chain = [self._in_chain(member) for member in request.chain]
        files = chain[0].files
        picked: dict[bytes, bytes] = {}
        for wanted in request.paths or chain[0].sources:
            below = _at_or_below(files, wanted)
            if not below:
                raise EngineError("PATH_NOT_FOUND", f"there is no {wanted!r}")
            picked.update({path: files[path].content for path in below})
        return picked

    def _in_chain(self, saveset: SavesetRef) -> _Kept:
        name, kept = saveset.name, self.lying(saveset)
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


def _rehearsed(
    request: RestoreRequest, picked: Mapping[bytes, bytes], place: Mapping[bytes, bytes]
) -> Iterator[RestoreEvent]:
    there = {
        OverwriteRule.ALWAYS: "WOULD_REPLACE",
        OverwriteRule.NEVER: "WOULD_KEEP",
        OverwriteRule.IF_OLDER: "WOULD_KEEP",
        OverwriteRule.RENAME: "WOULD_RENAME",
    }[request.overwrite]
    for path in picked:
        code = there if path in place else "WOULD_CREATE"
        yield Message(Level.INFO, code, f"{path!r}: {code}", path)
    yield RestoreDone(0, 0, 0, notes=("Dry run, nothing was restored",))
