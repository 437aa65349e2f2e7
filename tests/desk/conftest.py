"""Theme, bridge and a fleet in memory for the tests of the desk's screens."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.desk.results.memory import MemoryGateway
from tests.fakes.gateway import run_at_once


@pytest.fixture
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Destroys what the test made, and fails it if a timer still runs without an owner."""
    yield
    # Qt holds a key for pressed that a test has clicked another one with.
    QTest.keyRelease(QWidget(), Qt.Key.Key_Control)
    assert qapp.keyboardModifiers() == Qt.KeyboardModifier.NoModifier
    for widget in qapp.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [timer for timer in qapp.findChildren(QTimer) if timer.isActive()]
    assert not left


@pytest.fixture
def holder(nothing_left: None, qapp: QApplication) -> ThemeHolder:
    return ThemeHolder(qapp, ThemeMode.LIGHT)


@pytest.fixture
def gateway() -> MemoryGateway:
    return MemoryGateway()


@pytest.fixture
def bridge(nothing_left: None, qapp: QApplication) -> Iterator[Bridge]:
    """Its questions end at once."""
    bridge = Bridge(run_at_once)
    yield bridge
    bridge.close()
