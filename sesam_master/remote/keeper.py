"""Remembers the last picture of each location on the desk's own disk."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from google.protobuf.message import DecodeError

from sesam_master.core.fleet import FleetEvent, ObjectsChanged, PictureArrived
from sesam_master.core.registry import KeepingError, PictureStore, Remembered
from sesam_master.remote.live import LiveState
from sesam_master.remote.session import Session
from sesam_master.remote.sheets import KeptSheets
from sesam_master.remote.times import Times

_log = logging.getLogger(__name__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Keeper:
    """Saves what has changed. Lives in the network thread's loop.

    A picture that cannot be kept is a loss at the next start only, and one that cannot be forgotten
    is at the next start, so both are logged, not raised.

    Attributes:
        remembered: the last known state of each location, and as of when.
    """

    def __init__(
        self,
        store: PictureStore,
        on_disk: Callable[..., Awaitable[object]],
        is_listed: Callable[[str], bool],
        times: Times,
    ) -> None:
        """`on_disk` runs blocking functions outside the loop, one after the other as they come;
        `is_listed` tells by id which locations are the desk's."""
        self._store = store
        self._on_disk = on_disk
        self._is_listed = is_listed
        self._times = times
        self.sheets = KeptSheets(times, self._changed_sheet)
        self.remembered: dict[str, tuple[LiveState, datetime]] = {}
        self._changed: set[str] = set()
        self._saved: dict[str, datetime] = {}

    def note(self, event: FleetEvent) -> None:
        """What is delivered may have to be saved."""
        self.sheets.note(event)
        if isinstance(event, PictureArrived | ObjectsChanged):
            self._changed.add(event.location_id)

    async def recall(self, deliver: Callable[[FleetEvent], None]) -> None:
        """Delivers what was kept."""
        kept: list[Remembered] = []

        def load() -> None:
            kept.extend(self._store.load())

        try:
            await self._on_disk(load)
        except KeepingError as error:
            _log.warning("No remembered pictures: %s", error)
        for item in kept:
            if not self._is_listed(item.location_id):
                await self.forget(item.location_id)
                continue
            try:
                live = LiveState.from_bytes(item.snapshot)
            except DecodeError:
                _log.warning("The remembered picture of %s is unreadable.", item.location_id)
                continue
            self.sheets.recall(item.location_id, item.sheet, live.groups())
            picture = live.picture()
            proof_time = _EPOCH + item.proof_time_us * _MICROSECOND
            self.remembered.setdefault(item.location_id, (live, proof_time))
            deliver(PictureArrived(item.location_id, picture, proof_time, is_remembered=True))
            await asyncio.sleep(0)  # sessions go first

    async def run(self, sessions: Callable[[], list[Session]]) -> None:
        """Saves what has changed, again and again until it is cancelled."""
        while True:
            await asyncio.sleep(self._times.keep)
            changed, self._changed = self._changed, set()
            await self._save([s for s in sessions() if s.registration.location_id in changed])

    async def save_all(self, sessions: list[Session]) -> None:
        """Saves what has a newer proof than what is kept."""
        await self._save(
            [s for s in sessions if s.proof_time != self._saved.get(s.registration.location_id)]
        )

    async def forget(self, location_id: str) -> None:
        """To be called when the location is not listed any more."""
        self._changed.discard(location_id)
        self.sheets.forget(location_id)
        self.remembered.pop(location_id, None)
        self._saved.pop(location_id, None)
        try:
            await self._on_disk(self._store.forget, location_id)
        except KeepingError as error:
            _log.warning("The picture of %s is still kept: %s", location_id, error)

    def _changed_sheet(self, location_id: str) -> None:
        self._changed.add(location_id)

    async def _save(self, sessions: list[Session]) -> None:
        pictures = []
        proofs = {}
        for session in sessions:
            if session.live is None or session.proof_time is None:
                continue
            location_id = session.registration.location_id
            proof_time_us = (session.proof_time - _EPOCH) // _MICROSECOND
            kept = self.sheets.get(location_id)
            sheet = kept.to_bytes() if kept is not None else b""
            pictures.append(Remembered(location_id, session.live.to_bytes(), proof_time_us, sheet))
            proofs[location_id] = session.proof_time
            self.remembered[location_id] = session.live, session.proof_time
            await asyncio.sleep(0)  # packing a thousand pictures must not hold up the streams
        # What left the list meanwhile was forgotten, or is going to be after this.
        pictures = [item for item in pictures if self._is_listed(item.location_id)]
        if not pictures:
            return
        try:
            await self._on_disk(self._store.save, pictures)
        except KeepingError as error:
            self._changed |= proofs.keys()  # tried again with the next ones
            _log.warning("Pictures were not kept: %s", error)
        else:
            self._saved |= proofs
