"""What of a selection lies in damage, taken out of it; and such directories, made anew."""

from collections.abc import Callable, Iterator

from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.member import BLOCK_BYTES, directory_member
from server_agent.adapters.tar.names import joined
from server_agent.adapters.tar.slices import LISTED, Slice

_SCHEMA = """
CREATE TABLE gone(path BLOB, leaf INTEGER, block INTEGER);
CREATE TABLE lost_directory(
    dir BLOB, leaf INTEGER, name BLOB, PRIMARY KEY (dir, leaf, name)
) WITHOUT ROWID;
"""
# Members lie one behind the other: none that begins before the last one by then reaches beyond it.
_OVERLAPS = """
home = :home AND block < :end AND block + blocks > :begin AND block >=
(SELECT coalesce(max(block), 0) FROM {0} WHERE home = :home AND block <= :begin)
"""
_PICKED, _ORPHANS = _OVERLAPS.format("picked"), _OVERLAPS.format("orphan")
_GONE_PATHS = "(SELECT path FROM gone WHERE leaf)"
# The data of a file are gone with all its names.
_TAKE = (
    f"""
    INSERT INTO gone SELECT CAST(dir || x'2f' || name AS BLOB), leaf, block
    FROM picked WHERE {_PICKED} ORDER BY block
    """,
    """
    INSERT INTO gone SELECT CAST(dir || x'2f' || name AS BLOB), leaf, block FROM picked
    WHERE home = :home AND first IN (SELECT block FROM gone)
    AND block NOT IN (SELECT block FROM gone) ORDER BY block
    """,
    f"INSERT INTO gone SELECT path, 1, -1 FROM other_name WHERE first IN {_GONE_PATHS}",
    f"DELETE FROM other_name WHERE first IN {_GONE_PATHS}",
    f"INSERT INTO gone SELECT path, 1, -1 FROM orphan WHERE {_ORPHANS}",
    f"DELETE FROM orphan WHERE {_ORPHANS}",
    f"INSERT INTO lost_directory SELECT dir, leaf, name FROM picked WHERE {_PICKED} AND NOT leaf",
    "DELETE FROM picked WHERE home = :home AND block IN (SELECT block FROM gone)",
)


class Lost:
    """That of one selection.

    Args:
        connection: the selection's database.
    """

    def __init__(self, connection: Database) -> None:
        connection.executescript(_SCHEMA)
        self._connection = connection

    def take(self, home: int, begin: int, end: int) -> Iterator[tuple[bytes, bool]]:
        """Takes out what lies between these bytes of a home, also in part. Says the path of each,
        and whether it is a directory, in their order; all are taken before the first is said."""
        values = {"home": home, "begin": begin // BLOCK_BYTES, "end": -(-end // BLOCK_BYTES)}
        self._connection.execute("DELETE FROM gone")
        for statement in _TAKE:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            self._connection.execute(statement, used)
        rows = self._connection.execute("SELECT path, NOT leaf FROM gone ORDER BY rowid")
        return ((path, bool(is_directory)) for path, is_directory in rows)

    def directories(self, is_there: Callable[[bytes], bool] | None = None) -> Iterator[Slice]:
        """Those that were taken out, as members that have what the listing says of them; if asked
        for, only those that are there."""
        query = """
        SELECT dir, name, mode, uid, gid, modify_ns
        FROM lost_directory JOIN listing.entry USING (dir, leaf, name) ORDER BY dir, name
        """
        for directory, name, *facts in self._connection.execute(query):
            path = joined(directory, name)
            if is_there is None or is_there(path):
                made = directory_member(path, *facts)
                yield Slice(LISTED, 0, len(made) // BLOCK_BYTES, made=made)
