"""The tree at the left of the window with its filter field and scopes."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.fleet import FleetChange
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.icons import icon
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.topology.delegate import TopologyDelegate
from sesam_master.ui.topology.model import TopologyModel, TreeRole
from sesam_master.ui.topology.nodes import Filter, Kind, Scope
from sesam_master.ui.topology.tag_button import TagButton


class TopologyPanel(QWidget):
    """`selected` carries a Selection; `menu_wanted` a Selection and a global position.
    `components_wanted`, `plan_wanted`: that row of a location, by its id, was activated.
    `properties_wanted`: of a farm, or of a location that is not listed."""

    selected = Signal(object)
    activated = Signal(object)
    components_wanted = Signal(str)
    plan_wanted = Signal(str)
    properties_wanted = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(self, holder: ThemeHolder, bridge: Bridge, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setProperty("surface", "side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._holder = holder
        self.model = TopologyModel(bridge.fleet, now, self)
        self.tree = QTreeView()
        self.filter_field = QLineEdit()
        self.tags = TagButton(holder, self.filter_field)
        self._fleet = bridge.fleet
        self._to_rename = ""
        self._scopes: dict[Scope, QPushButton] = {}
        self._scope = Scope.ALL
        self._empty = QLabel("Locations appear here, each with its clients, tasks and results.")
        self._configure_tree()
        self._lay_out()
        bridge.fleet_changed.connect(self._take)
        bridge.aged.connect(self.model.refresh_ages)
        self._show_counts()

    def selection(self) -> Selection:
        """What is chosen now."""
        index = self.tree.currentIndex()
        chosen = index.data(TreeRole.SELECTION) if index.isValid() else None
        return chosen if isinstance(chosen, Selection) else Selection()

    def choose_all(self) -> None:
        """All locations are chosen again."""
        self.tree.setCurrentIndex(self.model.index(0, 0))

    def _configure_tree(self) -> None:
        tree = self.tree
        tree.setModel(self.model)
        tree.setItemDelegate(TopologyDelegate(self._holder, tree))
        tree.setHeaderHidden(True)
        self._holder.changed.connect(tree.scheduleDelayedItemsLayout)  # another text size
        tree.setUniformRowHeights(True)
        tree.setIndentation(14)
        tree.setMouseTracking(True)
        tree.setAccessibleName("Locations")
        tree.setStyleSheet("QTreeView { background: transparent }")
        tree.setDragDropMode(QTreeView.DragDropMode.DragDrop)
        tree.setDefaultDropAction(Qt.DropAction.MoveAction)
        tree.setEditTriggers(QTreeView.EditTrigger.EditKeyPressed)
        tree.setAutoExpandDelay(600)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.customContextMenuRequested.connect(self._ask_menu)
        tree.selectionModel().currentChanged.connect(self._select)
        tree.activated.connect(self._activate)
        tree.expanded.connect(lambda index: self.model.set_expanded(index, True))
        tree.collapsed.connect(lambda index: self.model.set_expanded(index, False))
        self.model.rowsInserted.connect(self._open_farms)

    def _lay_out(self) -> None:
        field = self.filter_field
        field.setPlaceholderText("Filter tree")
        field.setAccessibleName("Filter tree")
        field.setToolTip("A name, or #tag for what is marked with it")
        field.setClearButtonEnabled(True)
        search = QAction(icon("search", self._holder, "text3"), "", field)
        field.addAction(search, QLineEdit.ActionPosition.LeadingPosition)
        field.textChanged.connect(self._filter)
        field.returnPressed.connect(self._leave_field)
        for key, act in ((Qt.Key.Key_Down, self._leave_field), (Qt.Key.Key_Escape, field.clear)):
            shortcut = QShortcut(QKeySequence(key), field)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(field.setFocus)
        scopes = QHBoxLayout()
        scopes.setContentsMargins(0, 0, 0, 0)
        scopes.setSpacing(2)
        for scope in Scope:
            button = QPushButton(scope.value)
            button.setProperty("link", True)
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setStyleSheet(
                "QPushButton { color: palette(placeholder-text) }"
                "QPushButton:checked { background: transparent; border: 0;"
                " color: palette(text); font-weight: 600 }"
            )
            button.clicked.connect(lambda _=False, s=scope: self._set_scope(s))
            self._scopes[scope] = button
            scopes.addWidget(button)
        scopes.addStretch()
        scopes.addWidget(self.tags)
        self._scopes[Scope.ALL].setChecked(True)
        self._empty.setWordWrap(True)
        self._empty.setProperty("role", "secondary")
        self._empty.setContentsMargins(36, 0, 12, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 0, 0)
        layout.setSpacing(2)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 8, 0)
        head.addWidget(field)
        layout.addLayout(head)
        layout.addLayout(scopes)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self._empty)
        layout.addStretch()

    def show_farm(self, farm_id: str) -> None:
        """Chooses a farm, if no filter hides it."""
        farms = self._fleet.farms
        for above in reversed(farms.above(farm_id)[1:] if farm_id in farms.farms else []):
            index = self.model.farm_index(above)
            self.tree.expand(index)
            self.model.fetchMore(index)
        index = self.model.farm_index(farm_id)
        if index.isValid():
            self.tree.setCurrentIndex(index)

    def rename(self) -> None:
        """Lets a person type another name for the chosen farm, at its place."""
        self.tree.setFocus(Qt.FocusReason.OtherFocusReason)
        self.tree.edit(self.tree.currentIndex())

    def rename_when_shown(self, farm_id: str) -> None:
        """Chooses a farm that has just been made, as soon as it is here, to be named."""
        self._to_rename = farm_id
        self._rename_new()

    def bind(self, keys: str, run: Callable[[], object]) -> None:
        """A key that works while the tree has the keyboard."""
        shortcut = QShortcut(QKeySequence(keys), self.tree)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(run)

    def _rename_new(self) -> None:
        if self._to_rename in self._fleet.farms.farms:
            self.show_farm(self._to_rename)
            if self.selection().farm == self._to_rename:
                self.rename()
            self._to_rename = ""

    def _take(self, change: FleetChange) -> None:
        self.model.take(change)
        if change.locations_listed:
            self.tags.set_tags(self._fleet.farms.all_tags())
            self._rename_new()
        self._show_counts()

    def _show_counts(self) -> None:
        counts = self.model.scope_counts()
        for scope, button in self._scopes.items():
            number = "" if scope is Scope.ALL else f" {counts[scope]}"
            button.setText(f"{scope.value}{number}")
        dark = counts[Scope.DARK]
        self._scopes[Scope.TROUBLE].setToolTip(
            "Locations with a failed newest result or a broken connection"
            + (f"; {dark} of {counts[Scope.ALL]} are dark and as they were last known" * bool(dark))
        )
        is_empty = not counts[Scope.ALL]
        self._empty.setVisible(is_empty)
        self.tree.setMaximumHeight(36 if is_empty else 16_777_215)

    def _set_scope(self, scope: Scope) -> None:
        self._scope = scope
        self._filter()

    def _filter(self) -> None:
        self.model.set_filter(Filter(self.filter_field.text().strip(), self._scope))

    def _open_farms(self, parent: QModelIndex, first: int, last: int) -> None:
        if parent.isValid() and parent.data(TreeRole.ROW).kind is not Kind.FARM:
            return
        for row in range(first, last + 1):
            index = self.model.index(row, 0, parent)
            if index.data(TreeRole.ROW).kind is Kind.FARM:
                self.tree.expand(index)

    def _select(self, index: QModelIndex) -> None:
        self.selected.emit(index.data(TreeRole.SELECTION) or Selection())

    def _activate(self, index: QModelIndex) -> None:
        chosen = index.data(TreeRole.SELECTION) or Selection()
        kind = index.data(TreeRole.ROW).kind
        if kind is Kind.PLAN:
            self.plan_wanted.emit(chosen.location_id)
        elif kind is Kind.COMPONENTS:
            self.components_wanted.emit(chosen.location_id)
        elif kind in (Kind.FARM, Kind.STRANGER):
            self.properties_wanted.emit(chosen)
        else:
            self.activated.emit(chosen)

    def _ask_menu(self, place: QPoint) -> None:
        self.menu_wanted.emit(self.selection(), self.tree.viewport().mapToGlobal(place))

    def _leave_field(self) -> None:
        """From the filter into what it found."""
        self.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self.tree.currentIndex().isValid():
            self.tree.setCurrentIndex(self.model.index(0, 0))
