"""A program at a client, as a child process of the agent: an ssh that is watched through pipes."""

import contextlib
import io
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from server_agent.adapters.ssh import refusals, scripts
from server_agent.adapters.ssh.login import Login
from server_agent.adapters.tar.child import (
    PIPE_BYTES,
    Child,
    Setting,
    plain_environment,
)
from server_agent.domain.quoting import printable
from server_agent.ports import Control, EngineError

SSH_FAILED = 255  # exit status of ssh(1) when it failed itself, or the program was killed
_GREETING_SECONDS = 60.0  # for all that a login does before our first word
_MOST_NOISE_BYTES = 64 << 10  # that the files of a login shell may write before it


class RemoteChild(Child):
    """Like its base; of the program at the client. `wait` raises EngineError if it is not known
    how that ended. Killed if it still runs at the end, by a second connection."""

    def __init__(
        self,
        login: Login,
        script: Callable[[int], bytes],
        control: Control,
        *,
        fed_from: Path | None = None,
        is_ended: bool = True,
    ) -> None:
        """Starts it, and waits until it has begun.

        Args:
            login: how to get to the client.
            script: makes what is run there out of the number of bytes of its input.
            control: a cancel ends every wait with Cancelled.
            fed_from: a file that is its input.
            is_ended: whether it is killed when it is not watched any more; else it goes on.

        Raises:
            EngineError: it could not be started.
            Cancelled: the control said so.
            OSError: there is no ssh, or the file cannot be read.
        """
        self._login = login
        self._log = login.new_log()
        self._is_ended = is_ended
        self._token = secrets.token_hex(16)
        self._pid = 0  # at the client
        self._has_ended = False
        self._rest = memoryview(b"")
        self._source: io.FileIO | None = None
        made = script(fed_from.stat().st_size if fed_from else 0)
        command = login.command(self._log, scripts.greeting(self._token, len(made)))
        setting = Setting(plain_environment(), login.directory)
        super().__init__(command, control, fed=True, setting=setting)
        try:
            self._greet()
            self._send(made)
            if fed_from:
                self._source = io.FileIO(fed_from)
        except BaseException:
            self.end()
            self._close_outputs()
            raise

    def ready(self, *, to_feed: bool = False, resting: str = "") -> list[str]:
        pumps = self._source is not None
        found = super().ready(to_feed=to_feed or pumps, resting=resting)
        if pumps and "in" in found:
            found.remove("in")
            self._pump()
        return found

    def wait(self) -> int:
        """The program's exit status: 254 may stand for 255.

        Raises:
            EngineError: CLIENT_LOST.
            Cancelled: the control said so.
        """
        status = super().wait()
        if self._is_lost(status):
            self.end()
            raise refusals.lost(self._login.client, self._own_words(), status)
        return status

    def end(self) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        runs = self._process.poll() is None
        super().end()
        self._close_source()
        if self._is_ended and self._pid and (runs or self._is_lost(self._process.returncode)):
            self._login.end_programs(self._token, self._pid)

    def _greet(self) -> None:
        """Reads up to the first word of our own, on both outputs: nothing follows it before the
        script is sent."""
        mark = scripts.mark(self._token).encode("ascii")
        deadline = time.monotonic() + _GREETING_SECONDS
        said = {"out": b"", "err": b""}
        while not all(_has_line(text, mark) for text in said.values()):
            for output in self.ready():
                said[output] += self.read(output)
            if time.monotonic() > deadline:
                reason = f"it has not answered for {_GREETING_SECONDS:.0f} seconds"
                raise refusals.unreachable(self._login.client, reason)
            if max(map(len, said.values())) > _MOST_NOISE_BYTES or not self.talks:
                raise self._refused(said)
        self._pid = int(said["out"].rpartition(mark + b" ")[2])

    def _send(self, script: bytes) -> None:
        rest = memoryview(script)
        with contextlib.suppress(BrokenPipeError):  # its status says why
            while rest and self.talks:
                if "in" in super().ready(to_feed=True):
                    rest = rest[self.feed(rest) :]

    def _refused(self, said: dict[str, bytes]) -> EngineError:
        super().end()
        text = printable((said["out"].strip() or said["err"].strip()).replace(b"\r", b""))
        return refusals.refused(self._login.client, self._login.public_key, self._own_words(), text)

    def _pump(self) -> None:
        """Gives it what it takes of its file."""
        try:
            if not self._rest and self._source is not None:
                self._rest = memoryview(self._source.read(PIPE_BYTES) or b"")
            if not self._rest:
                self._close_source()
                return
            self._rest = self._rest[self.feed(self._rest) :]
        except BrokenPipeError:  # its status says why
            self._rest = memoryview(b"")
            self._close_source()

    def _own_words(self) -> str:
        try:
            return self._log.read_text("utf-8", "backslashreplace")
        except FileNotFoundError:
            return ""

    def _close_source(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None

    @staticmethod
    def _is_lost(status: int) -> bool:
        return status < 0 or status == SSH_FAILED


def _has_line(text: bytes, mark: bytes) -> bool:
    """Whether a line that has the mark has come to its end."""
    return b"\n" in text.partition(mark)[2]
