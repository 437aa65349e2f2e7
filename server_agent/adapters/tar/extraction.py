"""Members out of savesets into one GNU tar that extracts them below a directory."""

import contextlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from server_agent.adapters.tar import complaints
from server_agent.adapters.tar.child import Child
from server_agent.adapters.tar.failures import damaged, no_space
from server_agent.adapters.tar.member import BLOCK_BYTES
from server_agent.adapters.tar.names import member_path, shown, unescaped
from server_agent.adapters.tar.selection import Slice
from server_agent.adapters.tar.stream import DamagedFrame, FrameReader
from server_agent.adapters.tar.target import below
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Level
from server_agent.ports import Control, EngineError, Message

_TAR = [
    "tar",
    "--extract",
    "--verbose",
    "--quoting-style=escape",
    "--numeric-owner",
    "--same-permissions",
    "--acls",
    "--xattrs",
    "--xattrs-include=*",
    # Directories get their times and modes when all that they hold is in them.
    "--delay-directory-restore",
    # The slices of several savesets follow each other, each with zeros at its end.
    "--ignore-zeros",
    # Names come from our own listings and are relative. Without it tar would put up empty files
    # in place of symbolic links until its end.
    "--absolute-names",
    "--warning=no-timestamp",
    "--blocking-factor=128",  # 64 KiB a read instead of 10
    "--file=-",
]
_KEPT_FAILURES = 20  # of tar's lines about the run as a whole; the first says it
_CLOCK_TICK_NS = 20_000_000  # times of files are this much behind the clock, at most
_END_OF_ARCHIVE = memoryview(bytes(2 * BLOCK_BYTES))


@dataclass(slots=True)
class Tally:
    """What a restore has done so far.

    Attributes:
        files, size: handed to tar: entries that are no directories, and their bytes.
        failed: entries that could not be restored.
        bare: entries that lack owner, mode, times or attributes, and what was said of the first.
    """

    files: int = 0
    size: int = 0
    failed: int = 0
    bare: int = 0
    first_bare: str = ""
    current: bytes = b""


@dataclass(slots=True)
class Extraction:
    """One run of tar.

    Attributes:
        slices: members, home by home, in the order in which they lie there.
        open_home: opens the frames of a home by its id.
        home_names: the savesets by those ids.
        target: existing directory.
    """

    slices: Iterator[Slice]
    open_home: Callable[[int], FrameReader]
    home_names: dict[int, str]
    target: bytes
    control: Control
    tally: Tally
    _expected: int = 0
    _seen: int = 0
    _names: bytes = b""
    _errors: bytes = b""
    _failures: list[str] = field(default_factory=list)
    _started_ns: int = field(default_factory=lambda: time.time_ns() - _CLOCK_TICK_NS)

    def events(self) -> Iterator[Message | None]:
        """Messages, and now and then None as a sign of life.

        Raises:
            EngineError: SAVESET_DAMAGED, SAVESET_MISSING, NO_SPACE, TAR_FAILED. A file that tar
                had begun is removed.
            Cancelled: likewise.
        """
        owner = "--same-owner" if os.geteuid() == 0 else "--no-same-owner"
        command: list[str | bytes] = [*_TAR, owner, b"--directory=" + self.target]
        with Child(command, self.control, fed=True) as tar:
            try:
                with contextlib.suppress(BrokenPipeError):  # then tar's status says why
                    yield from self._feed(tar)
                tar.close_input()
                while tar.talks:
                    for output in tar.ready():
                        yield from self._hear(tar, output)
                self._judge(tar.wait())
                for text in self._failures:
                    yield Message(Level.WARNING, "TAR", f"tar says: {text}")
            except BaseException:
                tar.end()
                self._take_names(tar.rest("out"))
                self._remove_begun()
                raise

    def _feed(self, tar: Child) -> Iterator[Message | None]:
        pace = Pace()
        names = ""
        for piece in self._pieces():
            rest = piece
            while rest:
                # tar says each name by itself: they are read together now and then.
                ready = tar.ready(to_feed=True, resting=names)
                for pipe in ready:
                    if pipe == "in":
                        rest = rest[tar.feed(rest) :]
                    else:
                        yield from self._hear(tar, pipe)
                is_due = pace.due()
                names = "" if is_due or not ready else "out"
                if is_due:
                    yield None

    def _pieces(self) -> Iterator[memoryview]:
        for home, slices in groupby(self.slices, key=lambda slice_: slice_.home):
            try:
                with self.open_home(home) as reader:
                    yield from reader.pieces(self._ranges(slices))
            except DamagedFrame as error:
                raise damaged(self.home_names[home], error) from error
        yield _END_OF_ARCHIVE

    def _ranges(self, slices: Iterator[Slice]) -> Iterator[tuple[int, int]]:
        """Neighbours as one: a whole restore of a FULL is one range."""
        begin = end = 0
        for member in slices:
            if member.block * BLOCK_BYTES != end:
                if begin < end:
                    yield begin, end
                begin = member.block * BLOCK_BYTES
            end = (member.block + member.blocks) * BLOCK_BYTES
            self._expected += 1
            self.tally.files += member.leaf
            self.tally.size += member.size
        if begin < end:
            yield begin, end

    def _hear(self, tar: Child, output: str) -> Iterator[Message]:
        if output == "out":
            self._take_names(tar.read(output))
            return
        *lines, self._errors = (self._errors + tar.read(output)).split(b"\n")
        for line in lines:
            message = complaints.of_restoring_tar(line)
            if message is not None:
                yield from self._sorted(message)

    def _sorted(self, message: Message) -> Iterator[Message]:
        if message.path is None:
            if len(self._failures) < _KEPT_FAILURES:
                self._failures.append(message.text)
        elif message.code == complaints.NO_SPACE:
            self._remove(message.path)
            raise no_space(
                f"{message.text} at {shown(self.target)}, where {shown(message.path)} has to be"
                " written"
            )
        elif message.code == complaints.METADATA:
            self.tally.bare += 1
            self.tally.first_bare = (
                self.tally.first_bare or f"{shown(message.path)}: {message.text}"
            )
        else:
            self.tally.failed += 1
            yield message

    def _take_names(self, data: bytes) -> None:
        """tar says a member's name before it begins to extract it."""
        *names, self._names = (self._names + data).split(b"\n")
        if names:
            self._seen += len(names)
            self.tally.current = member_path(unescaped(names[-1]))

    def _judge(self, status: int) -> None:
        if status not in (0, 1, 2) or (status == 2 and self._failures):
            reason = self._failures[0] if self._failures else f"it ended with status {status}"
            raise EngineError("TAR_FAILED", f"tar could not restore: {reason}")
        if self._seen != self._expected:
            raise EngineError(
                "TAR_FAILED", f"tar was given {self._expected} entries and took {self._seen}"
            )

    def _remove_begun(self) -> None:
        if self._seen:
            self._remove(self.tally.current)

    def _remove(self, path: bytes) -> None:
        """Removes a file of which only a part may be there, unless it is an older one that tar
        had not yet replaced."""
        place = below(self.target, path)
        with contextlib.suppress(OSError):
            status = os.lstat(place)
            if stat.S_ISREG(status.st_mode) and status.st_ctime_ns >= self._started_ns:
                os.unlink(place)
