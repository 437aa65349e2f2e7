"""Runs the programs of the agent's `bin/sesam` directory."""

import contextlib
import errno
import os
import re
import selectors
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from server_agent.ports import Cancelled, Control
from server_agent.ports.programs import Ended, Output, ProgramError

LONGEST_LINE = 4096  # bytes; what is longer comes in pieces
MOST_LINES = 10_000  # of one run; of what follows only the last are told
LAST_LINES = 100
GRACE_SECONDS = 10.0  # between the request to end and the kill
_AT_ONCE = 1 << 16  # bytes that are read together
_LARGEST_PIPE = 1 << 20  # bytes that may lie unread when the program ends
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_REMEDIES = {
    errno.ENOEXEC: ". A script needs a first line such as #!/bin/sh",
    errno.ENOENT: ". Its first line names a program that is not there",
}
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")


class BinPrograms:
    """The `Programs` port over one directory.

    Args:
        grace_seconds: that a cancelled program has to end by itself.
        environment: variables that each program is given beside the facts.
    """

    def __init__(
        self,
        directory: Path,
        grace_seconds: float = GRACE_SECONDS,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._directory = directory
        self._grace_seconds = grace_seconds
        self._environment = environment

    def has(self, name: str) -> bool:
        file = self._directory / name
        return self.is_there(name) and file.is_file() and os.access(file, os.X_OK)

    def is_there(self, name: str) -> bool:
        return is_name(name) and os.path.lexists(self._directory / name)

    def run(
        self, name: str, arguments: Sequence[str], facts: Mapping[str, str], control: Control
    ) -> Iterator[Output | Ended]:
        if not self.has(name):
            raise ProgramError(
                f"There is no program {name} in {self._directory} that can be run. Put it there, "
                "executable by the agent's user"
            )
        process = self._started(name, arguments, facts)
        ending = _Ending(process, self._grace_seconds)
        control.on_cancel(ending.begin)
        try:
            yield from lines(_written(process))
        finally:
            ending.finish()
        if control.cancelled:
            raise Cancelled
        yield Ended(process.returncode)

    def _started(
        self, name: str, arguments: Sequence[str], facts: Mapping[str, str]
    ) -> "subprocess.Popen[bytes]":
        given = self._environment
        path = f"{self._directory}:{given.get('PATH', _PATH)}"
        kept = {key: os.environ[key] for key in ("LANG", "LC_ALL", "TZ") if key in os.environ}
        try:
            return subprocess.Popen(
                [self._directory / name, *arguments],
                bufsize=0,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**kept, **given, **facts, "PATH": path},
                cwd="/",
                start_new_session=True,  # so that all it starts can be ended with it
            )
        except OSError as error:
            raise ProgramError(
                f"{self._directory / name} cannot be run: {error.strerror}"
                f"{_REMEDIES.get(error.errno or 0, '')}"
            ) from error


def is_name(text: str) -> bool:
    """Whether it can be the name of a program: a file's name without a path."""
    return _NAME.fullmatch(text) is not None


class _Ending:
    """Ends a program's process group: first in order, then by force."""

    def __init__(self, process: "subprocess.Popen[bytes]", grace_seconds: float) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._is_over = False
        self._timer: threading.Timer | None = None
        self._grace_seconds = grace_seconds

    def begin(self) -> None:
        """Asks it to end, once. To be called by any thread, at any time."""
        with self._lock:
            if self._is_over or self._timer is not None:
                return
            self._signal(signal.SIGTERM)
            self._timer = threading.Timer(self._grace_seconds, self._signal, [signal.SIGKILL])
            self._timer.name = f"end-{self._process.pid}"
            self._timer.start()

    def finish(self) -> None:
        """Nothing of its group runs afterwards."""
        with self._lock:
            self._is_over = True
            timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()
        # Its number is not given to another process before it was waited for.
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _written(process: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    """What it writes until it ends, in pieces. Others that it has left behind may hold its output
    open for ever, so they are not waited for."""
    assert process.stdout is not None
    output = process.stdout
    os.set_blocking(output.fileno(), False)
    end = os.pidfd_open(process.pid)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            selector.register(end, selectors.EVENT_READ)
            while not any(key.fd == end for key, _ in selector.select()):
                piece = output.read(_AT_ONCE)
                if piece:
                    yield piece
                elif piece == b"":
                    selector.unregister(output)
    finally:
        os.close(end)
    for _ in range(0, _LARGEST_PIPE, _AT_ONCE):
        piece = output.read(_AT_ONCE)
        if not piece:
            return
        yield piece


def lines(pieces: Iterable[bytes]) -> Iterator[Output]:
    """Output that comes in pieces; of very many lines the first and the last."""
    count = 0
    last: deque[Output] = deque(maxlen=LAST_LINES)
    for line in _cut(pieces):
        count += 1
        if count <= MOST_LINES:
            yield line
        else:
            last.append(line)
    left_out = count - MOST_LINES - len(last)
    if left_out > 0:
        yield Output(f"({left_out} lines are left out)".encode())
    yield from last


def _cut(pieces: Iterable[bytes]) -> Iterator[Output]:
    """Lines without their ends."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield from _pieces(line)
        while len(rest) > LONGEST_LINE:
            yield Output(rest[:LONGEST_LINE], goes_on=True)
            rest = rest[LONGEST_LINE:]
    if rest:
        yield from _pieces(rest)


def _pieces(line: bytes) -> Iterator[Output]:
    line = line.rstrip(b"\r")
    last = max(0, len(line) - 1) // LONGEST_LINE * LONGEST_LINE
    for start in range(0, last + 1, LONGEST_LINE):
        yield Output(line[start : start + LONGEST_LINE], goes_on=start < last)
