"""The calendar at a desk over a real agent: what ran, what is planned, and what nobody knows."""

import os
import signal
import tempfile
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_api.plan_records import Event, Schedule
from sesam_master.app import Program, Stores
from sesam_master.core.calendar import CalendarRow
from sesam_master.core.sheet import CODE
from sesam_master.core.sheet_shown import PLANNED_DARK, shown_state
from sesam_master.core.states import JobState
from sesam_master.local import LocalAgent, MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.ui.calendar.cursor import month_later
from sesam_master.ui.calendar.period import Length, Period
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.e2e.agent_process import AgentProcess

PATIENCE_MS = 30_000
PLANNED = {CODE[JobState.PLANNED]}


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a short path, for the agent's socket."""
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        yield Path(directory)


@pytest.fixture
def agent(place: Path) -> Iterator[AgentProcess]:
    process = AgentProcess(place / "root", place)
    process.start()
    yield process
    process.close()


def states(program: Program, task: str) -> tuple[date, dict[date, int]]:
    """The open day as the desk takes it, and the shown code of each day."""
    view = program.desk.calendar.presenter.view()
    for row in view.rows:
        if isinstance(row, CalendarRow) and row.row.name == task:
            return view.today, {view.span.day(n): code for n, code in enumerate(row.cells)}
    return view.today, {}


def today(program: Program, task: str) -> JobState | None:
    day, cells = states(program, task)
    return shown_state(cells[day]) if day in cells else None


def look_ahead(program: Program) -> None:
    """At the months around this one, so that there are days to come on its last day too."""
    presenter = program.desk.calendar.presenter
    presenter.set_period(Period(Length.QUARTER, month_later(presenter.today(), 1)))


def coming(program: Program, task: str) -> set[int]:
    """The codes of the days to come that are surely in the plan."""
    day, cells = states(program, task)
    return {code for on, code in cells.items() if day < on < day + timedelta(days=30)}


def test_the_calendar_follows_an_agent_through_its_death(
    agent: AgentProcess, place: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    tree = place / "tree"
    tree.mkdir()
    (tree / "file").write_bytes(os.urandom(10_000))
    local = LocalAgent(agent.root, {})
    registry = MemoryRegistry([local.registration])
    program = Program(
        ThemeHolder(qapp, ThemeMode.LIGHT),
        Stores(registry, MemoryCredentials(), NoPictures()),
        is_local=True,
    )
    qtbot.addWidget(program.desk.window)
    program.start()
    try:
        program.desk.actions.qaction("calendar").trigger()
        assert program.desk.window.current_page is program.desk.calendar
        look_ahead(program)
        with agent.connected() as location:
            location.add_client("local")
            location.add_task("docs", "local", [os.fsencode(tree)])
            location.add_schedule(Schedule("daily", rule="FREQ=DAILY", start_time=time(3)))
            location.add_event(Event("docs daily", "daily", "backup", task="docs", type="INC"))
            qtbot.waitUntil(lambda: coming(program, "docs") == PLANNED, timeout=PATIENCE_MS)
            location.wait(location.start_backup("docs", "FULL"))
        qtbot.waitUntil(lambda: today(program, "docs") is JobState.OK, timeout=PATIENCE_MS)
        assert coming(program, "docs") == PLANNED

        agent.end(signal.SIGKILL)
        qtbot.waitUntil(lambda: today(program, "docs") is JobState.UNKNOWN, timeout=PATIENCE_MS)
        assert coming(program, "docs") == {PLANNED_DARK}

        agent.start()
        qtbot.waitUntil(lambda: today(program, "docs") is JobState.OK, timeout=PATIENCE_MS)
        assert coming(program, "docs") == PLANNED
    finally:
        program.stop()
        local.close()
