"""One restore: restic brings all of it beside the target first, then it comes into its places."""

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server_agent.adapters.durable import sync_file_system
from server_agent.adapters.restic import description
from server_agent.adapters.restic.description import Description, Snapshots
from server_agent.adapters.restic.landing import Landing
from server_agent.adapters.restic.places import ResticPlaces
from server_agent.adapters.restic.program import DAMAGED, Said, is_lost, last_words
from server_agent.adapters.restic.repository import Repository
from server_agent.adapters.restic.selection import ResticSelection
from server_agent.adapters.restic.sound import sound
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.excludes import glob_literal
from server_agent.adapters.tar.failures import damaged, no_space
from server_agent.adapters.tar.listing import Amount
from server_agent.adapters.tar.mounts import mount_of
from server_agent.adapters.tar.restore import Restore
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Phase
from server_agent.domain.quoting import printable, quoted
from server_agent.ports import (
    COMMANDS_DIRECTORY,
    EngineError,
    Message,
    RestoreDone,
    RestoreEvent,
    SavesetRef,
)

_NAMED = 20  # in the result; the protocol has all
_PATTERNS_AT_ONCE = 500
_PATTERN_BYTES = 60_000  # of one run: the system takes no more than 128 KiB for a word
_ERROR = b"ignoring error for "
# What concerns the facts of an entry and not its data.
_BARE = re.compile(
    rb": (?:lchown|chown|chmod|lchmod|UtimesNano|utimes\w*|xattr\.\w+|Xattr\w*)\b", re.IGNORECASE
)
_FULL = re.compile(rb"no space left on device|disk quota exceeded|file too large", re.IGNORECASE)
_FOLLOWS = (b"UtimesNano: no such file", b"CreateHardlink: link ")  # from an error before


@dataclass(slots=True)
class ResticRestore(Restore):
    """One run of `server_agent.ports.Engine.restore`."""

    places: ResticPlaces
    _failed: dict[bytes, str] = field(default_factory=dict)
    _wrong: bytes = b""  # the first line about data that are not what was saved
    _full: bool = False
    _staged: bytes = b""

    def _run(self, scratch: Path, listing: Path) -> Iterator[RestoreEvent]:
        known = self._described()
        with ResticSelection(scratch, listing, self.control) as selection:
            self._pick(selection)
            selection.mark_links()
            self._survey = self.client.survey((), self.control)
            if self.request.dry_run:
                yield from self._rehearse(selection, scratch)
                return
            yield from self._bring_all(selection, scratch, known)
            lost = list(self._summary(selection))
            yield from lost
        yield RestoreDone(
            files=self._whole(),
            bytes_written=self._tally.size,
            skipped=self._tally.failed + self._left_out,
            warnings=(
                *(message.text for message in lost),
                *self._tally.unknown[:_NAMED],
                *self._replaced[:_NAMED],
                *self._put_back,
            ),
            notes=tuple(self._notes),
        )

    def _sound_listing(self, saveset: SavesetRef) -> Message | None:
        return sound(self.places, saveset, self._then, self.control)

    def _described(self) -> Description:
        """Raises EngineError (SAVESET_MISSING, SAVESET_DAMAGED) unless its snapshots are there."""
        saveset = self.request.chain[0]
        try:
            known = description.read(self.places.of(saveset).description)
        except FileNotFoundError as error:
            raise _missing(saveset.name, "its description") from error
        except DescriptionError as error:
            raise damaged(saveset.name, f"its description: {error}") from error
        if not self._repository().ids(self.control).issuperset(known.snapshots.all):
            raise _missing(saveset.name, "its snapshot")
        return known

    def _repository(self) -> Repository:
        return self.places.repository(self.request.chain[0].label)

    def _bring_all(
        self, selection: ResticSelection, scratch: Path, known: Description
    ) -> Iterator[RestoreEvent]:
        with self._ground(selection) as ground, self._keeping(ground, scratch) as aside:
            target = ground.root
            yield from self._prepared(selection, ground, aside)
            self._total = total = selection.amount()
            yield self._progress(total)
            with aside.staging(target) as staged:
                for snapshot, patterns in _runs(known.snapshots, self.request.paths):
                    yield from self._fetch(selection, snapshot, patterns, staged, total)
                self._judge()
                _guard(os.path.join(staged, COMMANDS_DIRECTORY[1:]))
                self._tally.begun = 0
                sync_file_system(staged)
                landing = Landing(
                    selection,
                    staged,
                    target,
                    aside,
                    self._tally,
                    self._failed,
                    self.control,
                    self.request.overwrite,
                )
                for message in landing.events():
                    yield message or self._progress(total)
            landing.finish()
            for message in aside.settle():
                yield message or self._progress(total, Phase.COMMIT)
        self._replaced = aside.replaced

    def _fetch(
        self,
        selection: ResticSelection,
        snapshot: str,
        patterns: Sequence[bytes],
        staged: bytes,
        total: Amount,
    ) -> Iterator[RestoreEvent]:
        """One run of restic into the staging directory."""
        repository = self._repository()
        self._staged = staged
        words = [b"restore", snapshot.encode(), b"--no-lock", b"--target=" + staged]
        words += [b"--include=" + pattern for pattern in patterns]
        said, rest, pace = Said(), b"", Pace()
        with repository.program.start(words, self.control) as child:
            while child.talks:
                for output in child.ready():
                    data = child.read(output)
                    if output == "out":
                        continue
                    said.hear(data)
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        self._hear(selection, line)
                    if is_lost(data) and repository.is_here:
                        raise self._not_whole(said.text)
                if pace.due():
                    self._tally.begun = child.written_bytes
                    yield self._progress(total)
            status = child.wait()
        if status and _ERROR not in said.text:
            error = repository.failure(status, said, "restore")
            raise self._not_whole(said.text) if error.code == "SAVESET_DAMAGED" else error

    def _hear(self, selection: ResticSelection, line: bytes) -> None:
        if not line.startswith(_ERROR):
            return
        line = line.removeprefix(_ERROR)
        if _BARE.search(line) and not any(word in line for word in _FOLLOWS):
            self._tally.bare += 1
            self._tally.first_bare = self._tally.first_bare or printable(line)
        elif _FULL.search(line):
            self._full = True
        elif any(word in line for word in _FOLLOWS):
            path = _path_in(selection, line)
            if path is not None:
                self._failed.setdefault(path, "restic has not brought it")
        elif DAMAGED.search(line) and self._staged not in line:
            self._wrong = self._wrong or line
        else:
            path = _path_in(selection, line)
            if path is None:
                raise EngineError("RESTIC_FAILED", f"restic could not restore: {printable(line)}")
            self._failed[path] = f"restic says: {printable(line[len(path) + 2 :])}"

    def _judge(self) -> None:
        """Raises EngineError if what restic has brought must not come to its places."""
        if self._full:
            point = quoted(mount_of(self.request.target))
            raise no_space(f"no space left on the file system {point}, nothing of it was restored")
        if self._wrong:
            raise self._not_whole(self._wrong)

    def _not_whole(self, said: bytes) -> EngineError:
        """Of a saveset of which something is not what was saved, unless its medium is gone."""
        saveset = self.request.chain[0]
        self.places.check_store(saveset.label, self._then)
        return damaged(saveset.name, last_words(said))


def _runs(snapshots: Snapshots, paths: Sequence[bytes]) -> Iterator[tuple[str, Sequence[bytes]]]:
    """Which snapshots are needed for the paths, and the patterns for each; no pattern for all."""
    of_commands = COMMANDS_DIRECTORY + b"/"
    wanted = [path.rstrip(b"/") or b"/" for path in paths]
    of_files = [
        path for path in wanted if path != COMMANDS_DIRECTORY and not path.startswith(of_commands)
    ]
    everything = not paths or b"/" in wanted
    if snapshots.files and everything:
        yield snapshots.files, ()
    elif snapshots.files:
        yield from ((snapshots.files, part) for part in _portions(of_files))
    for name, snapshot in snapshots.outputs.items():
        path = of_commands + name.encode("utf-8")
        if everything or path in wanted or COMMANDS_DIRECTORY in wanted:
            yield snapshot, ()


def _guard(directory: bytes) -> None:
    """What commands wrote holds what nobody else may read, and restic keeps no modes of it."""
    with contextlib.suppress(FileNotFoundError):
        os.chmod(directory, 0o700)
        for name in os.listdir(directory):
            os.chmod(os.path.join(directory, name), 0o600)


def _portions(paths: Sequence[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for pattern in map(glob_literal, paths):
        if part and (len(part) == _PATTERNS_AT_ONCE or size + len(pattern) > _PATTERN_BYTES):
            yield part
            part, size = [], 0
        part.append(pattern)
        size += len(pattern)
    if part:
        yield part


def _path_in(selection: ResticSelection, line: bytes) -> bytes | None:
    """The path at the beginning of a line "PATH: REASON", as far as the listing has one."""
    at = line.find(b": ")
    while at >= 0:
        if selection.has(line[:at]):
            return line[:at]
        at = line.find(b": ", at + 1)
    return None


def _missing(saveset: str, what: str) -> EngineError:
    return EngineError(
        "SAVESET_MISSING",
        f"saveset {saveset} cannot be restored: {what} is not in its place."
        " Put it back, or restore from another saveset",
        saveset,
    )
