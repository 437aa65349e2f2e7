"""The list of savesets: merged, narrowed, sorted, and honest about what is missing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.records import JobKind
from sesam_master.core.savesets import sort_key
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.filters import Scope
from sesam_master.ui.savesets.columns import ORDERS
from sesam_master.ui.savesets.page import SavesetsPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import bring_up, job, report, take_down
from tests.desk.savesets.site import (
    SavesetGateway,
    chain,
    choose,
    names,
    open_page,
    report_end,
    saveset,
    settle,
)


def test_the_savesets_of_all_locations_stand_in_one_list_newest_first(
    page: SavesetsPage, gateway: SavesetGateway
) -> None:
    everything = [one for found in gateway.all_savesets.values() for one in found]
    wanted = sorted(everything, key=lambda one: (one.start_time, one.name), reverse=True)
    assert [row.saveset.start_time for row in page.model.records] == [
        one.start_time for one in wanted
    ]
    assert {row.saveset.key for row in page.model.records} == {one.key for one in wanted}


def test_a_location_that_never_answered_is_named_and_not_covered(page: SavesetsPage) -> None:
    assert page.bar.sentence.text == "9 savesets.  Not in this list: Sevilla (never connected)."
    assert (page.presenter.coverage().covered, page.presenter.coverage().total) == (2, 3)


def test_a_location_that_goes_dark_keeps_its_savesets_and_is_named(
    page: SavesetsPage, bridge: Bridge, qtbot: QtBot
) -> None:
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    assert page.model.rowCount() == 9
    assert "Not up to date: Hamburg" in page.bar.sentence.text
    assert page.presenter.coverage().covered == 1
    dark = [row for row in page.model.records if row.saveset.location_id == "Hamburg"]
    assert not any(row.is_live for row in dark)


def test_nobody_waits_for_a_location_that_fails(
    holder: ThemeHolder, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    gateway.troubles["Hamburg"] = Trouble.NO_ANSWER
    page = open_page(holder, bridge, gateway, qtbot, [])
    assert [row.location for row in page.model.records] == ["Boulder"] * 3
    assert "Hamburg (did not answer in time)" in page.bar.sentence.text
    del gateway.troubles["Hamburg"]
    page.refresh()
    settle(qtbot, page)
    assert page.model.rowCount() == 9


def test_what_is_chosen_in_the_tree_narrows_it_until_the_chip_goes(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    page.set_scope(Scope("Hamburg", task="etc"))
    settle(qtbot, page)
    assert names(page) == [one.name for one in reversed(chain("Hamburg", 8, 2, "etc"))]
    assert page.bar.scope.text() == "Task: etc at Hamburg"
    with qtbot.waitSignal(page.scope_removed):
        page.bar.scope.click()
    settle(qtbot, page)
    assert page.model.rowCount() == 9


def test_a_text_is_looked_for_by_the_locations_and_an_empty_list_says_so(
    page: SavesetsPage, qtbot: QtBot
) -> None:
    page.bar.search.setText("ETC")
    qtbot.keyClick(page.bar.search, Qt.Key.Key_Return)
    settle(qtbot, page)
    assert {row.saveset.task for row in page.model.records} == {"etc"}
    page.bar.search.setText("nothing like it")
    qtbot.keyClick(page.bar.search, Qt.Key.Key_Return)
    settle(qtbot, page)
    assert page.empty.isVisible()
    assert page.empty.content.headline == "No savesets known with “nothing like it”"
    page.empty.triggered.emit("text")
    settle(qtbot, page)
    assert page.model.rowCount() == 9


@pytest.mark.parametrize("column", list(ORDERS))
def test_the_agents_sort(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot, column: str
) -> None:
    page.model.sort_by(column, descending=False)
    settle(qtbot, page)
    found = [row.saveset for row in page.model.records]
    assert len(found) == 9
    assert found == sorted(found, key=sort_key(ORDERS[column]))
    asked = [call[2].order for call in gateway.calls if call[0] == "find_savesets"]  # type: ignore[attr-defined]
    assert asked[-1] == ORDERS[column]


def test_two_thousand_savesets_come_page_by_page(
    holder: ThemeHolder, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    gateway.page_size = 256
    for name in ("Boulder", "Hamburg"):
        made = [one for n in range(100) for one in chain(name, 10 * n, 10)]
        gateway.all_savesets[name] = made
    page = open_page(holder, bridge, gateway, qtbot, [])
    assert page.model.rowCount() == 256
    assert page.bar.sentence.text.startswith("256 savesets, more below.")
    while page.model.canFetchMore(QModelIndex()):
        page.model.fetchMore(QModelIndex())
        settle(qtbot, page)
    assert len(set(names(page))) == 1000
    assert page.model.rowCount() == 2000


def test_a_new_saveset_comes_when_its_backup_has_ended(
    page: SavesetsPage, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    newest = saveset("Boulder", 20)
    gateway.all_savesets["Boulder"].append(newest)
    report(bridge, job("Boulder", 20, JobState.OK, task="home"))
    settle(qtbot, page)
    assert names(page)[0] == newest.name


def test_rows_hold_still_while_one_is_read(
    page: SavesetsPage, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    choose(page, gateway.all_savesets["Hamburg"][0])
    before = names(page)
    gateway.all_savesets["Boulder"].append(saveset("Boulder", 20))
    report(bridge, job("Boulder", 20, JobState.OK, task="home"))
    settle(qtbot, page)
    assert names(page) == before
    assert page.news.text() == "1 change, press F5"
    page.refresh()
    settle(qtbot, page)
    assert len(names(page)) == 10


def test_damage_is_an_error_with_its_reason(
    page: SavesetsPage, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    broken = replace(
        gateway.all_savesets["Boulder"][-1], damage="its data are missing", state=JobState.ERROR
    )
    gateway.all_savesets["Boulder"][-1] = broken
    page.refresh()
    settle(qtbot, page)
    place = page.model.row_of(broken.key)
    assert place is not None
    texts = {
        column.key: page.model.index(place, number).data()
        for number, column in enumerate(page.model.columns)
    }
    assert texts["state"] == "Error"
    assert texts["remark"] == "its data are missing"


def test_every_column_says_what_it_knows(
    page: SavesetsPage, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    when = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    base, one = gateway.all_savesets["Boulder"][0], gateway.all_savesets["Boulder"][1]
    changed = replace(one, verify_time=when, eol="2026-12-04")
    gateway.all_savesets["Boulder"][0] = replace(base, eol="")
    gateway.all_savesets["Boulder"][1] = changed
    page.refresh()
    settle(qtbot, page)
    place = page.model.row_of(changed.key)
    assert place is not None
    shown = [
        str(page.model.index(place, number).data()).replace("\N{NO-BREAK SPACE}", " ")
        for number in range(len(page.model.columns))
    ]
    assert shown == [
        "OK", "Boulder", "home", "fs-01", "I", "Tue 3 Nov", "23:00", "12:04", "4.1 MB", "2.0 MB",
        "41", "Fri 4 Dec, 12 d", "DISK", "DISK00001", "Fri 20 Nov", "", base.name, changed.name,
    ]  # fmt: skip
    root = page.model.row_of(base.key)
    assert root is not None
    keys = [column.key for column in page.model.columns]
    assert page.model.index(root, keys.index("eol")).data() == "no end"
    assert page.model.index(root, keys.index("verified")).data() == "never"


def test_names_are_copied_one_a_line(page: SavesetsPage, gateway: SavesetGateway) -> None:
    chosen = gateway.all_savesets["Boulder"][:2]
    choose(page, *chosen)
    offers = page.offers(page.table.selected_records())
    next(offer for offer in offers if offer.key == "copy").run()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert set(copied) == {one.name for one in chosen}


def test_a_verification_makes_the_list_be_asked_again(
    page: SavesetsPage, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    one = gateway.all_savesets["Boulder"][0]
    gateway.all_savesets["Boulder"][0] = replace(
        one, verify_time=datetime(2026, 11, 22, tzinfo=UTC)
    )
    ended = job("Boulder", 60, JobState.OK, kind=JobKind.VERIFY, task="home")
    report_end(bridge, gateway, ended)
    settle(qtbot, page)
    place = page.model.row_of(one.key)
    assert place is not None
    assert page.model.record(place).saveset.verify_time is not None


def test_a_location_that_comes_on_is_asked(
    page: SavesetsPage, bridge: Bridge, gateway: SavesetGateway, qtbot: QtBot
) -> None:
    gateway.all_savesets["Sevilla"] = chain("Sevilla", 1, 2)
    bring_up(bridge, "Sevilla", [job("Sevilla", 5)])
    settle(qtbot, page)
    assert page.model.rowCount() == 11
    assert page.presenter.coverage().is_complete


def test_at_a_larger_text_the_names_stay_readable(
    page: SavesetsPage, holder: ThemeHolder, qtbot: QtBot
) -> None:
    """Columns that a person can do without make room before names are cut to nothing."""
    header = page.table.horizontalHeader()
    places = {column.key: place for place, column in enumerate(page.model.columns)}
    page.resize(1044, 660)
    holder.set_text_px(18)
    settle(qtbot, page)
    for key in ("location", "task"):
        least = page.model.columns[places[key]].least
        assert least is not None
        assert header.sectionSize(places[key]) >= holder.fonts.px(least)
    assert header.isSectionHidden(places["verified"])


@pytest.mark.parametrize("text_px", [13, 18])
def test_the_reason_of_an_error_can_be_read_in_a_small_window(
    page: SavesetsPage, holder: ThemeHolder, qtbot: QtBot, text_px: int
) -> None:
    header = page.table.horizontalHeader()
    places = {column.key: place for place, column in enumerate(page.model.columns)}
    page.resize(1044, 660)
    holder.set_text_px(text_px)
    settle(qtbot, page)
    room = header.sectionSize(places["remark"])
    words = "Its files are not all there in the data"
    assert QFontMetrics(holder.fonts.body).horizontalAdvance(words) < room
    assert not header.isSectionHidden(places["size"])
