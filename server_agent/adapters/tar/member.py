"""What the headers of a tar member say that a listing does not: which one a hard link refers to,
and how long it really is; and a member that has what a listing says.

Source: POSIX.1-2017, pax, "pax Interchange Format" and "ustar Interchange Format".
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from server_agent.adapters.tar.names import member_name

BLOCK_BYTES = 512
HEADERS_BYTES = 256 << 10  # of one member; a name has at most 4 KiB, attributes 64 KiB
_SIZE = slice(124, 136)
_TYPE = slice(156, 157)
_LINK_NAME = slice(157, 257)
_WITH_DATA = (b"0", b"\0", b"7")


def hard_link_target(member: bytes) -> bytes | None:
    """The name of the member that has the data, if this one is a hard link to it; else None.

    Args:
        member: the member from its first header on; what follows the headers may be missing.

    Raises:
        ValueError: it does not begin with headers.
    """
    _, header, records = _headers(member)
    if header[_TYPE] != b"1":
        return None
    return records.get(b"linkpath") or header[_LINK_NAME].partition(b"\0")[0]


@dataclass(frozen=True, slots=True)
class MemberData:
    """Attributes:
    headers: bytes before the data.
    stored: bytes of data in the stream, with the map of a sparse file and without what fills up
        the last block.
    size: of the file.
    is_sparse: its data begin with a map: see `sparse_map`.
    """

    headers: int
    stored: int
    size: int
    is_sparse: bool


def member_data(member: bytes) -> MemberData | None:
    """Where the data of a file lie in its member; None of what has none. Arguments and errors as
    above."""
    blocks, header, records = _headers(member)
    if header[_TYPE] not in _WITH_DATA:
        return None
    stored = int(records[b"size"]) if b"size" in records else _octal(header[_SIZE])
    real = records.get(b"GNU.sparse.realsize")
    is_sparse = records.get(b"GNU.sparse.major") == b"1"
    size = int(real) if real is not None else stored
    return MemberData(blocks * BLOCK_BYTES, stored, size, is_sparse)


def sparse_map(pieces: Iterator[bytes]) -> tuple[int, list[tuple[int, int]]]:
    """How many bytes the map of a sparse file has, and offset and size of each of its parts.
    Source: GNU tar manual, "PAX Format, Version 1.0".

    Args:
        pieces: of the member's data from their beginning; only as many are taken as are needed.

    Raises:
        ValueError: they do not begin with a map.
    """
    text = b""
    numbers: list[int] = []
    read = 0
    while not numbers or len(numbers) < 1 + 2 * numbers[0]:
        piece = next(pieces, b"")
        if not piece:
            raise ValueError("the map of a sparse file ends too early")
        *lines, text = (text + piece).split(b"\n")
        for line in lines:
            if numbers and len(numbers) == 1 + 2 * numbers[0]:
                break
            numbers.append(int(line))
            read += len(line) + 1
    length = -(-read // BLOCK_BYTES) * BLOCK_BYTES
    return length, list(zip(numbers[1::2], numbers[2::2], strict=True))


def directory_member(path: bytes, mode: int, uid: int, gid: int, modify_ns: int) -> bytes:
    """The member of a directory, without its access control lists and extended attributes."""
    sign, (seconds, nanoseconds) = "-" * (modify_ns < 0), divmod(abs(modify_ns), 1_000_000_000)
    records = _record(b"path", member_name(path) + b"/")
    records += _record(b"mtime", f"{sign}{seconds}.{nanoseconds:09d}".encode())
    records += _record(b"uid", b"%d" % uid) + _record(b"gid", b"%d" % gid)
    return (
        _header(tarfile.XHDTYPE, 0o644, len(records))
        + records.ljust(_blocks(len(records)) * BLOCK_BYTES, b"\0")
        + _header(tarfile.DIRTYPE, mode, 0)
    )


def _header(kind: bytes, mode: int, size: int) -> bytes:
    """Name, owner and time are what the records before it say."""
    info = tarfile.TarInfo("directory")
    info.type, info.mode, info.size = kind, mode, size
    return info.tobuf(tarfile.USTAR_FORMAT)


def _record(name: bytes, value: bytes) -> bytes:
    """As `pax_records` reads it."""
    rest = b" %b=%b\n" % (name, value)
    length = len(rest) + 1
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return b"%d" % length + rest


def _headers(member: bytes) -> tuple[int, bytes, dict[bytes, bytes]]:
    """Number of blocks that the headers have, the last header, and the pax records before it."""
    at = 0
    records: dict[bytes, bytes] = {}
    while (header := member[at : at + BLOCK_BYTES])[_TYPE] == b"x":
        size = _octal(header[_SIZE])
        records |= pax_records(member[at + BLOCK_BYTES : at + BLOCK_BYTES + size])
        at += BLOCK_BYTES * (1 + _blocks(size))
    if len(header) < BLOCK_BYTES:
        raise ValueError("a member ends within its headers")
    return at // BLOCK_BYTES + 1, header, records


def _octal(field: bytes) -> int:
    return int(field.rstrip(b"\0 "), 8)


def _blocks(size: int) -> int:
    return -(-size // BLOCK_BYTES)


def pax_records(data: bytes) -> dict[bytes, bytes]:
    """Records "LENGTH NAME=VALUE\\n"; the length counts the whole record."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        length, _, _ = data[at : at + 20].partition(b" ")
        name, _, value = data[at + len(length) + 1 : at + int(length) - 1].partition(b"=")
        records[name] = value
        at += int(length)
    return records
