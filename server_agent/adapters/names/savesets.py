"""Which savesets there are in the index, and which of them hold a version."""

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from server_agent.domain.errors import PageTokenInvalid
from server_agent.ports.names import NamedSaveset, NameQuery

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = 19  # of a number that SQLite cannot keep any more

_ALL = """
SELECT saveset.name, client.name, task, base, sesam_day, start_us, number, line, place, is_gone,
line.client FROM saveset JOIN line ON line.id = line JOIN client ON client.id = line.client
WHERE is_whole ORDER BY line, place
"""
_RUNS = """
SELECT path, line, first, last, kind, size, modify_ns, home.name
FROM version LEFT JOIN home ON home.id = version.home WHERE path IN ({}) ORDER BY path, line, first
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Kind, size in bytes and modification of a path in the savesets of a line from `first` to
    `last`, 0 for no end. `home` is what holds the data of the first of them."""

    line: int
    first: int
    last: int
    kind: str
    size: int
    modify_ns: int
    home: str | None

    @property
    def content(self) -> tuple[str, int, int]:
        """What makes it a version."""
        return self.kind, self.size, self.modify_ns

    def has(self, place: int) -> bool:
        return self.first <= place and (not self.last or place <= self.last)


class Line:
    """Savesets of one task of one client, as they were entered."""

    def __init__(self, places: list[int], savesets: list[NamedSaveset]) -> None:
        self.places = places
        self.savesets = savesets
        numbers = [saveset.number for saveset in savesets]
        self._is_in_order = numbers == sorted(numbers)

    def narrowed(self, query: NameQuery) -> "Line":
        """The savesets that the query admits."""
        if query.is_of_all_days and query.admits(self.savesets[0]):
            return self  # one task and client: it admits all of them
        kept = [at for at, saveset in enumerate(self.savesets) if query.admits(saveset)]
        return Line([self.places[at] for at in kept], [self.savesets[at] for at in kept])

    def of(self, run: Run) -> range:
        """Where in this line's lists the savesets of a run stand."""
        end = bisect_right(self.places, run.last) if run.last else len(self.places)
        return range(bisect_left(self.places, run.first), end)

    def newest(self, of: range) -> NamedSaveset:
        if self._is_in_order:
            return self.savesets[of[-1]]
        return max((self.savesets[at] for at in of), key=lambda saveset: saveset.number)


@dataclass(frozen=True, slots=True)
class _Kept:
    line: int
    place: int
    base: str | None


class Savesets:
    """All savesets that are entered wholly, as of one moment."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.lines: dict[int, Line] = {}
        self.clients: dict[int, int] = {}  # of each line
        self._kept: dict[str, _Kept] = {}  # also forgotten ones: others may build on them
        lists: dict[int, tuple[list[int], list[NamedSaveset]]] = {}
        for *facts, line, place, is_gone, client in connection.execute(_ALL):
            saveset = _saveset(*facts)
            self._kept[saveset.name] = _Kept(line, place, saveset.base)
            self.clients[line] = client
            if not is_gone:
                places, savesets = lists.setdefault(line, ([], []))
                places.append(place)
                savesets.append(saveset)
        self.lines = {line: Line(*both) for line, both in lists.items()}

    def narrowed(self, query: NameQuery) -> dict[int, Line]:
        """The lines with only the savesets that are admitted, without those that have none."""
        narrowed = ((number, line.narrowed(query)) for number, line in self.lines.items())
        return {number: line for number, line in narrowed if line.savesets}

    def home(self, saveset: NamedSaveset, run: Run, runs: list[Run]) -> str | None:
        """The saveset that has the data of a path in one saveset.

        A run goes on only while nothing was saved anew, so that the data are where those of the
        first saveset of its run are, or those of the saveset that is built on.

        Args:
            run: the one that the saveset is in.
            runs: all of the path.
        """
        if run.home is None:
            return None
        for name in self._chain(saveset.name):
            kept = self._kept[name]
            if kept.base is None:
                return name
            here = [one for one in runs if one.line == kept.line and one.has(kept.place)]
            if here and here[0].first == kept.place:
                return here[0].home
        return run.home

    def _chain(self, name: str | None) -> Iterator[str]:
        while name in self._kept:
            yield name
            name = self._kept[name].base


def runs_of(connection: sqlite3.Connection, paths: Sequence[int]) -> dict[int, list[Run]]:
    """All of each path, by its id."""
    found: dict[int, list[Run]] = {path: [] for path in paths}
    query = _RUNS.format(", ".join("?" * len(paths)))
    for path, *facts in connection.execute(query, list(paths)):
        found[path].append(Run(*facts))
    return found


def number_of(position: str | None) -> int | None:
    """The number that a position is. Raises PageTokenInvalid."""
    if position is None:
        return None
    if not (position.isascii() and position.isdigit() and len(position) < _DIGITS):
        raise PageTokenInvalid
    return int(position)


def _saveset(
    name: str, client: str, task: str, base: str | None, day: str, start_us: int, number: int
) -> NamedSaveset:
    return NamedSaveset(
        name=name,
        client=client,
        task=task,
        base=base,
        sesam_day=date.fromisoformat(day),
        start_time=_EPOCH + timedelta(microseconds=start_us),
        number=number,
    )
