"""A location whose task has many savesets, and a page that restores from it."""

from pytestqt.qtbot import QtBot

from sesam_master.core.finding import FoundFile, VersionHolder
from sesam_master.core.records import EntryKind, Saveset
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    pump,
)

FILE = b"/srv/home/kallas/report.odt"


def held(name: str, task: str = "home", home: str | None = "") -> VersionHolder:
    return VersionHolder(name, task, NOW, name if home == "" else home)


def found(path: bytes, newest: Saveset, versions: int = 1) -> FoundFile:
    about = NOW, versions, newest.name, newest.task, newest.start_time
    return FoundFile("fs-01", path, EntryKind.FILE, 418_000, *about)


def opened(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot, task: str = ""
) -> RestorePage:
    page = RestorePage(holder, bridge, gateway, "Hamburg", task, None, clock=lambda: NOW)
    qtbot.addWidget(page)
    page.resize(1044, 650)
    page.show()
    pump()
    return page


def search(page: RestorePage, text: str) -> None:
    page.by_name.text.setText(text)
    page.by_name.search.click()
    pump()


def settle() -> None:
    for _ in range(6):
        pump()
