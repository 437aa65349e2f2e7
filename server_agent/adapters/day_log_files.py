"""The `DayLogs` port over files: `<YYYYMMDD>.status` and `<YYYYMMDD>.prt` in one directory.

Beside them lies an empty `<YYYYMMDD>.open` as long as they are not written for good.
"""

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.ports.day_logs import DayLogError

STATES, HAPPENED, OPEN = ".status", ".prt", ".open"
_MODE = 0o600
_NAME = re.compile(r"([0-9]{8})\.(?:(?:status|prt)(?:\.new)?|open)")
_BREAKS = str.maketrans({"\n": " ", "\r": " "})


class DayLogFiles:
    """Names and messages may hold anything; a line break in them is written as a blank.

    Args:
        begin: tells the agent's own log that a day has begun.
    """

    def __init__(self, directory: Path, begin: Callable[[date], None]) -> None:
        self._directory = directory
        self._begin = begin
        self._lock = threading.Lock()

    def begin(self, day: date) -> None:
        self._begin(day)

    def is_closed(self, day: date) -> bool:
        found = [self._file(day, suffix).exists() for suffix in (STATES, HAPPENED, OPEN)]
        return found == [True, True, False]

    def carry_on(self, day: date, states: Sequence[str], happened: Sequence[str]) -> None:
        with self._lock, _named(self._directory, "written"):
            if self.is_closed(day):
                return
            self._file(day, OPEN).touch(_MODE)
            for suffix, lines in ((HAPPENED, happened), (STATES, states)):
                file = self._file(day, suffix)
                with _named(file, "written"):
                    _write_rest(file, lines)

    def close(
        self, day: date, states: Iterable[str], happened: Iterable[str], *, for_good: bool
    ) -> None:
        mark = self._file(day, OPEN)
        with self._lock, _named(self._directory, "written"):
            if not for_good:
                mark.touch(_MODE)
                sync(self._directory)
            for suffix, lines in ((HAPPENED, happened), (STATES, states)):
                file = self._file(day, suffix)
                with _named(file, "written"):
                    _write_whole(file, lines)
            sync(self._directory)
            if for_good:
                mark.unlink(missing_ok=True)

    def forget(self, before: date) -> None:
        with _named(self._directory, "cleared of old days"):
            for path in self._directory.iterdir():
                found = _NAME.fullmatch(path.name)
                if found is not None and found[1] < f"{before:%Y%m%d}":
                    path.unlink(missing_ok=True)

    def _file(self, day: date, suffix: str) -> Path:
        return self._directory / f"{day:%Y%m%d}{suffix}"


@contextlib.contextmanager
def _named(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DayLogError(f"{path} cannot be {done}: {error.strerror or error}") from error


def _write_rest(file: Path, lines: Sequence[str]) -> None:
    """Writes what the file has not yet; all of it, if it has something else."""
    whole = b"".join(map(_line, lines))
    try:
        known = file.read_bytes()
    except FileNotFoundError:
        known = b""
    if not known or not whole.startswith(known):
        _write_whole(file, lines)
    elif len(known) < len(whole):
        with file.open("ab") as stream:
            stream.write(whole[len(known) :])


def _line(text: str) -> bytes:
    return (text.translate(_BREAKS) + "\n").encode("utf-8", "backslashreplace")


def _write_whole(file: Path, lines: Iterable[str]) -> None:
    part = file.with_name(file.name + ".new")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
        with open(descriptor, "wb") as stream:
            for line in lines:
                stream.write(_line(line))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)  # on a full disk its room is needed
        raise
