"""The theme of the GUI tests, and a bridge whose questions end at once."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.fakes.gateway import FakeGateway, run_at_once


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Destroys what the test made, and fails it if a timer still runs without an owner."""
    yield
    for widget in qapp.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [timer for timer in qapp.findChildren(QTimer) if timer.isActive()]
    assert not left


@pytest.fixture
def holder(qapp: QApplication) -> ThemeHolder:
    return ThemeHolder(qapp, ThemeMode.LIGHT)


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
def bridge(qapp: QApplication) -> Iterator[Bridge]:
    bridge = Bridge(run_at_once)
    yield bridge
    bridge.close()
