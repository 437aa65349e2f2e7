"""A saveset's listing as a Qt tree: directories are asked for when they are opened."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from sesam_master.core.gateway import EntryPage
from sesam_master.core.records import Entry, EntryKind
from sesam_master.ui.formatting import moment_text, number_text, size_text
from sesam_master.ui.restore.tree import ListingTree, Node, shown_name

TITLES = ("Name", "Size", "Changed", "Entries")
NODE_ROLE = Qt.ItemDataRole.UserRole + 1
ICON_ROLE = Qt.ItemDataRole.UserRole + 2
NOTE_ROLE = Qt.ItemDataRole.UserRole + 3
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_ICONS = {EntryKind.DIRECTORY: "folder", EntryKind.FILE: "file", EntryKind.SYMLINK: "link"}
# Made once: a view asks for the flags of every row whenever rows come.
_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_NAME_FLAGS = _FLAGS | Qt.ItemFlag.ItemIsUserCheckable
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ListingModel(QAbstractItemModel):
    """`ask` fetches a page of a directory: directory, page token, done, failed (a sentence)."""

    choice_changed = Signal()

    def __init__(
        self,
        ask: Callable[[bytes, str, Callable[[EntryPage], None], Callable[[str], None]], None],
        zone: tzinfo,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.tree = ListingTree()
        self._ask = ask
        self._zone = zone

    def reload(self) -> None:
        """Another saveset: forget everything and ask for its sources."""
        self.beginResetModel()
        self.tree = ListingTree()
        self.endResetModel()
        self.choice_changed.emit()
        self.load(self.tree.top)

    def node(self, index: _Index) -> Node:
        """The node of an index, the top for the invalid one."""
        return index.internalPointer() if index.isValid() else self.tree.top

    def index_of(self, node: Node, column: int = 0) -> QModelIndex:
        """The index of a node, invalid for the top."""
        return _ROOT if node.parent is None else self.createIndex(node.row, column, node)

    def load(self, node: Node) -> None:
        """Ask for the next page of a directory, unless it is on its way or all is here."""
        if node.is_loading or node.is_complete or not node.is_directory:
            return
        node.is_loading, node.trouble = True, ""
        # A view lays out all rows of a directory anew when some come: the more there are, the more
        # are put in at once.
        self._gather(node, node.next_token, [], len(node.children) // 4)
        self._node_changed(node)

    def _gather(self, node: Node, token: str, gathered: list[Entry], wanted: int) -> None:
        """Asks page after page until there are as many entries as wanted."""
        tree = self.tree

        def done(page: EntryPage) -> None:
            if tree is not self.tree:
                return
            gathered.extend(page.entries)
            if page.next_token and len(gathered) < wanted:
                self._gather(node, page.next_token, gathered, wanted)
            else:
                self._take(node, EntryPage(tuple(gathered), page.next_token, page.total))

        def failed(sentence: str) -> None:
            if tree is self.tree:
                node.is_loading, node.trouble = False, sentence
                self._node_changed(node)

        self._ask(node.path, token, done, failed)

    def retry(self) -> None:
        """Ask again for what could not be read."""
        waiting = [self.tree.top]
        while waiting:
            node = waiting.pop()
            waiting.extend(node.children)
            if node.trouble:
                self.load(node)

    # -- Qt's side

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        """The index of a child."""
        children = self.node(parent).children
        if parent.isValid() and parent.column() != 0:
            return QModelIndex()
        if 0 <= row < len(children) and 0 <= column < len(TITLES):
            return self.createIndex(row, column, children[row])
        return QModelIndex()

    def parent(self, index: _Index = _ROOT) -> Any:
        """The index of the directory above."""
        above = self.node(index).parent if index.isValid() else None
        return QModelIndex() if above is None else self.index_of(above)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Entries that are here."""
        return 0 if parent.isValid() and parent.column() else len(self.node(parent).children)

    def columnCount(self, _parent: _Index = _ROOT) -> int:
        """Name, size, changed, entries."""
        return len(TITLES)

    def hasChildren(self, parent: _Index = _ROOT) -> bool:
        """Whether it can be opened: known of a directory before it was."""
        node = self.node(parent)
        if parent.isValid() and parent.column():
            return False
        if node.entry is None or node.total is not None:
            return bool(node.children)
        return node.is_directory and node.entry.children > 0

    def canFetchMore(self, parent: _Index = _ROOT) -> bool:
        """A page is missing and not on its way; one that failed is asked for by `load` only."""
        node = self.node(parent)
        is_open = node.is_directory and not node.is_complete
        return is_open and not node.is_loading and not node.trouble and node.entry is not None

    def fetchMore(self, parent: _Index = _ROOT) -> None:
        """Views call this when a directory is opened and at its end."""
        if self.canFetchMore(parent):
            self.load(self.node(parent))

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Every row can be ticked."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return _NAME_FLAGS if index.column() == 0 else _FLAGS

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, tick, icon."""
        if not index.isValid():
            return None
        node = self.node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(node, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() in (1, 3) else None
        if index.column() != 0 or node.entry is None:
            return None
        if role == Qt.ItemDataRole.CheckStateRole:
            return _TICKS[node.is_chosen]
        if role == Qt.ItemDataRole.ToolTipRole:
            return node.trouble or shown_name(node.path)
        if role == NOTE_ROLE:
            return _note(node)
        if role == ICON_ROLE:
            return _ICONS.get(node.entry.kind, "file")
        return node if role == NODE_ROLE else None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A tick takes a whole directory in or out."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid() or index.column():
            return False
        node = self.node(index)
        self.tree.choose(node, Qt.CheckState(value) == Qt.CheckState.Checked)
        self._announce_ticks(node)
        self.choice_changed.emit()
        return True

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """The titles."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(TITLES):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        is_number = role == Qt.ItemDataRole.TextAlignmentRole and section in (1, 3)
        return _RIGHT if is_number else None

    # -- inside

    def _take(self, node: Node, page: EntryPage) -> None:
        if (only := _only_directory(node, page)) is not None:
            self.tree.join(node, only)
            node.is_loading = False
            self.load(node)
            return
        if page.entries:
            first = len(node.children)
            last = first + len(page.entries) - 1
            self.beginInsertRows(self.index_of(node), first, last)
            new = self.tree.add(node, page.entries, page.next_token, page.total)
            self.endInsertRows()
            if node.entry is None and len(new) == 1:
                self.load(new[0])
        else:
            self.tree.add(node, (), page.next_token, page.total)
        self._node_changed(node)
        self.choice_changed.emit()

    def _node_changed(self, node: Node) -> None:
        if node.parent is not None:
            last = len(TITLES) - 1
            self.dataChanged.emit(self.index_of(node), self.index_of(node, last))

    def _announce_ticks(self, node: Node) -> None:
        above: Node | None = node
        while above is not None and above.parent is not None:
            index = self.index_of(above)
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.CheckStateRole])
            above = above.parent
        waiting = [node]
        while waiting:
            here = waiting.pop()
            if here.children:
                first, last = self.index_of(here.children[0]), self.index_of(here.children[-1])
                self.dataChanged.emit(first, last, [Qt.ItemDataRole.CheckStateRole])
                waiting.extend(child for child in here.children if child.children)

    def _text(self, node: Node, column: int) -> str:
        entry = node.entry
        if entry is None:
            return ""
        if column == 0:
            return " / ".join(shown_name(part) for part in _parts(node.name))
        if column == 1:
            return "" if node.is_directory else size_text(entry.size)
        if column == 2:
            return moment_text(entry.modify_time, self._zone)
        return number_text(entry.children) if node.is_directory else ""


_TICKS = {
    True: Qt.CheckState.Checked,
    False: Qt.CheckState.Unchecked,
    None: Qt.CheckState.PartiallyChecked,
}


def _only_directory(node: Node, page: EntryPage) -> Entry | None:
    """The one directory that a directory holds and nothing else; never for the top."""
    is_first = node.entry is not None and node.total is None
    if not is_first or len(page.entries) != 1 or page.next_token:
        return None
    return page.entries[0] if page.entries[0].kind is EntryKind.DIRECTORY else None


def _parts(name: bytes) -> list[bytes]:
    if name == b"/":
        return [name]
    return [part for part in name.split(b"/") if part]


def _note(node: Node) -> str:
    """What is to be said beside the name: how much is here, or what is remarkable."""
    entry = node.entry
    if entry is None:
        return ""
    if node.trouble:
        return "could not be read"
    here = len(node.children)
    if node.next_token:
        shown = f"{number_text(here)} of {number_text(node.total)}"
        return f"{shown}, loading …" if node.is_loading else shown
    if node.is_loading:
        return "loading …"
    if entry.home is None and entry.kind is not EntryKind.DIRECTORY:
        return "listed, not saved"
    if entry.kind is EntryKind.SYMLINK:
        return f"→ {shown_name(entry.link_target)}"
    if b"\n" in node.name:
        return "name with a line break"
    return ""
