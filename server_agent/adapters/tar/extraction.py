"""Members out of savesets into one GNU tar that extracts them below a directory."""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from server_agent.adapters.tar import complaints
from server_agent.adapters.tar.child import PIPE_BYTES, Child
from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.failures import damaged, no_space
from server_agent.adapters.tar.member import BLOCK_BYTES
from server_agent.adapters.tar.names import member_path, unescaped
from server_agent.adapters.tar.newcomers import TAR_KEEPS, Newcomers
from server_agent.adapters.tar.slices import LISTED, Slice
from server_agent.adapters.tar.stream import DamagedFrame, FrameReader
from server_agent.adapters.tar.tally import Tally
from server_agent.adapters.tar.target import below
from server_agent.adapters.tar.transfer import HEADER_BYTES, Pace
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import Control, EngineError, Message

TAR_EXTRACT = [
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
_KEPT_FAILURES = 20  # of the lines that nobody understands; the first says it
_UMASK = 0o022  # of directories above the sources, which no listing has and tar makes by itself
_CLOCK_TICK_NS = 20_000_000  # times of files are this much behind the clock, at most
_END_OF_ARCHIVE = memoryview(bytes(2 * BLOCK_BYTES))
_UNDERWAY_BYTES = PIPE_BYTES + 128 * BLOCK_BYTES  # fed, and perhaps still in the pipe or in tar
_CUT = frozenset({complaints.NO_SPACE, "NOT_RESTORED"})  # said of files that are not whole
# What tar says of input that ends before damage, or has nothing before it.
_SHORT = ("tar: Unexpected EOF in archive", "tar: This does not look like a tar archive")
_BATCH_FILES = 512  # are moved aside together, so that one note and its sync do for all of them
_BATCH_BYTES = 32 << 20  # but not while much is still to be written before them


class Landing(Protocol):
    """The places where files come, for tar's part: see `aside.Aside`, which keeps old versions."""

    @property
    def is_due(self) -> bool: ...

    def before(self, files: Sequence[tuple[bytes, int, int]]) -> None: ...

    def come(self, place: bytes) -> None: ...

    def give_back(self) -> None:
        """What has not come by now does not come, or comes anew: old versions go back."""

    def stayed(self, place: bytes, /) -> int:
        """A file has not come, since something came to its place that stays there. Returns the
        bytes that it would have had."""

    def dispose(self, *, keep_times: bool = False) -> None: ...

    def remove_new(self, place: bytes, since_ns: int) -> None:
        """Removes a file of which only a part may be there, unless it is an older one that tar
        had not yet replaced.

        Args:
            since_ns: what was made before is older.
        """

    def full(self, place: bytes) -> str:
        """Where no space is left for a place, for the end of a sentence."""

    def said(self) -> Iterator[Message]:
        """What was done since the last call."""


@dataclass(slots=True)
class Extraction:
    """One run of tar.

    Attributes:
        slices: members, home by home, in the order in which they lie there.
        open_home: opens the frames of a home by its id.
        home_names: the savesets by those ids.
        target: existing directory of the client.
        is_root: whether tar runs as root there.
        has: whether a member of this name may come.
        aside: keeps old versions.
        newcomers: what came to a place meanwhile and stays there; None if nothing stays.
    """

    slices: Iterator[Slice]
    open_home: Callable[[int], FrameReader]
    home_names: dict[int, str]
    target: bytes
    client: Client
    is_root: bool
    control: Control
    tally: Tally
    has: Callable[[bytes], bool]
    aside: Landing
    newcomers: Newcomers | None = None
    _expected: int = 0
    _seen: int = 0
    _fed: int = 0  # bytes that tar's pipe has taken
    _at: Slice | None = None  # the member that tar is at
    _begin: int = 0  # where that one begins in what is fed
    _behind: deque[Slice] = field(default_factory=deque)  # members that tar has not come to
    _cut: list[bytes] = field(default_factory=list)  # files that are not whole
    _surplus: dict[int, int] = field(default_factory=dict)  # number of a member -> bytes too many
    _names: bytes = b""
    _errors: bytes = b""
    _failures: list[str] = field(default_factory=list)
    _full: EngineError | None = None
    _complained: bool = False
    _failed_path: bytes = b""
    _failed_directories: set[bytes] = field(default_factory=set)
    _bare_path: bytes = b""
    _started_ns: int = field(default_factory=lambda: time.time_ns() - _CLOCK_TICK_NS)

    def events(self) -> Iterator[Message | None]:
        """Messages, and now and then None as a sign of life.

        Raises:
            EngineError: SAVESET_DAMAGED, SAVESET_MISSING, NO_SPACE, TAR_FAILED. A file that tar
                had begun and not ended is removed; `aside` gives it back its old version.
            Cancelled: likewise.
        """
        owner = "--same-owner" if self.is_root else "--no-same-owner"
        keeps = TAR_KEEPS if self.newcomers else []
        command: list[str | bytes] = [*TAR_EXTRACT, owner, *keeps, b"--directory=" + self.target]
        damage: EngineError | OSError | None = None
        with self.client.start(command, self.control, fed=True, umask=_UMASK) as tar:
            try:
                try:
                    with contextlib.suppress(BrokenPipeError):  # then tar's status says why
                        yield from self._feed(tar)
                except (EngineError, OSError) as error:
                    if isinstance(error, EngineError) and error.code == complaints.NO_SPACE:
                        raise
                    damage = error  # what came before it is whole: tar may finish that
                tar.close_input()
                yield from self._hear_out(tar)
                status = tar.wait()
                self._judge(status, damage)
                self._come_to(None)
                self._remove_cut()
                self.aside.dispose(keep_times=True)
                if self.newcomers is not None:
                    yield from self.newcomers.told()
                yield from self._left_over(status)
            except BaseException as error:
                tar.end()
                self._take_names(tar.rest("out"))
                self._note_cut(tar.rest("err"))
                if error is damage and self._fed >= self._end:
                    self._come_to(None)
                elif self._seen:
                    self._cut.append(self.tally.current)
                self._remove_cut()
                if error is damage:
                    self.aside.give_back()
                raise

    def _note_cut(self, said: bytes) -> None:
        """What tar still had to say of files that it could not write."""
        for line in (self._errors + said).split(b"\n"):
            message = complaints.of_restoring_tar(line, self.has)
            if message is None or not message.path:
                continue
            if message.code == complaints.STAYED:
                self._stayed(message.path)
            elif message.code in _CUT:
                self._cut.append(message.path)

    def _remove_cut(self) -> None:
        """All that tar has said of the files that have come was heard."""
        for path in self._cut:
            self.aside.remove_new(below(self.target, path), self._started_ns)
        self._cut.clear()
        if self.newcomers is not None:
            self.newcomers.remove_links()

    def _left_over(self, status: int) -> Iterator[Message]:
        said = [f"tar says: {text}" for text in self._failures]
        if status and not self._complained:
            said = [f"tar ended with status {status} and did not say why"]
        for text in said:
            yield self._unknown(Message(Level.WARNING, complaints.UNKNOWN, text))

    def _feed(self, tar: Child) -> Iterator[Message | None]:
        pace = Pace()
        names = ""
        for piece in self._pieces():
            rest = piece
            while rest:
                # tar says each name by itself: they are read together now and then.
                ready = tar.ready(to_feed=True, resting=names)
                if "err" not in ready:
                    self._remove_cut()
                    if self.aside.is_due:
                        self.aside.dispose()
                for pipe in ready:
                    if pipe == "in":
                        taken = tar.feed(rest)
                        rest = rest[taken:]
                        self._fed += taken
                    else:
                        yield from self._hear(tar, pipe)
                is_due = pace.due()
                names = "" if is_due or not ready else "out"
                if is_due:
                    self._measure()
                    yield None

    def _pieces(self) -> Iterator[memoryview]:
        """What tar is fed."""
        for home, slices in groupby(self.slices, key=lambda slice_: slice_.home):
            if home == LISTED:
                for member in slices:
                    self._behind.append(member)
                    self._expected += 1
                    yield memoryview(member.made)
                continue
            try:
                with self.open_home(home) as reader:
                    yield from reader.pieces(self._ranges(slices, reader.length))
            except DamagedFrame as error:
                raise damaged(self.home_names[home], error) from error
        yield _END_OF_ARCHIVE

    def _place(self, member: Slice) -> bytes:
        return below(self.target, member.path)

    def _ranges(self, slices: Iterator[Slice], length: int) -> Iterator[tuple[int, int]]:
        """Neighbours as one, as far as their old versions are moved aside together. `length`: of
        the stream."""
        for batch in _batches(slices):
            self.aside.before(
                [(self._place(each), each.size, each.modify_ns) for each in batch if each.path]
            )
            self._behind.extend(batch)
            begin = end = 0
            for member in batch:
                at, behind = member.range
                if at != end:
                    if begin < end:
                        yield begin, end
                    begin = at
                end = behind
                self._expected += 1
                if end > length:
                    self._surplus[self._expected] = end - length
            yield begin, end

    def _hear_out(self, tar: Child) -> Iterator[Message | None]:
        """All that tar still says after the end of its input."""
        pace = Pace()
        while tar.talks:
            for output in tar.ready():
                yield from self._hear(tar, output)
            if pace.due():
                yield None

    def _hear(self, tar: Child, output: str) -> Iterator[Message]:
        if output == "out":
            self._take_names(tar.read(output))
            return
        *lines, self._errors = (self._errors + tar.read(output)).split(b"\n")
        for line in lines:
            message = complaints.of_restoring_tar(line, self.has)
            if message is not None:
                yield from self._sorted(message)
        if self._full is not None:  # and all files that it has cost are known
            raise self._full

    def _sorted(self, message: Message) -> Iterator[Message]:
        """tar says several things of one file one after the other: it counts once. A directory
        that it made by itself above a source has lost nothing that was ever known."""
        self._complained = True
        if message.path is None:
            if len(self._failures) < _KEPT_FAILURES:
                self._failures.append(message.text)
        elif message.code == complaints.NO_SPACE:
            self._cut.append(message.path)
            place = below(self.target, message.path)
            self._full = self._full or no_space(f"{message.text} {self.aside.full(place)}")
        elif message.code == complaints.METADATA:
            if message.path != self._bare_path and self.has(message.path):
                self.tally.bare += 1
                self.tally.first_bare = (
                    self.tally.first_bare or f"{quoted(message.path)}: {message.text}"
                )
            self._bare_path = message.path
        elif message.code == complaints.STAYED:
            self._stayed(message.path)
        elif message.level is Level.INFO:
            yield message
        else:
            yield from self._failed(message, message.path)

    def _failed(self, message: Message, path: bytes) -> Iterator[Message]:
        if path in self._failed_directories:
            return  # tar says it again for all that it would hold
        if self._failed_path and path.startswith(self._failed_path + b"/"):
            self._failed_directories.add(self._failed_path)
        self.tally.failed += path != self._failed_path
        self._failed_path = path
        if message.code in _CUT:
            self._cut.append(path)
        yield self._unknown(message) if message.code == complaints.UNKNOWN else message

    def _stayed(self, path: bytes) -> None:
        if self.newcomers is not None and self.newcomers.is_skipped(path):
            self.tally.size -= self.aside.stayed(below(self.target, path))

    def _unknown(self, message: Message) -> Message:
        if len(self.tally.unknown) < _KEPT_FAILURES:
            self.tally.unknown.append(message.text)
        return message

    def _take_names(self, data: bytes) -> None:
        """tar says a member's name before it begins to extract it."""
        *names, self._names = (self._names + data).split(b"\n")
        for _ in names:
            self._come_to(self._behind.popleft() if self._behind else None)
            self._seen += 1
            self.tally.entries += 1
        if names:
            self.tally.current = member_path(unescaped(names[-1]))

    def _come_to(self, member: Slice | None) -> None:
        """tar is done with the member that it was at."""
        at = self._at
        if at is not None:
            self._begin = self._end
            self.tally.files += at.leaf
            self.tally.size += at.size
            if at.path:
                self.aside.come(self._place(at))
            if self.newcomers is not None:
                self.newcomers.come(at)
        self.tally.begun = 0
        self._at = member

    @property
    def _end(self) -> int:
        """Where the member that tar is at ends in what is fed."""
        if self._at is None:
            return self._begin
        return self._begin + self._at.blocks * BLOCK_BYTES - self._surplus.get(self._seen, 0)

    def _measure(self) -> None:
        """How much of the member at hand is surely done: never more than the truth, since holes
        of a sparse file are in no stream and what is underway does not count."""
        if self._at is not None:
            sure = self._fed - self._begin - HEADER_BYTES - _UNDERWAY_BYTES
            self.tally.begun = min(max(sure, 0), self._at.size)

    def _judge(self, status: int, damage: EngineError | OSError | None) -> None:
        failures = [text for text in self._failures if damage is None or text not in _SHORT]
        if status not in (0, 1, 2) or (status == 2 and failures):
            reason = failures[0] if failures else f"it ended with status {status}"
            raise EngineError("TAR_FAILED", f"tar could not restore: {reason}") from damage
        if damage is not None:
            raise damage
        if self._seen != self._expected:
            raise EngineError(
                "TAR_FAILED", f"tar was given {self._expected} entries and took {self._seen}"
            )


def _batches(slices: Iterator[Slice]) -> Iterator[list[Slice]]:
    batch: list[Slice] = []
    size = 0
    for member in slices:
        batch.append(member)
        size += member.size
        if len(batch) == _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
