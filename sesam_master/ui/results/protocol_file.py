"""Saves the whole protocol of a job to a file, however long it is."""

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from PySide6.QtCore import QIODevice, QObject, QSaveFile

from sesam_master.core.gateway import FleetGateway, ProtocolPage
from sesam_master.core.records import Job
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.protocol import line_text


class ProtocolFile(QObject):
    """One file that is being written, page after page; there wholly or not at all.

    `ended` gets the number of lines and "", or what happened.
    """

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        zone: tzinfo,
        ended: Callable[[int, str, Exception | None], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._gateway = gateway
        self._zone = zone
        self._ended = ended
        self._lines = 0

    def write(self, job: Job, path: Path) -> None:
        """Begin; `ended` is called once."""
        self._job = job
        self._file = QSaveFile(str(path))
        if not self._file.open(QIODevice.OpenModeFlag.WriteOnly):
            self._end(self._unwritten())
            return
        self._ask()

    def _ask(self) -> None:
        call = self._gateway.protocol(self._job.location_id, self._job.id, self._lines)
        self._bridge.ask(call, self, self._take, lambda error: self._end("", error))

    def _take(self, page: ProtocolPage) -> None:
        text = "".join(line_text(line, self._zone, is_dated=True) + "\n" for line in page.lines)
        self._file.write(text.encode("utf-8", "surrogateescape"))
        self._lines += len(page.lines)
        if page.more and page.lines:
            self._ask()
        elif page.more:
            self._end("The location breaks off before the end. Nothing was saved; try again.")
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
