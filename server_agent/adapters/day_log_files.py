"""The `DayLogs` port over files: `<YYYYMMDD>.status` and `<YYYYMMDD>.prt` in one directory."""

import os
import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

STATES, HAPPENED = ".status", ".prt"
_MODE = 0o600
_NAME = re.compile(r"([0-9]{8})\.(?:status|prt)(?:\.new)?")
_BREAKS = str.maketrans({"\n": " ", "\r": " "})


class DayLogFiles:
    """Names and messages may hold anything; a line break in them is written as a blank.

    Args:
        begin: tells the agent's own log that a day has begun.
    """

    def __init__(self, directory: Path, begin: Callable[[date], None]) -> None:
        self._directory = directory
        self._begin = begin

    def begin(self, day: date) -> None:
        self._begin(day)

    def is_closed(self, day: date) -> bool:
        return self._file(day, STATES).exists() and self._file(day, HAPPENED).exists()

    def close(self, day: date, states: Iterable[str], happened: Iterable[str]) -> None:
        for suffix, lines in ((HAPPENED, happened), (STATES, states)):
            _write_whole(self._file(day, suffix), lines)
        directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def forget(self, before: date) -> None:
        for path in self._directory.iterdir():
            found = _NAME.fullmatch(path.name)
            if found is not None and found[1] < f"{before:%Y%m%d}":
                path.unlink(missing_ok=True)

    def _file(self, day: date, suffix: str) -> Path:
        return self._directory / f"{day:%Y%m%d}{suffix}"


def _write_whole(file: Path, lines: Iterable[str]) -> None:
    part = file.with_name(file.name + ".new")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
    with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
        for line in lines:
            stream.write(line.translate(_BREAKS) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
