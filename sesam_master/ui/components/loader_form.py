"""The form of a loader."""

from PySide6.QtWidgets import QLineEdit, QWidget

from sesam_master.core.components import Loader, LoaderKind
from sesam_master.core.path_text import path_bytes, path_text
from sesam_master.ui.components.form import FieldsForm
from sesam_master.ui.objects.fields import CalmChoice, caption
from sesam_master.ui.objects.lines_field import LinesField
from sesam_master.ui.theme import ThemeHolder

_NO_TAPE = "-"  # an empty line would say nothing
_DEVICE_WORDS = (
    "On the agent's machine: of directories the one that holds slots and drives, of a changer its "
    "device, such as /dev/sg3. It has to be there: the location looks into it when this is saved."
)
_STORES_WORDS = (
    "One for each drive, drive 0 first: removable ones, of which each is the path under which what "
    "is loaded into that drive can be reached. A tape without a file system cannot be written."
)
_TAPES_WORDS = (
    "Of a changer, one for each drive: mt tells it to let its medium go before mtx moves that. "
    "A - stands for a drive that needs none; empty: no drive needs one."
)


class LoaderForm(FieldsForm):
    """Its drives are lines: what stands in the first is of drive 0."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__(holder, Loader(""))
        self.kind = CalmChoice(
            (("Directories", LoaderKind.VIRTUAL), ("SCSI changer (mtx)", LoaderKind.MTX))
        )
        self.device = QLineEdit()
        self.device.setProperty("mono", True)
        self.device.setPlaceholderText("/srv/box")
        self.stores = LinesField(holder, "Data stores of its drives", "Box_0", 3)
        self.tapes = LinesField(holder, "Tape devices of its drives", "/dev/nst0", 2)
        self.marked = {
            "name": self.name,
            "kind": self.kind,
            "device": self.device,
            "data_stores": self.stores,
            "tape_devices": self.tapes,
            "comment": self.comment,
        }
        self.rows.add("Name", self.name)
        self.rows.add("Made of", self.kind)
        self.rows.add("Device", self.device)
        self.rows.addRow("", caption(_DEVICE_WORDS))
        self.rows.add("Data stores", self.stores)
        self.rows.addRow("", caption(_STORES_WORDS))
        self.rows.add("Tape devices", self.tapes)
        self.rows.addRow("", caption(_TAPES_WORDS))
        self.rows.add("Comment", self.comment)
        self.kind.currentIndexChanged.connect(lambda _at: self._change_kind())
        self.device.textChanged.connect(self._change_device)
        self.stores.written.connect(
            lambda lines: self.put(data_stores=tuple(map(str.strip, lines)))
        )
        self.tapes.written.connect(lambda lines: self.put(tape_devices=_devices(lines)))

    def fill(self, loader: Loader) -> None:
        self.kind.choose(loader.kind)
        if self.is_other or self._path() not in (None, loader.device):
            self.device.setText(path_text(loader.device))
            self.device.setCursorPosition(0)
        if self.is_other or tuple(map(str.strip, self.stores.lines())) != loader.data_stores:
            self.stores.show_lines(loader.data_stores)
        if self.is_other or _devices(self.tapes.lines()) != loader.tape_devices:
            self.tapes.show_lines([tape or _NO_TAPE for tape in loader.tape_devices])
        self.tapes.setEnabled(loader.kind is LoaderKind.MTX or bool(loader.tape_devices))

    def first_field(self) -> QWidget:
        return self.device

    def _change_kind(self) -> None:
        kind = self.kind.value()
        if kind is not None:
            self.put(kind=kind)

    def _path(self) -> bytes | None:
        """None while what stands there means nothing."""
        try:
            return path_bytes(self.device.text())
        except ValueError:
            return None

    def _change_device(self) -> None:
        path = self._path()
        if path is None:
            words = r"Device: write a backslash as \\, and a byte that is no text as \xE4."
            self.put_typed("device", words)
        else:
            self.put(device=path)


def _devices(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Without those at the end that say nothing."""
    found = ["" if line.strip() == _NO_TAPE else line.strip() for line in lines]
    while found and not found[-1]:
        found.pop()
    return tuple(found)
