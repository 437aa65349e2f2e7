"""Values of others as people see them."""

_LONGEST = 200
_KEPT = 80


def printable(value: str | bytes) -> str:
    """A text or a path on one line, with \\x.. or \\n for what is not printable UTF-8."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if value.isprintable():
        return value
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in value
    )


def shortened(value: str) -> str:
    """A name that somebody gave, cut if no name is that long."""
    return value if len(value) <= _LONGEST else f"{value[:_KEPT]}… ({len(value)} characters)"


def quoted(value: str | bytes) -> str:
    """The same in quotes, for the middle of a sentence."""
    return f'"{printable(value)}"'
