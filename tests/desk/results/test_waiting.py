"""Rows keep their places while a person reads, and the page says what waits."""

from dataclasses import replace

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from sesam_master.core.results_groups import Grouping
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.results.rows import ResultRow
from tests.desk.results.conftest import settle
from tests.desk.results.memory import NOW, MemoryGateway, job, progress, report


def test_rows_that_wait_are_counted_as_new_and_not_as_shown(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    def total(group_key: str) -> int:
        [group] = [group for group in page.facets.groups if group.key == group_key]
        return sum(int(facet.count) for facet in group.facets if facet.count.isdigit())

    page.model.set_held(True)
    new = [job("Hamburg", n, JobState.QUEUED) for n in (50, 51, 52)]
    gateway.history["Hamburg"] += new
    report(bridge, *new)
    settle(qtbot, page)
    assert len(page.model.records) == 22
    assert page.bar.sentence.text.startswith("22 of 25 results shown, 3 new, press F5.  Not in")
    assert page.news.text() == "3 new, press F5"
    assert total("location") == 25
    assert total("state") == 25 + 1  # and what Sevilla had open when it went dark

    page.model.set_held(False)
    assert len(page.model.records) == 25
    assert page.bar.sentence.text.startswith("25 of 25 results shown.  Not in")
    assert page.news.isHidden()


def test_a_row_that_is_read_stays_when_it_matches_no_more(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    running = next(job for job in gateway.history["Hamburg"] if job.is_open)
    del gateway.history["Boulder"][-1]
    page.facets.changed.emit("state", "active", True)
    settle(qtbot, page)
    page.table.select_key(running.key)
    page.table.setFocus()
    ended = replace(running, state=JobState.OK, end_time=NOW)
    gateway.history["Hamburg"][-1] = ended
    report(bridge, ended)
    qtbot.waitUntil(lambda: page.news.text() == "1 change, press F5", timeout=3000)
    settle(qtbot, page)
    assert [row.job.key for row in page.model.records] == [running.key]
    assert page.table.isVisible()
    assert page.bar.sentence.text.startswith("1 of 21 results shown.")

    page.news.click()
    assert page.empty.isVisible()
    assert page.bar.sentence.text.startswith("0 of 21 results shown.")
    page.refresh()
    settle(qtbot, page)
    assert page.empty.isVisible()
    assert page.bar.sentence.text.startswith("0 of 21 results shown.")

    page.empty.findChild(QPushButton).setFocus()
    again = job("Hamburg", 60, JobState.ACTIVE)
    gateway.history["Hamburg"].append(again)
    report(bridge, again)
    qtbot.waitUntil(page.table.isVisible, timeout=3000)
    assert page.focusWidget() is page.table


def test_a_row_that_is_read_stays_in_its_group_when_it_matches_no_more(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    running = next(job for job in gateway.history["Hamburg"] if job.is_open)
    page.bar.grouping_chosen.emit(Grouping.TASK)
    page.facets.changed.emit("state", "active", True)
    settle(qtbot, page)
    page.bar.all_opened.emit(True)
    settle(qtbot, page)
    assert page.bar.sentence.text.startswith("1 group with 2 of 22 results.")
    page.table.select_key(running.key)
    page.table.setFocus()
    ended = replace(running, state=JobState.OK, end_time=NOW)
    gateway.history["Hamburg"][-1] = ended
    report(bridge, ended)
    settle(qtbot, page)
    assert page.news.text() == "1 change, press F5"
    rows = [row for row in page.model.records if isinstance(row, ResultRow)]
    assert {(row.location, row.state) for row in rows} == {
        ("Boulder", JobState.ACTIVE),
        ("Hamburg", JobState.OK),
    }
    assert page.bar.sentence.text.startswith("1 group with 2 of 22 results")

    page.refresh()
    settle(qtbot, page)
    assert page.bar.sentence.text.startswith("1 group with 1 of 22 results.")


def test_a_running_job_is_counted_once_when_a_filter_hides_it(
    page: ResultsPage, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    page.facets.changed.emit("state", "queued", True)
    settle(qtbot, page)
    before = page.bar.sentence.text
    assert before.startswith("0 of 22 results shown.")
    page.refresh()
    settle(qtbot, page)
    running = next(job for job in gateway.history["Hamburg"] if job.is_open)
    report(bridge, replace(running, progress=progress(200)))
    settle(qtbot, page)
    assert page.bar.sentence.text == before
