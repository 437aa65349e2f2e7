"""One restore: what it brings back, from which savesets, and what could not be brought."""

import os
import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from server_agent.adapters.tar import description, links
from server_agent.adapters.tar import target as place
from server_agent.adapters.tar.aside import Aside
from server_agent.adapters.tar.complaints import METADATA
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.extraction import Extraction, Tally
from server_agent.adapters.tar.failures import damaged, is_broken, translated
from server_agent.adapters.tar.listing import Amount, opened
from server_agent.adapters.tar.names import shown
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.adapters.tar.selection import Selection, Slice, own_slice
from server_agent.adapters.tar.stream import DamagedFrame, FrameReader
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.ports import (
    Cancelled,
    Control,
    EngineError,
    EntryKind,
    Message,
    RestoreDone,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
)


@dataclass(slots=True)
class Restore:
    """One run of `server_agent.ports.Engine.restore`."""

    places: Places
    threads: int
    request: RestoreRequest
    control: Control
    _tally: Tally = field(default_factory=Tally)
    _homes: dict[int, str] = field(default_factory=dict)
    _unsaved_entries: int = 0

    def events(self) -> Iterator[RestoreEvent]:
        with translated(self.control):
            yield Progress(Phase.SCAN)
            listing = self._files(self.request.chain[0].name).listing
            self.places.check_store(self.request.chain[0].label)
            if not listing.is_file():
                raise _missing(self.request.chain[0].name, "its listing")
            # Restores of one saveset may run at the same time.
            scratch = self.places.scratch(self.request.chain[0].name, f"restore-{uuid.uuid4().hex}")
            try:
                yield from self._run(scratch, listing)
            except sqlite3.DatabaseError as error:
                if is_broken(error):
                    reason = f"its listing cannot be read: {error}"
                    raise damaged(self.request.chain[0].name, reason) from error
                raise
            finally:
                scratch.unlink(missing_ok=True)

    def _run(self, scratch: Path, listing: Path) -> Iterator[RestoreEvent]:
        with Selection(scratch, listing, self.control) as selection, Aside() as aside:
            self._pick(selection)
            self._homes = selection.homes()
            for home in self._homes:  # before anything at the target is touched
                self._open_home(home).close()
            yield from self._paced(self._prepare_target(selection, aside))
            yield from self._unsaved(selection)
            links_parted = links.part(selection, self._homes, self._open_home, self._find_data)
            yield from self._paced(links_parted)
            total = selection.amount()
            yield self._progress(total)
            target = self.request.target
            yield from self._extract(selection.slices(), target, self._tally, total)
            yield from self._adopt(selection, total)
            yield from (message or self._progress(total) for message in aside.settle())
            yield from self._summary(selection)
        yield RestoreDone(
            files=max(self._tally.files - self._tally.failed, 0),
            bytes_written=self._tally.size,
            skipped=self._tally.failed + self._unsaved_entries,
        )

    def _paced(self, steps: Iterator[Message | None]) -> Iterator[RestoreEvent]:
        """Goes through the steps of the preparation, with a sign of life now and then."""
        pace = Pace()
        for message in steps:
            if self.control.cancelled:
                raise Cancelled
            if message is not None:
                yield message
            elif pace.due():
                yield Progress(Phase.SCAN)

    def _pick(self, selection: Selection) -> None:
        if not self.request.paths:
            selection.pick_everything()
        for path in self.request.paths:
            if not selection.pick(path.rstrip(b"/") or b"/"):
                raise EngineError(
                    "PATH_NOT_FOUND",
                    f"saveset {self.request.chain[0].name} has no {shown(path)}:"
                    " name a path out of its listing",
                )

    def _prepare_target(self, selection: Selection, aside: Aside) -> Iterator[Message | None]:
        target = self.request.target
        if place.prepare(target, selection.sources(), aside):
            yield from place.clear_way(target, selection.entries(), aside)

    def _unsaved(self, selection: Selection) -> Iterator[Message]:
        for path, kind in selection.unsaved():
            if kind == EntryKind.SOCKET:
                text = f"{shown(path)} is a socket: it is not restored"
                yield Message(Level.INFO, "SOCKET", text, path)
                continue
            self._unsaved_entries += 1
            text = f"{shown(path)} was not saved and is not restored"
            yield Message(Level.WARNING, "NOT_SAVED", text, path)

    def _extract(
        self, slices: Iterator[Slice], target: bytes, tally: Tally, total: Amount
    ) -> Iterator[RestoreEvent]:
        run = Extraction(slices, self._open_home, self._homes, target, self.control, tally)
        for message in run.events():
            yield message or self._progress(total)

    def _adopt(self, selection: Selection, total: Amount) -> Iterator[RestoreEvent]:
        """Hard links whose data lie under names that are not restored."""
        if next(selection.orphans(), None) is None:
            return
        target = self.request.target
        with place.staging(target) as staged:
            yield from self._extract(selection.data_of_orphans(), staged, self._tally, total)
            for message in links.put(selection.orphans(), staged, target):
                self._tally.failed += 1
                yield message
        # Their directories have new times now.
        again = Tally()
        yield from self._extract(selection.directories_of_orphans(), target, again, total)

    def _summary(self, selection: Selection) -> Iterator[Message]:
        """One line each for what a user without privileges, or a simple file system, cannot do."""
        tally = self._tally
        if tally.bare:
            text = (
                f"{tally.bare} times owner, mode, times or attributes could not be restored,"
                f" first {tally.first_bare}"
            )
            yield Message(Level.WARNING, METADATA, text)
        foreign = selection.foreign(os.geteuid(), os.getegid()) if os.geteuid() else 0
        if foreign:
            text = (
                f"{foreign} entries of other owners belong to this agent's user now:"
                " only root can give files away"
            )
            yield Message(Level.WARNING, "OWNER_NOT_RESTORED", text)

    def _progress(self, total: Amount) -> Progress:
        return Progress(
            phase=Phase.TRANSFER,
            files_done=self._tally.files,
            files_total=total.files,
            bytes_done=self._tally.size,
            bytes_total=total.size,
            current=self._tally.current,
        )

    def _files(self, saveset: str) -> SavesetFiles:
        return self.places.files_of(self._member(saveset))

    def _member(self, saveset: str) -> SavesetRef:
        for member in self.request.chain:
            if member.name == saveset:
                return member
        raise _missing(saveset, "its place")

    def _open_home(self, home: int) -> FrameReader:
        name = self._homes[home]
        self.places.check_store(self._member(name).label)
        files = self._files(name)
        try:
            frames = description.read(files.description).frames
            return FrameReader(files.data, frames, self.threads)
        except FileNotFoundError as error:
            raise _missing(name, "its data or its description") from error
        except DescriptionError as error:
            raise damaged(name, f"its description: {error}") from error
        except DamagedFrame as error:
            raise damaged(name, error) from error

    def _find_data(self, home: int, path: bytes) -> Slice:
        """Where a home itself holds what a hard link in it refers to."""
        name = self._homes[home]
        listing = self._files(name).listing
        if not listing.is_file():
            raise _missing(name, "its listing")
        try:
            with opened(listing) as connection:
                found = own_slice(connection, path, home)
        except sqlite3.Error as error:
            if is_broken(error):
                raise damaged(name, f"its listing cannot be read: {error}") from error
            raise
        if found is None:
            raise damaged(name, f"a hard link refers to {shown(path)}, which its listing lacks")
        return found


def _missing(saveset: str, what: str) -> EngineError:
    return EngineError(
        "SAVESET_MISSING",
        f"saveset {saveset} cannot be restored: {what} is not in its place."
        " Put it back, or restore from another saveset",
        saveset,
    )
