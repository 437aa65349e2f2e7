"""One backup from the scan to the commit."""

import os
import sqlite3
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from server_agent.adapters.archive_bits.here import archive_bits
from server_agent.adapters.tar import (
    base,
    complaints,
    exclude_file,
    immutable,
    private,
    reference,
)
from server_agent.adapters.tar.as_read import MayChange
from server_agent.adapters.tar.client import Client, Survey
from server_agent.adapters.tar.commands import Commands, check_commands
from server_agent.adapters.tar.commit import commit, sweep
from server_agent.adapters.tar.compare import changed_sources
from server_agent.adapters.tar.failures import translated, written_to
from server_agent.adapters.tar.hits import Hits
from server_agent.adapters.tar.left_out import LeftOut, borders
from server_agent.adapters.tar.listing import Amount, ListingWriter
from server_agent.adapters.tar.names import member_name
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.adapters.tar.scan import SOURCE_IS_LINK, Scan, check_source
from server_agent.adapters.tar.sealed_head import key_of
from server_agent.adapters.tar.sealing import Sealing
from server_agent.adapters.tar.seek_table import Frames
from server_agent.adapters.tar.store import LOST_BACKUP, NO_BACKUP
from server_agent.adapters.tar.stream import FrameWriter
from server_agent.adapters.tar.transfer import Pace, Transfer
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.quoting import quoted
from server_agent.domain.task_options import TaskOptions, TimeReference
from server_agent.ports import (
    BackupDone,
    BackupEvent,
    BackupRequest,
    Control,
    EngineError,
    Message,
)
from server_agent.ports.attributes import ArchiveBits

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
    client: Client
    bits: ArchiveBits = field(default_factory=archive_bits)
    _excludes: tuple[str, ...] = ()  # those of the exclude file too
    _may_change: MayChange | None = None
    _hits: Hits | None = None
    _borders: set[bytes] = field(default_factory=set)  # at which a source was left
    _warnings: list[str] = field(default_factory=list)
    _unknown_lines: int = 0
    _suspect: set[bytes] = field(default_factory=set)  # sources of which a sentence was said
    _sealing: Sealing | None = None

    def events(self) -> Iterator[BackupEvent]:
        request = self.request
        self.places.check_store(request.label, NO_BACKUP)
        check_commands(request.commands)
        reference.check_usable(request, self.client)
        if request.key_id:
            key = key_of(request.key_id, self.places.keys)
            self._sealing = Sealing(key, request.saveset)
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
                how = self.control, self._sealing, self.threads
                for _ in commit(request, result, frames, files, *how):
                    if pace.due():
                        yield _checking(result)
        except BaseException:
            for path in unfinished.all:
                sweep(path)
            raise
        if request.label in self.places.immutable:
            said = list(immutable.hold_saveset(files.data))
            yield from said
            warnings = (*result.warnings, *(message.text for message in said))
            result = replace(result, warnings=warnings)
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
        begin_ns = 0
        if request.options.time_reference is not TimeReference.DATABASE:
            begin_ns = reference.moment_of(self.client, self.control)
        with ListingWriter(
            files.listing, request.saveset, request.sources, self.control
        ) as listing:
            try:
                base.build_on(self.places, self.request, listing)
                survey = self.client.survey(request.sources, self.control)
                yield from self._scan(listing, files.listing, survey)
                yield from self._marked(listing)
                yield from self._compared(listing)
                total = listing.end_scan()
                yield from self._empty(listing, survey)
            except sqlite3.DatabaseError as error:
                base.blame(self.request, error)
                raise
            frames = yield from self._save(listing, total, files.data, survey)
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
                begin_ns=begin_ns,
            )
            listing.finish()
        return result, frames

    def _scan(
        self, listing: ListingWriter, own_listing: Path, survey: Survey
    ) -> Iterator[BackupEvent]:
        media, own, silent = [], [], []
        if self.client.is_here:
            media = self.places.media()
            silent = [os.fsencode(path) for path in self.places.silent]
            files = self.places.tmp_dir, own_listing, *self.places.private_dirs
            own = [*media, *(os.fsencode(path.resolve()) for path in files)]
        for text in survey.warnings:
            self._warnings.append(text)
            yield Message(Level.WARNING, "CLIENT_LIMITED", text)
        self._read_options(listing)
        left_out = self._left_out_by_options(listing)
        held: list[Message] = []  # of what may turn out to be left out
        found = 0
        pace = Pace()
        for source in self.request.sources:
            check_source(source, media)
            scan = Scan(
                *(source, self._excludes, own, listing, self.client, survey, self.control),
                *(self.request.options, self._may_change, self._hits),
                silent=silent,
            )
            for _ in scan.run():
                if left_out.has_anything_to_do:
                    held += _taken_out(scan.messages, "UNREADABLE")
                yield from self._said(listing, scan.messages)
                if pace.due():
                    yield Progress(Phase.SCAN, files_done=found + scan.entries)
            yield from self._said(listing, scan.messages)
            found += scan.entries
        yield from left_out.messages()
        held = [each for each in held if each.path is None or not left_out.has(each.path)]
        yield from self._said(listing, held)
        yield from self._left_borders(listing)
        for path in listing.sockets():
            text = f"{quoted(path)} is a socket: it is listed and not saved"
            yield Message(Level.INFO, "SOCKET", text, path)

    def _marked(self, listing: ListingWriter) -> Iterator[Progress]:
        if self.request.base and self.request.options.time_reference is TimeReference.ARCHIVE_BIT:
            pace = Pace()
            for _ in reference.save_marked(listing, self.bits, self.control):
                if pace.due():
                    yield Progress(Phase.SCAN)

    def _read_options(self, listing: ListingWriter) -> None:
        options = self.request.options
        self._excludes = self.request.excludes
        if options.exclude_file:
            self._excludes += exclude_file.read(
                self.client, options.exclude_file, options.exclude_kind, self.control
            )
        if options.accept_size_change:
            self._may_change = MayChange(listing.database)

    def _left_out_by_options(self, listing: ListingWriter) -> LeftOut:
        request = self.request
        return LeftOut(
            *(request.options, request.sources, listing, self.client, self.control),
            self.places.scratch(request.saveset, "asked"),
        )

    def _left_borders(self, listing: ListingWriter) -> Iterator[Message]:
        if not self.request.options.one_file_system:
            return
        self._borders.update(borders(listing, self.request.sources))
        for path in sorted(self._borders):
            text = f"{quoted(path)} is another file system: what it holds is not saved"
            yield Message(Level.INFO, "OTHER_FILE_SYSTEM", text, path)

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
        for source, text in changed_sources(listing, earlier, self.request.sources, self._is_gone):
            if source in self._borders:
                continue  # it is left out by the task itself
            self._warnings.append(text)
            self._suspect.add(source)
            yield Message(Level.WARNING, "SOURCE_CHANGED", text, source)

    def _is_gone(self, path: bytes) -> bool:
        return self.client.survey([path], self.control).looks[path].is_gone

    def _empty(self, listing: ListingWriter, survey: Survey) -> Iterator[Message]:
        """Says of which sources there is nothing at all, unless something else has said why."""
        for source in self.request.sources:
            known = source in self._suspect or listing.why_nothing(source) is not None
            if known or listing.has_entries(source):
                continue
            text = f"{quoted(source)} is empty: is it mounted?"
            if survey.looks[source].has_entries:
                text = f"nothing was found to save in {quoted(source)}"
                if self._excludes or self.request.options != TaskOptions():
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
        nothing = len(reasons) == len(self.request.sources) and not self.request.commands
        if reasons and nothing:
            raise EngineError(
                "SOURCE_UNREADABLE",
                f"{'; '.join(list(reasons.values())[:_NAMED_SOURCES])}."
                " Let the agent's user read it, or run the agent as root",
            )
        for source, text in reasons.items():
            self._warnings.append(text)
            yield Message(Level.WARNING, "SOURCE_UNREADABLE", text, source)

    def _save(
        self, listing: ListingWriter, total: Amount, data: Path, survey: Survey
    ) -> Generator[BackupEvent, None, Frames]:
        """Returns the frames of the data file, which is written and synced."""
        names = self.places.scratch(self.request.saveset, "names")
        seal = self._sealing.frames() if self._sealing is not None else None
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
                FrameWriter(file, self.threads, seal) as writer,
            ):
                commands = Commands(
                    commands=self.request.commands,
                    client=self.client,
                    listing=listing,
                    writer=writer,
                    spool=data.with_suffix(".spool.tmp"),
                    threads=self.threads,
                    owner=(survey.uid, survey.gid),
                    total=total,
                    control=self.control,
                    warnings=self._warnings,
                    sealing=self._sealing,
                )
                yield from commands.events()
                saved = commands.saved
                transfer = Transfer(
                    names=names,
                    total=Amount(total.files + saved.files, total.size + saved.size),
                    listing=listing,
                    writer=writer,
                    client=self.client,
                    control=self.control,
                    before=saved,
                    may_change=self._may_change,
                )
                yield from transfer.events()
                self._warnings += transfer.warnings
                writer.finish()
                return writer.frames
        finally:
            names.unlink(missing_ok=True)


def _taken_out(messages: list[Message], code: str) -> list[Message]:
    taken = [message for message in messages if message.code == code]
    messages[:] = [message for message in messages if message.code != code]
    return taken


def _checking(result: BackupDone) -> Progress:
    return Progress(
        Phase.COMMIT,
        files_done=result.files,
        files_total=result.files,
        bytes_done=result.bytes_read,
        bytes_total=result.bytes_read,
        stored_bytes=result.stored_bytes,
    )
