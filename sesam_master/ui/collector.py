"""Keeps Python's garbage collector out of the way while the fleet arrives.

A full collection looks at every object there is: with 1000 locations on the way in, it holds the
window for 60 to 140 ms. Until the start is over there is none; what is there then is set aside,
so that later collections look at what is new only.
"""

import gc

from PySide6.QtCore import QObject, QTimer

START_MS = 30_000  # a fleet of 1000 is there after 1 to 2 s; slow networks may take longer


def set_aside() -> None:
    """What is there now is not looked at by later collections. Whoever calls this takes the cycles
    of what it made apart by itself; nobody else will."""
    gc.freeze()


class QuietStart(QObject):
    """No collection from now until `end`, which comes by itself after `START_MS`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.end)
        self._timer.start(START_MS)

    def end(self) -> None:
        """Collects again, from here on. To be called once more does nothing."""
        if self._timer.isActive() or not gc.isenabled():
            self._timer.stop()
            gc.freeze()
            gc.enable()
