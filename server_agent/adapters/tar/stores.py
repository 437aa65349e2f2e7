"""Data stores: directories that hold media, and the label that tells one from an empty place where
nothing is mounted."""

import contextlib
import json
import logging
import os
from pathlib import Path

from server_agent.adapters.disaster_reports import is_report
from server_agent.adapters.durable import sync
from server_agent.adapters.tar import private
from server_agent.adapters.tar.store import LABEL_FILE, check_label, has_label, write_label
from server_agent.ports import EngineError, StoreSpace

log = logging.getLogger(__name__)

STORE_FILE = "sesam.store"
FORMAT = 1


def make_store(directory: Path, name: str, location_id: str, *, shared: bool = False) -> None:
    """Labels a directory as a data store, and makes it if only its last part is missing. One that
    bears this very label already is left as it is.

    Args:
        shared: something else may lie in it.

    Raises:
        EngineError: STORE_UNUSABLE: it is another data store, or cannot be written.
    """
    try:
        _make_directory(directory)
        if (directory / STORE_FILE).exists():
            check_store(directory, name, location_id)
            return
        if not shared:
            _check_free(directory)
        with open(directory / STORE_FILE, "x", encoding="utf-8", opener=private.opener) as file:
            json.dump({"format": FORMAT, "store": name, "location_id": location_id}, file)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        sync(directory)
        sync(directory.parent)
    except OSError as error:
        raise _unusable(directory, f"{error.strerror or error}.") from error


def label_old_store(medium: Path, name: str, location_id: str) -> None:
    """Labels the data store of a medium that is there, if it is from before data stores had labels
    of their own. The log says if that cannot be."""
    try:
        check_label(medium, medium.name, location_id)
    except EngineError:
        return  # it is looked for when all that is known is read
    if (medium.parent / STORE_FILE).exists():
        return  # of a location that was put back, the first may have another name
    try:
        make_store(medium.parent, name, location_id, shared=True)
    except EngineError as error:
        log.warning("%s", error.text)


def check_store(directory: Path, name: str, location_id: str) -> None:
    """Raises EngineError (STORE_UNUSABLE) unless the directory bears the label of that data
    store."""
    try:
        content = json.loads((directory / STORE_FILE).read_text("utf-8"))
        found = content["format"], content["store"], content["location_id"]
    except FileNotFoundError:
        raise _unusable(directory, f"it has no label {STORE_FILE}. Is it mounted?") from None
    except OSError as error:
        raise _unusable(directory, f"its label cannot be read: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError) as error:
        raise _unusable(directory, "this program cannot read its label.") from error
    if found[2] != location_id:
        raise _unusable(directory, f"it belongs to another location, {found[2]}.")
    if found[:2] != (FORMAT, name):
        raise _unusable(directory, f"its label says that it is {found[1]}, not {name}.")


def make_medium(store: Path, label: str, location_id: str) -> None:
    """Makes and labels a medium in a data store that is there. One that is labelled already is left
    as it is.

    Raises:
        OSError: the system refuses.
        EngineError: STORE_UNUSABLE: something else is in its place.
    """
    medium = store / label
    medium.mkdir(mode=0o700, exist_ok=True)
    if has_label(medium):
        _check_own(medium, label, location_id)
        return
    _check_empty(medium)
    write_label(medium, label, location_id)
    sync(store)


def remove_medium(medium: Path, label: str, location_id: str) -> None:
    """Removes a medium that is empty but for its label; nothing if it is not there.

    Raises:
        EngineError: STORE_UNUSABLE: something else lies on it, it is another one, or the system
            refuses.
    """
    try:
        _check_empty(medium)
        if has_label(medium):
            _check_own(medium, label, location_id)
        for report in filter(is_report, os.listdir(medium)):
            (medium / report).unlink()
        (medium / LABEL_FILE).unlink(missing_ok=True)
        sync(medium)
        with contextlib.suppress(OSError):  # a mount point: an empty directory is no medium
            medium.rmdir()
        sync(medium.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unusable(medium, f"{error.strerror or error}.") from error


def space(directory: Path) -> StoreSpace:
    """How full its file system is. Raises OSError."""
    facts = os.statvfs(directory)
    # What is kept back for root is none that a backup can count on.
    used = (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    free = facts.f_bavail * facts.f_frsize
    return StoreSpace(capacity_bytes=used + free, free_bytes=free)


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    if not directory.parent.is_dir():
        raise _unusable(directory, f"{directory.parent} does not exist. Is it mounted?")
    directory.mkdir(mode=0o700)


def _check_free(directory: Path) -> None:
    """What lies in a new data store is nobody else's. Media of this location may: they are from
    before it had a label, or were brought here."""
    for path in directory.iterdir():
        if path.name == "lost+found" or (path.is_dir() and has_label(path)):
            continue
        if path.is_dir() and not any(path.iterdir()):
            continue
        raise _unusable(
            directory, f"it holds {path.name}. Choose an empty directory, or a new one in it."
        )


def _check_own(medium: Path, label: str, location_id: str) -> None:
    try:
        check_label(medium, label, location_id, "{}.")
    except EngineError as error:
        raise EngineError("STORE_UNUSABLE", error.text) from error


def _check_empty(medium: Path) -> None:
    """Raises OSError, and EngineError if there is more than a label on a medium, and reports on
    savesets that were there."""
    known = (LABEL_FILE, "lost+found")
    names = [path.name for path in medium.iterdir()]
    left = [name for name in names if name not in known and not is_report(name)]
    if left:
        raise _unusable(medium, f"it still holds {left[0]}.")


def _unusable(directory: Path, detail: str) -> EngineError:
    return EngineError("STORE_UNUSABLE", f"{directory}: {detail}")
