"""An engine that does what a test wrote down for it, and waits where the test says so."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date

from server_agent.domain.errors import PathNotFound, SavesetDamaged
from server_agent.domain.jobs import Progress
from server_agent.ports import (
    BackupDone,
    BackupEvent,
    BackupRequest,
    Cancelled,
    Compressed,
    Control,
    EngineError,
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

DEADLINE = 10.0  # seconds; only a test that fails waits so long

DONE = BackupDone(
    files=10, bytes_read=1000, stored_bytes=400, skipped=0, listed_files=12, listed_bytes=1200
)
RESTORED = RestoreDone(files=12, bytes_written=1200, skipped=0)


class Gate:
    """A step at which the engine stands until the test opens it, or the job is cancelled."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def wait_until_reached(self) -> None:
        assert self.reached.wait(DEADLINE), "the engine did not come to the gate"

    def open(self) -> None:
        self.opened.set()

    def pass_through(self, control: Control) -> None:
        control.on_cancel(self.opened.set)
        self.reached.set()
        assert self.opened.wait(DEADLINE), "nobody opened the gate"
        if control.cancelled:
            raise Cancelled


Step = Progress | Message | BackupDone | RestoreDone | Gate | Exception


class SteeredEngine(MemoryStores):
    """The `Engine` port. Without a script, everything succeeds at once.

    Attributes:
        scripts: one list of steps for each coming backup or restore, in the order of their calls.
        backups, restores: what was asked for.
        interrupted: what `recover` finds, by saveset.
        missing: paths that no listing has.
        damaged: raised when a listing is read.
        left_aside: what `put_back` says, by job.
        absent: names of savesets whose files are not in their places.
        unlisted: names of savesets whose listings are not in their places.
        swept: what was being written at each sweep.
        store_is_there: whether the medium is.
        compressed_before: for what days listings were to be compressed.
        listings: the steps of it, by that day; once.
        removed: the savesets whose files were to be removed.
        verified: what was to be compared; `faults` says what is wrong with which.
    """

    def __init__(self) -> None:
        super().__init__()
        self.removed: list[SavesetRef] = []
        self.verified: list[VerifyRequest] = []
        self.faults: dict[str, str] = {}
        self.scripts: deque[list[Step]] = deque()
        self.backups: list[BackupRequest] = []
        self.restores: list[RestoreRequest] = []
        self.interrupted: dict[str, BackupDone] = {}
        self.recovered: list[tuple[list[SavesetRef], frozenset[str]]] = []
        self.missing: set[bytes] = set()
        self.damaged: Exception | None = None
        self.absent: set[str] = set()
        self.unlisted: set[str] = set()
        self.store_is_there = True
        self.left_aside: dict[str, list[Message]] = {}
        self.swept: list[set[str]] = []
        self.closed = 0
        self.compressed_before: list[date] = []
        self.listings: dict[date, list[Compressed | Message | Gate | Exception]] = {}
        self.page = EntryPage((), 0, None)
        self.entry_calls: list[tuple[SavesetRef, bytes, str | None, int]] = []

    def check_store(self, label: str) -> None:
        if not self.store_is_there:
            raise EngineError("STORE_MISSING", f"There is no {label}. Is it mounted?")

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        if not self.store_is_there:
            return set()
        return {each.name for each in savesets} - self.absent - self.unlisted

    def compress_listings(self, before: date, control: Control) -> Iterator[Compressed | Message]:
        self.compressed_before.append(before)
        for step in self.listings.pop(before, ()):
            if isinstance(step, Gate):
                step.pass_through(control)
            elif isinstance(step, Exception):
                raise step
            else:
                yield step

    def remove(self, savesets: Sequence[SavesetRef]) -> list[str]:
        if not self.store_is_there:
            return []
        self.removed += savesets
        return [each.name for each in savesets]

    def verify(self, request: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        self.verified.append(request)
        for each in request.savesets:
            if control.cancelled:
                raise Cancelled
            self.check_store(each.label)
            missing = each.name in self.absent | self.unlisted
            yield Verified(each.name, 100, self.faults.get(each.name, ""), missing)

    def put_back(self, job_id: str) -> list[Message]:
        return self.left_aside.pop(job_id, [])

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        self.backups.append(request)
        for step in self._play(DONE, control):
            assert not isinstance(step, RestoreDone)
            yield step

    def restore(self, request: RestoreRequest, control: Control) -> Iterator[RestoreEvent]:
        self.restores.append(request)
        for step in self._play(RESTORED, control):
            assert not isinstance(step, BackupDone)
            yield step

    def entries(
        self, saveset: SavesetRef, directory: bytes, position: str | None, limit: int
    ) -> EntryPage:
        self.entry_calls.append((saveset, directory, position, limit))
        if saveset.name in self.unlisted:
            raise SavesetDamaged(saveset=saveset.name, detail="its listing is missing")
        if self.damaged is not None:
            raise self.damaged
        if directory in self.missing:
            raise PathNotFound(saveset=saveset.name, path=directory)
        return self.page

    def missing_paths(self, saveset: SavesetRef, paths: Sequence[bytes]) -> list[bytes]:
        if self.damaged is not None:
            raise self.damaged
        return [path for path in paths if path in self.missing]

    def recover(
        self, writing: Sequence[SavesetRef], committed: frozenset[str]
    ) -> list[Interrupted]:
        self.recovered.append((list(writing), committed))
        return [Interrupted(ref.name, self.interrupted.get(ref.name)) for ref in writing]

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        self.check_store(label)
        self.swept.append(set(writing()))

    def _play(
        self, usual: BackupDone | RestoreDone, control: Control
    ) -> Iterator[Progress | Message | BackupDone | RestoreDone]:
        script = self.scripts.popleft() if self.scripts else [usual]
        try:
            for step in script:
                if control.cancelled:
                    raise Cancelled
                if isinstance(step, Gate):
                    step.pass_through(control)
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield step
        finally:
            self.closed += 1
