"""The plan of a location: what its page lists, and the coming starts of what is chosen."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta, tzinfo
from typing import Any

from PySide6.QtCore import QObject

from sesam_master.core.calendar_source import PlanChanged
from sesam_master.core.draft import Draft, Editable
from sesam_master.core.fleet import FleetChange
from sesam_master.core.plan import Event, Plan, Planned, Schedule, TaskGroup
from sesam_master.core.plan_source import PlanSource
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.kinds import Drafts, ObjectKind
from sesam_master.ui.objects.place import Place
from sesam_master.ui.objects.presenter import Calls, ObjectsPresenter
from sesam_master.ui.plan.fresh import copy_of, fresh
from sesam_master.ui.plan.listing import PlanRows
from sesam_master.ui.plan.refusals import delete_refusal
from sesam_master.ui.plan.rows import PlanKind, PlanRow
from sesam_master.ui.plan.starts import ComingStarts

_PAUSE = timedelta(seconds=15)  # at most so often are the coming starts asked for again


class PlanPresenter(ObjectsPresenter[Plan, PlanRow]):
    """`starts` are those of the chosen schedule, or of that of the chosen event."""

    kind: ObjectKind = PlanKind.SCHEDULES

    def __init__(
        self,
        bridge: Bridge,
        source: PlanSource,
        location_id: str,
        drafts: Drafts,
        mine: tzinfo,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        calls = Calls(
            "the plan",
            source.plan,
            source.add_to_plan,
            source.change_plan,
            source.remove_from_plan,
        )
        place = Place(bridge.fleet, location_id, mine)
        super().__init__(bridge, calls, PlanRows(), place, drafts, now, parent)
        self.starts = ComingStarts(bridge, source, location_id, self)
        bridge.aged.connect(self._age)

    @property
    def plan(self) -> Plan | None:
        """What was read last."""
        return self.whole

    def fresh(self) -> Planned:
        return fresh(self.kind, self.plan, list(self.place.tasks), self.today)

    def copy_of(self, item: Editable, taken: Collection[str]) -> Editable:
        assert isinstance(item, Schedule | Event | TaskGroup)
        return copy_of(item, taken)

    def objection(self, draft: Draft[Any]) -> str | None:
        if isinstance(draft.item, Event) and draft.item.action is None:
            return "This desk does not know this kind of event."
        if isinstance(draft.item, Schedule) and self.starts.problem is not None:
            return self.starts.problem.why
        return None

    def needs(self, item: Editable) -> str | None:
        assert isinstance(item, Schedule | Event | TaskGroup)
        return delete_refusal(item, self.plan) if self.plan is not None else None

    def follow(self, *, at_once: bool = True) -> None:
        item = self.draft.item if self.draft is not None else None
        wanted = item if isinstance(item, Schedule) else None
        if isinstance(item, Event):
            found = self._known(PlanKind.SCHEDULES).get(item.schedule)
            wanted = found if isinstance(found, Schedule) else None
        self.starts.want(wanted if self.place.darkness is None else None, at_once=at_once)

    def is_told(self, change: FleetChange) -> bool:
        here = self.place.location_id
        return any(isinstance(e, PlanChanged) and e.location_id == here for e in change.calendar)

    def _age(self) -> None:
        """A start has passed: the one after it is asked for."""
        if self.plan is None or self.is_asking or self.place.darkness is not None:
            return
        now = self._now()
        rested = self._asked_at is None or now - self._asked_at > _PAUSE
        if rested and any(one.next_time and one.next_time < now for one in self.plan.schedules):
            self.refresh()
