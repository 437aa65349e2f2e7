"""The control layer for the window."""

from sesam_master.core.control_source import FarmEdit, LockState
from sesam_master.core.farms import Farms
from sesam_master.remote.roster import Roster


class ControlGateway:
    """Implements core.control_source.ControlSource; see there for what each method means."""

    _roster: Roster

    async def change_farms(self, edit: FarmEdit, passphrase: str = "") -> Farms:
        return await self._roster.change_farms(edit, passphrase)

    async def export_farms(self, path: str) -> None:
        await self._roster.control.export(path)

    async def read_farms(self, path: str) -> Farms:
        return await self._roster.control.read(path)

    async def lock_state(self) -> LockState:
        return await self._roster.control.lock_state()

    async def check_passphrase(self, passphrase: str) -> None:
        await self._roster.control.check(passphrase)

    async def set_lock(self, passphrase: str, new: str, state: LockState) -> LockState:
        return await self._roster.control.set_lock(passphrase, new, state)

    async def close_changes(self) -> None:
        self._roster.control.close_changes()
