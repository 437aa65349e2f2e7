"""Loaders: devices that move media between slots and drives."""

from dataclasses import dataclass
from enum import StrEnum

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable
from server_agent.domain.topology import LONGEST_PATH, checked_name


class LoaderKind(StrEnum):
    """What moves the media: renames of directories, or the program mtx."""

    VIRTUAL = "virtual"
    MTX = "mtx"


@dataclass(frozen=True, slots=True)
class Loader:
    """One loader. `version` counts its changes.

    Attributes:
        device: absolute: the directory of a virtual loader, or the changer's device.
        stores: the data stores in its drives, by the numbers of these. A medium belongs to one of
            them, and is loaded into that drive only.
    """

    name: str
    kind: LoaderKind
    device: bytes
    stores: tuple[str, ...]
    comment: str = ""
    version: int = 1


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
    return loader
