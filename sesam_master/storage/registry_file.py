"""The registrations of the desk in one JSON file."""

import base64
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sesam_master.core.registry import KeepingError, Registration, RegistryError
from sesam_master.storage import atomic, file_lock

FORMAT = 1
_HIGHEST_PORT = 65535


class RegistryFile:
    """Implements core.registry.RegistryStore. The file is made with the first location."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[Registration]:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._closed(error) from error
        try:
            document = json.loads(content)
            found = int(document["format"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._unreadable(str(error)) from error
        if found > FORMAT:
            raise RegistryError(
                f"The list of locations {self._path} has format {found}; this desk reads formats "
                f"up to {FORMAT}. Use the newer desk that wrote it."
            )
        try:
            registrations = [_read(item) for item in document["locations"]]
        except (ValueError, KeyError, TypeError) as error:
            raise self._unreadable(f"{type(error).__name__}: {error}") from error
        if len({r.location_id for r in registrations}) != len(registrations):
            raise self._unreadable("a location stands in it twice")
        return registrations

    def change(self, act: Callable[[dict[str, Registration]], object]) -> list[Registration]:
        try:
            with file_lock.locked(self._path):
                registrations = {item.location_id: item for item in self.load()}
                act(registrations)
                atomic.replace(self._path, _packed(registrations.values()))
        except OSError as error:
            raise KeepingError(
                f"The list of locations {self._path} cannot be written ({error.strerror}). Nothing "
                "was changed; check rights and free space."
            ) from error
        return list(registrations.values())

    def stamp(self) -> object:
        try:
            return file_lock.stamp(self._path)
        except OSError as error:
            raise self._closed(error) from error

    def _closed(self, error: OSError) -> RegistryError:
        return RegistryError(
            f"The list of locations {self._path} cannot be read ({error.strerror}). Check the "
            "rights of the file."
        )

    def _unreadable(self, reason: str) -> RegistryError:
        return RegistryError(
            f"The list of locations {self._path} is damaged ({reason}). Put a good copy of it in "
            "its place, or move it away and enrol the locations again."
        )


def _packed(registrations: Iterable[Registration]) -> bytes:
    document = {"format": FORMAT, "locations": [_written(item) for item in registrations]}
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def _written(item: Registration) -> dict[str, Any]:
    return {
        "location_id": item.location_id,
        "name": item.name,
        "farm": item.farm,
        "host": item.host,
        "port": item.port,
        "certificate": base64.b64encode(item.certificate).decode("ascii"),
        "fingerprint": item.fingerprint,
        "is_on": item.is_on,
        "socket": item.socket,
    }


def _read(item: dict[str, Any]) -> Registration:
    registration = Registration(
        location_id=_text(item, "location_id"),
        name=_text(item, "name"),
        farm=_text(item, "farm"),
        host=_text(item, "host"),
        port=item["port"],
        certificate=base64.b64decode(_text(item, "certificate"), validate=True),
        fingerprint=_text(item, "fingerprint"),
        is_on=item["is_on"],
        socket=_text(item, "socket"),
    )
    if type(registration.port) is not int or type(registration.is_on) is not bool:
        raise ValueError(f"port or is_on of {registration.name} has a wrong type")
    if not (registration.socket or 0 < registration.port <= _HIGHEST_PORT):
        raise ValueError(f"{registration.name} has the port {registration.port}")
    if not registration.location_id:
        raise ValueError(f"{registration.name} has no location_id")
    return registration


def _text(item: dict[str, Any], key: str) -> str:
    value = item[key]
    if not isinstance(value, str):
        raise ValueError(f"{key} is no text: {value!r}")  # noqa: TRY004 - all damage is one kind
    return value
