"""Writing a saveset to another medium as it is: the same bytes, and so the same digests.

The data are compared with their digests when they are read, and again when the other medium gives
them back. Frames may be encrypted: nothing is opened.
"""

import contextlib
import errno
import io
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import (
    description,
    immutable,
    packed,
    private,
    sealed_head,
    seek_table,
    shelved,
    stream,
)
from server_agent.adapters.tar.description import Description, DescriptionError
from server_agent.adapters.tar.failures import damaged, translated, written_to
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.adapters.tar.sealing import CannotOpen
from server_agent.adapters.tar.stream import DamagedFrame
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.ports import (
    Cancelled,
    Control,
    CopyDone,
    CopyEvent,
    CopyRequest,
    EngineError,
    Message,
)

_SYNC_BYTES = 64 << 20  # written back meanwhile, so that no cancel waits long for the disk
_AGAIN = "Nothing was copied. {} and start the migration again."


@dataclass(slots=True)
class Copying:
    """One run of `server_agent.ports.Engine.copy`."""

    places: Places
    request: CopyRequest
    control: Control

    def check_name(self) -> None:
        """Raises EngineError: NAME_TAKEN."""
        name, label = self.request.saveset.name, self.request.label
        target = self._target
        if any(os.path.lexists(path) for path in (target.data, target.description)):
            raise EngineError("NAME_TAKEN", f"{label} has something already that is called {name}")

    @property
    def _target(self) -> SavesetFiles:
        saveset = self.request.saveset
        return self.places.files(saveset.name, self.request.label, saveset.sesam_day)

    def events(self) -> Iterator[CopyEvent]:
        saveset, label = self.request.saveset, self.request.label
        self.places.check_store(saveset.label, _AGAIN)
        self.places.check_store(label, _AGAIN)
        self.check_name()
        source, target = self.places.files_of(saveset), self._target
        with translated(self.control, target.data.parent):
            try:
                with self.places.blamed(label, _AGAIN), self.places.blamed(saveset.label, _AGAIN):
                    yield from self._copied(source, target)
            except BaseException:
                _remove(target)
                raise

    def _copied(self, source: SavesetFiles, target: SavesetFiles) -> Iterator[CopyEvent]:
        unfinished = target.unfinished
        with self._reading():
            known, text = self._described(source)
        total = known.frames.offsets[-1]
        yield Progress(Phase.TRANSFER, bytes_done=0, bytes_total=total)
        with (
            written_to(target.data.parent),
            open(unfinished.data, "xb", buffering=0, opener=private.opener) as file,
        ):
            yield from self._frames(source, known, file, total)
            _write(file, seek_table.packed(known.frames))
            os.fsync(file.fileno())
            stored_bytes = file.tell()
        with (
            written_to(target.data.parent),
            open(unfinished.description, "xb", opener=private.opener) as file_of_text,
        ):
            file_of_text.write(text)
            file_of_text.flush()
            os.fsync(file_of_text.fileno())
        yield from self._shelf(source, unfinished, known)
        yield from self._checked(unfinished, known, text, total)
        if self.control.cancelled:
            raise Cancelled
        # The description comes last: without it there is no saveset for anybody.
        if unfinished.shelf.exists():
            unfinished.shelf.rename(target.shelf)
        unfinished.data.rename(target.data)
        unfinished.description.rename(target.description)
        sync(target.data.parent)
        if self.request.label in self.places.immutable:
            yield from immutable.hold_saveset(target.data)
        yield CopyDone(stored_bytes)

    def _described(self, source: SavesetFiles) -> tuple[Description, bytes]:
        """The description, also as it is written, if it and the listing are right."""
        description.recorded_sizes(source.description)
        description.check(source.description)
        known = description.read(source.description)
        sealed_head.check_same(self.request.saveset, known.encryption)
        try:
            if packed.digest(source.listing) != known.listing_digest:
                raise DescriptionError("its listing is not what was written")
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, "", str(source.listing)) from None
        return known, source.description.read_bytes()

    def _frames(
        self, source: SavesetFiles, known: Description, file: io.FileIO, total: int
    ) -> Iterator[Progress]:
        pace = Pace()
        unsynced = 0
        for frame in self._read(source, known):
            if self.control.cancelled:
                raise Cancelled
            _write(file, frame)
            unsynced += len(frame)
            if unsynced >= _SYNC_BYTES:
                os.fdatasync(file.fileno())
                unsynced = 0
            if pace.due():
                done = file.tell()
                yield Progress(
                    Phase.TRANSFER, bytes_done=done, bytes_total=total, stored_bytes=done
                )

    def _read(self, source: SavesetFiles, known: Description) -> Generator[bytes, None, None]:
        frames = stream.opened_frames(source.data, known.frames, None)
        while True:
            with self._reading():
                frame = next(frames, None)
            if frame is None:
                return
            yield frame

    def _shelf(
        self, source: SavesetFiles, unfinished: SavesetFiles, known: Description
    ) -> Iterator[Message]:
        """The listing beside the data, which is compared too. In place of one that is damaged comes
        the agent's own. Of a sealed one whose key is not there only the bytes can be compared."""
        written = shelved.copy(source.shelf, unfinished.shelf)
        if written is None:  # there is none, or its medium has just gone
            self.places.check_store(self.request.saveset.label, _AGAIN)
            return
        if shelved.digest_of_bytes(unfinished.shelf) != written:
            raise self._write_damaged("its listing is not what was written")
        sealing = None
        try:
            if known.encryption is not None:
                keys = self.places.keys
                sealing, _ = sealed_head.opened(known.encryption, known.frames, keys)
        except EngineError:
            return  # its key is not there
        try:
            if shelved.digest(unfinished.shelf, sealing) == known.listing_digest:
                return
            why = "it is not what was written"
        except shelved.DamagedCopy as error:
            why = str(error)
        unfinished.shelf.unlink()
        try:
            listing = packed.plain(source.listing)
            shelved.write(listing, unfinished.shelf, self.control, 1, sealing)
        finally:
            packed.forget(source.listing)
        if shelved.digest(unfinished.shelf, sealing) != known.listing_digest:
            raise self._write_damaged("its listing is not what was written")
        name, label = self.request.saveset.name, self.request.saveset.label
        what = f"The listing of {name} on its medium {label} is damaged"
        text = f"{what}: {why}. The copy has a new one"
        yield Message(Level.WARNING, "LISTING_COPY", text)

    def _checked(
        self, unfinished: SavesetFiles, known: Description, text: bytes, total: int
    ) -> Iterator[Progress]:
        """Raises EngineError (WRITE_DAMAGED) unless the medium gives back what was written."""
        pace = Pace()
        try:
            for done in stream.check(unfinished.data, known.frames, self.control):
                if pace.due():
                    yield Progress(
                        Phase.COMMIT, bytes_done=done, bytes_total=total, stored_bytes=total
                    )
        except DamagedFrame as error:
            raise self._write_damaged(error) from error
        if unfinished.description.read_bytes() != text:
            raise self._write_damaged("the description is another one")

    def _write_damaged(self, why: object) -> EngineError:
        text = f"the medium {self.request.label} does not give back what was written: {why}."
        return EngineError("WRITE_DAMAGED", f"{text} Check its disk")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Says of what fails in its block that the saveset is at fault, unless its medium is."""
        saveset = self.request.saveset
        try:
            yield
        except FileNotFoundError as error:
            self.places.check_store(saveset.label, _AGAIN)
            text = f"saveset {saveset.name} is not whole: {error.filename} is missing"
            raise EngineError("SAVESET_MISSING", text, saveset.name) from error
        except (DescriptionError, DamagedFrame, CannotOpen) as error:
            raise damaged(saveset.name, error) from error


def _write(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) or 0 :]


def _remove(target: SavesetFiles) -> None:
    """What was begun. Of a medium that has gone it is removed when that is back."""
    for files in (target, target.unfinished):
        for path in reversed(files.on_medium):
            with contextlib.suppress(OSError):
                immutable.unlink(path)
