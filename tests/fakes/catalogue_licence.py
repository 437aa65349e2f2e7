"""The part of the catalogue in memory that knows of the licence."""

from server_agent.domain.licence import LicenceFacts
from server_agent.ports import LICENCE_KEY
from tests.fakes.catalogue_state import State


class MemoryLicenceView:
    """The `LicenceView` port."""

    _state: State

    def licence_facts(self) -> LicenceFacts | None:
        return self._state.licence_facts

    def front_side_bytes(self) -> int:
        newest = {}
        for saveset in sorted(
            self._state.savesets.values(), key=lambda each: (int(each.job_id), each.name)
        ):
            newest[saveset.task] = saveset.listed_bytes
        return sum(size for task, size in newest.items() if task in self._state.tasks)


class MemoryLicenceTransaction(MemoryLicenceView):
    """The `LicenceTransaction` port."""

    def put_licence_facts(self, facts: LicenceFacts) -> None:
        self._state.licence_facts = facts

    def touch_licence(self) -> None:
        self._state.changed(LICENCE_KEY)
