"""Saved views: kept for the person, opened on what there is now, deleted with a way back."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.results_groups import Grouping
from sesam_master.core.results_period import Period, PeriodKind
from sesam_master.core.saved_views import SavedView
from sesam_master.core.states import JobState
from sesam_master.storage.views_file import ViewsFile
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.filters import ResultFilter, Scope
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.results.view_content import content_of, filter_of, gone_names
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.site import SiteGateway, heads, inside, open_page, settle

CHOSEN = ResultFilter(
    scope=Scope("Hamburg", "fs-01", "home"),
    states=frozenset({JobState.ERROR, JobState.UNKNOWN}),
    locations=frozenset({"Hamburg", "Sevilla"}),
    period=Period(PeriodKind.SPAN, date(2026, 11, 1), None),
    text="sql",
    order="severity",
    descending=False,
    grouping=Grouping.FARM,
    shows_known=True,
)


@pytest.fixture
def gateway() -> SiteGateway:
    return SiteGateway(page_size=50)


@pytest.fixture
def store(tmp_path: Path) -> ViewsFile:
    return ViewsFile(tmp_path / "views.json")


@pytest.fixture
def page(
    holder: ThemeHolder, bridge: Bridge, gateway: SiteGateway, qtbot: QtBot, store: ViewsFile
) -> ResultsPage:
    made = open_page(holder, bridge, gateway, qtbot)
    made.use_views(store)
    return made


def menu(page: ResultsPage) -> dict[str, bool]:
    """What the menu offers, and whether it can be done."""
    page.views.fill_menu()
    actions = page.views.menu.actions()
    return {a.text(): a.isEnabled() for a in actions if not a.isSeparator()}


def run(page: ResultsPage, qtbot: QtBot, text: str) -> None:
    page.views.fill_menu()
    next(action for action in page.views.menu.actions() if action.text() == text).trigger()
    settle(qtbot, page)


def save(page: ResultsPage, qtbot: QtBot, name: str) -> None:
    run(page, qtbot, "Save as a new view …")
    page.view_strip.name.setText(name)
    qtbot.keyClick(page.view_strip.name, Qt.Key.Key_Return)
    settle(qtbot, page)


def test_a_view_says_everything_of_the_filter_and_survives_rubbish() -> None:
    assert filter_of(content_of(CHOSEN, {}, {})) == CHOSEN
    assert filter_of({}) == ResultFilter()
    rubbish = {
        "states": ["error", "bogus", 3],
        "locations": "Hamburg",
        "scope": ["a"],
        "period": {"kind": "span", "first": "soon"},
        "grouping": 7,
        "order": "colour",
        "text": None,
        "later": True,
    }
    assert filter_of(rubbish) == ResultFilter(
        states=frozenset({JobState.ERROR}), period=Period(PeriodKind.SPAN)
    )


def test_a_view_is_saved_and_opened_with_its_filter_grouping_order_and_columns(
    page: ResultsPage, qtbot: QtBot, store: ViewsFile
) -> None:
    page._narrow(
        replace(page.presenter.filter, period=Period(PeriodKind.WEEK), grouping=Grouping.TASK)
    )
    page.model.sort_by("task", descending=False)
    page.table.restore_layout({"hidden": ["client"]})
    settle(qtbot, page)
    save(page, qtbot, "By task")
    assert page.bar.view.text() == "View: By task"
    run(page, qtbot, "All results")
    assert page.presenter.filter == ResultFilter()
    assert page.bar.view.text() == "View: all results"
    assert len(inside(page)) == 20
    page.table.reset_layout()
    run(page, qtbot, "By task")
    assert list(heads(page)) == ["etc", "home"]
    assert page.model.sorting == ("task", False)
    assert page.table.layout_state()["hidden"] == ["client"]
    assert [view.name for view in store.load().views] == ["By task"]


def test_a_changed_view_says_so_until_it_is_saved_or_reset(
    page: ResultsPage, qtbot: QtBot, store: ViewsFile
) -> None:
    save(page, qtbot, "Night")
    assert not menu(page)["Save the changes to “Night”"]
    page._narrow(replace(page.presenter.filter, text="home"))
    settle(qtbot, page)
    assert page.bar.view.text() == "View: Night, changed"
    run(page, qtbot, "Reset to “Night”")
    assert page.presenter.filter.text == ""
    assert page.bar.view.text() == "View: Night"
    page._narrow(replace(page.presenter.filter, text="home"))
    settle(qtbot, page)
    run(page, qtbot, "Save the changes to “Night”")
    assert page.bar.view.text() == "View: Night"
    assert store.load().views[0].content["text"] == "home"


def test_a_deleted_view_comes_back_with_undo(
    page: ResultsPage, qtbot: QtBot, store: ViewsFile
) -> None:
    save(page, qtbot, "Night")
    run(page, qtbot, "Open it when the desk starts")
    run(page, qtbot, "Delete “Night”")
    assert store.load().views == ()
    assert page.view_strip.words.text == "The view “Night” was deleted."
    page.view_strip.go.click()
    kept = store.load()
    assert [view.name for view in kept.views] == ["Night"]
    assert kept.default == "Night"
    assert page.bar.view.text() == "View: Night"


def test_a_name_has_to_be_new(page: ResultsPage, qtbot: QtBot, store: ViewsFile) -> None:
    save(page, qtbot, "Night")
    save(page, qtbot, "Day")
    run(page, qtbot, "Rename …")
    assert page.view_strip.name.text() == "Day"
    page.view_strip.name.setText("NIGHT")
    assert not page.view_strip.go.isEnabled()
    assert "already" in page.view_strip.words.text
    page.view_strip.name.setText("day")
    page.view_strip.go.click()
    assert [view.name for view in store.load().views] == ["Night", "day"]
    qtbot.keyClick(page.view_strip, Qt.Key.Key_Escape)
    assert not page.view_strip.isVisible()


def test_the_default_view_is_opened_first(
    page: ResultsPage, qtbot: QtBot, store: ViewsFile
) -> None:
    store.put(SavedView("Trouble", {"states": ["error"]}))
    store.set_default("Trouble")
    page.use_views(store)
    settle(qtbot, page)
    assert page.presenter.filter.states == {JobState.ERROR}
    assert "Trouble\topens first" in menu(page)


def test_a_view_that_names_a_location_that_is_gone_opens_and_says_so(
    page: ResultsPage, qtbot: QtBot, store: ViewsFile
) -> None:
    content = content_of(
        ResultFilter(locations=frozenset({"Hamburg", "gone"})), {}, {"gone": "Perth"}
    )
    store.put(SavedView("South", content))
    assert gone_names(content, {"Hamburg": None}) == ["Perth"]
    run(page, qtbot, "South")
    assert page.view_strip.words.text == (
        "“South” names a location that is not listed at this desk any more: Perth."
    )
    assert {key[0] for key in inside(page)} == {"Hamburg"}


def test_another_desk_s_views_are_in_the_menu_and_a_damaged_file_is_named(
    page: ResultsPage, qtbot: QtBot, store: ViewsFile, tmp_path: Path
) -> None:
    ViewsFile(tmp_path / "views.json").put(SavedView("Theirs", {}))
    assert "Theirs" in menu(page)
    (tmp_path / "views.json").write_text("{")
    page.views.fill_menu()
    assert "damaged" in page.view_strip.words.text
    save(page, qtbot, "Mine")
    assert (tmp_path / "views.json").read_text() == "{"


def test_a_text_that_a_view_takes_away_does_not_come_back_as_typed(
    page: ResultsPage, qtbot: QtBot
) -> None:
    page._narrow(replace(page.presenter.filter, text="home"))
    settle(qtbot, page)
    page.views.open("")
    settle(qtbot, page)
    assert page.bar.search.text() == ""
    assert not page.bar._typing.isActive()


def test_escape_in_the_table_leaves_the_question_for_a_name_before_anything_else(
    page: ResultsPage, qtbot: QtBot
) -> None:
    settle(qtbot, page)
    page.table.selectRow(0)
    page.views.ask_save()
    assert page.view_strip.isVisible()

    qtbot.keyClick(page.table, Qt.Key.Key_Escape)
    assert not page.view_strip.isVisible()
    assert page.drawer.isVisible()
    qtbot.keyClick(page.table, Qt.Key.Key_Escape)
    assert not page.drawer.isVisible()
