"""The farms of this desk in one file, and their exchange with other desks."""

from pathlib import Path

from sesam_master.core.control_source import FarmEdit
from sesam_master.core.farm_edits import lost
from sesam_master.core.farms import Farms
from sesam_master.core.registry import KeepingError
from sesam_master.storage import atomic, file_lock
from sesam_master.storage.farm_code import FORMAT, NewerFormat, packed, unpacked

MOST_BYTES = 50_000_000  # of a file that is read: no desk has so many farms


class FarmFile:
    """Implements core.control_source.FarmStore."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Farms:
        try:
            return self._read()
        except ValueError as error:
            return self._put_aside(str(error))

    def change(self, edit: FarmEdit) -> Farms:
        try:
            with file_lock.locked(self._path):
                try:
                    farms = self._read()
                except ValueError as error:
                    raise KeepingError(
                        f"The farms {self._path} are damaged ({error}) since this desk has read "
                        "them. Nothing was changed; put a good copy in its place."
                    ) from error
                changed = edit(farms)
                if changed != farms or not self._path.exists():
                    atomic.replace(self._path, packed(changed))
        except OSError as error:
            raise self._unwritten(error) from error
        return changed

    def stamp(self) -> object:
        try:
            return file_lock.stamp(self._path)
        except OSError as error:
            raise self._closed(self._path, error) from error

    def export(self, farms: Farms, path: str, /) -> None:
        try:
            atomic.replace(Path(path), packed(farms))
        except OSError as error:
            raise KeepingError(
                f"The farms cannot be written to {path}: {error.strerror}. Choose another place."
            ) from error

    def read(self, path: str, /) -> Farms:
        source = Path(path)
        try:
            if source.stat().st_size > MOST_BYTES:
                raise KeepingError(f"{path} is too large to be farms. Choose another file.")
            return unpacked(source.read_bytes())
        except OSError as error:
            raise self._closed(source, error) from error
        except NewerFormat as error:
            raise _newer(source, error) from error
        except ValueError as error:
            raise KeepingError(
                f"{path} holds no farms of a desk ({error}). Choose a file that a desk exported."
            ) from error

    def _read(self) -> Farms:
        """Raises ValueError for what is damaged, and KeepingError."""
        try:
            return unpacked(self._path.read_bytes())
        except FileNotFoundError:
            return Farms()
        except OSError as error:
            raise self._closed(self._path, error) from error
        except NewerFormat as error:
            raise _newer(self._path, error) from error

    def _put_aside(self, reason: str) -> Farms:
        """What a person forbade is not known any more, so that nothing is allowed."""
        aside = self._aside()
        farms = lost(
            f"The farms file was damaged ({reason}) and lies at {aside}. Until somebody switches "
            "it off here, this desk only observes. Import a good copy, or set the farms anew."
        )
        try:
            with file_lock.locked(self._path):
                self._path.rename(aside)
                atomic.replace(self._path, packed(farms))
        except OSError as error:
            raise KeepingError(
                f"The farms {self._path} are damaged ({reason}), and cannot be put aside "
                f"({error.strerror}). Put a good copy in its place, or move it away."
            ) from error
        return farms

    def _aside(self) -> Path:
        number = 1
        while (path := self._path.with_name(f"{self._path.stem}.damaged-{number}.json")).exists():
            number += 1
        return path

    def _closed(self, path: Path, error: OSError) -> KeepingError:
        return KeepingError(
            f"The farms {path} cannot be read ({error.strerror}). Check the rights of the file."
        )

    def _unwritten(self, error: OSError) -> KeepingError:
        return KeepingError(
            f"The farms {self._path} cannot be written ({error.strerror}). Nothing was changed; "
            "check rights and free space."
        )


def _newer(path: Path, error: NewerFormat) -> KeepingError:
    return KeepingError(
        f"The farms {path} have format {error.found}; this desk reads formats up to {FORMAT}. Use "
        "the newer desk that wrote them."
    )
