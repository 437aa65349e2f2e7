"""Reads what is whole of a file of frames of which something is not."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from server_agent.adapters.tar.failures import proves_damage
from server_agent.adapters.tar.sealing import FrameSeal
from server_agent.adapters.tar.seek_table import Frames
from server_agent.adapters.tar.stream import DamagedFrame, FrameReader


class SalvageReader(FrameReader):
    """Also of a file that was cut: where its frames lie is known without its seek table, and each
    is compared with its digest.

    Attributes:
        flaw: what is wrong with the seek table; empty if nothing is.
    """

    def __init__(
        self, path: Path, frames: Frames, threads: int, seal: FrameSeal | None = None
    ) -> None:
        """Opens the file. Raises OSError: it cannot be opened."""
        self.flaw = ""
        try:
            super().__init__(path, frames, threads, seal)
        except DamagedFrame as error:
            self.flaw = str(error)
            self._file = path.open("rb", buffering=0)
            self._width = threads
            self._threads = ThreadPoolExecutor(threads, "expand")

    def damage_at(self, byte: int) -> int | None:
        """Where the frame ends that has a byte of the stream, if it is damaged; else None. Raises
        OSError: that cannot be told just now."""
        if byte >= self.length:
            return None
        try:
            self._raw(self._frames.frame_at(byte))
        except DamagedFrame as error:
            return error.place[1] if error.place else None
        return None

    def _expanded(self, frame: int) -> bytes:
        try:
            return super()._expanded(frame)
        except OSError as error:
            if not proves_damage(error):
                raise
            raise DamagedFrame(f"frame {frame} cannot be read: {error.strerror}") from error
