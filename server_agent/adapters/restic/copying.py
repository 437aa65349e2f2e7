"""Writing a saveset to another repository: the same trees and data, in snapshots of its own there.

`restic copy` compares what it reads with its SHA-256. What it has made is looked for by the ids
that the originals had, must name the same trees, and is read back as a whole. What describes the
saveset there comes last.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from server_agent.adapters.durable import sync
from server_agent.adapters.restic import description, shelf
from server_agent.adapters.restic.description import Description, Snapshots
from server_agent.adapters.restic.places import ResticFiles, ResticPlaces
from server_agent.adapters.restic.program import (
    DAMAGED,
    PATIENCE_LOOKS,
    TRIES_AGAIN,
    Answer,
    Program,
    Said,
    is_lost,
    wait_a_moment,
)
from server_agent.adapters.restic.removal import abandon_copy
from server_agent.adapters.restic.repository import Repository, Snapshot
from server_agent.adapters.restic.stores import for_copy
from server_agent.adapters.restic.verify import DamagedSnapshot, check
from server_agent.adapters.tar import packed
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.failures import damaged, translated, written_to
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Phase, Progress
from server_agent.ports import Cancelled, Control, CopyDone, CopyEvent, CopyRequest, EngineError

_AGAIN = "Nothing was copied. {} and start the migration again."


@dataclass(slots=True)
class ResticCopying:
    """One run of `server_agent.ports.Engine.copy`."""

    places: ResticPlaces
    request: CopyRequest
    control: Control

    def check(self) -> None:
        """Raises EngineError: NAME_TAKEN, COPY_IMPOSSIBLE, STORE_MISSING."""
        name, label = self.request.saveset.name, self.request.label
        self._program()
        self.places.check_store(label, _AGAIN)
        made = [each for each in self._target.snapshots(self.control) if each.saveset == name]
        if made or self._new_files.description.exists():
            raise EngineError("NAME_TAKEN", f"{label} has something already that is called {name}")

    def events(self) -> Iterator[CopyEvent]:
        saveset, label = self.request.saveset, self.request.label
        self.places.check_store(saveset.label, _AGAIN)
        self.places.check_store(label, _AGAIN)
        files = self._new_files
        with translated(self.control, files.listing.parent):
            try:
                with (
                    self.places.blaming(label, _AGAIN),
                    self.places.blaming(saveset.label, _AGAIN),
                ):
                    yield from self._copied(files)
            except BaseException:
                abandon_copy(self._target, saveset.name, files)
                raise

    @property
    def _source(self) -> Repository:
        return self.places.repository(self.request.saveset.label)

    @property
    def _target(self) -> Repository:
        return self.places.repository(self.request.label)

    @property
    def _new_files(self) -> ResticFiles:
        saveset = self.request.saveset
        return self.places.saveset_files(saveset.name, self.request.label, saveset.sesam_day)

    def _program(self) -> Program:
        """restic for both repositories. Raises EngineError: COPY_IMPOSSIBLE."""
        access = for_copy(self._source.program.access, self._target.program.access)
        return Program(access, self.places.cache_dir)

    def _copied(self, files: ResticFiles) -> Iterator[CopyEvent]:
        known = self._described()
        total = known.result.listed_bytes
        yield Progress(Phase.TRANSFER, bytes_done=0, bytes_total=total)
        target = self._target
        before = target.indexes(self.control)
        originals = self._originals(known)
        yield from self._transferred(known, total)
        made = _paired(known, originals, target, self.request.saveset.name, self.control)
        yield from self._checked(known, made)
        new = target.indexes(self.control) - before
        stored_bytes = sum(target.indexed_bytes(each, self.control) for each in new)
        if self.control.cancelled:
            raise Cancelled
        source = self.places.of(self.request.saveset)
        content = description.content_of_copy(
            source.description, stored_bytes, made, self.places.location_id
        )
        try:
            copy = shelf.put(target, content, packed.plain(source.listing), self.control)
        finally:
            packed.forget(source.listing)
        with written_to(files.description.parent):
            description.write(files.new_description, description.with_listing(content, copy))
        files.new_description.rename(files.description)
        sync(files.description.parent)
        yield CopyDone(stored_bytes)

    def _described(self) -> Description:
        """What is copied, if its description and its listing are right."""
        saveset = self.request.saveset
        files = self.places.of(saveset)
        try:
            known = description.read(files.description)
            is_right = packed.digest(files.listing) == known.listing_digest
        except FileNotFoundError as error:
            raise self._missing(str(error.filename)) from error
        except DescriptionError as error:
            raise damaged(saveset.name, error) from error
        if not is_right:
            raise damaged(saveset.name, "its listing is not what was written")
        return known

    def _originals(self, known: Description) -> dict[str, Snapshot]:
        """What is known of the snapshots that are copied, by their ids."""
        found = {each.id: each for each in self._source.snapshots(self.control)}
        if not found.keys() >= set(known.snapshots.all):
            raise self._missing("its snapshot")
        return {each: found[each] for each in known.snapshots.all}

    def _missing(self, what: str) -> EngineError:
        saveset = self.request.saveset
        self.places.check_store(saveset.label, _AGAIN)
        text = f"saveset {saveset.name} is not whole: {what} is missing"
        return EngineError("SAVESET_MISSING", text, saveset.name)

    def _transferred(self, known: Description, total: int) -> Iterator[Progress]:
        """Raises EngineError, Cancelled."""
        if not known.snapshots.all:
            return
        # restic takes no lock of what it reads: a medium need not be written to for that.
        with self._source.program.turns.together(self.control):
            for _ in range(PATIENCE_LOOKS):
                answer = yield from self._once(known, total)
                if not answer.is_locked:
                    break
                self._target.unlock()
                wait_a_moment()
        if answer.status:
            raise self._failed(answer, known)

    def _once(self, known: Description, total: int) -> Generator[Progress, None, Answer]:
        pace, said = Pace(), Said()
        words = ["copy", "--no-lock", *known.snapshots.all]
        with self._program().start(words, self.control) as child:
            while child.talks:
                for output in child.ready():
                    data = child.read(output)
                    if output != "err":
                        continue
                    said.hear(data)
                    if TRIES_AGAIN in data:
                        for label in (self.request.label, self.request.saveset.label):
                            self.places.check_store(label, _AGAIN)
                    if is_lost(data) and self._source.is_here:
                        return Answer(-1, b"", said.text)
                if pace.due():
                    # Each pack is written to a file of its own first, and then to its place.
                    done = child.written_bytes // 2
                    yield Progress(
                        Phase.TRANSFER, bytes_done=done, bytes_total=total, stored_bytes=done
                    )
            return Answer(child.wait(), b"", said.text)

    def _failed(self, answer: Answer, known: Description) -> EngineError:
        """restic does not say which of both is at fault."""
        for label in (self.request.saveset.label, self.request.label):
            self.places.check_store(label, _AGAIN)
        self._source.check()
        self._target.check()
        if DAMAGED.search(answer.said):
            try:
                for _ in check(self._source, known, self.control):
                    pass
            except DamagedSnapshot as error:
                return damaged(self.request.saveset.name, error)
        return self._target.failed(answer, f"copy from {self._source.place}")

    def _checked(self, known: Description, made: Snapshots) -> Iterator[Progress]:
        """Raises EngineError (WRITE_DAMAGED) unless the medium gives back what was written."""
        pace = Pace()
        total = known.result.listed_bytes
        try:
            for done in check(self._target, known.lying_in(made), self.control):
                if pace.due():
                    whole = max(total, done)
                    yield Progress(Phase.COMMIT, bytes_done=done, bytes_total=whole)
        except DamagedSnapshot as error:
            self.places.check_store(self.request.label, _AGAIN)
            raise _write_damaged(self.request.label, error) from error


def _paired(
    known: Description,
    originals: dict[str, Snapshot],
    target: Repository,
    saveset: str,
    control: Control,
) -> Snapshots:
    """The snapshots that were made. Raises EngineError (WRITE_DAMAGED): one is missing, or holds
    something else."""
    made = {
        (each.original, each.tree): each.id
        for each in target.snapshots(control)
        if each.saveset == saveset
    }

    def of(snapshot: str) -> str:
        source = originals[snapshot]
        found = made.get((source.original, source.tree))
        if found is None:
            raise _write_damaged(target.place, f"it has no copy of the snapshot {snapshot[:8]}")
        return found

    outputs = {name: of(snapshot) for name, snapshot in known.snapshots.outputs.items()}
    return Snapshots(of(known.snapshots.files) if known.snapshots.files else "", outputs)


def _write_damaged(medium: str, why: object) -> EngineError:
    text = f"the medium {medium} does not give back what was written: {why}. Check its disk"
    return EngineError("WRITE_DAMAGED", text)
