"""The label of a data store: proof that a directory is the medium that it should be.

A mount that is gone leaves an empty directory in its place, another disk leaves another one's
savesets. The file `sesam.label` is written once, when the store is made, and never by a backup.
"""

import json
import os
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import private
from server_agent.ports import EngineError

LABEL_FILE = "sesam.label"
FORMAT = 1

# What follows when a medium is not in its place.
TRY_AGAIN = "{} and try again."
NO_BACKUP = "Nothing was written. {} and start the backup again."
LOST_BACKUP = "No saveset was made. {} and start the backup again."
NO_RESTORE = "Nothing was written. {} and start the restore again."
NO_PROOF = "Nothing was proved. {} and start the proof again."
HALF_RESTORE = "What was restored before stays. {} and start the restore again."


def write_label(directory: Path, label: str, location_id: str) -> None:
    """Labels a new store. File and directory are synced.

    Raises:
        FileExistsError: it has a label already.
        OSError: the directory is not there or cannot be written.
    """
    with open(directory / LABEL_FILE, "x", encoding="utf-8", opener=private.opener) as file:
        json.dump({"format": FORMAT, "label": label, "location_id": location_id}, file)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    sync(directory)


def has_label(directory: Path) -> bool:
    return os.path.isfile(directory / LABEL_FILE)


def check_label(directory: Path, label: str, location_id: str, then: str = TRY_AGAIN) -> None:
    """Raises EngineError (STORE_MISSING) unless the directory has just this label.

    Args:
        then: what follows the fact: what was written, and what to do when the medium is back,
            with "{}" for how it comes back.
    """
    try:
        text = (directory / LABEL_FILE).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(
            f"The data store {directory} has no label {label} of this location. Is it mounted?",
            then.format("Mount it"),
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise _missing(
            f"The label of the data store {directory} cannot be read: {reason}.",
            then.format("Check its disk and its permissions"),
        ) from error
    try:
        content = json.loads(text)
        found = (content["format"], content["label"], content["location_id"])
    except (ValueError, LookupError, TypeError):
        found = (0, "", "")
    if found != (FORMAT, label, location_id):
        raise _missing(
            _other(directory, label, found), then.format("Mount the right one in its place")
        )


def _other(directory: Path, label: str, found: tuple[int, str, str]) -> str:
    number, other, location = found
    if number != FORMAT:
        what = "a label that this program cannot read"
    elif other != label:
        what = f"the label {other}"
    else:
        what = f"the label {other} of another location, {location}"
    return f"The data store {directory} has no label {label} of this location, but {what}."


def _missing(what: str, then: str) -> EngineError:
    return EngineError("STORE_MISSING", f"{what} {then}")
