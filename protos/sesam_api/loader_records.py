"""Records of loaders, as in `records`: devices that move media between slots and drives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loader:
    """One loader; to be given to `Location.add_loader`.

    Attributes:
        kind: "virtual" (directories) or "mtx" (a SCSI media changer).
        device: absolute, on the agent's machine: the directory, or the changer's device.
        data_stores: those in its drives, by the numbers of these from 0 on; removable ones.
        tape_devices: of a changer, those of its drives by number, such as "/dev/nst0"; "" or none:
            the drive lets its medium go by itself.
    """

    name: str
    kind: str
    device: bytes
    data_stores: tuple[str, ...]
    comment: str = ""
    etag: str = ""
    tape_devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoaderPlace:
    """A drive or slot of a loader, or a medium of its data stores that is in none of them.

    Attributes:
        kind: "drive", "slot", "import_export" or "outside".
        number: of drives from 0 on, of slots from 1 on; 0 outside.
        barcode: of the medium in it, which is its label; "" if it has none or cannot be read.
        pool: of that medium; "": the location does not know it.
    """

    kind: str
    number: int
    is_full: bool
    barcode: str
    pool: str
