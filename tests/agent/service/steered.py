"""An engine that does what a test wrote down for it, and waits where the test says so."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime

from server_agent.domain.errors import PathNotFound, SavesetDamaged
from server_agent.domain.jobs import Level, Progress
from server_agent.domain.reach import Reach
from server_agent.ports import (
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
    EntryPage,
    Interrupted,
    Message,
    NotCompared,
    ProofEvent,
    ProofFault,
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


class SteeredEngine(EngineLooks, MemoryStores):
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
        untidy: the steps of tidying the media; once.
        compressed_before: for what days listings were to be compressed.
        listings: the steps of it, by that day; once.
        removed: the savesets whose files were to be removed.
        labels_away: of media that are not in their places.
        taken: savesets of which a label has something that nobody knows.
        copied: every copy asked for; copy_scripts: one list of steps for each of the next ones.
        verified: what was to be compared; `faults` says what is wrong with which.
        cleared: names of savesets of whose files archive bits were to be cleared; each is told to
            `on_clear` first.
        proofs: restore proofs asked for; of so many `samples`, `differing` says path, saveset and
            what is wrong; `proof_error` is raised.
    """

    def __init__(self) -> None:
        super().__init__()
        self.client: dict[bytes, bytes] = {}
        self.removed: list[SavesetRef] = []
        self.labels_away: set[str] = set()
        self.copied: list[CopyRequest] = []
        self.taken: set[tuple[str, str]] = set()
        self.copy_scripts: deque[list[Gate | Progress | Exception]] = deque()
        self.verified: list[VerifyRequest] = []
        self.faults: dict[str, str] = {}
        self.cleared: list[str] = []
        self.on_clear: Callable[[str], object] = lambda _name: None
        self.proofs: list[ProofRequest] = []
        self.samples = 3
        self.shelved: set[str] = set()
        self.unshelved: set[str] = set()  # which are counted, since they had no listing there
        self.differing: list[tuple[bytes, str, str]] = []
        self.proof_error: EngineError | None = None
        self.scripts: deque[list[Step]] = deque()
        self.backups: list[BackupRequest] = []
        self.restores: list[RestoreRequest] = []
        self.interrupted: dict[str, BackupDone] = {}
        self.recovered: list[tuple[list[SavesetRef], frozenset[str]]] = []
        self.missing: set[bytes] = set()
        self.damaged: Exception | None = None
        self.absent: set[str] = set()
        self.unread: dict[str, str] = {}  # savesets that a verify cannot read, and why
        self.unlisted: set[str] = set()
        self.store_is_there = True
        self.key_id = ""  # of what `recover` finds whole
        self.left_aside: dict[str, list[Message]] = {}
        self.swept: list[set[str]] = []
        self.closed = 0
        self.untidy: list[Message | Gate] = []
        self.compressed_before: list[date] = []
        self.listings: dict[date, list[Compressed | Message | Gate | Exception]] = {}
        self.page = EntryPage((), 0, None)
        self.entry_calls: list[tuple[SavesetRef, bytes, str | None, int]] = []

    def check_store(self, label: str) -> None:
        if not self.store_is_there or label in self.labels_away:
            raise EngineError("STORE_MISSING", f"There is no {label}. Is it mounted?")

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        if not self.store_is_there:
            return set()
        there = {each.name for each in savesets if each.label not in self.labels_away}
        return there - self.absent - self.unlisted

    def tidy(self, _now: datetime, control: Control) -> Iterator[Message]:
        untidy, self.untidy = self.untidy, []
        for step in untidy:
            if isinstance(step, Gate):
                step.pass_through(control)
            else:
                yield step

    def compress_listings(self, before: date, control: Control) -> Iterator[Compressed | Message]:
        self.compressed_before.append(before)
        for step in self.listings.pop(before, ()):
            if isinstance(step, Gate):
                step.pass_through(control)
            elif isinstance(step, Exception):
                raise step
            else:
                yield step

    def remove(self, savesets: Sequence[SavesetRef], listed: Collection[str] = ()) -> list[str]:
        if not self.store_is_there:
            return []
        there = [each for each in savesets if each.label not in self.labels_away]
        self.removed += there
        return [each.name for each in there]

    def copy(self, request: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        name, label = request.saveset.name, request.label
        if (name, label) in self.taken:
            raise EngineError("NAME_TAKEN", f"{label} has something already that is called {name}")
        return self._copied(request, control)

    def _copied(self, request: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        self.copied.append(request)
        for step in self.copy_scripts.popleft() if self.copy_scripts else ():
            if isinstance(step, Gate):
                step.pass_through(control)
            elif isinstance(step, Exception):
                raise step
            else:
                yield step
        yield CopyDone(400)

    def verify(self, request: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        self.verified.append(request)
        for each in request.savesets:
            if control.cancelled:
                raise Cancelled
            self.check_store(each.label)
            if each.name in self.unread:
                yield NotCompared(each.name, self.unread[each.name], each.label)
                continue
            missing = each.name in self.absent | self.unlisted
            said = "the rest was not compared" if request.quick else ""
            fault = self.faults.get(each.name, "")
            yield Verified(each.name, 100, fault, missing, "" if fault else said)

    def prove(self, request: ProofRequest, control: Control) -> Iterator[ProofEvent]:
        self.proofs.append(request)
        if control.cancelled:
            raise Cancelled
        if self.proof_error is not None:
            raise self.proof_error
        faults = tuple(ProofFault(*each) for each in self.differing)
        yield Proved(self.samples, 10 * self.samples, self.samples, faults)

    def kept_saveset(self, saveset: SavesetRef) -> None:
        """Nothing is kept here."""

    def _reach(self, client: Reach) -> None:
        """All clients are there."""

    def _led(self, control: Control) -> Iterator[Progress | Message]:
        yield from ()

    def shelve(self, savesets: Sequence[SavesetRef], control: Control) -> int:
        if control.cancelled:
            raise Cancelled
        new = {each.name for each in savesets} - self.shelved
        self.shelved |= new
        return len(new & self.unshelved)

    def put_back(self, job_id: str) -> list[Message]:
        return self.left_aside.pop(job_id, [])

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        self.backups.append(request)
        for step in self._play(DONE, control):
            assert not isinstance(step, RestoreDone)
            yield step

    def clear_archive_bits(self, saveset: SavesetRef) -> list[Message]:
        self.on_clear(saveset.name)
        self.cleared.append(saveset.name)
        return [Message(Level.INFO, "ARCHIVE_BITS", "The archive bit of 1 file was cleared")]

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
        self,
        writing: Sequence[SavesetRef],
        committed: frozenset[str],
        silent: Collection[bytes] = (),
    ) -> list[Interrupted]:
        self.recovered.append((list(writing), committed))
        return [self.settle(ref) for ref in writing]

    def settle(self, saveset: SavesetRef) -> Interrupted:
        done = self.interrupted.get(saveset.name)
        return Interrupted(saveset.name, done, key_id=self.key_id if done is not None else "")

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
