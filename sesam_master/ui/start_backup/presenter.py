"""Joins what is to be started, and in what way, with what its locations have to name."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import QObject

from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.start import BackupOrder, StartObject, Wish
from sesam_master.ui.acts.actor import Actor
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.start_backup.site_plans import SitePlans
from sesam_master.ui.start_backup.starting import Starting


class StartPresenter(QObject):
    """Lives as long as its window."""

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        objects: Iterable[StartObject],
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.zone = zone or tzlocal.get_localzone()
        self._bridge = bridge
        self.plans = SitePlans(bridge, gateway, self)
        self._deed = Starting(gateway, self.plans.plans, self.zone, clock, Wish())
        self.actor = Actor(bridge, self._deed, self, clock)
        bridge.fleet_changed.connect(self._take_change)
        self.plans.changed.connect(self.actor.renew)
        self.set_objects(objects)

    def set_objects(self, objects: Iterable[StartObject]) -> None:
        """Start these; what was sent before stays."""
        self.actor.show(map(BackupOrder, objects))
        self._want_plans(act.item.location_id for act in self.actor.acts.values())

    def set_wish(self, wish: Wish) -> None:
        """Start in this way what was not sent yet."""
        self._deed.wish = wish
        self.actor.renew()

    def _take_change(self, change: FleetChange) -> None:
        here = {act.item.location_id for act in self.actor.acts.values()}
        touched = change.connections | change.pictures
        self._want_plans(here if change.locations_listed else here & touched)

    def _want_plans(self, location_ids: Iterable[str]) -> None:
        """A location that is dark is asked when it comes back."""
        places = self._bridge.fleet.locations
        self.plans.want(
            key for key in location_ids if (place := places.get(key)) is not None and place.is_live
        )
