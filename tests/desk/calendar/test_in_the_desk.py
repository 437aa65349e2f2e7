"""The calendar in the window: action, tree, protocol, start, keys, settings, changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pytest
from PySide6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.errors import Trouble
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.registry import KeepingError
from sesam_master.core.results_groups import Grouping
from sesam_master.core.settings import Settings
from sesam_master.core.sheet import CellChange, RowKind, Sheet
from sesam_master.core.sheet_shown import shown_state
from sesam_master.core.states import JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.period import Length
from sesam_master.ui.desk import Desk
from sesam_master.ui.start_backup.dialog import StartBackupDialog
from sesam_master.ui.theme import ThemeHolder
from tests.desk.calendar.conftest import LETTERS, settle
from tests.desk.calendar.site import NOW, OPEN_DAY, SiteSource, row, sheet
from tests.desk.results.memory import MemoryGateway, bring_up, job, list_locations, take_down


class CalendarGateway(MemoryGateway):
    """A fleet in memory whose calendar is that of a site."""

    site: SiteSource

    async def sheet(self, location_id: str, first: date, last: date) -> Sheet:
        return await self.site.sheet(location_id, first, last)

    async def occurrences(
        self, location_id: str, from_time: datetime, to_time: datetime
    ) -> Sequence[Occurrence]:
        return await self.site.occurrences(location_id, from_time, to_time)


@pytest.fixture
def gateway() -> CalendarGateway:
    made = CalendarGateway()
    rows = [row(name, letters) for name, letters in LETTERS.items()]
    rows.append(row("NEWDAY", "0" * 22 + "p" * 8, RowKind.NEWDAY))
    made.site = SiteSource(sheets={name: sheet(name, rows) for name in ("Boulder", "Hamburg")})
    return made


@pytest.fixture
def desk(holder: ThemeHolder, bridge: Bridge, gateway: CalendarGateway, qtbot: QtBot) -> Desk:
    list_locations(bridge, "Boulder", "Hamburg")
    for name in ("Boulder", "Hamburg"):
        gateway.history[name] = [job(name, n, task=task) for n, task in enumerate(LETTERS)]
        bring_up(bridge, name, gateway.history[name])
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")
    qtbot.addWidget(desk.window)
    desk.window.resize(1280, 800)
    desk.window.show()
    desk.actions.qaction("calendar").trigger()
    settle(qtbot, desk.calendar)
    return desk


def state_today(desk: Desk, location: str, name: str) -> JobState:
    view = desk.calendar.presenter.view()
    place = view.span.place(view.today)
    assert place is not None
    [found] = [r for r in view.rows if r.place.name == location and r.row.name == name]
    return shown_state(found.cells[place])


def choose_today(desk: Desk, *names: str) -> None:
    """The rectangle from the first to the last of these rows of Boulder."""
    view = desk.calendar.sheet.view
    lines = [getattr(getattr(line, "row", None), "name", "") for line in view.lines]
    place = view.span.place(view.today)
    assert place is not None
    for number, name in enumerate(names):
        desk.calendar.sheet.choose((lines.index(name), place), extends=number > 0)


def test_the_action_brings_the_tab_to_the_front(desk: Desk) -> None:
    action = desk.actions.qaction("calendar")
    assert action.shortcut() == QKeySequence("Ctrl+3")
    assert desk.window.current_page is desk.calendar
    assert state_today(desk, "Boulder", "home") is JobState.ACTIVE


def test_the_tree_narrows_until_the_chip_goes(desk: Desk, qtbot: QtBot) -> None:
    desk.tree.selected.emit(Selection("Hamburg", (("Hamburg", "mail"),), client="fs-01"))
    settle(qtbot, desk.calendar)
    [only] = desk.calendar.presenter.view().rows
    assert only.key == ("Hamburg", RowKind.BACKUP, "mail")
    desk.tree.selected.emit(Selection("Hamburg"))
    settle(qtbot, desk.calendar)
    assert len(desk.calendar.presenter.view().rows) == 4
    desk.calendar.bar.part_removed.emit("locations")
    settle(qtbot, desk.calendar)
    assert len(desk.calendar.presenter.view().rows) == 8
    assert desk.tree.tree.currentIndex() == desk.tree.model.index(0, 0)


def test_the_tool_bar_starts_the_chosen_tasks_but_no_newday(desk: Desk) -> None:
    choose_today(desk, "archive", "NEWDAY")
    wanted = [("Boulder", name) for name in ("archive", "home", "mail")]
    assert list(desk.actions.selection.tasks) == wanted
    desk.actions.qaction("start_backup").trigger()
    dialog = desk.window.findChild(StartBackupDialog)
    assert dialog is not None
    assert [(one.location_id, one.task) for one in dialog.presenter.actor.acts] == wanted
    choose_today(desk, "NEWDAY")
    assert desk.actions.selection == desk.tree.selection()


def test_the_protocol_of_a_run_opens_in_the_results(
    desk: Desk, gateway: CalendarGateway, qtbot: QtBot
) -> None:
    old = replace(job("Boulder", 400, JobState.ERROR, task="mail"), message="disk full")
    gateway.history["Boulder"].append(old)
    desk._open_job("Boulder", "400")
    assert ("job", "Boulder", "400") in gateway.calls
    qtbot.waitUntil(lambda: desk.window.current_page is desk.results, timeout=3000)
    assert desk.results.drawer.row is not None
    assert desk.results.drawer.row.job == old
    assert desk.results.drawer.isVisible()


def test_a_job_of_the_picture_is_opened_without_asking(
    desk: Desk, gateway: CalendarGateway, bridge: Bridge
) -> None:
    take_down(bridge, "Boulder")
    gateway.calls.clear()
    desk._open_job("Boulder", "1")
    assert desk.results.drawer.row is not None
    assert desk.results.drawer.row.job.key == ("Boulder", "1")
    assert not [call for call in gateway.calls if call[0] == "job"]


def test_f5_asks_again(desk: Desk, gateway: CalendarGateway, qtbot: QtBot) -> None:
    gateway.site.calls.clear()
    desk.actions.qaction("refresh").trigger()
    settle(qtbot, desk.calendar)
    assert sorted(map(str, gateway.site.asked("sheet"))) == ["Boulder", "Hamburg"]


class MemorySettings:
    def __init__(self) -> None:
        self.kept = Settings()

    def load(self) -> Settings:
        return self.kept

    def save(self, settings: Settings) -> None:
        if settings == self.kept:
            raise KeepingError("nothing is new")
        self.kept = settings


def test_the_look_is_kept_with_the_settings(desk: Desk) -> None:
    store = MemorySettings()
    desk.calendar.bar.length_chosen.emit(Length.YEAR)
    desk.calendar.sheet.set_zoom(8)
    desk.now.group.chosen.emit(Grouping.FARM)
    desk.keep_look(store)
    desk.calendar.bar.length_chosen.emit(Length.MONTH)
    desk.now.group.chosen.emit(Grouping.NONE)
    desk.look_as(store.load())
    assert desk.calendar.sheet.zoom == 8
    assert desk.calendar.presenter.period.length is Length.YEAR
    assert desk.now.group.text() == "Group: farm"


def changed(cells: Sequence[CellChange] = (), **fields: object) -> ObjectsChanged:
    by_key = {cell.key: cell for cell in cells}
    return ObjectsChanged("Boulder", NOW, cells=by_key, **fields)  # type: ignore[arg-type]


def cell(state: JobState, runs: int, task: str = "home") -> CellChange:
    return CellChange(RowKind.BACKUP, task, "fs-01", OPEN_DAY, state, runs)


def test_the_watch_changes_cells_newest_first(desk: Desk, bridge: Bridge, qtbot: QtBot) -> None:
    bridge.deliver(changed([cell(JobState.ACTIVE, 1), cell(JobState.OK, 1, "mail")], revision=2))
    bridge.deliver(changed([cell(JobState.ERROR, 2)], revision=3))
    bridge.drain()
    settle(qtbot, desk.calendar)
    assert state_today(desk, "Boulder", "home") is JobState.ERROR
    assert state_today(desk, "Boulder", "mail") is JobState.OK
    bridge.deliver(changed([cell(JobState.OK, 3)], revision=1))  # older than the sheet
    bridge.drain()
    assert state_today(desk, "Boulder", "home") is JobState.ERROR


def test_many_changes_of_the_plan_are_one_question(
    desk: Desk, bridge: Bridge, gateway: CalendarGateway, qtbot: QtBot
) -> None:
    gateway.site.calls.clear()
    for _ in range(5):
        bridge.deliver(changed(is_plan_changed=True))
        bridge.drain()
    qtbot.waitUntil(lambda: gateway.site.asked("sheet") == ["Boulder"], timeout=4000)


def test_a_location_that_is_back_is_unknown_until_its_sheet_came(
    desk: Desk, bridge: Bridge, gateway: CalendarGateway, qtbot: QtBot
) -> None:
    take_down(bridge, "Boulder")
    assert state_today(desk, "Boulder", "home") is JobState.UNKNOWN
    gateway.site.troubles["Boulder"] = Trouble.NO_ANSWER
    bring_up(bridge, "Boulder", gateway.history["Boulder"])
    settle(qtbot, desk.calendar)
    assert state_today(desk, "Boulder", "home") is JobState.UNKNOWN
    assert desk.calendar.presenter.reasons()["Boulder"] == "did not answer"
    assert desk.calendar.presenter.coverage().covered == 1
    gateway.site.troubles.clear()
    desk.calendar.refresh()
    settle(qtbot, desk.calendar)
    assert state_today(desk, "Boulder", "home") is JobState.ACTIVE
