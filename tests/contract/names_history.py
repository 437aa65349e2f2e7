"""Savesets of a made-up client through time, with the rows of their listings."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from server_agent.ports.listings import Listed
from server_agent.ports.names import NamedSaveset, Names

START = datetime(2026, 3, 1, 21, tzinfo=UTC)
DAY = date(2026, 3, 1)

Content = tuple[str, int, int]  # kind, size, time of modification


def saveset(
    number: int, *, base: NamedSaveset | None = None, client: str = "fs-01", task: str = "docs"
) -> NamedSaveset:
    letter = "F" if base is None else "I"
    return NamedSaveset(
        name=f"S{letter}{number:017d}@abcdefghijk",
        client=client,
        task=task,
        base=base.name if base is not None else None,
        sesam_day=DAY + timedelta(days=number),
        start_time=START + timedelta(days=number),
        number=number,
    )


def row(path: bytes, home: str | None, kind: str = "f", size: int = 1, time: int = 1) -> Listed:
    directory, _, name = path.rpartition(b"/")
    return directory, name, kind, size, time, home


def in_order(rows: list[Listed]) -> list[Listed]:
    return sorted(rows, key=lambda row: (row[0], row[2] != "d", row[1]))


def enter(names: Names, saveset: NamedSaveset, rows: list[Listed], at_once: int = 1000) -> None:
    """All rows, some at once."""
    rows = in_order(rows)
    after = None
    for first in range(0, max(len(rows), 1), at_once):
        last = first + at_once >= len(rows)
        position = None if last else str(first + at_once)
        names.enter(saveset, after, rows[first : first + at_once], position)
        after = position


@dataclass(frozen=True)
class Listing:
    saveset: NamedSaveset
    rows: list[Listed]


class History:
    """A client's tree that changes at random, and what is saved of it.

    Attributes:
        listings: of all savesets that were made, in their order.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._tree: dict[bytes, Content] = {b"/srv": ("d", 4096, 1)}
        self._saved: dict[str, dict[bytes, tuple[Content, str | None]]] = {}
        self.listings: list[Listing] = []

    def change(self) -> None:
        """A few entries come, go, change, or become something else."""
        pick, now = self._random, len(self.listings) + 2
        for _ in range(pick.randrange(6)):
            directories = [path for path, content in self._tree.items() if content[0] == "d"]
            path = (
                pick.choice(directories) + b"/" + pick.choice((b"a", b"b", b"B\xff", b"\xc3\xa4x"))
            )
            kind = pick.choice("ddfffl")
            if path in self._tree and (pick.random() < 0.5 or self._tree[path][0] != kind):
                self._tree = {
                    other: content
                    for other, content in self._tree.items()
                    if other != path and not other.startswith(path + b"/")
                }
            if path not in self._tree or kind != "d":
                self._tree[path] = (kind, pick.randrange(3), pick.choice((1, now)))

    def save(self, number: int, task: str) -> Listing:
        """A FULL, or an INC on one of the task's savesets."""
        own = [one.saveset for one in self.listings if one.saveset.task == task]
        base = self._random.choice([None, *own[-2:]])
        made = saveset(number, base=base, task=task)
        before = self._saved[base.name] if base is not None else {}
        kept: dict[bytes, tuple[Content, str | None]] = {}
        for path, content in self._tree.items():
            old = before.get(path)
            unreadable = self._random.random() < 0.05
            touched = self._random.random() < 0.1
            if old is not None and old[0] == content and old[1] is not None and not touched:
                kept[path] = old
            else:
                kept[path] = (content, None if unreadable else made.name)
        self._saved[made.name] = kept
        rows = [
            (*path.rpartition(b"/")[::2], *content, home) for path, (content, home) in kept.items()
        ]
        listing = Listing(made, in_order(rows))
        self.listings.append(listing)
        return listing


def of_day(saveset: NamedSaveset, day: date) -> NamedSaveset:
    return replace(saveset, sesam_day=day)
