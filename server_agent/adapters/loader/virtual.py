"""A loader made of directories: `slots/1`, `slots/2`, ... , `io/3` for import and export, and
`drives/0`, ... A medium is a directory with a label in one of them. It is moved by one rename, so
that whatever is killed it is in one place as a whole; all have to be of one file system.
"""

import contextlib
import errno
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.ports.loader import Inventory, LoaderDrive, LoaderError, Slot

LABEL_FILE = "sesam.label"
_LOCK = ".lock"
_ORIGIN = ".from"  # in a drive: the number of the slot that its medium came from
_NUMBER = re.compile(r"0|[1-9][0-9]{0,5}")


class VirtualLoader:
    """The `Loader` port over a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def made(cls, directory: Path, slots: int, drives: int) -> "VirtualLoader":
        """With so many slots and drives; what is there already stays. Raises LoaderError."""
        wanted = [f"slots/{number}" for number in range(1, slots + 1)]
        wanted += [f"drives/{number}" for number in range(drives)]
        with _told(f"The loader {directory} cannot be made"):
            for name in wanted:
                (directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(directory)

    def inventory(self) -> Inventory:
        with self._locked():
            return self._inventory()

    def load(self, slot: int, drive: int) -> None:
        with self._locked():
            source, target = self._slot(slot), self._drive(drive)
            medium = self._medium_of(source, f"slot {slot}")
            self._check_empty(target, f"drive {drive}")
            # Written before: of an empty drive it says nothing.
            (target / _ORIGIN).write_text(f"{slot}\n", encoding="ascii")
            _move(medium, target)

    def unload(self, drive: int, slot: int) -> None:
        with self._locked():
            source, target = self._drive(drive), self._slot(slot)
            medium = self._medium_of(source, f"drive {drive}")
            self._check_empty(target, f"slot {slot}")
            _move(medium, target)

    def _inventory(self) -> Inventory:
        slots = [
            Slot(number, _barcode(place), bool(_media(place)), is_import_export=folder == "io")
            for folder in ("slots", "io")
            for number, place in self._places(folder)
        ]
        drives = [
            LoaderDrive(number, _barcode(place), bool(_media(place)), _origin(place))
            for number, place in self._places("drives")
        ]
        if not drives:
            raise LoaderError(
                f"{self._directory} is no virtual loader: it has no directory drives/0."
                " Mount it first"
            )
        return Inventory(tuple(sorted(slots, key=lambda slot: slot.number)), tuple(drives))

    def _places(self, folder: str) -> list[tuple[int, Path]]:
        directory = self._directory / folder
        if not directory.is_dir():
            return []
        named = [path for path in directory.iterdir() if _NUMBER.fullmatch(path.name)]
        return sorted((int(path.name), path) for path in named if path.is_dir())

    def _slot(self, number: int) -> Path:
        for folder in ("slots", "io"):
            if (place := self._directory / folder / str(number)).is_dir():
                return place
        raise LoaderError(f"The loader {self._directory} has no slot {number}")

    def _drive(self, number: int) -> Path:
        if (place := self._directory / "drives" / str(number)).is_dir():
            return place
        raise LoaderError(f"The loader {self._directory} has no drive {number}")

    def _medium_of(self, place: Path, what: str) -> Path:
        media = _media(place)
        if len(media) != 1:
            held = f"holds {len(media)} media, one is the most" if media else "is empty"
            raise LoaderError(f"Nothing was moved: {what} of the loader {self._directory} {held}")
        return media[0]

    def _check_empty(self, place: Path, what: str) -> None:
        if media := _media(place):
            raise LoaderError(
                f"Nothing was moved: {what} of the loader {self._directory} holds {media[0].name}"
            )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One after the other, also of several processes."""
        with _told(f"The loader {self._directory} cannot be used"):
            descriptor = os.open(
                self._directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)


def _media(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if (path / LABEL_FILE).is_file())


def _barcode(place: Path) -> str:
    media = _media(place)
    return media[0].name if media else ""


def _origin(place: Path) -> int | None:
    try:
        text = (place / _ORIGIN).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if _media(place) and _NUMBER.fullmatch(text) else None


def _move(medium: Path, target: Path) -> None:
    medium.rename(target / medium.name)
    sync(target)
    sync(medium.parent)


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """An OSError of its block is a LoaderError."""
    try:
        yield
    except OSError as error:
        advice = {
            errno.ENOENT: ". Mount it first",
            errno.EXDEV: ". All of it has to be of one file system",
        }
        said = f"{what}: {error.strerror or error}{advice.get(error.errno or 0, '')}"
        raise LoaderError(said) from error
