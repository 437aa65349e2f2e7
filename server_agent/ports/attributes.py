"""The archive bits of the files of the agent's own machine."""

from typing import Protocol


class ArchiveBits(Protocol):
    """Reads and clears the bit that a system sets at a file that was written."""

    def is_set(self, path: bytes) -> bool:
        """Whether a file has its bit set. One that has no such bit, since nothing keeps any there,
        has not; one whose attributes are of a kind that is not known counts as if it had.

        Raises:
            OSError: it cannot be read.
        """

    def clear(self, path: bytes) -> None:
        """Clears the bit of a file that has it set, and leaves its other attributes; idempotent.

        Raises:
            OSError: it cannot be cleared: the file may not be written to, or its attributes are of
                a kind that is not known.
        """
