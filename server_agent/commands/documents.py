"""Man pages and completion for shells, made of the definitions of the commands themselves."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path

import shtab
from argparse_manpage.manpage import Manpage  # type: ignore[import-untyped]

from server_agent.commands import (
    sbc_com_interface,
    sesam_agent,
    sm_cmd,
    sm_config_drives,
    sm_info,
    sm_licence,
    sm_licence_sign,
    sm_main,
    sm_os_startup,
    sm_setup,
    sm_shutdown,
    sm_startup,
)

PROJECT = "Sesam Master"
DISTRIBUTION = "sesam-master"
# Where each shell looks below a share directory, and what it calls the file of a program.
_COMPLETIONS = {
    "bash": "bash-completion/completions/{}",
    "zsh": "zsh/site-functions/_{}",
}
PARSERS: Mapping[str, Callable[[], argparse.ArgumentParser]] = {
    "sbc_com_interface": sbc_com_interface.make_parser,
    "sesam-agent": sesam_agent.make_parser,
    "sm_cmd": sm_cmd.make_parser,
    "sm_config_drives": sm_config_drives.make_parser,
    "sm_info": sm_info.make_parser,
    "sm_licence": sm_licence.make_parser,
    "sm_licence_sign": sm_licence_sign.make_parser,
    "sm_main": sm_main.make_parser,
    "sm_os_startup": sm_os_startup.make_parser,
    "sm_setup": sm_setup.make_parser,
    "sm_shutdown": sm_shutdown.make_parser,
    "sm_startup": sm_startup.make_parser,
}


def write_documents(share: Path, day: date) -> list[Path]:
    """Writes them below a directory such as /usr/local/share; returns the files.

    Args:
        day: stands in the pages.

    Raises:
        OSError: a file cannot be written.
    """
    written = []
    for file, text in _documents(day):
        place = share / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        written.append(place)
    return written


def _documents(day: date) -> Iterator[tuple[str, str]]:
    for program, make in PARSERS.items():
        yield f"man/man1/{program}.1", man_page(make(), day)
        for shell, place in _COMPLETIONS.items():
            yield place.format(program), shtab.complete(make(), shell)


def man_page(parser: argparse.ArgumentParser, day: date) -> str:
    """In roff."""
    settings = {
        "date": f"{day:%Y-%m-%d}",
        "project_name": PROJECT,
        "version": version(DISTRIBUTION),
        "manual_title": "Backup of an organisation",
        "description": (parser.description or "").rstrip("."),
    }
    return str(Manpage(parser, settings))
