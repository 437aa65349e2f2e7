"""A restore of a saveset with a long directory, a folder in a folder and odd names."""

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    entry,
    list_locations,
    pump,
    saveset,
)


@pytest.fixture
def page(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> RestorePage:
    list_locations(bridge, "Hamburg")
    bring_up(bridge, "Hamburg")
    gateway.all_savesets["Hamburg"] = [saveset("Hamburg", n) for n in (9, 8, 7)]
    gateway.listing = {
        b"": [entry(b"/srv", 1), entry(b"/etc", 2)],
        b"/srv": [entry(b"/srv/home", 10)],
        b"/srv/home": [entry(b"/srv/home/%d" % n, size=100) for n in range(10)],
        b"/etc": [entry(b"/etc/line\nbreak"), entry(b"/etc/caf\xe9")],
    }
    made = RestorePage(holder, bridge, gateway, "Hamburg", "home", None, clock=lambda: NOW)
    qtbot.addWidget(made)
    pump()
    return made
