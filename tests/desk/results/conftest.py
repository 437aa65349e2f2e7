"""The results page over three locations in memory, one of them dark."""

from zoneinfo import ZoneInfo

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    progress,
    pump,
    take_down,
)

Asked = list[tuple[object, ...]]


@pytest.fixture
def asked() -> Asked:
    return []


@pytest.fixture
def page(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot, asked: Asked
) -> ResultsPage:
    list_locations(bridge, "Boulder", "Hamburg", "Sevilla")
    for name in ("Boulder", "Hamburg", "Sevilla"):
        gateway.history[name] = [job(name, n) for n in range(1, 10)]
        gateway.history[name].append(job(name, 20, JobState.ERROR, message="Store is full"))
        gateway.history[name].append(
            job(name, 30, JobState.ACTIVE, task="home", progress=progress(100))
        )
        if name != "Sevilla":
            bring_up(bridge, name, gateway.history[name][-2:])
    bring_up(bridge, "Sevilla", gateway.history["Sevilla"][-2:])
    take_down(bridge, "Sevilla")
    made = ResultsPage(
        holder,
        bridge,
        gateway,
        lambda *call: asked.append(("restore", *call)),
        lambda *call: asked.append(("start", *call)),
        zone=ZoneInfo("Europe/Berlin"),
        clock=lambda: NOW,
    )
    qtbot.addWidget(made)
    QAbstractItemModelTester(made.model, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    made.show()
    settle(qtbot, made)
    return made


def settle(qtbot: QtBot, page: ResultsPage) -> None:
    """Until the page shows what the presenter knows."""
    for _ in range(4):  # a page may ask for the next one when it is shown
        pump()
        qtbot.waitUntil(lambda: not page.presenter.is_behind, timeout=3000)
