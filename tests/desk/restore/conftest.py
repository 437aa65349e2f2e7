"""Theme, bridge and a fleet in memory."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.desk.results.memory import MemoryGateway
from tests.fakes.gateway import run_at_once


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Destroys what the test made."""
    yield
    for widget in qapp.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def holder(qapp: QApplication) -> ThemeHolder:
    return ThemeHolder(qapp, ThemeMode.LIGHT)


@pytest.fixture
def gateway() -> MemoryGateway:
    return MemoryGateway()


@pytest.fixture
def bridge(qapp: QApplication) -> Iterator[Bridge]:
    bridge = Bridge(run_at_once)
    yield bridge
    bridge.close()
