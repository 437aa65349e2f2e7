"""Opens the way to one path in a listing, to tick it or to look at it, however long the directories
above are."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from sesam_master.core.records import Entry
from sesam_master.ui.restore.model import ListingModel
from sesam_master.ui.restore.tree import Node

AskEntry = Callable[[bytes, Callable[[Entry], None], Callable[[str], None]], None]


class ListingSeeker(QObject):
    """`ask` fetches one entry of the listing: path, done, failed (a sentence). What lies behind the
    first page of a directory is asked for by its name, not paged to."""

    reached = Signal(object)  # the node
    missed = Signal(bytes, str)  # the path, and why

    def __init__(self, model: ListingModel, ask: AskEntry, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._ask = ask
        self._path = b""
        self._is_ticked = True
        self._asked: bytes | None = None
        model.page_taken.connect(self._go_on)

    def seek(self, path: bytes, *, tick: bool = True) -> None:
        """This one as soon as it is here; what was sought before is given up."""
        self._path, self._asked, self._is_ticked = path, None, tick
        if path:
            self._go_on()

    def _go_on(self) -> None:
        if not self._path or self._asked is not None:
            return
        node = self._deepest()
        if node.path == self._path or node.path.startswith(_inside(self._path)):
            self._reach(node)
        elif node.is_loading or node.trouble:
            return  # it goes on when the page is here
        elif node.total is None:
            self._model.load(node)
        elif not node.is_directory or not node.next_token:
            self._miss(self._path, "")
        elif node.parent is None:
            self._model.load(node)
        else:
            self._ask_below(node)

    def _deepest(self) -> Node:
        """The last node on the way that is here, all above it open."""
        node = self._model.tree.top
        while True:
            child = next((c for c in node.children if self._is_on_way(c)), None)
            if child is None:
                return node
            if child.path == self._path or child.path.startswith(_inside(self._path)):
                return child
            self._model.set_open(child, True)
            node = child

    def _is_on_way(self, node: Node) -> bool:
        path, wanted = node.path, self._path
        return (
            path == wanted
            or wanted.startswith(_inside(path))
            or (node.is_directory and path.startswith(_inside(wanted)))
        )

    def _ask_below(self, node: Node) -> None:
        above = _inside(node.path)
        name = self._path[len(above) :].partition(b"/")[0]
        asked = self._asked = above + name
        top = self._model.tree.top

        def done(entry: Entry) -> None:
            if self._asked == asked and top is self._model.tree.top:
                self._asked = None
                self._model.put(node, entry)
                self._go_on()

        def failed(sentence: str) -> None:
            if self._asked == asked and top is self._model.tree.top:
                self._asked = None
                self._miss(self._path, sentence)

        self._ask(asked, done, failed)

    def _reach(self, node: Node) -> None:
        self._path = b""
        if self._is_ticked and node.is_chosen is not True:
            self._model.toggle(node)
        self.reached.emit(node)

    def _miss(self, path: bytes, sentence: str) -> None:
        self._path = b""
        self.missed.emit(path, sentence)


def _inside(path: bytes) -> bytes:
    return path.rstrip(b"/") + b"/"
