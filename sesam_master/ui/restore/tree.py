"""What is chosen of a saveset's listing, as far as the listing was looked at. Pure; no Qt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sesam_master.core.records import Entry, EntryKind


@dataclass(eq=False, slots=True)
class Node:
    """One entry of the listing. `is_chosen`: True whole, False not, None partly.

    `total` counts the entries of a directory, None before it was opened; `next_token` is "" when
    nothing follows. `name` may join several directories that hold nothing but the next one.
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
    """What is to be restored: full paths, none inside another. `size_bytes` is None when a chosen
    directory's size is not known."""

    paths: tuple[bytes, ...]
    files: int
    folders: int
    size_bytes: int | None

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

    def add(self, node: Node, entries: Sequence[Entry], next_token: str, total: int) -> list[Node]:
        """Takes a page of a directory. New entries of a chosen directory are chosen too."""
        first = len(node.children)
        # Only a wholly chosen directory says something of entries that are not here yet.
        is_chosen = node.is_chosen is True
        new = [
            Node(entry, node, first + place, _last(entry.path, node.path), is_chosen)
            for place, entry in enumerate(entries)
        ]
        node.children += new
        node.next_token, node.total = next_token, total
        node.is_loading = False
        return new

    def join(self, node: Node, only: Entry) -> None:
        """Lets a directory that holds nothing but another directory stand for both."""
        node.name = node.name + b"/" + _last(only.path, node.path)
        node.entry = only

    def choose(self, node: Node, is_chosen: bool) -> None:
        """Takes the node with all below in or out, and says so to those above."""
        for below in _all(node):
            below.is_chosen = is_chosen
        above = node.parent
        while above is not None:
            above.is_chosen = _sum(above)
            above = above.parent

    def choice(self) -> Choice:
        """What is chosen now. Loaded directories that are wholly chosen count as one folder."""
        paths: list[bytes] = []
        files = folders = 0
        size: int | None = 0
        for node in _chosen(self.top):
            paths.append(node.path)
            if node.is_directory:
                folders += 1
                size = None
            else:
                files += 1
                if size is not None and node.entry is not None:
                    size += node.entry.size
        return Choice(tuple(paths), files, folders, size)


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


def _all(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(here.children)


def _sum(node: Node) -> bool | None:
    states = {child.is_chosen for child in node.children}
    if states == {True} and node.is_complete:
        return True
    if states == {False}:
        return False
    return None


def _chosen(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.is_chosen is True:
            yield child
        elif child.is_chosen is None:
            yield from _chosen(child)
