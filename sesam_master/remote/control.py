"""The second control layer where it is obeyed: the farms as they are now, and who may change them.

Lives in the network thread's loop.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from sesam_master.core.control_source import (
    FarmEdit,
    FarmStore,
    LockState,
    LockStore,
    PassphraseNeeded,
)
from sesam_master.core.farm_edits import checked
from sesam_master.core.farms import Farms
from sesam_master.core.registry import KeepingError, Registration
from sesam_master.remote.sleep import Clock

OPEN_SECONDS = 300.0  # who has just given the passphrase is not asked for it with every change
_log = logging.getLogger(__name__)


class ControlLayer:
    """Attributes:
    farms: as they are kept.
    """

    def __init__(
        self,
        store: FarmStore,
        lock: LockStore,
        on_disk: Callable[..., Awaitable[Any]],
        clock: Clock,
    ) -> None:
        """`on_disk` runs blocking functions outside the loop, one after the other as they come."""
        self.farms = Farms()
        self._store = store
        self._lock = lock
        self._on_disk = on_disk
        self._clock = clock
        self._open_until: float | None = None

    def begin(self, registrations: Iterable[Registration]) -> None:
        """Reads the farms; before the loop runs. Raises KeepingError."""
        listed = list(registrations)
        farms = self._store.load()
        self.farms = farms.adopted(listed)
        if self.farms is not farms:
            try:
                self.farms = self._store.change(lambda kept: kept.adopted(listed))
            except KeepingError as error:
                _log.warning("The farms are not kept: %s", error)

    async def adopt(self, listed: list[Registration]) -> None:
        """Gives a place to what has none. What cannot be kept holds until the end."""
        if self.farms.adopted(listed) is self.farms:
            return
        try:
            self.farms = await self._on_disk(self._store.change, lambda kept: kept.adopted(listed))
        except KeepingError as error:
            _log.warning("The farms are not kept: %s", error)
            self.farms = self.farms.adopted(listed)

    async def reload(self) -> None:
        """Takes over what another desk has kept. Raises KeepingError."""
        self.farms = await self._on_disk(self._store.load)

    async def stamp(self) -> object:
        """Raises KeepingError."""
        return await self._on_disk(self._store.stamp)

    async def change(self, edit: FarmEdit, listed: list[Registration]) -> None:
        """Raises KeepingError, also for farms that cannot be."""
        self.farms = await self._on_disk(
            self._store.change, lambda kept: checked(edit(kept.adopted(listed)))
        )

    async def admit(self, passphrase: str) -> None:
        """Whether the farms may be changed now. Raises PassphraseNeeded, WrongPassphrase and
        KeepingError."""
        state: LockState = await self._on_disk(self._lock.state)
        if not state.is_set:
            return
        if passphrase:
            await self._on_disk(self._lock.check, passphrase)
            self._open_until = self._clock() + OPEN_SECONDS
        elif not self.is_open:
            raise PassphraseNeeded(
                "The farms and switches of this desk are changed by those who know its passphrase. "
                "Do it in the tree, which asks for it."
            )

    @property
    def is_open(self) -> bool:
        """The passphrase was given shortly before."""
        return self._open_until is not None and self._clock() < self._open_until

    def close_changes(self) -> None:
        self._open_until = None

    async def lock_state(self) -> LockState:
        state: LockState = await self._on_disk(self._lock.state)
        return state

    async def check(self, passphrase: str) -> None:
        await self._on_disk(self._lock.check, passphrase)

    async def set_lock(self, passphrase: str, new: str, state: LockState) -> LockState:
        kept: LockState = await self._on_disk(self._lock.set, passphrase, new, state)
        self.close_changes()
        return kept

    async def export(self, path: str) -> None:
        await self._on_disk(self._store.export, self.farms, path)

    async def read(self, path: str) -> Farms:
        farms: Farms = await self._on_disk(self._store.read, path)
        return farms
