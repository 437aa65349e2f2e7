"""What a crash has left between the first snapshot of a saveset and the catalogue."""

import logging
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from server_agent.adapters.restic import description
from server_agent.adapters.restic.description import Description
from server_agent.adapters.restic.places import ResticFiles, ResticPlaces
from server_agent.adapters.restic.program import TEMPORARY, Unhurried
from server_agent.adapters.restic.removal import abandon
from server_agent.adapters.restic.repository import Repository
from server_agent.adapters.restic.stores import ResticStore
from server_agent.adapters.restic.survivors import end_survivors
from server_agent.adapters.restic.verify import DamagedSnapshot, check
from server_agent.adapters.tar import commit
from server_agent.adapters.tar.commit import NAMED_UNKNOWN
from server_agent.adapters.tar.description import DescriptionError, digest_of
from server_agent.adapters.tar.places import TEMPORARY_SUFFIXES, saveset_of
from server_agent.ports import EngineError, Interrupted, SavesetRef

log = logging.getLogger(__name__)


def recover(
    places: ResticPlaces,
    writing: Sequence[SavesetRef],
    committed: frozenset[str],
    silent: Collection[ResticStore] = (),
) -> list[Interrupted]:
    """See `server_agent.ports.Engine.recover`."""
    end_survivors(places.cache_dir)
    places.name_by_label()
    places = replace(places, stores=tuple(each for each in places.stores if each not in silent))
    settled = [settle(places, saveset) for saveset in writing]
    known = committed | {saveset.name for saveset in writing}
    for files in places.intents():
        name = saveset_of(files.intent)
        if name in committed and places.store_of.get(files.label) not in silent:
            files.intent.unlink(missing_ok=True)
        elif name not in known and places.store_of.get(files.label) not in silent:
            _give_up(places, files, "")
    for path in places.found():
        if path.suffix in TEMPORARY_SUFFIXES:
            commit.sweep(path)
    shutil.rmtree(places.cache_dir / TEMPORARY, ignore_errors=True)
    _name_unknown(places, known)
    return [each for each in settled if each is not None]


def settle(places: ResticPlaces, saveset: SavesetRef) -> Interrupted | None:
    """See `server_agent.ports.Engine.settle`."""
    try:
        if not places.has_store(saveset.label):
            return None
        return _settled(saveset.name, places.of(saveset), places.repository(saveset.label))
    except (OSError, EngineError, DescriptionError) as error:
        log.warning(
            "saveset %s was interrupted, and it is not known whether it is whole;"
            " it is left as it is: %s",
            saveset.name,
            error,
        )
        return None


def sweep(places: ResticPlaces, label: str, writing: Callable[[], Collection[str]]) -> None:
    """See `server_agent.ports.Engine.sweep`."""
    places.check_store(label)
    found = list(places.intents())
    kept = writing() if found else ()
    for files in found:
        if saveset_of(files.intent) not in kept:
            _give_up(places, files, label)


def _settled(name: str, files: ResticFiles, repository: Repository) -> Interrupted | None:
    """Removes what is proved to be no whole saveset; None if it cannot be removed now.

    Raises:
        OSError, EngineError, DescriptionError: it cannot be told.
    """
    repository.unlock()
    repository.sweep()
    known = None
    if files.description.exists() and files.listing.exists():
        known = _whole(files, repository)
    if known is None:
        return Interrupted(name, None) if abandon(repository, name, files) else None
    files.intent.unlink(missing_ok=True)
    return Interrupted(name, known.result, known.facts)


def _whole(files: ResticFiles, repository: Repository) -> Description | None:
    known = description.read(files.description)
    if digest_of(files.listing) != known.listing_digest:
        return None
    try:
        for _ in check(repository, known, Unhurried()):
            pass
    except DamagedSnapshot:
        repository.check()  # a medium that is gone proves nothing
        return None
    return known


def _give_up(places: ResticPlaces, files: ResticFiles, label: str) -> None:
    """Removes a backup that nobody waits for, if it lies on that medium, or on any that is there
    for none. What has its description is whole, and no backup that was begun."""
    name = saveset_of(files.intent)
    try:
        if files.description.exists():
            files.intent.unlink(missing_ok=True)
            return
        if label in ("", files.label) and places.has_store(files.label):
            repository = places.repository(files.label)
            end_survivors(places.cache_dir, name)
            abandon(repository, name, files)
    except (OSError, EngineError) as error:
        log.warning("what was begun of saveset %s is still to be removed: %s", name, error)


def _name_unknown(places: ResticPlaces, known: frozenset[str]) -> None:
    unknown = sorted({saveset_of(each.description) for each in places.descriptions()} - known)
    if unknown:
        # A catalogue that was put back from a copy knows less than the medium holds.
        log.warning(
            "%d savesets are in repositories but not in the catalogue; they are left as they"
            " are: %s",
            len(unknown),
            ", ".join(unknown[:NAMED_UNKNOWN]),
        )
