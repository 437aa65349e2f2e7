"""How the agent reaches a client: on its own machine, or over SSH without an agent there."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from itertools import pairwise

from server_agent.domain.errors import InvalidArgument

DEFAULT_PORT = 22
DEFAULT_ALIVE_SECONDS = 15
LONGEST_ALIVE_SECONDS = 3600

_HOST = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(%[0-9A-Za-z._-]+)?")
_USER = re.compile(r"[0-9A-Za-z_][0-9A-Za-z._@+-]*\$?")
_FINGERPRINT = re.compile(r"SHA256:[0-9A-Za-z+/]{43}")
_KEY_TYPE = re.compile(r"[a-z][0-9a-z@.-]+")


@dataclass(frozen=True, slots=True)
class Local:
    """The machine on which the agent runs."""


@dataclass(frozen=True, slots=True)
class Ssh:
    """A machine with GNU find and GNU tar, reached by OpenSSH with a key and no password.

    Attributes:
        host: name or address.
        key_file: absolute path of the private key, at the agent; without a passphrase.
        host_key: the one that is accepted: type and base64 as in a line of known_hosts, with or
            without the names before them; or its fingerprint "SHA256:…".
        alive_seconds: how often the client has to give a sign of life. One that is silent for
            three times as long counts as lost. 0 switches the test off.
    """

    host: str
    user: str
    key_file: str
    host_key: str
    port: int = DEFAULT_PORT
    alive_seconds: int = DEFAULT_ALIVE_SECONDS


Reach = Local | Ssh
LOCAL = Local()


@dataclass(frozen=True, slots=True)
class HostKey:
    """The public key by which a machine is known."""

    type: str
    base64: str

    @property
    def line(self) -> str:
        """As in known_hosts, without the names of the host: what is pinned."""
        return f"{self.type} {self.base64}"

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it."""
        digest = hashlib.sha256(base64.b64decode(self.base64)).digest()
        return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")


def check_ssh(client: Ssh) -> None:
    """Raises InvalidArgument for what no client can have, or what OpenSSH would take for an
    option."""
    check_host(client.host, client.port)
    for field, value, is_right, expected in (
        ("user", client.user, _USER.fullmatch(client.user), "the name of an account there"),
        ("key_file", client.key_file, client.key_file.startswith("/"), "an absolute path"),
        ("host_key", client.host_key, _pinned(client.host_key), '"TYPE BASE64" or "SHA256:…"'),
        (
            "alive_seconds",
            client.alive_seconds,
            0 <= client.alive_seconds <= LONGEST_ALIVE_SECONDS,
            f"0 (off) to {LONGEST_ALIVE_SECONDS}",
        ),
    ):
        if not is_right:
            raise InvalidArgument(field=field, value=value, expected=expected)


def check_host(host: str, port: int) -> None:
    """Raises InvalidArgument for what is no name or address, or no port."""
    if not _HOST.fullmatch(host):
        raise InvalidArgument(field="host", value=host, expected="a host's name or address")
    if not 0 < port < 65536:
        raise InvalidArgument(field="port", value=port, expected="1 to 65535")


def pinned_key(host_key: str) -> HostKey | None:
    """The key that is pinned; None if only its fingerprint is."""
    pinned = _pinned(host_key)
    return pinned if isinstance(pinned, HostKey) else None


def _pinned(host_key: str) -> HostKey | str | None:
    text = host_key.strip()
    if _FINGERPRINT.fullmatch(text):
        return text
    if "\n" in text or text.startswith("@"):  # a marker, such as "@revoked"
        return None
    words = text.split(" ")
    for kind, key in pairwise(words):
        if _KEY_TYPE.fullmatch(kind) and _holds(key, kind):
            return HostKey(kind, key)
    return None


def _holds(key: str, kind: str) -> bool:
    """Whether a key says itself that it is of this type: RFC 4253, 6.6."""
    try:
        blob = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return False
    name = kind.encode("ascii")
    return blob.startswith(len(name).to_bytes(4, "big") + name)
