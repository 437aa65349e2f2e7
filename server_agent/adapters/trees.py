"""The places of a new installation: its anchor, its static tree and its variable tree.

Source: the manual, "Directories": both trees may lie in one directory, and need not.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from server_agent.domain.quoting import quoted
from server_agent.ini_files import ANCHOR, InstallationError
from server_agent.installation import SYSTEM_ANCHOR

SYSTEM_STATIC = Path("/opt/sesam")
SYSTEM_VARIABLE = Path("/var/opt/sesam")
_STATIC = ("bin", "bin/sesam", "bin/sms", "bin/gui", "bin/db", "skel", "skel/templates")
_OPEN = ("var", "var/ini", "var/log", "var/work")
# What is said about other people's files, or taken from them, is for the agent's user only.
_PRIVATE = (
    "var/db",
    "var/log/lgc",
    "var/log/sms",
    "var/lis",
    "var/prot",
    "var/prepost",
    "var/tmp",
    "var/work/sem",
    "var/work/agent",
)
_OF_STATIC = ("bin", "skel")
_OF_VARIABLE = ("var", "store")


@dataclass(frozen=True, slots=True)
class Trees:
    """Where an installation is to lie.

    Attributes:
        anchor: the file by which it is found.
        static: SESAM_BIN, what nobody edits.
        variable: below it `var`, which is SESAM_VAR, and the first data store.
    """

    anchor: Path
    static: Path
    variable: Path

    @classmethod
    def below(cls, root: Path) -> Self:
        """All in one place."""
        return cls(root / ANCHOR, root, root)

    @property
    def real(self) -> "Trees":
        """Without links, which may be turned round later: the ini files hold absolute paths."""
        directory, static, variable = (
            Path(os.path.realpath(path))
            for path in (self.anchor.parent, self.static, self.variable)
        )
        return Trees(directory / self.anchor.name, static, variable)

    @property
    def new_anchor(self) -> Path:
        """What the anchor is called while it is written."""
        return self.anchor.with_name(f"{self.anchor.name}.new")

    @contextmanager
    def taken(self) -> Iterator[None]:
        """What the block makes there is removed again if it fails.

        Raises:
            InstallationError: something is there already, or a directory cannot be made.
        """
        self._check()
        made = [place for place in self._directories if not place.exists()]
        try:
            for place in self._directories:
                place.mkdir(parents=True, exist_ok=True)
            # Of two that begin at once, one fails here and has nothing to clean up.
            (self.variable / "var").mkdir()
        except OSError as error:
            _remove_empty(made)
            raise InstallationError(
                f"The directory {error.filename} cannot be made or written: {error.strerror}. "
                "Choose another one, or become a user who may"
            ) from error
        for place in made:
            place.chmod(0o755)
        try:
            yield
        except BaseException:
            self._remove(made)
            raise

    def fill(self, stores: tuple[str, ...]) -> None:
        """Makes the directories; those of data stores below the variable tree."""
        for tree, names, mode in (
            (self.static, _STATIC, 0o755),
            (self.variable, _OPEN, 0o755),
            (self.variable, (*_PRIVATE, *stores), 0o700),
        ):
            for name in names:
                (tree / name).mkdir(exist_ok=True)
                (tree / name).chmod(mode)  # whatever the umask is

    @property
    def _directories(self) -> list[Path]:
        return list(dict.fromkeys((self.anchor.parent, self.static, self.variable)))

    def _check(self) -> None:
        for place in self._directories:
            text = str(place)
            if not text.isprintable() or text != text.strip():
                raise InstallationError(
                    f"The directory {quoted(text)} cannot hold an agent: its ini files could not "
                    "name it. Choose a path of printable signs in UTF-8, without a blank at its end"
                )
        if os.path.lexists(self.anchor):
            is_root = self.anchor.parent in (self.static, self.variable)
            raise InstallationError(
                f"{self.anchor.parent if is_root else self.anchor} is an agent's "
                f"{'directory' if is_root else 'anchor'} already. Nothing was changed. "
                "Start that agent, or choose another directory"
            )
        # Beside an anchor in /etc lies much that is not the agent's.
        for place in dict.fromkeys((self.static, self.variable)):
            self._check_empty(place)

    def _check_empty(self, place: Path) -> None:
        try:
            names = {entry.name for entry in place.iterdir()}
        except FileNotFoundError:
            return
        except OSError as error:
            raise InstallationError(
                f"{place} cannot hold an agent: {error.strerror}. Choose another directory"
            ) from error
        own = {*_OF_STATIC, *_OF_VARIABLE, self.anchor.name, self.new_anchor.name}
        if {"var", "bin"} & names and names <= own:
            raise InstallationError(
                f"{place} has what an agent's directory has, but no {self._named_from(place)}, "
                "which is written last. Nothing was changed. If it was being made when the "
                "program was ended, remove it and try again; if an agent was there before, put "
                "that file back from a copy"
            )
        if names:
            raise InstallationError(
                f"{place} is not empty and not an agent's directory. Nothing was changed. "
                "Choose an empty directory, or one that does not exist yet"
            )

    def _named_from(self, place: Path) -> str:
        """The anchor, by its name alone where that is plain."""
        return self.anchor.name if place == self.anchor.parent else str(self.anchor)

    def _remove(self, made: list[Path]) -> None:
        of_static = [self.static / name for name in _OF_STATIC]
        of_variable = [self.variable / name for name in _OF_VARIABLE]
        for path in (*of_static, *of_variable):
            shutil.rmtree(path, ignore_errors=True)
        for path in (self.anchor, self.new_anchor):
            path.unlink(missing_ok=True)
        _remove_empty(made)


def _remove_empty(places: list[Path]) -> None:
    for place in sorted(places, reverse=True):  # what lies in another one first
        with suppress(OSError):  # somebody uses it meanwhile, or it was not made
            place.rmdir()


def of_system(environ_anchor: str | None) -> Trees:
    """Where an installation lies for which nobody names a directory.

    Args:
        environ_anchor: the value of SESAM2000_INI.
    """
    anchor = Path(os.path.abspath(environ_anchor)) if environ_anchor else SYSTEM_ANCHOR
    return Trees(anchor, SYSTEM_STATIC, SYSTEM_VARIABLE)
