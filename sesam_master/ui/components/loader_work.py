"""What is known of what is where in the loaders of a location, and what they are doing."""

from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from sesam_master.core.components import Loader, LoaderKind
from sesam_master.core.fleet import FleetChange
from sesam_master.core.loaders import LoaderContent, LoaderPlace
from sesam_master.core.loaders_source import LoadersSource
from sesam_master.core.records import Role
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.place import Place
from sesam_master.ui.observing import observe_reason

_MAY = (Role.ADMIN, Role.OPERATOR)


@dataclass(frozen=True, slots=True)
class LoaderState:
    """One loader. `doing`: what was asked for and has no answer yet; `problem`: why the last time
    nothing came of it; both "" for nothing. A problem does not take away what was seen before.
    `is_old`: the location was dark at some time since that was seen."""

    content: LoaderContent | None = None
    doing: str = ""
    problem: str = ""
    is_old: bool = False


class LoaderWork(QObject):
    """Asks and moves, one thing at a time in each loader. `changed`: what is known of one is
    other."""

    changed = Signal()

    def __init__(self, bridge: Bridge, source: LoadersSource, place: Place) -> None:
        super().__init__()
        self._bridge = bridge
        self._source = source
        self._place = place
        self._states: dict[str, LoaderState] = {}
        self._devices: dict[str, tuple[LoaderKind, bytes]] = {}
        bridge.fleet_changed.connect(self._take)

    @property
    def hindrance(self) -> str | None:
        """Why nothing can be asked for; None if it can."""
        state = self._place.state
        if self._place.darkness is not None or state is None:
            return self._place.darkness
        if (observed := observe_reason(state)) is not None:
            return observed
        if state.role not in _MAY:
            return (
                f"This desk has the role {state.role} at {self._place.name}: loaders are moved by "
                "the roles operator and admin."
            )
        return None

    def state(self, name: str) -> LoaderState:
        """Of a loader that was never asked for, an empty one."""
        return self._states.get(name, LoaderState())

    def look_once(self, loader: Loader) -> None:
        """Unless something of it is known or was tried, with the device that it has now."""
        name, device = loader.name, (loader.kind, loader.device)
        if self.hindrance is None and self._devices.get(name) != device:
            if self.state(name).doing:
                return
            self._devices[name] = device
            self._states.pop(name, None)
            self.look(name)

    def look(self, name: str) -> None:
        """Archive adjustment."""
        call = self._source.adjust_loader
        self._do(
            *(name, f"look into {name}", "Looking into its slots and drives"),
            call(self._place.location_id, name),
        )

    def load(self, name: str, place: LoaderPlace, drive: int) -> None:
        """Moves the medium of a slot into a drive."""
        call = self._source.load_medium(self._place.location_id, name, place.number, drive)
        what = place.label or f"what is in slot {place.number}"
        where = f"{what} into drive {drive}"
        self._do(name, f"load {where}", f"Loading {where}", call)

    def unload(self, name: str, place: LoaderPlace) -> None:
        """Moves the medium of a drive back into a slot."""
        call = self._source.unload_medium(self._place.location_id, name, place.number)
        where = f"{place.label or 'what is in it'} from drive {place.number}"
        self._do(name, f"unload {where}", f"Unloading {where}", call)

    def _do(
        self, name: str, deed: str, doing: str, call: Coroutine[Any, Any, LoaderContent]
    ) -> None:
        before = self.state(name)
        if before.doing or self.hindrance is not None:
            call.close()
            return

        def take(content: LoaderContent) -> None:
            self._keep(name, LoaderState(content))

        def fail(error: Exception) -> None:
            text = notice(error, deed, self._place.name).text
            self._keep(name, replace(self.state(name), doing="", problem=text))

        self._keep(name, replace(before, doing=doing, problem=""))
        self._bridge.ask(call, self, take, fail)

    def _keep(self, name: str, state: LoaderState) -> None:
        self._states[name] = state
        self.changed.emit()

    def _take(self, change: FleetChange) -> None:
        is_here = self._place.location_id in change.connections or change.locations_listed
        if is_here and self._place.darkness is not None:
            for name, state in self._states.items():
                self._states[name] = replace(state, is_old=True)
            self.changed.emit()
