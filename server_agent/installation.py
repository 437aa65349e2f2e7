"""Where an installation lies: found by its anchor `sesam2000.ini`, described by its `sm.ini`.

Standard library only: commands that need nothing else of the agent use it too.
"""

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from server_agent.ini_files import (
    ANCHOR,
    ANCHOR_VARIABLE,
    InstallationError,
    SmIni,
    sm_ini_of,
    unreadable,
)

SYSTEM_ANCHOR = Path("/etc") / ANCHOR
SM_INI = Path("var/ini/sm.ini")  # below the root
PROFILE = Path("var/ini/sesam2000.profile")
LISTINGS_PLAIN_DAYS = 7
PRE_POST_SECONDS = 3600
NOTICE_SECONDS = 60
METRICS_PORT = 9401
LONGEST_SOCKET_PATH = 107  # bytes; unix(7): sun_path has 108 with its NUL
_MOST_DAYS = 36_500
_MOST_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Installation:
    """One agent's places and settings. All paths are absolute.

    Attributes:
        anchor: the `sesam2000.ini` by which it was found.
        sm_ini: the file that the rest was read from.
        gv_ro: the static tree (SESAM_BIN): `bin`, `skel`.
        gv_rw: the root of the variable tree; SESAM_VAR is `var` below it.
        work, tmp, lis, lgc, stpd, prot: parts of the variable tree, as `sm.ini` places them.
        name: of the location, for people.
        location_id: the location's GUID.
        host, port: where the agent listens; port 0 means any free one.
        catalogue_url: `sqlite:///` and an absolute path, as it stands.
        store, label: the default data store and its medium's label.
        listings_plain_days: after so many days NEWDAY compresses listings.
        pre_post_seconds: that sbc_pre, sbc_post and sm_disaster may run.
        notice_seconds: that sm_notify and sm_alarm may run.
        environment: variables that the programs of the location are given.
        metrics_host, metrics_port: where figures are served to Prometheus; no host: nowhere.
    """

    anchor: Path
    sm_ini: Path
    gv_ro: Path
    gv_rw: Path
    work: Path
    tmp: Path
    lis: Path
    lgc: Path
    stpd: Path
    prot: Path
    name: str
    location_id: str
    host: str
    port: int
    catalogue_url: str
    store: Path
    label: str
    listings_plain_days: int
    pre_post_seconds: int = PRE_POST_SECONDS
    notice_seconds: int = NOTICE_SECONDS
    environment: Mapping[str, str] = field(default_factory=dict)
    metrics_host: str = ""
    metrics_port: int = 0

    @property
    def var(self) -> Path:
        """SESAM_VAR."""
        return self.gv_rw / "var"

    @property
    def ini(self) -> Path:
        """Configuration, key, certificate and secret."""
        return self.var / "ini"

    @property
    def db(self) -> Path:
        return self.var / "db"

    @property
    def prepost(self) -> Path:
        return self.var / "prepost"

    @property
    def private(self) -> Path:
        """Holds the socket and the lock of a running agent; mode 0700."""
        return self.work / "agent"

    @property
    def socket(self) -> Path:
        """The agent's Unix socket. Bind and connect by `socket_address`."""
        return self.private / "agent.sock"


def find_installation(root: Path | None, environ: Mapping[str, str]) -> Installation:
    """The installation meant: in `root`, else by SESAM2000_INI, else by /etc/sesam2000.ini.

    Raises:
        InstallationError: there is none, or its files cannot be used.
    """
    if root is not None:
        anchor = Path(os.path.abspath(root)) / ANCHOR
        missing = (
            f"No agent at {anchor.parent}: {anchor} does not exist. "
            f"Make one with: sesam-agent --root {shlex.quote(str(root))} init --name NAME"
        )
    elif environ.get(ANCHOR_VARIABLE):
        anchor = Path(os.path.abspath(environ[ANCHOR_VARIABLE]))
        missing = (
            f"No agent at {anchor}: the file that {ANCHOR_VARIABLE} names does not exist. "
            f"Correct {ANCHOR_VARIABLE}, or name the agent's directory with --root DIR"
        )
    else:
        anchor = SYSTEM_ANCHOR
        missing = (
            f"No agent found: {anchor} does not exist, and neither --root DIR nor "
            f"{ANCHOR_VARIABLE} was given. Name the agent's directory with --root DIR, or make "
            "an agent with: sesam-agent --root DIR init --name NAME"
        )
    try:
        anchor.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InstallationError(missing) from error
    except OSError as error:
        raise unreadable(anchor, error) from error
    sm_ini = sm_ini_of(anchor)
    beside = anchor.parent / SM_INI
    if os.path.exists(beside) and not _same(beside, sm_ini):
        raise _not_in_place(anchor, beside, sm_ini)
    return _described(anchor, sm_ini)


@contextmanager
def socket_address(installation: Installation) -> Iterator[str]:
    """The gRPC address of the agent's socket, good until the end of the block.

    A path that is too long for a socket, or has signs that a gRPC address gives a meaning of their
    own, is replaced by one through an open descriptor of its directory.

    Raises:
        InstallationError: the socket's directory is missing.
    """
    path = os.fsencode(installation.socket)
    address = quote(path)
    if address.encode() == path and len(path) <= LONGEST_SOCKET_PATH:
        yield f"unix:{address}"
        return
    try:
        directory = os.open(installation.private, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise InstallationError(
            f"The directory {installation.private} cannot be opened: {error.strerror}. "
            "Make it, owned by the agent's user and with mode 0700"
        ) from error
    try:
        yield f"unix:/proc/self/fd/{directory}/{installation.socket.name}"
    finally:
        os.close(directory)


def _same(file: Path, other: Path) -> bool:
    try:
        return os.path.samefile(file, other)
    except OSError:
        return False  # one of them is not there


def _not_in_place(anchor: Path, sm_ini: Path, named: Path) -> InstallationError:
    """A tree was copied or moved.

    Args:
        anchor: by which it was found.
        sm_ini: where the tree is.
        named: where its ini files say that it is.
    """
    here, there = sm_ini.parents[2], named.parents[2] if len(named.parents) > 3 else named
    if os.path.exists(named):
        is_root = os.path.exists(there / ANCHOR)
        use = f" Use the agent with --root {shlex.quote(str(there))}." if is_root else ""
        return InstallationError(
            f"{here} is a copy of the agent's directory {there}, which its ini files name, and "
            f"one location must not be served twice.{use} For one more location, make a "
            "new one with: sesam-agent --root DIR init --name NAME"
        )
    files = ", ".join(map(str, (anchor, here / SM_INI, here / PROFILE)))
    return InstallationError(
        f"{here} was moved or copied: its ini files name {there}, and no agent is there. "
        "Move it back. Or, if no other copy of it will be served anywhere, write "
        f"{here} in place of {there} in these files: {files}"
    )


def _described(anchor: Path, sm_ini: Path) -> Installation:
    ini = SmIni(sm_ini)
    root = ini.path("PATHS", "gv_rw")
    if not _same(root / SM_INI, sm_ini):
        raise _not_in_place(anchor, sm_ini, root / SM_INI)
    port = "a number from 1 to 65535, or 0 for any free port"
    days = f"a number of days from 0 to {_MOST_DAYS}"
    return Installation(
        anchor=anchor,
        sm_ini=sm_ini,
        gv_ro=ini.path("PATHS", "gv_ro"),
        gv_rw=root,
        work=ini.path("PATHS", "gv_rw_work"),
        tmp=ini.path("PATHS", "gv_rw_tmp"),
        lis=ini.path("PATHS", "gv_rw_lis"),
        lgc=ini.path("PATHS", "gv_rw_lgc"),
        stpd=ini.path("PATHS", "gv_rw_stpd"),
        prot=ini.path("PATHS", "gv_rw_prot"),
        name=ini.text("SERVER", "name"),
        location_id=ini.text("SERVER", "location_id"),
        host=ini.text("SERVER", "host"),
        port=ini.number("SERVER", "port", (0, 65535), port, None),
        catalogue_url=ini.text("SERVER", "catalogue"),
        store=ini.path("STORE", "path"),
        label=ini.text("STORE", "label"),
        listings_plain_days=ini.number(
            "NEWDAY", "listings_plain_days", (0, _MOST_DAYS), days, LISTINGS_PLAIN_DAYS
        ),
        pre_post_seconds=_seconds(ini, "pre_post_seconds", PRE_POST_SECONDS),
        notice_seconds=_seconds(ini, "notice_seconds", NOTICE_SECONDS),
        environment=ini.environment(),
        metrics_host=ini.optional("METRICS", "host", ""),
        metrics_port=ini.number("METRICS", "port", (0, 65535), port, METRICS_PORT),
    )


def _seconds(ini: SmIni, key: str, usual: int) -> int:
    expected = f"a number of seconds from 1 to {_MOST_SECONDS}"
    return ini.number("INTERFACES", key, (1, _MOST_SECONDS), expected, usual)
