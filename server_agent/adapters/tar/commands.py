"""What programs of a task write, saved as files of the saveset: the dump of a database, say.

tar has to know the size of a member before its data. What a program writes is therefore kept beside
the saveset first, compressed, and comes into it when the program has ended well.
"""

import tarfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from server_agent.adapters.tar import private
from server_agent.adapters.tar.child import Child
from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.failures import written_to
from server_agent.adapters.tar.listing import Amount, ListingWriter
from server_agent.adapters.tar.member import BLOCK_BYTES
from server_agent.adapters.tar.names import member_name
from server_agent.adapters.tar.sealing import FrameSeal, Sealing
from server_agent.adapters.tar.seek_table import Frames
from server_agent.adapters.tar.stream import FrameReader, FrameWriter
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.command_sources import checked_commands
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.quoting import printable, quoted
from server_agent.ports import (
    COMMANDS_DIRECTORY,
    BackupEvent,
    CommandSource,
    Control,
    EngineError,
    Message,
)

_LONGEST_LINE = 8 << 10  # of what a program says; what is longer is cut into several
_FILE_MODE, _DIRECTORY_MODE = 0o600, 0o700  # dumps hold what nobody else may read
_SECOND = 1_000_000_000  # in nanoseconds
LAST_LINES = 3  # of a program that has failed, told with the job


@dataclass(slots=True)
class Commands:
    """The commands of one backup. Their members stand before those of tar.

    Attributes:
        spool: a file that is made and removed.
        owner: user and group that the files belong to.
        total: what is saved besides.
        saved: what has been saved of commands.
        warnings: sentences about commands that wrote nothing.
    """

    commands: tuple[CommandSource, ...]
    client: Client
    listing: ListingWriter
    writer: FrameWriter
    spool: Path
    threads: int
    owner: tuple[int, int]
    total: Amount
    control: Control
    warnings: list[str]
    sealing: Sealing | None = None
    saved: Amount = field(default_factory=lambda: Amount(0, 0))
    _said: bytes = b""
    _last: list[str] = field(default_factory=list)  # lines that it has said
    _seal: FrameSeal | None = None

    def events(self) -> Iterator[BackupEvent]:
        """Raises EngineError (COMMAND_FAILED), Cancelled, OSError, sqlite3.Error."""
        if not self.commands:
            return
        if self.listing.has(COMMANDS_DIRECTORY):
            raise EngineError(
                "COMMANDS_TAKEN",
                f"{quoted(COMMANDS_DIRECTORY)} is where the output of commands is saved, and a"
                " source has something of its own there. Exclude it",
            )
        self._enter_directory()
        for command in self.commands:
            try:
                frames = yield from self._collected(command)
                self._enter(command, frames)
            finally:
                self.spool.unlink(missing_ok=True)

    def _collected(self, command: CommandSource) -> Generator[BackupEvent, None, Frames]:
        """Runs a command; its output is in the spool. Returns its frames."""
        self._said, self._last = b"", []
        self._seal = self.sealing.anew().frames() if self.sealing is not None else None
        pace = Pace()
        with (
            written_to(self.spool.parent),
            open(self.spool, "x+b", buffering=0, opener=private.opener) as file,
            FrameWriter(file, self.threads, self._seal) as spool,
        ):
            with self._started(command) as child:
                while child.talks:
                    for output in child.ready():
                        if output == "out":
                            spool.filled(child.read_into(output, spool.space()))
                        else:
                            yield from self._hear(command, child.read(output))
                    if pace.due():
                        yield self._progress(command, spool.raw_bytes)
                status = child.wait()
            yield from self._hear(command, b"\n" if self._said else b"")
            if status:
                raise self._failed(command, self._how(status))
            spool.finish()
            if not spool.raw_bytes:
                text = f"command {quoted(command.name)} wrote nothing: an empty file is saved"
                self.warnings.append(text)
                yield Message(Level.WARNING, "NOTHING_FOUND", text)
            return spool.frames

    def _started(self, command: CommandSource) -> Child:
        try:
            return self.client.start_command(command.argv, self.control)
        except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
            reason = f"{quoted(command.argv[0])}: {error.strerror}"
            raise self._failed(command, f"cannot be run: {reason}") from error

    def _failed(self, command: CommandSource, what: str) -> EngineError:
        said = f". It said last: {', '.join(map(quoted, self._last))}" if self._last else ""
        return EngineError(
            "COMMAND_FAILED",
            f"command {quoted(command.name)} {what}{said}. Nothing was saved: mend the command, or"
            " take it out of the task",
        )

    def _how(self, status: int) -> str:
        """How it ended; over SSH a shell tells of it, and 255 would be that of ssh."""
        signal = -status if status < 0 else status - 128
        if 0 < signal < 65:
            return f"was killed by signal {signal}"
        if status == 254 and not self.client.is_here:
            return "ended with status 254 or 255"
        return f"ended with status {status}"

    def _hear(self, command: CommandSource, data: bytes) -> Iterator[Message]:
        *lines, self._said = (self._said + data).split(b"\n")
        while len(self._said) > _LONGEST_LINE:
            lines.append(self._said[:_LONGEST_LINE])
            self._said = self._said[_LONGEST_LINE:]
        for line in lines:
            if line.strip():
                said = printable(line.strip())
                self._last = [*self._last, said][-LAST_LINES:]
                text = f"{printable(command.name)} says: {said}"
                yield Message(Level.INFO, "COMMAND", text)

    def _progress(self, command: CommandSource, size: int) -> Progress:
        done = self.saved.size + size
        return Progress(
            phase=Phase.TRANSFER,
            files_done=self.saved.files,
            files_total=self.total.files + len(self.commands),
            bytes_done=done,
            bytes_total=self.total.size + done,
            stored_bytes=self.writer.stored_bytes,
            current=command.path,
        )

    def _enter_directory(self) -> None:
        header = _header(COMMANDS_DIRECTORY, self.owner, tarfile.DIRTYPE, 0, time.time_ns())
        block = self.writer.raw_bytes // BLOCK_BYTES
        _write(self.writer, header)
        blocks = len(header) // BLOCK_BYTES
        self.listing.add_commands(len(self.commands), self.owner, time.time_ns(), block, blocks)

    def _enter(self, command: CommandSource, frames: Frames) -> None:
        size, now = frames.raw_offsets[-1], time.time_ns()
        block = self.writer.raw_bytes // BLOCK_BYTES
        _write(self.writer, _header(command.path, self.owner, tarfile.REGTYPE, size, now))
        if size:
            with FrameReader(self.spool, frames, self.threads, self._seal) as reader:
                for piece in reader.pieces([(0, size)]):
                    _write(self.writer, piece)
        _write(self.writer, bytes(-size % BLOCK_BYTES))
        blocks = self.writer.raw_bytes // BLOCK_BYTES - block
        self.listing.add_command(command.name, size, self.owner, now, block, blocks)
        self.saved = Amount(self.saved.files + 1, self.saved.size + size)


def check_commands(commands: tuple[CommandSource, ...]) -> None:
    """Raises EngineError (COMMAND_UNUSABLE) for what no task can have."""
    try:
        checked_commands(commands)
    except InvalidArgument as error:
        reason = "command {value} cannot be saved: it needs {expected}".format_map(error.metadata)
        raise EngineError("COMMAND_UNUSABLE", reason) from error


def _header(path: bytes, owner: tuple[int, int], kind: bytes, size: int, now_ns: int) -> bytes:
    is_file = kind == tarfile.REGTYPE
    info = tarfile.TarInfo(member_name(path).decode("utf-8"))
    info.type, info.size = kind, size
    info.mode = _FILE_MODE if is_file else _DIRECTORY_MODE
    info.uid, info.gid = owner
    info.mtime = now_ns // _SECOND
    info.pax_headers = {"mtime": f"{now_ns // _SECOND}.{now_ns % _SECOND:09d}"}
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8")


def _write(writer: FrameWriter, data: bytes | memoryview) -> None:
    rest = memoryview(data)
    while rest:
        space = writer.space()[: len(rest)]
        space[:] = rest[: len(space)]
        writer.filled(len(space))
        rest = rest[len(space) :]
