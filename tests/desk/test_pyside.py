"""The installed PySide6 keeps its reference counts: 6.12.0 does not before Python 3.12 and aborts
the process after some hundred signals."""

import sys

from PySide6.QtCore import QObject, QTimer, Signal
from pytestqt.qtbot import QtBot


class Emitter(QObject):
    emitted = Signal()


def test_signals_and_void_calls_keep_the_reference_counts(qtbot: QtBot) -> None:
    emitter, timer = Emitter(), QTimer()
    before = sys.getrefcount(True), sys.getrefcount(None)
    for _ in range(50):
        emitter.emitted.emit()
        timer.stop()
    after = sys.getrefcount(True), sys.getrefcount(None)
    assert abs(after[0] - before[0]) < 20
    assert abs(after[1] - before[1]) < 20
