"""Shows what taking over the farms of a file would change, before anything is done."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.farm_transfer import Aspect, Difference, Import, ImportMode, plan_import
from sesam_master.core.farms import Farms
from sesam_master.core.fleet import FleetChange
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.farms.words import change_words, conflict_words
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import CellKind, Column
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

WIDTH, HEIGHT = 760, 520
_MODES = {
    ImportMode.KEEP_HERE: (
        "Merge, and keep what is set here where the two differ",
        "Farms and locations of the file are added; tags and maintenance of both hold.",
    ),
    ImportMode.TAKE_FILE: (
        "Merge, and take what the file says where the two differ",
        "Farms and locations of the file are added; tags and maintenance of both hold.",
    ),
    ImportMode.REPLACE: (
        "Replace all farms by those of the file",
        "Locations that the file does not know lie in no farm then; what is set on them stays.",
    ),
}


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One line of the preview."""

    place: int
    kind: str
    name: str
    what: str
    is_conflict: bool


COLUMNS: list[Column[ImportRow]] = [
    Column("kind", "What", 74, lambda row: row.kind, kind=CellKind.QUIET),
    Column("name", "Name", 200, lambda row: row.name, kind=CellKind.STRONG),
    Column("change", "Change", 380, lambda row: row.what),
]


class ImportWindow(QDialog):
    """Not modal. `wanted` carries the ImportMode; the window stays open until `close`."""

    wanted = Signal(object)

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        there: Farms,
        source: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Import farms")
        self.resize(holder.fonts.px(WIDTH), holder.fonts.px(HEIGHT))
        self._fleet, self.there = bridge.fleet, there
        self.modes = {mode: QRadioButton(words[0]) for mode, words in _MODES.items()}
        self.meaning = QLabel()
        self.summary = QLabel()
        self.model: RecordTableModel[ImportRow] = RecordTableModel(
            COLUMNS, lambda row: row.place, is_stale=lambda _row: False, parent=self
        )
        self.table = RecordTableView(holder, self.model)
        self.table.setAccessibleName("What the import changes")
        self.problem = QLabel()
        self.go = QPushButton("Import")
        self.leave = QPushButton("Leave it")
        self._group = QButtonGroup(self)
        self._lay_out(source)
        for button in self.modes.values():
            self._group.addButton(button)
            button.toggled.connect(self._show)
        self.go.clicked.connect(lambda: self.wanted.emit(self.mode))
        self.leave.clicked.connect(self.close)
        self.modes[ImportMode.KEEP_HERE].setChecked(True)
        bridge.fleet_changed.connect(self._take)

    @property
    def mode(self) -> ImportMode:
        return next(mode for mode, button in self.modes.items() if button.isChecked())

    def show_problem(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _take(self, change: FleetChange) -> None:
        if change.locations_listed:
            self._show()

    def _show(self) -> None:
        plan = plan_import(self._fleet.farms, self.there, self.mode)
        self.meaning.setText(_MODES[self.mode][1])
        self.model.replace_all(_rows(plan))
        self.summary.setText(_summary(plan))
        self.go.setEnabled(bool(plan.changes))
        self.go.setToolTip("" if plan.changes else "Nothing here would change.")

    def _lay_out(self, source: str) -> None:
        said = QLabel(f"From {source}")
        said.setProperty("role", "secondary")
        said.setWordWrap(True)
        self.meaning.setProperty("role", "caption")
        self.meaning.setContentsMargins(22, 0, 0, 4)
        self.summary.setProperty("role", "heading")
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.go.setProperty("primary", True)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(self.leave)
        foot.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(6)
        column.addWidget(said)
        for button in self.modes.values():
            column.addWidget(button)
        column.addWidget(self.meaning)
        column.addWidget(self.summary)
        column.addWidget(self.table, 1)
        column.addWidget(self.problem)
        column.addLayout(foot)


def _rows(plan: Import) -> list[ImportRow]:
    """Conflicts first."""
    conflicts = [(one, conflict_words(one), True) for one in plan.conflicts]
    changes = [(one, change_words(one), False) for one in plan.changes]
    return [
        ImportRow(place, _kind(one, is_conflict), one.name, words, is_conflict)
        for place, (one, words, is_conflict) in enumerate((*conflicts, *changes))
    ]


def _kind(one: Difference, is_conflict: bool) -> str:
    if is_conflict:
        return "Conflict"
    return "Farm" if one.is_farm else "Location"


def _summary(plan: Import) -> str:
    if not plan.changes:
        told = "Nothing here would change"
    else:
        told = f"{len(plan.changes)} {_noun(len(plan.changes), 'change')}"
        new = _new(plan.changes)
        told += f", of them {new}" if new else ""
    number = len(plan.conflicts)
    return f"{told}. {number} {_noun(number, 'conflict')}." if number else f"{told}."


def _new(changes: Sequence[Difference]) -> str:
    added = [one for one in changes if one.aspect is Aspect.EXISTS and one.here is None]
    farms = sum(one.is_farm for one in added)
    places = len(added) - farms
    parts = [f"{farms} new {_noun(farms, 'farm')}"] if farms else []
    parts += [f"{places} new {_noun(places, 'location')}"] if places else []
    return " and ".join(parts)


def _noun(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"
