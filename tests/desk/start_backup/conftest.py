"""The dialog that starts backups, over four locations in memory."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.core.acts import Stage
from sesam_master.core.start import BackupOrder
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.start_backup.dialog import StartBackupDialog
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
from tests.fakes.plan import empty_plan

NAMES = ("Boulder", "Hamburg", "Lyon", "Sevilla")


BERLIN = ZoneInfo("Europe/Berlin")


Open = Callable[..., StartBackupDialog]


@pytest.fixture
def now() -> list[datetime]:
    """The desk's clock; a test may set another."""
    return [NOW]


@pytest.fixture
def open_dialog(
    holder: ThemeHolder,
    bridge: Bridge,
    gateway: MemoryGateway,
    qtbot: QtBot,
    now: list[datetime],
) -> Open:
    """Over four locations, the last one of them dark."""
    list_locations(bridge, *NAMES)
    for name in NAMES:
        bring_up(bridge, name, [job(name, 1, task="home"), job(name, 2, task="mail")])
        gateway.plans.setdefault(name, empty_plan(name))
    take_down(bridge, "Sevilla")

    def open_for(selection: Selection | None = None) -> StartBackupDialog:
        selection = selection or Selection(tasks=tuple((name, "home") for name in NAMES))
        dialog = StartBackupDialog(
            holder, bridge, gateway, selection, zone=BERLIN, clock=lambda: now[0]
        )
        QAbstractItemModelTester(
            dialog.model, QAbstractItemModelTester.FailureReportingMode.Fatal, dialog
        )
        qtbot.addWidget(dialog)
        dialog.show()
        pump()
        return dialog

    return open_for


def stages(dialog: StartBackupDialog) -> list[Stage]:
    return [start.stage for start in dialog.presenter.actor.acts.values()]


def cell(dialog: StartBackupDialog, row: int, key: str) -> str:
    place = [column.key for column in dialog.model.columns].index(key)
    return str(dialog.model.index(row, place).data())


def orders(gateway: MemoryGateway) -> list[tuple[BackupOrder, str]]:
    return [call[2:] for call in gateway.calls if call[0] == "order_backup"]  # type: ignore[misc]


def choose(dialog: StartBackupDialog, text: str) -> None:
    """An entry of what can be started, as a person chooses it."""
    combo = dialog.form.what
    [place] = [at for at in range(combo.count()) if text in combo.itemText(at)]
    combo.setCurrentIndex(place)
    combo.activated.emit(place)
