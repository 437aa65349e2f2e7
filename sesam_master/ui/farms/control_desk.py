"""Joins farms, their exchange and the desk lock with the window of the desk."""

from collections.abc import Callable
from datetime import datetime

from sesam_master.core.control_source import ControlSource, LockState
from sesam_master.core.fleet import FleetChange
from sesam_master.ui.actions import Action, ActionSet
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.farms.actions import farm_actions
from sesam_master.ui.farms.desk import FarmDesk
from sesam_master.ui.farms.exchange import FarmExchange
from sesam_master.ui.locking.locker import Locker
from sesam_master.ui.main_window import MainWindow
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.topology.panel import TopologyPanel


class ControlDesk:
    """The second control layer of one desk. A local desk has none."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: ControlSource,
        now: Callable[[], datetime],
        *,
        is_local: bool,
    ) -> None:
        self._bridge = bridge
        self._is_local = is_local
        self._said = ""
        self.farms = FarmDesk(holder, bridge, gateway, now)
        self.exchange = FarmExchange(holder, bridge, gateway, self.farms)
        self.locker = Locker(holder, bridge, gateway, now)

    def actions(self) -> list[Action]:
        return farm_actions(
            self._bridge.fleet, self.farms, self.exchange, self.locker, is_local=self._is_local
        )

    def attach(
        self,
        tree: TopologyPanel,
        window: MainWindow,
        actions: ActionSet,
        may_close: Callable[[], bool],
    ) -> None:
        """To the window that was made with these actions."""
        tree.model.is_editable = not self._is_local
        self.farms.attach(tree, window)
        self.farms.changed.connect(actions.refresh)
        self.exchange.attach(window)
        self.locker.attach(window, may_close)
        say = window.messages.add
        for part in (self.farms, self.exchange, self.locker):
            part.said.connect(say)
        self._bridge.fleet_changed.connect(lambda change: self._take(change, say))

    def begin(self, state: LockState) -> None:
        """Shows the window, or that it is locked."""
        self.locker.begin(LockState() if self._is_local else state)

    def _take(self, change: FleetChange, say: Callable[[str], None]) -> None:
        """A desk that only observes everything says so, and why."""
        if not change.locations_listed:
            return
        root = self._bridge.fleet.farms.root
        why = f" {root.comment}" if root.comment else ""
        told = f"This desk only observes all its locations.{why}" if root.switches.observes else ""
        if told and told != self._said:
            say(told)
        self._said = told
