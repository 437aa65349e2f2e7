"""Values on the command line: lists with commas, types of backups."""

import re

from server_agent.commands.answer import CommandError

DEFAULT_PORT = 11401  # of an agent

TYPE_LETTERS = {"F": "FULL", "D": "DIFF", "I": "INC", "C": "COPY"}
# Of restores: what becomes of files that are there, by its word in the contract.
OVERWRITE_RULES = {"always": "always", "never": "never", "older": "if_older", "rename": "rename"}
_ESCAPED = re.compile(r"\\([\\,])")
_REPEATED = re.compile(r"\{[0-9]*,[0-9]*\}")


def split_list(text: str) -> list[str]:
    r"""The parts between commas; empty ones are left out.

    A comma in a part is written "\,", a backslash before a comma or a backslash "\\"; any other
    backslash stands for itself.
    """
    parts = re.findall(r"(?:\\[\\,]|[^,])+", text)
    return [_ESCAPED.sub(r"\1", part) for part in parts]


def split_excludes(texts: list[str]) -> list[str]:
    """Those of `split_lists`. Raises CommandError for a regular expression that would be cut at the
    comma of its `{1,9}`."""
    for each in texts:
        if found := _REPEATED.search(each):
            whole = found[0].replace(",", "\\,")
            raise CommandError(
                f"{each} has a comma in {found[0]}, and commas separate excludes. Write \\, for one"
                f" that belongs to an exclude, here {whole}"
            )
    return split_lists(texts)


def split_lists(texts: list[str]) -> list[str]:
    """The parts of all of them: an option may be repeated and may hold several."""
    return [part for text in texts for part in split_list(text)]
