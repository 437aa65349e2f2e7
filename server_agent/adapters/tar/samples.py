"""Files drawn at random out of a listing, spread over sizes, directories and the savesets that hold
their data."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.listing import opened
from server_agent.adapters.tar.names import joined
from server_agent.adapters.tar.slices import Slice
from server_agent.ports import Cancelled, Control

_ROWS_AT_ONCE = 10_000
_SIZE_BITS = 4  # sizes of one class differ by less than 16 times
_KEPT = 16  # candidates of a class at least, so that several directories are among them
_QUERY = """
SELECT home, size, dir, name, modify_ns, mode, block, blocks FROM entry
WHERE kind = 'f' AND home NOT NULL
"""
_Row: TypeAlias = tuple[int, int, bytes, bytes, int, int, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of a listing. `home` is the saveset that holds its data; `place` where it lies there,
    in a listing that knows it."""

    path: bytes
    size: int
    modify_ns: int
    mode: int
    home: str
    place: Slice | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """Some of so many files whose data were saved."""

    samples: tuple[Sample, ...]
    of_files: int

    @property
    def size(self) -> int:
        return sum(sample.size for sample in self.samples)


class _Reservoir:
    """So many of a stream, each with the same chance (Vitter, Algorithm R)."""

    def __init__(self, size: int, chance: random.Random) -> None:
        self.rows: list[_Row] = []
        self._size = size
        self._chance = chance
        self._seen = 0

    def take(self, row: _Row) -> None:
        self._seen += 1
        if len(self.rows) < self._size:
            self.rows.append(row)
        elif (at := int(self._chance.random() * self._seen)) < self._size:
            self.rows[at] = row


def draw(
    listing: Path, files: int, max_bytes: int, control: Control, chance: random.Random | None = None
) -> Drawn:
    """Draws files, of together at most so many bytes.

    Raises:
        sqlite3.DatabaseError: the listing cannot be read.
        Cancelled: the control said so.
    """
    dice = chance or random.Random()
    with opened(listing) as connection:
        homes = dict(connection.execute("SELECT id, saveset FROM home"))
        kept = max(_KEPT, files // max(len(homes), 1))
        classes: dict[tuple[int, int], _Reservoir] = defaultdict(lambda: _Reservoir(kept, dice))
        all_alike = _Reservoir(files, dice)
        of_files = 0
        for rows in _rows(connection, control):
            of_files += len(rows)
            for row in rows:
                if row[1] <= max_bytes:
                    classes[row[0], row[1].bit_length() // _SIZE_BITS].take(row)
                    all_alike.take(row)
    in_turn = _in_turn([_spread(each.rows, dice) for each in classes.values()], dice)
    chosen = _chosen((*in_turn, *all_alike.rows), files, max_bytes)
    return Drawn(tuple(_sample(row, homes) for row in chosen), of_files)


def _rows(connection: Database, control: Control) -> Iterator[list[_Row]]:
    cursor = connection.execute(_QUERY)
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        if control.cancelled:
            raise Cancelled
        yield rows


def _spread(rows: list[_Row], dice: random.Random) -> list[_Row]:
    """At random, but of each directory one first."""
    dice.shuffle(rows)
    seen: Counter[bytes] = Counter()
    ranked: list[tuple[int, int, _Row]] = []
    for number, row in enumerate(rows):
        ranked.append((seen[row[2]], number, row))
        seen[row[2]] += 1
    return [row for _, _, row in sorted(ranked, key=lambda each: each[:2])]


def _in_turn(lists: list[list[_Row]], dice: random.Random) -> Iterator[_Row]:
    dice.shuffle(lists)
    for turn in range(max(map(len, lists), default=0)):
        for rows in lists:
            if turn < len(rows):
                yield rows[turn]


def _chosen(candidates: Iterable[_Row], files: int, max_bytes: int) -> list[_Row]:
    found: dict[tuple[bytes, bytes], _Row] = {}
    size = 0
    for row in candidates:
        if len(found) == files:
            break
        if row[2:4] not in found and size + row[1] <= max_bytes:
            found[row[2:4]] = row
            size += row[1]
    return list(found.values())


def _sample(row: _Row, homes: dict[int, str]) -> Sample:
    home, size, directory, name, modify_ns, mode, block, blocks = row
    place = None
    if block is not None and blocks is not None:
        place = Slice(home, block, blocks)
    return Sample(joined(directory, name), size, modify_ns, mode, homes[home], place)
