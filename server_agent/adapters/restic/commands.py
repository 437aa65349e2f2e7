"""What commands at the client write, each into a snapshot of its own with one file.

restic does not notice when the program fails that feeds it. So the agent stands in between: restic
sees the end of its input only when the program has ended well, and is interrupted before otherwise.
"""

import json
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from server_agent.adapters.restic.listing import ResticListing
from server_agent.adapters.restic.program import PATIENCE_LOOKS, Answer, Said, wait_a_moment
from server_agent.adapters.restic.repository import Repository
from server_agent.adapters.tar.child import Child
from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.commands import LAST_LINES
from server_agent.adapters.tar.transfer import Pace
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

# https://github.com/restic/restic/issues/5324
_NO_DIRECTORY = f"open {COMMANDS_DIRECTORY.decode()}: no such file".encode()


@dataclass(frozen=True, slots=True)
class Output:
    """What a command has written: bytes, when that came to its end, and the beginning of the id of
    its snapshot."""

    name: str
    size: int
    time_ns: int
    snapshot: str


@dataclass(slots=True)
class Commands:
    """Attributes:
    words: of the command of restic, but for the name of the file.
    outputs: what came of those that have run.
    warnings: sentences about commands that wrote nothing.
    """

    commands: tuple[CommandSource, ...]
    client: Client
    repository: Repository
    words: list[str]
    control: Control
    warnings: list[str]
    outputs: list[Output] = field(default_factory=list)
    stored_bytes: int = 0
    _said: bytes = b""
    _last: list[str] = field(default_factory=list)  # lines that it has said

    def check(self, listing: ResticListing) -> None:
        """Raises EngineError (COMMANDS_TAKEN) if a source has something where they are saved."""
        if self.commands and listing.has(COMMANDS_DIRECTORY):
            raise EngineError(
                "COMMANDS_TAKEN",
                f"{quoted(COMMANDS_DIRECTORY)} is where the output of commands is saved, and a"
                " source has something of its own there. Exclude it",
            )

    def events(self) -> Iterator[BackupEvent]:
        """Raises EngineError (COMMAND_FAILED and others), Cancelled, OSError."""
        for command in self.commands:
            for _ in range(PATIENCE_LOOKS):
                size, answer = yield from self._saved(command)
                if not answer.is_locked:
                    break
                self.repository.unlock()
                wait_a_moment()
            if answer.status or not (snapshot := self._snapshot(answer.out)):
                raise self._not_saved(command, answer)
            self.outputs.append(Output(command.name, size, time.time_ns(), snapshot))
            if not size:
                text = f"command {quoted(command.name)} wrote nothing: an empty file is saved"
                self.warnings.append(text)
                yield Message(Level.WARNING, "NOTHING_FOUND", text)

    def enter(self, listing: ResticListing, owner: tuple[int, int]) -> None:
        """Into the listing, after everything else."""
        if not self.outputs:
            return
        now = max(output.time_ns for output in self.outputs)
        listing.add_commands(len(self.outputs), owner, now, -1, 1)
        for number, output in enumerate(self.outputs):
            listing.add_command(output.name, output.size, owner, output.time_ns, -2 - number, 1)

    def _saved(self, command: CommandSource) -> Generator[BackupEvent, None, tuple[int, Answer]]:
        """Runs one into restic; returns the size and how restic ended. It is not begun before the
        repository lets restic in: it may be nothing to be run twice."""
        name = command.path.decode("utf-8")
        words = [*self.words, "--stdin", f"--stdin-filename={name}"]
        self._said, self._last = b"", []
        out, said = bytearray(), Said()
        with self.repository.program.start(words, self.control, fed=True) as restic:
            size = 0
            if not _is_let_in(restic, out, said):
                return size, Answer(restic.wait(), bytes(out), said.text)
            with self._started(command) as program:
                pace = Pace()
                while program.talks:
                    for output in program.ready():
                        data = program.read(output)
                        if output == "err":
                            yield from self._hear(command, data)
                        else:
                            size += len(data)
                            self._feed(command, restic, data, out, said)
                    if pace.due():
                        yield self._progress(command, size)
                status = program.wait()
            yield from self._hear(command, b"\n" if self._said else b"")
            if status:
                raise self._failed(command, _how(status))
            restic.close_input()
            while restic.talks:
                for output in restic.ready():
                    _heard(restic, output, out, said)
            return size, Answer(restic.wait(), bytes(out), said.text)

    def _feed(
        self, command: CommandSource, restic: Child, data: bytes, out: bytearray, said: Said
    ) -> None:
        rest = memoryview(data)
        while rest:
            for output in restic.ready(to_feed=True):
                if output != "in":
                    _heard(restic, output, out, said)
                    continue
                try:
                    rest = rest[restic.feed(rest) :]
                except BrokenPipeError:
                    while restic.talks:
                        for last in restic.ready():
                            _heard(restic, last, out, said)
                    answer = Answer(restic.wait() or 1, b"", said.text)
                    raise self._not_saved(command, answer) from None

    def _not_saved(self, command: CommandSource, answer: Answer) -> EngineError:
        if _NO_DIRECTORY in answer.said:
            return EngineError(
                "RESTIC_UNFIT",
                f"what {quoted(command.name)} writes cannot be saved: restic 0.18.0 takes no"
                " directory for it. Install a later or an earlier one",
            )
        return self.repository.failed(answer, f"save what {quoted(command.name)} writes")

    def _snapshot(self, out: bytes) -> str:
        snapshot = ""
        for line in out.splitlines():
            if line.startswith(b"{"):
                content = json.loads(line)
                snapshot = content.get("snapshot_id", snapshot)
                for part in ("data_size_in_repo", "metadata_size_in_repo"):
                    self.stored_bytes += content.get(part, 0)
        return snapshot

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

    def _hear(self, command: CommandSource, data: bytes) -> Iterator[Message]:
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            if line.strip():
                said = printable(line.strip())
                self._last = [*self._last, said][-LAST_LINES:]
                text = f"{printable(command.name)} says: {said}"
                yield Message(Level.INFO, "COMMAND", text)

    def _progress(self, command: CommandSource, size: int) -> Progress:
        done = sum(output.size for output in self.outputs) + size
        return Progress(
            phase=Phase.TRANSFER,
            files_done=len(self.outputs),
            bytes_done=done,
            stored_bytes=self.stored_bytes,
            current=command.path,
        )


def _is_let_in(restic: Child, out: bytearray, said: Said) -> bool:
    """Waits for its first word, which it says when it has its lock; or for its end."""
    while not out and restic.talks:
        for output in restic.ready():
            _heard(restic, output, out, said)
    return restic.talks


def _heard(child: Child, output: str, out: bytearray, said: Said) -> None:
    data = child.read(output)
    if output == "err":
        said.hear(data)
    else:
        out += data


def _how(status: int) -> str:
    signal = -status if status < 0 else status - 128
    return f"was killed by signal {signal}" if 0 < signal < 65 else f"ended with status {status}"
