"""The one line that a command answers: STATUS=SUCCESS MSG="..." or STATUS=ERROR MSG="..."."""

import re

_BYTES = re.compile("[\udc80-\udcff]")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


class CommandError(Exception):
    """The command failed; the text is a sentence for people."""


def success(message: str) -> str:
    r"""Quotes, backslashes and line ends in the message are escaped with a backslash.

    What was no text on the command line, and is a lone surrogate here, becomes "\xff".
    """
    return f'STATUS=SUCCESS MSG="{_escaped(message)}"'


def failure(message: str) -> str:
    """As `success`."""
    return f'STATUS=ERROR MSG="{_escaped(message)}"'


def _escaped(message: str) -> str:
    return bytes_shown(message.translate(_ESCAPES))


def bytes_shown(text: str) -> str:
    r"""The text with "\xff" for each byte that was no text in UTF-8."""
    return _BYTES.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
