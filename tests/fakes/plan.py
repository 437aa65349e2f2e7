"""The plans of locations in memory, as a gateway answers them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import (
    NEWDAY,
    AnyPlanned,
    BackupAction,
    Drive,
    Event,
    NewdayAction,
    Plan,
    Planned,
    Preview,
    Schedule,
    TaskGroup,
)

AS_OF = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_KINDS: dict[type, str] = {Schedule: "schedule", Event: "event", TaskGroup: "group"}


def nightly(name: str = "nightly", **values: Any) -> Schedule:
    """A schedule of the weekdays at 20:00."""
    made = Schedule(name, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", time(20), date(2026, 1, 1))
    return replace(made, **values)


def empty_plan(location_id: str) -> Plan:
    """What a new location plans."""
    return Plan(
        location_id,
        schedules=(Schedule(NEWDAY, "FREQ=DAILY", time(8), date(2026, 1, 1), etag="1"),),
        events=(Event(NEWDAY, NEWDAY, NewdayAction(), priority=0, id="1", etag="1"),),
        groups=(),
        drives=(Drive("Drive_1", 2, active=True, etag="1"),),
        as_of=AS_OF,
    )


@dataclass
class FakePlanGateway:
    """The part of a fake gateway that plans.

    Attributes:
        plans: by location; one that is not in it has the plan of a new location.
        tasks: names of the tasks that there are; None: every one.
        preview: what every schedule is said to do.
        refused: raised by the next change, and by no other.
    """

    plans: dict[str, Plan] = field(default_factory=dict)
    tasks: frozenset[str] | None = None
    calls: list[tuple[object, ...]] = field(default_factory=list)
    preview: Preview = field(default_factory=lambda: Preview((), frozenset()))
    refused: LocationError | None = None

    async def plan(self, location_id: str) -> Plan:
        self._note("plan", location_id)
        return self._plan(location_id)

    async def add_to_plan(self, location_id: str, item: AnyPlanned) -> AnyPlanned:
        self._note_change("add_to_plan", location_id, item)
        self._check(location_id, item)
        if item.name in self._named(location_id, item):
            self._refuse(location_id, "ALREADY_EXISTS", kind=_KINDS[type(item)], name=item.name)
        return self._put(location_id, item, "1")

    async def change_plan(self, location_id: str, item: AnyPlanned) -> AnyPlanned:
        self._note_change("change_plan", location_id, item)
        before = self._found(location_id, item)
        self._check(location_id, item)
        return self._put(location_id, item, str(int(before.etag) + 1))

    async def remove_from_plan(self, location_id: str, item: Planned) -> None:
        self._note_change("remove_from_plan", location_id, item)
        self._found(location_id, item)
        kind = _KINDS[type(item)]
        users = [event.name for event in self._plan(location_id).events if _uses(event, item)]
        if item.name == NEWDAY:
            self._refuse(location_id, "NEWDAY_NEEDED", kind=kind, name=NEWDAY)
        if users:
            about = {kind: item.name, "events": ", ".join(users)}
            self._refuse(location_id, f"{kind.upper()}_IN_USE", **about)
        known = self._named(location_id, item)
        del known[item.name]
        self._keep(location_id, kind, known)

    async def preview_schedule(self, location_id: str, schedule: Schedule) -> Preview:
        self._note("preview_schedule", location_id, schedule)
        return self.preview

    async def read_calendar_file(
        self, location_id: str, content: bytes, first: date, last: date
    ) -> tuple[date, ...]:
        """Each line of the file is a date."""
        self._note("read_calendar_file", location_id, content, first, last)
        named = sorted(map(date.fromisoformat, content.decode().split()))
        return tuple(day for day in named if first <= day <= last)

    async def write_calendar_file(self, location_id: str, schedule: str) -> bytes:
        self._note("write_calendar_file", location_id, schedule)
        found = [one for one in self._plan(location_id).schedules if one.name == schedule]
        if not found:
            self._refuse(location_id, "SCHEDULE_NOT_FOUND", schedule=schedule)
        return "\n".join(day.isoformat() for day in found[0].dates).encode()

    def _note(self, *call: object) -> None:
        """Of the whole gateway."""
        self.calls.append(call)

    def _note_change(self, *call: object) -> None:
        self._note(*call)
        refused, self.refused = self.refused, None
        if refused is not None:
            raise refused

    def _plan(self, location_id: str) -> Plan:
        return self.plans.setdefault(location_id, empty_plan(location_id))

    def _named(self, location_id: str, item: Planned) -> dict[str, Any]:
        known = getattr(self._plan(location_id), f"{_KINDS[type(item)]}s")
        return {one.name: one for one in known}

    def _found(self, location_id: str, item: Planned) -> Any:
        kind = _KINDS[type(item)]
        before = self._named(location_id, item).get(item.name)
        if before is None:
            self._refuse(location_id, f"{kind.upper()}_NOT_FOUND", **{kind: item.name})
        elif before.etag != item.etag:
            self._refuse(location_id, "CHANGED_MEANWHILE", kind=kind, name=item.name)
        return before

    def _put(self, location_id: str, item: AnyPlanned, etag: str) -> AnyPlanned:
        kept = replace(item, etag=etag)
        known = self._named(location_id, item) | {item.name: kept}
        if isinstance(kept, Event):
            kept = known[item.name] = replace(kept, id=f"id of {item.name}")
        self._keep(location_id, _KINDS[type(item)], known)
        return kept

    def _keep(self, location_id: str, kind: str, known: dict[str, Any]) -> None:
        in_order = tuple(known[name] for name in sorted(known))
        plan: Any = replace(self._plan(location_id), **{f"{kind}s": in_order})  # type: ignore[arg-type]
        self.plans[location_id] = plan

    def _check(self, location_id: str, item: Planned) -> None:
        """Refuses an event of a schedule or a task that is not there."""
        if not isinstance(item, Event):
            return
        schedules = {one.name for one in self._plan(location_id).schedules}
        if item.schedule and item.schedule not in schedules:
            self._refuse(location_id, "SCHEDULE_NOT_FOUND", schedule=item.schedule)
        task = item.action.task if isinstance(item.action, BackupAction) else ""
        if task and self.tasks is not None and task not in self.tasks:
            self._refuse(location_id, "TASK_NOT_FOUND", task=task)

    def _refuse(self, location_id: str, reason: str, **about: str) -> None:
        raise LocationError(Trouble.REJECTED, location_id, reason, about)


def _uses(event: Event, item: Planned) -> bool:
    match item:
        case Schedule():
            return event.schedule == item.name
        case Event():
            return event.follow_up == item.name
        case TaskGroup():
            return isinstance(event.action, BackupAction) and event.action.group == item.name
