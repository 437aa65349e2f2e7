"""ScheduleService."""

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.schedule import Schedule
from server_agent.rpc import convert, lists
from server_agent.rpc import convert_plan as plan
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.calendar_exchange import CalendarExchange
from server_agent.service.changes import Changes
from server_agent.service.plan_objects import Schedules
from server_agent.service.preview import Previews
from sesam_api.v1 import schedules_pb2 as pb

MOST_STARTS = 200
USUAL_STARTS = 20


class ScheduleServicer:
    def __init__(
        self,
        schedules: Schedules,
        previews: Previews,
        exchange: CalendarExchange,
        changes: Changes,
        workers: Workers,
    ) -> None:
        self._schedules = schedules
        self._previews = previews
        self._exchange = exchange
        self._changes = changes
        self._workers = workers

    async def CreateSchedule(
        self, message: pb.CreateScheduleRequest, call: Call
    ) -> pb.CreateScheduleResponse:
        item = plan.schedule_from_wire(message.schedule)
        item = await self._workers.write(self._schedules.create, call.request, item)
        return pb.CreateScheduleResponse(schedule=await self._answer(item))

    async def UpdateSchedule(
        self, message: pb.UpdateScheduleRequest, call: Call
    ) -> pb.UpdateScheduleResponse:
        item = plan.schedule_from_wire(message.schedule)
        item = await self._workers.write(
            self._schedules.update, call.request, item, message.schedule.etag
        )
        return pb.UpdateScheduleResponse(schedule=await self._answer(item))

    async def DeleteSchedule(
        self, message: pb.DeleteScheduleRequest, call: Call
    ) -> pb.DeleteScheduleResponse:
        etag = message.etag if message.HasField("etag") else None
        await self._workers.write(self._schedules.delete, call.request, message.name, etag)
        return pb.DeleteScheduleResponse()

    async def ListSchedules(
        self, message: pb.ListSchedulesRequest, _call: Call
    ) -> pb.ListSchedulesResponse:
        text, descending, token, size = lists.by_name(message)

        async def answer(size: int) -> pb.ListSchedulesResponse:
            page = await self._workers.read(self._schedules.list, text, descending, token, size)
            live = await self._workers.read(self._changes.live_schedules, page.items)
            return pb.ListSchedulesResponse(
                schedules=map(plan.schedule_to_wire, live),
                next_page_token=page.next_position or "",
            )

        return await lists.fitting(size, answer)

    async def PreviewSchedule(
        self, message: pb.PreviewScheduleRequest, _call: Call
    ) -> pb.PreviewScheduleResponse:
        if not 0 <= message.count <= MOST_STARTS:
            raise InvalidArgument(
                field="count",
                value=message.count,
                expected=f"1 to {MOST_STARTS}, or 0 for {USUAL_STARTS}",
            )
        item = plan.schedule_from_wire(message.schedule)
        preview = await self._workers.read(
            self._previews.preview, item, message.count or USUAL_STARTS
        )
        return pb.PreviewScheduleResponse(
            starts=[
                pb.Start(
                    time=convert.timestamp(start.time),
                    clock_change=start.clock_change,
                    sesam_day=start.sesam_day,
                )
                for start in preview.starts
            ],
            remarks=[plan.REMARKS[remark] for remark in preview.remarks],
        )

    async def ReadCalendarFile(
        self, message: pb.ReadCalendarFileRequest, _call: Call
    ) -> pb.ReadCalendarFileResponse:
        first = lists.day("first_date", message.first_date)
        last = lists.day("last_date", message.last_date)
        dates = await self._workers.read(self._exchange.dates, message.content, first, last)
        return pb.ReadCalendarFileResponse(dates=[day.isoformat() for day in dates])

    async def WriteCalendarFile(
        self, message: pb.WriteCalendarFileRequest, _call: Call
    ) -> pb.WriteCalendarFileResponse:
        content = await self._workers.read(self._exchange.file, message.schedule)
        return pb.WriteCalendarFileResponse(content=content)

    async def _answer(self, item: Schedule) -> pb.Schedule:
        [live] = await self._workers.read(self._changes.live_schedules, [item])
        return plan.schedule_to_wire(live)
