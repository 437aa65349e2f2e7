"""A real sshd of the test's own user on 127.0.0.1, with keys and configuration of its own."""

import os
import pwd
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from server_agent.domain.reach import Ssh

SSHD = "/usr/sbin/sshd"  # has to be called by its full path
SECONDS = 20.0  # only a test that fails waits so long
# Of the exchanges of keys the cheapest: the usual one takes each login 50 ms of both sides.
_CONFIG = """
KexAlgorithms curve25519-sha256
Port {port}
ListenAddress 127.0.0.1
HostKey {root}/host_key
AuthorizedKeysFile {root}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
MaxStartups 100
SetEnv HOME={root}/home{more}
"""


class SshServer:
    """Attributes:
    root: has its files; `home` in it is the directory of the account.
    client: how it is reached.
    """

    def __init__(self, root: Path, *, environment: str = "", lines: str = "") -> None:
        """Starts it and waits until it answers.

        Args:
            environment: words NAME=VALUE that its logins get.
            lines: more of its configuration.
        """
        self.root = root
        (root / "home").mkdir(parents=True)
        make_key(root / "host_key")
        make_key(root / "user_key")
        (root / "authorized_keys").write_text((root / "user_key.pub").read_text())
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where it locks its unprivileged half in
        self._more = f" {environment}\n{lines}"
        self._process: subprocess.Popen[bytes] | None = None
        self.client = Ssh(
            host="127.0.0.1",
            user=_user(),
            key_file=str(root / "user_key"),
            host_key=public_line(root / "host_key"),
            port=0,
            alive_seconds=1,
        )
        self._start()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def sessions(self) -> list[int]:
        """The processes that serve a connection each; of several of one, the last."""
        found = _children(self.pid)
        while below := [child for pid in found for child in _children(pid) if _is_sshd(child)]:
            found = below
        return found

    def logins(self) -> int:
        """How many there were."""
        return (self.root / "sshd.log").read_text().count("Accepted publickey")

    def stop(self) -> None:
        """Ends it and all of its sessions."""
        if self._process is None:
            return
        for pid in (*self.sessions(), *_children(self.pid), self.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _start(self) -> None:
        deadline = time.monotonic() + SECONDS
        while True:
            port = _free_port()
            config = self.root / "sshd_config"
            config.write_text(_CONFIG.format(root=self.root, port=port, more=self._more))
            command = [SSHD, "-D", "-f", str(config), "-E", str(self.root / "sshd.log")]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
            self.client = replace(self.client, port=port)
            while self._process.poll() is None:
                if _answers(port):
                    return
                threading.Event().wait(0.01)
                assert time.monotonic() < deadline, "sshd does not answer"
            # Somebody else was quicker to take the port, or the configuration is wrong.
            assert time.monotonic() < deadline, (self.root / "sshd.log").read_text()


def make_key(path: Path, passphrase: str = "") -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def public_line(private: Path) -> str:
    """Type and base64 of a key's public half."""
    return " ".join(private.with_suffix(".pub").read_text().split()[:2])


def _user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _is_sshd(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text() == "sshd\n"
    except (FileNotFoundError, ProcessLookupError):
        return False
