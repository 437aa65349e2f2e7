"""Removing the files of savesets that are not wanted any more."""

import logging
from collections.abc import Collection, Sequence
from pathlib import Path

from server_agent.adapters import disaster_reports
from server_agent.adapters.durable import sync
from server_agent.adapters.tar import immutable, packed
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.ports import SavesetRef

log = logging.getLogger(__name__)


def remove(
    places: Places, savesets: Sequence[SavesetRef], listed: Collection[str] = ()
) -> list[str]:
    """See `server_agent.ports.Engine.remove`."""
    there = _media_there(places, savesets)
    tried = {
        each.name: (each.label, _removed(each.name, places.files_of(each), each.name in listed))
        for each in savesets
        if each.label in there
    }
    touched = {directory for _, directories in tried.values() for directory in directories}
    synced = {directory for directory in touched if _synced(directory)}
    # On a medium that went meanwhile they may be as they were: what is not there looks removed.
    there = _media_there(places, savesets)
    return [
        name
        for name, (label, directories) in tried.items()
        if directories and directories <= synced and label in there
    ]


def _media_there(places: Places, savesets: Sequence[SavesetRef]) -> set[str]:
    return {label for label in {each.label for each in savesets} if places.has_store(label)}


def _removed(name: str, files: SavesetFiles, is_listed: bool) -> set[Path]:
    """The directories that it was removed from; none if the system refuses."""
    try:
        # Without its description it is no saveset for anybody, whatever is left of it.
        for path in (files.description, files.data, files.shelf):
            immutable.unlink(path)
        _remove_report(files.data)
        # A copy of which only a part was written, if its medium went meanwhile.
        for path in files.unfinished.on_medium:
            path.unlink(missing_ok=True)
        if is_listed:
            return {files.data.parent}
        packed.remove(files.listing)
    except OSError as error:
        log.warning("saveset %s cannot be removed: %s", name, error)
        return set()
    return {files.data.parent, files.listing.parent}


def _remove_report(data: Path) -> None:
    """What says how the location is put back from it, also where that is called the newest: to
    find none there is better than one that leads nowhere."""
    report = data.with_name(data.name + disaster_reports.SUFFIX)
    newest = data.with_name(disaster_reports.NEWEST)
    try:
        if newest.read_bytes() == report.read_bytes():
            newest.unlink()
    except FileNotFoundError:
        pass
    report.unlink(missing_ok=True)


def _synced(directory: Path) -> bool:
    try:
        sync(directory)
    except FileNotFoundError:
        return True  # nothing lies in it
    except OSError as error:
        log.warning("what was removed from %s may come back: %s", directory, error)
        return False
    return True
