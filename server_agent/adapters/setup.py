"""Makes an installation: the manual's two trees, ini files, identity, catalogue and data store.

Nothing else ever makes the data store: a place where none is mounted must not become one.
"""

import os
import re
import shlex
import shutil
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
from server_agent.domain.errors import InvalidArgument
from server_agent.domain.media import FIRST_STORE
from server_agent.domain.quoting import quoted
from server_agent.domain.topology import checked_name
from server_agent.installation import (
    ANCHOR,
    ANCHOR_VARIABLE,
    LISTINGS_PLAIN_DAYS,
    NOTICE_SECONDS,
    PRE_POST_SECONDS,
    PROFILE,
    SM_INI,
    Installation,
    InstallationError,
    find_installation,
)

DEFAULT_LABEL = "DISK00001"
COMMANDS = ("sesam-agent", "sm_cmd")
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
_STORES = ("store", f"store/{DEFAULT_LABEL}")
_TOP = ("bin", "skel", "var", "store", ANCHOR)
_HOST = re.compile(r"[A-Za-z0-9.:%_-]{1,255}")


@dataclass(frozen=True, slots=True)
class Lost:
    """A location whose installation is made anew: its GUID, and a medium of it in a directory that
    is there. Without one its first data store is made as that of a new location."""

    location_id: str
    medium: Path | None


def make_installation(
    root: Path, name: str, host: str, port: int, now: datetime, lost: Lost | None = None
) -> Installation:
    """Makes an installation in a directory that is empty or does not exist yet.

    Its anchor `sesam2000.ini` is written last: before that there is no agent, and after any error
    nothing of it is left.

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
    # The real path: a link may be turned round later, and the ini files hold absolute paths.
    place = Path(os.path.realpath(root))
    _check_place(place)
    made = not place.exists()
    try:
        place.mkdir(parents=True, exist_ok=True)
        # Of two that begin at once, one fails here and has nothing to clean up.
        (place / "var").mkdir()
    except OSError as error:
        raise InstallationError(
            f"The directory {place} cannot be made or written: {error.strerror}. "
            "Choose another one, or become a user who may"
        ) from error
    try:
        settings = _settings(place, name, host, port)
        if lost is not None:
            settings["SERVER"]["location_id"] = lost.location_id
        if lost is not None and lost.medium is not None:
            settings["STORE"] = {"path": str(lost.medium), "label": lost.medium.name}
        return _fill(place, made, settings, now, is_new=lost is None or lost.medium is None)
    except BaseException as error:
        _remove(place, made)
        if isinstance(error, OSError | CatalogueError):
            why = error.strerror or error if isinstance(error, OSError) else error
            raise InstallationError(
                f"The installation in {place} could not be made: {why}. "
                "What was begun is removed again"
            ) from error
        raise


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


def _check_place(place: Path) -> None:
    text = str(place)
    if not text.isprintable() or text != text.strip():
        raise InstallationError(
            f"The directory {quoted(text)} cannot hold an agent: its ini files could not name it. "
            "Choose a path of printable signs in UTF-8, without a blank at its end"
        )
    try:
        names = {entry.name for entry in place.iterdir()}
    except FileNotFoundError:
        return
    except OSError as error:
        raise InstallationError(
            f"{place} cannot hold an agent: {error.strerror}. Choose another directory"
        ) from error
    if ANCHOR in names:
        raise InstallationError(
            f"{place} is an agent's directory already. Nothing was changed. "
            "Start that agent, or choose another directory"
        )
    if "var" in names and names <= {*_TOP, f"{ANCHOR}.new"}:
        raise InstallationError(
            f"{place} has what an agent's directory has, but no {ANCHOR}, which is written last."
            " Nothing was changed. If it was being made when the program was ended, remove it and"
            " try again; if an agent was there before, put that file back from a copy"
        )
    if names:
        raise InstallationError(
            f"{place} is not empty and not an agent's directory. Nothing was changed. "
            "Choose an empty directory, or one that does not exist yet"
        )


def _settings(place: Path, name: str, host: str, port: int) -> dict[str, dict[str, str]]:
    """What `sm.ini` holds."""
    var = place / "var"
    return {
        "PATHS": {
            "gv_ro": str(place),
            "gv_rw": str(place),
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
        "STORE": {"path": f"{place}/store/{DEFAULT_LABEL}", "label": DEFAULT_LABEL},
        "NEWDAY": {"listings_plain_days": str(LISTINGS_PLAIN_DAYS)},
        "INTERFACES": {
            "pre_post_seconds": str(PRE_POST_SECONDS),
            "notice_seconds": str(NOTICE_SECONDS),
        },
        "ENVIRONMENT": {},
    }


def _fill(
    place: Path,
    made: bool,
    settings: Mapping[str, Mapping[str, str]],
    now: datetime,
    *,
    is_new: bool,
) -> Installation:
    if made:
        place.chmod(0o755)
    stores = _STORES if is_new else ()
    for names, mode in ((_STATIC, 0o755), (_OPEN, 0o755), ((*_PRIVATE, *stores), 0o700)):
        for name in names:
            (place / name).mkdir(exist_ok=True)
            (place / name).chmod(mode)  # whatever the umask is
    ini = place / "var/ini"
    server = settings["SERVER"]
    make_identity(ini, server["location_id"], server["host"], now)
    SqlCatalogue(server["catalogue"], create=True).close()
    if is_new:
        medium = Path(settings["STORE"]["path"])
        make_store(medium.parent, FIRST_STORE, server["location_id"])
        write_label(medium, DEFAULT_LABEL, server["location_id"])
    _link_commands(place / "bin/sesam")
    _copy_templates(place / "skel/templates")
    _write(place / SM_INI, _ini_text(settings))
    _write(place / PROFILE, _profile(place))
    _write(place / f"{ANCHOR}.new", _anchor(place))
    (place / f"{ANCHOR}.new").replace(place / ANCHOR)
    return find_installation(place, {})


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


def _profile(place: Path) -> str:
    return (
        "# For shells and scripts: sets what the commands of this agent need.\n"
        f"{ANCHOR_VARIABLE}={shlex.quote(str(place / ANCHOR))}\n"
        f"export {ANCHOR_VARIABLE}\n"
        f'PATH={shlex.quote(str(place / "bin/sesam"))}:"$PATH"\n'
        "export PATH\n"
    )


def _anchor(place: Path) -> str:
    values = {
        "SM_INI": place / SM_INI,
        "SM_BIN_SESAM": place / "bin/sesam",
        "SM_BIN_SMS": place / "bin/sms",
    }
    return "".join(f"{key}={shlex.quote(str(path))}\n" for key, path in values.items())


def _write(file: Path, text: str) -> None:
    with file.open("x", encoding="utf-8") as stream:
        os.fchmod(stream.fileno(), 0o644)
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _remove(place: Path, made: bool) -> None:
    for name in (*_TOP, f"{ANCHOR}.new"):
        if (place / name).is_dir():
            shutil.rmtree(place / name, ignore_errors=True)
        else:
            (place / name).unlink(missing_ok=True)
    if made:
        place.rmdir()
