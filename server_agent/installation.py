"""Where an installation lies: found by its anchor `sesam2000.ini`, described by its `sm.ini`.

Standard library only: commands that need nothing else of the agent use it too.
"""

import os
import shlex
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ANCHOR = "sesam2000.ini"
ANCHOR_VARIABLE = "SESAM2000_INI"
SYSTEM_ANCHOR = Path("/etc") / ANCHOR
SM_INI = Path("var/ini/sm.ini")  # below the root
PROFILE = Path("var/ini/sesam2000.profile")
LISTINGS_PLAIN_DAYS = 7
PRE_POST_SECONDS = 3600
NOTICE_SECONDS = 60
LONGEST_SOCKET_PATH = 107  # bytes; unix(7): sun_path has 108 with its NUL
_PLAIN_DAYS = "listings_plain_days"
_MOST_DAYS = 36_500
_MOST_SECONDS = 7 * 24 * 3600


class InstallationError(Exception):
    """No usable installation; the text says where was looked and what to do."""


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
        raise _unreadable(anchor, error) from error
    sm_ini = _sm_ini_of(anchor)
    beside = anchor.parent / SM_INI
    if os.path.exists(beside) and not _same(beside, sm_ini):
        raise _not_in_place(beside, sm_ini)
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


def _not_in_place(sm_ini: Path, named: Path) -> InstallationError:
    """A tree was copied or moved.

    Args:
        sm_ini: where the tree is.
        named: where its ini files say that it is.
    """
    here, there = sm_ini.parents[2], named.parents[2] if len(named.parents) > 3 else named
    if os.path.exists(named):
        return InstallationError(
            f"{here} is a copy of the agent's directory {there}, which its ini files name, and "
            "one location must not be served twice. "
            f"Use the agent with --root {shlex.quote(str(there))}. For one more location, make a "
            "new one with: sesam-agent --root DIR init --name NAME"
        )
    files = ", ".join(str(here / file) for file in (ANCHOR, SM_INI, PROFILE))
    return InstallationError(
        f"{here} was moved or copied: its ini files name {there}, and no agent is there. "
        "Move it back. Or, if no other copy of it will be served anywhere, write "
        f"{here} in place of {there} in these files: {files}"
    )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(file, error) from error
    except UnicodeDecodeError as error:
        raise InstallationError(f"{file} is not text in UTF-8: {error}. Correct it") from error


def _unreadable(file: Path, error: OSError) -> InstallationError:
    if isinstance(error, IsADirectoryError):
        return InstallationError(
            f"{file} is a directory, but a file is needed there. "
            f"{ANCHOR_VARIABLE} names the file itself, --root DIR the agent's directory"
        )
    return InstallationError(
        f"{file} cannot be read: {error.strerror}. "
        "Become the user who runs the agent, or put the file back from a backup"
    )


def _sm_ini_of(anchor: Path) -> Path:
    """The value of SM_INI in a file of KEY=value lines as a shell reads them."""
    for line in _read(anchor).splitlines():
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


def _parsed(sm_ini: Path) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(_read(sm_ini))
    except Error as error:
        raise InstallationError(
            f"{sm_ini} is not a usable ini file: {error}. Correct it"
        ) from error
    return parser


def _described(anchor: Path, sm_ini: Path) -> Installation:
    parser = _parsed(sm_ini)

    def value(section: str, key: str) -> str:
        found = parser.get(section, key, fallback="")
        if not found:
            raise InstallationError(f"{sm_ini} has no {key} in section [{section}]. Add it")
        return found

    def path(section: str, key: str) -> Path:
        found = value(section, key)
        if not os.path.isabs(found):
            raise InstallationError(
                f'{sm_ini}: {key} in section [{section}] is "{found}"; '
                "it has to be an absolute path. Correct it"
            )
        # Any locale: the file is UTF-8, and the path's bytes are what stands in it.
        return Path(os.fsdecode(found.encode()))

    root = path("PATHS", "gv_rw")
    if not _same(root / SM_INI, sm_ini):
        raise _not_in_place(sm_ini, root / SM_INI)
    return Installation(
        anchor=anchor,
        sm_ini=sm_ini,
        gv_ro=path("PATHS", "gv_ro"),
        gv_rw=root,
        work=path("PATHS", "gv_rw_work"),
        tmp=path("PATHS", "gv_rw_tmp"),
        lis=path("PATHS", "gv_rw_lis"),
        lgc=path("PATHS", "gv_rw_lgc"),
        stpd=path("PATHS", "gv_rw_stpd"),
        prot=path("PATHS", "gv_rw_prot"),
        name=value("SERVER", "name"),
        location_id=value("SERVER", "location_id"),
        host=value("SERVER", "host"),
        port=_port(sm_ini, value("SERVER", "port")),
        catalogue_url=value("SERVER", "catalogue"),
        store=path("STORE", "path"),
        label=value("STORE", "label"),
        listings_plain_days=_plain_days(sm_ini, parser),
        pre_post_seconds=_seconds(sm_ini, parser, "pre_post_seconds", PRE_POST_SECONDS),
        notice_seconds=_seconds(sm_ini, parser, "notice_seconds", NOTICE_SECONDS),
    )


def _seconds(sm_ini: Path, parser: ConfigParser, key: str, usual: int) -> int:
    text = parser.get("INTERFACES", key, fallback=str(usual))
    if text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= _MOST_SECONDS:
        return int(text)
    raise InstallationError(
        f'{sm_ini}: {key} in section [INTERFACES] is "{text}"; '
        f"it has to be a number of seconds from 1 to {_MOST_SECONDS}. Correct it"
    )


def _plain_days(sm_ini: Path, parser: ConfigParser) -> int:
    text = parser.get("NEWDAY", _PLAIN_DAYS, fallback=str(LISTINGS_PLAIN_DAYS))
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= _MOST_DAYS:
        return int(text)
    raise InstallationError(
        f'{sm_ini}: {_PLAIN_DAYS} in section [NEWDAY] is "{text}"; '
        f"it has to be a number of days from 0 to {_MOST_DAYS}. Correct it"
    )


def _port(sm_ini: Path, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535:
        return int(text)
    raise InstallationError(
        f'{sm_ini}: port in section [SERVER] is "{text}"; '
        "it has to be a number from 1 to 65535, or 0 for any free port. Correct it"
    )
