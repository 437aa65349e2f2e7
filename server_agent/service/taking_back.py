"""Taking back what is planned before its time has come."""

from datetime import datetime, timedelta

from server_agent.domain.errors import NewdayNeeded, OccurrenceNotPlanned, RoleRequired
from server_agent.domain.events import EventKind, kind_of
from server_agent.domain.jobs import JobKind
from server_agent.domain.occurrences import Cause, Occurrence, Planned, Slot, Verdict
from server_agent.ports import CatalogueView, Clock
from server_agent.service.changes import Changes
from server_agent.service.coming import LOOK_AHEAD
from server_agent.service.days import sesam_days, zone_of
from server_agent.service.jobs import MAY_CANCEL
from server_agent.service.occurrences import plans_at, take_back
from server_agent.service.requests import Request, first_answer, remember
from server_agent.service.scheduler import Scheduler

_INSTANT = timedelta(microseconds=1)


class TakingBack:
    """Cancels single occurrences: of a backup ordered for later as of any event."""

    def __init__(self, changes: Changes, clock: Clock, scheduler: Scheduler) -> None:
        self._changes = changes
        self._clock = clock
        self._zone = zone_of(clock)
        self._scheduler = scheduler

    def cancel(self, request: Request, event_id: str, planned_time: datetime | None) -> datetime:
        """It will not be started, and stays in the calendar as cancelled. Returns its time.

        Args:
            planned_time: None for the coming one.

        Raises:
            OccurrenceNotPlanned, NewdayNeeded, RoleRequired.
        """
        with self._changes.write() as tx:
            if (answered := first_answer(tx, request)) is not None:
                return datetime.fromisoformat(answered)
            self._scheduler.settle(tx)
            now = self._clock.now()
            plan, moment = self._planned(tx, event_id, planned_time, now)
            event = plan.event
            if kind_of(event) is EventKind.NEWDAY:
                raise NewdayNeeded(kind="event", name=event.name)
            allowed = MAY_CANCEL[JobKind(kind_of(event).value)]
            if request.caller.role not in allowed:
                raise RoleRequired(role=request.caller.role, allowed=", ".join(sorted(allowed)))
            by, slot = request.caller.name, Slot(moment, event_id)
            decided = Occurrence(slot, Verdict.CANCELLED, now, Cause.TAKEN_BACK, by=by)
            yesterday = now.astimezone(self._zone).date() - timedelta(days=1)
            days = sesam_days(tx, self._zone, yesterday, now, moment)
            take_back(tx, event, decided, days)
            if event.schedule:
                tx.touch_schedule(event.schedule)
            remember(tx, request, moment.isoformat(), now)
        self._scheduler.wake()
        return moment

    def _planned(
        self, view: CatalogueView, event_id: str, planned_time: datetime | None, now: datetime
    ) -> tuple[Planned, datetime]:
        """The event, and the time of the occurrence that is meant."""
        decided = view.decided_slots(now, now)
        first = max(planned_time or now, now + _INSTANT)
        end = planned_time + _INSTANT if planned_time is not None else now + LOOK_AHEAD
        for plan in plans_at(view, now):
            if plan.event.id == event_id:
                coming = plan.coming(self._zone, first, end)
                moment = next((m for m in coming if Slot(m, event_id) not in decided), None)
                if moment is not None:
                    return plan, moment
        asked = planned_time.isoformat() if planned_time is not None else ""
        raise OccurrenceNotPlanned(event=event_id, planned_time=asked)
