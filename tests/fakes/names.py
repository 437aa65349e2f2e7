"""An index of names in memory: every entry of every saveset, looked through one by one."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from server_agent.domain.errors import PageTokenInvalid
from server_agent.ports import EntryKind
from server_agent.ports.listings import Listed
from server_agent.ports.names import (
    FoundFile,
    FoundPage,
    Holder,
    NamedSaveset,
    NameQuery,
    NamesLost,
    Version,
    VersionPage,
)


@dataclass
class _Entered:
    saveset: NamedSaveset
    rows: list[Listed] = field(default_factory=list)
    position: str | None = None
    is_whole: bool = False


class MemoryNames:
    """`server_agent.ports.names.Names` in memory.

    Attributes:
        on_enter: called with the saveset's name before anything is entered.
        lose_next: the next call finds the index damaged.
    """

    def __init__(self) -> None:
        self.on_enter: Callable[[str], None] = lambda _: None
        self.lose_next = False
        self._lock = threading.RLock()
        self._entered: dict[str, _Entered] = {}
        self._paths: list[tuple[str, bytes, bytes]] = []  # client, directory, name; as they came
        self._known: set[tuple[str, bytes, bytes]] = set()

    def whole(self) -> frozenset[str]:
        with self._looking():
            return frozenset(name for name, one in self._entered.items() if one.is_whole)

    def begun(self) -> dict[str, str | None]:
        with self._looking():
            return {name: one.position for name, one in self._entered.items() if not one.is_whole}

    def enter(
        self,
        saveset: NamedSaveset,
        after: str | None,
        rows: Sequence[Listed],
        position: str | None,
    ) -> None:
        self.on_enter(saveset.name)
        with self._looking():
            entered = self._entered.get(saveset.name)
            if entered is not None and entered.is_whole:
                return
            if after is None:
                entered = self._entered[saveset.name] = _Entered(saveset)
            if entered is None or entered.position != after:
                raise NamesLost(saveset.name)
            entered.rows += rows
            entered.position, entered.is_whole = position, position is None
            for row in rows:
                path = (saveset.client, row[0], row[1])
                if path not in self._known:
                    self._known.add(path)
                    self._paths.append(path)

    def forget(self, savesets: Iterable[str]) -> None:
        with self._looking():
            for name in savesets:
                self._entered.pop(name, None)

    def tidy(self) -> bool:
        return False

    def find(self, query: NameQuery, position: str | None, limit: int) -> FoundPage:
        with self._looking():
            matcher = query.wanted.matcher()
            clients = list(dict.fromkeys(path[0] for path in self._paths))
            ordered = sorted(
                enumerate(self._paths), key=lambda one: (clients.index(one[1][0]), one[0])
            )
            first = _number(position)
            files: list[FoundFile] = []
            for at, (_, (client, directory, name)) in enumerate(ordered[first:], first):
                if matcher.matches(directory, name):
                    held = self._held(client, directory + b"/" + name, query.admits)
                    if held:
                        files.append(_file(client, directory + b"/" + name, held))
                if len(files) == limit:
                    return FoundPage(tuple(files), str(at + 1))
            return FoundPage(tuple(files), None)

    def versions(
        self, client: str, path: bytes, position: str | None, limit: int, holders: int
    ) -> VersionPage:
        with self._looking():
            held = self._held(client, path, lambda _: True)
            groups: dict[tuple[object, ...], list[tuple[NamedSaveset, Listed]]] = {}
            for saveset, row in held:
                groups.setdefault(row[2:5], []).append((saveset, row))
            found = [_version(group, holders) for group in groups.values()]
            first = _number(position)
            more = first + limit < len(found)
            return VersionPage(
                tuple(found[first : first + limit]), str(first + limit) if more else None
            )

    def close(self) -> None:
        """Nothing is open."""

    def _held(
        self, client: str, path: bytes, admits: Callable[[NamedSaveset], bool]
    ) -> list[tuple[NamedSaveset, Listed]]:
        """Who has the path and how, the newest first."""
        found = [
            (one.saveset, row)
            for one in self._entered.values()
            if one.is_whole and one.saveset.client == client and admits(one.saveset)
            for row in one.rows
            if row[0] + b"/" + row[1] == path
        ]
        return sorted(found, key=lambda one: one[0].number, reverse=True)

    @contextlib.contextmanager
    def _looking(self) -> Iterator[None]:
        with self._lock:
            if self.lose_next:
                self.lose_next = False
                self._entered.clear()
                raise NamesLost("names")
            yield


def _file(client: str, path: bytes, held: list[tuple[NamedSaveset, Listed]]) -> FoundFile:
    saveset, row = held[0]
    return FoundFile(
        client=client,
        path=path,
        kind=EntryKind(row[2]),
        size=row[3],
        modify_time_ns=row[4],
        versions=len({row[2:5] for _, row in held}),
        saveset=saveset,
    )


def _version(group: list[tuple[NamedSaveset, Listed]], holders: int) -> Version:
    row = group[0][1]
    return Version(
        kind=EntryKind(row[2]),
        size=row[3],
        modify_time_ns=row[4],
        savesets=len(group),
        holders=tuple(Holder(saveset, row[5]) for saveset, row in group[:holders]),
        oldest=Holder(group[-1][0], group[-1][1][5]),
    )


def _number(position: str | None) -> int:
    if position is None:
        return 0
    if not (position.isascii() and position.isdigit() and len(position) < 19):
        raise PageTokenInvalid
    return int(position)
