"""The lists of a plan, made anew only as far as something changed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from sesam_master.core.plan import BackupAction, Plan, Planned
from sesam_master.core.plan_draft import Draft, bare
from sesam_master.ui.plan.place import Zones
from sesam_master.ui.plan.rows import NEW, Key, PlanKind, PlanRow, plan_row

Drafts = dict[Key, Draft]
_FIELDS = {PlanKind.SCHEDULES: "schedules", PlanKind.EVENTS: "events", PlanKind.GROUPS: "groups"}


def objects_of(plan: Plan, kind: PlanKind) -> dict[str, Planned]:
    """The objects of one kind by name."""
    return {item.name: item for item in getattr(plan, _FIELDS[kind])}


def with_objects(plan: Plan, kind: PlanKind, known: Mapping[str, Planned]) -> Plan:
    """The plan with these objects of one kind."""
    in_order = tuple(known[name] for name in sorted(known))
    return replace(plan, **{_FIELDS[kind]: in_order})  # type: ignore[arg-type]


def unwritten(drafts: Drafts, kind: PlanKind, fresh: Planned) -> Key | None:
    """The new object of that kind in which nothing was written yet; None without one."""
    new = (key for key, draft in drafts.items() if key[0] is kind and draft.is_new)
    return next((key for key in new if drafts[key].item == bare(fresh)), None)


class PlanRows:
    """Two thousand rows are not made at every key that is pressed."""

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._zones: Zones | None = None
        self._users: Counter[Key] = Counter()
        self._kept: dict[PlanKind, dict[Key, PlanRow]] = {}

    def rows(self, plan: Plan, kind: PlanKind, zones: Zones, drafts: Drafts) -> list[PlanRow]:
        """Those of the location, then those that are not saved yet."""
        if plan is not self._plan or zones != self._zones:
            self._plan, self._zones = plan, zones
            self._users, self._kept = _users(plan), {}
        if kind not in self._kept:
            made = (
                self._row((kind, name), item, "") for name, item in objects_of(plan, kind).items()
            )
            self._kept[kind] = {row.key: row for row in made}
        rows = dict(self._kept[kind])
        for key, draft in drafts.items():
            row = self.drafted(key, draft) if key[0] is kind else None
            if row is not None:
                rows[key] = row
        return list(rows.values())

    def drafted(self, key: Key, draft: Draft) -> PlanRow | None:
        """The row of what is being changed, in the plan of the last call of `rows`; None for what
        the location does not have any more."""
        if key[1].startswith(NEW):
            return self._row(key, draft.item, "new")
        row = self._kept.get(key[0], {}).get(key)
        return replace(row, mark="edited" if draft.is_dirty else "") if row is not None else None

    def _row(self, key: Key, item: Planned, mark: str) -> PlanRow:
        assert self._plan is not None
        assert self._zones is not None
        return plan_row(key, item, mark, self._plan, self._zones, self._users[key])


def _users(plan: Plan) -> Counter[Key]:
    """How many events need each object."""
    users: Counter[Key] = Counter()
    for event in plan.events:
        users[PlanKind.SCHEDULES, event.schedule] += 1
        users[PlanKind.EVENTS, event.follow_up] += 1
        if isinstance(event.action, BackupAction):
            users[PlanKind.GROUPS, event.action.group] += 1
    return users
