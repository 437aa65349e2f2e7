"""Savesets in the window of the desk: keys, tree, tabs, and what is kept of the look."""

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.settings import Settings
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.savesets.preview_page import RetentionPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, bring_up, job, list_locations
from tests.desk.savesets.site import SavesetGateway, choose, settle


class MemorySettings:
    """A store that keeps nothing on a disk."""

    def __init__(self) -> None:
        self.kept = Settings()

    def load(self) -> Settings:
        return self.kept

    def save(self, settings: Settings) -> None:
        self.kept = settings


@pytest.fixture
def desk(
    holder: ThemeHolder, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> Iterator[Desk]:
    made = Desk(holder, bridge, gateway, lambda: NOW, "1.0")
    qtbot.addWidget(made.window)
    list_locations(bridge, "Boulder", "Hamburg")
    for name in ("Boulder", "Hamburg"):
        bring_up(bridge, name, [job(name, 5, task="home")])
    made.window.show()
    yield made
    made.window.close()


def test_nothing_is_asked_before_the_page_is_seen(
    desk: Desk, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    assert not [call for call in gateway.calls if call[0] == "find_savesets"]
    desk.actions.qaction("savesets").trigger()
    settle(qtbot, desk.savesets)
    assert desk.window.current_page is desk.savesets
    assert desk.savesets.model.rowCount() == 9
    assert desk.actions.qaction("savesets").shortcut().toString() == "Ctrl+9"


def test_the_tree_narrows_it_and_the_chip_widens_it_again(desk: Desk, qtbot: QtBot) -> None:
    desk.actions.qaction("savesets").trigger()
    desk.tree.selected.emit(Selection("Hamburg", tasks=(("Hamburg", "etc"),)))
    settle(qtbot, desk.savesets)
    assert desk.savesets.model.rowCount() == 2
    desk.savesets.bar.scope.click()
    settle(qtbot, desk.savesets)
    assert desk.savesets.model.rowCount() == 9
    assert desk.tree.tree.currentIndex() == desk.tree.model.index(0, 0)


def test_restore_of_the_tool_bar_takes_the_chosen_saveset(
    desk: Desk, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    desk.actions.qaction("savesets").trigger()
    settle(qtbot, desk.savesets)
    one = gateway.all_savesets["Hamburg"][0]
    choose(desk.savesets, one)
    assert desk.actions.selection == Selection("Hamburg", (("Hamburg", "home"),), saveset=one.name)


def test_what_will_be_deleted_needs_one_location(
    desk: Desk, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    desk.actions.qaction("savesets").trigger()
    settle(qtbot, desk.savesets)
    button = desk.savesets.preview
    assert not button.isEnabled()
    assert button.toolTip().startswith("Choose a location in the tree")
    choose(desk.savesets, gateway.all_savesets["Hamburg"][0])
    assert button.isEnabled()
    button.click()
    page = desk.window.current_page
    assert isinstance(page, RetentionPage)
    assert page.title == "What will be deleted: Hamburg"
    before = len([call for call in gateway.calls if call[0] == "preview_retention"])
    desk.actions.qaction("refresh").trigger()
    assert len([call for call in gateway.calls if call[0] == "preview_retention"]) == before + 1


def test_the_look_of_the_table_is_kept(desk: Desk, qtbot: QtBot) -> None:
    desk.actions.qaction("savesets").trigger()
    settle(qtbot, desk.savesets)
    desk.savesets.model.sort_by("eol", descending=False)
    store = MemorySettings()
    desk.keep_look(store)
    desk.savesets.model.sort_by("start", descending=True)
    desk.look_as(store.load())
    settle(qtbot, desk.savesets)
    assert desk.savesets.model.sorting == ("eol", False)
    assert desk.savesets.presenter.filter.order == "eol"
