"""Makes an installation: the manual's two trees, ini files, identity, catalogue and data store.

Nothing else ever makes the data store: a place where none is mounted must not become one.
"""

import os
import re
import shlex
import sysconfig
import uuid
from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from io import StringIO
from pathlib import Path

import server_agent
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.catalogue.opening import CatalogueError
from server_agent.adapters.identity import make_identity
from server_agent.adapters.tar.store import write_label
from server_agent.adapters.tar.stores import make_store
from server_agent.adapters.trees import Trees
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.media import FIRST_STORE
from server_agent.domain.quoting import quoted
from server_agent.domain.topology import checked_name
from server_agent.ini_files import ANCHOR_VARIABLE, InstallationError
from server_agent.installation import (
    LISTINGS_PLAIN_DAYS,
    NOTICE_SECONDS,
    PRE_POST_SECONDS,
    PROFILE,
    SM_INI,
    Installation,
    find_installation,
)

DEFAULT_LABEL = "DISK00001"
COMMANDS = (
    *("sesam-agent", "sbc_com_interface", "sm_cmd", "sm_config_drives", "sm_info", "sm_licence"),
    *("sm_main", "sm_os_startup", "sm_setup", "sm_shutdown", "sm_startup"),
)
_STORES = ("store", f"store/{DEFAULT_LABEL}")
_HOST = re.compile(r"[A-Za-z0-9.:%_-]{1,255}")


@dataclass(frozen=True, slots=True)
class Lost:
    """A location whose installation is made anew: its GUID, and a medium of it in a directory that
    is there. Without one its first data store is made as that of a new location."""

    location_id: str
    medium: Path | None


def make_installation(
    trees: Trees, name: str, host: str, port: int, now: datetime, lost: Lost | None = None
) -> Installation:
    """Makes an installation in directories that are empty or do not exist yet.

    Its anchor is written last: before that there is no agent, and after any error nothing of it is
    left.

    Args:
        name: of the location, for people.
        host: address or name on which the agent will listen.
        port: 1 to 65535, or 0 for any free one at each start.
        now: the certificate is good from a day before that.
        lost: instead of a new location, the one that is put back.

    Raises:
        InstallationError: something of the above cannot be used, or something is there already.
    """
    _check_settings(name, host, port)
    trees = trees.real
    settings = _settings(trees, name, host, port)
    if lost is not None:
        settings["SERVER"]["location_id"] = lost.location_id
    if lost is not None and lost.medium is not None:
        settings["STORE"] = {"path": str(lost.medium), "label": lost.medium.name}
    with trees.taken():
        try:
            return _fill(trees, settings, now, is_new=lost is None or lost.medium is None)
        except (OSError, CatalogueError) as error:
            why = error.strerror or error if isinstance(error, OSError) else error
            raise InstallationError(
                f"The installation in {trees.variable} could not be made: {why}. "
                "What was begun is removed again"
            ) from error


def _check_settings(name: str, host: str, port: int) -> None:
    try:
        checked_name("name", name)
    except InvalidArgument as error:
        raise InstallationError(
            f"The name {quoted(name)} cannot be used for a location. "
            f"It needs {error.metadata['expected']}"
        ) from error
    if not _HOST.fullmatch(host):
        raise InstallationError(
            f"The host {quoted(host)} cannot be used. Give an address or a name of this "
            "machine, such as 0.0.0.0, 127.0.0.1 or backup.example.org"
        )
    if not 0 <= port <= 65535:
        raise InstallationError(
            f"The port {port} cannot be used. Give a number from 1 to 65535, or 0 for any free port"
        )


def _settings(trees: Trees, name: str, host: str, port: int) -> dict[str, dict[str, str]]:
    """What `sm.ini` holds."""
    var = trees.variable / "var"
    return {
        "PATHS": {
            "gv_ro": str(trees.static),
            "gv_rw": str(trees.variable),
            "gv_rw_work": str(var / "work"),
            "gv_rw_tmp": str(var / "tmp"),
            "gv_rw_lis": str(var / "lis"),
            "gv_rw_lgc": str(var / "log/lgc"),
            "gv_rw_stpd": str(var / "log/sms"),
            "gv_rw_prot": str(var / "prot"),
        },
        "SERVER": {
            "name": name,
            "location_id": str(uuid.uuid4()),
            "host": host,
            "port": str(port),
            "catalogue": f"sqlite:///{var}/db/sesam_db.sdb",
        },
        "STORE": {"path": f"{trees.variable}/store/{DEFAULT_LABEL}", "label": DEFAULT_LABEL},
        "NEWDAY": {"listings_plain_days": str(LISTINGS_PLAIN_DAYS)},
        "INTERFACES": {
            "pre_post_seconds": str(PRE_POST_SECONDS),
            "notice_seconds": str(NOTICE_SECONDS),
        },
        "ENVIRONMENT": {},
    }


def _fill(
    trees: Trees, settings: Mapping[str, Mapping[str, str]], now: datetime, *, is_new: bool
) -> Installation:
    trees.fill(_STORES if is_new else ())
    server = settings["SERVER"]
    make_identity(trees.variable / "var/ini", server["location_id"], server["host"], now)
    SqlCatalogue(server["catalogue"], create=True).close()
    if is_new:
        medium = Path(settings["STORE"]["path"])
        make_store(medium.parent, FIRST_STORE, server["location_id"])
        write_label(medium, DEFAULT_LABEL, server["location_id"])
    _link_commands(trees.static / "bin/sesam")
    _copy_templates(trees.static / "skel/templates")
    _write(trees.variable / SM_INI, _ini_text(settings))
    _write(trees.variable / PROFILE, _profile(trees))
    _write(trees.new_anchor, _anchor(trees))
    trees.new_anchor.replace(trees.anchor)
    return find_installation(None, {ANCHOR_VARIABLE: str(trees.anchor)})


def _link_commands(directory: Path) -> None:
    scripts = Path(sysconfig.get_path("scripts"))
    for command in COMMANDS:
        if (scripts / command).exists():
            (directory / command).symlink_to(scripts / command)


def _copy_templates(directory: Path) -> None:
    """The interface programs, which are switched on by copying them to bin/sesam."""
    for template in resources.files(server_agent).joinpath("templates").iterdir():
        file = directory / template.name
        file.write_bytes(template.read_bytes())
        file.chmod(0o755)


def _ini_text(settings: Mapping[str, Mapping[str, str]]) -> str:
    parser = ConfigParser(interpolation=None)
    parser.read_dict(settings)
    text = StringIO()
    parser.write(text)
    return text.getvalue()


def _profile(trees: Trees) -> str:
    return (
        "# For shells and scripts: sets what the commands of this agent need.\n"
        f"{ANCHOR_VARIABLE}={shlex.quote(str(trees.anchor))}\n"
        f"export {ANCHOR_VARIABLE}\n"
        f'PATH={shlex.quote(str(trees.static / "bin/sesam"))}:"$PATH"\n'
        "export PATH\n"
    )


def _anchor(trees: Trees) -> str:
    values = {
        "SM_INI": trees.variable / SM_INI,
        "SM_BIN_SESAM": trees.static / "bin/sesam",
        "SM_BIN_SMS": trees.static / "bin/sms",
    }
    return "".join(f"{key}={shlex.quote(str(path))}\n" for key, path in values.items())


def _write(file: Path, text: str) -> None:
    with file.open("x", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), 0o644)
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
