"""A page "Now" over three locations in memory, one of them dark."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar_days import Occurrence
from sesam_master.core.records import (
    BackupType,
    Job,
    Phase,
    Progress,
)
from sesam_master.core.sheet import RowKind
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.job_table import JobTable
from sesam_master.ui.now.offers import NowVerbs
from sesam_master.ui.now.page import NowPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
    take_down,
)

NAMES = ("Boulder", "Hamburg", "Sevilla")
GB = 10**9


@dataclass
class NowGateway(MemoryGateway):
    """What each location plans, by its name."""

    planned: dict[str, list[Occurrence]] = field(default_factory=dict)

    async def occurrences(
        self, location_id: str, from_time: datetime, to_time: datetime
    ) -> Sequence[Occurrence]:
        self._ask("occurrences", location_id, from_time, to_time)
        found = self.planned.get(location_id, [])
        return [one for one in found if from_time <= one.planned_time < to_time]


@dataclass
class Clock:
    """The desk's clock, that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def running(name: str, number: int, done: int, total: int | None, **values: object) -> Job:
    """Runs for ten minutes."""
    phase = Phase.SCAN if total is None else Phase.TRANSFER
    made = job(
        name,
        number,
        JobState.ACTIVE,
        type=BackupType.FULL,
        drive="Drive_1",
        create_time=NOW - timedelta(minutes=10, seconds=-number),
        start_time=NOW - timedelta(minutes=10),
        progress=Progress(phase, 3, None, done, total, 0, "/srv/a"),
    )
    return replace(made, **values)  # type: ignore[arg-type]


def waiting(name: str, number: int, minutes: float = 1, **values: object) -> Job:
    since = NOW - timedelta(minutes=minutes)
    made = job(name, number, JobState.QUEUED, create_time=since, planned_time=since, priority=1)
    return replace(made, **values)  # type: ignore[arg-type]


def earlier(name: str, number: int, task: str, minutes: float) -> Job:
    begin = NOW - timedelta(days=number)
    return job(
        name,
        number,
        task=task,
        type=BackupType.FULL,
        create_time=begin,
        start_time=begin,
        end_time=begin + timedelta(minutes=minutes),
        size_bytes=100 * GB,
    )


def planned(name: str, task: str, minutes: float, state: JobState = JobState.PLANNED) -> Occurrence:
    moment = NOW + timedelta(minutes=minutes)
    return Occurrence(
        name, f"of {task}", moment, task, RowKind.BACKUP, task, "fs", state, "2026-11-23"
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gateway() -> NowGateway:
    return NowGateway(page_size=256)


@pytest.fixture
def done() -> list[tuple[object, ...]]:
    return []


@pytest.fixture
def page(
    holder: ThemeHolder,
    bridge: Bridge,
    gateway: NowGateway,
    qtbot: QtBot,
    clock: Clock,
    done: list[tuple[object, ...]],
) -> NowPage:
    """Without any work yet."""
    list_locations(bridge, *NAMES)
    for name in NAMES:
        bring_up(bridge, name)
    take_down(bridge, "Sevilla")
    verbs = NowVerbs(
        lambda tasks: done.append(("start", *tasks)),
        lambda location_id, job_id: done.append(("job", location_id, job_id)),
    )
    made = NowPage(holder, bridge, gateway, verbs, zone=ZoneInfo("Europe/Berlin"), clock=clock)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    settle(qtbot, made)
    return made


def settle(qtbot: QtBot, page: NowPage) -> None:
    """Until the page shows what the presenters know; an answer may bring another question."""
    presenter, coming = page.presenter, page.coming

    def is_calm() -> bool:
        is_asking = presenter.runs.is_asking or coming.asking
        return not (is_asking or presenter.is_behind or coming.is_behind)

    for _ in range(3):
        pump()
        qtbot.waitUntil(is_calm, timeout=3000)


def texts(table: JobTable, title: str) -> list[str]:
    """The column with this title, from the first row to the last."""
    model, role = table.model(), Qt.ItemDataRole.AccessibleTextRole
    across = Qt.Orientation.Horizontal
    titles = [model.headerData(n, across, role) for n in range(model.columnCount())]
    place = titles.index(title)
    return [str(model.index(row, place).data()) for row in range(model.rowCount())]


def numbers(page: NowPage) -> str:
    return page.strip.numbers.accessibleName()


def jobs_asked(gateway: NowGateway) -> list[tuple[object, str]]:
    return [(call[1], call[2].task) for call in gateway.calls if call[0] == "jobs"]  # type: ignore[attr-defined]
