"""The logs of a location, over the sessions' channels."""

import contextlib
from collections.abc import Callable

from sesam_api.v1 import jobs_pb2
from sesam_api.v1 import logs_pb2 as pb
from sesam_api.v1.logs_pb2_grpc import LogServiceStub
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.logs import (
    Followed,
    FoundPage,
    Log,
    LogKey,
    LogKind,
    LogLine,
    LogPage,
    LogQuery,
)
from sesam_master.core.records import Level
from sesam_master.remote import calls, convert
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times

PAGE_SIZE = 1000
LAST_LINES = 1000
FOLLOW_SECONDS = 600.0  # then it is begun again, where it ended

_KINDS = {
    LogKind.STATE: pb.LOG_KIND_STATE,
    LogKind.DAY: pb.LOG_KIND_DAY,
    LogKind.ERROR: pb.LOG_KIND_ERROR,
    LogKind.PART: pb.LOG_KIND_PART,
}
_LEVELS = {
    Level.INFO: jobs_pb2.LEVEL_INFO,
    Level.WARNING: jobs_pb2.LEVEL_WARNING,
    Level.ERROR: jobs_pb2.LEVEL_ERROR,
}
_LEVEL_WORDS = {number: level for level, number in _LEVELS.items()}
_WORDS = {number: kind for kind, number in _KINDS.items()}


class LogsGateway:
    """Implements core.logs_source.LogsSource; see there for what each method means."""

    _roster: Roster
    _times: Times

    async def logs(self, location_id: str) -> tuple[Log, ...]:
        answers = calls.pages(
            self._roster.session(location_id),
            lambda ch: LogServiceStub(ch).ListLogs,
            lambda token: pb.ListLogsRequest(page_size=PAGE_SIZE, page_token=token),
            self._times.list_call,
        )
        return tuple([_log(each) async for answer in answers for each in answer.logs])

    async def read_log(
        self, location_id: str, query: LogQuery, sesam_day: str, position: int, *, backward: bool
    ) -> LogPage:
        request = pb.ReadLogRequest(
            kind=_KINDS[query.key.kind],
            name=query.key.name,
            sesam_day=sesam_day,
            position=position,
            backward=backward,
            filter=query.text,
            least_level=_LEVELS[query.least],
            page_size=PAGE_SIZE,
        )
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: LogServiceStub(ch).ReadLog,
            request,
            self._times.list_call,
        )
        lines = tuple(_line(sesam_day, line) for line in answer.lines)
        return LogPage(
            lines, answer.begin_position, answer.end_position, answer.at_begin, answer.at_end
        )

    async def search_logs(self, location_id: str, query: LogQuery, page_token: str) -> FoundPage:
        request = pb.SearchLogsRequest(
            kind=_KINDS[query.key.kind],
            name=query.key.name,
            filter=query.text,
            least_level=_LEVELS[query.least],
            page_size=PAGE_SIZE,
            page_token=page_token,
        )
        answer = await calls.read(
            self._roster.session(location_id),
            lambda ch: LogServiceStub(ch).SearchLogs,
            request,
            self._times.list_call,
        )
        lines = tuple(_line(found.sesam_day, found.line) for found in answer.lines)
        return FoundPage(lines, answer.next_page_token, answer.searched_sesam_day)

    async def follow_log(
        self,
        location_id: str,
        query: LogQuery,
        after: tuple[str, int] | None,
        told: Callable[[Followed], None],
    ) -> None:
        day, position = after or ("", 0)
        request = pb.FollowLogRequest(
            kind=_KINDS[query.key.kind],
            name=query.key.name,
            last_lines=LAST_LINES,
            filter=query.text,
            least_level=_LEVELS[query.least],
            after_sesam_day=day,
            after_position=position,
        )
        following = calls.stream(
            self._roster.session(location_id),
            lambda ch: LogServiceStub(ch).FollowLog,
            request,
            FOLLOW_SECONDS,
        )
        try:
            async with contextlib.aclosing(following) as messages:
                async for message in messages:
                    day = message.sesam_day
                    lines = tuple(_line(day, line) for line in message.lines)
                    told(Followed(day, lines, message.end_position, message.anew))
        except LocationError as error:
            if error.trouble is not Trouble.NO_ANSWER:  # else its time is over
                raise


def _log(message: pb.Log) -> Log:
    return Log(
        LogKey(_WORDS.get(message.kind, LogKind.UNKNOWN), message.name),
        message.sesam_day,
        message.size_bytes,
        message.cut,
    )


def _line(day: str, message: pb.LogLine) -> LogLine:
    return LogLine(
        sesam_day=day,
        position=message.position,
        time=convert.moment(message.time) if message.HasField("time") else None,
        level=_LEVEL_WORDS.get(message.level, Level.WARNING),
        text=message.text,
    )
