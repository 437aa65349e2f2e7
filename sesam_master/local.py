"""The agent of this computer: where its socket is, and stores for a desk that keeps nothing.

The rules for finding it are those of the agent: `--root`, else SESAM2000_INI, else
/etc/sesam2000.ini, whose SM_INI names sm.ini.
"""

import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from configparser import ConfigParser, Error
from pathlib import Path
from urllib.parse import quote

from sesam_master.core.registry import KeepingError, Registration, Remembered

ANCHOR = "sesam2000.ini"
ANCHOR_VARIABLE = "SESAM2000_INI"
LONGEST_SOCKET_PATH = 107  # bytes; unix(7): sun_path has 108 with its NUL


class LocalAgent:
    """The agent's registration; `close` after the last connection to it."""

    def __init__(self, root: Path | None, environ: Mapping[str, str]) -> None:
        """Raises KeepingError when there is no usable installation."""
        anchor = _anchor(root, environ)
        sm_ini = _sm_ini(anchor)
        parser = ConfigParser(interpolation=None)
        try:
            parser.read_string(_read(sm_ini))
            work = Path(parser["PATHS"]["gv_rw_work"])
            name, location_id = parser["SERVER"]["name"], parser["SERVER"]["location_id"]
        except (Error, KeyError) as error:
            raise KeepingError(
                f"{sm_ini} does not describe an agent: {error}. "
                "Correct it, or make an agent with sesam-agent init."
            ) from error
        self._descriptor: int | None = None
        self.registration = Registration(
            location_id=location_id,
            name=name,
            farm="",
            host="",
            port=0,
            certificate=b"",
            fingerprint="",
            socket=self._address(work / "agent" / "agent.sock"),
        )

    def close(self) -> None:
        """Lets go of the socket's directory."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _address(self, path: Path) -> str:
        text = str(path)
        if quote(text) == text and len(os.fsencode(text)) <= LONGEST_SOCKET_PATH:
            return f"unix:{text}"
        try:
            self._descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise KeepingError(
                f"The directory {path.parent} cannot be opened: {error.strerror}. "
                "Start the agent once, and run this desk as the agent's user."
            ) from error
        return f"unix:/proc/self/fd/{self._descriptor}/{path.name}"


class MemoryRegistry:
    """Registrations that last as long as the program."""

    def __init__(self, registrations: Iterable[Registration]) -> None:
        self._registrations = {item.location_id: item for item in registrations}

    def load(self) -> list[Registration]:
        return list(self._registrations.values())

    def change(self, act: Callable[[dict[str, Registration]], object]) -> list[Registration]:
        changed = dict(self._registrations)
        act(changed)
        self._registrations = changed
        return self.load()

    def stamp(self) -> object:
        return self._registrations  # another one after each change


class MemoryCredentials:
    """Credentials that last as long as the program; a local agent needs none."""

    def __init__(self) -> None:
        self._credentials: dict[str, str] = {}

    def get(self, location_id: str) -> str | None:
        return self._credentials.get(location_id)

    def put(self, location_id: str, credential: str) -> None:
        self._credentials[location_id] = credential

    def delete(self, location_id: str) -> None:
        self._credentials.pop(location_id, None)


class NoPictures:
    """Remembers nothing: a local agent is there or it is not."""

    def load(self) -> list[Remembered]:
        return []

    def save(self, pictures: Iterable[Remembered]) -> None:
        pass

    def forget(self, location_id: str) -> None:
        pass


def _anchor(root: Path | None, environ: Mapping[str, str]) -> Path:
    if root is not None:
        return root.absolute() / ANCHOR
    if environ.get(ANCHOR_VARIABLE):
        return Path(environ[ANCHOR_VARIABLE]).absolute()
    return Path("/etc") / ANCHOR


def _sm_ini(anchor: Path) -> Path:
    for line in _read(anchor).splitlines():
        key, _, value = line.strip().removeprefix("export ").partition("=")
        if key != "SM_INI":
            continue
        try:
            words = shlex.split(value, comments=True)
        except ValueError:
            words = []
        if len(words) == 1 and os.path.isabs(words[0]):
            return Path(words[0])
    raise KeepingError(f"{anchor} has no line SM_INI= with the absolute path of sm.ini. Add it.")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise KeepingError(
            f"No agent found: {file} cannot be read ({error.strerror}). "
            "Name the agent's directory with --local --root DIR."
        ) from error
    except UnicodeDecodeError as error:
        raise KeepingError(f"{file} is not text in UTF-8: {error}. Correct it.") from error
