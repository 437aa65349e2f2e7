"""A saveset's listing as the rows of a table: directories are asked for when they are opened.

A table with a depth in each row, since a tree view lays out all open rows anew when some come.
"""

from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from sesam_master.core.client_files import ClientEntry
from sesam_master.core.gateway import EntryPage
from sesam_master.core.records import Entry, EntryKind
from sesam_master.ui.collector import set_aside
from sesam_master.ui.formatting import far_moment_text, number_text, size_text
from sesam_master.ui.restore.tree import ListingTree, Node, shown_name

TITLES = ("Name", "Size", "Changed", "Entries")
NODE_ROLE = Qt.ItemDataRole.UserRole + 1
NOTE_ROLE = Qt.ItemDataRole.UserRole + 2
# So many new objects let the garbage collector hold the window for some milliseconds.
SET_ASIDE_ENTRIES = 10_000
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LAST = len(TITLES) - 1
_TICKS = {
    True: Qt.CheckState.Checked,
    False: Qt.CheckState.Unchecked,
    None: Qt.CheckState.PartiallyChecked,
}
_TICK_WORDS = {True: "chosen", False: "not chosen", None: "partly chosen"}


class ListingModel(QAbstractTableModel):
    """`ask` fetches a page of a directory: directory, page token, done, failed (a sentence). With
    `can_choose` entries can be ticked. Times of `year` stand without it."""

    choice_changed = Signal()
    page_taken = Signal()

    def __init__(
        self,
        ask: Callable[[bytes, str, Callable[[EntryPage], None], Callable[[str], None]], None],
        zone: tzinfo,
        parent: QObject | None = None,
        *,
        can_choose: bool = True,
        year: int = 0,
    ) -> None:
        super().__init__(parent)
        self._can_choose = can_choose
        self.tree = ListingTree()
        self.rows: list[Node] = []
        self._ask = ask
        self._zone = zone
        self._year = year
        self._failed: list[Node] = []
        self._new_entries = 0
        self.destroyed.connect(self.tree.clear)

    def reload(self) -> None:
        """Another saveset: forget everything and ask for its sources."""
        self.clear()
        self.load(self.tree.top)

    def clear(self) -> None:
        """Forget everything."""
        self.beginResetModel()
        self.tree.clear()
        self.tree.top.is_open = True
        self.rows = []
        self._failed = []
        self.endResetModel()
        self.choice_changed.emit()

    def index_of(self, node: Node, column: int = 0) -> QModelIndex:
        """The index of a node, invalid for the top and for what is in a closed directory."""
        return self.index(self.rows.index(node), column) if self._is_shown(node) else QModelIndex()

    def load(self, node: Node) -> None:
        """Ask for what follows in a directory, unless it is on its way or all is here.

        The longer a directory is, the more is read on by itself: its end has to be in reach.
        """
        if not node.is_loading:
            node.wanted = len(node.children) * 5 // 4
            self._load_page(node)

    def put(self, node: Node, entry: Entry) -> None:
        """Show one entry of a directory before its page is here."""
        place = self._end(node)
        new = self.tree.put(node, entry)
        if self._is_shown(node):
            self._insert(node, place, [new])
        self._node_changed(node)

    def set_open(self, node: Node, is_open: bool) -> None:
        """Show or hide what is in a directory; asks for it the first time."""
        if not node.is_directory or node.parent is None or node.is_open == is_open:
            return
        if is_open:
            node.is_open = True
            self._insert(node, self.rows.index(node) + 1, list(_shown_below(node)))
            if not node.children or node.trouble:
                self.load(node)
        else:
            first = self.rows.index(node) + 1
            count = sum(1 for _ in _shown_below(node))
            node.is_open = False
            if count:
                self.beginRemoveRows(_ROOT, first, first + count - 1)
                del self.rows[first : first + count]
                self.endRemoveRows()
        self._node_changed(node)

    def retry(self) -> None:
        """Ask again for what could not be read."""
        failed, self._failed = self._failed, []
        for node in failed:
            self.load(node)

    def toggle(self, node: Node) -> None:
        """Tick what is not wholly ticked, a directory with all in it, else take it out."""
        self.tree.choose(node, node.is_chosen is not True)
        last = self.index(len(self.rows) - 1, 0)
        self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.CheckStateRole])
        self.choice_changed.emit()

    # -- Qt's side

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Entries that are here and not in a closed directory."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Name, size, changed, entries."""
        return 0 if parent.isValid() else len(TITLES)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Every row can be ticked."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        is_tick = index.column() == 0 and self._can_choose
        return flags | Qt.ItemFlag.ItemIsUserCheckable if is_tick else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, tick, note, and the node itself for the delegate."""
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        node, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(node, column)
        if role == NODE_ROLE:
            return node
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column in (1, 3) else None
        if column != 0:
            return None
        if role == Qt.ItemDataRole.CheckStateRole:
            return _TICKS[node.is_chosen] if self._can_choose else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return node.trouble or shown_name(node.path)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._sentence(node)
        return _note(node) if role == NOTE_ROLE else None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A tick takes a whole directory in or out."""
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid() or index.column():
            return False
        node = self.rows[index.row()]
        if (Qt.CheckState(value) == Qt.CheckState.Checked) != (node.is_chosen is True):
            self.toggle(node)
        elif node.is_chosen is None:  # from partly to not at all
            self.tree.choose(node, True)
            self.toggle(node)
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

    def _load_page(self, node: Node) -> None:
        if node.is_loading or node.is_complete or not node.is_directory:
            return
        top = self.tree.top

        def done(page: EntryPage) -> None:
            if top is self.tree.top:
                self._take(node, page)

        def failed(sentence: str) -> None:
            if top is self.tree.top:
                node.is_loading, node.trouble = False, sentence
                self._failed.append(node)
                self._node_changed(node)

        node.is_loading, node.trouble = True, ""
        self._ask(node.path, node.next_token, done, failed)
        self._node_changed(node)

    def _take(self, node: Node, page: EntryPage) -> None:
        if (only := _only_directory(node, page)) is not None:
            self.tree.join(node, only)
            node.is_loading = False
            self._load_page(node)
            return
        place = self._end(node)
        new = self.tree.add(node, page.entries, page.next_token, page.total)
        if self._is_shown(node) or node.parent is None:
            self._insert(node, place, new)
        self._node_changed(node)
        if node.parent is None and len(new) == len(node.children) == 1:
            self.set_open(new[0], True)  # a saveset of one source begins with what is in it
        self._new_entries += len(new)
        if self._new_entries >= SET_ASIDE_ENTRIES:
            self._new_entries = 0
            set_aside()
        if node.next_token and len(node.children) < node.wanted:
            self._load_page(node)
        self.page_taken.emit()

    def _insert(self, node: Node, place: int, new: list[Node]) -> None:
        if new and node.is_open:
            self.beginInsertRows(_ROOT, place, place + len(new) - 1)
            self.rows[place:place] = new
            self.endInsertRows()

    def _is_shown(self, node: Node) -> bool:
        above = node.parent
        if above is None:
            return False
        while above.parent is not None:
            if not above.is_open:
                return False
            above = above.parent
        return True

    def _end(self, node: Node) -> int:
        """The row behind the last one below a node that is shown."""
        here = node
        while here.parent is not None:
            if here.row + 1 < len(here.parent.children):
                following = here.parent.children[here.row + 1]
                return self.rows.index(following) if self._is_shown(following) else 0
            here = here.parent
        return len(self.rows)

    def _node_changed(self, node: Node) -> None:
        index = self.index_of(node)
        if index.isValid():
            self.dataChanged.emit(index, index.siblingAtColumn(_LAST))

    def _text(self, node: Node, column: int) -> str:
        entry = node.entry
        if entry is None:
            return ""
        if column == 0:
            return " / ".join(shown_name(part) for part in _parts(node.name))
        if column == 1:
            return size_text(entry.size) if entry.kind is EntryKind.FILE else ""
        if column == 2:
            return far_moment_text(entry.modify_time, self._zone, self._year)
        is_known = node.is_directory and entry.children >= 0
        return number_text(entry.children) if is_known else ""

    def _sentence(self, node: Node) -> str:
        """What a screen reader says of a row: what a table does not tell of a tree too."""
        parts = [self._text(node, 0), _TICK_WORDS[node.is_chosen] if self._can_choose else ""]
        if node.is_directory:
            parts.append("open folder" if node.is_open else "closed folder")
        parts += [f"level {node.depth + 1}", _note(node)]
        return ", ".join(part for part in parts if part)


def _shown_below(node: Node) -> Iterator[Node]:
    """The nodes below an open one that are shown, in their order."""
    waiting = [iter(node.children)]
    while waiting:
        child = next(waiting[-1], None)
        if child is None:
            waiting.pop()
            continue
        yield child
        if child.is_open:
            waiting.append(iter(child.children))


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
    if node.next_token:
        shown = f"{number_text(len(node.children))} of {number_text(node.total)}"
        return f"{shown}, loading …" if node.is_loading else shown
    if node.is_loading:
        return "loading …"
    if isinstance(entry, ClientEntry) and entry.remark:
        return entry.remark
    if isinstance(entry, ClientEntry) and node.is_open and node.total == 0:
        return "empty"
    if entry.home is None and entry.kind is not EntryKind.DIRECTORY:
        return "listed, not saved"
    if entry.kind is EntryKind.SYMLINK:
        return f"→ {shown_name(entry.link_target)}"
    if b"\n" in node.name:
        return "name with a line break"
    return ""
