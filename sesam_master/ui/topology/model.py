"""The tree of farms, locations, clients and tasks as a lazy item model over the fleet."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from sesam_master.core.farms import ROOT
from sesam_master.core.fleet import Fleet, FleetChange
from sesam_master.core.states import Connection
from sesam_master.ui.topology.nodes import Filter, Kind, Layout, Node, Scope, is_dark
from sesam_master.ui.topology.rows import RowTexts, TreeRow

DRAGGED = "application/x-sesam-place"  # a line: what it is, and its id
_DRAGGABLE = (Kind.FARM, Kind.LOCATION, Kind.STRANGER)
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class TreeRole(IntEnum):
    """ROW carries a TreeRow, SELECTION a Selection. Qt makes plain text of a lone StrEnum."""

    ROW = Qt.ItemDataRole.UserRole + 1
    SELECTION = Qt.ItemDataRole.UserRole + 2


class TopologyModel(QAbstractItemModel):
    """Rows are made when a view asks for them; `data` reads the fleet each time.

    Changes come in through `take`. Rows below a collapsed one are not announced: the view says
    what is expanded with `set_expanded`.

    `move_wanted`: a farm (True) or location (False), its id, and the farm it is to lie in.
    `rename_wanted`: the id of a farm, and its new name. Nothing changes here until the fleet does.
    """

    move_wanted = Signal(bool, str, str)
    rename_wanted = Signal(str, str)

    def __init__(
        self, fleet: Fleet, now: Callable[[], datetime], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._fleet = fleet
        self._now = now
        self._filter = Filter()
        self._texts = RowTexts(fleet, now)
        self._layout = Layout(fleet, self._filter)
        self.is_editable = True
        self._root = Node(Kind.ROOT, "", "", None, is_expanded=True)
        self._locations: dict[str, Node] = {}
        self._farms: dict[str, Node] = {}
        self._shown_ages: dict[str, str] = {}
        self._load(self._root)

    # -- what the panel does

    def set_filter(self, shown: Filter) -> None:
        self._filter = shown
        self._layout = Layout(self._fleet, shown)
        self._sync_tree(self._root)

    def set_expanded(self, index: Index, is_expanded: bool) -> None:
        """The view expanded or collapsed a row."""
        self._node(index).is_expanded = is_expanded

    def take(self, change: FleetChange) -> None:
        """Follows a change of the fleet."""
        if change.locations_listed:
            self._texts.renew()
        self._layout = Layout(self._fleet, self._filter)
        regrouped = change.locations_listed or self._scope_moved(change)
        if regrouped:
            self._sync_tree(self._root)
        contents = {i for i, _ in change.clients | change.tasks} | change.pictures
        for location_id in contents:
            if (node := self._locations.get(location_id)) is not None:
                self._sync_tree(node)
        touched = contents | change.connections | change.processes | {i for i, _ in change.jobs}
        for location_id in self._locations.copy() if change.locations_listed else touched:
            self._refresh_location(location_id)
        self._refresh_tasks(change)
        if regrouped or change.connections:
            self._announce(self._root.children[0] if self._root.children else self._root)
        if self._texts.touch(touched) or regrouped:
            self._refresh_farms()

    def refresh_ages(self) -> None:
        """Time passed: rows of dark locations show how long they are dark."""
        for location_id, node in self._locations.items():
            state = self._fleet.locations.get(location_id)
            if state is not None and not state.is_live:
                age = self._texts.side(node)
                if self._shown_ages.get(location_id) != age:
                    self._shown_ages[location_id] = age
                    self._announce(node)

    def scope_counts(self) -> dict[Scope, int]:
        """How many locations each scope would show."""
        states = self._fleet.locations.values()
        return {
            Scope.ALL: len(states),
            Scope.TROUBLE: sum(state.is_in_trouble for state in states),
            Scope.DARK: sum(is_dark(state) for state in states),
        }

    # -- Qt's side

    def index(self, row: int, column: int, parent: Index = _NOWHERE) -> QModelIndex:
        children = self._node(parent).children
        if column != 0 or children is None or not 0 <= row < len(children):
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: Index = _NOWHERE) -> QModelIndex:  # type: ignore[override]
        if not index.isValid():
            return QModelIndex()
        return self._index_of(self._node(index).parent)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        if parent.column() > 0:
            return 0
        return len(self._node(parent).children or ())

    def columnCount(self, _parent: Index = _NOWHERE) -> int:
        return 1

    def hasChildren(self, parent: Index = _NOWHERE) -> bool:
        if parent.column() > 0:
            return False
        node = self._node(parent)
        if node.children is not None:
            return bool(node.children)
        return bool(self._layout.keys(node))

    def canFetchMore(self, parent: Index) -> bool:
        return self._node(parent).children is None and self.hasChildren(parent)

    def fetchMore(self, parent: Index) -> None:
        if self.canFetchMore(parent):
            self._load(self._node(parent))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        node, texts = self._node(index), self._texts
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return texts.text(node)
        if role == TreeRole.ROW:
            return texts.row(node)
        if role == TreeRole.SELECTION:
            return texts.selection(node)
        if role == Qt.ItemDataRole.ToolTipRole:
            return texts.tooltip(node)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return texts.sentence(node)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not self.is_editable:
            return flags
        kind = self._node(index).kind if index.isValid() else Kind.ROOT
        if kind in _DRAGGABLE:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        if kind in (Kind.ROOT, Kind.ALL, Kind.FARM):
            flags |= Qt.ItemFlag.ItemIsDropEnabled
        if kind is Kind.FARM:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        node = self._node(index)
        is_name = role == Qt.ItemDataRole.EditRole and node.kind is Kind.FARM
        if is_name and str(value).strip() not in ("", self._texts.text(node)):
            self.rename_wanted.emit(node.name, str(value))
        return False

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [DRAGGED]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Of the one row that is dragged."""
        data = QMimeData()
        node = self._node(indexes[0])
        kind = "farm" if node.kind is Kind.FARM else "location"
        data.setData(DRAGGED, f"{kind} {node.name}".encode())
        return data

    def canDropMimeData(
        self, data: QMimeData, _action: Qt.DropAction, _row: int, _column: int, parent: Index
    ) -> bool:
        if not data.hasFormat(DRAGGED):
            return False
        farms, target = self._fleet.farms, self._farm_of(self._node(parent))
        is_farm, dragged = _dragged(data)
        if target is None:
            return False
        if is_farm:
            is_inside = target != ROOT and dragged in farms.above(target)
            return dragged in farms.farms and not is_inside
        place = farms.places.get(dragged)
        return place is not None and place.farm != target

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Never true: the view would remove what is only moved when the fleet says so."""
        target = self._farm_of(self._node(parent))
        if target is not None and self.canDropMimeData(data, action, row, column, parent):
            self.move_wanted.emit(*_dragged(data), target)
        return False

    def farm_index(self, farm_id: str) -> QModelIndex:
        """The row of a farm; invalid if it is not there."""
        return self._index_of(self._farms.get(farm_id))

    def _farm_of(self, node: Node) -> str | None:
        if node.kind is Kind.FARM:
            return node.name
        return ROOT if node.kind in (Kind.ROOT, Kind.ALL) else None

    # -- changes of rows

    def _scope_moved(self, change: FleetChange) -> bool:
        """What a text finds does not depend on heartbeats."""
        renamed = bool(change.pictures or change.clients or change.tasks)
        if self._filter.scope is Scope.ALL:
            return bool(self._filter.text) and renamed
        return renamed or bool(change.connections or change.jobs or change.processes)

    def _refresh_location(self, location_id: str) -> None:
        node = self._locations.get(location_id)
        state = self._fleet.locations.get(location_id)
        if node is None or state is None:
            return
        shown = self._texts.row(node)
        if shown != node.shown:
            was_live = isinstance(node.shown, TreeRow) and node.shown.sign is Connection.ON
            node.shown = shown
            self._announce(node)
            if was_live != state.is_live:
                self._announce_tasks(node)

    def _refresh_farms(self) -> None:
        for node in self._farms.values():
            shown = self._texts.row(node)
            if shown != node.shown:
                node.shown = shown
                self._announce(node)

    def _refresh_tasks(self, change: FleetChange) -> None:
        for location_id, job_id in change.jobs:
            node = self._locations.get(location_id)
            state = self._fleet.locations.get(location_id)
            job = state.picture.jobs.get(job_id) if state and state.picture else None
            if node is not None and job is not None:
                self._announce_tasks(node, job.task)

    def _announce_tasks(self, location: Node, name: str | None = None) -> None:
        for group in location.children or ():
            for client in group.children or ():
                for task in client.children or ():
                    if name is None or task.name == name:
                        self._announce(task)

    def _announce(self, node: Node) -> None:
        if node.parent is not None and node.is_exposed:
            index = self._index_of(node)
            self.dataChanged.emit(index, index)

    # -- rows

    def _node(self, index: Index) -> Node:
        if not index.isValid():
            return self._root
        node = index.internalPointer()
        assert isinstance(node, Node)
        return node

    def _index_of(self, node: Node | None) -> QModelIndex:
        if node is None or node.parent is None:
            return QModelIndex()
        return self.createIndex(node.row, 0, node)

    def _load(self, node: Node) -> None:
        node.children = []
        self._sync_children(node)

    def _sync_tree(self, node: Node) -> None:
        """Brings the rows that were made below a node up to date."""
        if node.children is None:
            # A view learns that a row got its first child only by the child's arrival.
            if node.kind in (Kind.CLIENTS, Kind.CLIENT) and node.is_exposed:
                self._load(node)
            return
        self._sync_children(node)
        for child in node.children:
            self._sync_tree(child)

    def _sync_children(self, node: Node) -> None:
        wanted = self._layout.keys(node)
        self._drop(node, set(wanted))
        kept = [child.key for child in node.children or ()]
        places = {key: place for place, key in enumerate(wanted)}
        in_order: list[tuple[Kind, str]] = []
        for key in kept:
            if not in_order or places[key] > places[in_order[-1]]:
                in_order.append(key)
        self._drop(node, set(in_order))
        present, row = set(in_order), 0
        while row < len(wanted):
            end = row
            while end < len(wanted) and wanted[end] not in present:
                end += 1
            if end > row:
                self._insert(node, row, wanted[row:end])
            row = end + 1

    def _drop(self, node: Node, kept: set[tuple[Kind, str]]) -> None:
        children = node.children or []
        for row in range(len(children) - 1, -1, -1):
            child = children[row]
            if child.key in kept:
                continue
            self.beginRemoveRows(self._index_of(node), row, row)
            del children[row]
            self._number(node, row)
            self._forget(child)
            self.endRemoveRows()

    def _forget(self, node: Node) -> None:
        """A row that is gone, with the farms and locations below it."""
        rows = self._farms if node.kind is Kind.FARM else self._locations
        if rows.get(node.name) is node:
            del rows[node.name]
        if node.kind is Kind.FARM:
            for child in node.children or ():
                self._forget(child)

    def _insert(self, node: Node, row: int, keys: list[tuple[Kind, str]]) -> None:
        """Puts rows in front of `row`, all in one go."""
        new = [
            Node(kind, name if kind is Kind.LOCATION else node.location_id, name, node)
            for kind, name in keys
        ]
        self.beginInsertRows(self._index_of(node), row, row + len(new) - 1)
        children = node.children if node.children is not None else []
        children[row:row] = new
        self._number(node, row)
        for child in new:
            if child.kind in (Kind.LOCATION, Kind.FARM):
                child.shown = self._texts.row(child)
                rows = self._locations if child.kind is Kind.LOCATION else self._farms
                rows[child.name] = child
        self.endInsertRows()

    def _number(self, node: Node, first: int) -> None:
        children = node.children or []
        for row in range(first, len(children)):
            children[row].row = row


def _dragged(data: QMimeData) -> tuple[bool, str]:
    """Whether it is a farm, and its id."""
    kind, _, key = bytes(data.data(DRAGGED).data()).decode().partition(" ")
    return kind == "farm", key
