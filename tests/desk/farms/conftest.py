"""A desk over some locations in farms, whose control layer answers and tells at once."""

from dataclasses import dataclass, field

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.control_source import FarmEdit
from sesam_master.core.farms import Farms
from sesam_master.core.fleet import ConnectionChanged, PictureArrived, RegistrationsChanged
from sesam_master.core.registry import Registration
from sesam_master.core.states import Connection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.theme import ThemeHolder
from tests.fakes.fleet import NOW, picture, registration
from tests.fakes.gateway import FakeGateway


@dataclass
class TellingGateway(FakeGateway):
    """Tells the bridge of every change, as the network thread does."""

    bridge: Bridge | None = None
    listed: list[Registration] = field(default_factory=list)

    async def change_farms(self, edit: FarmEdit, passphrase: str = "") -> Farms:
        before = self.farms
        farms = await super().change_farms(edit, passphrase)
        if farms != before:
            self.tell()
        return farms

    def tell(self) -> None:
        assert self.bridge is not None
        told = tuple(self.farms.applied(each) for each in self.listed)
        self.bridge.deliver(RegistrationsChanged(told, self.farms, NOW))
        for each in told:
            kind = Connection.ON if each.is_on else Connection.OFF
            self.bridge.deliver(ConnectionChanged(each.location_id, kind, None, NOW))
        self.bridge.drain()


@pytest.fixture
def gateway(bridge: Bridge) -> TellingGateway:
    """hamburg and berlin in EMEA / DACH, perth in APAC, lab in none."""
    listed = [
        registration("hamburg", "EMEA / DACH"),
        registration("berlin", "EMEA / DACH"),
        registration("perth", "APAC"),
        registration("lab"),
    ]
    gateway = TellingGateway(bridge=bridge, listed=listed, farms=Farms().adopted(listed))
    gateway.tell()
    for each in listed:
        bridge.deliver(PictureArrived(each.location_id, picture(each.location_id), NOW))
    bridge.drain()
    return gateway


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, gateway: TellingGateway, qtbot: QtBot) -> Desk:
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")  # type: ignore[arg-type]
    qtbot.addWidget(desk.window)
    gateway.tell()
    desk.window.show()
    return desk
