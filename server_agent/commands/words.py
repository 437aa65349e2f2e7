"""Values on the command line: lists with commas, types of backups."""

import re

DEFAULT_PORT = 11401  # of an agent

TYPE_LETTERS = {"F": "FULL", "D": "DIFF", "I": "INC", "C": "COPY"}
_ESCAPED = re.compile(r"\\([\\,])")


def split_list(text: str) -> list[str]:
    r"""The parts between commas; empty ones are left out.

    A comma in a part is written "\,", a backslash before a comma or a backslash "\\"; any other
    backslash stands for itself.
    """
    parts = re.findall(r"(?:\\[\\,]|[^,])+", text)
    return [_ESCAPED.sub(r"\1", part) for part in parts]


def split_lists(texts: list[str]) -> list[str]:
    """The parts of all of them: an option may be repeated and may hold several."""
    return [part for text in texts for part in split_list(text)]
