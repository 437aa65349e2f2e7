"""A control layer of a desk that a test can look into."""

from dataclasses import dataclass, field

from sesam_master.core.control_source import (
    FarmEdit,
    LockState,
    PassphraseNeeded,
    WrongPassphrase,
)
from sesam_master.core.farm_edits import checked
from sesam_master.core.farms import Farms
from sesam_master.core.registry import KeepingError


@dataclass
class FakeControlGateway:
    """`passphrase` is the one that holds, empty for none; `files` are what was exported, by
    path."""

    farms: Farms = field(default_factory=Farms)
    passphrase: str = ""
    lock: LockState = field(default_factory=LockState)
    files: dict[str, Farms] = field(default_factory=dict)
    is_open: bool = False

    async def change_farms(self, edit: FarmEdit, passphrase: str = "") -> Farms:
        if self.passphrase:
            if passphrase:
                await self.check_passphrase(passphrase)
                self.is_open = True
            elif not self.is_open:
                raise PassphraseNeeded("The passphrase is needed.")
        self.farms = checked(edit(self.farms))
        return self.farms

    async def export_farms(self, path: str) -> None:
        self.files[path] = self.farms

    async def read_farms(self, path: str) -> Farms:
        if path not in self.files:
            raise KeepingError(f"{path} holds no farms of a desk.")
        return self.files[path]

    async def lock_state(self) -> LockState:
        return self.lock

    async def check_passphrase(self, passphrase: str) -> None:
        if self.passphrase and passphrase != self.passphrase:
            raise WrongPassphrase("This is not the passphrase.", 0.0)

    async def set_lock(self, passphrase: str, new: str, state: LockState) -> LockState:
        await self.check_passphrase(passphrase)
        self.passphrase = (new or self.passphrase) if state.is_set else ""
        self.lock = state
        self.is_open = False
        return state

    async def close_changes(self) -> None:
        self.is_open = False
