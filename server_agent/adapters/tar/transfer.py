"""What has to be saved, from GNU tar into frames, and each member's place into the listing."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from server_agent.adapters.tar import complaints
from server_agent.adapters.tar.as_read import AsRead, MayChange
from server_agent.adapters.tar.child import Child
from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.listing import Amount, ListingWriter
from server_agent.adapters.tar.member import BLOCK_BYTES
from server_agent.adapters.tar.names import member_path
from server_agent.adapters.tar.stream import END_BYTES, FrameWriter
from server_agent.adapters.tar.walk import Walk
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.quoting import quoted
from server_agent.ports import BackupEvent, Control, EngineError, Message

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.2  # often enough for a moving bar; the service thins it out for watchers
HEADER_BYTES = 1536  # a pax header, its record and the header proper: for the estimate of progress
_USUAL_RECORD_BYTES = 20 * BLOCK_BYTES  # tar without --blocking-factor reads so much at once
_KEPT_FAILURES = 20  # of the lines that nobody understands; the first says it

TAR_CREATE = [
    "tar",
    "--create",
    "--format=posix",
    # The times of reading and of changing the inode cannot be restored, and would only differ.
    "--pax-option=delete=atime,delete=ctime",
    "--acls",
    "--xattrs",
    "--xattrs-include=*",
    "--sparse",
    "--numeric-owner",
    "--quoting-style=escape",  # of names in what it says
    # 64 KiB a write instead of 10: fewer reads here. `_end_stream` takes the surplus zeros off.
    "--blocking-factor=128",
    "--directory=/",
    "--null",
    "--verbatim-files-from",
    "--no-recursion",
    "--file=-",
]


class Pace:
    """Says when it is time for a sign of life; the first time at once."""

    def __init__(self) -> None:
        self._last = -PROGRESS_SECONDS

    def due(self) -> bool:
        now = time.monotonic()
        if now - self._last < PROGRESS_SECONDS:
            return False
        self._last = now
        return True


@dataclass(slots=True)
class Transfer:
    """Attributes:
    names: file with the names for tar, each ended by NUL.
    total: what the names stand for.
    before: of that, what is in the stream already.
    may_change: files whose size may change while they are read.
    warnings: what tar has said in words that nobody understands.
    """

    names: Path
    total: Amount
    listing: ListingWriter
    writer: FrameWriter
    client: Client
    control: Control
    before: Amount
    may_change: MayChange | None = None
    warnings: list[str] = field(default_factory=list)
    _walk: Walk = field(init=False)
    _as_read: AsRead = field(init=False)
    _files_done: int = 0
    _bytes_done: int = 0
    _errors: bytes = b""
    _failures: list[str] = field(default_factory=list)
    _complained: bool = False

    def events(self) -> Iterator[BackupEvent]:
        """Raises EngineError (TAR_FAILED), Cancelled, OSError, sqlite3.Error."""
        pace = Pace()
        self._files_done, self._bytes_done = self.before.files, self.before.size
        self._walk = Walk.from_byte(self.writer.raw_bytes)
        self._as_read = AsRead(self.listing, self.client, self.control, self.may_change)
        with self._started_tar() as tar:
            while tar.talks:
                ready = tar.ready()
                for output in ready:
                    yield from self._hear(tar, output)
                if not ready or pace.due():
                    self._place()
                    yield self._progress()
            status = tar.wait()
        self._judge(status)
        self._end_stream()
        self._place()
        said = [f"tar says: {text}" for text in self._failures]
        if status and not self._complained:
            said = [f"tar ended with status {status} and did not say why"]
        for text in said:
            yield from self._unknown(Message(Level.WARNING, complaints.UNKNOWN, text))
        yield self._progress(Phase.COMMIT)  # what the frames still hold is written and synced
        yield from self._as_read.messages()
        for path in self.listing.unexplained():
            self.listing.note_flaw(path, "NOT_SAVED")
            text = f"{quoted(path)} was not saved: it was replaced before it was read"
            yield Message(Level.WARNING, "NOT_SAVED", text, path)

    def _started_tar(self) -> Child:
        # tar remembers every name of a list, since the list may name a file twice: 100 MB for a
        # million. The option makes it forget them.
        links = [] if self.listing.has_links_to_save() else ["--hard-dereference"]
        command = [*TAR_CREATE, *links, "--files-from=-"]
        return self.client.start(command, self.control, fed_from=self.names)

    def _hear(self, tar: Child, output: str) -> Iterator[Message]:
        if output == "out":
            space = self.writer.space()
            count = tar.read_into(output, space)
            self._walk.take(space[:count])
            self.writer.filled(count)
            return
        *lines, self._errors = (self._errors + tar.read(output)).split(b"\n")
        for line in lines:
            message = complaints.of_saving_tar(line, self.listing.has)
            if message is not None:
                yield from self._sorted(message)

    def _sorted(self, message: Message) -> Iterator[Message]:
        self._complained = True
        if message.path is None:
            if len(self._failures) < _KEPT_FAILURES:
                self._failures.append(message.text)
        elif message.level is Level.INFO:
            yield message
        elif self._as_read.defers(message):
            return
        elif self.listing.note_flaw(message.path, message.code):
            if message.code == complaints.UNKNOWN:
                yield from self._unknown(message)
            else:
                yield message

    def _unknown(self, message: Message) -> Iterator[Message]:
        if len(self.warnings) < _KEPT_FAILURES:
            self.warnings.append(message.text)
        yield message

    def _place(self) -> None:
        """Enters the members that have gone by."""
        members = self._walk.passed()
        if not members:
            return
        self.listing.place(members)
        self._as_read.compare(members)
        self._files_done += sum(leaf for *_, leaf, _ in members)
        self._bytes_done += sum(size for _, _, _, size, *_ in members if size)

    def _progress(self, phase: Phase = Phase.TRANSFER) -> Progress:
        begun = self._walk.begun - HEADER_BYTES
        return Progress(
            phase=phase,
            files_done=self._files_done,
            files_total=self.total.files,
            bytes_done=min(self._bytes_done + max(begun, 0), self.total.size),
            bytes_total=self.total.size,
            stored_bytes=self.writer.stored_bytes,
            current=member_path(self._walk.current) if self._walk.current else b"",
        )

    def _end_stream(self) -> None:
        """Makes it end with the record of 10 KiB that holds the end of the archive. A tar by hand
        reads just that far, and a `zstd -dc` with more to say would be killed by its closed pipe.
        """
        records = -(-(self._walk.end + END_BYTES) // _USUAL_RECORD_BYTES)
        try:
            self.writer.end_at(records * _USUAL_RECORD_BYTES)
        except ValueError as error:
            log.info("the data of a saveset are left with all zeros at their end: %s", error)

    def _judge(self, status: int) -> None:
        """0 and 1 are whole archives, with changed files at 1; so is 2 if all that tar complained
        of were single files."""
        said = self._failures[:1]
        if status < 0 or status > 2 or (status == 2 and said):
            reason = ": ".join(said if status == 2 else [f"it ended with status {status}", *said])
            raise EngineError("TAR_FAILED", f"tar could not save the sources: {reason}")
        if not self.writer.ends_like_tar or not self._walk.is_whole:
            raise EngineError("TAR_FAILED", "tar ended before the end of its archive")
