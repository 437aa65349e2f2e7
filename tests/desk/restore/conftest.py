"""A restore of a saveset with a long directory, a folder in a folder and odd names."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.restore.site import FILE, found, held
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    entry,
    list_locations,
    pump,
    saveset,
)
from tests.fakes.finding import version


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


@pytest.fixture
def site(bridge: Bridge, gateway: MemoryGateway) -> MemoryGateway:
    """A task with many savesets, another one with few, and a file far down a long directory."""
    list_locations(bridge, "Hamburg")
    bring_up(bridge, "Hamburg")
    home = [saveset("Hamburg", n) for n in range(12, 0, -1)]
    other = [replace(saveset("Hamburg", n, "mail"), name=f"mail{n}") for n in (4, 3)]
    gateway.all_savesets["Hamburg"] = [*home, *other]
    gateway.listing = {
        b"": [entry(b"/srv/home", 2)],
        b"/srv/home": [entry(b"/srv/home/a", 1), entry(b"/srv/home/kallas", 900)],
        b"/srv/home/kallas": [entry(b"/srv/home/kallas/%03d" % n) for n in range(900)]
        + [entry(FILE)],
    }
    gateway.told = {FILE: entry(FILE)}
    new, old = home[0], home[-1]
    gateway.found = [found(FILE, new, 2)]
    gateway.through_time["fs-01", FILE] = [
        version(NOW, 418_000, held(new.name), held(home[1].name)),
        version(NOW - timedelta(days=9), 400_000, held(old.name)),
    ]
    return gateway
