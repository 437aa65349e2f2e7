"""CalendarService."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from server_agent.domain.errors import InvalidArgument
from server_agent.rpc import convert, lists
from server_agent.rpc import convert_plan as plan
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.calendar import Calendar, CalendarQuery
from server_agent.service.sheet import Sheets
from server_agent.service.taking_back import TakingBack
from sesam_api.v1 import calendar_pb2 as pb


class CalendarServicer:
    def __init__(
        self, calendar: Calendar, sheets: Sheets, taking_back: TakingBack, workers: Workers
    ) -> None:
        self._calendar = calendar
        self._sheets = sheets
        self._taking_back = taking_back
        self._workers = workers

    async def ListCalendar(
        self, message: pb.ListCalendarRequest, _call: Call
    ) -> pb.ListCalendarResponse:
        for field in ("from_time", "to_time"):
            if not message.HasField(field):
                raise InvalidArgument(field=field, value="none", expected="a moment")
        query = _query(message)
        size = lists.page_size(message.page_size)
        page = await self._workers.read(
            self._calendar.find, query, message.page_token or None, size
        )
        return pb.ListCalendarResponse(
            occurrences=map(plan.occurrence, page.items),
            next_page_token=page.next_position or "",
        )

    async def GetCalendarSheet(
        self, message: pb.GetCalendarSheetRequest, _call: Call
    ) -> pb.GetCalendarSheetResponse:
        first = lists.day("first_sesam_day", message.first_sesam_day)
        last = lists.day("last_sesam_day", message.last_sesam_day)
        return plan.sheet(await self._workers.read(self._sheets.sheet, first, last))

    async def CancelOccurrence(
        self, message: pb.CancelOccurrenceRequest, call: Call
    ) -> pb.CancelOccurrenceResponse:
        moment = None
        if message.HasField("planned_time"):
            moment = _moment("planned_time", message.planned_time)
        taken_back = await self._workers.write(
            self._taking_back.cancel, call.request, message.event_id, moment
        )
        return pb.CancelOccurrenceResponse(planned_time=convert.timestamp(taken_back))


def _query(message: pb.ListCalendarRequest) -> CalendarQuery:
    return CalendarQuery(
        first=_moment("from_time", message.from_time),
        end=_moment("to_time", message.to_time),
        task=lists.text("task", message.task),
        event=lists.text("event", message.event),
        states=frozenset(
            convert.from_wire("states", state, plan.ENTRY_STATES) for state in message.states
        ),
        kinds=frozenset(
            convert.from_wire("kinds", kind, plan.EVENT_KINDS) for kind in message.kinds
        ),
    )


def _moment(field: str, stamp: Timestamp) -> datetime:
    """The moment, or InvalidArgument."""
    found = convert.moment(field, stamp)
    if not lists.FIRST_DAY <= found.date() <= lists.LAST_DAY:
        raise InvalidArgument(
            field=field,
            value=found.isoformat(),
            expected=f"a moment from {lists.FIRST_DAY} to {lists.LAST_DAY}",
        )
    return found
