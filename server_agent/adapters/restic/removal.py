"""Taking savesets, and what is left of unfinished ones, out of repositories."""

import logging
import shutil
from collections.abc import Collection, Sequence
from itertools import groupby
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.adapters.restic import tidying
from server_agent.adapters.restic.places import ResticFiles, ResticPlaces
from server_agent.adapters.restic.repository import Repository
from server_agent.adapters.restic.stores import ResticStore
from server_agent.adapters.tar import packed
from server_agent.adapters.tar.store import check_label
from server_agent.ports import EngineError, SavesetRef

log = logging.getLogger(__name__)


def abandon(repository: Repository | None, saveset: str, files: ResticFiles) -> bool:
    """Removes all of a saveset that did not come about.

    Args:
        repository: None if no snapshot of it can be there.

    Returns:
        Whether nothing is left. Else its intent is, for the next time, and the log says why.
    """
    for path in (files.description, files.listing, files.new_listing, files.new_description):
        path.unlink(missing_ok=True)
    try:
        if repository is not None:
            forget(repository, {saveset})
            repository.unlock()
    except (EngineError, OSError) as error:
        log.warning("what was begun of saveset %s is still to be removed: %s", saveset, error)
        return False
    files.intent.unlink(missing_ok=True)
    return True


def abandon_copy(repository: Repository, saveset: str, files: ResticFiles) -> None:
    """Removes all of a copy that did not come about, as far as that can be done now. What is left
    is for `remove`."""
    for path in (files.description, files.new_description):
        path.unlink(missing_ok=True)
    try:
        forget(repository, {saveset})
        repository.unlock()
    except (EngineError, OSError) as error:
        log.info("what was begun of a copy of %s is still to be removed: %s", saveset, error)


def forget(repository: Repository, savesets: set[str]) -> bool:
    """Removes their snapshots. Returns whether there were any. Raises EngineError."""
    ids = [each.id for each in repository.snapshots() if each.saveset in savesets]
    repository.forget(ids)
    return bool(ids)


def remove(
    places: ResticPlaces, savesets: Sequence[SavesetRef], listed: Collection[str]
) -> list[str]:
    """See `server_agent.ports.Engine.remove`. The space is given back at once as far as that
    costs no writing; what is left is for `tidying`."""
    gone: list[str] = []
    ordered = sorted(savesets, key=lambda saveset: saveset.label)
    for label, group in groupby(ordered, key=lambda saveset: saveset.label):
        refs = list(group)
        try:
            places.check_store(label)
            repository = places.repository(label)
            tidying.note_removed(places, label)
            were_there = forget(repository, {saveset.name for saveset in refs})
        except (EngineError, OSError) as error:
            log.warning("savesets on %s cannot be removed now: %s", label, error)
            continue
        gone += [each.name for each in refs if _files_gone(places.of(each), each.name in listed)]
        if were_there:
            _prune(repository)
    return gone


def remove_medium(places: ResticPlaces, store: ResticStore, label: str) -> None:
    """See `server_agent.ports.Engine.remove_medium`. On another machine only what is in the
    repository can be looked at: the empty one stays there."""
    if store.directory is None:
        medium = label
    else:
        directory = store.directory / label
        if not directory.is_dir():
            return
        _check_own(directory, label, places.location_id)
        medium = str(directory)
    left = [each.saveset or each.id for each in places.repository(label).snapshots()]
    if left:
        raise EngineError("STORE_UNUSABLE", f"{medium}: it still holds {left[0]}.")
    if store.directory is not None:
        try:
            shutil.rmtree(directory)
            sync(store.directory)
        except OSError as error:
            raise EngineError("STORE_UNUSABLE", f"{medium}: {error.strerror or error}.") from error


def _check_own(directory: Path, label: str, location_id: str) -> None:
    """Raises EngineError (STORE_UNUSABLE) unless the directory bears just this label."""
    try:
        check_label(directory, label, location_id)
    except EngineError as error:
        raise EngineError("STORE_UNUSABLE", error.text) from error


def _files_gone(files: ResticFiles, is_listed: bool) -> bool:
    try:
        files.description.unlink(missing_ok=True)
        files.intent.unlink(missing_ok=True)
        if not is_listed:
            packed.remove(files.listing)
        if files.listing.parent.is_dir():
            sync(files.listing.parent)
    except OSError as error:
        log.warning("%s cannot be removed: %s", files.listing.name, error)
        return False
    return True


def _prune(repository: Repository) -> None:
    try:
        repository.prune()
    except EngineError as error:
        log.info("the space of removed savesets is given back later: %s", error)
