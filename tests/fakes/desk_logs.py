"""Logs of locations, as a gateway in memory answers them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sesam_master.core.errors import LocationError
from sesam_master.core.logs import Followed, FoundPage, Log, LogLine, LogPage, LogQuery
from sesam_master.core.records import Level

_ORDER = list(Level)


@dataclass
class FakeLogsGateway:
    """The part of a fake gateway that has logs.

    Attributes:
        log_lines: of each location, log and day; positions are the places in it.
        no_logs: raised by every question for them.
        followers: what was told to whom follows; a test calls them.
    """

    log_lines: dict[tuple[str, Log], list[LogLine]] = field(default_factory=dict)
    no_logs: LocationError | None = None
    page_lines: int = 1000
    followers: list[Callable[[Followed], None]] = field(default_factory=list)
    followed_after: list[tuple[str, int] | None] = field(default_factory=list)

    async def logs(self, location_id: str) -> tuple[Log, ...]:
        self._no_lines()
        found = [log for place, log in self.log_lines if place == location_id]
        return tuple(sorted(found, key=lambda log: log.sesam_day, reverse=True))

    async def read_log(
        self, location_id: str, query: LogQuery, sesam_day: str, position: int, *, backward: bool
    ) -> LogPage:
        self._no_lines()
        lines = self._lines(location_id, query, sesam_day)
        if backward:
            end = position or len(lines)
            begin = max(0, end - self.page_lines)
        else:
            begin = position
            end = min(len(lines), begin + self.page_lines)
        wanted = tuple(line for line in lines[begin:end] if _is_wanted(query, line))
        return LogPage(wanted, begin, end, begin == 0, end == len(lines))

    async def search_logs(self, location_id: str, query: LogQuery, page_token: str) -> FoundPage:
        self._no_lines()
        days = [log.sesam_day for log in await self.logs(location_id) if log.key == query.key]
        every = [
            line
            for day in days
            for line in reversed(self._lines(location_id, query, day))
            if _is_wanted(query, line)
        ]
        begin = int(page_token or 0)
        end = begin + self.page_lines
        return FoundPage(
            tuple(every[begin:end]), str(end) if end < len(every) else "", days[-1] if days else ""
        )

    async def follow_log(
        self,
        location_id: str,
        query: LogQuery,
        after: tuple[str, int] | None,
        told: Callable[[Followed], None],
    ) -> None:
        self._no_lines()
        self.followers.append(told)
        self.followed_after.append(after)
        days = [log.sesam_day for log in await self.logs(location_id) if log.key == query.key]
        if after is None:
            day = days[0] if days else ""
            page = await self.read_log(location_id, query, day, 0, backward=True)
            told(Followed(day, page.lines, page.end))

    def _lines(self, location_id: str, query: LogQuery, day: str) -> list[LogLine]:
        for (place, log), lines in self.log_lines.items():
            if (place, log.key, log.sesam_day) == (location_id, query.key, day):
                return lines
        return []

    def _no_lines(self) -> None:
        if self.no_logs is not None:
            raise self.no_logs


def _is_wanted(query: LogQuery, line: LogLine) -> bool:
    is_bad = _ORDER.index(line.level) >= _ORDER.index(query.least)
    return is_bad and query.text.casefold() in line.text.casefold()
