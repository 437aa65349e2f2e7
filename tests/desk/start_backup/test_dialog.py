"""Starting tasks over locations: an outcome for each, and failed ones again."""

from dataclasses import replace

from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.records import BackupType
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.start_backup.dialog import Stage, StartBackupDialog
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    progress,
    pump,
    report,
    take_down,
)

NAMES = ("Boulder", "Hamburg", "Lyon", "Sevilla")


def _dialog(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> StartBackupDialog:
    list_locations(bridge, *NAMES)
    for name in NAMES:
        bring_up(bridge, name, [job(name, 1, task="home")])
    take_down(bridge, "Sevilla")
    dialog = StartBackupDialog(holder, bridge, gateway, [(name, "home") for name in NAMES], None)
    QAbstractItemModelTester(
        dialog.model, QAbstractItemModelTester.FailureReportingMode.Fatal, dialog
    )
    dialog.show()
    return dialog


def _stages(dialog: StartBackupDialog) -> list[Stage]:
    return [start.stage for start in dialog.presenter.starts.values()]


def test_each_start_has_its_outcome_and_only_failed_ones_are_sent_again(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    dialog = _dialog(holder, bridge, gateway, qtbot)
    assert not dialog.isModal()
    assert dialog.start.text() == "Start 3 backups"
    gateway.troubles = {"Hamburg": Trouble.REFUSED, "Lyon": Trouble.NO_ANSWER}
    dialog.full.setChecked(True)
    dialog.start.click()
    pump()
    assert _stages(dialog) == [Stage.ACCEPTED, Stage.FAILED, Stage.UNSURE, Stage.HINDERED]
    assert dialog.retry.isVisible()
    gateway.troubles.clear()
    dialog.retry.click()
    pump()
    assert _stages(dialog) == [Stage.ACCEPTED, Stage.ACCEPTED, Stage.UNSURE, Stage.HINDERED]
    sent = [call[1:] for call in gateway.calls if call[0] == "start_backup"]
    assert sent == [(n, "home", BackupType.FULL) for n in ("Boulder", "Hamburg", "Lyon", "Hamburg")]
    assert not dialog.retry.isVisible()


def test_an_accepted_start_follows_its_job_and_is_unknown_in_the_dark(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    dialog = _dialog(holder, bridge, gateway, qtbot)
    dialog.start.click()
    pump()
    queued = gateway.history["Boulder"][-1]
    report(bridge, replace(queued, state=JobState.ACTIVE, progress=progress(250)))
    row = dialog.model.row_of(("Boulder", "home"))
    assert row is not None
    assert dialog.model.index(row, 2).data() == "Running 25\N{NO-BREAK SPACE}%"
    take_down(bridge, "Boulder")
    assert dialog.model.index(row, 2).data() == "Unknown"


def test_a_location_that_comes_back_can_be_started_then(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    dialog = _dialog(holder, bridge, gateway, qtbot)
    bring_up(bridge, "Sevilla", [job("Sevilla", 1, task="home")])
    assert _stages(dialog) == [Stage.READY] * 4


def test_at_a_dark_location_alone_it_says_why_and_the_sum_tells_outcomes(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    dialog = _dialog(holder, bridge, gateway, qtbot)
    alone = StartBackupDialog(holder, bridge, gateway, [("Sevilla", "home")], None)
    qtbot.addWidget(alone)
    alone.show()
    assert not alone.start.isEnabled()
    assert alone.start.toolTip() == "Sevilla is broken; nothing can be sent to it."
    dialog.start.click()
    pump()
    for name in NAMES[:3]:
        report(bridge, replace(gateway.history[name][-1], state=JobState.OK))
    assert dialog.summary.text == "3 ok, 1 cannot start"
