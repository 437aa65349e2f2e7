"""Saves all differences of two savesets to a CSV file, however many they are."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QIODevice, QObject, QSaveFile

from sesam_master.core.finding import Difference, DifferencePage
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.path_text import path_text
from sesam_master.core.records import Entry
from sesam_master.ui.bridge import Bridge

_FACTS = ("Kind", "Size", "Changed")
HEAD = (
    *("Difference", "Path", "What"),
    *(f"{fact} before" for fact in _FACTS),
    *(f"{fact} after" for fact in _FACTS),
)


class DifferenceFile(QObject):
    """One file that is being written, page after page; there wholly or not at all. `ended` gets the
    number of differences, what went wrong at this desk ("" if nothing), and what at the location.
    """

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        location_id: str,
        ended: Callable[[int, str, Exception | None], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._gateway = gateway
        self._location_id = location_id
        self._ended = ended
        self._count = 0

    def write(self, before: str, after: str, path: Path) -> None:
        """Begin; `ended` is called once."""
        self._names = before, after
        self._file = QSaveFile(str(path))
        if not self._file.open(QIODevice.OpenModeFlag.WriteOnly):
            self._end(self._unwritten())
            return
        self._file.write("\ufeff".encode())  # tells spreadsheets which encoding it is
        self._file.write(_lines([HEAD]))
        self._ask("")

    def _ask(self, token: str) -> None:
        call = self._gateway.compare(self._location_id, *self._names, token)
        self._bridge.ask(call, self, self._take, lambda error: self._end("", error))

    def _take(self, page: DifferencePage) -> None:
        self._file.write(_lines([_row(one) for one in page.differences]))
        self._count += len(page.differences)
        if page.next_token:
            self._ask(page.next_token)
        elif self._file.commit():
            self._end("")
        else:
            self._end(self._unwritten())

    def _unwritten(self) -> str:
        name, why = self._file.fileName(), self._file.errorString()
        return f"{name} cannot be written: {why}. Choose another place."

    def _end(self, trouble: str, error: Exception | None = None) -> None:
        if trouble or error is not None:
            self._file.cancelWriting()
            self._file.commit()
        self._ended(self._count, trouble, error)


def _row(one: Difference) -> list[str]:
    what = " ".join(aspect.value.replace(" ", "-") for aspect in one.aspects)
    return [one.word, path_text(one.path), what, *_facts(one.before), *_facts(one.after)]


def _facts(entry: Entry | None) -> list[str]:
    if entry is None:
        return ["", "", ""]
    return [entry.kind.value, str(entry.size), entry.modify_time.isoformat()]


def _lines(rows: list[list[str]] | list[tuple[str, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "surrogateescape")
