"""The keys by which a client shows who it is."""

from server_agent.adapters.ssh import refusals
from server_agent.adapters.ssh.login import CONNECT_SECONDS
from server_agent.adapters.tar.child import Child
from server_agent.domain.reach import HostKey, Ssh, pinned_key
from server_agent.ports import Control


def presented(client: Ssh, control: Control) -> list[HostKey]:
    """All that the client shows, the most modern first. Who is really there has to be compared by
    a person.

    Raises:
        EngineError: CLIENT_UNREACHABLE.
        Cancelled: the control said so.
    """
    where = ["-T", str(CONNECT_SECONDS), "-p", str(client.port), "-t", "ed25519,ecdsa,rsa"]
    said, complaints = bytearray(), bytearray()
    with Child(["ssh-keyscan", *where, "--", client.host], control) as child:
        while child.talks:
            for output in child.ready():
                (said if output == "out" else complaints).extend(child.read(output))
        child.wait()
    found: dict[str, HostKey] = {}
    for line in bytes(said).decode("utf-8", "replace").splitlines():
        key = None if line.startswith("#") else pinned_key(line)
        if key is not None:
            found[key.type] = key
    if not found:
        lines = bytes(complaints).decode("utf-8", "replace").splitlines()
        reasons = [line.rpartition(": ")[2] for line in lines if not line.startswith("#")]
        raise refusals.unreachable(client, reasons[-1] if reasons else "it shows no host key")
    return sorted(found.values(), key=_rank)


def found(client: Ssh, control: Control) -> HostKey:
    """The key of the fingerprint that is pinned.

    Raises:
        EngineError: CLIENT_HOST_KEY_CHANGED, the client has no such key; or as `presented`.
    """
    keys = presented(client, control)
    for key in keys:
        if key.fingerprint == client.host_key.strip():
            return key
    raise refusals.other_host_key(client, [key.fingerprint for key in keys])


def _rank(key: HostKey) -> int:
    kinds = ("ed25519", "ecdsa", "rsa")
    return next((at for at, kind in enumerate(kinds) if kind in key.type), len(kinds))
