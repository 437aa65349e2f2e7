"""Data stores of the restic engine: where they are, and the secrets that open them.

A store is written `restic+SECRET:URL`; `restic:URL` has the secret "restic". URL is an absolute
path, `sftp://USER@HOST[:PORT]/PATH`, `rest:https://HOST[:PORT]/PATH` or `s3:https://HOST/BUCKET`,
see the manual of restic, chapter "Preparing a new repository". Below it lies a repository per
medium, in a directory or prefix of the medium's label.

The secret is a set of files that only the agent's user may read:

    SECRET.key          the password of the repositories: made with the store if it is not there
    SECRET.env          lines NAME=VALUE, for what S3 and the REST server ask for
    SECRET.ssh          the private key for SFTP
    SECRET.known_hosts  the host keys for SFTP
"""

import contextlib
import os
import re
import secrets
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from server_agent.adapters.durable import sync
from server_agent.adapters.tar import private
from server_agent.domain.quoting import printable
from server_agent.ports import EngineError

PREFIX = b"restic"
DEFAULT_SECRET = "restic"
_STORE = re.compile(rb"restic(?:\+(?P<secret>[A-Za-z0-9][A-Za-z0-9_.-]*))?:(?P<url>.+)", re.DOTALL)
_SFTP = re.compile(
    r"sftp://(?P<user>[^@/:\s-][^@/:\s]*)@(?P<host>[0-9A-Za-z][0-9A-Za-z._-]*|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^@?#\r\n]+)"
)
_HTTP = re.compile(r"rest:https?://[^/@?#\s]+(/[^@?#\r\n]*)?|s3:https?://[^/@?#\s]+/[^@?#\r\n]+")
_MOST_PORT = 65535
_USER_INFO = re.compile(rb"//[^/]*@")
_NAMES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "RESTIC_REST_PASSWORD",
    "RESTIC_REST_USERNAME",
)
_SUFFIXES = (".key", ".env", ".ssh", ".known_hosts")
_KEY_BYTES = 32
_SSH_SECONDS = 15  # between two signs of life of an SFTP server


@dataclass(frozen=True, slots=True)
class ResticStore:
    """Attributes:
    url: as above; without secrets.
    secret: the name of the files that open it.
    """

    url: str
    secret: str = DEFAULT_SECRET

    @property
    def directory(self) -> Path | None:
        """Where it lies, if that is on this machine."""
        return Path(self.url) if self.url.startswith("/") else None


def is_restic(store: bytes) -> bool:
    """Whether a data store is written as one of this engine."""
    return not store.startswith(b"/") and store.startswith(PREFIX)


def parsed(store: bytes) -> ResticStore:
    """Raises EngineError (STORE_UNUSABLE) for what is written wrong."""
    match = _STORE.fullmatch(store)
    url = os.fsdecode(match["url"]) if match else ""
    if match is None or not _is_url(url):
        shown = printable(_USER_INFO.sub(b"//...@", store))
        raise EngineError(
            "STORE_UNUSABLE",
            f"{shown} is no data store of restic: write restic+SECRET:URL, with an absolute path,"
            " sftp://USER@HOST/PATH, rest:https://HOST/PATH or s3:https://HOST/BUCKET as the URL"
            " and no password in it",
        )
    return ResticStore(url, (match["secret"] or DEFAULT_SECRET.encode()).decode("ascii"))


def _is_url(url: str) -> bool:
    sftp = _SFTP.fullmatch(url)
    if sftp:
        return 0 < int(sftp["port"] or 22) <= _MOST_PORT
    return (url.startswith("/") or bool(_HTTP.fullmatch(url))) and "\0" not in url


def local_path(store: bytes) -> bytes | None:
    """The directory of a store on this machine. Raises EngineError as `parsed`."""
    directory = parsed(store).directory
    return os.fsencode(directory) if directory is not None else None


@dataclass(frozen=True, slots=True)
class Access:
    """How a repository is named to restic: what goes into its environment, and its options, in
    which nothing is secret."""

    environment: dict[str, str]
    options: tuple[str, ...]


def for_copy(source: Access, target: Access) -> Access:
    """What lets one restic read the one and write the other. Variables of S3 and options of SFTP
    hold for both.

    Raises:
        EngineError: COPY_IMPOSSIBLE: they need different ones.
    """
    theirs, own = source.environment, target.environment
    places = theirs["RESTIC_REPOSITORY"], own["RESTIC_REPOSITORY"]
    is_clash = bool(source.options and target.options and source.options != target.options)
    in_buckets = [_of_s3(each) for each in (own, theirs) if _is_s3(each)]
    if is_clash or in_buckets[1:] not in ([], in_buckets[:1]):
        raise EngineError(
            "COPY_IMPOSSIBLE",
            f"restic cannot copy from {places[0]} to {places[1]}: it takes one login for both"
            " servers, and these have different ones. Copy to a pool with a data store of restic"
            " on this machine first, and from there to the other",
        )
    plain = {name: value for name, value in own.items() if not name.startswith("AWS_")}
    return Access(
        {
            **plain,
            **(in_buckets[0] if in_buckets else {}),
            "RESTIC_FROM_REPOSITORY": places[0],
            "RESTIC_FROM_PASSWORD_FILE": theirs["RESTIC_PASSWORD_FILE"],
        },
        target.options or source.options,
    )


def _is_s3(environment: dict[str, str]) -> bool:
    return environment["RESTIC_REPOSITORY"].startswith("s3:")


def _of_s3(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("AWS_")}


@dataclass(frozen=True, slots=True)
class Secrets:
    """The directory of the files of secrets."""

    directory: Path

    def make_key(self, secret: str) -> None:
        """Makes a password if there is none. Raises OSError."""
        path = self.directory / f"{secret}.key"
        if path.exists():
            return
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(path.name + ".new")
        part.unlink(missing_ok=True)
        with open(part, "x", encoding="ascii", opener=private.opener) as file:
            file.write(secrets.token_urlsafe(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # somebody else has made one meanwhile
            os.link(part, path)
        part.unlink()
        sync(self.directory)

    def take(self, other: Path) -> None:
        """Copies the files of secrets in another directory; what is here stays. Raises OSError."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        for path in sorted(other.iterdir()):
            own = self.directory / path.name
            if path.suffix in _SUFFIXES and path.is_file() and not own.exists():
                with open(own, "xb", opener=private.opener) as file:
                    file.write(path.read_bytes())
                    file.flush()
                    os.fsync(file.fileno())
        sync(self.directory)

    def access(self, store: ResticStore, label: str) -> Access:
        """What opens the repository of a medium.

        Raises:
            EngineError: SECRET_UNUSABLE: a file of the secret is missing, or others may read it.
        """
        key = self._checked(f"{store.secret}.key")
        variables = self._variables(f"{store.secret}.env")
        options: tuple[str, ...] = ()
        url = store.url.rstrip("/") + "/" + label
        if url.startswith("sftp://"):
            url, options = self._over_ssh(store, url)
        elif url.startswith("rest:"):
            url = _with_user(url, variables) + "/"
        environment = {name: value for name, value in variables.items() if name.startswith("AWS_")}
        environment["RESTIC_REPOSITORY"] = url
        environment["RESTIC_PASSWORD_FILE"] = str(key)
        return Access(environment, options)

    def _over_ssh(self, store: ResticStore, url: str) -> tuple[str, tuple[str, ...]]:
        parts = _SFTP.fullmatch(url)
        assert parts is not None  # it was parsed
        own = ["-o", "BatchMode=yes", "-o", f"ServerAliveInterval={_SSH_SECONDS}"]
        own += ["-o", f"ConnectTimeout={_SSH_SECONDS}"]
        for suffix, options in (
            ("ssh", ("IdentitiesOnly=yes", "IdentityFile={}")),
            (
                "known_hosts",
                (
                    *("StrictHostKeyChecking=yes", "UserKnownHostsFile={}"),
                    *("GlobalKnownHostsFile=/dev/null", "VerifyHostKeyDNS=no"),
                ),
            ),
        ):
            if (self.directory / f"{store.secret}.{suffix}").exists():
                path = _word_of_ssh(self._checked(f"{store.secret}.{suffix}"))
                own += [word for option in options for word in ("-o", option.format(path))]
        host = parts["host"].strip("[]")
        command = ["ssh", *own, "-p", parts["port"] or "22", "-l", parts["user"], "-s", "--"]
        command += [host, "sftp"]
        place = f"sftp:{parts['user']}@{host}:{parts['path']}"
        return place, ("-o", _field(f"sftp.command={shlex.join(command)}"))

    def _variables(self, name: str) -> dict[str, str]:
        if not (self.directory / name).exists():
            return {}
        found: dict[str, str] = {}
        path = self._checked(name)
        try:
            lines = path.read_text("utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise _unusable(path, "it is no text in UTF-8") from error
        for number, line in enumerate(lines, 1):
            key, equals, value = line.strip().partition("=")
            if not key or key.startswith("#"):
                continue
            if not equals or key not in _NAMES:
                # What stands there instead may be a password.
                raise _unusable(
                    path, f"line {number} is none: write NAME=VALUE with one of {', '.join(_NAMES)}"
                )
            found[key] = value
        return found

    def _checked(self, name: str) -> Path:
        path = self.directory / name
        try:
            status = path.stat()
        except OSError as error:
            raise _unusable(path, f"{error.strerror or error}. Put it back from a copy") from error
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise _unusable(path, "others may read or change it: chmod 600")
        return path


def _word_of_ssh(path: Path) -> str:
    """A path as ssh reads it in an option: see TOKENS in ssh_config(5)."""
    return '"' + str(path).replace("%", "%%") + '"'


def _field(option: str) -> str:
    """An option as restic reads it: as one field of CSV (RFC 4180)."""
    return '"' + option.replace('"', '""') + '"'


def _with_user(url: str, variables: dict[str, str]) -> str:
    user = variables.get("RESTIC_REST_USERNAME")
    if user is None:
        return url
    password = quote(variables.get("RESTIC_REST_PASSWORD", ""), safe="")
    return url.replace("://", f"://{quote(user, safe='')}:{password}@", 1)


def _unusable(path: Path, detail: str) -> EngineError:
    return EngineError("SECRET_UNUSABLE", f"{path} cannot be used: {detail}")
