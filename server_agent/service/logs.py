"""The logs as they are listed, read, searched and followed. No call looks at more than a bounded
part of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from server_agent.domain.access import Caller, Role
from server_agent.domain.errors import InvalidArgument, LogNotFound, PageTokenInvalid, RoleRequired
from server_agent.domain.logs import (
    PART_LOG_NAMES,
    LogFile,
    LogKey,
    LogKind,
    LogLine,
    Wanted,
    parsed,
)
from server_agent.ports import Page
from server_agent.ports.logs import LogFiles, LogPiece

CHUNK_BYTES = 256 << 10
SCANNED_BYTES = 8 << 20  # in one call
ANSWER_BYTES = 1 << 20
LONGEST_LINE = 8000  # characters; what is longer is cut when it is read
READERS = frozenset({Role.ADMIN, Role.OPERATOR})  # of what the parts wrote


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines in the order of their log, and what was looked at for them."""

    lines: tuple[LogLine, ...]
    begin: int
    end: int
    at_begin: bool
    at_end: bool


@dataclass(frozen=True, slots=True)
class Found:
    """`lines` with their days, the newest first. `position`: to go on with; None at the end."""

    lines: tuple[tuple[date, LogLine], ...]
    position: str | None
    searched: date | None


class Logs:
    def __init__(self, files: LogFiles) -> None:
        self._files = files

    def check(self, caller: Caller, key: LogKey) -> None:
        """Raises RoleRequired; InvalidArgument for a part that there is not."""
        if key.kind is not LogKind.PART:
            return
        if caller.role not in READERS:
            raise RoleRequired(role=caller.role, allowed=", ".join(sorted(READERS)))
        if key.name not in PART_LOG_NAMES:
            expected = f"one of {', '.join(PART_LOG_NAMES)}"
            raise InvalidArgument(field="name", value=key.name, expected=expected)

    def list(
        self, caller: Caller, kind: LogKind | None, token: str | None, size: int
    ) -> Page[LogFile]:
        """The newest day first. Raises PageTokenInvalid."""
        files = sorted(
            (
                file
                for file in self._files.files()
                if kind in (None, file.key.kind)
                and (file.key.kind is not LogKind.PART or caller.role in READERS)
            ),
            key=_order,
        )
        begin = 0
        if token is not None:
            after = _token_order(token)
            begin = sum(_order(file) <= after for file in files)
        page = files[begin : begin + size]
        more = begin + size < len(files)
        return Page(tuple(page), _file_token(page[-1]) if more else None)

    def read(
        self, key: LogKey, day: date, position: int, wanted: Wanted, size: int, *, backward: bool
    ) -> LogPage:
        """At most `size` lines. Raises LogNotFound."""
        walk = self._before if backward else self._after
        page = walk(key, day, position, wanted.of(key.kind), size)
        if page is None:
            raise LogNotFound(log=key.text, sesam_day=day.isoformat())
        return page

    def search(
        self,
        key: LogKey,
        days: tuple[date | None, date | None],
        wanted: Wanted,
        token: str | None,
        size: int,
    ) -> Found:
        """The newest line first. Raises PageTokenInvalid."""
        known = {file.day: file.size_bytes for file in self._files.files() if file.key == key}
        first, last = days
        position = 0
        if token is not None:
            last, position = _search_token(token)
        lines: list[tuple[date, LogLine]] = []
        scanned, searched = 0, None
        for day in sorted(known, reverse=True):
            if (last is not None and day > last) or (first is not None and day < first):
                continue
            at = position if token is not None and day == last else 0
            page = self._before(key, day, at, wanted.of(key.kind), size - len(lines))
            if page is None:
                continue
            searched = day
            lines += [(day, line) for line in reversed(page.lines)]
            scanned += known[day]
            if not page.at_begin:
                return Found(tuple(lines), _search_position(day, page.begin), searched)
            if scanned >= SCANNED_BYTES or len(lines) == size:
                older = [each for each in known if each < day and (first is None or each >= first)]
                go_on = _search_position(max(older), 0) if older else None
                return Found(tuple(lines), go_on, searched)
        return Found(tuple(lines), None, searched)

    def newest_day(self, key: LogKey) -> date | None:
        return self._files.newest_day(key)

    def piece(self, key: LogKey, day: date, position: int) -> LogPiece | None:
        """What is there from a position on, whatever it says."""
        return self._files.after(key, day, position, CHUNK_BYTES)

    def _after(
        self, key: LogKey, day: date, position: int, wanted: Wanted, size: int
    ) -> LogPage | None:
        found: list[LogLine] = []
        scanned = told = 0
        begin: int | None = None
        at_begin = False
        while (piece := self._files.after(key, day, position, CHUNK_BYTES)) is not None:
            if begin is None:
                begin, at_begin = piece.begin, piece.at_begin
            for line in lines_of(key.kind, piece, wanted):
                if len(found) == size or told > ANSWER_BYTES:
                    return LogPage(tuple(found), begin, line.position, at_begin, False)
                found.append(line)
                told += len(line.text)
            position = piece.end
            scanned += piece.end - piece.begin
            if piece.at_end or scanned >= SCANNED_BYTES:
                return LogPage(tuple(found), begin, position, at_begin, piece.at_end)
        return None

    def _before(
        self, key: LogKey, day: date, position: int, wanted: Wanted, size: int
    ) -> LogPage | None:
        found: list[LogLine] = []
        scanned = told = 0
        end: int | None = None
        at_end = False
        while (piece := self._files.before(key, day, position, CHUNK_BYTES)) is not None:
            if end is None:
                end, at_end = piece.end, piece.at_end
            for line in reversed([*lines_of(key.kind, piece, wanted)]):
                if len(found) == size or told > ANSWER_BYTES:
                    return LogPage(tuple(reversed(found)), found[-1].position, end, False, at_end)
                found.append(line)
                told += len(line.text)
            position = piece.begin
            scanned += piece.end - piece.begin
            if piece.at_begin or scanned >= SCANNED_BYTES:
                lines = tuple(reversed(found))
                return LogPage(lines, position, end, piece.at_begin, at_end)
        return None


class Following:
    """One reader's place in the newest day's log. Keeps nothing of what was read."""

    def __init__(
        self,
        logs: Logs,
        key: LogKey,
        wanted: Wanted,
        last_lines: int,
        after: tuple[date, int] | None = None,
    ) -> None:
        self._logs = logs
        self._key = key
        self._wanted = wanted.of(key.kind)
        self._last_lines = last_lines
        self._day: date | None = None
        self._end = 0
        self._last: tuple[int, str] | None = None  # the line before the end, and where it begins
        self._mark = 0
        if after is not None and logs.piece(key, *after) is not None:
            self._day, self._end = after

    def take(self) -> "Taken":
        """What has come since the last time, of one day. Called again at once where it says `more`,
        else some time later."""
        newest = self._logs.newest_day(self._key)
        if newest is None:
            return Taken(self._day, (), self._end)
        if self._day is None:
            return self._begin(newest)
        if not self._is_same():
            begun = self._begin(self._day)
            return replace(begun, is_anew=True, more=True)
        taken = self._rest(self._day)
        if not taken.more and newest > self._day:
            self._day, self._end, self._last, self._mark = newest, 0, None, 0
            if not taken.lines:
                return self._rest(newest)
            return replace(taken, more=True)
        return taken

    def _begin(self, day: date) -> "Taken":
        self._day, self._last, self._end = day, None, 0
        try:
            page = self._logs.read(
                self._key, day, 0, self._wanted, max(self._last_lines, 1), backward=True
            )
        except LogNotFound:
            return Taken(day, (), 0)
        self._end = page.end
        behind = self._logs.piece(self._key, day, page.end)
        self._mark = behind.mark if behind is not None else 0
        lines = page.lines if self._last_lines else ()
        if lines:
            self._last = lines[-1].position, lines[-1].text[:LONGEST_LINE]
        return Taken(day, lines, page.end)

    def _rest(self, day: date) -> "Taken":
        piece = self._logs.piece(self._key, day, self._end)
        if piece is None:
            return Taken(day, (), self._end)
        self._end, self._mark = piece.end, piece.mark
        if piece.lines:
            position, text = piece.lines[-1]
            self._last = position, text[:LONGEST_LINE]
        lines = tuple(lines_of(self._key.kind, piece, self._wanted))
        return Taken(day, lines, piece.end, more=not piece.at_end)

    def _is_same(self) -> bool:
        """Whether what was told is still there: a log that was written anew begins, as a rule, as
        the old one did."""
        assert self._day is not None
        at = self._last[0] if self._last is not None else self._end
        piece = self._logs.piece(self._key, self._day, at)
        if piece is None or piece.mark == self._mark:
            return True
        if self._last is None:
            return self._end <= piece.end
        first = piece.lines[0] if piece.lines else None
        return first is not None and (first[0], first[1][:LONGEST_LINE]) == self._last


@dataclass(frozen=True, slots=True)
class Taken:
    """What has come. `is_anew`: it stands for all of the day that was told before."""

    day: date | None
    lines: tuple[LogLine, ...]
    end: int
    is_anew: bool = False
    more: bool = False


def lines_of(kind: LogKind, piece: LogPiece, wanted: Wanted) -> Iterator[LogLine]:
    """The lines of a piece that are wanted. A long one is cut."""
    for position, text in piece.lines:
        line = parsed(kind, position, text)
        if wanted.has(line):
            is_long = len(text) > LONGEST_LINE
            yield replace(line, text=f"{text[:LONGEST_LINE]}…") if is_long else line


def _order(file: LogFile) -> tuple[int, int, str]:
    return -file.day.toordinal(), list(LogKind).index(file.key.kind), file.key.name


def _file_token(file: LogFile) -> str:
    return f"{file.day.isoformat()}/{file.key.kind.value}/{file.key.name}"


def _token_order(token: str) -> tuple[int, int, str]:
    parts: Iterable[str] = token.split("/")
    try:
        day, kind, name = parts
        return -date.fromisoformat(day).toordinal(), list(LogKind).index(LogKind(kind)), name
    except ValueError:
        raise PageTokenInvalid from None


def _search_position(day: date, position: int) -> str:
    return f"{day.isoformat()}/{position}"


def _search_token(token: str) -> tuple[date, int]:
    day, _, position = token.partition("/")
    try:
        found = date.fromisoformat(day), int(position)
    except ValueError:
        raise PageTokenInvalid from None
    if not 0 <= found[1] < 1 << 62:
        raise PageTokenInvalid
    return found
