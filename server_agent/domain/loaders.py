"""Loaders: devices that move media between slots and drives."""

import re
from dataclasses import dataclass
from enum import StrEnum

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable
from server_agent.domain.topology import LONGEST_PATH, checked_name


class LoaderKind(StrEnum):
    """What moves the media: renames of directories, or the program mtx."""

    VIRTUAL = "virtual"
    MTX = "mtx"


# A name below /dev that no option and no path of something else can be.
_TAPE = re.compile(r"/dev/(?!(?:.*/)?\.{1,2}(?:/|\Z))[A-Za-z0-9][A-Za-z0-9_.:/+@-]{0,200}")


@dataclass(frozen=True, slots=True)
class Loader:
    """One loader. `version` counts its changes.

    Attributes:
        device: absolute: the directory of a virtual loader, or the changer's device.
        stores: the data stores in its drives, by the numbers of these. A medium belongs to one of
            them, and is loaded into that drive only.
        tape_devices: of a changer, those of its drives by number; "" or none: the drive lets its
            medium go by itself.
    """

    name: str
    kind: LoaderKind
    device: bytes
    stores: tuple[str, ...]
    comment: str = ""
    version: int = 1
    tape_devices: tuple[str, ...] = ()


def checked_loader(loader: Loader) -> Loader:
    """The loader itself, or InvalidArgument that names the field."""
    checked_name("name", loader.name)
    device = loader.device
    is_path = device.startswith(b"/") and b"\0" not in device and len(device) <= LONGEST_PATH
    if not is_path or {b"", b".", b".."} & set(device[1:].split(b"/")):
        raise InvalidArgument(
            field="device",
            value=printable(device[:200]),
            expected="an absolute path of a directory or device, without '.', '..' or '//'",
        )
    if not loader.stores or len(set(loader.stores)) != len(loader.stores):
        raise InvalidArgument(
            field="data_stores",
            value=", ".join(loader.stores),
            expected="one data store for each of its drives, each another one",
        )
    _check_tapes(loader)
    return loader


def _check_tapes(loader: Loader) -> None:
    tapes = loader.tape_devices
    if tapes and loader.kind is LoaderKind.VIRTUAL:
        raise InvalidArgument(
            field="tape_devices",
            value=", ".join(tapes),
            expected="none: drives of a virtual loader are directories",
        )
    if len(tapes) > len(loader.stores):
        raise InvalidArgument(
            field="tape_devices",
            value=", ".join(tapes),
            expected=f"at most one for each of its {len(loader.stores)} drives",
        )
    for tape in filter(None, tapes):
        if not _TAPE.fullmatch(tape):
            raise InvalidArgument(
                field="tape_devices",
                value=printable(tape.encode()[:200]),
                expected="devices that do not rewind, such as /dev/nst0 or /dev/tape/by-id/X-nst",
            )
    named = [tape for tape in tapes if tape]
    if len(set(named)) != len(named):
        raise InvalidArgument(
            field="tape_devices", value=", ".join(named), expected="each drive's own device"
        )
