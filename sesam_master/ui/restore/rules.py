"""What becomes of files that are at the target already, in words. Pure text."""

from sesam_master.core.records import Overwrite
from sesam_master.core.restoring import ORIGINAL_PLACE

TITLES = {
    Overwrite.IF_OLDER: "If older",
    Overwrite.NEVER: "Never",
    Overwrite.RENAME: "Rename",
    Overwrite.ALWAYS: "Always",
}
SENTENCES = {
    Overwrite.IF_OLDER: "A file is replaced if it is older than the saved one; newer ones stay.",
    Overwrite.NEVER: "What is there stays as it is; only what is missing is restored.",
    Overwrite.RENAME: "What is there stays; the saved file comes beside it as NAME.restored.",
    Overwrite.ALWAYS: "A file that is there is replaced once the saved one is whole, newer or not.",
}
NOTHING_ELSE = "Nothing else at the target is touched, and nothing is deleted there."


def place_words(target: bytes, client: str) -> str:
    """Where to, in one line."""
    if target == ORIGINAL_PLACE:
        return f"the original place on {client}"
    return f"{target.decode(errors='backslashreplace')} on {client}"
