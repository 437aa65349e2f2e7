"""The tree of locations, clients and tasks as a lazy item model over the fleet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from sesam_master.core.fleet import Fleet, FleetChange, LocationState
from sesam_master.core.states import (
    CONNECTION_WORDS,
    SEVERITY,
    WORDS,
    Connection,
    JobState,
)
from sesam_master.core.wanted_media import wanted_labels
from sesam_master.ui.actions import Selection
from sesam_master.ui.formatting import age_between
from sesam_master.ui.topology.nodes import Filter, Kind, Node, Scope, child_keys
from sesam_master.ui.topology.tips import location_tip, task_tip

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class TreeRole(IntEnum):
    """ROW carries a TreeRow, SELECTION a Selection. Qt makes plain text of a lone StrEnum."""

    ROW = Qt.ItemDataRole.UserRole + 1
    SELECTION = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A row as the delegate paints it. `counts` are worst first; `side` is the text at the right:
    an age for what is dark, else a number of things below. `wanted`: how many media its jobs wait
    for, which somebody has to put in. `is_dark`: its location is not proved
    now, so ended results and counts stay, as of that age, but nothing newer is known."""

    kind: Kind
    text: str
    sign: Connection | JobState | None
    counts: tuple[tuple[JobState, int], ...]
    side: str
    is_dark: bool = False
    wanted: int = 0


class TopologyModel(QAbstractItemModel):
    """Rows are made when a view asks for them; `data` reads the fleet each time.

    Changes come in through `take`. Rows below a collapsed one are not announced: the view says
    what is expanded with `set_expanded`.
    """

    def __init__(
        self, fleet: Fleet, now: Callable[[], datetime], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._fleet = fleet
        self._now = now
        self._filter = Filter()
        self._root = Node(Kind.ROOT, "", "", None, is_expanded=True)
        self._locations: dict[str, Node] = {}
        self._shown_ages: dict[str, str] = {}
        self._load(self._root)

    # -- what the panel does

    def set_filter(self, shown: Filter) -> None:
        self._filter = shown
        self._sync_tree(self._root)

    def set_expanded(self, index: Index, is_expanded: bool) -> None:
        """The view expanded or collapsed a row."""
        self._node(index).is_expanded = is_expanded

    def take(self, change: FleetChange) -> None:
        """Follows a change of the fleet."""
        regrouped = change.locations_listed or self._scope_moved(change)
        if regrouped:
            self._sync_tree(self._root)
        contents = {i for i, _ in change.clients | change.tasks} | change.pictures
        for location_id in contents:
            if (node := self._locations.get(location_id)) is not None:
                self._sync_tree(node)
        touched = contents | change.connections | {i for i, _ in change.jobs}
        for location_id in self._locations.copy() if change.locations_listed else touched:
            self._refresh_location(location_id)
        self._refresh_tasks(change)
        if regrouped or change.connections:
            self._announce(self._root.children[0] if self._root.children else self._root)

    def refresh_ages(self) -> None:
        """Time passed: rows of dark locations show how long they are dark."""
        for location_id, node in self._locations.items():
            state = self._fleet.locations.get(location_id)
            if state is not None and not state.is_live:
                age = self._age(node)
                if self._shown_ages.get(location_id) != age:
                    self._shown_ages[location_id] = age
                    self._announce(node)

    def scope_counts(self) -> dict[Scope, int]:
        """How many locations each scope would show."""
        states = self._fleet.locations.values()
        return {
            Scope.ALL: len(states),
            Scope.TROUBLE: sum(state.is_in_trouble for state in states),
            Scope.DARK: sum(not state.is_live for state in states),
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
        return bool(child_keys(node, self._fleet, self._filter))

    def canFetchMore(self, parent: Index) -> bool:
        return self._node(parent).children is None and self.hasChildren(parent)

    def fetchMore(self, parent: Index) -> None:
        if self.canFetchMore(parent):
            self._load(self._node(parent))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        node = self._node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(node)
        if role == TreeRole.ROW:
            return self._row(node)
        if role == TreeRole.SELECTION:
            return self._selection(node)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(node)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._sentence(node)
        return None

    # -- what a row shows

    def _row(self, node: Node) -> TreeRow:
        state = self._state(node)
        return TreeRow(
            node.kind,
            self._text(node),
            self._sign(node),
            self._counts(node),
            self._age(node),
            is_dark=state is not None and not state.is_live,
            wanted=len(self._wanted(node)),
        )

    def _text(self, node: Node) -> str:
        if node.kind is Kind.ALL:
            return "All locations"
        if node.kind is Kind.CLIENTS:
            return "Clients"
        if node.kind is Kind.COMPONENTS:
            return "Components"
        if node.kind is Kind.PLAN:
            return "Scheduling"
        state = self._state(node)
        if node.kind is Kind.LOCATION:
            return state.registration.name if state else ""
        return node.name

    def _sign(self, node: Node) -> Connection | JobState | None:
        state = self._state(node)
        if state is None:
            return None
        if node.kind is Kind.LOCATION:
            return state.shown_connection
        if node.kind is Kind.TASK:
            job = state.newest_backup(node.name)
            return state.shown_state(job) if job else JobState.NOT_PLANNED
        return None

    def _counts(self, node: Node) -> tuple[tuple[JobState, int], ...]:
        state = self._state(node)
        if node.kind is not Kind.LOCATION or state is None:
            return ()
        counts = state.trouble_counts
        return tuple((s, counts[s]) for s in SEVERITY if s in counts)

    def _wanted(self, node: Node) -> list[str]:
        """The media that jobs of a location, or of a task, wait for."""
        state = self._state(node)
        if state is None or node.kind not in (Kind.LOCATION, Kind.TASK):
            return []
        return wanted_labels(state, node.name if node.kind is Kind.TASK else "")

    def _age(self, node: Node) -> str:
        if node.kind is Kind.ALL:
            return str(len(self._fleet.locations))
        state = self._state(node)
        if node.kind is Kind.CLIENTS and state is not None and state.picture is not None:
            return str(len(state.picture.clients))
        if node.kind is not Kind.LOCATION or state is None or state.is_live:
            return ""
        return age_between(state.proof_time, self._now()) if state.proof_time else ""

    def _selection(self, node: Node) -> Selection:
        if node.kind is Kind.TASK:
            return Selection(node.location_id, ((node.location_id, node.name),))
        client = node.name if node.kind is Kind.CLIENT else ""
        return Selection(node.location_id, client=client)

    def _tooltip(self, node: Node) -> str | None:
        state = self._state(node)
        if state is None:
            return None
        if node.kind is Kind.LOCATION:
            return location_tip(state, self._now())
        if node.kind is Kind.TASK:
            return task_tip(state, node.name, self._now())
        return None

    def _sentence(self, node: Node) -> str:
        parts = [self._text(node)]
        sign = self._sign(node)
        if isinstance(sign, Connection):
            parts.append(CONNECTION_WORDS[sign])
        elif sign is not None:
            parts.append(WORDS[sign])
        parts += [f"{number} {WORDS[state]}" for state, number in self._counts(node)]
        parts += [f"wants the medium {label}" for label in self._wanted(node)]
        age = self._age(node)
        is_old = node.kind is Kind.LOCATION and age
        return ", ".join(part for part in (*parts, f"as of {age} ago" if is_old else age) if part)

    def _state(self, node: Node) -> LocationState | None:
        return self._fleet.locations.get(node.location_id)

    # -- changes of rows

    def _scope_moved(self, change: FleetChange) -> bool:
        """What a text finds does not depend on heartbeats."""
        renamed = bool(change.pictures or change.clients or change.tasks)
        if self._filter.scope is Scope.ALL:
            return bool(self._filter.text) and renamed
        return renamed or bool(change.connections or change.jobs)

    def _refresh_location(self, location_id: str) -> None:
        node = self._locations.get(location_id)
        state = self._fleet.locations.get(location_id)
        if node is None or state is None:
            return
        shown = self._row(node)
        if shown != node.shown:
            was_live = isinstance(node.shown, TreeRow) and node.shown.sign is Connection.ON
            node.shown = shown
            self._announce(node)
            if was_live != state.is_live:
                self._announce_tasks(node)

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
        wanted = child_keys(node, self._fleet, self._filter)
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
            for gone in [child, *(child.children or [])]:
                if self._locations.get(gone.location_id) is gone:
                    del self._locations[gone.location_id]
            self.endRemoveRows()

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
        for location in (n for n in new if n.kind is Kind.LOCATION):
            location.shown = self._row(location)
            self._locations[location.location_id] = location
        self.endInsertRows()

    def _number(self, node: Node, first: int) -> None:
        children = node.children or []
        for row in range(first, len(children)):
            children[row].row = row
