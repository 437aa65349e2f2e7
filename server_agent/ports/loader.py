"""The loader: a device that moves media between slots and drives."""

from dataclasses import dataclass
from typing import Protocol


class LoaderError(Exception):
    """A loader cannot do what it was asked for; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one medium.

    Attributes:
        number: from 1 on.
        barcode: of the medium in it; empty if it has none, or cannot be read.
        is_full: there is a medium in it.
        is_import_export: people put media in and take them out here.
    """

    number: int
    barcode: str = ""
    is_full: bool = False
    is_import_export: bool = False


@dataclass(frozen=True, slots=True)
class LoaderDrive:
    """What reads and writes one medium.

    Attributes:
        number: from 0 on.
        slot: where the medium in it came from; None if nobody knows.
    """

    number: int
    barcode: str = ""
    is_full: bool = False
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is where in a loader, by number."""

    slots: tuple[Slot, ...]
    drives: tuple[LoaderDrive, ...]

    def slot_of(self, barcode: str) -> Slot | None:
        """The slot with this medium; slots of the inside first."""
        found = [slot for slot in self.slots if slot.is_full and slot.barcode == barcode]
        return min(found, key=lambda slot: (slot.is_import_export, slot.number), default=None)

    def drive(self, number: int) -> LoaderDrive | None:
        return next((drive for drive in self.drives if drive.number == number), None)

    def free_slot(self, wanted: int | None = None) -> Slot | None:
        """An empty slot of the inside: the wanted one if it is empty, else the first."""
        empty = [slot for slot in self.slots if not (slot.is_full or slot.is_import_export)]
        return next((slot for slot in empty if slot.number == wanted), empty[0] if empty else None)


class Loader(Protocol):
    """One loader. Any thread may call any method; one movement is made after the other."""

    def inventory(self) -> Inventory:
        """What is where now. Raises LoaderError."""

    def load(self, slot: int, drive: int) -> None:
        """Moves the medium of a slot into a drive. When it returns the medium is there; whatever
        happens meanwhile, the medium is in one of the two places as a whole.

        Raises:
            LoaderError: the slot is empty or the drive is not, or the device refuses.
        """

    def unload(self, drive: int, slot: int) -> None:
        """Moves the medium of a drive into a slot; as `load`.

        Raises:
            LoaderError: the drive is empty or the slot is not, or the device refuses.
        """
