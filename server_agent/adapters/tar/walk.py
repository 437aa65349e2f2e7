"""The headers of a tar stream while it goes by: what tar really saved of each entry, and where.

What find has seen may be another file by the time that tar opens it, and tar does not tell.
Source: POSIX.1-2017, pax; GNU tar manual, "PAX Format, Version 1.0" (sparse files).
"""

import struct
from dataclasses import dataclass, field

from server_agent.adapters.tar.member import BLOCK_BYTES, pax_records
from server_agent.adapters.tar.names import member_key
from server_agent.adapters.tar.numbers import kept_time
from server_agent.ports import EngineError

# A member: its first block and its number of blocks, headers included; its kind, and if it is a
# file its size and time in nanoseconds; directory, leaf and name as a listing keeps them. The kind
# is the letter of `find -printf %y`; None of a hard link, which is like its target.
Member = tuple[int, int, str | None, int | None, int | None, bytes, int, bytes]

_KINDS = {b"1": None, b"2": "l", b"3": "c", b"4": "b", b"5": "d", b"6": "p"}
_EXTENDED = b"x"
_FILE = b"0"
_NOTHING = b"\0"
_ONLY_MODIFIED = b"mtime="
# Size and kind of the header of a block of records, these, and of the header proper the name, size,
# kind and directories before the name.
_USUAL = struct.Struct("124x11s21xc355x512s100s24x11s21xc188x155s12x")
_NAME, _PREFIX = slice(0, 100), slice(345, 500)
_SECOND = 1_000_000_000  # in nanoseconds


@dataclass(slots=True)
class Walk:
    """Attributes:
    next: byte of the stream at which the next header begins that was not read yet.
    at: byte up to which the stream went by.
    end: byte at which the newest member ends.
    current: its name as tar writes it; empty before the first.
    """

    next: int
    at: int
    end: int
    current: bytes = b""
    _members: list[Member] = field(default_factory=list)
    _rest: bytes = b""

    @classmethod
    def from_byte(cls, begin: int) -> "Walk":
        return cls(begin, begin, begin)

    @property
    def is_whole(self) -> bool:
        """Whether the stream so far ends where a member or the archive does."""
        return self.next == self.at

    @property
    def begun(self) -> int:
        """How many bytes of a member that has not gone by yet have."""
        if self.next <= self.at:
            return 0
        return self.at - self._members[-1][0] * BLOCK_BYTES

    def passed(self) -> list[Member]:
        """The members that have gone by since this was asked, in the order of the stream."""
        last = -1 if self.next > self.at else len(self._members)
        passed = self._members[:last]
        del self._members[:last]
        return passed

    def take(self, data: memoryview) -> None:
        """The next bytes of the stream. Raises EngineError (TAR_FAILED) if they are none of tar."""
        self.at += len(data)
        if self.next >= self.at:
            return
        whole = memoryview(self._rest + data) if self._rest else data
        begin = self.at - len(whole)
        self._rest = b""
        try:
            while self.next < self.at:
                at = self.next - begin
                length = self._usual(whole, at) or self._member(whole, at)
                if not length:
                    self._rest = bytes(whole[at:])
                    return
                self.next += length
        except (ValueError, KeyError) as error:
            place = f"at byte {self.next} of its archive"
            raise EngineError("TAR_FAILED", f"tar wrote no header {place}: {error}") from error

    def _usual(self, data: memoryview, begin: int) -> int:
        """Enters a file with one record, its time, as nearly every member is. Its length in bytes,
        0 if it is none or does not have all its headers yet."""
        if len(data) < begin + _USUAL.size:
            return 0
        length, extended, block, name, size, kind, prefix = _USUAL.unpack_from(data, begin)
        if extended != _EXTENDED or kind != _FILE:
            return 0
        records = block[: int(length, 8)]
        # Else a name may look like records.
        if not records.startswith(_ONLY_MODIFIED, 3) or int(records[:2]) != len(records):
            return 0
        stored = int(size, 8)
        blocks = _USUAL.size // BLOCK_BYTES + -(-stored // BLOCK_BYTES)
        modified = kept_time(_nanoseconds(records[9:-1]))
        self._enter(blocks, "f", stored, modified, _name(name, prefix))
        return blocks * BLOCK_BYTES

    def _member(self, data: memoryview, begin: int) -> int:
        """Enters one member; its length in bytes, 0 if it does not have all its headers yet."""
        header = begin
        records = b""
        while data[header + 156 : header + 157] == _EXTENDED:
            size = int(bytes(data[header + 124 : header + 135]), 8)
            header += BLOCK_BYTES
            records += data[header : header + size]
            header += -(-size // BLOCK_BYTES) * BLOCK_BYTES
        if len(data) < header + BLOCK_BYTES:
            return 0
        final = bytes(data[header : header + BLOCK_BYTES])
        kind = final[156:157]
        length = header + BLOCK_BYTES - begin
        if kind == _NOTHING:
            return length  # the zeros at the end
        known = pax_records(records)
        name = known.get(b"GNU.sparse.name") or known.get(b"path")
        name = name or _name(final[_NAME], final[_PREFIX])
        if kind != _FILE:
            self._enter(length // BLOCK_BYTES, _KINDS[kind], None, None, name)
            return length
        size = int(known[b"size"]) if b"size" in known else int(final[124:135], 8)
        real = int(known[b"GNU.sparse.realsize"]) if b"GNU.sparse.realsize" in known else size
        time = known.get(b"mtime")
        modified = int(final[136:147], 8) * _SECOND if time is None else _nanoseconds(time)
        length += -(-size // BLOCK_BYTES) * BLOCK_BYTES
        self._enter(length // BLOCK_BYTES, "f", real, kept_time(modified), name)
        return length

    def _enter(
        self, blocks: int, kind: str | None, size: int | None, time: int | None, name: bytes
    ) -> None:
        self.current, self.end = name, self.next + blocks * BLOCK_BYTES
        directory, leaf, last = member_key(name)
        block = self.next // BLOCK_BYTES
        self._members.append((block, blocks, kind, size, time, directory, leaf, last))


def _name(name: bytes, prefix: bytes) -> bytes:
    name = name.rstrip(b"\0")
    return prefix.rstrip(b"\0") + b"/" + name if prefix[0] else name


def _nanoseconds(time: bytes) -> int:
    whole, _, fraction = time.partition(b".")
    return int(whole + fraction[:9].ljust(9, b"0"))
