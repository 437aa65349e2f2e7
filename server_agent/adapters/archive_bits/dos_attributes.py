"""The value of the extended attribute in which Samba keeps the DOS attributes of a file.

It is a text with the attributes in hexadecimal that ends with a NUL and may be empty, and behind
that, since Samba 3.5, a structure in the encoding of DCE/RPC (NDR, little endian): 16 bits with its
version, the same again, and from the next multiple of 4 on what the version says:

    1         32 bits of attributes, then sizes and times
    2 to 5    32 bits that say which fields are valid, 32 bits of attributes, then sizes and times

Only the attributes are looked at here; everything else stays as it is.
"""

import struct
from dataclasses import dataclass

ARCHIVE = 0x20  # FILE_ATTRIBUTE_ARCHIVE, [MS-FSCC] 2.6
_ATTRIBUTES_ARE_VALID = 0x1
_WITHOUT_FLAGS, _WITH_FLAGS = (1,), (2, 3, 4, 5)
_SIGNS = frozenset(b"0123456789abcdefABCDEFxX")


class NotKnown(ValueError):
    """The value is of no kind that is known here."""


@dataclass(frozen=True, slots=True)
class DosAttributes:
    """A value, and where its attributes lie in it.

    Attributes:
        offset: of the 32 bits; -1 if there are none that count, and the text does.
    """

    value: bytes
    offset: int

    @property
    def is_archived(self) -> bool:
        """Whether the archive bit is set."""
        return bool(self._number & ARCHIVE)

    def without_archive(self) -> bytes:
        """The value without the archive bit."""
        whole = bytearray(self.value)
        if self.offset >= 0:
            struct.pack_into("<I", whole, self.offset, self._number & ~ARCHIVE)
        # The text stays as long as it was, so that nothing behind it moves.
        if text := _text(self.value):
            sign = text[:2] if text[:2] in (b"0x", b"0X") else b""
            digits = len(text) - len(sign)
            number = int(text, 16) & ~ARCHIVE
            whole[: len(text)] = sign + f"{number:0{digits}x}".encode()
        return bytes(whole)

    @property
    def _number(self) -> int:
        if self.offset < 0:
            return int(_text(self.value), 16)
        number: int = struct.unpack_from("<I", self.value, self.offset)[0]
        return number


def read(value: bytes) -> DosAttributes:
    """Raises NotKnown."""
    text = _text(value)
    head = (len(text) + 2) // 2 * 2  # behind the NUL, at an even place
    body = (head + 4 + 3) // 4 * 4
    if len(value) <= head:
        if not text:
            raise NotKnown("it is empty")
        return DosAttributes(value, -1)
    try:
        version, again = struct.unpack_from("<HH", value, head)
        first, second = struct.unpack_from("<II", value, body)
    except struct.error as error:
        raise NotKnown("it is cut") from error
    if version == again and version in _WITHOUT_FLAGS:
        return DosAttributes(value, body)
    if version == again and version in _WITH_FLAGS and first & _ATTRIBUTES_ARE_VALID:
        return DosAttributes(value, body + 4)
    raise NotKnown(f"its version is {version} with the fields {first:#x} {second:#x}")


def _text(value: bytes) -> bytes:
    text = value.partition(b"\0")[0]
    if not _SIGNS.issuperset(text):
        raise NotKnown("its text is no number")
    try:
        int(text or b"0", 16)
    except ValueError as error:
        raise NotKnown("its text is no number") from error
    return text
