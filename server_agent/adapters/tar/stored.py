"""The content of files as it lies in savesets, read without GNU tar: what a restore must bring."""

import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from blake3 import blake3

from server_agent.adapters.tar.failures import damaged
from server_agent.adapters.tar.member import HEADERS_BYTES, hard_link_target
from server_agent.adapters.tar.names import member_path
from server_agent.adapters.tar.restore import Restore
from server_agent.adapters.tar.samples import Sample
from server_agent.adapters.tar.slices import Slice
from server_agent.adapters.tar.stream import DamagedFrame, FrameReader
from server_agent.ports import Cancelled

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """Of a file: BLAKE3 and size in bytes."""

    digest: bytes
    size: int


@dataclass(slots=True)
class Stored(Restore):
    """Looks into the savesets of a restore, with the same ways to open them."""

    def contents(self, samples: Sequence[Sample]) -> Iterator[tuple[Sample, Content]]:
        """What each of them should be. Every frame is compared with its digest.

        Raises:
            EngineError: SAVESET_DAMAGED, SAVESET_MISSING, STORE_MISSING.
            Cancelled: the control said so.
        """
        placed = [(sample, sample.place) for sample in samples if sample.place is not None]
        placed.sort(key=lambda each: (each[1].home, each[1].block))
        self._homes = {place.home: sample.home for sample, place in placed}
        for home, members in groupby(placed, key=lambda each: each[1].home):
            with self._open_home(home) as reader:
                for sample, place in members:
                    try:
                        yield sample, self._content(reader, place)
                    except DamagedFrame as error:
                        raise damaged(sample.home, error) from error
                    except (ValueError, tarfile.TarError) as error:
                        reason = f"the member at block {place.block} cannot be read: {error}"
                        raise damaged(sample.home, reason) from error

    def _content(self, reader: FrameReader, place: Slice) -> Content:
        begin, end = place.range
        headers = b"".join(reader.pieces([(begin, min(end, begin + HEADERS_BYTES))]))
        linked = hard_link_target(headers)
        if linked is not None:
            data = self._find_data(place.home, member_path(linked))
            begin, end = data.range
        stream = io.BufferedReader(_Pieces(reader.pieces([(begin, end)])), _PIECE_BYTES)
        digest, size = blake3(), 0
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            member = archive.next()
            content = archive.extractfile(member) if member is not None else None
            if content is None:
                raise ValueError("it is no file")
            while piece := content.read(_PIECE_BYTES):
                if self.control.cancelled:
                    raise Cancelled
                digest.update(piece)
                size += len(piece)
        return Content(digest.digest(), size)


class _Pieces(io.RawIOBase):
    """Pieces one after the other, as a file that is only read on."""

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._pieces, memoryview(b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
