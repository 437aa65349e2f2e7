"""What can be asked of a location's logs.

A kind is "state", "day" or "error", or "part" with the name of a part. Lines are those with a text,
in whatever letter case, that are of a level ("info", "warning", "error") or a worse one.
"""

from collections.abc import Iterable, Iterator

from sesam_api import convert
from sesam_api.log_records import Log, LogLine
from sesam_api.plan_calls import PAGE_SIZE, pages
from sesam_api.v1 import jobs_pb2, logs_pb2
from sesam_api.v1.logs_pb2_grpc import LogServiceStub
from sesam_api.wire import Wire


class LogCalls:
    """The part of a `Location` that knows its logs."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._logs = LogServiceStub(wire.channel)

    def logs(self, kind: str = "") -> Iterator[Log]:
        """The logs that are there and may be read, the newest day first. `kind` "": all."""
        number = _kind(kind) if kind else logs_pb2.LOG_KIND_UNSPECIFIED

        def page(token: str) -> tuple[Iterable[Log], str]:
            request = logs_pb2.ListLogsRequest(kind=number, page_size=PAGE_SIZE, page_token=token)
            answer = self._wire.call(self._logs.ListLogs, request)
            return map(_log, answer.logs), answer.next_page_token

        return pages(page)

    def read_log(
        self, kind: str, day: str, name: str = "", *, text: str = "", level: str = "info"
    ) -> Iterator[LogLine]:
        """The lines of a log from its begin on, as far as it is written. Raises SesamError
        LOG_NOT_FOUND.

        Args:
            day: sesam day, YYYY-MM-DD.
        """
        request = logs_pb2.ReadLogRequest(
            kind=_kind(kind),
            name=name,
            sesam_day=day,
            filter=text,
            least_level=_level(level),
            page_size=PAGE_SIZE,
        )
        while True:
            answer = self._wire.call(self._logs.ReadLog, request)
            yield from (_line(day, line) for line in answer.lines)
            request.position = answer.end_position
            if answer.at_end:
                return

    def search_logs(
        self,
        kind: str,
        name: str = "",
        *,
        text: str = "",
        level: str = "info",
        days: tuple[str, str] = ("", ""),
    ) -> Iterator[LogLine]:
        """The lines of several days, the newest first.

        Args:
            days: first and last sesam day (YYYY-MM-DD), both included; "": no limit.
        """

        def page(token: str) -> tuple[Iterable[LogLine], str]:
            request = logs_pb2.SearchLogsRequest(
                kind=_kind(kind),
                name=name,
                first_sesam_day=days[0],
                last_sesam_day=days[1],
                filter=text,
                least_level=_level(level),
                page_size=PAGE_SIZE,
                page_token=token,
            )
            answer = self._wire.call(self._logs.SearchLogs, request)
            lines = (_line(found.sesam_day, found.line) for found in answer.lines)
            return lines, answer.next_page_token

        return pages(page)

    def follow_log(
        self,
        kind: str,
        name: str = "",
        *,
        last_lines: int = 10,
        text: str = "",
        level: str = "info",
        timeout: float | None = None,
    ) -> Iterator[LogLine]:
        """The last lines of the newest log, and then each that comes, also of the days that begin.

        A broken connection is taken up where it ended. Ends when the caller leaves the loop.

        Args:
            last_lines: how many of those that are there, up to 1000.
            timeout: seconds after which it ends; None: never.

        Raises:
            Unreachable: the agent went away for longer than the connection's patience.
        """
        request = logs_pb2.FollowLogRequest(
            kind=_kind(kind),
            name=name,
            last_lines=last_lines,
            filter=text,
            least_level=_level(level),
        )
        for message in self._wire.repeated(self._logs.FollowLog, lambda: request, timeout):
            yield from (_line(message.sesam_day, line) for line in message.lines)
            request.after_sesam_day = message.sesam_day
            request.after_position = message.end_position


def _kind(text: str) -> logs_pb2.LogKind.ValueType:
    number = convert.number(logs_pb2.LogKind.DESCRIPTOR, "kind", text)
    return logs_pb2.LogKind.ValueType(number)


def _level(text: str) -> jobs_pb2.Level.ValueType:
    return jobs_pb2.Level.ValueType(convert.number(jobs_pb2.Level.DESCRIPTOR, "level", text))


def _log(message: logs_pb2.Log) -> Log:
    return Log(
        kind=convert.word(logs_pb2.LogKind.DESCRIPTOR, message.kind),
        name=message.name,
        sesam_day=message.sesam_day,
        size=message.size_bytes,
        cut=message.cut,
    )


def _line(day: str, message: logs_pb2.LogLine) -> LogLine:
    return LogLine(
        sesam_day=day,
        position=message.position,
        time=convert.moment(message.time) if message.HasField("time") else None,
        level=convert.word(jobs_pb2.Level.DESCRIPTOR, message.level),
        text=message.text,
    )
