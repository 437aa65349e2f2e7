"""What is where in a loader: a device that moves media between slots and drives."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PlaceKind(StrEnum):
    """What a medium is in."""

    DRIVE = "drive"
    SLOT = "slot"
    IMPORT_EXPORT = "import/export"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LoaderPlace:
    """A drive or slot, or a medium of the loader's data stores that is in none of them.

    Attributes:
        number: of drives from 0 on, of slots from 1 on; 0 outside.
        label: what the medium is called by its barcode; "" for none, or one that cannot be read.
        pool: of the medium; "" if the location does not know it.
    """

    kind: PlaceKind
    number: int
    is_full: bool
    label: str
    pool: str

    @property
    def key(self) -> tuple[PlaceKind, int, str]:
        return self.kind, self.number, self.label if self.kind is PlaceKind.OUTSIDE else ""

    @property
    def is_slot(self) -> bool:
        """Media are stored in it, or put in and taken out there."""
        return self.kind in (PlaceKind.SLOT, PlaceKind.IMPORT_EXPORT)


@dataclass(frozen=True, slots=True)
class LoaderContent:
    """Drives, slots, import and export, and then what is outside, as it was at `as_of`."""

    places: tuple[LoaderPlace, ...]
    as_of: datetime


def free_drive(places: tuple[LoaderPlace, ...]) -> LoaderPlace | None:
    """The first one without a medium."""
    drives = (place for place in places if place.kind is PlaceKind.DRIVE)
    return next((place for place in drives if not place.is_full), None)
