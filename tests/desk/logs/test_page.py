"""The logs of a location, as their page shows them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import DeskReason, LocationError, Trouble
from sesam_master.core.logs import Followed, Log, LogKey, LogKind, LogLine
from sesam_master.core.records import Level
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.logs import lines as module
from sesam_master.ui.logs.lines import LogModel, columns_of
from sesam_master.ui.logs.page import LogsPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump, take_down
from tests.fakes.gateway import FakeGateway

HERE = "Hamburg"
DAY, BEFORE = "2026-11-23", "2026-11-22"
STATE, DAY_LOG = LogKey(LogKind.STATE), LogKey(LogKind.DAY)
QUEUE = LogKey(LogKind.PART, "sm_qm_main")


def made(count: int, day: str = DAY, first: int = 0) -> list[LogLine]:
    """Every tenth is an error; a position is the place in the log."""
    return [
        LogLine(
            day,
            number,
            NOW + timedelta(seconds=number),
            Level.ERROR if number % 10 == 9 else Level.INFO,
            f"{day} line {number}",
        )
        for number in range(first, first + count)
    ]


@pytest.fixture
def gateway() -> FakeGateway:
    lines = {
        (HERE, Log(STATE, DAY, 4000, False)): made(60),
        (HERE, Log(STATE, BEFORE, 900, False)): made(5, BEFORE),
        (HERE, Log(DAY_LOG, DAY, 900, False)): made(3),
        (HERE, Log(QUEUE, DAY, 900, True)): made(2),
    }
    return FakeGateway(log_lines=lines)


@pytest.fixture
def open_page(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> Callable[[], LogsPage]:
    def show() -> LogsPage:
        page = LogsPage(
            *(holder, bridge, gateway, HERE), zone=ZoneInfo("Asia/Tokyo"), clock=lambda: NOW
        )
        qtbot.addWidget(page)
        page.resize(1044, 500)
        page.show()
        pump()
        return page

    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, 1)])
    return show


@pytest.fixture
def page(open_page: Callable[[], LogsPage]) -> LogsPage:
    return open_page()


def shown(page: LogsPage) -> list[str]:
    model = page.view.lines
    return [model.line(row).text for row in range(model.rowCount())]


def offered(box: QComboBox) -> list[str]:
    return [box.itemText(row) for row in range(box.count())]


def pick(box: QComboBox, text: str) -> None:
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())
    pump()


def come(gateway: FakeGateway, *lines: LogLine, day: str = DAY, is_anew: bool = False) -> None:
    gateway.followers[-1](Followed(day, lines, lines[-1].position + 1 if lines else 0, is_anew))
    pump()


def test_it_opens_with_the_newest_lines_of_the_state_log(page: LogsPage) -> None:
    assert shown(page) == [line.text for line in made(60)]
    assert page.view.is_at_bottom
    assert page.note.text == "60 lines, sesam day Mon 23 Nov 2026, live"
    assert offered(page.kinds) == [
        "State log",
        "Day log",
        "Error log",
        "Queue manager (sm_qm_main)",
    ]
    assert offered(page.days) == [
        *("Newest day, live", "All days", "Mon 23 Nov 2026", "Sun 22 Nov 2026")
    ]


def test_new_lines_are_shown_as_they_come(page: LogsPage, gateway: FakeGateway) -> None:
    come(gateway, *made(2, first=60))
    assert shown(page)[-2:] == [f"{DAY} line 60", f"{DAY} line 61"]
    assert page.view.is_at_bottom
    assert page.new_lines.isHidden()


def test_what_a_person_reads_stays_where_it_is(page: LogsPage, gateway: FakeGateway) -> None:
    bar = page.view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    pump()
    before = bar.value()
    come(gateway, *made(1, first=60))
    assert page.new_lines.text() == "1 new line"
    come(gateway, *made(2, first=61))
    assert bar.value() == before
    assert (page.new_lines.text(), page.new_lines.isVisible()) == ("3 new lines", True)
    assert page.note.text.endswith("paused; new lines wait below")
    page.new_lines.click()
    pump()
    assert page.view.is_at_bottom
    assert page.new_lines.isHidden()
    come(gateway, *made(1, first=63))
    assert page.view.is_at_bottom


def test_it_goes_over_to_the_next_day(page: LogsPage, gateway: FakeGateway) -> None:
    come(gateway, *made(1, "2026-11-24"), day="2026-11-24")
    assert shown(page)[-1] == "2026-11-24 line 0"
    assert "sesam day Tue 24 Nov 2026" in page.note.text


def test_a_log_that_was_written_anew_replaces_what_was_shown(
    page: LogsPage, gateway: FakeGateway
) -> None:
    come(gateway, *made(2), is_anew=True)
    assert shown(page) == [f"{DAY} line 0", f"{DAY} line 1"]


def test_a_stream_that_ended_is_begun_again_where_it_was(
    page: LogsPage, gateway: FakeGateway
) -> None:
    come(gateway, *made(1, first=60))
    page.presenter._go_on()
    pump()
    assert gateway.followed_after == [None, (DAY, 61)]
    assert len(shown(page)) == 61


def test_what_comes_of_another_log_is_too_late(page: LogsPage, gateway: FakeGateway) -> None:
    old = gateway.followers[-1]
    pick(page.kinds, "Day log")
    old(Followed(DAY, tuple(made(1, first=60)), 61))
    pump()
    assert len(shown(page)) == 3


def test_older_lines_are_read_when_somebody_scrolls_up(
    open_page: Callable[[], LogsPage], gateway: FakeGateway
) -> None:
    gateway.log_lines[HERE, Log(STATE, DAY, 4000, False)] = made(200)
    gateway.page_lines = 80
    page = open_page()
    assert len(shown(page)) == 80
    bar = page.view.verticalScrollBar()
    top = page.view.lines.line(page.view.rowAt(0)).text
    bar.setValue(0)
    for _ in range(3):
        pump()
    assert len(shown(page)) == 160
    assert shown(page) == [line.text for line in made(200)][40:]
    assert bar.value() > 0, "the lines in sight have not moved"
    assert top
    bar.setValue(0)
    for _ in range(3):
        pump()
    assert shown(page) == [line.text for line in made(200)]
    assert not page.presenter.has_more


def test_another_day_a_text_and_a_level(page: LogsPage) -> None:
    pick(page.days, "Sun 22 Nov 2026")
    assert shown(page) == [line.text for line in made(5, BEFORE)]
    assert "live" not in page.note.text
    pick(page.days, "Newest day, live")
    page.search.setText("LINE 1")
    page._look_for()
    pump()
    assert len(shown(page)) == 11
    pick(page.levels, "Warnings and errors")
    assert shown(page) == [f"{DAY} line 19"]
    page.search.setText("nothing of that")
    page._look_for()
    pump()
    assert page.empty.isVisible()


def test_all_days_are_searched_the_newest_line_first(page: LogsPage, gateway: FakeGateway) -> None:
    gateway.page_lines = 3
    page.search.setText("line 1")
    page._look_for()
    pick(page.days, "All days")
    for _ in range(20):
        page.presenter.more()
        pump()
    found = shown(page)
    assert found[0] == f"{DAY} line 19"
    assert found[-1] == f"{BEFORE} line 1"
    assert page.view.lines.data(page.view.lines.index(0, 0)).startswith(DAY)
    assert "all days were looked at" in page.note.text
    assert not page.save_button.isEnabled()


def test_it_looks_further_back_until_there_are_lines_enough(
    page: LogsPage, gateway: FakeGateway
) -> None:
    gateway.page_lines = 10
    page.search.setText("line 5")
    page._look_for()
    for _ in range(20):
        pump()
    assert shown(page) == [f"{DAY} line {number}" for number in (5, *range(50, 60))]
    page.search.setText("line 3")
    page._look_for()
    for _ in range(20):
        pump()
    assert shown(page)[0] == f"{DAY} line 3"


def test_nothing_is_said_to_be_fine_that_is_not_known(page: LogsPage, bridge: Bridge) -> None:
    pick(page.kinds, "Error log")
    headline = page.empty._headline
    assert headline.text() == "No errors"
    take_down(bridge, HERE)
    pump()
    assert headline.text() == "No such lines were known"


def test_a_log_is_saved_whole(page: LogsPage, gateway: FakeGateway, tmp_path: Path) -> None:
    gateway.page_lines = 7
    page.save(tmp_path / "state.log")
    for _ in range(20):
        pump()
    assert (tmp_path / "state.log").read_text().splitlines() == [line.text for line in made(60)]
    assert page.note.text == f"60 lines were saved to {tmp_path / 'state.log'}."
    page.save(tmp_path / "gone/state.log")
    pump()
    assert "cannot be written" in page.note.text


def test_lines_are_copied_as_they_stand(page: LogsPage, qtbot: QtBot) -> None:
    page.view.selectRow(59)
    qtbot.keyClick(page.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == f"{DAY} line 59\n"


def test_a_dark_location_keeps_what_was_read(page: LogsPage, bridge: Bridge) -> None:
    take_down(bridge, HERE)
    pump()
    assert len(shown(page)) == 60
    assert page.head.banner.isVisible()
    assert "live" not in page.note.text
    assert not page.save_button.isEnabled()


def test_an_older_agent_is_said_and_not_asked_again(
    open_page: Callable[[], LogsPage], gateway: FakeGateway
) -> None:
    gateway.no_logs = LocationError(Trouble.REJECTED, HERE, DeskReason.NOT_SUPPORTED)
    page = open_page()
    assert page.head.banner.isVisible()
    assert page.empty.isVisible()
    assert not page.presenter._again.isActive()


def test_who_may_not_read_the_logs_of_parts_is_not_offered_them(
    open_page: Callable[[], LogsPage], gateway: FakeGateway
) -> None:
    del gateway.log_lines[HERE, Log(QUEUE, DAY, 900, True)]
    assert offered(open_page().kinds) == ["State log", "Day log", "Error log"]


def test_what_is_not_kept_is_said(page: LogsPage) -> None:
    pick(page.kinds, "Queue manager (sm_qm_main)")
    assert "the oldest lines of this day are not kept any more" in page.note.text


def test_of_too_many_lines_the_first_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 50)
    monkeypatch.setattr(module, "_LET_GO", 10)
    model = LogModel()
    model.append(made(60))
    assert model.rowCount() == 60
    model.append(made(1, first=60))
    assert (model.rowCount(), model.line(0).position) == (50, 11)
    assert model.is_full


def test_the_columns_of_a_state_log_stand_below_each_other() -> None:
    row = "0\t2026-11-23 20:00:00+01:00\t\tbackup\tdocs\tfs\tFULL\t1\tSF1\t2\t3\t4\twhy"
    head = (
        "state\tstart\tend\tkind\tname\tclient\ttype\tjob\tsaveset\tfiles\tbytes\tstored\tmessage"
    )
    found, titles = columns_of(row), columns_of(head)
    assert found.startswith("0     11-23 20:00:00  ")
    assert found.index("backup") == titles.index("kind")
    assert found.index("why") == titles.index("message")
    assert columns_of("no columns") == "no columns"
