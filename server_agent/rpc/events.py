"""EventService."""

from collections.abc import Sequence

from server_agent.domain.events import Event
from server_agent.rpc import convert_plan as plan
from server_agent.rpc import lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.changes import Changes
from server_agent.service.coming import LiveEvent
from server_agent.service.plan_objects import Events
from sesam_api.v1 import events_pb2 as pb


class EventServicer:
    def __init__(self, events: Events, changes: Changes, workers: Workers) -> None:
        self._events = events
        self._changes = changes
        self._workers = workers

    async def CreateEvent(
        self, message: pb.CreateEventRequest, call: Call
    ) -> pb.CreateEventResponse:
        item = plan.event_from_wire(message.event)
        item = await self._workers.write(self._events.create, call.request, item)
        return pb.CreateEventResponse(event=await self._answer(item))

    async def UpdateEvent(
        self, message: pb.UpdateEventRequest, call: Call
    ) -> pb.UpdateEventResponse:
        event = message.event
        item, kept = plan.event_from_wire(event), plan.unsaid_of_event(event)
        item = await self._workers.write(self._events.update, call.request, item, event.etag, kept)
        return pb.UpdateEventResponse(event=await self._answer(item))

    async def DeleteEvent(
        self, message: pb.DeleteEventRequest, call: Call
    ) -> pb.DeleteEventResponse:
        etag = message.etag if message.HasField("etag") else None
        await self._workers.write(self._events.delete, call.request, message.name, etag)
        return pb.DeleteEventResponse()

    async def ListEvents(self, message: pb.ListEventsRequest, _call: Call) -> pb.ListEventsResponse:
        text, descending, token, size = lists.by_name(message)

        async def answer(size: int) -> pb.ListEventsResponse:
            page = await self._workers.read(self._events.list, text, descending, token, size)
            live = await self._workers.read(self._live, page.items)
            return pb.ListEventsResponse(
                events=map(plan.event_to_wire, live), next_page_token=page.next_position or ""
            )

        return await lists.fitting(size, answer)

    async def _answer(self, item: Event) -> pb.Event:
        [live] = await self._workers.read(self._live, [item])
        return plan.event_to_wire(live)

    def _live(self, items: Sequence[Event]) -> tuple[LiveEvent, ...]:
        with self._changes.read() as view:
            return self._changes.live_events(view, items)
