"""Whether what tar has read of a file is what the scan had found, and what is said of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from server_agent.adapters.tar import complaints
from server_agent.adapters.tar.asking import Question, batches
from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.listing import ListingWriter
from server_agent.adapters.tar.names import joined, split
from server_agent.adapters.tar.numbers import kept_inode
from server_agent.adapters.tar.walk import Member
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import quoted
from server_agent.ports import Control, Message

SIZE_ACCEPTED = "SIZE_ACCEPTED"

_MARKED = """
SELECT block, dir, name, inode, size, modify_ns FROM entry
WHERE home = ? AND leaf AND kind = 'f' AND change_ns IS NULL
AND (dir, leaf, name) >= (?, ?, ?) AND (dir, leaf, name) <= (?, ?, ?)
"""
_OF_PATH = "WHERE dir = ? AND leaf = 1 AND name = ?"


class MayChange:
    """The files whose size may change while they are read, as long as the listing is written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.execute("CREATE TEMP TABLE may_change(path BLOB PRIMARY KEY) WITHOUT ROWID")

    def add(self, paths: Iterable[bytes]) -> None:
        rows = ((path,) for path in paths)
        self._database.executemany("INSERT OR IGNORE INTO may_change VALUES (?)", rows)

    def __contains__(self, path: bytes) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM may_change WHERE path = ?)"
        return bool(self._database.number(query, (path,)))


class _Different(NamedTuple):
    path: bytes
    inode: int
    found_size: int
    read_size: int


class _Now(NamedTuple):
    inode: int
    size: int


@dataclass(slots=True)
class AsRead:
    """What tar has read is in the saveset, and the listing says so; whether that is what was
    surely meant is judged at the end, when each file in doubt is looked at once more.

    Attributes:
        may_change: of these, a change of the size is no warning.
    """

    listing: ListingWriter
    client: Client
    control: Control
    may_change: MayChange | None = None
    _different: list[_Different] = field(default_factory=list)
    _deferred: dict[bytes, Message] = field(default_factory=dict)

    def compare(self, members: Sequence[Member]) -> None:
        """Corrects the size and time of files that are not as the scan has found them.

        Args:
            members: that were just entered, the next ones in the order of the listing.
        """
        database = self.listing.database
        keys = (self.listing.own, *members[0][5:], *members[-1][5:])
        marked = database.execute(_MARKED, keys).fetchall()
        read = {member[0]: member[3:5] for member in members} if marked else {}
        for block, directory, name, inode, size, time in marked:
            read_size, read_time = read.get(block, (None, None))
            if read_size is None or (read_size, read_time) == (size, time):
                continue
            path = joined(directory, name)
            self._different.append(_Different(path, inode, size, read_size))
            database.execute(
                f"UPDATE entry SET size = ?, modify_ns = ? {_OF_PATH}",
                (read_size, read_time, directory, name),
            )

    def defers(self, complaint: Message) -> bool:
        """Whether what tar complains of may be accepted: then it is said at the end."""
        path = complaint.path
        may_be = complaint.code in (complaints.CHANGED, complaints.CUT)
        if not may_be or self.may_change is None or path is None or path not in self.may_change:
            return False
        self._deferred.setdefault(path, complaint)
        return True

    def messages(self) -> Iterator[Message]:
        """Enters flaws and says them. Raises Cancelled, EngineError, OSError, sqlite3.Error."""
        paths = [each.path for each in self._different]
        now = self._looks([*paths, *self._deferred])
        said: list[Message | None] = [
            self._of_deferred(each, now.get(path)) for path, each in self._deferred.items()
        ]
        for different in self._different:
            if different.path not in self._deferred:
                said.append(self._of_different(different, now.get(different.path)))
        for message in said:
            if message is None or message.path is None:
                continue
            is_said = message.level is not Level.WARNING
            if is_said or self.listing.note_flaw(message.path, message.code):
                yield message

    def _of_deferred(self, complaint: Message, now: _Now | None) -> Message:
        assert complaint.path is not None  # else it would not be here
        row = self.listing.database.execute(
            f"SELECT inode, size FROM entry {_OF_PATH}", split(complaint.path)
        ).fetchone()
        if row is None or now is None or now.inode != row[0]:
            return complaint
        where = quoted(complaint.path)
        if complaint.code == complaints.CUT:
            text = f"{complaint.text}, which the task accepts"
        elif now.size != row[1]:
            text = f"{where} had {row[1]} bytes when it was read and has {now.size} now, which the"
            text += " task accepts: it is saved with the former"
        else:
            return complaint
        return Message(Level.INFO, SIZE_ACCEPTED, text, complaint.path)

    def _of_different(self, different: _Different, now: _Now | None) -> Message | None:
        path, inode, found, read = different
        query = "SELECT EXISTS (SELECT 1 FROM flaw WHERE path = ?)"
        if self.listing.database.number(query, (path,)):
            return None  # tar has said more
        if now is not None and now.inode != inode:
            text = f"{quoted(path)} was replaced by another file before it was read"
            return Message(Level.WARNING, complaints.REPLACED, text, path)
        if read == found:
            return None
        text = f"{quoted(path)} had {found} bytes when it was found and {read} when it was read"
        if now is not None and self.may_change is not None and path in self.may_change:
            text += ", which the task accepts: it is saved with the latter"
            return Message(Level.INFO, SIZE_ACCEPTED, text, path)
        text += ": it is saved with the latter"
        return Message(Level.WARNING, complaints.CHANGED_BEFORE, text, path)

    def _looks(self, paths: list[bytes]) -> dict[bytes, _Now]:
        """What can be seen of files now."""
        found: dict[bytes, _Now] = {}
        for batch in batches(paths):
            command = [b"find", *batch, b"-maxdepth", b"0", b"-printf", rb"%i %s\0%p\0"]
            answer = list(Question(self.client, command, self.control).records())
            for facts, path in zip(answer[::2], answer[1::2], strict=False):
                inode, size = facts.split(b" ")
                found[path] = _Now(kept_inode(int(inode)), int(size))
        return found
