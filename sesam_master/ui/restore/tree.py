"""What is chosen of a saveset's listing, as far as the listing was looked at. Pure; no Qt.

A directory may have a hundred thousand entries: what is chosen is summed by difference.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sesam_master.core.records import Entry, EntryKind

Sum = tuple[int, int, int]  # files, folders, size of the files in bytes


@dataclass(eq=False, slots=True)
class Node:
    """One entry of the listing. `is_chosen`: True whole, False not, None partly.

    `total` counts the entries of a directory, None before it was opened; `next_token` is "" when
    nothing follows, and `wanted` says up to how many entries it is read on by itself. `name` may
    join several directories that hold nothing but the next one. `all` sums the children that are
    here, `chosen` what is chosen below; `wholes` and `parts` count children that are chosen so.
    """

    entry: Entry | None
    parent: "Node | None"
    row: int
    name: bytes
    is_chosen: bool | None = False
    children: list["Node"] = field(default_factory=list)
    total: int | None = None
    next_token: str = ""
    is_loading: bool = False
    trouble: str = ""
    is_open: bool = False
    wanted: int = 0
    all: Sum = (0, 0, 0)
    chosen: Sum = (0, 0, 0)
    wholes: int = 0
    parts: int = 0

    @property
    def depth(self) -> int:
        """0 for a source."""
        return -1 if self.parent is None else self.parent.depth + 1

    @property
    def weight(self) -> Sum:
        """What it adds to what is chosen at the directory above."""
        if self.is_chosen is None:
            return self.chosen
        return self.whole if self.is_chosen else (0, 0, 0)

    @property
    def whole(self) -> Sum:
        """What it adds when it is wholly chosen: a directory counts as one folder."""
        if self.is_directory or self.entry is None:
            return (0, 1, 0)
        return (1, 0, self.entry.size)

    @property
    def path(self) -> bytes:
        """Full path at the client; empty for the top."""
        return self.entry.path if self.entry else b""

    @property
    def is_directory(self) -> bool:
        return self.entry is None or self.entry.kind is EntryKind.DIRECTORY

    @property
    def is_complete(self) -> bool:
        """All entries of the directory are here."""
        return self.total is not None and not self.next_token


@dataclass(frozen=True, slots=True)
class Choice:
    """How much is to be restored. `size_bytes` is None when a directory is wholly chosen: its size
    is not known."""

    files: int
    folders: int
    size_bytes: int | None

    @property
    def is_empty(self) -> bool:
        return not (self.files or self.folders)

    @property
    def words(self) -> str:
        """3 files and 1 folder."""
        parts = []
        if self.files:
            parts.append(f"{self.files} {'file' if self.files == 1 else 'files'}")
        if self.folders:
            parts.append(f"{self.folders} {'folder' if self.folders == 1 else 'folders'}")
        return " and ".join(parts) if parts else "Nothing chosen"


class ListingTree:
    """The nodes that were loaded, and what is chosen of them."""

    def __init__(self) -> None:
        self.top = Node(None, None, 0, b"")
        self._early: dict[Node, set[bytes]] = {}  # entries that came before their page

    def clear(self) -> None:
        """Forgets everything, and takes apart what refers to each other."""
        waiting = [self.top]
        while waiting:
            here = waiting.pop()
            waiting.extend(child for child in here.children if child.children)
            here.children.clear()
        self._early.clear()
        self.top = Node(None, None, 0, b"")

    def add(self, node: Node, entries: Sequence[Entry], next_token: str, total: int) -> list[Node]:
        """Takes a page of a directory. New entries of a chosen directory are chosen too."""
        if early := self._early.get(node):
            entries = [entry for entry in entries if entry.path not in early]
        new = self._add(node, entries)
        node.next_token, node.total = next_token, total
        node.is_loading = False
        return new

    def put(self, node: Node, entry: Entry) -> Node:
        """Takes one entry of a directory before its page is here; it stands behind those that
        are."""
        self._early.setdefault(node, set()).add(entry.path)
        return self._add(node, [entry])[0]

    def _add(self, node: Node, entries: Sequence[Entry]) -> list[Node]:
        first = len(node.children)
        # Only a wholly chosen directory says something of entries that are not here yet.
        is_chosen = node.is_chosen is True
        new = [
            Node(entry, node, first + place, _last(entry.path, node.path), is_chosen)
            for place, entry in enumerate(entries)
        ]
        node.children += new
        gained = _total(child.whole for child in new)
        node.all = _plus(node.all, gained)
        if is_chosen:
            node.chosen = _plus(node.chosen, gained)
            node.wholes += len(new)
        return new

    def join(self, node: Node, only: Entry) -> None:
        """Lets a directory that holds nothing but another directory stand for both."""
        node.name = node.name + b"/" + _last(only.path, node.path)
        node.entry = only

    def choose(self, node: Node, is_chosen: bool) -> None:
        """Takes the node with all below in or out, and says so to those above."""
        before = node.is_chosen, node.weight
        _choose_below(node, is_chosen)
        here = node
        while here.parent is not None:
            above = here.parent
            above_before = above.is_chosen, above.weight
            above.chosen = _plus(above.chosen, here.weight, before[1])
            above.wholes += (here.is_chosen is True) - (before[0] is True)
            above.parts += (here.is_chosen is None) - (before[0] is None)
            above.is_chosen = _state(above)
            here, before = above, above_before

    def choice(self) -> Choice:
        """What is chosen now. Loaded directories that are wholly chosen count as one folder."""
        files, folders, size = self.top.chosen
        return Choice(files, folders, None if folders else size)

    def paths(self) -> tuple[bytes, ...]:
        """Full paths of what is chosen, none inside another."""
        return tuple(node.path for node in _chosen(self.top))


def shown_name(name: bytes) -> str:
    """A name in one line: line breaks, other control characters and bytes that are no UTF-8 are
    shown as escapes."""
    text = name.decode(errors="backslashreplace")
    return "".join(_escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    if letter.isprintable() or letter == " ":
        return letter
    return letter.encode("unicode_escape").decode("ascii")


def _last(path: bytes, parent: bytes) -> bytes:
    """The name below its parent; a source keeps its whole path."""
    if not parent:
        return path
    return path[len(parent.rstrip(b"/")) + 1 :]


def _choose_below(node: Node, is_chosen: bool) -> None:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        here.is_chosen = is_chosen
        here.parts = 0
        here.wholes = len(here.children) if is_chosen else 0
        here.chosen = here.all if is_chosen else (0, 0, 0)
        for child in here.children:
            if child.children:
                waiting.append(child)
            else:
                child.is_chosen = is_chosen


def _state(node: Node) -> bool | None:
    if node.wholes == len(node.children) and node.is_complete:
        return True
    return None if node.wholes or node.parts else False


def _total(sums: Iterable[Sum]) -> Sum:
    files, folders, size = map(sum, zip((0, 0, 0), *sums, strict=True))
    return files, folders, size


def _plus(first: Sum, second: Sum, less: Sum = (0, 0, 0)) -> Sum:
    return (
        first[0] + second[0] - less[0],
        first[1] + second[1] - less[1],
        first[2] + second[2] - less[2],
    )


def _chosen(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.is_chosen is True:
            yield child
        elif child.is_chosen is None:
            yield from _chosen(child)
