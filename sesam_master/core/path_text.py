r"""Paths as text that a person can read and write, and back without a loss.

A path is bytes, and its text is UTF-8. What is no text, or cannot be seen, is written as \xHH, one
for each byte: control characters, line breaks, odd blanks, and a blank at either end. A backslash
is written twice.
"""

import re

_PART = re.compile(r"\\\\|\\x([0-9A-Fa-f]{2})|\\")


def path_text(path: bytes) -> str:
    """One line."""
    text = "".join(map(_shown, path.decode("utf-8", "surrogateescape")))
    if text.startswith(" "):
        text = f"\\x20{text[1:]}"
    return f"{text[:-1]}\\x20" if text.endswith(" ") else text


def path_bytes(text: str) -> bytes:
    """The path that a text stands for, blanks at its ends left out.

    Raises:
        ValueError: there is a backslash that begins nothing; the text says where.
    """
    text = text.strip()
    parts, end = [], 0
    for found in _PART.finditer(text):
        parts.append(text[end : found.start()].encode("utf-8", "surrogateescape"))
        end = found.end()
        if found[0] == "\\":
            raise ValueError(f"“{text[found.start() : found.start() + 4]}” begins with a backslash")
        parts.append(b"\\" if found[1] is None else bytes([int(found[1], 16)]))
    parts.append(text[end:].encode("utf-8", "surrogateescape"))
    return b"".join(parts)


def _shown(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
