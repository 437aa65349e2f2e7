"""Grouped results: heads from the agents' counts, children on demand, nothing hidden."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.results_groups import Grouping
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.results.rows import GroupRow
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import HeadKind
from tests.desk.results.memory import bring_up, job, report, take_down
from tests.desk.results.site import SiteGateway, heads, inside, open_page, settle


@pytest.fixture
def gateway() -> SiteGateway:
    return SiteGateway(page_size=50)


@pytest.fixture
def page(holder: ThemeHolder, bridge: Bridge, gateway: SiteGateway, qtbot: QtBot) -> ResultsPage:
    made = open_page(holder, bridge, gateway, qtbot)
    QAbstractItemModelTester(made.model, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


def group(page: ResultsPage, qtbot: QtBot, grouping: Grouping) -> None:
    page.bar.grouping_chosen.emit(grouping)
    settle(qtbot, page)


def turn(page: ResultsPage, qtbot: QtBot, title: str, key: Qt.Key = Qt.Key.Key_Right) -> None:
    rows = page.model.records
    row = next(n for n, r in enumerate(rows) if isinstance(r, GroupRow) and r.head.title == title)
    page.table.setCurrentIndex(page.model.index(row, 0))
    qtbot.keyClick(page.table, key)
    settle(qtbot, page)


def test_each_head_has_its_counts_and_says_who_did_not_tell(
    page: ResultsPage, qtbot: QtBot
) -> None:
    group(page, qtbot, Grouping.TASK)
    assert heads(page) == {
        # What was open at Sevilla is unknown; how its other runs ended is not in the list.
        "home": "2 locations, not told by 1, newest 22:30 error:2 unknown:1 active:2 ok:10",
        "etc": "2 locations, not told by 1, newest 22:18 ok:6",
    }
    assert inside(page) == []
    assert page.bar.sentence.text.startswith(
        "2 groups with 20 of 20 results.  Not in this list: Sevilla (broken since 06:41)."
    )


def test_right_opens_a_group_by_its_own_query_and_left_closes_it(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    group(page, qtbot, Grouping.TASK)
    gateway.calls.clear()
    turn(page, qtbot, "etc")
    asked = {(call[1], call[2].task) for call in gateway.calls if call[0] == "jobs"}  # type: ignore[attr-defined]
    assert asked == {("Boulder", "etc"), ("Hamburg", "etc")}
    assert len(inside(page)) == 6
    qtbot.keyClick(page.table, Qt.Key.Key_Right)  # into the group
    assert page.rows.results()[0].job.task == "etc"
    qtbot.keyClick(page.table, Qt.Key.Key_Left)  # back to its head
    qtbot.keyClick(page.table, Qt.Key.Key_Left)
    settle(qtbot, page)
    assert inside(page) == []


def test_a_click_opens_a_group_and_a_double_click_leaves_it_as_it_was(
    page: ResultsPage, qtbot: QtBot
) -> None:
    group(page, qtbot, Grouping.TASK)
    place = page.table.visualRect(page.model.index(0, 0)).center()
    view = page.table.viewport()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    settle(qtbot, page)
    assert inside(page)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=place)  # its second press
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=place)
    settle(qtbot, page)
    assert inside(page) == []


@pytest.mark.parametrize(
    ("grouping", "titles"),
    [
        (Grouping.CLIENT, {"fs-01", "mx02"}),
        (Grouping.LOCATION, {"Boulder", "Hamburg", "Sevilla"}),
        (Grouping.FARM, {"EMEA"}),
        (Grouping.TASK_GROUP, {"nightly", "Single tasks"}),
        (Grouping.STATE, {"Error", "Running", "OK", "Unknown"}),
    ],
)
def test_every_grouping_shows_all_results_below_its_heads(
    page: ResultsPage, qtbot: QtBot, grouping: Grouping, titles: set[str]
) -> None:
    group(page, qtbot, grouping)
    assert heads(page).keys() == titles
    page.bar.all_opened.emit(True)
    settle(qtbot, page)
    live = [key for key in inside(page) if key[0] != "Sevilla"]
    assert len(live) == len(set(live)) == 20
    page.bar.all_opened.emit(False)
    settle(qtbot, page)
    assert inside(page) == []


def test_a_dark_location_is_a_group_without_an_answer(page: ResultsPage, qtbot: QtBot) -> None:
    group(page, qtbot, Grouping.LOCATION)
    assert heads(page)["Sevilla"] == "broken since 06:41, newest 22:30 unknown:1"
    page._narrow(replace(page.presenter.filter, text="etc"))
    settle(qtbot, page)
    # Nothing is remembered of it under this filter, and nobody can say that there is nothing.
    assert heads(page)["Sevilla"] == "broken since 06:41 unknown:None"


def test_a_location_that_goes_dark_keeps_its_facts_and_loses_what_was_open(
    page: ResultsPage, bridge: Bridge, qtbot: QtBot
) -> None:
    group(page, qtbot, Grouping.TASK)
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    assert "error:2 unknown:2 active:1 ok:10" in heads(page)["home"]
    assert "Not up to date: Hamburg" in page.bar.sentence.text


def test_what_was_known_is_counted_when_it_is_asked_for(page: ResultsPage, qtbot: QtBot) -> None:
    group(page, qtbot, Grouping.TASK)
    page.bar.known.click()
    settle(qtbot, page)
    assert "not told by 1" in heads(page)["etc"]
    turn(page, qtbot, "etc")
    assert ("Sevilla", "12") in inside(page)


def test_a_filter_by_state_leaves_groups_that_have_it(page: ResultsPage, qtbot: QtBot) -> None:
    page.facets.changed.emit("state", "error", True)
    settle(qtbot, page)
    group(page, qtbot, Grouping.TASK)
    assert heads(page).keys() == {"home"}
    turn(page, qtbot, "home")
    assert sorted(inside(page)) == [("Boulder", "16"), ("Hamburg", "16")]


def test_open_groups_stay_open_when_the_order_changes(page: ResultsPage, qtbot: QtBot) -> None:
    group(page, qtbot, Grouping.TASK)
    turn(page, qtbot, "etc")
    page.model.sort_by("location", descending=False)
    settle(qtbot, page)
    assert [key[0] for key in inside(page)] == ["Boulder"] * 3 + ["Hamburg"] * 3


def test_a_long_group_comes_page_by_page(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    gateway.page_size = 300
    gateway.history["Boulder"] = [job("Boulder", n, task="long") for n in range(1, 400)]
    bring_up(page._bridge, "Boulder", gateway.history["Boulder"][-1:])
    settle(qtbot, page)
    group(page, qtbot, Grouping.TASK)
    turn(page, qtbot, "long")
    assert len(inside(page)) == 256
    ends = [row for row in page.model.records if isinstance(row, GroupRow) and row.is_end]
    assert [row.head.title for row in ends] == ["Show more, 256 are here"]
    assert ends[0].head.kind is HeadKind.LINK
    page.table.head_activated.emit(ends[0])
    settle(qtbot, page)
    assert len(inside(page)) == 399


def test_a_new_job_changes_the_head_without_a_question_from_a_person(
    page: ResultsPage, bridge: Bridge, gateway: SiteGateway, qtbot: QtBot
) -> None:
    group(page, qtbot, Grouping.TASK)
    made = job("Hamburg", 40, JobState.QUEUED, task="etc")
    gateway.history["Hamburg"].append(made)
    report(bridge, made)
    qtbot.waitUntil(lambda: "queued:1" in heads(page)["etc"], timeout=4000)


def test_a_location_that_does_not_answer_is_named(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    gateway.troubles["Boulder"] = Trouble.NO_ANSWER
    group(page, qtbot, Grouping.TASK)
    assert heads(page)["etc"].startswith("Hamburg, not told by 2")
    assert "Boulder (did not answer in time)" in page.bar.sentence.text
    assert page.presenter.coverage().covered == 1


def test_no_results_at_all_say_so_in_place_of_the_heads(page: ResultsPage, qtbot: QtBot) -> None:
    group(page, qtbot, Grouping.LOCATION)
    page._narrow(replace(page.presenter.filter, text="nothing has this"))
    settle(qtbot, page)
    assert page.empty.isVisible()
