"""A walk through the desk without a display: waits for the fleet, takes pictures, prints a table.

For machines without a screen, and to look at every page in both themes at once.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from sesam_master.core.states import Connection
from sesam_master.headless import now, table
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.theme import ThemeHolder, ThemeMode

FLEET_SECONDS = 20.0  # for all locations to say how they stand
PAGE_SECONDS = 1.5  # for a page to have asked its locations; loopback answers in milliseconds
LOOK_MS = 50


class TourStopped(Exception):
    """Somebody ended the tour."""


class Tour:
    """One walk over the pages of a desk whose window is open."""

    def __init__(self, desk: Desk, holder: ThemeHolder, bridge: Bridge) -> None:
        self._desk = desk
        self._window = desk.window
        self._holder = holder
        self._bridge = bridge
        self._is_stopped = False

    def stop(self) -> None:
        """Ends the walk; it raises TourStopped."""
        self._is_stopped = True

    def walk(self, directory: Path, width: int = 1440, height: int = 900) -> str:
        """Takes the pictures and returns the fleet as a table, with the places of the pictures.

        Raises:
            TourStopped: it was ended before its end.
            OSError: the directory cannot be made, or a picture not be written in it.
        """
        directory.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=directory).close()  # fails now rather than after a minute
        self._window.resize(width, height)
        self._wait(self._is_settled, FLEET_SECONDS)
        taken = []
        for name, show in self._pages():
            show()
            self._wait(lambda: not self._bridge.fleet.locations, PAGE_SECONDS)
            for mode in (ThemeMode.LIGHT, ThemeMode.DARK):
                self._look()
                self._holder.set_mode(mode)
                QApplication.processEvents()
                file = directory / f"{name}-{mode.value}.png"
                _keep(self._window.grab(), file)
                taken.append(file)
        shots = "\n".join(f"  {file}" for file in taken)
        return f"{table(self._bridge.fleet, now())}\nPictures:\n{shots}"

    def _pages(self) -> list[tuple[str, Callable[[], None]]]:
        pages = [
            ("backups", self._show_results),
            ("calendar", lambda: self._desk.actions.qaction("calendar").trigger()),
            ("now", lambda: self._desk.actions.qaction("now").trigger()),
            ("remote-server", lambda: self._desk.actions.qaction("remote_server").trigger()),
        ]
        task = self._first_task()
        if task is not None:
            pages.append(("restore", lambda: self._desk.open_restore(*task)))
        return pages

    def _show_results(self) -> None:
        """Backups by state, with the newest result open."""
        self._desk.actions.qaction("results").trigger()
        self._wait(
            lambda: self._desk.results.model.rowCount() > 0 or not self._bridge.fleet.locations,
            PAGE_SECONDS,
        )
        self._desk.results.table.selectRow(0)

    def _first_task(self) -> tuple[str, None, str] | None:
        for location_id, state in self._bridge.fleet.locations.items():
            for name in sorted(state.picture.tasks) if state.picture else ():
                return location_id, None, name
        return None

    def _is_settled(self) -> bool:
        fleet = self._bridge.fleet
        return fleet.is_listed and all(
            state.picture is not None
            if state.connection is Connection.ON
            else state.connection is not Connection.STALE
            for state in fleet.locations.values()
        )

    def _wait(self, is_there: Callable[[], bool], seconds: float) -> None:
        """Lets the program go on until something is there or the time is up."""
        loop = QEventLoop()
        deadline = time.monotonic() + seconds

        def look() -> None:
            if self._is_stopped or is_there() or time.monotonic() > deadline:
                loop.quit()

        timer = QTimer()
        timer.timeout.connect(look)
        timer.start(LOOK_MS)
        loop.exec()
        timer.stop()
        self._look()

    def _look(self) -> None:
        if self._is_stopped:
            raise TourStopped


def _keep(picture: QPixmap, file: Path) -> None:
    """Qt only says that it did not write a file; Python says why."""
    content = QBuffer()
    content.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(content, "PNG")
    file.write_bytes(content.data().data())
