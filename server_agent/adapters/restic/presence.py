"""Whether savesets are in their places."""

import logging
import threading
import time
from collections.abc import Sequence
from itertools import groupby

from server_agent.adapters.restic import description
from server_agent.adapters.restic.places import ResticFiles, ResticPlaces
from server_agent.adapters.tar import packed
from server_agent.adapters.tar.description import DescriptionError
from server_agent.ports import EngineError, SavesetRef

log = logging.getLogger(__name__)

_KEPT_SECONDS = 30.0


class Seen:
    """What was seen of media on other machines, kept for as long as one look at many savesets
    takes: each answer costs a login there, or the time until one that is away counts as away. Any
    thread may call any method."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = 0
        # When, and the snapshots or why they cannot be seen.
        self._known: dict[str, tuple[float, frozenset[str] | EngineError]] = {}

    def forget(self) -> None:
        """To be called when there may be other snapshots."""
        with self._lock:
            self._generation += 1
            self._known.clear()

    def check_store(self, places: ResticPlaces, label: str) -> None:
        """See `server_agent.ports.Engine.check_store`."""
        generation, known = self._found(label)
        if known is None:
            try:
                places.check_store(label)
            except EngineError as error:
                self._keep(places, label, generation, error)
                raise
        elif isinstance(known, EngineError):
            raise known

    def ids(self, places: ResticPlaces, label: str) -> frozenset[str]:
        """The snapshots of a medium. On another machine, that they can be listed is the proof that
        it is in its place. Raises EngineError, OSError."""
        generation, known = self._found(label)
        if isinstance(known, EngineError):
            raise known
        if known is None:
            try:
                if places.is_here(label):
                    places.check_store(label)
                known = frozenset(places.repository(label).ids())
            except EngineError as error:
                self._keep(places, label, generation, error)
                raise
            self._keep(places, label, generation, known)
        return known

    def _found(self, label: str) -> tuple[int, frozenset[str] | EngineError | None]:
        with self._lock:
            since, known = self._known.get(label, (0.0, None))
            is_old = time.monotonic() - since > _KEPT_SECONDS
            return self._generation, None if is_old else known

    def _keep(
        self, places: ResticPlaces, label: str, generation: int, known: frozenset[str] | EngineError
    ) -> None:
        if places.is_here(label):
            return
        with self._lock:
            if generation == self._generation:
                self._known[label] = time.monotonic(), known


def present(places: ResticPlaces, savesets: Sequence[SavesetRef], seen: Seen) -> set[str]:
    """See `server_agent.ports.Engine.present`."""
    found: set[str] = set()
    ordered = sorted(savesets, key=lambda saveset: saveset.label)
    for label, group in groupby(ordered, key=lambda saveset: saveset.label):
        try:
            ids = seen.ids(places, label)
        except (EngineError, OSError) as error:
            log.info("no saveset on %s can be seen: %s", label, error)
            continue
        found |= {saveset.name for saveset in group if _is_there(places.of(saveset), ids)}
    return found


def _is_there(files: ResticFiles, ids: frozenset[str]) -> bool:
    try:
        known = description.read(files.description)
        is_listed = packed.size(files.listing) == known.listing_size
    except (OSError, DescriptionError):
        return False
    return is_listed and ids.issuperset(known.snapshots.all)
