"""The client for scripts: everything that a desk can do with a location, in plain Python.

    with connect("backup.example.org:11401", token=..., fingerprint=...) as location:
        job = location.wait(location.start_backup("documents", "FULL"))
        print(job.state, job.saveset)

Every call has a deadline, and is repeated by itself when its answer was lost: the agent does the
same request only once. Every method raises `sesam_api.errors.SesamError` when the agent refuses,
and its subclass `Unreachable` when there is no answer. Lists are read page by page while they are
iterated over. Methods may be called from several threads; an iterator belongs to one.
"""

import contextlib
import os
import socket
import sys
import uuid
from collections.abc import Iterator

from sesam_api.errors import SesamError
from sesam_api.location import Location
from sesam_api.v1 import access_pb2
from sesam_api.v1.access_pb2_grpc import AccessServiceStub
from sesam_api.wire import Wire, over_network, over_socket

__all__ = ["Location", "connect"]

CREDENTIAL_PREFIX = "sesam_"


@contextlib.contextmanager
def connect(
    address: str | None = None,
    *,
    token: str | None = None,
    fingerprint: str | None = None,
    unix: str | os.PathLike[str] | None = None,
    holder: str | None = None,
    timeout: float = 30.0,
    patience: float = 120.0,
) -> Iterator[Location]:
    """A location to work with, over the network or over the Unix socket of its agent.

    Args:
        address: "host:port" of the agent.
        token: a credential ("sesam_..."), or an enrolment token. This is exchanged at once; keep
            `location.credential`, the token cannot be used again.
        fingerprint: SHA-256 of the agent's certificate: 64 hexadecimal digits, with or without
            colons. Nothing is sent to a server that presents another certificate.
        unix: instead of address, token and fingerprint: the agent's socket on this machine, as
            path or as "unix:" address. Only for the user who runs the agent.
        holder: name under which an enrolment is listed; by default program and host.
        timeout: seconds that one try of one call may take.
        patience: seconds that `wait` and `watch` bear with an agent that went away.

    Raises:
        FingerprintMissing, FingerprintMismatch: the server's certificate was not accepted.
        Unreachable: with the step that failed.
        SesamError: the agent refused token or credential, or an argument cannot be used. If its
            `credential` is set, the token was exchanged before this failed: connect with that.
        TypeError: neither or both of address and unix, an address without token=, unix= with it.
        ValueError: an empty token.
    """
    _check(address, token, fingerprint, unix)
    if unix is not None:
        wire = over_socket(os.fspath(unix), timeout, patience)
    else:
        assert address is not None
        wire = over_network(address, fingerprint, timeout, patience)
    with contextlib.closing(wire.channel):
        if token is not None:
            wire.credential = _credential(wire, token.strip(), holder or _default_holder())
        yield _location(wire, token)


def _check(
    address: str | None,
    token: str | None,
    fingerprint: str | None,
    unix: str | os.PathLike[str] | None,
) -> None:
    """Raises TypeError and ValueError as `connect` does."""
    if (address is None) == (unix is None):
        raise TypeError("connect() needs either an address or unix=")
    if unix is not None:
        for name, given in (("token", token), ("fingerprint", fingerprint)):
            if given is not None:
                raise TypeError(
                    f"connect() was given both unix= and {name}=, but the agent's own socket takes "
                    f"no {name}. Leave out {name}=, or give the agent's address instead of unix="
                )
    elif token is None:
        raise TypeError("connect() needs token=: a credential or an enrolment token")
    elif not token.strip():
        raise ValueError(
            "connect(): token is empty. What would be right: a credential (sesam_...) or an "
            "enrolment token"
        )


def _location(wire: Wire, token: str | None) -> Location:
    try:
        return Location(wire)
    except SesamError as error:
        if wire.credential is not None and token is not None and wire.credential != token.strip():
            error.credential = wire.credential
        raise


def _default_holder() -> str:
    program = os.path.basename(sys.argv[0]) or "python"
    return f"{program} on {socket.gethostname()}"


def _credential(wire: Wire, token: str, holder: str) -> str:
    """The token itself if it is a credential, else what the agent gives for it."""
    if token.startswith(CREDENTIAL_PREFIX):
        return token
    request = access_pb2.EnrolRequest(request_id=str(uuid.uuid4()), token=token, holder=holder)
    return wire.call(AccessServiceStub(wire.channel).Enrol, request).credential
