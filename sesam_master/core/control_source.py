"""The desk's second control layer as the window uses it, and where it is kept.

The coroutines run on the network thread, which obeys the switches: nothing that changes a location
leaves this desk where it only observes, and there is no connection to one that is off.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sesam_master.core.farms import Farms
from sesam_master.core.registry import KeepingError

FarmEdit = Callable[[Farms], Farms]


@dataclass(frozen=True, slots=True)
class LockState:
    """Attributes:
    is_set: there is a passphrase; without one everybody at this desk may change the switches.
    idle_minutes: after how long without a key or a movement the desk locks; 0: never.
    locks_at_start: the desk begins locked.
    """

    is_set: bool = False
    idle_minutes: int = 0
    locks_at_start: bool = True


class PassphraseNeeded(KeepingError):
    """The switches of this desk are changed by those who know the passphrase."""


class WrongPassphrase(KeepingError):
    """It is not the passphrase, or it was not even looked at: `wait_seconds` have to pass before
    the next try."""

    def __init__(self, text: str, wait_seconds: float) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(text)


class ControlSource(Protocol):
    """What the window asks of the control layer. All raise KeepingError, and have changed nothing
    then."""

    async def change_farms(self, edit: FarmEdit, passphrase: str = "") -> Farms:
        """Changes the farms as they are now, keeps them and obeys them at once. The passphrase, or
        that of a change shortly before, where there is one: PassphraseNeeded, WrongPassphrase. What
        the edit raises is raised."""

    async def export_farms(self, path: str) -> None:
        """Writes a copy for another desk."""

    async def read_farms(self, path: str) -> Farms:
        """The farms of such a copy; nothing is changed."""

    async def lock_state(self) -> LockState: ...

    async def check_passphrase(self, passphrase: str) -> None:
        """Raises WrongPassphrase. Wrong tries make the next ones wait, also after a restart."""

    async def set_lock(self, passphrase: str, new: str, state: LockState) -> LockState:
        """Sets another passphrase, or none if `new` is empty and `state` says so, and how the desk
        locks. `passphrase` is the one that holds so far; empty if there is none."""

    async def close_changes(self) -> None:
        """The next change of the farms needs the passphrase again."""


class FarmStore(Protocol):
    """Keeps the farms. Two desks of one profile may change them: each change is made to what is
    there then. Blocking; all raise KeepingError, and have changed nothing then."""

    def load(self) -> Farms:
        """Empty ones if none were kept. Of a damaged file a copy is put aside, and the desk gets
        farms that only observe and say so."""

    def change(self, edit: FarmEdit) -> Farms:
        """What `edit` raises is raised."""

    def stamp(self) -> object:
        """Is equal to an older one if nothing was kept since; cheap."""

    def export(self, farms: Farms, path: str, /) -> None: ...

    def read(self, path: str, /) -> Farms: ...


class LockStore(Protocol):
    """Keeps the passphrase of the desk lock, as something from which it cannot be read. Blocking;
    all raise KeepingError."""

    def state(self) -> LockState: ...

    def check(self, passphrase: str, /) -> None:
        """Raises WrongPassphrase. Without a passphrase everything is right."""

    def set(self, passphrase: str, new: str, state: LockState, /) -> LockState: ...


class MemoryFarms:
    """Implements FarmStore for a desk that keeps nothing."""

    def __init__(self, farms: Farms | None = None) -> None:
        self._farms = farms or Farms()
        self._changes = 0

    def load(self) -> Farms:
        return self._farms

    def change(self, edit: FarmEdit) -> Farms:
        self._farms = edit(self._farms)
        self._changes += 1
        return self._farms

    def stamp(self) -> object:
        return self._changes

    def export(self, _farms: Farms, path: str, /) -> None:
        raise KeepingError(f"This desk keeps no farms, so that {path} is not written.")

    def read(self, path: str, /) -> Farms:
        raise KeepingError(f"This desk keeps no farms, so that {path} is not read.")


class NoLock:
    """Implements LockStore for a desk that keeps nothing."""

    def state(self) -> LockState:
        return LockState()

    def check(self, _passphrase: str, /) -> None:
        return None

    def set(self, _passphrase: str, _new: str, _state: LockState, /) -> LockState:
        raise KeepingError("This desk keeps nothing, so that it has no lock of its own.")
