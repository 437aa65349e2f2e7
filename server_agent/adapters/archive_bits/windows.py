"""Archive bits as Windows keeps them, an attribute of each file. To be imported there only."""

import ctypes
import os
from typing import Protocol

from server_agent.adapters.archive_bits.dos_attributes import ARCHIVE

_INVALID = 0xFFFFFFFF  # INVALID_FILE_ATTRIBUTES
_NORMAL = 0x80  # FILE_ATTRIBUTE_NORMAL: stands alone, for no attribute at all


class Kernel32(Protocol):
    """The two functions of kernel32.dll that are needed; they take texts in UTF-16."""

    def GetFileAttributesW(self, path: str) -> int:
        """0xFFFFFFFF for an error, with its number in GetLastError."""

    def SetFileAttributesW(self, path: str, attributes: int) -> int:
        """0 for an error."""


class WindowsBits:
    """`server_agent.ports.attributes.ArchiveBits` on Windows.

    Args:
        kernel32: else that of the system.
    """

    def __init__(self, kernel32: Kernel32 | None = None) -> None:
        self._kernel32 = kernel32 or _kernel32()

    def is_set(self, path: bytes) -> bool:
        return bool(self._attributes(os.fsdecode(path)) & ARCHIVE)

    def clear(self, path: bytes) -> None:
        name = os.fsdecode(path)
        attributes = self._attributes(name)
        if not attributes & ARCHIVE:
            return
        if not self._kernel32.SetFileAttributesW(name, attributes & ~ARCHIVE or _NORMAL):
            raise _last_error(name)

    def _attributes(self, name: str) -> int:
        # A DWORD, which ctypes takes for a signed number unless told otherwise.
        attributes = self._kernel32.GetFileAttributesW(name) & _INVALID
        if attributes == _INVALID:
            raise _last_error(name)
        return attributes


def _kernel32() -> Kernel32:
    library: Kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    return library


def _last_error(name: str) -> OSError:
    number = getattr(ctypes, "get_last_error", lambda: 0)()
    return OSError(number, f"Windows error {number}", name)
