"""Logs in memory."""

from datetime import date

from server_agent.domain.logs import LogFile, LogKey, LogKind
from server_agent.ports.logs import LogPiece


class MemoryLogs:
    """The `LogFiles` port.

    Attributes:
        texts: what each log has said; the error log is the day log.
        marks: changed by whoever writes one anew.
    """

    def __init__(self) -> None:
        self.texts: dict[tuple[LogKey, date], bytes] = {}
        self.marks: dict[tuple[LogKey, date], int] = {}

    def say(self, key: LogKey, day: date, *lines: str) -> None:
        """Adds lines."""
        data = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
        self.texts[key, day] = self.texts.get((key, day), b"") + data

    def files(self) -> list[LogFile]:
        found = [LogFile(key, day, len(data)) for (key, day), data in self.texts.items()]
        errors = [
            LogFile(LogKey(LogKind.ERROR), file.day, file.size_bytes)
            for file in found
            if file.key.kind is LogKind.DAY
        ]
        return found + errors

    def newest_day(self, key: LogKey) -> date | None:
        key = _stored(key)
        return max((day for found, day in self.texts if found == key), default=None)

    def after(self, key: LogKey, day: date, position: int, most_bytes: int) -> LogPiece | None:
        data = self.texts.get((_stored(key), day))
        if data is None:
            return None
        begin = min(position, len(data))
        part = data[begin : begin + most_bytes]
        whole = part.rfind(b"\n") + 1 or (len(part) if len(part) == most_bytes else 0)
        at_end = begin + len(part) == len(data)
        return self._piece(key, day, (begin, begin + whole), at_end)

    def before(self, key: LogKey, day: date, position: int, most_bytes: int) -> LogPiece | None:
        data = self.texts.get((_stored(key), day))
        if data is None:
            return None
        ends = data.rfind(b"\n") + 1
        end = min(position, ends) if position else ends
        begin = max(0, end - most_bytes)
        if begin:
            found = data.find(b"\n", begin, end) + 1
            begin = found if begin < found < end else begin
        return self._piece(key, day, (begin, end), end == ends)

    def _piece(self, key: LogKey, day: date, range_: tuple[int, int], at_end: bool) -> LogPiece:
        key = _stored(key)
        begin, end = range_
        lines: list[tuple[int, str]] = []
        at = begin
        for line in self.texts[key, day][begin:end].splitlines(keepends=True):
            lines.append((at, line.decode().removesuffix("\n")))
            at += len(line)
        mark = self.marks.get((key, day), 0)
        return LogPiece(tuple(lines), begin, end, begin == 0, at_end, mark)


def _stored(key: LogKey) -> LogKey:
    return LogKey(LogKind.DAY) if key.kind is LogKind.ERROR else key
