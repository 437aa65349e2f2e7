"""The walk without a display shows every page, and leaves no window open."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master import tour
from sesam_master.core.components import Loader, LoaderKind
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.rows import ComponentKind
from sesam_master.ui.desk import Desk
from sesam_master.ui.objects.page import ObjectsPage
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.start_backup.dialog import StartBackupDialog
from sesam_master.ui.theme import ThemeHolder
from tests.desk.components.conftest import site
from tests.desk.plan.conftest import HERE, site_plan
from tests.desk.results.memory import NOW, MemoryGateway, bring_up, job, list_locations, pump

PAGES = (
    *("backups", "calendar", "now", "remote-server"),
    *("clients", "tasks", "data-stores", "loaders", "drives", "media-pools", "media"),
    *("schedules", "events", "task-groups", "restore", "start-backup"),
)


@pytest.mark.timeout(300)
def test_it_takes_every_page_in_both_themes(
    holder: ThemeHolder,
    bridge: Bridge,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tour, "PAGE_SECONDS", 0.1)
    there = replace(site(), loaders=(Loader("Box", LoaderKind.VIRTUAL, b"/srv/box", ("Box_0",)),))
    gateway = MemoryGateway(
        plans={HERE: site_plan(), "Lab": site_plan()}, sites={HERE: there, "Lab": there}
    )
    list_locations(bridge, HERE, "Lab")
    for name in (HERE, "Lab"):
        bring_up(bridge, name, [job(name, 1), job(name, 2)])
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")
    qtbot.addWidget(desk.window)
    desk.window.show()
    pump()
    edited: list[str] = []
    opened: list[str] = []

    def note(*_: object) -> None:
        page = desk.window.current_page
        if isinstance(page, ObjectsPage) and page.presenter.draft is not None:
            edited.append(page.presenter.kind.value)
        for window in QApplication.topLevelWidgets():
            if isinstance(window, StartBackupDialog) and window.isVisible():
                opened.extend(window.form.what.itemText(0).splitlines())

    holder.changed.connect(note)
    told = tour.Tour(desk, holder, bridge).walk(tmp_path, 800, 600)

    for name in PAGES:
        for theme in ("light", "dark"):
            file = tmp_path / f"{name}-{theme}.png"
            assert str(file) in told
            assert not QImage(str(file)).isNull()
    assert set(edited) == {kind.value for kind in (*ComponentKind, *PlanKind)}
    assert "4 chosen tasks at 2 locations" in opened
    assert not any(
        isinstance(window, StartBackupDialog) and window.isVisible()
        for window in QApplication.topLevelWidgets()
    )
