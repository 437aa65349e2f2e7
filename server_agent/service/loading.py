"""Bringing media into drives by loaders, when jobs wait for them."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.loaders import Loader
from server_agent.domain.media import NEVER
from server_agent.domain.media_requests import MediaRequest
from server_agent.ports import CatalogueTransaction, CatalogueView, Clock, Engine, EngineError
from server_agent.ports.loader import Inventory, LoaderDrive, LoaderError
from server_agent.ports.loader import Loader as Device
from server_agent.service.changes import Changes
from server_agent.service.media_presence import Presence
from server_agent.service.places import places
from server_agent.service.writing_place import tell_media

log = logging.getLogger(__name__)

OpenLoader = Callable[[Loader], Device]


class Loading:
    """The loaders at work. `fetch` is called by one thread at a time.

    Args:
        open_loader: the device of a loader; None: this agent has none.
    """

    def __init__(
        self, changes: Changes, engine: Engine, clock: Clock, open_loader: OpenLoader | None = None
    ) -> None:
        self.presence = Presence(engine)
        self._changes = changes
        self._engine = engine
        self._clock = clock
        self._open = open_loader
        self._faults: dict[str, str] = {}  # why a medium could not be loaded, by label

    def use(self) -> None:
        """To be called at the start of the agent, and when a loader was added or removed."""
        with self._changes.read() as view:
            stores = {store for item in view.loaders() for store in item.stores}
        self.presence.in_loaders = frozenset(stores)

    def tell(self, tx: CatalogueTransaction) -> None:
        """A medium was added."""
        tell_media(tx, self._engine)

    def inventory(self, item: Loader) -> Inventory:
        """What is where in a loader now. Raises LoaderError."""
        return self._device(item).inventory()

    def fault(self, label: str) -> str:
        """Why a medium that is wanted could not be loaded; empty if nobody has tried in vain."""
        return self._faults.get(label, "")

    def fetch(self, wanted: MediaRequest) -> None:
        """Loads a medium, or makes a new one, in the drive of its data store, if that is one of a
        loader which has it. What is in there is taken out before, if no job works with it."""
        with self._changes.read() as view:
            item = next((each for each in view.loaders() if wanted.store.name in each.stores), None)
        if item is None:
            return
        level = logging.INFO
        try:
            fault = self._fetched(wanted, item)
        except (LoaderError, EngineError) as error:
            fault, level = str(error), logging.WARNING
        if fault and fault != self.fault(wanted.label):
            log.log(level, "%s cannot load medium %s: %s", item.name, wanted.label, fault)
        self._faults[wanted.label] = fault

    def _fetched(self, wanted: MediaRequest, item: Loader) -> str:
        """Why it is not there after all; empty if it is, or if the loader does not have it."""
        number = item.stores.index(wanted.store.name)
        device = self._device(item)
        inventory = device.inventory()
        drive = inventory.drive(number)
        slot = inventory.slot_of(wanted.label)
        if drive is None:
            return f"The loader {item.name} has no drive {number}"
        if (drive.is_full and drive.barcode == wanted.label) or (
            slot is None and not wanted.is_new
        ):
            return ""
        if drive.is_full and (why := self._emptied(device, inventory, drive)):
            return why
        if slot is not None:
            device.load(slot.number, number)
            log.info("%s loaded %s into drive %d", item.name, wanted.label, number)
        if wanted.is_new:
            self._make(wanted)
        return ""

    def _emptied(self, device: Device, inventory: Inventory, drive: LoaderDrive) -> str:
        """Why a drive still is not empty."""
        free = inventory.free_slot(drive.slot)
        if free is None:
            return f"No slot is free for {drive.barcode or 'what is in the drive'}"
        with self._taken_away(drive.barcode) as job:
            if job:
                return f"Job {job} works with {drive.barcode}, which is in the drive"
            device.unload(drive.number, free.number)
            log.info("drive %d gave %s to slot %d", drive.number, drive.barcode, free.number)
        return ""

    @contextlib.contextmanager
    def _taken_away(self, label: str) -> Iterator[str]:
        """For so long no job may begin with the medium. Gives the job that has; else empty."""
        presence = self.presence
        with self._changes.write() as tx:
            active = [job for job in tx.open_jobs() if job.state is JobState.ACTIVE]
            using = next((job.id for job in active if label in _labels(tx, job)), "")
            if not using:
                presence.moving |= {label}
        try:
            yield using
        finally:
            presence.moving -= {label}

    def _make(self, wanted: MediaRequest) -> None:
        store, label = wanted.store, wanted.label
        self._engine.make_medium(store.path, store.name, label)
        with self._changes.write() as tx:
            known = tx.medium(label)
            if known is not None and known.init_time == NEVER:
                made = replace(known, init_time=self._clock.now(), version=known.version + 1)
                tx.put_medium(made)
            tell_media(tx, self._engine)

    def _device(self, item: Loader) -> Device:
        if self._open is None:
            raise LoaderError("this agent moves no loaders")
        return self._open(item)


def _labels(view: CatalogueView, job: Job) -> set[str]:
    """The media that an active job works with, or may come to."""
    names = [path.decode() for path in job.paths] if job.kind is JobKind.MIGRATION else []
    if job.saveset:
        names += view.bases(job.saveset)
        names.append(job.saveset)
    known = [saveset for saveset in map(view.saveset, names) if saveset is not None]
    return {place.label for place in places(view, known)} | {job.label} - {""}
