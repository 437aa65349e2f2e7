"""While a person reads: rows stay, the order is by severity, the protocol is whole."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.core.records import Level, ProtocolLine
from sesam_master.core.states import Connection, JobState, severity_rank
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text
from sesam_master.ui.results.columns import message_text
from sesam_master.ui.results.filters import Scope
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.results.progress import progress_text
from sesam_master.ui.results.reader import STEP_LINES
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    progress,
    pump,
    report,
    take_down,
)

Make = Callable[[dict[str, int]], ResultsPage]
STATES = (JobState.OK, JobState.ERROR, JobState.OK, JobState.WARNING, JobState.BROKEN)


@pytest.fixture
def make(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> Make:
    """A page over locations with so many ended jobs each."""

    def made(sizes: dict[str, int]) -> ResultsPage:
        list_locations(bridge, *sizes)
        for name, size in sizes.items():
            gateway.history[name] = [job(name, n, STATES[n % 5]) for n in range(1, size + 1)]
            bring_up(bridge, name, gateway.history[name][-2:])
        page = ResultsPage(
            holder,
            bridge,
            gateway,
            lambda *_: None,
            lambda *_: None,
            zone=ZoneInfo("Europe/Berlin"),
            clock=lambda: NOW,
        )
        qtbot.addWidget(page)
        QAbstractItemModelTester(
            page.model, QAbstractItemModelTester.FailureReportingMode.Fatal, page
        )
        page.resize(1000, 700)
        page.show()
        settle(qtbot, page)
        return page

    return made


def settle(qtbot: QtBot, page: ResultsPage) -> None:
    for _ in range(30):  # pages of four follow each other
        pump()
        qtbot.waitUntil(lambda: not page.presenter.is_behind, timeout=3000)


def numbers(page: ResultsPage) -> list[int]:
    return [int(row.job.id) for row in page.model.records]


def come(bridge: Bridge, gateway: MemoryGateway, *new: int) -> None:
    for number in new:
        gateway.history["Hamburg"].append(job("Hamburg", number))
        report(bridge, gateway.history["Hamburg"][-1])


def test_new_rows_come_in_at_the_top_while_nobody_reads(
    make: Make, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page = make({"Hamburg": 5})
    come(bridge, gateway, 90)
    settle(qtbot, page)
    assert numbers(page)[0] == 90
    assert not page.news.isVisible()


def test_with_a_chosen_row_nothing_moves_until_it_is_wanted(
    make: Make, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page = make({"Hamburg": 5})
    page.table.select_key(("Hamburg", "3"))
    come(bridge, gateway, 90, 91)
    settle(qtbot, page)
    assert numbers(page) == [5, 4, 3, 2, 1]
    assert page.news.text() == "2 new, press F5"
    report(bridge, replace(gateway.history["Hamburg"][3], message="told later"))
    settle(qtbot, page)
    assert page.model.record(1).job.message == "told later"
    page.news.click()
    assert numbers(page) == [91, 90, 5, 4, 3, 2, 1]
    assert not page.news.isVisible()
    assert [row.job.id for row in page.table.selected_records()] == ["3"]


def test_further_down_rows_stay_and_the_next_page_still_comes(
    make: Make, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    gateway.page_size = 256
    page = make({"Hamburg": 400})
    assert page.model.rowCount() == 256
    page.table.verticalScrollBar().setValue(900)
    come(bridge, gateway, 900)
    settle(qtbot, page)
    assert numbers(page)[0] == 400
    page.presenter.more()
    settle(qtbot, page)
    assert numbers(page) == list(range(400, 0, -1))
    page.table.verticalScrollBar().setValue(0)
    assert numbers(page) == [900, *range(400, 0, -1)]


def test_asking_again_far_down_keeps_the_place_and_the_chosen_row(
    make: Make, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page = make({"Hamburg": 120})
    settle(qtbot, page)
    page.table.select_key(("Hamburg", "10"))
    place = page.table.verticalScrollBar().value()
    assert place > 0
    come(bridge, gateway, 900)
    page.refresh()
    settle(qtbot, page)
    assert numbers(page) == [900, *range(120, 0, -1)]
    assert [row.job.id for row in page.table.selected_records()] == ["10"]
    assert page.table.verticalScrollBar().value() >= place


def test_what_a_filter_no_longer_wants_stays_with_its_true_state_until_then(
    make: Make, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page = make({"Hamburg": 5})
    page.facets.changed.emit("state", "error", True)
    settle(qtbot, page)
    assert numbers(page) == [1]
    page.table.select_key(("Hamburg", "1"))
    report(bridge, replace(gateway.history["Hamburg"][0], state=JobState.CANCELLED))
    settle(qtbot, page)
    assert [row.state for row in page.model.records] == [JobState.CANCELLED]
    assert page.news.text() == "1 change, press F5"
    page.drawer.close_job()
    assert numbers(page) == []


@pytest.mark.parametrize("descending", [True, False])
def test_states_are_sorted_by_severity_over_all_locations_and_pages(
    make: Make, qtbot: QtBot, descending: bool
) -> None:
    page = make({"Boulder": 13, "Hamburg": 17, "Lyon": 2})
    page.model.sort_by("state", descending)
    settle(qtbot, page)
    rows = page.model.records
    assert len({row.job.key for row in rows}) == 32
    values = [(-severity_rank(row.state), row.job.create_time) for row in rows]
    assert values == sorted(values, reverse=descending)
    assert page.presenter.picture().state_counts[JobState.BROKEN] == 5
    before = [row.job.key for row in rows]
    page.refresh()
    settle(qtbot, page)
    assert [row.job.key for row in page.model.records] == before


def test_open_work_that_becomes_unknown_is_sorted_as_unknown(
    make: Make, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page = make({"Boulder": 5, "Hamburg": 5})
    running = job("Hamburg", 50, JobState.ACTIVE)
    gateway.history["Hamburg"].append(running)
    report(bridge, running)
    page.model.sort_by("state", descending=True)
    settle(qtbot, page)
    take_down(bridge, "Hamburg", Connection.STALE)
    settle(qtbot, page)
    ranks = [severity_rank(row.state) for row in page.model.records]
    assert severity_rank(JobState.UNKNOWN) in ranks
    assert ranks == sorted(ranks)


def test_a_scope_of_the_tree_asks_its_location_only_and_its_chip_removes_it(
    make: Make, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page = make({"Boulder": 5, "Hamburg": 8})
    gateway.calls.clear()
    page.set_scope(Scope("Hamburg", task="task-1"))
    settle(qtbot, page)
    assert {(row.location, row.job.task) for row in page.model.records} == {("Hamburg", "task-1")}
    assert {call[1] for call in gateway.calls if call[0] == "jobs"} == {"Hamburg"}
    assert page.bar.scope.isVisible()
    assert page.bar.scope.text() == "Task: task-1 at Hamburg"
    with qtbot.waitSignal(page.scope_removed):
        page.bar.scope.click()
    settle(qtbot, page)
    assert page.model.rowCount() == 13
    assert not page.bar.scope.isVisible()


def test_many_locations_are_found_by_name_and_chosen_ones_stay_in_sight(
    make: Make, qtbot: QtBot
) -> None:
    page = make({f"Branch {n:02}": n % 3 + 1 for n in range(30)})

    def rows() -> list[str]:
        return [facet.label for facet in page.facets.groups[1].facets]

    assert len(rows()) == 8
    page.facets.searched.emit("location", "branch 2")
    assert len(rows()) == 8
    page.facets.searched.emit("location", "CH 29")
    assert rows() == ["Branch 29"]
    page.facets.changed.emit("location", "Branch 29", True)
    page.facets.searched.emit("location", "")
    settle(qtbot, page)
    assert "Branch 29" in rows()
    page.facets.more_clicked.emit("location")
    assert len(rows()) == 30


def test_the_chosen_rows_are_what_the_desk_acts_on(make: Make) -> None:
    page = make({"Boulder": 3, "Hamburg": 3})
    assert page.selection() == Selection()
    page.table.select_key(("Hamburg", "2"))
    assert page.selection() == Selection(
        "Hamburg", (("Hamburg", "task-2"),), jobs=(("Hamburg", "2"),)
    )
    page.table.selectAll()
    assert page.selection().location_id == ""
    assert len(page.selection().tasks) == 6


def test_a_protocol_beyond_the_limit_says_so_loads_on_and_is_saved_whole(
    make: Make, gateway: MemoryGateway, qtbot: QtBot, tmp_path: Path
) -> None:
    gateway.lines_per_page = 4000
    page = make({"Hamburg": 3})
    total = STEP_LINES + 500
    gateway.protocols["Hamburg", "1"] = [
        ProtocolLine(NOW + timedelta(seconds=n), Level.INFO, "READ", f"file {n}")
        for n in range(total)
    ]
    page.table.select_key(("Hamburg", "1"))
    pane = page.drawer.pane
    qtbot.waitUntil(lambda: pane.view.lines.rowCount() == STEP_LINES, timeout=5000)
    assert pane.note.text == f"{number_text(STEP_LINES)} of {number_text(total)} lines are shown."
    assert pane.more.isVisible()
    file = tmp_path / "protocol.log"
    pane.save(file)
    qtbot.waitUntil(lambda: "saved" in pane.note.text, timeout=5000)
    lines = file.read_text().splitlines()
    assert len(lines) == total
    assert lines[-1].endswith(f"READ  file {total - 1}")
    pane.more.click()
    qtbot.waitUntil(lambda: pane.view.lines.rowCount() == total, timeout=5000)
    assert not pane.more.isVisible()
    pane.save(tmp_path / "missing" / "protocol.log")
    assert "cannot be written" in pane.note.text
    assert pane.note.text.endswith("Choose another place.")

    gateway.lines_per_page = 0  # it says that more follow, and sends none
    pane.save(tmp_path / "half.log")
    qtbot.waitUntil(lambda: "breaks off" in pane.note.text, timeout=5000)
    assert not (tmp_path / "half.log").exists()


def test_what_is_kept_of_the_table_comes_back_and_rubbish_is_passed_over(make: Make) -> None:
    page = make({"Hamburg": 3})
    page.table.horizontalHeader().resizeSection(2, 199)
    kept = page.view_state()
    page.table.horizontalHeader().resizeSection(2, 120)
    for rubbish in ("", "{", "[1]", '{"order": 3, "widths": [1], "hidden": {}, "sorting": [1]}'):
        page.restore_view(rubbish)
    page.restore_view(kept)
    assert page.table.horizontalHeader().sectionSize(2) == 199


def test_pages_of_a_protocol_move_no_line_to_the_side_and_long_ones_can_be_reached(
    make: Make, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page = make({"Hamburg": 3})
    gateway.protocols["Hamburg", "1"] = [
        ProtocolLine(NOW, Level.ERROR if n == 150 else Level.INFO, "READ", f"{n} " + "x" * 500)
        for n in range(300)
    ]
    page.table.select_key(("Hamburg", "1"))
    view = page.drawer.pane.view
    qtbot.waitUntil(lambda: view.lines.rowCount() == 300, timeout=5000)
    assert view.horizontalScrollBar().value() == 0
    assert view.horizontalScrollBar().maximum() > 0
    top, bottom = view.rowAt(0), view.rowAt(view.viewport().height() - 1)
    assert top <= 150 <= bottom
    view.selectRow(150)
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "READ  150 xxx" in QGuiApplication.clipboard().text()


def test_what_an_agent_says_of_work_that_it_cannot_enter_is_shown_while_it_is_open() -> None:
    words = "Ended as ok, but this cannot be entered: the disk is full at /var."
    stuck = job("Hamburg", 9, JobState.ACTIVE, progress=progress(1000), message=words)
    row = ResultRow(stuck, "Hamburg", Connection.ON, JobState.ACTIVE, 1.0, None, 1.0)

    assert progress_text(row) == words
    assert message_text(row) == words
