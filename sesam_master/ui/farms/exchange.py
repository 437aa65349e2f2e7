"""Takes the farms of this desk to others by a file, and theirs to this one."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from sesam_master.core.control_source import ControlSource
from sesam_master.core.farm_transfer import ImportMode, plan_import
from sesam_master.core.farms import Farms
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.farms.desk import FarmDesk
from sesam_master.ui.farms.import_window import ImportWindow
from sesam_master.ui.notices import notice
from sesam_master.ui.theme import ThemeHolder

KINDS = "Farms (*.json)"
PROPOSED = "farms.json"


class FarmExchange(QObject):
    """`said` carries a line for the messages."""

    said = Signal(str)

    def __init__(
        self, holder: ThemeHolder, bridge: Bridge, gateway: ControlSource, farms: FarmDesk
    ) -> None:
        super().__init__()
        self._holder, self._bridge, self._gateway, self._farms = holder, bridge, gateway, farms
        self._parent: QWidget | None = None

    def attach(self, parent: QWidget) -> None:
        """The window that dialogs belong to."""
        self._parent = parent

    def export(self) -> None:
        """Asks where to, and writes."""
        path, _kind = QFileDialog.getSaveFileName(self._parent, "Export farms", PROPOSED, KINDS)
        if path:
            self.export_to(path)

    def export_to(self, path: str) -> None:
        """Writes a copy; it has no address, credential or passphrase in it."""
        self._bridge.ask(
            self._gateway.export_farms(path),
            self,
            lambda _nothing: self.said.emit(f"The farms were written to {path}."),
            lambda error: self.said.emit(notice(error, "export the farms").text),
        )

    def choose_import(self) -> None:
        """Asks for a file, and shows what it would change."""
        path, _kind = QFileDialog.getOpenFileName(self._parent, "Import farms", "", KINDS)
        if path:
            self.preview(path)

    def preview(self, path: str) -> None:
        """Shows what taking over that file would change."""
        self._bridge.ask(
            self._gateway.read_farms(path),
            self,
            lambda farms: self._show(farms, path),
            lambda error: self.said.emit(notice(error, "import the farms").text),
        )

    def _show(self, there: Farms, path: str) -> None:
        window = ImportWindow(self._holder, self._bridge, there, path, self._parent)

        def take(mode: ImportMode) -> None:
            self._farms.change(
                f"import farms from {Path(path).name}",
                lambda farms: plan_import(farms, there, mode).result,
                lambda _farms: _closed(window),
                window.show_problem,
            )

        window.wanted.connect(take)
        window.show()


def _closed(window: QWidget) -> None:
    window.close()
