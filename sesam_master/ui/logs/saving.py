"""Saves a log to a file, however long it is."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QIODevice, QObject, QSaveFile

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.logs import LogPage, LogQuery
from sesam_master.ui.bridge import Bridge


class LogFileWriter(QObject):
    """One file that is being written, page after page; there wholly or not at all.

    `ended` gets the number of lines and "", or what happened.
    """

    def __init__(
        self,
        bridge: Bridge,
        source: FleetGateway,
        ended: Callable[[int, str, Exception | None], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._source = source
        self._ended = ended
        self._lines = 0

    def write(self, location_id: str, query: LogQuery, sesam_day: str, path: Path) -> None:
        """Begin; `ended` is called once."""
        self._what = location_id, query, sesam_day
        self._file = QSaveFile(str(path))
        if not self._file.open(QIODevice.OpenModeFlag.WriteOnly):
            self._end(self._unwritten())
            return
        self._ask(0)

    def _ask(self, position: int) -> None:
        call = self._source.read_log(*self._what, position, backward=False)
        self._bridge.ask(call, self, self._take, lambda error: self._end("", error))

    def _take(self, page: LogPage) -> None:
        text = "".join(f"{line.text}\n" for line in page.lines)
        self._file.write(text.encode("utf-8", "surrogateescape"))
        self._lines += len(page.lines)
        if not page.at_end:
            self._ask(page.end)
        elif self._file.commit():
            self._end("")
        else:
            self._end(self._unwritten())

    def _unwritten(self) -> str:
        path = self._file.fileName()
        return f"{path} cannot be written: {self._file.errorString()}. Choose another place."

    def _end(self, trouble: str, error: Exception | None = None) -> None:
        if trouble or error is not None:
            self._file.cancelWriting()
        self._ended(self._lines, trouble, error)
        self.deleteLater()
