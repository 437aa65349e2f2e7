"""What a backup could not take away again, since another one held the repository: it goes when that
one has ended, and not only when the agent starts again."""

import contextlib
import logging
import threading
from collections.abc import Iterator

from server_agent.adapters.restic import recovery
from server_agent.adapters.restic.places import ResticPlaces
from server_agent.adapters.tar.places import saveset_of
from server_agent.ports import BackupRequest, EngineError

log = logging.getLogger(__name__)


class Leftovers:
    """The backups of one agent. Any thread may call any method."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: dict[str, str] = {}  # the medium of each saveset
        self._media: set[str] = set()  # those on which something was left

    @contextlib.contextmanager
    def around(self, places: ResticPlaces, request: BackupRequest) -> Iterator[None]:
        """To be held by each backup."""
        with self._lock:
            self._at_work[request.saveset] = request.label
        try:
            yield
        finally:
            with self._lock:
                del self._at_work[request.saveset]
                is_left = places.saveset_files(
                    request.saveset, request.label, request.sesam_day
                ).intent.exists()
                is_due = not is_left and request.label in self._media - set(self._at_work.values())
                if is_left:
                    self._media.add(request.label)
            if is_due:
                self._remove(places, request.label)

    def _remove(self, places: ResticPlaces, label: str) -> None:
        try:
            recovery.sweep(places, label, lambda: frozenset(self._at_work))
        except (EngineError, OSError) as error:
            log.info("what was left on %s is removed later: %s", label, error)
        with self._lock:
            if all(saveset_of(files.intent) in self._at_work for files in places.intents()):
                self._media.discard(label)
