"""The tabs of the drawer: protocol with search, listing by directory, earlier runs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.gateway import ProtocolPart
from sesam_master.core.records import JobKind, Level, ProtocolLine
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.drawer import LISTING, POST, PRE, PROTOCOL, RUNS
from sesam_master.ui.results.earlier_runs import change_text
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import NOW, entry, job, pump, report, saveset, take_down
from tests.desk.results.site import SiteGateway, open_page, settle


@pytest.fixture
def gateway() -> SiteGateway:
    return SiteGateway(page_size=50, lines_per_page=500)


@pytest.fixture
def page(holder: ThemeHolder, bridge: Bridge, gateway: SiteGateway, qtbot: QtBot) -> ResultsPage:
    gateway.protocols["Hamburg", "20"] = [
        ProtocolLine(
            NOW + timedelta(seconds=n),
            {40: Level.WARNING, 80: Level.ERROR}.get(n, Level.INFO),
            "READ",
            f"reads user{n % 30}",
        )
        for n in range(120)
    ]
    made = open_page(holder, bridge, gateway, qtbot)
    name = saveset("Hamburg", 1).name
    ended = replace(gateway.history["Hamburg"][0], saveset=name)
    gateway.history["Hamburg"][0] = ended
    gateway.all_savesets["Hamburg"] = [saveset("Hamburg", 1)]
    gateway.listing = {
        b"": [entry(b"/srv", children=2)],
        b"/srv": [entry(b"/srv/home", children=2), entry(b"/srv/notes")],
        b"/srv/home": [entry(b"/srv/home/a"), entry(b"/srv/home/b\n")],
    }
    made.refresh()
    settle(qtbot, made)
    made.activateWindow()
    return made


def show(page: ResultsPage, qtbot: QtBot, key: tuple[str, str], tab: int | None = None) -> None:
    assert page.table.select_key(key)
    if tab is not None:
        page.drawer.tabs.setCurrentIndex(tab)
    pump()
    qtbot.waitUntil(lambda: page.drawer.isVisible(), timeout=2000)


def names(page: ResultsPage) -> list[str]:
    model = page.drawer.listing.model
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_pre_and_post_say_why_they_are_empty(page: ResultsPage, qtbot: QtBot) -> None:
    show(page, qtbot, ("Hamburg", "20"))
    tabs = page.drawer.tabs
    assert [tabs.tabText(n) for n in range(tabs.count())] == [
        "Info",
        "Protocol",
        "Pre",
        "Post",
        "Listing",
        "Earlier runs",
    ]
    for place, words in (
        (PRE, "sbc_pre did not run for this job"),
        (POST, "sbc_post did not run for this job"),
    ):
        assert tabs.isTabEnabled(place)
        show(page, qtbot, ("Hamburg", "20"), place)
        note = page.drawer.outputs[place].note
        qtbot.waitUntil(lambda note=note, words=words: note.text == words, timeout=2000)


def test_what_pre_said_is_shown_when_somebody_looks(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    gateway.outputs["Hamburg", "20", ProtocolPart.PRE] = [
        ProtocolLine(NOW, Level.INFO, "OUTPUT", "dumping"),
        ProtocolLine(NOW, Level.ERROR, "RESULT", "sbc_pre reported an error: no database"),
    ]
    show(page, qtbot, ("Hamburg", "20"))
    lines = page.drawer.outputs[PRE].view.lines
    assert lines.rowCount() == 0
    show(page, qtbot, ("Hamburg", "20"), PRE)
    qtbot.waitUntil(lambda: lines.rowCount() == 2, timeout=2000)
    show(page, qtbot, ("Hamburg", "16"))
    qtbot.waitUntil(lambda: lines.rowCount() == 0, timeout=2000)


def test_only_backups_have_pre_and_post(page: ResultsPage, qtbot: QtBot) -> None:
    show(page, qtbot, ("Hamburg", "20"), PRE)
    row = page.drawer.row
    assert row is not None
    page.drawer.open(replace(row, job=replace(row.job, kind=JobKind.RESTORE)))
    tabs = page.drawer.tabs
    assert (tabs.isTabEnabled(PRE), tabs.isTabEnabled(POST)) == (False, False)
    assert tabs.currentIndex() == PROTOCOL
    assert tabs.tabToolTip(PRE) == "Only backups have a program before and after them"


def test_the_listing_is_browsed_by_directory_and_nothing_can_be_ticked(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    show(page, qtbot, ("Hamburg", "20"))
    assert not [call for call in gateway.calls if call[0] == "entries"]
    show(page, qtbot, ("Hamburg", "20"), LISTING)
    qtbot.waitUntil(lambda: names(page) == ["srv", "home", "notes"], timeout=2000)
    page.drawer.focus()
    view, model = page.drawer.listing.view, page.drawer.listing.model
    view.setCurrentIndex(model.index(1, 0))
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert not model.tree.choice().words.startswith("1")
    assert model.index(1, 0).data(Qt.ItemDataRole.CheckStateRole) is None
    qtbot.keyClick(view, Qt.Key.Key_Right)
    pump()
    assert names(page) == ["srv", "home", "a", "b\\n", "notes"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (("Hamburg", "30"), "The listing is complete when the backup has ended."),
        (("Hamburg", "16"), "This run left no saveset, so there is no listing."),
    ],
)
def test_where_there_is_no_listing_it_says_why(
    page: ResultsPage, qtbot: QtBot, key: tuple[str, str], words: str
) -> None:
    show(page, qtbot, key, LISTING)
    qtbot.waitUntil(lambda: page.drawer.listing.note.text == words, timeout=2000)
    assert not page.drawer.listing.view.isVisible()


def test_the_earlier_runs_show_what_changed(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    ours = gateway.history["Hamburg"]
    ours[1] = replace(ours[1], size_bytes=ours[1].size_bytes // 2)
    show(page, qtbot, ("Hamburg", "20"), RUNS)
    runs = page.drawer.runs
    qtbot.waitUntil(lambda: runs.model.rowCount() == 7, timeout=2000)
    assert {run.row.job.task for run in runs.model.records} == {"home"}
    chosen = runs.table.selected_records()
    assert [run.row.job.id for run in chosen] == ["20"]
    assert chosen[0].change.size == 1.0
    column = next(c for c in runs.model.columns if c.key == "size_change")
    assert column.text(chosen[0]) == "+100\N{NO-BREAK SPACE}%"
    runs.table.record_activated.emit(runs.model.record(2))
    pump()
    assert page.drawer.row is not None
    assert page.drawer.row.job.id == runs.model.record(2).row.job.id


def test_a_run_that_a_person_chose_stays_chosen_while_others_report(
    page: ResultsPage, bridge: Bridge, qtbot: QtBot
) -> None:
    show(page, qtbot, ("Hamburg", "20"), RUNS)
    runs = page.drawer.runs
    qtbot.waitUntil(lambda: runs.model.rowCount() == 7, timeout=2000)
    runs.table.selectRow(3)
    report(bridge, job("Boulder", 77, JobState.QUEUED))
    settle(qtbot, page)
    assert [i.row() for i in runs.table.selectionModel().selectedRows()] == [3]


def test_a_dark_location_cannot_be_asked_for_its_runs(
    page: ResultsPage, bridge: Bridge, qtbot: QtBot
) -> None:
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    show(page, qtbot, ("Hamburg", "20"), RUNS)
    words = "Hamburg is dark: the earlier runs cannot be read now."
    qtbot.waitUntil(lambda: page.drawer.runs.note.text == words, timeout=2000)


def test_runs_that_cannot_be_read_say_why_and_are_asked_for_again(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    gateway.troubles["Hamburg"] = Trouble.NO_ANSWER
    show(page, qtbot, ("Hamburg", "20"), RUNS)
    note = page.drawer.runs.note
    qtbot.waitUntil(lambda: "Cannot read the earlier runs" in note.text, timeout=2000)
    gateway.troubles.clear()
    page.drawer.tabs.setCurrentIndex(LISTING)
    page.drawer.tabs.setCurrentIndex(RUNS)
    qtbot.waitUntil(lambda: page.drawer.runs.model.rowCount() == 7, timeout=2000)


@pytest.mark.parametrize("tab", [RUNS, LISTING])
def test_a_drawer_that_was_closed_shows_nothing_of_the_result_before(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot, tab: int
) -> None:
    show(page, qtbot, ("Hamburg", "20"), tab)
    drawer = page.drawer
    qtbot.waitUntil(lambda: drawer.runs.model.rowCount() + len(names(page)) > 0, timeout=2000)
    drawer.close_job()
    show(page, qtbot, ("Hamburg", "18"))
    if tab == RUNS:
        qtbot.waitUntil(lambda: drawer.runs.model.rowCount() == 3, timeout=2000)
        assert {run.row.job.task for run in drawer.runs.model.records} == {"etc"}
    else:
        words = "This run left no saveset, so there is no listing."
        qtbot.waitUntil(lambda: drawer.listing.note.text == words, timeout=2000)
        assert names(page) == []


def test_a_text_is_found_forwards_and_backwards(page: ResultsPage, qtbot: QtBot) -> None:
    show(page, qtbot, ("Hamburg", "20"))
    page.drawer.pane.view.setFocus()
    qtbot.keyClick(page.drawer.pane.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    finder, view = page.drawer.pane.finder, page.drawer.pane.view
    assert finder.field.hasFocus()
    qtbot.keyClicks(finder.field, "USER7")
    qtbot.keyClick(finder.field, Qt.Key.Key_Return)
    assert view.currentIndex().row() == 7
    assert finder.count.text() == "1 of 4"
    qtbot.keyClick(finder.field, Qt.Key.Key_Return)
    assert view.currentIndex().row() == 37
    qtbot.keyClick(view, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert view.currentIndex().row() == 97  # round the end
    finder.field.setText("nobody")
    qtbot.waitUntil(lambda: finder.count.text() == "none", timeout=2000)
    assert not finder.after.isEnabled()


def test_the_next_warning_or_error_is_one_key_away(page: ResultsPage, qtbot: QtBot) -> None:
    show(page, qtbot, ("Hamburg", "20"))
    view = page.drawer.pane.view
    rows = []
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key.Key_F8)
        rows.append(view.currentIndex().row())
    assert rows == [40, 80, 40]
    show(page, qtbot, ("Hamburg", "30"))
    assert not page.drawer.pane.finder.trouble.isEnabled()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, ""),
        (0.004, "="),
        (0.12, "+12\N{NO-BREAK SPACE}%"),
        (-0.3, "\N{MINUS SIGN}30\N{NO-BREAK SPACE}%"),
        (3.2, "×4.2"),
        (419.0, "×420"),
    ],
)
def test_a_change_in_words(share: float | None, text: str) -> None:
    assert change_text(share) == text
