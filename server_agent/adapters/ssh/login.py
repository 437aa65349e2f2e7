"""How ssh is called for one client: its options, and a private directory with what they name."""

import contextlib
import itertools
import logging
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from server_agent.adapters.ssh import refusals, scripts
from server_agent.adapters.tar import private
from server_agent.adapters.tar.child import plain_environment
from server_agent.domain.reach import HostKey, Ssh

log = logging.getLogger(__name__)

PREFIX = "ssh-"  # of the private directories; a leftover is removed by `recover`
CONNECT_SECONDS = 15  # for the connection and the first words of SSH
MISSED_SIGNS = 3  # of life, after which a client counts as lost
_KEY_SECONDS = 15.0  # for reading the key, which may lie on a server or be a pipe
_KILL_SECONDS = 12.0  # for ending what a lost connection has left
_ALIAS = "client"  # its name in the private known_hosts, whatever its address
_KEY, _KNOWN_HOSTS = "key", "known_hosts"


@dataclass(slots=True)
class Login:
    """A client and the files for calling it. The files have names of our own and ssh runs in their
    directory, since it takes "%", "$" and blanks in the names of files for its own."""

    client: Ssh
    directory: Path
    public_key: str  # the other half of the client's key
    _logs: Iterator[int] = field(default_factory=itertools.count)

    def new_log(self) -> Path:
        """Where one ssh writes what it has to say itself."""
        return self.directory / f"log{next(self._logs)}"

    def command(
        self, own_log: Path, remote: str, connect_seconds: int = CONNECT_SECONDS
    ) -> list[str]:
        """Runs a command at the client: with this key only, for this host key only, and without
        anything of the configuration of whoever runs the agent."""
        client = self.client
        options = {
            "BatchMode": "yes",
            "PreferredAuthentications": "publickey",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "IdentityFile": _KEY,
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": _KNOWN_HOSTS,
            "GlobalKnownHostsFile": "/dev/null",
            "HostKeyAlias": _ALIAS,
            "UpdateHostKeys": "no",
            "CheckHostIP": "no",
            "ClearAllForwardings": "yes",
            "ForwardAgent": "no",
            "ForwardX11": "no",
            "PermitLocalCommand": "no",
            "ControlMaster": "no",
            "ControlPath": "none",
            "EscapeChar": "none",
            "RequestTTY": "no",
            "ConnectTimeout": str(connect_seconds),
            "ServerAliveInterval": str(client.alive_seconds),
            "ServerAliveCountMax": str(MISSED_SIGNS),
            "LogLevel": "INFO",
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        where = ["-p", str(client.port), "-l", client.user, "--", client.host, remote]
        return ["ssh", "-F", "none", "-E", own_log.name, *words, *where]

    def end_programs(self, token: str, pid: int) -> None:
        """Ends what a call has left at the client: by a second connection, since the first may be
        gone. The log says if it cannot be told whether that was done."""
        script = scripts.end_programs(token, pid)
        command = self.command(self.new_log(), scripts.greeting("end", len(script)), 5)
        try:
            done = subprocess.run(
                command,
                input=script,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self.directory,
                env=plain_environment(),
                timeout=_KILL_SECONDS,
                check=False,
            )
            failed = done.returncode != 0
        except (subprocess.TimeoutExpired, OSError):
            failed = True
        if failed:
            log.warning(
                "a program of the agent may still run at client %s, as process %d",
                refusals.name_of(self.client),
                pid,
            )


def sweep(tmp_dir: Path) -> None:
    """Removes the directories of calls whose agent was killed."""
    for directory in tmp_dir.glob(PREFIX + "*"):
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def opened(client: Ssh, key: HostKey, tmp_dir: Path) -> Iterator[Login]:
    """A login whose files are gone afterwards.

    Args:
        key: the host key that the client has to show.
        tmp_dir: in which its directory is made.

    Raises:
        EngineError: CLIENT_KEY_UNUSABLE.
        OSError: the directory cannot be made, or there is no OpenSSH.
    """
    tmp_dir.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=tmp_dir))
    try:
        with open(directory / _KNOWN_HOSTS, "x", encoding="ascii", opener=private.opener) as file:
            file.write(f"{_ALIAS} {key.line}\n")
        (directory / _KEY).symlink_to(client.key_file)
        yield Login(client, directory, _public_key(client, directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _public_key(client: Ssh, directory: Path) -> str:
    """Reads the private key as ssh will."""
    try:
        done = subprocess.run(
            ["ssh-keygen", "-y", "-P", "", "-f", _KEY],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            cwd=directory,
            env=plain_environment(),
            timeout=_KEY_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        text = f"nothing could be read from it for {_KEY_SECONDS:.0f} seconds"
        raise refusals.unusable_key(client, text) from error
    if done.returncode:
        raise refusals.unusable_key(client, done.stderr.decode("utf-8", "backslashreplace"))
    return done.stdout.decode("utf-8", "backslashreplace").strip()
