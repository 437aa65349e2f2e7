"""What each exclude of a task meets: find tells it besides what it lists, into the same scratch
listing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.excludes import told_conditions
from server_agent.adapters.tar.names import ancestors, joined, split
from server_agent.domain.task_options import ExcludeKind
from server_agent.ports.client_files import EXAMPLES, LeftOutBy, LeftOutCause

_KIND = b"x"  # with the number of an exclude; find's own kinds are single letters
_TOLD_BYTES = 512 << 10  # of tests in a command; the system takes 2 MiB, and they stand there twice
_WORDS_BYTES = 160  # of a test beside source and pattern
_SCHEMA = """
CREATE TABLE hit(pattern INTEGER, dir BLOB, name BLOB, PRIMARY KEY (pattern, dir, name))
WITHOUT ROWID;
CREATE INDEX of_entry ON hit(dir, name);
CREATE TABLE inside(path BLOB, pattern INTEGER, PRIMARY KEY (path, pattern)) WITHOUT ROWID;
"""
_PATH = "CAST({0}.dir || x'2f' || {0}.name AS BLOB)"
_FILL_INSIDE = f"""
WITH RECURSIVE below(pattern, path) AS (
    SELECT pattern, {_PATH.format("hit")} FROM hit JOIN entry
    ON entry.dir = hit.dir AND entry.leaf = 0 AND entry.name = hit.name
    UNION
    SELECT pattern, {_PATH.format("entry")} FROM below JOIN entry
    ON entry.dir = below.path AND entry.leaf = 0 AND entry.name <> x''
)
INSERT INTO inside SELECT path, pattern FROM below
"""
_OF_ENTRY = "dir, leaf, name, kind, device, inode, links, size"
_FILL_GONE = f"""
CREATE TABLE gone AS
SELECT hit.pattern, entry.* FROM hit JOIN (SELECT {_OF_ENTRY} FROM entry) AS entry
ON entry.dir = hit.dir AND entry.leaf IN (0, 1) AND entry.name = hit.name
UNION
SELECT inside.pattern, entry.* FROM inside JOIN (SELECT {_OF_ENTRY} FROM entry) AS entry
ON entry.dir = inside.path AND entry.name <> x''
"""
_COUNT = """
SELECT count(*) FILTER (WHERE leaf AND kind <> 's'),
coalesce(sum(size) FILTER (WHERE kind = 'f' AND links = 1), 0)
+ (SELECT coalesce(sum(size), 0) FROM (SELECT DISTINCT device, inode, size FROM gone
    WHERE pattern = ?1 AND links > 1 AND kind = 'f'))
FROM gone WHERE pattern = ?1
"""
_REMOVE = "DELETE FROM entry WHERE (dir, leaf, name) IN (SELECT dir, leaf, name FROM gone)"


@dataclass(slots=True)
class Hits:
    """Attributes:
    database: the scratch listing.
    sources: of the task; the longest says how many excludes can be told one by one.
    given: how many of the excludes are the task's own; the others are those of its file.
    """

    database: Database
    sources: Sequence[bytes]
    excludes: Sequence[str]
    kind: ExcludeKind
    given: int

    def __post_init__(self) -> None:
        self.database.execute("COMMIT")
        self.database.executescript(_SCHEMA)
        self.database.execute("BEGIN")

    @property
    def single(self) -> int:
        """How many excludes are told one by one."""
        longest = max(map(len, self.sources), default=0)
        size = 0
        for number, exclude in enumerate(self.excludes):
            size += 2 * (longest + len(exclude.encode("utf-8", "surrogateescape"))) + _WORDS_BYTES
            if size > _TOLD_BYTES:
                return number
        return len(self.excludes)

    def conditions(self, source: bytes, form: bytes) -> list[bytes]:
        """The part of a find command that tells what is excluded, instead of skipping it.

        Args:
            form: how an entry is printed.
        """
        count = min(self.single + 1, len(self.excludes))
        tell = [[b"-printf", form.replace(b"%y", _KIND + b"%d" % each)] for each in range(count)]
        return told_conditions(source, self.excludes, self.kind, tell)

    def taken(self, fields: list[bytes], width: int) -> list[bytes]:
        """The fields of the other records, of so many fields each."""
        if not any(kind[:1] == _KIND for kind in fields[2::width]):
            return fields
        rest: list[bytes] = []
        rows: list[tuple[int, bytes, bytes]] = []
        for at in range(0, len(fields), width):
            kind = fields[at + 2]
            if kind[:1] == _KIND:
                place = split(joined(fields[at], fields[at + 1]))
                rows.append((int(kind[1:]), *place))
            else:
                rest += fields[at : at + width]
        self.database.executemany("INSERT OR IGNORE INTO hit VALUES (?, ?, ?)", rows)
        return rest

    def settle(self) -> None:
        """All has been told: what is excluded is taken out of the listing, as a backup has it."""
        self.database.execute(_FILL_INSIDE)
        self.database.execute(_FILL_GONE)
        self.database.execute("CREATE INDEX of_pattern ON gone(pattern)")
        self.database.execute(_REMOVE)

    def covers(self, path: bytes) -> bool:
        """Whether a path is excluded or lies in something that is; of what has been told so far."""
        query = "SELECT EXISTS (SELECT 1 FROM hit WHERE dir = ? AND name = ?)"
        return any(self.database.number(query, split(each)) for each in (*ancestors(path), path))

    def told(self) -> Iterator[LeftOutBy]:
        """One for each exclude, the last perhaps for the rest of them."""
        single = self.single
        for number, exclude in enumerate(self.excludes[: single + 1]):
            cause = LeftOutCause.EXCLUDE if number < self.given else LeftOutCause.EXCLUDE_FILE
            if number == single:
                cause, exclude = LeftOutCause.OTHER_EXCLUDES, ""
            hits = self.database.number("SELECT count(*) FROM hit WHERE pattern = ?", (number,))
            files, size = self.database.execute(_COUNT, (number,)).fetchone() if hits else (0, 0)
            rows = self.database.execute(
                "SELECT dir, name FROM hit WHERE pattern = ? ORDER BY dir, name LIMIT ?",
                (number, EXAMPLES),
            )
            examples = tuple(joined(*row) for row in rows)
            yield LeftOutBy(cause, exclude, hits, files, size, examples)
