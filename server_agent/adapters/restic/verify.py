"""Reading back all data of savesets, for what their snapshots were when they were made.

`restic check` looks at a whole repository. So each snapshot is read as an archive that goes nowhere
(`restic dump`): restic decrypts every piece of data that the snapshot names and compares it with
its SHA-256; the names come from the snapshot's own. Nothing is taken from restic's cache.

At a directory that is damaged `restic dump` ends as if there were no more (0.14): all of them are
read by `restic ls` before, which says so.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from server_agent.adapters.restic import description, shelf
from server_agent.adapters.restic.description import Description
from server_agent.adapters.restic.dumped import ReadFailed, dumped
from server_agent.adapters.restic.places import ResticPlaces
from server_agent.adapters.restic.repository import Repository
from server_agent.adapters.tar import packed
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.failures import not_compared, proves_damage
from server_agent.adapters.tar.shelved import DamagedCopy
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.ports import (
    Cancelled,
    Control,
    Message,
    NotCompared,
    SavesetRef,
    Verified,
    VerifyEvent,
    VerifyRequest,
)

_AGAIN = "{} and verify it again."
_NO_HEADER = b"archive/tar: cannot encode header"
_LOOKED_THROUGH = (
    "its snapshots and all directories in them were read and are right, and so is its listing."
    " The data of its files were neither looked for nor compared"
)


@dataclass(slots=True)
class Verify:
    """One run of `server_agent.ports.Engine.verify`."""

    places: ResticPlaces
    request: VerifyRequest
    control: Control

    def events(self) -> Iterator[VerifyEvent]:
        done = 0
        for saveset in self.request.savesets:
            if self.control.cancelled:
                raise Cancelled
            self.places.check_store(saveset.label, _AGAIN)
            verified = yield from self._one(saveset, done)
            done += verified.bytes_read if isinstance(verified, Verified) else 0
            yield verified

    def _one(
        self, saveset: SavesetRef, before: int
    ) -> Generator[VerifyEvent, None, Verified | NotCompared]:
        files = self.places.of(saveset)
        read, fault, missing, compared = 0, "", False, ""
        try:
            known = description.read(files.description)
            total = before + known.result.listed_bytes
            repository = self.places.repository(saveset.label)
            pace = Pace()
            how = look_through if self.request.quick else check
            for read in how(repository, known, self.control):
                if pace.due():
                    yield Progress(
                        Phase.TRANSFER,
                        bytes_done=before + read,
                        bytes_total=max(total, before + read),
                        current=saveset.name.encode(),
                    )
            if packed.digest(files.listing) != known.listing_digest:
                fault = "its listing is not what was written"
            elif self.request.quick:
                compared = _LOOKED_THROUGH
            yield from self._shelf(saveset, repository, known)
        except FileNotFoundError as error:
            fault, missing = f"{error.filename} is missing", True
        except DescriptionError as error:
            fault = f"its description is not what was written: {error}"
        except OSError as error:
            if not proves_damage(error):
                return not_compared(saveset, error)
            fault = f"it cannot be read: {error}"
        except DamagedSnapshot as error:
            self.places.check_store(saveset.label, _AGAIN)
            fault = f"what is in the repository is not what was written: {error}"
        return Verified(
            saveset.name, 0 if self.request.quick else read, fault, missing, compared, saveset.label
        )

    def _shelf(
        self, saveset: SavesetRef, repository: Repository, known: Description
    ) -> Iterator[Message]:
        """Says of the copy of the listing in the repository, which no restore needs, what is wrong
        with it. Of one from before there were any the next NEWDAY makes one."""
        copy, why = known.snapshots.listing, ""
        if not copy:
            return
        try:
            if copy not in repository.ids(self.control):
                why = "it is missing"
            elif not self.request.quick:
                is_right = shelf.digest(repository, copy, self.control) == known.listing_digest
                why = "" if is_right else "it is not what was written"
        except DamagedCopy as error:
            self.places.check_store(saveset.label, _AGAIN)
            why = f"it is damaged: {error}"
        if why:
            text = (
                f"The listing of {saveset.name} on its medium cannot be used, {why}. The saveset"
                " can be restored, but a lost catalogue cannot be put back from its medium alone"
            )
            yield Message(Level.WARNING, "LISTING_COPY", text)


class DamagedSnapshot(Exception):
    """A snapshot, or something that it needs, is missing or is not what was written."""


def look_through(repository: Repository, known: Description, control: Control) -> Iterator[int]:
    """Reads the directories of the snapshots of a saveset, from the store and without the data of
    files. Yields the number of bytes of what restic says of them. Raises as `check`."""
    read = entries = 0
    # Of one that is not there restic says nothing.
    if not repository.ids(control).issuperset(known.snapshots.all):
        raise DamagedSnapshot("its snapshot is not there")
    for snapshot in known.snapshots.all:
        words = ["ls", "--no-cache", "--no-lock", snapshot]
        for piece in _said(repository, words, control):
            read += len(piece)
            entries += piece.count(b"\n")
            yield read
    if entries < known.result.listed_files:
        raise DamagedSnapshot(f"only {entries} of its entries came back")


def check(repository: Repository, known: Description, control: Control) -> Iterator[int]:
    """Reads everything that the snapshots of a saveset name.

    Yields:
        The number of bytes so far.

    Raises:
        DamagedSnapshot: what it says may come of a medium that is gone.
        EngineError: STORE_MISSING, KEY_REFUSED and others.
        Cancelled: the control said so.
    """
    read, is_counted = 0, True
    for _ in look_through(repository, known, control):
        yield read
    for snapshot in known.snapshots.all:
        before = read
        try:
            for piece in _archive(repository, "tar", snapshot, control):
                read += len(piece)
                yield read
        except _NoArchive:
            is_counted = False  # restic may press what is in this one
            for piece in _archive(repository, "zip", snapshot, control):
                before += len(piece)
                read = max(read, before)
                yield read
    if is_counted and read < known.result.listed_bytes:
        raise DamagedSnapshot(f"only {read} bytes of it came back")


class _NoArchive(Exception):
    """Something cannot be written into an archive of this kind, such as "=" in the name of an
    attribute into one of tar. That says nothing of the snapshot."""


def _archive(repository: Repository, kind: str, snapshot: str, control: Control) -> Iterator[bytes]:
    """Raises as `check`, and _NoArchive."""
    words = ["dump", "--no-cache", "--no-lock", f"--archive={kind}", snapshot, "/"]
    return _said(repository, words, control)


def _said(repository: Repository, words: list[str], control: Control) -> Iterator[bytes]:
    """All that restic says, piece by piece. Raises as `check`."""
    try:
        yield from dumped(repository, words, control, "read a snapshot")
    except ReadFailed as failed:
        if _NO_HEADER in failed.said:
            raise _NoArchive from None
        if failed.error.code != "SAVESET_DAMAGED":
            raise failed.error from None
        raise DamagedSnapshot(failed.error.text) from None
