"""The one line that a command answers: STATUS=SUCCESS MSG="..." or STATUS=ERROR MSG="..."."""

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


class CommandError(Exception):
    """The command failed; the text is a sentence for people."""


class Interrupted(Exception):
    """A person ended the waiting; what was started goes on. The text says so."""


def success(message: str) -> str:
    """Quotes, backslashes and line ends in the message are escaped with a backslash."""
    return f'STATUS=SUCCESS MSG="{message.translate(_ESCAPES)}"'


def failure(message: str) -> str:
    """As `success`."""
    return f'STATUS=ERROR MSG="{message.translate(_ESCAPES)}"'
