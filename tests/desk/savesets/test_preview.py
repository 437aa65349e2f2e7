"""What a NEWDAY will delete, of one location."""

import pytest
from PySide6.QtCore import QDate
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.savesets import KeepReason, SavesetFate
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.savesets.preview_page import RetentionPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump, take_down
from tests.desk.savesets.site import SavesetGateway


@pytest.fixture
def page(
    holder: ThemeHolder, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> RetentionPage:
    list_locations(bridge, "Hamburg")
    bring_up(bridge, "Hamburg", [job("Hamburg", 5)])
    for one in gateway.all_savesets["Hamburg"][1:]:
        gateway.kept[one.name] = (KeepReason.EOL, "")
    made = RetentionPage(holder, bridge, gateway, "Hamburg", clock=lambda: NOW)
    qtbot.addWidget(made)
    made.resize(1040, 600)
    made.show()
    settle(qtbot, made)
    return made


def settle(qtbot: QtBot, page: RetentionPage) -> None:
    pump()
    qtbot.waitUntil(lambda: not page.days.is_behind, timeout=3000)
    pump()


def test_the_coming_newday_is_asked_about_and_summed_up(
    page: RetentionPage, gateway: SavesetGateway
) -> None:
    assert page.day.day().isoformat() == "2026-11-23"
    assert ("preview_retention", "Hamburg", "2026-11-23", False, "") in gateway.calls
    assert page.sentence.text == (
        "The NEWDAY that begins Mon 23 Nov 2026 at Hamburg deletes 1 saveset, "
        "2.0\N{NO-BREAK SPACE}MB."
    )
    assert page.model.rowCount() == 1


def test_what_is_kept_says_why(page: RetentionPage, gateway: SavesetGateway) -> None:
    newest = gateway.all_savesets["Hamburg"][-1]
    gateway.kept[newest.name] = (KeepReason.NEWEST, "")
    page.kept.setChecked(True)
    pump()
    assert page.model.rowCount() == 6
    assert page.sentence.text.endswith("5 are kept.")
    place = page.model.row_of((newest.name, newest.label))
    assert place is not None
    why = [column.key for column in page.model.columns].index("why")
    words = page.model.index(place, why).data()
    assert words == "It is one of the newest of its task that can be restored."
    page.search.setText("newest of its task")
    assert [fate.saveset for fate in page.model.records] == [newest.name]
    page.search.setText("no such thing")
    assert page.empty.isVisible()


def test_another_day_is_asked_about(page: RetentionPage, gateway: SavesetGateway) -> None:
    page.day.setDate(QDate(2026, 12, 24))
    pump()
    assert ("preview_retention", "Hamburg", "2026-12-24", False, "") in gateway.calls
    assert "Thu 24 Dec 2026" in page.sentence.text


def test_a_dark_location_is_not_known_until_it_is_on_again(
    page: RetentionPage, bridge: Bridge, qtbot: QtBot
) -> None:
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    assert page.empty.isVisible()
    assert page.empty.content.headline == "Not known"
    assert "is not known" in page.sentence.text
    bring_up(bridge, "Hamburg", [job("Hamburg", 5)])
    settle(qtbot, page)
    assert page.model.rowCount() == 1


def test_a_failure_says_why(page: RetentionPage, gateway: SavesetGateway) -> None:
    gateway.troubles["Hamburg"] = Trouble.NO_ANSWER
    page.refresh()
    pump()
    assert page.empty.content.headline == "Not known"
    assert "did not answer in time" in page.empty.content.reason


def test_nothing_to_delete_is_said(page: RetentionPage, gateway: SavesetGateway) -> None:
    gateway.kept[gateway.all_savesets["Hamburg"][0].name] = (KeepReason.IN_USE, "")
    page.refresh()
    pump()
    assert page.empty.content.headline == "Nothing is deleted"
    assert "deletes nothing" in page.sentence.text


def copy_of(gateway: SavesetGateway, reason: KeepReason, *, stays: bool = False) -> str:
    """What becomes of a copy of the oldest saveset; returns its name."""
    one = gateway.all_savesets["Hamburg"][0]
    about = (one.name, one.task, "WEEK00001", one.sesam_day, one.eol, one.stored_bytes)
    gateway.fates_elsewhere[one.name] = (SavesetFate(*about, reason, stays=stays),)
    return one.name


def test_each_medium_of_a_saveset_has_its_own_row(
    page: RetentionPage, gateway: SavesetGateway
) -> None:
    name = copy_of(gateway, KeepReason.DELETED, stays=True)
    gateway.kept[name] = (KeepReason.EOL, "")
    page.kept.setChecked(True)
    pump()
    rows = [fate for fate in page.model.records if fate.saveset == name]
    assert {(fate.label, fate.stays) for fate in rows} == {
        ("DISK00001", False),
        ("WEEK00001", True),
    }
    place = page.model.row_of((name, "WEEK00001"))
    assert place is not None
    assert page.model.index(place, 0).data() == "Copy deleted"
    assert page.sentence.text == (
        "The NEWDAY that begins Mon 23 Nov 2026 at Hamburg deletes 1 copy of savesets that stay, "
        "2.0\N{NO-BREAK SPACE}MB. 6 are kept."
    )


def test_a_newday_that_is_held_back_says_so(page: RetentionPage, gateway: SavesetGateway) -> None:
    gateway.held_back = "Nothing is deleted before the next NEWDAY: the clock may be wrong"
    page.refresh()
    pump()
    assert page.held.isVisible()
    assert page.held.accessibleName() == f"{gateway.held_back}."
    assert "deletes nothing yet; due are 1 saveset" in page.sentence.text
    gateway.held_back = ""
    page.refresh()
    pump()
    assert not page.held.isVisible()
