"""Comparing savesets with the digests that were taken when they were made."""

import errno
import random
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from server_agent.adapters.durable import forget
from server_agent.adapters.tar import description, packed, sealed_head, shelved, stream
from server_agent.adapters.tar.description import Description, DescriptionError
from server_agent.adapters.tar.failures import not_compared, proves_damage
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.adapters.tar.sealing import CannotOpen
from server_agent.adapters.tar.stream import DamagedFrame
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.ports import (
    Cancelled,
    Control,
    EngineError,
    Message,
    NotCompared,
    SavesetRef,
    Verified,
    VerifyEvent,
    VerifyRequest,
)

_DRAWN = 8  # frames of a quick verify between the first and the last


@dataclass(slots=True)
class Verify:
    """One run of `server_agent.ports.Engine.verify`."""

    places: Places
    request: VerifyRequest
    control: Control

    def events(self) -> Iterator[VerifyEvent]:
        done = 0
        total = self._total()
        for saveset in self.request.savesets:
            if self.control.cancelled:
                raise Cancelled
            self.places.check_store(saveset.label)
            verified = yield from self._one(saveset, done, total)
            done += verified.bytes_read if isinstance(verified, Verified) else 0
            yield verified

    def _total(self) -> int:
        sizes = 0
        if self.request.quick:
            return 0  # of what is read next to nothing
        for saveset in self.request.savesets:
            try:
                sizes += self.places.files_of(saveset).data.stat().st_size
            except OSError:
                continue  # said when it comes to it
        return sizes

    def _one(
        self, saveset: SavesetRef, before: int, total: int
    ) -> Generator[VerifyEvent, None, Verified | NotCompared]:
        files = self.places.files_of(saveset)
        read = 0
        missing = False
        compared = ""
        pace = Pace()
        try:
            with self.places.blamed(saveset.label, "{} and verify it again."):
                forget(files.description)
                description.recorded_sizes(files.description)  # it is there to its end
                description.check(files.description)
                known = description.read(files.description)
                sealed_head.check_same(saveset, known.encryption)
                for read in self._compared(files, known):
                    if pace.due():
                        yield Progress(
                            Phase.TRANSFER,
                            bytes_done=before + read,
                            bytes_total=max(total, before + read),
                            current=saveset.name.encode(),
                        )
                fault = _listing_fault(files, known)
                if known.encryption is not None and not fault:
                    yield from self._openable(saveset, known)
                if not fault:
                    yield from self._shelf(saveset, files, known)
                if self.request.quick and not fault:
                    compared = _said(read, known)
        except FileNotFoundError as error:
            fault, missing = f"{error.filename} is missing", True
        except (DescriptionError, DamagedFrame, CannotOpen) as error:
            fault = f"what is on the medium is not what was written: {error}"
        except OSError as error:
            if not proves_damage(error):
                return not_compared(saveset, error)
            fault = f"it cannot be read: {error}"
        return Verified(saveset.name, read, fault, missing, compared, saveset.label)

    def _openable(self, saveset: SavesetRef, known: Description) -> Iterator[Message]:
        """Says if the key is not there that a restore would need. Raises CannotOpen."""
        assert known.encryption is not None
        try:
            sealed_head.opened(known.encryption, known.frames, self.places.keys)
        except EngineError as error:
            text = f"{saveset.name} is as it was written, but cannot be restored. {error.text}"
            yield Message(Level.WARNING, error.code, text)

    def _compared(self, files: SavesetFiles, known: Description) -> Iterator[int]:
        """Reads the data, or a few of their frames. Yields the number of bytes so far."""
        if not self.request.quick:
            yield from stream.check(files.data, known.frames, self.control)
            return
        size = files.data.stat().st_size
        if size != known.result.stored_bytes:
            expected = known.result.stored_bytes
            raise DamagedFrame(f"its data have {size} bytes, not {expected} as they had")
        read = 0
        wanted = _few(len(known.frames))
        ends = stream.check(files.data, known.frames, self.control, wanted)
        for frame, _ in zip(wanted, ends, strict=True):
            read += known.frames.stored_size(frame)
            yield read

    def _shelf(
        self, saveset: SavesetRef, files: SavesetFiles, known: Description
    ) -> Iterator[Message]:
        """Says of the listing on the medium, which no restore needs, what is wrong with it."""
        why = ""
        try:
            # One that was put there later need not have the same size.
            has_its_size = files.shelf.stat().st_size == known.shelf_size
            if not (self.request.quick and has_its_size):
                sealing = None
                if known.encryption is not None:
                    sealing, _ = sealed_head.opened(
                        known.encryption, known.frames, self.places.keys
                    )
                forget(files.shelf)
                if shelved.digest(files.shelf, sealing) != known.listing_digest:
                    why = "it is not what was written"
        except FileNotFoundError:
            if known.shelf_size is None:
                return  # from before listings lay on media: the next NEWDAY puts it there
            why = "it is missing"
        except (OSError, shelved.DamagedCopy, CannotOpen) as error:
            why = f"it is damaged: {error}"
        except EngineError:
            return  # its key is not there, as `_openable` says
        if why:
            text = (
                f"The listing of {saveset.name} on its medium cannot be used, {why}. The saveset"
                " can be restored, but a lost catalogue cannot be put back from its medium alone"
            )
            yield Message(Level.WARNING, "LISTING_COPY", text)


def _few(frames: int) -> list[int]:
    """The first and the last, and some at random between them, in their order."""
    inner = range(1, frames - 1)
    drawn = random.SystemRandom().sample(inner, min(_DRAWN, len(inner)))
    return sorted({*drawn, *([0, frames - 1] if frames else [])})


def _said(read: int, known: Description) -> str:
    frames = len(known.frames)
    looked_at = min(frames, _DRAWN + 2)
    total = known.frames.offsets[-1]
    text = (
        "all files are in their places with their sizes, description, listing and seek table are"
        f" right, and so are {looked_at} of {frames} pieces of the data, {read} of {total} bytes"
    )
    return text if read == total else f"{text}. The other pieces were not compared"


def _listing_fault(files: SavesetFiles, known: Description) -> str:
    """Raises FileNotFoundError: there is none."""
    try:
        is_right = packed.digest(files.listing) == known.listing_digest
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "", str(files.listing)) from None
    except OSError as error:
        if not proves_damage(error):
            raise
        return f"its listing cannot be read: {error}"
    return "" if is_right else "its listing is not what was written"
