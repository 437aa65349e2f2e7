"""A page of the components of Hamburg, whose agent is a gateway in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.components import (
    Component,
    Components,
    DataStore,
    Drive,
    MediaPool,
    Medium,
    Retention,
)
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.records import Access, Client, ExcludeKind, Ssh, Task, TaskOptions
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.components.rows import ComponentKind
from sesam_master.ui.objects.kinds import Drafts
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump
from tests.fakes.gateway import FakeGateway

HERE = "Hamburg"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx8k2n0c6f7m4b1q9z5w3e8r7t6y5u4i3o2p1a0s9dF"
CLIENTS, TASKS, STORES, LOADERS, DRIVES, POOLS, MEDIA = ComponentKind
WEB = Client(
    "web-01",
    Access.SSH,
    "the shop",
    ssh=Ssh("10.0.0.7", 2222, "backup", "/root/.ssh/id_sesam", HOST_KEY, 30),
    etag="1",
)
HOME = Task(
    "home",
    "local",
    (b"/home", b"/srv/data"),
    ("*.tmp", "./cache"),
    "all of us",
    TaskOptions(skip_cache_directories=True, exclude_file=b"/etc/sesam.exclude"),
    etag="1",
)
ODD = Task("odd", "web-01", (b"/srv/\xe4\xff", b"/srv/a\nb"), (), "", etag="1")
FULL_STORE = DataStore(
    "Store_2",
    b"/backup/second",
    90,
    etag="1",
    capacity_bytes=4_000_000_000_000,
    free_bytes=240_000_000_000,
    stored_bytes=3_100_000_000_000,
)
GONE_STORE = DataStore(
    "usb", b"/media/usb", etag="1", fault="/media/usb does not bear the label of this data store"
)
DISK = MediaPool("DISK", "Drives", Retention(31, 1, 4, 12), etag="1")
FIRST = Medium(
    "DISK00001",
    pool="DISK",
    data_store="Store_1",
    init_time=datetime(2026, 1, 5, 19, 0, tzinfo=UTC),
    etag="1",
    savesets=412,
    stored_bytes=1_200_000_000_000,
    newest_sesam_day="2026-11-22",
    eol="2027-01-31",
)
SECOND = Medium("DISK00002", pool="DISK", data_store="Store_1", etag="1")


def site(tasks: Sequence[Task] = (HOME, ODD)) -> Components:
    """Two clients, three data stores of which one is full and one is gone, two drives, a pool."""
    return Components(
        HERE,
        clients=(Client("local", Access.LOCAL, "", etag="1"), WEB),
        tasks=tuple(tasks),
        drives=(
            Drive("Drive_1", 2, active=True, etag="1"),
            Drive("Drive_2", 4, active=False, etag="1", group="Fast", data_store="Store_2"),
        ),
        stores=(
            DataStore(
                "Store_1",
                b"/srv/sesam/store",
                etag="1",
                capacity_bytes=2_000_000_000_000,
                free_bytes=580_000_000_000,
                stored_bytes=1_200_000_000_000,
            ),
            FULL_STORE,
            GONE_STORE,
        ),
        pools=(DISK,),
        media=(FIRST, SECOND),
        as_of=NOW,
        loaders=(),
    )


def many_tasks(number: int) -> list[Task]:
    """So many tasks of one client."""
    return [
        replace(
            HOME,
            name=f"task-{at:04}",
            sources=(f"/srv/{at:04}".encode(),),
            options=TaskOptions(exclude_kind=ExcludeKind.REGEX),
        )
        for at in range(number)
    ]


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway(sites={HERE: site()})


@pytest.fixture
def drafts() -> Drafts:
    return {}


@pytest.fixture
def page(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, drafts: Drafts, qtbot: QtBot
) -> ComponentsPage:
    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, 1)])
    return show_page(holder, bridge, gateway, drafts, qtbot)


def show_page(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, drafts: Drafts, qtbot: QtBot
) -> ComponentsPage:
    """The site is in Berlin, the desk in Tokyo."""
    page = ComponentsPage(
        *(holder, bridge, gateway, HERE, drafts), zone=ZoneInfo("Asia/Tokyo"), clock=lambda: NOW
    )
    qtbot.addWidget(page)
    page.resize(1044, 660)
    page.show()
    pump()
    return page


def choose(page: ComponentsPage, kind: ComponentKind, name: str) -> None:
    """A row, as a click on it does."""
    page.show_kind(kind)
    assert page.table.select_key((kind, name)), f"there is no row {name}"
    pump()


def changed_elsewhere(bridge: Bridge) -> None:
    """The watch tells that drives, data stores, media pools or media are others."""
    bridge.deliver(ObjectsChanged(HERE, NOW, is_media_changed=True))
    bridge.drain()
    pump()


def names(page: ComponentsPage) -> list[str]:
    """The names in the list in front, in its order."""
    model = page.table.model()
    place = _keys(page).index("name")
    return [str(model.index(row, place).data()) for row in range(model.rowCount())]


def texts(page: ComponentsPage, name: str) -> dict[str, str]:
    """The texts of a row by the keys of the columns."""
    model, row = page.table.model(), names(page).index(name)
    return {key: str(model.index(row, at).data()) for at, key in enumerate(_keys(page))}


def _keys(page: ComponentsPage) -> list[str]:
    return [column.key for column in page.table.model().columns]  # type: ignore[attr-defined]


def sent(gateway: FakeGateway, call: str) -> list[Component]:
    """What a call was asked with, oldest first."""
    return [one[2] for one in gateway.calls if one[0] == call]  # type: ignore[misc]


def change_there(gateway: FakeGateway, item: Component) -> None:
    """Somebody else changes it."""
    gateway.keep_component(HERE, item, str(int(item.etag) + 1))
