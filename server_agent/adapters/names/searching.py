"""Files by name: candidates by three characters each, compared with what is wanted."""

import math
import sqlite3
from collections.abc import Iterator, Sequence

from server_agent.adapters.names.savesets import Line, Run, Savesets, number_of, runs_of
from server_agent.adapters.names.schema import BEGIN, END, FIRST_PATH
from server_agent.domain.finding import Wanted
from server_agent.ports.entries import EntryKind
from server_agent.ports.names import (
    FoundFile,
    FoundPage,
    NamedSaveset,
    NameQuery,
)

_LOOKED_AT = 4_096  # candidates and their versions, of one page: some 20 ms
_AT_ONCE = 512  # candidates that are fetched together
_FEW = 32  # paths whose versions are: a file may have one for each day of years
_WORD = 3  # characters of a word of the index
_MOST_WORDS = 6  # each costs as much as it is common, and the comparison sees to the rest
_LAST_PATH = (1 << 63) - 1

_BY_WORDS = """
SELECT path.id, dir.path, path.name FROM word
CROSS JOIN path ON path.id = word.rowid CROSS JOIN dir ON dir.id = path.dir
WHERE word MATCH ? AND word.rowid > ? AND word.rowid < ? ORDER BY word.rowid LIMIT ?
"""
_ONE_BY_ONE = """
SELECT path.id, dir.path, path.name FROM path CROSS JOIN dir ON dir.id = path.dir
WHERE path.id > ? AND path.id < ? ORDER BY path.id LIMIT ?
"""

Candidate = tuple[int, bytes, bytes]  # id of the path, directory, name


def find(
    connection: sqlite3.Connection,
    savesets: Savesets,
    query: NameQuery,
    position: str | None,
    limit: int,
) -> FoundPage:
    """See `server_agent.ports.names.Names.find`."""
    after = number_of(position) or 0
    lines = savesets.narrowed(query)
    matcher = query.wanted.matcher()
    files: list[FoundFile] = []
    looked_at = 0
    for batch in _candidates(connection, savesets, lines, query, after):
        looked_at += len(batch)
        matching = [row for row in batch if matcher.matches(row[1], row[2])]
        for few in (matching[at : at + _FEW] for at in range(0, len(matching), _FEW)):
            runs = runs_of(connection, [row[0] for row in few])
            for path, directory, name in few:
                found = _found(lines, runs[path], directory + b"/" + name)
                if found is not None:
                    files.append(found)
                    if len(files) == limit:
                        return FoundPage(tuple(files), str(path))
            looked_at += sum(map(len, runs.values()))
            if looked_at >= _LOOKED_AT:
                return FoundPage(tuple(files), str(few[-1][0]))
        if looked_at >= _LOOKED_AT:
            return FoundPage(tuple(files), str(batch[-1][0]))
    return FoundPage(tuple(files), None)


def _match(wanted: Wanted) -> str | None:
    """What is asked of the index of words (sqlite.org/fts5.html, section 3.1); None if what is
    wanted has not even one word, so that all names have to be looked at."""
    words: dict[str, None] = {}
    for piece in _pieces(wanted):
        if len(piece) >= _WORD:
            last = len(piece) - _WORD
            words |= dict.fromkeys(piece[at : at + _WORD] for at in (*range(0, last, _WORD), last))
    some = list(words)[:: max(1, math.ceil(len(words) / _MOST_WORDS))]
    return " AND ".join('"' + word.replace('"', '""') + '"' for word in some) or None


def _pieces(wanted: Wanted) -> tuple[str, ...]:
    if not wanted.globs:
        return (BEGIN + wanted.in_name if "/" in wanted.text else wanted.text,)
    pattern = BEGIN + wanted.globs[-1].pattern + END
    return tuple(pattern.replace("?", "*").split("*"))


def _candidates(
    connection: sqlite3.Connection,
    savesets: Savesets,
    lines: dict[int, Line],
    query: NameQuery,
    after: int,
) -> Iterator[list[Candidate]]:
    """Paths that may be what is wanted, in the order of their ids."""
    match = _match(query.wanted)
    for low, high in _ranges(savesets, lines, query):
        at = max(low, after)
        while at < high:
            values = (at, high, _AT_ONCE)
            if match is None:
                batch = connection.execute(_ONE_BY_ONE, values).fetchall()
            else:
                batch = connection.execute(_BY_WORDS, (match, *values)).fetchall()
            if batch:
                yield batch
                at = batch[-1][0]
            if len(batch) < _AT_ONCE:
                break


def _ranges(savesets: Savesets, lines: dict[int, Line], query: NameQuery) -> list[tuple[int, int]]:
    """Between which ids the paths lie of those clients that are asked for."""
    if not lines:
        return []
    if not query.client and not query.task:
        return [(0, _LAST_PATH)]
    clients = sorted({savesets.clients[line] for line in lines})
    return [(client * FIRST_PATH, (client + 1) * FIRST_PATH) for client in clients]


def _found(lines: dict[int, Line], runs: Sequence[Run], path: bytes) -> FoundFile | None:
    """None if no saveset holds it any more, or none that is asked for."""
    contents: set[tuple[str, int, int]] = set()
    newest: NamedSaveset | None = None
    for run in runs:
        line = lines.get(run.line)
        of = line.of(run) if line is not None else ()
        if line is not None and of:
            contents.add(run.content)
            saveset = line.newest(of)
            if newest is None or saveset.number > newest.number:
                newest, held = saveset, run
    if newest is None:
        return None
    return FoundFile(
        client=newest.client,
        path=path,
        kind=EntryKind(held.kind),
        size=held.size,
        modify_time_ns=held.modify_ns,
        versions=len(contents),
        saveset=newest,
    )
