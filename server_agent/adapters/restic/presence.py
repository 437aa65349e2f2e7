"""Whether savesets are in their places."""

import logging
from collections.abc import Sequence
from itertools import groupby

from server_agent.adapters.restic import description
from server_agent.adapters.restic.places import ResticFiles, ResticPlaces
from server_agent.adapters.tar import packed
from server_agent.adapters.tar.description import DescriptionError
from server_agent.ports import EngineError, SavesetRef

log = logging.getLogger(__name__)


def present(places: ResticPlaces, savesets: Sequence[SavesetRef]) -> set[str]:
    """See `server_agent.ports.Engine.present`; on another machine with one call of
    restic for each medium."""
    found: set[str] = set()
    ordered = sorted(savesets, key=lambda saveset: saveset.label)
    for label, group in groupby(ordered, key=lambda saveset: saveset.label):
        try:
            places.check_store(label)
            ids = places.repository(label).ids()
        except (EngineError, OSError) as error:
            log.info("no saveset on %s can be seen: %s", label, error)
            continue
        found |= {saveset.name for saveset in group if _is_there(places.of(saveset), ids)}
    return found


def _is_there(files: ResticFiles, ids: set[str]) -> bool:
    try:
        known = description.read(files.description)
        is_listed = packed.size(files.listing) == known.listing_size
    except (OSError, DescriptionError):
        return False
    return is_listed and ids.issuperset(known.snapshots.all)
