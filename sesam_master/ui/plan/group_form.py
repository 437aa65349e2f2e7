"""The form of a task group: its tasks, in the order in which they are queued."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSignalBlocker,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.plan import Plan, TaskGroup
from sesam_master.ui.icons import icon
from sesam_master.ui.objects.fields import FormRows, caption, show_text
from sesam_master.ui.plan.schedule_form import NAME_STAYS
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.search_field import SearchField

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
ROW = 25


class TaskChecklist(QAbstractListModel):
    """All tasks of a location: first the chosen ones in their order, then the others by name.

    `edited` carries the names of the chosen ones after each change by a person.
    """

    edited = Signal(object)

    def __init__(self, holder: ThemeHolder, parent: QObject) -> None:
        super().__init__(parent)
        self._holder = holder
        self._clients: Mapping[str, str] = {}
        self._chosen: list[str] = []
        self._places: dict[str, int] = {}  # of the chosen ones; every row asks for its own
        self._rows: list[str] = []

    @property
    def chosen(self) -> tuple[str, ...]:
        return tuple(self._chosen)

    def show_tasks(self, clients: Mapping[str, str], chosen: Iterable[str]) -> None:
        """Nothing is told. Rows stay where they are while a person ticks them."""
        wanted = list(chosen)
        if clients == self._clients and wanted == self._chosen:
            return
        self._clients = dict(clients)
        self._choose(wanted)
        self.beginResetModel()
        taken = set(wanted)
        self._rows = [*wanted, *(name for name in clients if name not in taken)]
        self.endResetModel()

    def move(self, row: int, step: int) -> int:
        """A chosen task earlier or later in the queue; the row in which it stands then."""
        name = self._rows[row]
        place = self._places.get(name)
        if place is None:
            return row
        target = place + step
        if not 0 <= target < len(self._chosen):
            return row
        chosen = list(self._chosen)
        chosen[place], chosen[target] = chosen[target], chosen[place]
        self.layoutAboutToBeChanged.emit()
        self._choose(chosen)
        self._rows = [*chosen, *(each for each in self._rows if each not in self._places)]
        self.layoutChanged.emit()
        self.edited.emit(self.chosen)
        return self._rows.index(name)

    def _choose(self, names: list[str]) -> None:
        self._chosen = names
        self._places = {name: place for place, name in enumerate(names)}

    # -- Qt's side

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        name = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            client = self._clients.get(name)
            number = f"{self._places[name] + 1}. " if name in self._places else ""
            return f"{number}{name}, {client or 'not at this location'}"
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(0, self._holder.fonts.px(ROW))
        if role == Qt.ItemDataRole.CheckStateRole:
            is_on = name in self._places
            return Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        name = self._rows[index.row()]
        if Qt.CheckState(value) is Qt.CheckState.Checked:
            if name not in self._places:
                self._choose([*self._chosen, name])
        elif name in self._places:
            self._choose([each for each in self._chosen if each != name])
        self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
        self.edited.emit(self.chosen)
        return True

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable


class GroupForm(QWidget):
    """`edited` carries the group after each change. `side` is its checklist, to stand beside it."""

    edited = Signal(object)
    problem = ""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._group = TaskGroup("")
        self._clients: Mapping[str, str] = {}
        self.name = QLineEdit()
        self.comment = QLineEdit()
        self.tasks = TaskChecklist(holder, self)
        self._found = QSortFilterProxyModel(self)
        self._found.setSourceModel(self.tasks)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = SearchField(holder, "Search tasks and clients")
        self.list = QListView()
        self.total = QLabel()
        self.up = QPushButton(icon("arrow-up", holder), "Earlier")
        self.down = QPushButton(icon("arrow-down", holder), "Later")
        self.side = QWidget()
        self._lay_out(holder)
        self._wire()

    def set_choices(self, _plan: Plan, clients: Mapping[str, str]) -> None:
        """The tasks of the location with their clients."""
        self._clients = clients
        self.tasks.show_tasks(clients, self._group.tasks)
        self._count()

    def show_item(self, group: TaskGroup, *, is_new: bool) -> None:
        """Nothing is told."""
        self._group = group
        blockers = [QSignalBlocker(field) for field in (self.name, self.comment)]
        show_text(self.name, group.name)
        show_text(self.comment, group.comment)
        del blockers
        self.tasks.show_tasks(self._clients, group.tasks)
        self.name.setEnabled(is_new)
        self.name.setToolTip("" if is_new else NAME_STAYS)
        self._count()

    def focus_first(self) -> None:
        """Where writing begins."""
        field: QWidget = self.name if self.name.isEnabled() else self.search
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self, holder: ThemeHolder) -> None:
        rows = FormRows(holder)
        rows.add("Name", self.name)
        rows.add("Comment", self.comment)
        rows.addRow("", caption("Its tasks are queued in the order in which they were ticked."))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(rows)
        column.addStretch(1)
        self.list.setModel(self._found)
        self.list.setUniformItemSizes(True)
        self.list.setProperty("padded", True)
        self.list.setAccessibleName("Tasks of the group")
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.total.setProperty("role", "secondary")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.search, 1)
        head.addWidget(self.total)
        head.addWidget(self.up)
        head.addWidget(self.down)
        side = QVBoxLayout(self.side)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(6)
        side.addLayout(head)
        side.addWidget(self.list, 1)
        self.up.setToolTip("Queue the chosen task earlier (Alt+Up)")
        self.down.setToolTip("Queue the chosen task later (Alt+Down)")

    def _wire(self) -> None:
        self.name.textChanged.connect(lambda text: self._put(name=text.strip()))
        self.comment.textChanged.connect(lambda text: self._put(comment=text))
        self.tasks.edited.connect(lambda names: self._put(tasks=names))
        self.search.textChanged.connect(self._found.setFilterFixedString)
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        for keys, step in (("Alt+Up", -1), ("Alt+Down", 1)):
            shortcut = QShortcut(QKeySequence(keys), self.list)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda step=step: self._move(step))

    def _move(self, step: int) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            row = self.tasks.move(self._found.mapToSource(index).row(), step)
            self.list.setCurrentIndex(self._found.mapFromSource(self.tasks.index(row)))

    def _count(self) -> None:
        self.total.setText(f"{len(self.tasks.chosen)} of {self.tasks.rowCount()}")

    def _put(self, **changes: Any) -> None:
        self._group = replace(self._group, **changes)
        self._count()
        self.edited.emit(self._group)
