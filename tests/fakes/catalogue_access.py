"""The part of the catalogue in memory that knows the rules of access, and what waits for
approval."""

from datetime import UTC, datetime, timedelta

from server_agent.adapters.catalogue import position as positions
from server_agent.domain.approvals import AccessRules, Approval
from server_agent.ports import Page
from tests.fakes.catalogue_state import State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryAccessView:
    """The `AccessView` port."""

    _state: State

    def access_rules(self) -> AccessRules:
        return self._state.access_rules

    def approval(self, approval_id: str) -> Approval | None:
        return self._state.approvals.get(approval_id)

    def approvals(self, position: str | None, limit: int) -> Page[Approval]:
        name = positions.approval_list()
        rows = sorted(map(_keyed, self._state.approvals.values()), key=lambda r: r[:2])[::-1]
        if position:
            after = positions.decode(name, position, int, str)
            rows = [row for row in rows if row[:2] < after]
        shown = rows[:limit]
        more = positions.encode(name, *shown[-1][:2]) if len(rows) > limit else None
        return Page(tuple(row[2] for row in shown), more)


class MemoryAccessTransaction(MemoryAccessView):
    """The `AccessTransaction` port."""

    def put_access_rules(self, rules: AccessRules) -> None:
        self._state.access_rules = rules

    def put_approval(self, approval: Approval) -> None:
        self._state.approvals[approval.id] = approval

    def forget_approvals(self, before: datetime) -> None:
        for approval in list(self._state.approvals.values()):
            if approval.create_time < before:
                del self._state.approvals[approval.id]


def _keyed(approval: Approval) -> tuple[int, str, Approval]:
    moment = (approval.create_time - _EPOCH) // timedelta(microseconds=1)
    return moment, approval.id, approval
