"""Group heads on the page "Now": by location and by farm, with counts, kept per user."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from sesam_master.core.fleet import RegistrationsChanged
from sesam_master.core.results_groups import Grouping
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.grouping import HeadRow
from sesam_master.ui.now.job_table import JobTable
from sesam_master.ui.now.page import NowPage
from tests.desk.now.conftest import Clock, running, settle, waiting
from tests.desk.results.memory import bring_up, job, list_locations, report, take_down


def rows(table: JobTable) -> list[str]:
    """A head as "Boulder (2 active)", a job by its task."""
    model = table.model()
    shown = []
    for record in model.records:  # type: ignore[attr-defined]
        if isinstance(record, HeadRow):
            counts = ", ".join(f"{number} {state.value}" for state, number in record.head.counts)
            shown.append(f"{record.head.title} ({counts})")
        else:
            shown.append(record.job.task)
    return shown


@pytest.fixture
def grouped(page: NowPage, bridge: Bridge, qtbot: QtBot) -> NowPage:
    """Three run and two wait, below heads of their locations."""
    for model in (page.tables.running_model, page.tables.queue_model):
        QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, page)
    report(
        bridge,
        running("Hamburg", 50, 0, 100, task="home"),
        running("Boulder", 51, 0, 100, task="mail"),
        running("Boulder", 52, 0, 100, task="web"),
        waiting("Hamburg", 60, 30, task="sql"),
        waiting("Hamburg", 61, 1, task="etc"),
    )
    settle(qtbot, page)
    page.group.chosen.emit(Grouping.LOCATION)
    return page


def test_heads_stand_above_the_jobs_of_their_location(grouped: NowPage) -> None:
    assert grouped.group.text() == "Group: location"
    assert rows(grouped.tables.running) == [
        "Boulder (2 active)",
        "mail",
        "web",
        "Hamburg (1 active)",
        "home",
    ]
    assert rows(grouped.tables.queue) == ["Hamburg (1 late, 1 queued)", "sql", "etc"]
    grouped.group.chosen.emit(Grouping.NONE)
    assert sorted(rows(grouped.tables.running)) == ["home", "mail", "web"]


def test_what_is_new_stands_in_its_group_also_while_a_row_is_chosen(
    grouped: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    table = grouped.tables.running
    table.select_key(("Boulder", "51"))
    report(bridge, running("Boulder", 53, 0, 100, task="new"))
    report(bridge, job("Hamburg", 50, JobState.OK, task="home"))
    settle(qtbot, grouped)
    assert rows(table) == ["Boulder (3 active)", "mail", "web", "new"]
    assert [one.job.task for one in grouped.tables.chosen()] == ["mail"]


def test_sorting_turns_round_what_is_in_a_group_but_not_the_groups(grouped: NowPage) -> None:
    grouped.tables.running_model.sort_by("task", descending=True)
    assert rows(grouped.tables.running) == [
        "Boulder (2 active)",
        "web",
        "mail",
        "Hamburg (1 active)",
        "home",
    ]


def test_left_and_right_close_and_open_a_group_and_it_goes_on_counting(
    grouped: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    table = grouped.tables.running
    table.setFocus()
    table.select_key(("Boulder", "52"))
    QTest.keyClick(table, Qt.Key.Key_Left)  # to the head
    assert table.currentIndex().row() == 0
    assert not table.buttons.isVisible()
    QTest.keyClick(table, Qt.Key.Key_Left)
    assert rows(table) == ["Boulder (2 active)", "Hamburg (1 active)", "home"]
    report(bridge, running("Boulder", 53, 0, 100, task="new"))
    settle(qtbot, grouped)
    assert rows(table) == ["Boulder (3 active)", "Hamburg (1 active)", "home"]
    assert table.rowHeight(0) < table.rowHeight(2)  # a head is one line
    QTest.keyClick(table, Qt.Key.Key_Right)
    assert rows(table)[:4] == ["Boulder (3 active)", "mail", "web", "new"]
    assert table.rowHeight(0) < table.rowHeight(1)


def test_all_can_be_closed_and_the_queue_stays_there(grouped: NowPage) -> None:
    grouped.group.all_opened.emit(False)
    assert rows(grouped.tables.running) == ["Boulder (2 active)", "Hamburg (1 active)"]
    assert rows(grouped.tables.queue) == ["Hamburg (1 late, 1 queued)"]
    assert grouped.tables.queue.isVisible()
    assert grouped.tables._count.text == "2"
    grouped.group.all_opened.emit(True)
    assert len(rows(grouped.tables.running)) == 5


def test_a_dark_location_has_unknown_on_its_head(
    grouped: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    take_down(bridge, "Boulder")
    settle(qtbot, grouped)
    assert rows(grouped.tables.running)[0] == "Boulder (2 unknown)"
    head = grouped.tables.running_model.record(0)
    assert isinstance(head, HeadRow)
    assert head.head.detail == "not known now"


def test_time_that_goes_on_makes_what_waits_late_on_the_head_too(
    grouped: NowPage, bridge: Bridge, clock: Clock
) -> None:
    clock.now += timedelta(minutes=20)
    bridge.aged.emit()
    assert rows(grouped.tables.queue)[0] == "Hamburg (2 late)"


def test_farms_come_by_name_and_what_is_in_none_last(
    grouped: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    registrations = [
        replace(place.registration, farm="EMEA" if name == "Hamburg" else "")
        for name, place in bridge.fleet.locations.items()
    ]
    bridge.deliver(RegistrationsChanged(tuple(registrations)))
    bridge.drain()
    settle(qtbot, grouped)
    grouped.group.chosen.emit(Grouping.FARM)
    assert rows(grouped.tables.running) == [
        "EMEA (1 active)",
        "home",
        "No farm (2 active)",
        "mail",
        "web",
    ]
    head = grouped.tables.running_model.record(0)
    assert isinstance(head, HeadRow)
    assert head.head.detail == "1 location"


def test_the_choice_is_kept_and_odd_ones_are_passed_over(grouped: NowPage, page: NowPage) -> None:
    kept = grouped.view_state()
    page.group.chosen.emit(Grouping.NONE)
    for odd in ("", "{", "[]", '{"group": "task"}', '{"group": 7}', "null"):
        page.restore_view(odd)
        assert page.group.text() == "Group: none"
    page.restore_view(kept)
    assert page.group.text() == "Group: location"


def test_two_thousand_jobs_at_three_hundred_locations_have_their_heads(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    page.group.chosen.emit(Grouping.LOCATION)
    names = [f"Site {n:03}" for n in range(300)]
    list_locations(bridge, *names)
    for place, name in enumerate(names):
        count = 7 if place < 200 else 6
        bring_up(bridge, name, [running(name, 10 + n, 0, 100, task=f"t{n}") for n in range(count)])
    settle(qtbot, page)
    assert page.tables.running_model.rowCount() == 2300
    page.group.all_opened.emit(False)
    assert page.tables.running_model.rowCount() == 300
    assert rows(page.tables.running)[0] == "Site 000 (7 active)"
    assert not page.grab().isNull()


def test_nothing_open_says_so_with_groups_too(page: NowPage) -> None:
    page.group.chosen.emit(Grouping.FARM)
    assert page.empty.isVisible()
