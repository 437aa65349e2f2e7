"""The rows of the lists of a plan."""

from collections import Counter

from sesam_master.core.draft import Editable
from sesam_master.core.plan import BackupAction, Event, Plan, Schedule, TaskGroup
from sesam_master.ui.objects.kinds import Key
from sesam_master.ui.objects.listing import ObjectRows
from sesam_master.ui.objects.place import Zones
from sesam_master.ui.plan.rows import PlanKind, PlanRow, plan_row


class PlanRows(ObjectRows[Plan, PlanRow]):
    """With how many events need each object."""

    def __init__(self) -> None:
        super().__init__()
        self._users: Counter[Key] = Counter()

    def begin(self, whole: Plan) -> None:
        self._users = _users(whole)

    def row(self, key: Key, item: Editable, mark: str, whole: Plan, zones: Zones) -> PlanRow:
        assert isinstance(item, Schedule | Event | TaskGroup)
        return plan_row(key, item, mark, whole, zones, self._users[key])


def _users(plan: Plan) -> Counter[Key]:
    """How many events need each object."""
    users: Counter[Key] = Counter()
    for event in plan.events:
        users[PlanKind.SCHEDULES, event.schedule] += 1
        users[PlanKind.EVENTS, event.follow_up] += 1
        if isinstance(event.action, BackupAction):
            users[PlanKind.GROUPS, event.action.group] += 1
    return users
