"""Joins the window License Info with one location: what it says, what is asked, what is sent."""

from collections.abc import Callable, Coroutine
from datetime import datetime, tzinfo
from typing import Any

from PySide6.QtCore import QObject, Signal

from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.licence import Installed, Licence, LicenceOrder
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.licence.words import end_day
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.place import Place

LARGEST_FILE = 64 * 1024  # bytes; more than an agent takes


class LicencePresenter(QObject):
    """`changed`: the location or its licence is another. `said`: what became of something that was
    asked, and whether it went well."""

    changed = Signal()
    said = Signal(str, bool)

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        location_id: str,
        mine: tzinfo,
        now: Callable[[], datetime],
        request_id: Callable[[], str],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._gateway = gateway
        self._mine = mine
        self._now = now
        self._request_id = request_id
        self.place = Place(bridge.fleet, location_id, mine)
        bridge.fleet_changed.connect(self._take)

    @property
    def licence(self) -> Licence | None:
        state = self.place.state
        return state.picture.licence if state is not None and state.picture is not None else None

    def choose(self, location_id: str) -> None:
        """Another location."""
        if location_id != self.place.location_id:
            self.place = Place(self._bridge.fleet, location_id, self._mine)
            self.changed.emit()

    def install(self, name: str, content: bytes) -> None:
        """Puts a file in place; `name` is for people."""
        if len(content) > LARGEST_FILE:
            self.said.emit(
                f"{name} is too large for a licence. Choose the file of the mail.", False
            )
            return
        place = self.place
        call = self._gateway.install_licence(place.location_id, content, self._request_id())

        def done(installed: Installed) -> None:
            kept = f" The one before is kept there as {installed.kept_as}."
            ends = end_day(installed.licence, place.zones.site)
            self.said.emit(
                f"The licence of {place.name} is installed, valid until {ends}."
                f"{kept if installed.kept_as else ''}",
                True,
            )

        self._ask(call, f"install {name}", done)

    def order(self, delivery_note: str, use: Callable[[LicenceOrder], None]) -> None:
        """Asks for the text that is to be sent."""
        call = self._gateway.licence_order(self.place.location_id, delivery_note)
        self._ask(call, "make the request", use)

    def _ask(self, call: Coroutine[Any, Any, Any], doing: str, done: Callable[..., None]) -> None:
        name = self.place.name
        self._bridge.ask(
            call,
            self,
            done,
            lambda error: self.said.emit(notice(error, doing, name).text, False),
        )

    def _take(self, change: FleetChange) -> None:
        here = self.place.location_id
        touched = change.licences | change.pictures | change.connections
        if change.locations_listed or here in touched:
            self.changed.emit()
