"""LogService."""

import asyncio
from collections.abc import AsyncGenerator

from server_agent.domain.access import Caller
from server_agent.domain.errors import InvalidArgument, NotAuthenticated, ShuttingDown
from server_agent.domain.jobs import Level
from server_agent.domain.logs import LogFile, LogKey, LogKind, LogLine, Wanted
from server_agent.rpc import convert, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.access import Access
from server_agent.service.logs import Following, Logs, Taken
from sesam_api.v1 import logs_pb2 as pb

KINDS = {
    LogKind.STATE: pb.LOG_KIND_STATE,
    LogKind.DAY: pb.LOG_KIND_DAY,
    LogKind.ERROR: pb.LOG_KIND_ERROR,
    LogKind.PART: pb.LOG_KIND_PART,
}
LOOK_SECONDS = 0.5  # between two looks whether a log has grown
HEARTBEAT_SECONDS = 15.0
LARGEST_POSITION = 1 << 62

_Named = pb.ReadLogRequest | pb.SearchLogsRequest | pb.FollowLogRequest


class LogServicer:
    """Lives in the event loop.

    Args:
        heartbeat: seconds of silence after which a follower is told that the agent lives.
        look_seconds: between two looks whether a log has grown.
    """

    def __init__(
        self,
        logs: Logs,
        access: Access,
        workers: Workers,
        heartbeat: float = HEARTBEAT_SECONDS,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._logs = logs
        self._access = access
        self._workers = workers
        self._heartbeat = heartbeat
        self._look_seconds = look_seconds
        self._closing = False

    def close(self) -> None:
        """Ends all streams, after what has come until now."""
        self._closing = True

    async def ListLogs(self, message: pb.ListLogsRequest, call: Call) -> pb.ListLogsResponse:
        kind = convert.from_wire("kind", message.kind, KINDS) if message.kind else None
        token, size = message.page_token or None, lists.page_size(message.page_size)
        page = await self._workers.read(self._logs.list, call.caller, kind, token, size)
        return pb.ListLogsResponse(
            logs=map(_log, page.items), next_page_token=page.next_position or ""
        )

    async def ReadLog(self, message: pb.ReadLogRequest, call: Call) -> pb.ReadLogResponse:
        key = self._key(message, call)
        _check_position("position", message.position)
        page = await self._workers.read(
            self._logs.read,
            key,
            lists.day("sesam_day", message.sesam_day),
            message.position,
            _wanted(message),
            lists.page_size(message.page_size),
            backward=message.backward,
        )
        return pb.ReadLogResponse(
            lines=map(_line, page.lines),
            begin_position=page.begin,
            end_position=page.end,
            at_begin=page.at_begin,
            at_end=page.at_end,
        )

    async def SearchLogs(self, message: pb.SearchLogsRequest, call: Call) -> pb.SearchLogsResponse:
        found = await self._workers.read(
            self._logs.search,
            self._key(message, call),
            (
                lists.sesam_day("first_sesam_day", message.first_sesam_day),
                lists.sesam_day("last_sesam_day", message.last_sesam_day),
            ),
            _wanted(message),
            message.page_token or None,
            lists.page_size(message.page_size),
        )
        return pb.SearchLogsResponse(
            lines=[
                pb.FoundLogLine(sesam_day=day.isoformat(), line=_line(line))
                for day, line in found.lines
            ],
            next_page_token=found.position or "",
            searched_sesam_day=found.searched.isoformat() if found.searched is not None else "",
        )

    async def FollowLog(
        self, message: pb.FollowLogRequest, call: Call
    ) -> AsyncGenerator[pb.FollowLogResponse, None]:
        key, wanted = self._key(message, call), _wanted(message)
        if not 0 <= message.last_lines <= lists.LARGEST_PAGE:
            raise InvalidArgument(
                field="last_lines",
                value=message.last_lines,
                expected=f"0 to {lists.LARGEST_PAGE}",
            )
        _check_position("after_position", message.after_position)
        day = lists.sesam_day("after_sesam_day", message.after_sesam_day)
        after = (day, message.after_position) if day is not None else None
        last_lines = message.last_lines
        following = await self._workers.read(Following, self._logs, key, wanted, last_lines, after)
        loop = asyncio.get_running_loop()
        sent = float("-inf")
        while True:
            closing = self._closing
            taken = await self._workers.read(self._take, following, call.caller)
            if taken.lines or taken.is_anew or loop.time() >= sent + self._heartbeat:
                yield _followed(taken)
                sent = loop.time()
            if taken.more:
                continue
            if closing:
                raise ShuttingDown
            await asyncio.sleep(self._look_seconds)

    def _take(self, following: Following, caller: Caller) -> Taken:
        if not self._access.in_force(caller):
            raise NotAuthenticated
        return following.take()

    def _key(self, message: _Named, call: Call) -> LogKey:
        kind = convert.from_wire("kind", message.kind, KINDS)
        if kind is not LogKind.PART and message.name:
            expected = "none: only the logs of parts have one"
            raise InvalidArgument(field="name", value=message.name, expected=expected)
        key = LogKey(kind, message.name)
        self._logs.check(call.caller, key)
        return key


def _check_position(field: str, position: int) -> None:
    if not 0 <= position < LARGEST_POSITION:
        expected = "a position of an answer, or 0"
        raise InvalidArgument(field=field, value=position, expected=expected)


def _wanted(message: _Named) -> Wanted:
    least = Level.INFO
    if message.least_level:
        least = convert.from_wire("least_level", message.least_level, convert.LEVELS)
    return Wanted(lists.text("filter", message.filter), least)


def _log(item: LogFile) -> pb.Log:
    return pb.Log(
        kind=KINDS[item.key.kind],
        name=item.key.name,
        sesam_day=item.day.isoformat(),
        size_bytes=item.size_bytes,
        cut=item.is_cut,
    )


def _line(item: LogLine) -> pb.LogLine:
    return pb.LogLine(
        position=item.position,
        time=convert.timestamp(item.time) if item.time is not None else None,
        level=convert.LEVELS[item.level],
        text=item.text,
    )


def _followed(taken: Taken) -> pb.FollowLogResponse:
    return pb.FollowLogResponse(
        sesam_day=taken.day.isoformat() if taken.day is not None else "",
        lines=map(_line, taken.lines),
        anew=taken.is_anew,
        end_position=taken.end,
    )
