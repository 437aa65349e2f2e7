"""The headers of a tar stream while it goes by: what tar really saved of each entry.

What find has seen may be another file by the time that tar opens it, and tar does not tell.
Source: POSIX.1-2017, pax; GNU tar manual, "PAX Format, Version 1.0" (sparse files).
"""

import struct
from dataclasses import dataclass, field

from server_agent.adapters.tar.member import BLOCK_BYTES, pax_records
from server_agent.adapters.tar.numbers import kept_time
from server_agent.ports import EngineError

# What a member has instead of data, and as its size and time in nanoseconds if it is a file. The
# kind is the letter of `find -printf %y`; None of a hard link, which is like its target.
Read = tuple[str | None, int | None, int | None]

_KINDS = {b"1": None, b"2": "l", b"3": "c", b"4": "b", b"5": "d", b"6": "p"}
_EXTENDED = b"x"
_FILE = b"0"
_NOTHING = b"\0"
_ONLY_MODIFIED = b"mtime="
# Size and kind of the header of a block of records, these, and size and kind of the header proper.
_USUAL = struct.Struct("124x11s21xc355x512s124x11s21xc355x")
_SECOND = 1_000_000_000  # in nanoseconds


@dataclass(slots=True)
class Walk:
    """Attributes:
    next: byte of the stream at which the next header begins that was not read yet.
    at: byte up to which the stream went by.
    read: members by their first blocks; whoever fetches one takes it out.
    """

    next: int
    at: int
    read: dict[int, Read] = field(default_factory=dict)
    _rest: bytes = b""

    @classmethod
    def from_byte(cls, begin: int) -> "Walk":
        return cls(begin, begin)

    @property
    def reached(self) -> int:
        """All members that begin before this block have been read."""
        return self.next // BLOCK_BYTES

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
        length, extended, block, size, kind = _USUAL.unpack_from(data, begin)
        if extended != _EXTENDED or kind != _FILE:
            return 0
        records = block[: int(length, 8)]
        # Else a name may look like records.
        if not records.startswith(_ONLY_MODIFIED, 3) or records[:2] != b"%d" % len(records):
            return 0
        stored = int(size, 8)
        modified = kept_time(_nanoseconds(records[9:-1]))
        self.read[self.next // BLOCK_BYTES] = "f", stored, modified
        return _USUAL.size + -(-stored // BLOCK_BYTES) * BLOCK_BYTES

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
        block = self.next // BLOCK_BYTES
        if kind != _FILE:
            self.read[block] = _KINDS[kind], None, None
            return length
        known = pax_records(records)
        size = int(known[b"size"]) if b"size" in known else int(final[124:135], 8)
        real = int(known[b"GNU.sparse.realsize"]) if b"GNU.sparse.realsize" in known else size
        time = known.get(b"mtime")
        modified = int(final[136:147], 8) * _SECOND if time is None else _nanoseconds(time)
        self.read[block] = "f", real, kept_time(modified)
        return length + -(-size // BLOCK_BYTES) * BLOCK_BYTES


def _nanoseconds(time: bytes) -> int:
    whole, _, fraction = time.partition(b".")
    return int(whole + fraction[:9].ljust(9, b"0"))
