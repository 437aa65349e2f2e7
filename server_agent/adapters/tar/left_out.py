"""What the options of a task leave out of a scan that has been made: what lies beside the tag of a
cache, what must not be dumped, and what is said of other file systems."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server_agent.adapters.tar import private
from server_agent.adapters.tar.asking import Question, batches
from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.failures import written_to
from server_agent.adapters.tar.listing import ListingWriter, mount_points
from server_agent.adapters.tar.mounts import is_below
from server_agent.adapters.tar.names import ancestors, split
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import printable, quoted
from server_agent.domain.task_options import TaskOptions
from server_agent.ports import Control, EngineError, Message

TAG = b"CACHEDIR.TAG"
SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"  # https://bford.info/cachedir/
_LARGEST_TAG = 64 << 10  # a shell reads a line byte by byte; what is larger is no tag

_NAMED = 3  # of many, in one line; the listing has none of them
_NOT_FOUND = (126, 127)  # how xargs ends if there is no program
_NO_DUMP = b"d"
# A shell reads a first line by itself, without a program per file.
_SIGNED = (
    b'for file; do line=; IFS= read -r line < "$file"; case "$line" in'
    b" '%b'*) printf '%%s\\0' \"$file\";; esac; done" % SIGNATURE
)
_WITH_PATH = "CAST(dir || x'2f' || name AS BLOB)"
_TAGS = f"""
SELECT {_WITH_PATH} FROM entry
WHERE leaf AND name = ? AND kind = 'f' AND size BETWEEN ? AND ?
"""
_FLAGGED = f"SELECT {_WITH_PATH} FROM entry WHERE kind IN ('f', 'd') AND name <> x''"
_BELOW = "(dir = ?1 OR dir >= ?2 AND dir < ?3) AND name <> x''"


@dataclass(slots=True)
class LeftOut:
    """Takes out of a listing what the options say, before its scan is ended. A source is never
    left out, nor is what lies in it for the sake of what is outside.

    Attributes:
        scratch: a file that is made and removed.
        places: directories of which something or all is not in the listing any more.
    """

    options: TaskOptions
    sources: Sequence[bytes]
    listing: ListingWriter
    client: Client
    control: Control
    scratch: Path
    places: set[bytes] = field(default_factory=set)

    @property
    def has_anything_to_do(self) -> bool:
        return self.options.skip_cache_directories or self.options.skip_nodump

    def messages(self) -> Iterator[Message]:
        """Raises EngineError (CLIENT_UNFIT), Cancelled, OSError, sqlite3.Error."""
        if self.options.skip_cache_directories:
            caches = sorted(self._caches())
            count = sum(self._remove_below(path, keep=TAG) for path in caches)
            if caches:
                text = f"{_entries(count)} beside a CACHEDIR.TAG left out: {_some(caches)}"
                yield Message(Level.INFO, "CACHE_DIRECTORIES", text)
        if self.options.skip_nodump:
            flagged = sorted(self._flagged())
            count = sum(self._remove(path) for path in flagged)
            if flagged:
                text = f"{_entries(count)} with the attribute no dump left out: {_some(flagged)}"
                yield Message(Level.INFO, "NO_DUMP", text)

    def has(self, path: bytes) -> bool:
        """Whether a path lies where something was left out, and is not in the listing."""
        if not self.places or self.listing.has(path):
            return False
        return not self.places.isdisjoint([*ancestors(path), path])

    def _caches(self) -> list[bytes]:
        """Directories that a tag says are caches. A tag that cannot be read says nothing."""
        rows = self.listing.database.execute(_TAGS, (TAG, len(SIGNATURE), _LARGEST_TAG))
        found: list[bytes] = []
        for batch in batches(path for (path,) in rows.fetchall()):
            command = [b"sh", b"-c", _SIGNED, b"sh", *batch]
            found += Question(self.client, command, self.control).records()
        return [split(path)[0] or b"/" for path in found]

    def _flagged(self) -> list[bytes]:
        """What has the attribute, as far as its file system has attributes."""
        try:
            with (
                written_to(self.scratch.parent),
                open(self.scratch, "xb", opener=private.opener) as file,
            ):
                for (path,) in self.listing.database.execute(_FLAGGED):
                    if b"\n" not in path:  # lsattr writes lines: what may be saved is saved
                        file.write(path + b"\0")
            command = ["xargs", "-0", "-r", "lsattr", "-d"]
            question = Question(self.client, command, self.control, fed_from=self.scratch)
            lines = (line.partition(b" ") for line in question.records(b"\n"))
            found = [path for flags, _, path in lines if _NO_DUMP in flags]
        finally:
            self.scratch.unlink(missing_ok=True)
        if question.status in _NOT_FOUND:
            said = printable(question.complaint.strip())
            raise EngineError(
                "CLIENT_UNFIT",
                f"the attribute no dump cannot be asked for at the client: {said}. Install"
                " e2fsprogs there, or take the option out of the task",
            )
        return [path for path in found if path not in self.sources]

    def _remove(self, path: bytes) -> int:
        """Takes out an entry and all below; returns how many entries that were."""
        below = self._remove_below(path)
        kept = any(is_below(source, path) for source in self.sources)
        query = "DELETE FROM entry WHERE dir = ? AND name = ?"
        return below + (0 if kept else self._deleted(query, split(path)))

    def _remove_below(self, directory: bytes, keep: bytes = b"") -> int:
        """Takes out what lies in a directory, but for an entry of a name."""
        self.places.add(directory)
        inside = directory.rstrip(b"/")
        where = [_BELOW, "NOT (dir = ?1 AND name = ?4 AND leaf)"]
        values = [inside, inside + b"/", inside + b"0", keep]  # "0" is what follows "/"
        for source in self.sources:
            if is_below(source, directory):
                top = len(values)
                where.append(
                    f"NOT ((dir, name) = (?{top + 1}, ?{top + 2})"
                    f" OR dir = ?{top + 3} OR dir >= ?{top + 4} AND dir < ?{top + 5})"
                )
                values += [*split(source), source, source + b"/", source + b"0"]
        return self._deleted(f"DELETE FROM entry WHERE {' AND '.join(where)}", values)

    def _deleted(self, query: str, values: Sequence[bytes]) -> int:
        return self.listing.database.execute(query, values).rowcount


def borders(listing: ListingWriter, sources: Sequence[bytes]) -> Iterator[bytes]:
    """Mount points at which find has turned back, since a source must not go beyond."""
    for path in mount_points(listing.database):
        if path not in sources:
            yield path


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _some(paths: Sequence[bytes]) -> str:
    named = ", ".join(map(quoted, paths[:_NAMED]))
    return f"{named} and {len(paths) - _NAMED} more" if len(paths) > _NAMED else named
