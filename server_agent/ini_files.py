"""Reads `sesam2000.ini` and `sm.ini`: what stands there, or a word on what is wrong with it.

Standard library only: commands that need nothing else of the agent use it too.
"""

import os
import re
import shlex
from collections.abc import Callable, Mapping
from configparser import ConfigParser, Error
from pathlib import Path

ANCHOR = "sesam2000.ini"
ANCHOR_VARIABLE = "SESAM2000_INI"
ENVIRONMENT = "ENVIRONMENT"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OWN = "SESAM"  # variables by which the agent tells its programs something begin with it
_NO_SECTION = "\0"  # no section lends its values to the others


class InstallationError(Exception):
    """No usable installation; the text says where was looked and what to do."""


class SmIni:
    """The text of one `sm.ini`. Each method raises InstallationError, which names file, section
    and key."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._text = read_text(file)
        self._parser = self._parsed(str.lower)

    def text(self, section: str, key: str) -> str:
        """A value that has to be there."""
        found = self._parser.get(section, key, fallback="")
        if not found:
            raise InstallationError(f"{self.file} has no {key} in section [{section}]. Add it")
        return found

    def optional(self, section: str, key: str, usual: str) -> str:
        """A value, or the usual one where it does not stand there."""
        return self._parser.get(section, key, fallback=usual) or usual

    def path(self, section: str, key: str) -> Path:
        """An absolute path that has to be there."""
        found = self.text(section, key)
        if not os.path.isabs(found):
            raise self._wrong(section, key, found, "an absolute path")
        # Any locale: the file is UTF-8, and the path's bytes are what stands in it.
        return Path(os.fsdecode(found.encode()))

    def number(
        self, section: str, key: str, limits: tuple[int, int], expected: str, usual: int | None
    ) -> int:
        """A whole number within the limits.

        Args:
            expected: what it has to be, for people, such as "a number of days from 0 to 36500".
            usual: where it does not stand there; None if it has to.
        """
        least, most = limits
        if usual is None:
            found = self.text(section, key)
        else:
            found = self._parser.get(section, key, fallback=str(usual))
        is_number = found.isascii() and found.isdigit() and len(found) <= len(str(most))
        if not is_number or not least <= int(found) <= most:
            raise self._wrong(section, key, found, expected)
        return int(found)

    def environment(self) -> Mapping[str, str]:
        """The section [ENVIRONMENT]: what programs that the agent starts are given (manual,
        "Settings"). Names keep their letter case; values stand as they are, without quotes."""
        parser = self._parsed(str)
        if not parser.has_section(ENVIRONMENT):
            return {}
        found = dict(parser.items(ENVIRONMENT))
        for name in found:
            if _VARIABLE.fullmatch(name) is None:
                raise InstallationError(
                    f'{self.file}: "{name}" in section [{ENVIRONMENT}] cannot be the name of a '
                    "variable: letters, digits and _ only, and no digit first. Correct it"
                )
            if name.startswith(_OWN):
                raise InstallationError(
                    f"{self.file}: {name} in section [{ENVIRONMENT}] begins with {_OWN}: such "
                    "variables the agent sets itself. Choose another name"
                )
            if "\0" in found[name]:
                raise InstallationError(
                    f"{self.file}: the value of {name} in section [{ENVIRONMENT}] holds a NUL, "
                    "which no variable can. Remove it"
                )
        return found

    def _parsed(self, named: Callable[[str], str]) -> ConfigParser:
        parser = ConfigParser(interpolation=None, default_section=_NO_SECTION)
        parser.optionxform = named  # type: ignore[method-assign, assignment]
        try:
            parser.read_string(self._text)
        except Error as error:
            raise InstallationError(
                f"{self.file} is not a usable ini file: {error}. Correct it"
            ) from error
        return parser

    def _wrong(self, section: str, key: str, found: str, expected: str) -> InstallationError:
        return InstallationError(
            f'{self.file}: {key} in section [{section}] is "{found}"; '
            f"it has to be {expected}. Correct it"
        )


def sm_ini_of(anchor: Path) -> Path:
    """The value of SM_INI in a file of KEY=value lines as a shell reads them. Raises
    InstallationError."""
    for line in read_text(anchor).splitlines():
        key, equals, value = line.strip().removeprefix("export ").partition("=")
        if key == "SM_INI" and equals:
            try:
                words = shlex.split(value, comments=True)
            except ValueError as error:
                raise InstallationError(
                    f"{anchor}: the value of SM_INI cannot be read: {error}. Correct its quotes"
                ) from error
            if len(words) == 1 and os.path.isabs(words[0]):
                return Path(os.fsdecode(words[0].encode()))
    raise InstallationError(
        f"{anchor} has no line SM_INI= with the absolute path of sm.ini. Add it"
    )


def read_text(file: Path) -> str:
    """Raises InstallationError."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise unreadable(file, error) from error
    except UnicodeDecodeError as error:
        raise InstallationError(f"{file} is not text in UTF-8: {error}. Correct it") from error


def unreadable(file: Path, error: OSError) -> InstallationError:
    """What to say of it."""
    if isinstance(error, IsADirectoryError):
        return InstallationError(
            f"{file} is a directory, but a file is needed there. "
            f"{ANCHOR_VARIABLE} names the file itself, --root DIR the agent's directory"
        )
    return InstallationError(
        f"{file} cannot be read: {error.strerror}. "
        "Become the user who runs the agent, or put the file back from a backup"
    )
