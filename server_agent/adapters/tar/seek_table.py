"""Where each compressed frame of a file lies, and its bytes on disk: the Zstandard Seekable Format.

Source: zstd_seekable_compression_format.md, version 0.1.0, in facebook/zstd. The table is a
skippable frame at the end of the file, all numbers little-endian:

    u32 0x184D2A5E   u32 size of what follows
    per frame: u32 compressed size, u32 raw size      (no checksums: the description has digests)
    u32 number of frames   u8 descriptor 0   u32 0x8F92EAB1
"""

import io
import struct
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

_SKIPPABLE_MAGIC = 0x184D2A5E
_SEEKABLE_MAGIC = 0x8F92EAB1
_HEADER = struct.Struct("<II")
_ENTRY = struct.Struct("<II")
_FOOTER = struct.Struct("<IBI")
DIGEST_BYTES = 32


class SeekTableError(Exception):
    """The end of the file is no seek table that fits the file."""


@dataclass(slots=True)
class Frames:
    """All frames of a file, 48 bytes of memory each.

    Attributes:
        offsets: where each begins in the file, and last where the seek table begins.
        raw_offsets: where each begins in the stream before compression, and last its length.
        digests: BLAKE3 of each frame as it lies in the file, one after the other; empty if the
            frames were read from a seek table.
    """

    offsets: "array[int]" = field(default_factory=lambda: array("Q", [0]))
    raw_offsets: "array[int]" = field(default_factory=lambda: array("Q", [0]))
    digests: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def append(self, stored_size: int, raw_size: int, digest: bytes = b"") -> None:
        self.offsets.append(self.offsets[-1] + stored_size)
        self.raw_offsets.append(self.raw_offsets[-1] + raw_size)
        self.digests += digest

    def stored_size(self, frame: int) -> int:
        return self.offsets[frame + 1] - self.offsets[frame]

    def raw_size(self, frame: int) -> int:
        return self.raw_offsets[frame + 1] - self.raw_offsets[frame]

    def digest(self, frame: int) -> bytes:
        return bytes(self.digests[frame * DIGEST_BYTES : (frame + 1) * DIGEST_BYTES])

    def frame_at(self, raw_offset: int) -> int:
        """The frame that holds a byte of the stream."""
        return bisect_right(self.raw_offsets, raw_offset) - 1

    def same_places(self, other: "Frames") -> bool:
        return self.offsets == other.offsets and self.raw_offsets == other.raw_offsets


def packed(frames: Frames) -> bytes:
    """The seek table as it stands at the end of the file."""
    body = bytearray()
    for frame in range(len(frames)):
        body += _ENTRY.pack(frames.stored_size(frame), frames.raw_size(frame))
    body += _FOOTER.pack(len(frames), 0, _SEEKABLE_MAGIC)
    return _HEADER.pack(_SKIPPABLE_MAGIC, len(body)) + bytes(body)


def read(file: io.BufferedIOBase | io.RawIOBase) -> Frames:
    """The frames that the seek table at the end of a file names.

    Raises:
        SeekTableError: there is none, or its sizes do not add up to the file's.
    """
    end = file.seek(0, io.SEEK_END)
    if end < _HEADER.size + _FOOTER.size:
        raise SeekTableError(f"{end} bytes are too few for a seek table")
    file.seek(end - _FOOTER.size)
    count, descriptor, magic = _FOOTER.unpack(file.read(_FOOTER.size) or b"")
    size = _HEADER.size + count * _ENTRY.size + _FOOTER.size
    if magic != _SEEKABLE_MAGIC or descriptor or size > end:
        raise SeekTableError("the file does not end in a seek table")
    file.seek(end - size)
    table = file.read(size) or b""
    if _HEADER.unpack_from(table) != (_SKIPPABLE_MAGIC, size - _HEADER.size):
        raise SeekTableError("the seek table has no beginning")
    frames = Frames()
    for stored, raw in _ENTRY.iter_unpack(table[_HEADER.size : -_FOOTER.size]):
        frames.append(stored, raw)
    if frames.offsets[-1] != end - size:
        raise SeekTableError("the frames in the seek table do not fill the file")
    return frames
