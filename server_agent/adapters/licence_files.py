"""The `LicenceFiles` port: `sm_lic.ini` and the trusted keys below SESAM_VAR/ini."""

import os
from datetime import datetime, tzinfo
from pathlib import Path

from server_agent.adapters.durable import sync
from server_agent.adapters.licence_keys import OWN, SHIPPED, KeyFileError, judged, keys_in
from server_agent.adapters.server_facts import server_facts
from server_agent.adapters.tar import private
from server_agent.domain.licence import Server, SignatureState
from server_agent.domain.licence_text import LARGEST_FILE
from server_agent.ports.licence import LICENCE_FILE, LicenceFileError

_MOST_COPIES = 1000  # of one second


class LicenceFilesOf:
    """Of one installation.

    Args:
        ini: SESAM_VAR/ini.
        zone: of the dates in the names of copies.
    """

    def __init__(self, ini: Path, zone: tzinfo) -> None:
        self._ini = ini
        self._file = ini / LICENCE_FILE
        self._zone = zone

    def installed(self) -> bytes | None:
        try:
            with self._file.open("rb") as file:
                return file.read(LARGEST_FILE + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(self._file, error) from error

    def install(self, content: bytes, now: datetime) -> str:
        new = self._file.with_name(f"{self._file.name}.new")
        try:
            new.unlink(missing_ok=True)
            with open(new, "xb", opener=private.opener) as file:
                file.write(content)
            sync(new)
            kept = self._keep_old(now)
            new.replace(self._file)
            sync(self._ini)
        except OSError as error:
            raise _failed(self._file, error) from error
        return kept

    def signature(self, key: str, signed: bytes, signature: bytes) -> SignatureState:
        own = self._ini / OWN
        try:
            keys = keys_in(SHIPPED.read_text(encoding="utf-8"), str(SHIPPED))
            if os.path.lexists(own):
                keys |= keys_in(own.read_text(encoding="utf-8"), str(own))
        except KeyFileError as error:
            raise LicenceFileError(str(error)) from error
        except UnicodeDecodeError as error:
            raise LicenceFileError(f"{own} is no text in UTF-8") from error
        except OSError as error:
            raise _failed(own, error) from error
        return judged(keys, key, signed, signature)

    def server(self) -> Server:
        return server_facts()

    def _keep_old(self, now: datetime) -> str:
        """A second name for the file that is there: it is never missing, whatever happens."""
        if not self._file.exists():
            return ""
        stamp = f"{now.astimezone(self._zone):%Y%m%d-%H%M%S}"
        for number in range(1, _MOST_COPIES):
            name = f"{LICENCE_FILE}.{stamp}{f'-{number}' if number > 1 else ''}"
            try:
                os.link(self._file, self._ini / name)
            except FileExistsError:
                continue
            return name
        raise FileExistsError(None, "too many copies of this second", str(self._file))


def _failed(file: Path, error: OSError) -> LicenceFileError:
    return LicenceFileError(f"{error.filename or file}: {error.strerror or error}")
