"""What the calendar asks of locations, over the sessions' channels."""

from collections.abc import Sequence
from datetime import date, datetime

from sesam_api.v1 import calendar_pb2
from sesam_api.v1.calendar_pb2_grpc import CalendarServiceStub
from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.sheet import Sheet
from sesam_master.remote import calls, convert_calendar
from sesam_master.remote.roster import Roster
from sesam_master.remote.sheets import ask_sheet

PAGE_SIZE = 1000


class CalendarGateway:
    """Implements core.calendar_source.CalendarSource; see there for what each method means."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._times = roster.times

    async def sheet(self, location_id: str, first: date, last: date) -> Sheet:
        self._roster.registration(location_id)
        try:
            session = self._roster.session(location_id)
            request = convert_calendar.sheet_request(first, last)
            answer = await ask_sheet(session, request, self._times)
        except LocationError:
            kept = self._roster.sheets.get(location_id)
            if kept is None or self._roster.is_on(location_id):
                raise
            return kept.sheet(location_id)
        try:
            return answer.sheet(location_id)
        except ValueError as error:
            raise LocationError(Trouble.INTERNAL, location_id) from error

    async def occurrences(
        self, location_id: str, from_time: datetime, to_time: datetime
    ) -> Sequence[Occurrence]:
        answers = calls.pages(
            self._roster.session(location_id),
            lambda ch: CalendarServiceStub(ch).ListCalendar,
            lambda token: convert_calendar.occurrences_request(
                from_time, to_time, PAGE_SIZE, token
            ),
            self._times.list_call,
        )
        return [
            convert_calendar.occurrence(location_id, message)
            async for answer in answers
            for message in answer.occurrences
        ]

    async def cancel_occurrence(
        self, location_id: str, event_id: str, planned_time: datetime, request_id: str
    ) -> None:
        request = calendar_pb2.CancelOccurrenceRequest(
            location_id=location_id, request_id=request_id, event_id=event_id
        )
        request.planned_time.FromDatetime(planned_time)
        session = self._roster.session(location_id)
        await calls.change(
            session,
            lambda ch: CalendarServiceStub(ch).CancelOccurrence,
            request,
            self._times.call,
        )
