"""What tells of changes besides the listing of the base: the clock of the client, and archive bits.

A bit is cleared only of a file that a committed saveset holds whole and that nobody has changed
since it was found. Whatever ends that before, the file is saved once more.
"""

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass

from server_agent.adapters.tar.asking import Question
from server_agent.adapters.tar.client import Client
from server_agent.adapters.tar.database import Database
from server_agent.adapters.tar.listing import ListingWriter
from server_agent.adapters.tar.numbers import kept_inode, kept_times
from server_agent.domain.jobs import Level
from server_agent.domain.quoting import printable, quoted
from server_agent.domain.task_options import TimeReference
from server_agent.ports import BackupRequest, Cancelled, Control, EngineError, Message
from server_agent.ports.attributes import ArchiveBits

# The time of a file is that of a clock that is some milliseconds late, and on FAT in steps of 2 s.
_MARGIN_NS = 2_000_000_000
_SECOND = 1_000_000_000
_ROWS_AT_ONCE = 1000

_INHERITED = """
SELECT dir, name FROM entry WHERE (dir, leaf, name) > (?, 1, ?) AND leaf AND kind = 'f'
AND home NOT NULL ORDER BY dir, leaf, name LIMIT ?
"""
_SAVE_AGAIN = """
UPDATE entry SET home = NULL, block = NULL, blocks = NULL WHERE dir = ? AND leaf = 1 AND name = ?
"""
_OWN_FILES = """
SELECT CAST(dir || x'2f' || name AS BLOB), inode, size, modify_ns, change_ns FROM entry
WHERE leaf AND kind = 'f' AND change_ns NOT NULL
AND home = (SELECT id FROM home WHERE saveset = ?)
"""


def check_usable(request: BackupRequest, client: Client) -> None:
    """Raises EngineError (REFERENCE_UNUSABLE) for archive bits of another machine."""
    if request.options.time_reference is TimeReference.ARCHIVE_BIT and not client.is_here:
        raise EngineError(
            "REFERENCE_UNUSABLE",
            "archive bits are read on the agent's own machine only, and this client is reached over"
            " SSH. Have changes told by the database or a time stamp file",
        )


def moment_of(client: Client, control: Control) -> int:
    """A moment before which nothing was written that is not found from now on, in ns since 1970 by
    the clock of the client.

    Raises:
        EngineError: CLIENT_UNFIT: it does not tell its time; and others, as `Client.start`.
        Cancelled: the control said so.
    """
    if client.is_here:
        return time.time_ns() - _MARGIN_NS
    question = Question(client, ["date", "+%s"], control)
    said = b"".join(question.records(b"\n"))
    if question.status or not said.isdigit():
        why = printable(question.complaint.strip()) or "it says nothing"
        raise EngineError("CLIENT_UNFIT", f"the client does not tell what time it is: {why}")
    return int(said) * _SECOND - _MARGIN_NS


def save_marked(listing: ListingWriter, bits: ArchiveBits, control: Control) -> Iterator[None]:
    """Has files saved whose archive bit is set though the base has them. Pauses now and then.

    Raises:
        Cancelled: the control said so.
        sqlite3.Error.
    """
    last: tuple[bytes, bytes] = (b"", b"")
    while rows := listing.database.execute(_INHERITED, (*last, _ROWS_AT_ONCE)).fetchall():
        if control.cancelled:
            raise Cancelled
        marked = [row for row in rows if _is_marked(bits, b"/".join(row))]
        listing.database.executemany(_SAVE_AGAIN, marked)
        last = rows[-1]
        yield


def _is_marked(bits: ArchiveBits, path: bytes) -> bool:
    try:
        return bits.is_set(path)
    except OSError:
        return True  # tar says why it cannot be read


@dataclass(slots=True)
class Clearing:
    """Attributes:
    failed: files whose bit stays though nothing has changed about them.
    """

    bits: ArchiveBits
    cleared: int = 0
    failed: int = 0
    _first: str = ""

    def run(self, database: Database, saveset: str) -> None:
        """Clears the bits of what a saveset itself holds.

        Args:
            database: its listing.

        Raises:
            sqlite3.Error.
        """
        for path, *found in database.execute(_OWN_FILES, (saveset,)):
            self._clear(path, found)

    def messages(self) -> Iterator[Message]:
        text = f"The archive bit of {_files(self.cleared)} was cleared"
        yield Message(Level.INFO, "ARCHIVE_BITS", text)
        if self.failed:
            text = (
                f"The archive bit of {_files(self.failed)} cannot be cleared, {self._first}."
                " The next backup saves them again"
            )
            yield Message(Level.WARNING, "ARCHIVE_BITS_STAY", text)

    def _clear(self, path: bytes, found: list[int]) -> None:
        try:
            now = os.lstat(path)
            times = kept_times([now.st_mtime_ns, now.st_ctime_ns])
            is_as_found = [kept_inode(now.st_ino), now.st_size, *times] == found
            if stat.S_ISREG(now.st_mode) and is_as_found and self.bits.is_set(path):
                self.bits.clear(path)
                self.cleared += 1
        except FileNotFoundError:
            return
        except OSError as error:
            self.failed += 1
            self._first = self._first or f"{quoted(path)} for instance: {error.strerror or error}"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
