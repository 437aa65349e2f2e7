"""One backup from the scan to the commit."""

import os
import sqlite3
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from server_agent.adapters.tar import complaints, packed, private
from server_agent.adapters.tar.commit import commit, sweep
from server_agent.adapters.tar.compare import changed_sources
from server_agent.adapters.tar.failures import is_broken, translated, written_to
from server_agent.adapters.tar.listing import Amount, ListingWriter
from server_agent.adapters.tar.names import member_name
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.adapters.tar.presence import has_all_data
from server_agent.adapters.tar.scan import SOURCE_IS_LINK, Scan, check_source
from server_agent.adapters.tar.seek_table import Frames
from server_agent.adapters.tar.store import LOST_BACKUP, NO_BACKUP
from server_agent.adapters.tar.stream import FrameWriter
from server_agent.adapters.tar.transfer import Pace, Transfer
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.quoting import quoted
from server_agent.ports import (
    BackupDone,
    BackupEvent,
    BackupRequest,
    Control,
    EngineError,
    Message,
)

_NAMES_BUFFER_BYTES = 1 << 20
_NAMED_SOURCES = 3  # in one sentence
_KEPT_UNKNOWN = 20  # of find's lines that nobody understands


@dataclass(slots=True)
class Backup:
    """One run of `server_agent.ports.Engine.backup`."""

    places: Places
    threads: int
    request: BackupRequest
    control: Control
    _warnings: list[str] = field(default_factory=list)
    _unknown_lines: int = 0
    _suspect: set[bytes] = field(default_factory=set)  # sources of which a sentence was said

    def events(self) -> Iterator[BackupEvent]:
        request = self.request
        self.places.check_store(request.label, NO_BACKUP)
        files = self.places.files(request.saveset, request.label, request.sesam_day)
        if any(path.exists() for path in files.all):
            raise EngineError("NAME_TAKEN", f"saveset {request.saveset} exists already")
        unfinished = files.unfinished
        try:
            with (
                translated(self.control, files.listing.parent),
                self.places.blamed(request.label, LOST_BACKUP),
            ):
                files.make_directory()
                result, frames = yield from self._write(unfinished)
                pace = Pace()
                for _ in commit(request, result, frames, files, self.control):
                    if pace.due():
                        yield _checking(result)
        except BaseException:
            for path in unfinished.all:
                sweep(path)
            raise
        yield result

    def _write(
        self, files: SavesetFiles
    ) -> Generator[BackupEvent, None, tuple[BackupDone, Frames]]:
        """Makes data and listing under their temporary names.

        Returns:
            The result and the frames of the data.
        """
        yield Progress(Phase.SCAN)
        request = self.request
        with ListingWriter(
            files.listing, request.saveset, request.sources, self.control
        ) as listing:
            try:
                self._build_on_base(listing)
                yield from self._scan(listing, files.listing)
                yield from self._compared(listing)
                total = listing.end_scan()
                yield from self._empty(listing)
            except sqlite3.DatabaseError as error:
                self._blame_base(error)
                raise
            frames = yield from self._save(listing, total, files.data)
            yield from self._unreadable(listing)
            saved, listed = listing.saved_and_listed()
            result = BackupDone(
                files=saved.files,
                bytes_read=saved.size,
                stored_bytes=files.data.stat().st_size,
                skipped=listing.flawed(),
                listed_files=listed.files,
                listed_bytes=listed.size,
                warnings=tuple(self._warnings),
                partial=listing.flawed_and_saved(),
            )
            listing.finish()
        return result, frames

    def _build_on_base(self, listing: ListingWriter) -> None:
        """Takes over what the base holds, if all of that is still in its place."""
        if not self.request.base:
            return
        known = {base.name: base for base in self.request.base}
        nearest = self.request.base[0]
        for label in {base.label for base in self.request.base}:
            self.places.check_store(label, NO_BACKUP)
        base_listing = self.places.files_of(nearest).listing
        if not packed.is_there(base_listing):
            raise _base_listing_lost(nearest.name, "it is missing")
        for home in listing.build_on(base_listing):
            if home not in known or not has_all_data(self.places.files_of(known[home])):
                raise EngineError(
                    "BASE_DAMAGED",
                    f"saveset {nearest.name} cannot be built on: the data of {home}, which it"
                    " needs, are missing or cut",
                    home,
                )

    def _scan(self, listing: ListingWriter, own_listing: Path) -> Iterator[BackupEvent]:
        media = self.places.media()
        own = [os.fsencode(path.resolve()) for path in (self.places.tmp_dir, own_listing)]
        found = 0
        pace = Pace()
        for source in self.request.sources:
            check_source(source, media)
            scan = Scan(source, self.request.excludes, [*media, *own], listing, self.control)
            for _ in scan.run():
                yield from self._said(listing, scan.messages)
                if pace.due():
                    yield Progress(Phase.SCAN, files_done=found + scan.entries)
            yield from self._said(listing, scan.messages)
            found += scan.entries
        for path in listing.sockets():
            text = f"{quoted(path)} is a socket: it is listed and not saved"
            yield Message(Level.INFO, "SOCKET", text, path)

    def _said(self, listing: ListingWriter, messages: list[Message]) -> Iterator[Message]:
        for message in messages:
            if message.code == "UNREADABLE" and message.path is not None:
                listing.note_flaw(message.path, message.code)
            unknown = message.code == complaints.UNKNOWN_TO_FIND
            if message.code == SOURCE_IS_LINK or (unknown and self._may_keep_unknown()):
                self._warnings.append(message.text)
            yield message
        messages.clear()

    def _may_keep_unknown(self) -> bool:
        self._unknown_lines += 1
        return self._unknown_lines <= _KEPT_UNKNOWN

    def _compared(self, listing: ListingWriter) -> Iterator[Message]:
        """Says which sources do not look like the ones that were saved last, and what in them."""
        before = self.request.base[0] if self.request.base else self.request.compare_with
        if before is None:
            return
        earlier = self.places.files_of(before).listing
        for source, text in changed_sources(listing, earlier, self.request.sources):
            self._warnings.append(text)
            self._suspect.add(source)
            yield Message(Level.WARNING, "SOURCE_CHANGED", text, source)

    def _empty(self, listing: ListingWriter) -> Iterator[Message]:
        """Says of which sources there is nothing at all, unless something else has said why."""
        for source in self.request.sources:
            known = source in self._suspect or listing.why_nothing(source) is not None
            if known or listing.has_entries(source):
                continue
            text = f"{quoted(source)} is empty: is it mounted?"
            if _holds_anything(source):
                text = f"nothing was found to save in {quoted(source)}"
                if self.request.excludes:
                    text += ": nothing is in it that the excludes leave"
            self._warnings.append(text)
            yield Message(Level.WARNING, "NOTHING_FOUND", text, source)

    def _unreadable(self, listing: ListingWriter) -> Iterator[Message]:
        """Says of which sources nothing could be read; raises EngineError (SOURCE_UNREADABLE) if
        that is all of them."""
        reasons = {
            source: f"nothing of source {quoted(source)} could be read"
            + (f", {quoted(path)} for instance" if path != source else "")
            for source in self.request.sources
            if (path := listing.why_nothing(source)) is not None
        }
        if reasons and len(reasons) == len(self.request.sources):
            raise EngineError(
                "SOURCE_UNREADABLE",
                f"{'; '.join(list(reasons.values())[:_NAMED_SOURCES])}."
                " Let the agent's user read it, or run the agent as root",
            )
        for source, text in reasons.items():
            self._warnings.append(text)
            yield Message(Level.WARNING, "SOURCE_UNREADABLE", text, source)

    def _save(
        self, listing: ListingWriter, total: Amount, data: Path
    ) -> Generator[BackupEvent, None, Frames]:
        """Returns the frames of the data file, which is written and synced."""
        names = self.places.scratch(self.request.saveset, "names")
        try:
            with (
                written_to(names.parent),
                open(names, "xb", _NAMES_BUFFER_BYTES, opener=private.opener) as file,
            ):
                file.writelines(member_name(path) + b"\0" for path in listing.paths_to_save())
            # The scan may have taken long enough for a medium to go.
            self.places.check_store(self.request.label, NO_BACKUP)
            with (
                written_to(data.parent),
                open(data, "x+b", buffering=0, opener=private.opener) as file,
                FrameWriter(file, self.threads) as writer,
            ):
                transfer = Transfer(names, total, listing, writer, self.control)
                yield from transfer.events()
                self._warnings += transfer.warnings
                writer.finish()
                return writer.frames
        finally:
            names.unlink(missing_ok=True)

    def _blame_base(self, error: sqlite3.DatabaseError) -> None:
        """What is damaged while the listing is filled is the base: the listing itself is new."""
        if self.request.base and is_broken(error):
            raise _base_listing_lost(self.request.base[0].name, error) from error


def _base_listing_lost(saveset: str, reason: object) -> EngineError:
    text = f"the listing of saveset {saveset} cannot be read: {reason}"
    return EngineError("BASE_DAMAGED", text, saveset)


def _holds_anything(directory: bytes) -> bool:
    try:
        with os.scandir(directory) as found:
            return any(found)
    except OSError:
        return False


def _checking(result: BackupDone) -> Progress:
    return Progress(
        Phase.COMMIT,
        files_done=result.files,
        files_total=result.files,
        bytes_done=result.bytes_read,
        bytes_total=result.bytes_read,
        stored_bytes=result.stored_bytes,
    )
