"""Child processes, each in a group of its own: watched through pipes, ended and reaped always."""

import contextlib
import fcntl
import io
import os
import pwd
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from server_agent.ports import Cancelled, Control

PIPE_BYTES = 1 << 20  # Linux gives an unprivileged process at most this; fewer, larger reads
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})
CANCEL_LATENCY_MILLISECONDS = 200  # how long a silent child may hide that its job was cancelled


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a child runs, its whole environment, and files that it holds open as long as it
    lives."""

    environment: dict[str, str]
    directory: Path | None = None
    held: tuple[int, ...] = ()


class Child:
    """A running process of which no pipe is waited for alone.

    Its outputs are "out" (standard output) and "err" (standard error).
    Leaving the context kills the whole group if it still runs and reaps it.
    """

    def __init__(
        self,
        command: Sequence[str | bytes],
        control: Control,
        *,
        fed: bool = False,
        source: int = subprocess.DEVNULL,
        umask: int = -1,
        setting: "Setting | None" = None,
    ) -> None:
        """Starts it.

        Args:
            command: program and arguments.
            control: a cancel ends every wait with Cancelled.
            fed: whether it gets a standard input from the caller.
            source: descriptor of a file that is its standard input; by default that is empty.
            umask: its own one; by default that of the agent.
            setting: in which it runs; by default the agent's directory, the C language and UTC.

        Raises:
            FileNotFoundError: there is no such program.
        """
        self._control = control
        self._outputs: dict[str, io.FileIO] = {}
        where = setting or Setting(plain_environment())
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if fed else source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=where.held,
            cwd=where.directory,
            env=where.environment,
            bufsize=0,
            process_group=0,
            umask=umask,
        )
        self._take_pipes()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        self._close_outputs()

    @property
    def talks(self) -> bool:
        """Whether any output has not come to its end."""
        return bool(self._outputs)

    def ready(self, *, to_feed: bool = False, resting: str = "") -> list[str]:
        """Waits until something can be done without waiting: names of outputs to be read, and
        "in" if `to_feed` and it takes input. Empty after a while without any.

        Args:
            to_feed: whether there is something to feed.
            resting: an output that is not looked at this time, unless it is the last.

        Raises:
            Cancelled: the control said so.
        """
        if self._control.cancelled:
            raise Cancelled
        poll = select.poll()
        names = {
            stream.fileno(): name
            for name, stream in self._outputs.items()
            if name != resting or len(self._outputs) == 1
        }
        for fd in names:
            poll.register(fd, select.POLLIN)
        if to_feed and self._process.stdin is not None:
            names[self._process.stdin.fileno()] = "in"
            poll.register(self._process.stdin, select.POLLOUT)
        return [names[fd] for fd, _ in poll.poll(CANCEL_LATENCY_MILLISECONDS)]

    def read(self, output: str) -> bytes:
        """What an output that is ready has to say; empty at its end."""
        data = self._outputs[output].read(PIPE_BYTES)
        if not data:
            self._outputs.pop(output).close()
        return data

    def read_into(self, output: str, space: memoryview) -> int:
        """Like `read`, into the caller's memory; 0 at the end."""
        count = self._outputs[output].readinto(space)
        if not count:
            self._outputs.pop(output).close()
        return count

    def rest(self, output: str) -> bytes:
        """All that an output still holds after `end`."""
        stream = self._outputs.get(output)
        return (stream.readall() or b"") if stream else b""

    def feed(self, data: memoryview) -> int:
        """Gives it what it takes without waiting.

        Returns:
            Number of bytes taken.

        Raises:
            BrokenPipeError: it does not read any more.
        """
        if self._process.stdin is None:
            raise ValueError("this child has no standard input")
        return self._process.stdin.write(data) or 0

    def close_input(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self) -> int:
        """Its exit status, or minus the signal that ended it. All outputs have ended before, which
        need not be its end.

        Raises:
            Cancelled: the control said so, and it still runs.
        """
        while True:
            try:
                return self._process.wait(CANCEL_LATENCY_MILLISECONDS / 1000)
            except subprocess.TimeoutExpired:
                if self._control.cancelled:
                    raise Cancelled from None

    def end(self) -> None:
        """Kills the group unless `wait` has said how its leader ended, and reaps it. Outputs stay
        readable."""
        # A leader that has ended, and was not waited for, keeps its number until then; others of
        # its group may still hold an output.
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.close_input()

    def _take_pipes(self) -> None:
        """Takes the outputs over. Wide pipes mean fewer turns; a user whose pipes hold more than
        pipe-user-pages-soft gets none, see pipe(7), and works with what there is."""
        for name, stream in (("out", self._process.stdout), ("err", self._process.stderr)):
            if isinstance(stream, io.FileIO):
                self._outputs[name] = stream
        pipes = [stream.fileno() for stream in self._outputs.values()]
        if self._process.stdin is not None:
            pipes.append(self._process.stdin.fileno())
            os.set_blocking(pipes[-1], False)
        for pipe in pipes:
            with contextlib.suppress(OSError):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def _close_outputs(self) -> None:
        for stream in self._outputs.values():
            stream.close()
        self._outputs.clear()


def plain_environment() -> dict[str, str]:
    """Nothing but the way to programs: messages are read by us, and what tar writes must not
    depend on the language, the zone or the options of whoever started the agent."""
    return {"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ.get("PATH", os.defpath)}


def environment_of_account() -> dict[str, str]:
    """What a program of a task finds out where its passwords lie by; nothing of the agent's."""
    path = os.environ.get("PATH", os.defpath)
    try:
        account = pwd.getpwuid(os.geteuid())
    except KeyError:
        return {"LANG": "C.UTF-8", "PATH": path}
    names = {"USER": account.pw_name, "LOGNAME": account.pw_name, "HOME": account.pw_dir}
    return {"LANG": "C.UTF-8", "PATH": path, **names}
