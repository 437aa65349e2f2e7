"""One backup into a repository: the scan, restic's run, and the listing of what it has stored."""

import os
import sqlite3
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.adapters.restic import description, excluded, shelf
from server_agent.adapters.restic.commands import Commands
from server_agent.adapters.restic.description import ABOUT_TAG, Snapshots
from server_agent.adapters.restic.listing import Flaw, ResticListing
from server_agent.adapters.restic.places import ResticFiles, ResticPlaces
from server_agent.adapters.restic.removal import abandon
from server_agent.adapters.restic.repository import SAVESET_TAG, Repository
from server_agent.adapters.restic.transfer import Transfer
from server_agent.adapters.tar import packed, private
from server_agent.adapters.tar.as_read import SIZE_ACCEPTED
from server_agent.adapters.tar.backup import Backup
from server_agent.adapters.tar.base import blame
from server_agent.adapters.tar.client import Survey
from server_agent.adapters.tar.commands import check_commands
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.failures import (
    proves_damage,
    reason_of,
    translated,
    written_to,
)
from server_agent.adapters.tar.left_out import LeftOut
from server_agent.adapters.tar.listing import ListingWriter
from server_agent.adapters.tar.store import LOST_BACKUP, NO_BACKUP
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.quoting import quoted
from server_agent.ports import BackupDone, BackupEvent, Cancelled, EngineError, Message


@dataclass(slots=True)
class ResticBackup(Backup):
    """One run of `server_agent.ports.Engine.backup`."""

    places: ResticPlaces
    _left_out: list[bytes] = field(default_factory=list)  # patterns of what the scan passed over
    _by_options: LeftOut | None = None
    _has_begun: bool = False  # whether there may be snapshots

    def events(self) -> Iterator[BackupEvent]:
        request = self.request
        self.places.check_store(request.label, NO_BACKUP)
        check_commands(request.commands)
        repository = self.places.repository(request.label)
        files = self.places.saveset_files(request.saveset, request.label, request.sesam_day)
        if any(path.exists() for path in (files.description, files.listing)):
            raise EngineError("NAME_TAKEN", f"saveset {request.saveset} exists already")
        try:
            with (
                translated(self.control, files.listing.parent),
                self.places.blaming(request.label, LOST_BACKUP),
            ):
                files.listing.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                description.write_intent(files.intent, request)
                result, snapshots = yield from self._save_all(files, repository)
                self._commit(files, repository, result, snapshots)
        except BaseException:
            abandon(repository if self._has_begun else None, request.saveset, files)
            raise
        yield result

    def _save_all(
        self, files: ResticFiles, repository: Repository
    ) -> Generator[BackupEvent, None, tuple[BackupDone, Snapshots]]:
        yield Progress(Phase.SCAN)
        request = self.request
        parent = ""
        with ResticListing(
            files.new_listing, request.saveset, request.sources, self.control
        ) as listing:
            try:
                parent = self._parent(listing, repository)
                survey = self.client.survey(request.sources, self.control)
                yield from self._scan(listing, files.new_listing, survey)
                yield from self._compared(listing)
                total = listing.end_scan()
                yield from self._empty(listing, survey)
            except sqlite3.DatabaseError as error:
                blame(self.request, error)
                raise
            # The scan may have taken long enough for a medium to go.
            self.places.check_store(request.label, NO_BACKUP)
            self._has_begun = True
            commands = Commands(
                commands=request.commands,
                client=self.client,
                repository=repository,
                words=self._words(),
                control=self.control,
                warnings=self._warnings,
            )
            commands.check(listing)
            yield from commands.events()
            check = partial(self.places.check_store, request.label, LOST_BACKUP)
            transfer = Transfer(repository, [], listing, total, not parent, self.control, check)
            ids = yield from self._save_files(transfer, parent)
            return (yield from self._finish(listing, transfer, commands, survey, ids))

    def _parent(self, listing: ResticListing, repository: Repository) -> str:
        """Takes over what the base lists. Returns the snapshot to build on; empty without."""
        if not self.request.base:
            return ""
        base = self.request.base[0]
        if base.label != self.request.label:
            return ""  # nothing of it is in this repository: restic reads all
        own = self.places.of(base)
        try:
            known = description.read(own.description)
        except DescriptionError as error:
            raise _damaged_base(base.name, f"its description: {error}") from error
        except OSError as error:
            if isinstance(error, FileNotFoundError) or proves_damage(error):
                reason = f"its description: {reason_of(error)}"
                raise _damaged_base(base.name, reason) from error
            # It may be whole: another backup is made, and no saveset is blamed.
            text = f"saveset {base.name} cannot be built on just now: {reason_of(error)}"
            raise EngineError("BASE_DAMAGED", text) from error
        if not packed.is_there(own.listing):
            raise _damaged_base(base.name, "its listing is missing")
        if not repository.ids(self.control).issuperset(known.snapshots.all):
            raise _damaged_base(base.name, "its snapshots are not in the repository")
        listing.build_on(own.listing)
        return known.snapshots.files

    def _words(self) -> list[str]:
        request = self.request
        words = ["backup", "--json", "--verbose=2", f"--tag={SAVESET_TAG}{request.saveset}"]
        words.append(f"--tag={ABOUT_TAG}{description.tag(request)}")
        if client := request.facts.get("client"):
            words.append(f"--host={client}")
        return words

    def _left_out_by_options(self, listing: ListingWriter) -> LeftOut:
        self._by_options = Backup._left_out_by_options(self, listing)
        return self._by_options

    def _exclude_lines(self, listing: ListingWriter) -> Iterator[bytes]:
        """What the scan has passed over, and what the options have taken out of it; of a directory
        that is still listed restic itself knows what to leave out."""
        request = self.request
        yield from self._left_out
        for path in self._by_options.places if self._by_options else ():
            if not listing.has(path):
                yield excluded.literal(path)
        yield from excluded.patterns(
            *(self.client, request.sources, self._excludes),
            *(request.options.exclude_kind, self.control),
        )

    def _said(self, listing: ListingWriter, messages: list[Message]) -> Iterator[Message]:
        for message in messages:
            if message.code == "OWN_FILES" and message.path is not None:
                self._left_out.append(excluded.literal(message.path))
            if message.code == "KERNEL_FILE_SYSTEM" and message.path is not None:
                self._left_out.append(excluded.literal(message.path) + b"*")
        yield from Backup._said(self, listing, messages)

    def _save_files(self, transfer: Transfer, parent: str) -> Generator[BackupEvent, None, str]:
        """Returns the beginning of the id of the sources' snapshot; empty without sources."""
        request = self.request
        if not request.sources:
            return ""
        sources = self.places.scratch(request.saveset, "sources")
        excludes = self.places.scratch(request.saveset, "excludes")
        try:
            with written_to(sources.parent):
                _write(sources, (source + b"\0" for source in request.sources))
                lines = self._exclude_lines(transfer.listing)
                _write(excludes, (line + b"\n" for line in lines))
            transfer.words = [
                *self._words(),
                *(["--exclude-caches"] if request.options.skip_cache_directories else []),
                *(["--one-file-system"] if request.options.one_file_system else []),
                f"--parent={parent}" if parent else "--force",
                f"--files-from-raw={sources}",
                f"--exclude-file={excludes}",
            ]
            transfer.listing.begin_storing()
            yield transfer.progress()
            return (yield from transfer.run())
        finally:
            sources.unlink(missing_ok=True)
            excludes.unlink(missing_ok=True)

    def _finish(
        self,
        listing: ResticListing,
        transfer: Transfer,
        commands: Commands,
        survey: Survey,
        begun: str,
    ) -> Generator[BackupEvent, None, tuple[BackupDone, Snapshots]]:
        repository = transfer.repository
        yield transfer.progress(Phase.COMMIT)
        snapshots = self._resolved(repository, begun, commands)
        if begun:
            yield from self._listed(listing, transfer, snapshots.files)
            for flaw in listing.compare(self.request.sources):
                if flaw.is_stored and self._may_change and flaw.path in self._may_change:
                    text = f"{quoted(flaw.path)} changed while it was read, as it may"
                    yield Message(Level.INFO, SIZE_ACCEPTED, text, flaw.path)
                    continue
                yield from _noted(listing, flaw, transfer.reasons)
        else:
            listing.begin_storing()
        commands.enter(listing, (survey.uid, survey.gid))
        saved, listed = listing.settle()
        yield from self._unreadable(listing)
        stored = transfer.stored_bytes + commands.stored_bytes
        result = BackupDone(
            files=saved.files,
            bytes_read=saved.size,
            stored_bytes=stored,
            skipped=listing.flawed(),
            listed_files=listed.files,
            listed_bytes=listed.size,
            warnings=tuple(self._warnings),
            partial=listing.partial,
        )
        listing.finish()
        yield _at_the_end(result)
        return result, snapshots

    def _resolved(self, repository: Repository, begun: str, commands: Commands) -> Snapshots:
        """restic says only the beginning of an id."""
        own = [
            snapshot.id
            for snapshot in repository.snapshots(self.control)
            if snapshot.saveset == self.request.saveset
        ]

        def full(beginning: str) -> str:
            found = [each for each in own if each.startswith(beginning)]
            if len(found) != 1:
                text = f"{repository.place} does not have the snapshot {beginning} that was made"
                raise EngineError("WRITE_DAMAGED", text)
            return found[0]

        outputs = {output.name: full(output.snapshot) for output in commands.outputs}
        return Snapshots(full(begun) if begun else "", outputs)

    def _listed(
        self, listing: ResticListing, transfer: Transfer, snapshot: str
    ) -> Iterator[Progress]:
        """Reads what the snapshot has, and looks at what is not as the scan has seen it."""
        pace = Pace()
        is_lossy = transfer.is_lossy
        for is_lossy_too in listing.store(transfer.repository.nodes(snapshot, self.control)):
            is_lossy = is_lossy or is_lossy_too
            if pace.due():
                yield transfer.progress(Phase.COMMIT)
        if is_lossy:
            stored = listing.stored_paths()
            listing.correct(transfer.repository.raw_paths(snapshot, stored, self.control))
            for path in listing.paths_to_save():
                if not _is_utf8(path):
                    transfer.look(path)
        listing.end_storing()
        for path in listing.unseen():
            transfer.look(path)
        if self.control.cancelled:
            raise Cancelled

    def _commit(
        self, files: ResticFiles, repository: Repository, result: BackupDone, snapshots: Snapshots
    ) -> None:
        """From here on the saveset exists; on any exception it does not."""
        content = description.content_of(
            *(self.request, result, files.new_listing, snapshots, self.places.location_id)
        )
        copy = shelf.put(repository, content, files.new_listing, self.control)
        with written_to(files.description.parent):
            description.write(files.new_description, description.with_listing(content, copy))
        sync(files.new_listing)
        if self.control.cancelled:
            raise Cancelled
        try:
            files.new_listing.rename(files.listing)
            files.new_description.rename(files.description)
            files.intent.unlink()
            sync(files.listing.parent)
            sync(files.listing.parent.parent)
        except BaseException:
            files.description.unlink(missing_ok=True)
            files.listing.unlink(missing_ok=True)
            raise


def _noted(listing: ResticListing, flaw: Flaw, reasons: dict[str, str]) -> Iterator[Message]:
    """Enters a flaw and says it, unless the scan has done so."""
    where = quoted(flaw.path)
    reason = reasons.get(flaw.path.decode("utf-8", "replace"))
    if flaw.is_stored:
        code, text = "CHANGED_WHILE_READ", "changed while it was read: it may be of two versions"
    elif reason is not None:
        code, text = "UNREADABLE", f"cannot be read: {reason}"
    elif not os.path.lexists(flaw.path):
        code, text = "VANISHED", "vanished before it was read"
    else:
        code, text = "NOT_SAVED", "was not saved: restic has passed it over"
    if listing.note_flaw(flaw.path, code):
        yield Message(Level.WARNING, code, f"{where} {text}", flaw.path)


def _damaged_base(saveset: str, reason: str) -> EngineError:
    text = f"saveset {saveset} cannot be built on: {reason}"
    return EngineError("BASE_DAMAGED", text, saveset)


def _at_the_end(result: BackupDone) -> Progress:
    return Progress(
        Phase.COMMIT,
        files_done=result.files,
        files_total=result.files,
        bytes_done=result.bytes_read,
        bytes_total=result.bytes_read,
        stored_bytes=result.stored_bytes,
    )


def _write(path: Path, lines: Iterator[bytes]) -> None:
    with open(path, "xb", opener=private.opener) as file:
        file.writelines(lines)


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\xef\xbf\xbd" not in path
