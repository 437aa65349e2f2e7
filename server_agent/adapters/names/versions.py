"""One path through time: its versions, and which savesets hold them."""

import sqlite3
from dataclasses import dataclass

from server_agent.adapters.names.savesets import Run, Savesets, number_of, runs_of
from server_agent.ports.entries import EntryKind
from server_agent.ports.names import Holder, NamedSaveset, Version, VersionPage

_PATH = """
SELECT path.id FROM client JOIN dir ON dir.client = client.id AND dir.path = ?
JOIN path ON path.dir = dir.id AND path.name = ? WHERE client.name = ?
"""


@dataclass(frozen=True, slots=True)
class _Held:
    saveset: NamedSaveset
    run: Run

    @property
    def number(self) -> int:
        return self.saveset.number


def through_time(
    connection: sqlite3.Connection,
    savesets: Savesets,
    path: tuple[str, bytes],
    position: str | None,
    limit: int,
    holders: int,
) -> VersionPage:
    """See `server_agent.ports.names.Names.versions`. `path`: the client, and what it is there."""
    before = number_of(position)
    runs = _runs(connection, *path)
    held: dict[tuple[str, int, int], list[_Held]] = {}
    for run in runs:
        line = savesets.lines.get(run.line)
        if line is not None:
            by = held.setdefault(run.content, [])
            by += [_Held(line.savesets[at], run) for at in line.of(run)]
    groups = [sorted(by, key=lambda one: one.number, reverse=True) for by in held.values() if by]
    groups.sort(key=lambda by: by[0].number, reverse=True)
    rest = [by for by in groups if before is None or by[0].number < before]
    made = (_version(by, savesets, runs, holders) for by in rest[:limit])
    more = len(rest) > limit
    return VersionPage(tuple(made), str(rest[limit - 1][0].number) if more else None)


def _version(by: list[_Held], savesets: Savesets, runs: list[Run], holders: int) -> Version:
    def holder(one: _Held) -> Holder:
        return Holder(one.saveset, savesets.home(one.saveset, one.run, runs))

    run = by[0].run
    return Version(
        kind=EntryKind(run.kind),
        size=run.size,
        modify_time_ns=run.modify_ns,
        savesets=len(by),
        holders=tuple(map(holder, by[:holders])),
        oldest=holder(by[-1]),
    )


def _runs(connection: sqlite3.Connection, client: str, path: bytes) -> list[Run]:
    directory, _, name = path.rpartition(b"/")
    row = connection.execute(_PATH, (directory, name, client)).fetchone()
    return runs_of(connection, row)[row[0]] if row is not None else []
