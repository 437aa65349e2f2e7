"""The `LogFiles` port over the files that are written by `day_log_files` and `log_files`.

What is said of a sesam day may lie in several segments, of which the older ones bear a number:
`agent_<date>.log.1`, `.2`, ... and `agent_<date>.log`. A position is the number of its segment and
the byte in it, so that it stays right when a further segment is begun.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from server_agent.adapters.day_log_files import HAPPENED, STATES
from server_agent.domain.logs import PART_LOG_NAMES, LogFile, LogKey, LogKind
from server_agent.ports.logs import LogPiece

_SUFFIXES = {LogKind.STATE: STATES, LogKind.DAY: HAPPENED, LogKind.ERROR: HAPPENED}
_OF_DAY = re.compile(rf"([0-9]{{8}})({re.escape(STATES)}|{re.escape(HAPPENED)})")
_OF_PART = re.compile(r"(\w+)_([0-9]{8})\.log(?:\.([0-9]{1,6}))?")
_SEGMENT_BITS = 40  # a segment has less than a TiB


@dataclass(frozen=True, slots=True)
class _Segment:
    """`begin`: the position of its first byte; `mark`: of the file that it is in."""

    path: Path
    begin: int
    size: int
    mark: int

    @property
    def end(self) -> int:
        return self.begin + self.size


class LogFilesOf:
    """Args:
    prot: has the state logs and the day logs.
    lgc: has the logs of the parts.
    """

    def __init__(self, prot: Path, lgc: Path) -> None:
        self._prot = prot
        self._lgc = lgc

    def files(self) -> list[LogFile]:
        return [*self._day_files(), *self._part_files()]

    def newest_day(self, key: LogKey) -> date | None:
        if key.kind is LogKind.PART:
            days = (day for name, day, _, _ in self._parts() if name == key.name)
        else:
            suffix = _SUFFIXES[key.kind]
            days = (day for day, found, _ in self._days() if found == suffix)
        return max(days, default=None)

    def after(self, key: LogKey, day: date, position: int, most_bytes: int) -> LogPiece | None:
        while True:
            segments = self._segments(key, day)
            if not segments:
                return None
            last = segments[-1]
            # An empty last segment has the end, too.
            at = next((each for each in segments if position < each.end), last)
            begin = min(max(position, at.begin), at.end)
            data = _read(at, begin - at.begin, min(most_bytes, at.end - begin))
            if data is None:
                continue  # it has got a number meanwhile
            whole = data.rfind(b"\n") + 1 or (len(data) if len(data) == most_bytes else 0)
            end = begin + whole
            return LogPiece(
                tuple(_lines(begin, data[:whole])),
                begin,
                end,
                begin == segments[0].begin,
                at is last and begin + len(data) >= at.end,
                last.mark,
            )

    def before(self, key: LogKey, day: date, position: int, most_bytes: int) -> LogPiece | None:
        while True:
            segments = self._segments(key, day)
            if not segments:
                return None
            last = segments[-1]
            position = min(position, last.end) if position else last.end
            at = next((each for each in reversed(segments) if each.begin < position), segments[0])
            end = max(min(position, at.end), at.begin)
            begin = max(at.begin, end - most_bytes)
            data = _read(at, begin - at.begin, end - begin)
            if data is None:
                continue
            skipped = data.find(b"\n") + 1 if begin > at.begin else 0
            if skipped == len(data) and begin > at.begin:
                skipped = 0  # one line that is longer than all that may be read
            whole = data.rfind(b"\n") + 1 if end == last.end else len(data)
            lines = tuple(_lines(begin + skipped, data[skipped:whole]))
            first = begin + skipped
            return LogPiece(
                lines,
                first,
                max(begin + whole, first),
                first <= segments[0].begin,
                end == last.end,
                last.mark,
            )

    def _segments(self, key: LogKey, day: date) -> list[_Segment]:
        if key.kind is not LogKind.PART:
            found = _segment(self._prot / f"{day:%Y%m%d}{_SUFFIXES[key.kind]}", 0, is_whole=True)
            return [found] if found is not None else []
        if key.name not in PART_LOG_NAMES:
            return []
        name = f"{key.name}_{day:%Y%m%d}.log"
        numbers = sorted(
            int(path.suffix[1:])
            for path in self._lgc.glob(f"{name}.*")
            if path.suffix[1:].isdecimal()
        )
        current = numbers[-1] + 1 if numbers else 1
        files = [(number, self._lgc / f"{name}.{number}") for number in numbers]
        segments = [
            _segment(path, number - 1 << _SEGMENT_BITS)
            for number, path in (*files, (current, self._lgc / name))
        ]
        return [each for each in segments if each is not None]

    def _day_files(self) -> Iterator[LogFile]:
        for day, suffix, size in self._days():
            for kind, of_kind in _SUFFIXES.items():
                if of_kind == suffix:
                    yield LogFile(LogKey(kind), day, size)

    def _part_files(self) -> Iterator[LogFile]:
        sizes: dict[tuple[str, date], int] = {}
        cut: set[tuple[str, date]] = set()
        for name, day, number, size in self._parts():
            sizes[name, day] = sizes.get((name, day), 0) + size
            if number > 1:
                cut.add((name, day))
        for (name, day), size in sizes.items():
            yield LogFile(LogKey(LogKind.PART, name), day, size, (name, day) in cut)

    def _days(self) -> Iterator[tuple[date, str, int]]:
        for entry in _entries(self._prot):
            if (found := _OF_DAY.fullmatch(entry.name)) and (day := _day(found[1])):
                yield day, found[2], _size(entry)

    def _parts(self) -> Iterator[tuple[str, date, int, int]]:
        for entry in _entries(self._lgc):
            found = _OF_PART.fullmatch(entry.name)
            if found and found[1] in PART_LOG_NAMES and (day := _day(found[2])):
                yield found[1], day, int(found[3] or 0), _size(entry)


def _entries(directory: Path) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except FileNotFoundError:
        return ()


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:  # it has got a number, or is too old, since it was listed
        return 0


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def _segment(path: Path, begin: int, *, is_whole: bool = False) -> _Segment | None:
    """None if it is not there. `is_whole`: it may be replaced by another file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return _Segment(path, begin, found.st_size, found.st_ino if is_whole else 0)


def _read(segment: _Segment, offset: int, size: int) -> bytes | None:
    """None if it is not the same file any more, or is shorter."""
    try:
        with segment.path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_size < segment.size or segment.mark not in (0, found.st_ino):
                return None
            file.seek(offset)
            return file.read(size)
    except FileNotFoundError:
        return None


def _lines(position: int, data: bytes) -> Iterator[tuple[int, str]]:
    if not data:
        return
    for line in data.removesuffix(b"\n").split(b"\n"):
        yield position, line.decode("utf-8", "backslashreplace")
        position += len(line) + 1
