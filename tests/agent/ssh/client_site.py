"""A tar engine whose sources and targets are at a client over SSH."""

import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from server_agent.domain.reach import LOCAL, Reach
from server_agent.ports import BackupRequest, CommandSource, RestoreRequest
from tests.agent.ssh.server import SshServer
from tests.agent.tar.site import Site, engine_below, make_store


@dataclass
class ClientSite(Site):
    """Attributes:
    client: of all requests.
    commands: of all backups.
    """

    client: Reach = LOCAL
    commands: tuple[CommandSource, ...] = field(default=())

    @classmethod
    def at(cls, root: Path, client: Reach) -> "ClientSite":
        (root / "source").mkdir(parents=True)
        make_store(root)
        return cls(root, engine_below(root), client=client)

    def request(self, *sources: Path, excludes: tuple[str, ...] = ()) -> BackupRequest:
        made = Site.request(self, *sources, excludes=excludes)
        return replace(made, client=self.client, commands=self.commands)

    def restore_request(self, target: Path, *paths: Path, age: int = 0) -> RestoreRequest:
        made = Site.restore_request(self, target, *paths, age=age)
        return replace(made, client=self.client)


def at_work(server: SshServer, name: bytes) -> list[int]:
    """Processes that run a program in a login at a server."""
    login = b" %d\0" % server.client.port  # how SSH_CONNECTION ends
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if os.path.basename(words[0]) == name and login in (process / "environ").read_bytes():
                found.append(int(process.name))
    return found


def staged(target: Path) -> list[Path]:
    """What a restore keeps beside its places."""
    return list(target.rglob(".sesam-*"))
