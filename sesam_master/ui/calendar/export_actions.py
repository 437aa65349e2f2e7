"""The menu of exports: asks for a file and writes it whole or not at all."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QIODevice, QObject, QSaveFile
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from sesam_master.ui.calendar.export import ExportError, csv_text, sheet_image
from sesam_master.ui.calendar.presenter import CalendarPresenter
from sesam_master.ui.calendar.sheet_view import SheetView
from sesam_master.ui.calendar.words import month_title


class ExportActions(QObject):
    """`actions` by what they make. A failure is said where the person asked."""

    def __init__(self, page: QWidget, sheet: SheetView, presenter: CalendarPresenter) -> None:
        super().__init__(page)
        self._page = page
        self._sheet = sheet
        self._presenter = presenter
        self.actions = {
            "csv": self._action("As a table (CSV)", lambda: self._ask("csv", self.write_csv)),
            "png": self._action("As a picture (PNG)", lambda: self._ask("png", self.write_png)),
        }

    def write_csv(self, path: Path) -> None:
        """Raises ExportError."""
        text = csv_text(self._presenter.view(), self._presenter.reasons())
        # With the mark that tells spreadsheets which encoding it is.
        _write(path, lambda device: device.write(text.encode("utf-8-sig")) >= 0)

    def write_png(self, path: Path) -> None:
        """Raises ExportError."""
        image = sheet_image(self._sheet)
        _write(path, lambda device: image.save(device, "PNG"))  # type: ignore[call-overload]

    def _ask(self, ending: str, write: Callable[[Path], None]) -> None:
        name = month_title(self._presenter.view()).replace(" ", "-").lower()
        proposed = f"calendar-{name}.{ending}"
        chosen, _kind = QFileDialog.getSaveFileName(
            self._page, "Export the calendar", proposed, f"{ending.upper()} (*.{ending})"
        )
        if not chosen:
            return
        try:
            write(Path(chosen))
        except ExportError as error:
            QMessageBox.warning(self._page, "Export the calendar", str(error))

    def _action(self, text: str, run: Callable[[], None]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(run)
        return action


def _write(path: Path, write: Callable[[QIODevice], bool]) -> None:
    file = QSaveFile(str(path))
    if file.open(QIODevice.OpenModeFlag.WriteOnly) and write(file) and file.commit():
        return
    reason = file.errorString()
    file.cancelWriting()
    raise ExportError(f"{path} cannot be written: {reason}. Choose another place.")
