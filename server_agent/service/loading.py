"""Bringing media into drives by loaders, when jobs wait for them."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.loaders import Loader, LoaderKind
from server_agent.domain.media import NEVER
from server_agent.domain.media_requests import MediaRequest
from server_agent.ports import CatalogueView, Clock, Engine, EngineError
from server_agent.ports.loader import Inventory, LoaderDrive, LoaderError
from server_agent.ports.loader import Loader as Device
from server_agent.service.changes import Changes
from server_agent.service.media_presence import Presence
from server_agent.service.places import places
from server_agent.service.writing_place import tell_media

log = logging.getLogger(__name__)

INVENTORY_SECONDS = 60.0  # a changer that has just been switched on looks at each slot first
BUSY_SECONDS = 30.0

OpenLoader = Callable[[Loader], Device]


class Loading:
    """The loaders at work; each makes one movement after the other.

    Args:
        presence: which media are there.
        open_loader: the device of a loader; None: this agent has none.
    """

    def __init__(
        self,
        changes: Changes,
        engine: Engine,
        clock: Clock,
        presence: Presence,
        open_loader: OpenLoader | None = None,
    ) -> None:
        self.presence = presence
        self._changes = changes
        self._engine = engine
        self._clock = clock
        self._moving: dict[str, threading.Lock] = {}  # by loader
        self._open = open_loader
        self._faults: dict[str, str] = {}  # why a medium could not be loaded, by label

    def use(self) -> None:
        """To be called at the start of the agent, and when a loader was added or removed."""
        with self._changes.read() as view:
            loaders = view.loaders()
        virtual = [item for item in loaders if item.kind is LoaderKind.VIRTUAL]
        self.presence.in_loaders = frozenset(each for item in loaders for each in item.stores)
        self.presence.sharing = frozenset(each for item in virtual for each in item.stores)

    def tell(self) -> None:
        """A medium was added. In no transaction."""
        tell_media(self._changes, self._engine)

    def inventory(self, item: Loader) -> Inventory:
        """What is where in a loader now. Raises LoaderError, also if it does not answer."""
        device = self._device(item)
        try:
            what = f"The loader {item.name}"
            return self.presence.looking.ask(what, device.inventory, INVENTORY_SECONDS)
        except EngineError as error:
            raise LoaderError(error.text) from error

    def load(self, item: Loader, slot: int, drive: int) -> None:
        """Moves the medium of a slot into a drive. Raises LoaderError."""
        with self._at_work(item):
            inventory = self.inventory(item)
            place = _drive(inventory, drive)
            source = next((each for each in inventory.slots if each.number == slot), None)
            if source is None:
                raise LoaderError(f"it has no slot {slot}, but slots {_numbers(inventory)}")
            if not source.is_full:
                raise LoaderError(f"nothing was moved: slot {slot} is empty")
            if place.is_full:
                what = place.barcode or "a medium without a label"
                raise LoaderError(
                    f"nothing was moved: drive {drive} holds {what}; unload that first"
                )
            self._device(item).load(slot, drive)
            log.info("%s loaded %s into drive %d", item.name, source.barcode, drive)

    def unload(self, item: Loader, drive: int, slot: int | None) -> None:
        """Moves the medium of a drive into a slot; None: where it came from if that is empty, else
        where there is room. Raises LoaderError."""
        with self._at_work(item):
            inventory = self.inventory(item)
            place = _drive(inventory, drive)
            if not place.is_full:
                raise LoaderError(f"nothing was moved: drive {drive} is empty")
            target = next((each for each in inventory.slots if each.number == slot), None)
            if slot is not None and target is None:
                raise LoaderError(f"it has no slot {slot}, but slots {_numbers(inventory)}")
            if target is not None and target.is_full:
                raise LoaderError(f"nothing was moved: slot {slot} holds {target.barcode}")
            if why := self._emptied(self._device(item), inventory, place, slot):
                raise LoaderError(f"nothing was moved: {why}")

    @contextlib.contextmanager
    def _at_work(self, item: Loader) -> Iterator[None]:
        moving = self._moving.setdefault(item.name, threading.Lock())
        if not moving.acquire(timeout=BUSY_SECONDS):
            raise LoaderError("it is still busy with another movement; try again when that is done")
        try:
            yield
        finally:
            moving.release()

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
            with self._at_work(item):
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
        inventory = self.inventory(item)
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

    def _emptied(
        self, device: Device, inventory: Inventory, drive: LoaderDrive, wanted: int | None = None
    ) -> str:
        """Why a drive still is not empty. `wanted`: the slot, which is empty; None: any."""
        free = wanted
        if free is None:
            slot = inventory.free_slot(drive.slot)
            free = slot.number if slot is not None else None
        if free is None:
            return f"No slot is free for {drive.barcode or 'what is in the drive'}"
        with self._taken_away(drive.barcode) as job:
            if job:
                return f"Job {job} works with {drive.barcode}, which is in the drive"
            device.unload(drive.number, free)
            log.info("drive %d gave %s to slot %d", drive.number, drive.barcode, free)
        return ""

    @contextlib.contextmanager
    def _taken_away(self, label: str) -> Iterator[str]:
        """For so long no job may begin with the medium. Gives the job that has; else empty."""
        presence = self.presence
        with self._changes.write() as tx:
            active = [job for job in tx.open_jobs() if job.state is JobState.ACTIVE]
            using = next((job.id for job in active if label in _labels(tx, job)), "")
            if not using:
                presence.begin_move(label)
        try:
            yield using
        finally:
            if not using:
                presence.end_move(label)

    def _make(self, wanted: MediaRequest) -> None:
        store, label = wanted.store, wanted.label
        self._engine.make_medium(store.path, store.name, label)
        self.tell()
        with self._changes.write() as tx:
            known = tx.medium(label)
            if known is not None and known.init_time == NEVER:
                made = replace(known, init_time=self._clock.now(), version=known.version + 1)
                tx.put_medium(made)

    def _device(self, item: Loader) -> Device:
        if self._open is None:
            raise LoaderError("this agent moves no loaders")
        return self._open(item)


def _drive(inventory: Inventory, number: int) -> LoaderDrive:
    found = inventory.drive(number)
    if found is None:
        known = ", ".join(str(each.number) for each in inventory.drives)
        raise LoaderError(f"it has no drive {number}, but {known}")
    return found


def _numbers(inventory: Inventory) -> str:
    return ", ".join(str(each.number) for each in inventory.slots)


def _labels(view: CatalogueView, job: Job) -> set[str]:
    """The media that an active job works with, or may come to."""
    names = [path.decode() for path in job.paths] if job.kind is JobKind.MIGRATION else []
    if job.saveset:
        names += view.bases(job.saveset)
        names.append(job.saveset)
    known = [saveset for saveset in map(view.saveset, names) if saveset is not None]
    return {place.label for place in places(view, known)} | {job.label} - {""}
