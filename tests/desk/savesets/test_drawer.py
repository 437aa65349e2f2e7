"""The drawer of a saveset: facts, chain, listing, why it stays."""

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.savesets import KeepReason, SavesetFate
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.savesets.drawer import LISTING, WHY
from sesam_master.ui.savesets.page import SavesetsPage
from tests.desk.results.memory import entry, pump, take_down
from tests.desk.savesets.conftest import Asked
from tests.desk.savesets.site import SavesetGateway, chain, choose, settle


def test_the_chain_says_what_it_builds_on_and_what_builds_on_it(
    page: SavesetsPage, gateway: SavesetGateway
) -> None:
    choose(page, gateway.all_savesets["Hamburg"][1])
    assert page.drawer.chain_note.text == (
        "Builds on the full of Mon 2 Nov; 2 savesets build on it, the newest is the incremental "
        "of Thu 5 Nov."
    )
    found = page.drawer.kin.lineage
    assert found is not None
    wanted = [one.name for one in gateway.all_savesets["Hamburg"][:4]]
    assert [one.name for one in (*found.chain, *found.builders)] == wanted
    page.drawer.chain.grab()  # paints without an error


def test_a_chain_of_many_pages_is_read_to_its_root(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    gateway.all_savesets["Boulder"] = chain("Boulder", 1, 60)
    page.refresh()
    settle(qtbot, page)
    youngest = gateway.all_savesets["Boulder"][-1]
    qtbot.waitUntil(lambda: page.model.row_of(youngest.key) is not None, timeout=15000)
    choose(page, youngest)
    qtbot.waitUntil(lambda: page.drawer.kin.lineage is not None, timeout=15000)
    found = page.drawer.kin.lineage
    assert found is not None
    assert len(found.chain) == 60
    page.drawer.chain.resize(300, 60)
    page.drawer.chain.grab()


def test_a_base_that_is_gone_is_said(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    gone = gateway.all_savesets["Boulder"].pop(0)
    page.refresh()
    settle(qtbot, page)
    choose(page, gateway.all_savesets["Boulder"][0])
    assert page.drawer.chain_note.text.startswith(f"Its base {gone.name} is not there")


def test_the_facts_are_all_there(page: SavesetsPage, gateway: SavesetGateway) -> None:
    one = gateway.all_savesets["Boulder"][1]
    choose(page, one)
    values = page.drawer.facts._values
    assert values["Saveset"].text() == one.name
    assert values["Base"].text() == one.base
    assert values["Sources"].text() == "/srv/home"
    assert values["Pool, label"].text() == "DISK, DISK00001"
    assert values["Verified"].text() == "never"


def test_the_listing_is_asked_for_when_it_is_seen(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    gateway.listing[b""] = [entry(b"/srv/home", children=1)]
    gateway.listing[b"/srv/home"] = [entry(b"/srv/home/a")]
    one = gateway.all_savesets["Boulder"][0]
    choose(page, one)
    assert not [call for call in gateway.calls if call[0] == "entries"]
    page.drawer.tabs.setCurrentIndex(LISTING)
    qtbot.waitUntil(lambda: bool(page.drawer.listing.model.rows), timeout=3000)
    assert ("entries", "Boulder", one.name, b"", "") in gateway.calls


def test_why_it_is_kept_is_said_in_words(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot, asked: Asked
) -> None:
    base, needing = gateway.all_savesets["Boulder"][0], gateway.all_savesets["Boulder"][2]
    gateway.kept[base.name] = (KeepReason.NEEDED, needing.name)
    choose(page, base)
    page.drawer.tabs.setCurrentIndex(WHY)
    why = page.drawer.why
    qtbot.waitUntil(lambda: why.answer.text().startswith("It stays"), timeout=3000)
    assert why.answer.text() == "It stays at the NEWDAY that begins Mon 23 Nov."
    assert why.reason.text() == f"{needing.name} builds on it and is kept."
    asked_day = next(call for call in gateway.calls if call[0] == "preview_retention")
    assert asked_day[1:4] == ("Boulder", "2026-11-23", True)
    why.more.click()
    assert ("preview", "Boulder") in asked
    choose(page, needing)
    pump()
    assert why.answer.text() == "It goes with the NEWDAY that begins Mon 23 Nov."


@pytest.mark.parametrize(
    ("here", "held_back", "answer"),
    [
        (KeepReason.EOL, "", "It stays at the NEWDAY that begins Mon 23 Nov, on fewer media."),
        (KeepReason.DELETED, "", "It goes with the NEWDAY that begins Mon 23 Nov."),
        (KeepReason.DELETED, "the clock may be wrong", "It would go, but stays."),
    ],
)
def test_one_on_two_media_goes_only_where_both_go(
    page: SavesetsPage,
    gateway: SavesetGateway,
    qtbot: QtBot,
    here: KeepReason,
    held_back: str,
    answer: str,
) -> None:
    """The first of its fates says nothing of the other."""
    one = gateway.all_savesets["Boulder"][0]
    about = (one.name, one.task, "WEEK00001", one.sesam_day, one.eol, one.stored_bytes)
    stays = here is not KeepReason.DELETED
    copy = SavesetFate(*about, KeepReason.DELETED, stays=stays)
    gateway.kept[one.name] = (here, "")
    gateway.fates_elsewhere[one.name] = (copy,)
    gateway.held_back = held_back
    gateway.page_size = 1
    choose(page, one)
    page.drawer.tabs.setCurrentIndex(WHY)
    why = page.drawer.why
    qtbot.waitUntil(lambda: why.answer.text() == answer, timeout=3000)
    assert "WEEK00001: Its EOL has passed" in why.reason.text()


def test_a_dark_location_is_not_asked_and_nothing_is_guessed(
    page: SavesetsPage, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    take_down(bridge, "Boulder")
    settle(qtbot, page)
    gateway.calls.clear()
    choose(page, gateway.all_savesets["Boulder"][0])
    assert page.drawer.chain_note.text == "Boulder is dark: its chain is not known now."
    assert not page.drawer.chain.isVisible()
    page.drawer.tabs.setCurrentIndex(WHY)
    pump()
    assert page.drawer.why.answer.text() == "Not known."
    assert gateway.calls == []


def test_a_chain_that_cannot_be_read_says_why(page: SavesetsPage, gateway: SavesetGateway) -> None:
    gateway.troubles["Boulder"] = Trouble.NO_ANSWER
    choose(page, gateway.all_savesets["Boulder"][0])
    assert page.drawer.chain_note.text.startswith("Cannot read the chain of SF")


def test_a_box_says_what_it_is(page: SavesetsPage, gateway: SavesetGateway) -> None:
    choose(page, gateway.all_savesets["Boulder"][1])
    line = page.drawer.chain
    first = line._boxes()[0][0].rect.center()
    words = line._words_at(QPoint(int(first.x()), int(first.y())))
    assert words.splitlines()[:2] == [
        "full of Mon 2 Nov",
        gateway.all_savesets["Boulder"][0].name,
    ]
    assert line._words_at(QPoint(-5, -5)) == ""
