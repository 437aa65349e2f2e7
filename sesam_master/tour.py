"""A walk through the desk without a display: waits for the fleet, takes pictures, prints a table.

For machines without a screen, and to look at every page in both themes at once.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from sesam_master.core.states import Connection
from sesam_master.headless import now, table
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.rows import ComponentKind
from sesam_master.ui.desk import Desk
from sesam_master.ui.objects.kinds import ObjectKind
from sesam_master.ui.objects.opening import ObjectPages
from sesam_master.ui.objects.page import ObjectsPage
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.theme import ThemeHolder, ThemeMode

FLEET_SECONDS = 20.0  # for all locations to say how they stand
PAGE_SECONDS = 1.5  # for a page to have asked its locations; loopback answers in milliseconds
MOST_TASKS = 3  # of a location in the start window
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
            shown = show()
            self._wait(lambda: not self._bridge.fleet.locations, PAGE_SECONDS)
            for mode in (ThemeMode.LIGHT, ThemeMode.DARK):
                self._look()
                self._holder.set_mode(mode)
                QApplication.processEvents()
                file = directory / f"{name}-{mode.value}.png"
                _keep(shown.grab(), file)
                taken.append(file)
            if shown is not self._window:
                shown.close()
        shots = "\n".join(f"  {file}" for file in taken)
        return f"{table(self._bridge.fleet, now())}\nPictures:\n{shots}"

    def _pages(self) -> list[tuple[str, Callable[[], QWidget]]]:
        """Each with what shows it, and returns the window that it is in."""
        pages: list[tuple[str, Callable[[], QWidget]]] = [
            ("morning", partial(self._show, "morning")),
            ("backups", self._show_results),
            ("savesets", self._show_savesets),
            ("calendar", partial(self._show, "calendar")),
            ("now", partial(self._show, "now")),
            ("remote-server", partial(self._show, "remote_server")),
        ]
        tasks = self._tasks()
        if tasks:
            location_id, name = tasks[0]
            pages += [
                (_file_name(kind), partial(self._show_list, pages_of, location_id, kind))
                for pages_of, kinds in (
                    (self._desk.components, ComponentKind),
                    (self._desk.plans, PlanKind),
                )
                for kind in kinds
            ]
            pages.append(("growth", partial(self._show_growth, location_id)))
            pages.append(("interfaces", partial(self._show_interfaces, location_id)))
            pages.append(("logs", partial(self._show_logs, location_id)))
            pages.append(("processes", partial(self._show_processes, location_id)))
            pages.append(("restore", partial(self._show_restore, location_id, name)))
            chosen = Selection(tasks=tuple(tasks))
            pages.append(("start-backup", partial(self._desk.open_start, chosen)))
        return pages

    def _show(self, action: str) -> QWidget:
        self._desk.actions.qaction(action).trigger()
        return self._window

    def _show_list(
        self, pages: ObjectPages[ObjectsPage], location_id: str, kind: ObjectKind
    ) -> QWidget:
        """Components or Scheduling, with the editor of the last one in the list open."""
        page = pages.open(location_id)
        if page is not None:
            page.show_kind(kind)
            self._wait(lambda: page.table.model().rowCount() > 0, PAGE_SECONDS)
            page.table.selectRow(page.table.model().rowCount() - 1)
        return self._window

    def _show_growth(self, location_id: str) -> QWidget:
        self._desk.growth.open(location_id)
        return self._window

    def _show_interfaces(self, location_id: str) -> QWidget:
        self._desk.interfaces.open(location_id)
        return self._window

    def _show_logs(self, location_id: str) -> QWidget:
        page = self._desk.logs.open(location_id)
        if page is not None:
            self._wait(lambda: page.view.lines.rowCount() > 0, PAGE_SECONDS)
        return self._window

    def _show_processes(self, location_id: str) -> QWidget:
        self._desk.processes.open(location_id)
        return self._window

    def _show_restore(self, location_id: str, task: str) -> QWidget:
        """Of the newest saveset if there is one; else of a task."""
        newest = self._desk.savesets.drawer.row
        if newest is not None:
            location_id, task = newest.saveset.location_id, newest.saveset.task
        self._desk.open_restore(location_id, None, task)
        return self._window

    def _show_results(self) -> QWidget:
        """Backups by state, with the newest result open."""
        self._desk.actions.qaction("results").trigger()
        self._wait(
            lambda: self._desk.results.model.rowCount() > 0 or not self._bridge.fleet.locations,
            PAGE_SECONDS,
        )
        self._desk.results.table.selectRow(0)
        return self._window

    def _show_savesets(self) -> QWidget:
        """Savesets, with the newest one open."""
        page = self._desk.savesets
        self._show("savesets")
        self._wait(lambda: page.model.rowCount() > 0, PAGE_SECONDS)
        page.table.selectRow(0)
        return self._window

    def _tasks(self) -> list[tuple[str, str]]:
        """Some of each location, with its id."""
        return [
            (location_id, name)
            for location_id, state in self._bridge.fleet.locations.items()
            for name in (sorted(state.picture.tasks)[:MOST_TASKS] if state.picture else ())
        ]

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


def _file_name(kind: ObjectKind) -> str:
    return kind.value.lower().replace(" ", "-")


def _keep(picture: QPixmap, file: Path) -> None:
    """Qt only says that it did not write a file; Python says why."""
    content = QBuffer()
    content.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(content, "PNG")
    file.write_bytes(content.data().data())
