"""A restore proof: samples of a saveset are restored as at any restore, read back from the disk
and compared with what is on the medium."""

import contextlib
import io
import os
import shutil
import sqlite3
import stat
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from blake3 import blake3

from server_agent.adapters.tar.client import LocalClient
from server_agent.adapters.tar.failures import damaged, is_broken, no_space, translated
from server_agent.adapters.tar.numbers import kept_time
from server_agent.adapters.tar.places import Places
from server_agent.adapters.tar.restore import Restore
from server_agent.adapters.tar.samples import Drawn, Sample, draw
from server_agent.adapters.tar.sound import sound
from server_agent.adapters.tar.store import NO_PROOF
from server_agent.adapters.tar.stored import Content, Stored
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.quoting import quoted
from server_agent.ports import (
    Cancelled,
    Control,
    Message,
    ProofEvent,
    ProofFault,
    ProofRequest,
    Proved,
    RestoreDone,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
)

_PREFIX, _SUFFIX = "proof-", ".tmp"
_PIECE_BYTES = 1 << 20
_SPARE_BYTES = 64 << 20  # that others may still write beside the samples
_EACH_BYTES = 8 << 10  # of directories and what a file takes besides its data
_TIME_NS = 2_000_000_000  # file systems keep times as coarsely as that
_PERMISSIONS = 0o777  # whoever is not root cannot give the others


@dataclass(slots=True)
class Proof(ABC):
    """One run of `server_agent.ports.Engine.prove`; an engine says how it restores and reads."""

    places: Places
    threads: int
    request: ProofRequest
    control: Control
    _faults: list[ProofFault] = field(default_factory=list)

    @abstractmethod
    def _sound_listing(self, saveset: SavesetRef) -> Message | None:
        """See `sound.sound`."""

    @abstractmethod
    def _restored(self, restore: RestoreRequest) -> Iterator[RestoreEvent]:
        """As the engine restores."""

    @abstractmethod
    def _stored(self, samples: Sequence[Sample]) -> Iterator[tuple[Sample, Content]]:
        """What is on the medium."""

    def events(self) -> Iterator[ProofEvent]:
        with translated(self.control, self.places.tmp_dir):
            yield Progress(Phase.SCAN)
            self.places.check_store(self.request.chain[0].label, NO_PROOF)
            put_back = self._sound_listing(self.request.chain[0])
            if put_back is not None:
                yield put_back
            drawn = self._drawn()
            if drawn.samples:
                self._check_room(drawn)
                name = f"{_PREFIX}{self.request.job_id}.{uuid.uuid4().hex}{_SUFFIX}"
                scratch = self.places.tmp_dir / name
                try:
                    yield from self._run(scratch, drawn)
                finally:
                    remove(scratch)
        faults = tuple(self._faults)
        yield Proved(len(drawn.samples), drawn.size, drawn.of_files, faults)

    def _drawn(self) -> Drawn:
        saveset = self.request.chain[0]
        listing = self.places.files_of(saveset).listing
        try:
            return draw(listing, self.request.files, self.request.max_bytes, self.control)
        except sqlite3.DatabaseError as error:
            if is_broken(error):
                reason = f"its listing cannot be read: {error}"
                raise damaged(saveset.name, reason) from error
            raise

    def _check_room(self, drawn: Drawn) -> None:
        self.places.tmp_dir.mkdir(parents=True, exist_ok=True)
        facts = os.statvfs(self.places.tmp_dir)
        free = facts.f_bavail * facts.f_frsize
        needed = drawn.size + len(drawn.samples) * _EACH_BYTES + _SPARE_BYTES
        if free < needed:
            where = quoted(os.fsencode(self.places.tmp_dir))
            raise no_space(f"the samples need {needed} bytes in {where}, {free} are free")

    def _run(self, scratch: Path, drawn: Drawn) -> Iterator[ProofEvent]:
        scratch.mkdir(mode=0o700)
        restore = RestoreRequest(
            chain=self.request.chain,
            paths=tuple(sample.path for sample in drawn.samples),
            target=os.fsencode(scratch),
            job_id=scratch.name.removesuffix(_SUFFIX),
        )
        done: RestoreDone | None = None
        for event in self._restored(restore):
            if isinstance(event, RestoreDone):
                done = event
            elif isinstance(event, Message) and event.level is Level.WARNING:
                # What is not as it should be is found by the comparison; owners need not be.
                yield Message(Level.INFO, event.code, event.text, event.path)
            else:
                yield event
        if done is None:
            raise RuntimeError("the restore of the samples said no result")
        yield from self._compared(scratch, drawn)

    def _compared(self, scratch: Path, drawn: Drawn) -> Iterator[ProofEvent]:
        files = size = 0
        for sample, content in self._stored(drawn.samples):
            if self.control.cancelled:
                raise Cancelled
            fault = _difference(os.fsencode(scratch) + sample.path, sample, content)
            if fault:
                self._faults.append(ProofFault(sample.path, sample.home, fault))
                text = f"{quoted(sample.path)} {fault}"
                yield Message(Level.ERROR, "NOT_PROVED", text, sample.path)
            files, size = files + 1, size + sample.size
            yield Progress(
                Phase.COMMIT,
                files_done=files,
                files_total=len(drawn.samples),
                bytes_done=size,
                bytes_total=drawn.size,
                current=sample.path,
            )
        if files != len(drawn.samples):
            raise RuntimeError(f"{files} of {len(drawn.samples)} samples were compared")
        if not self._faults:
            homes = len({sample.home for sample in drawn.samples})
            text = (
                f"{files} of {drawn.of_files} files out of {homes} savesets were restored, read"
                " back and are what was saved"
            )
            yield Message(Level.INFO, "PROVED", text)


class TarProof(Proof):
    """That of savesets of tar."""

    def _sound_listing(self, saveset: SavesetRef) -> Message | None:
        return sound(self.places, saveset, NO_PROOF)

    def _restored(self, restore: RestoreRequest) -> Iterator[RestoreEvent]:
        with LocalClient() as client:
            run = Restore(
                *(self.places, self.threads, restore, self.control, client),
                _then=NO_PROOF,
                _then_half=NO_PROOF,
            )
            yield from run.events()

    def _stored(self, samples: Sequence[Sample]) -> Iterator[tuple[Sample, Content]]:
        nothing = RestoreRequest(self.request.chain, (), b"")
        with LocalClient() as client:
            stored = Stored(
                *(self.places, self.threads, nothing, self.control, client), _then=NO_PROOF
            )
            yield from stored.contents(samples)


def sweep(tmp_dir: Path) -> None:
    """Removes what proofs have left whose agent was killed."""
    for path in tmp_dir.glob(f"{_PREFIX}*{_SUFFIX}"):
        remove(path)
    for path in tmp_dir.glob(f"restore-{_PREFIX}*"):
        path.unlink(missing_ok=True)


def remove(directory: Path) -> None:
    """Whatever modes the directories in it have."""
    for parent, names, _ in os.walk(os.fsencode(directory)):
        for name in names:
            path = os.path.join(parent, name)
            with contextlib.suppress(OSError):
                if not os.path.islink(path):
                    os.chmod(path, stat.S_IRWXU)
    shutil.rmtree(directory, ignore_errors=True)


def _difference(place: bytes, sample: Sample, content: Content) -> str:
    """In what a restored file is not what was saved; the end of a sentence, empty for nothing."""
    try:
        facts = os.lstat(place)
    except OSError as error:
        return f"was not restored: {error.strerror}"
    if not stat.S_ISREG(facts.st_mode):
        return "was restored as something that is no file"
    if content.size != sample.size:
        return f"has {content.size} bytes on the medium, its listing says {sample.size}"
    if facts.st_size != sample.size:
        return f"was restored with {facts.st_size} bytes, it had {sample.size}"
    if abs(kept_time(facts.st_mtime_ns) - sample.modify_ns) >= _TIME_NS:
        return "was restored with another time"
    if (facts.st_mode ^ sample.mode) & _PERMISSIONS:
        return f"was restored with mode {stat.S_IMODE(facts.st_mode):o}, it had {sample.mode:o}"
    try:
        digest = _read_back(place)
    except OSError as error:
        return f"was restored and cannot be read back: {error.strerror}"
    return "" if digest == content.digest else "was restored with another content"


def _read_back(place: bytes) -> bytes:
    """BLAKE3 of a file as its disk gives it back."""
    digest = blake3()
    with _opened(place) as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.digest()


def _opened(place: bytes) -> io.FileIO:
    """A file that need not be readable for its owner; other names of it may still be looked at."""
    try:
        number = os.open(place, os.O_RDONLY)
    except PermissionError:
        mode = stat.S_IMODE(os.lstat(place).st_mode)
        os.chmod(place, mode | stat.S_IRUSR)
        number = os.open(place, os.O_RDONLY)
        os.fchmod(number, mode)
    return io.FileIO(number)
