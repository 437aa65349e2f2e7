"""Tells systemd how the agent is, where it was started by it. Source: sd_notify(3)."""

import contextlib
import os
import socket
from collections.abc import Mapping, MutableMapping

_SOCKET, _WATCHDOG, _WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"


class ServiceManager:
    """Whoever has started this process and listens; nobody if nobody does.

    Attributes:
        alive_seconds: how often `alive` has to be called; None if nobody waits for it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get(_SOCKET, "")
        self.alive_seconds = _alive_seconds(environ) if self._address else None

    @classmethod
    def taken(cls, environ: MutableMapping[str, str]) -> "ServiceManager":
        """What the environment names, which is removed from it: programs that this process starts
        are none of the service manager's business."""
        made = cls(environ)
        for name in (_SOCKET, _WATCHDOG, _WATCHDOG_PID):
            environ.pop(name, None)
        return made

    def ready(self, status: str) -> None:
        """The agent can be called. `status`: for people."""
        self._tell(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        """The agent comes to its end."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """Without this call for long enough the agent is killed and started again."""
        self._tell("WATCHDOG=1")

    def _tell(self, text: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        # Who does not listen any more does not need to know.
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
            contextlib.suppress(OSError),
        ):
            sender.connect(address)
            sender.send(text.encode())


def _alive_seconds(environ: Mapping[str, str]) -> float | None:
    """A third of what is allowed."""
    text = environ.get(_WATCHDOG, "")
    if environ.get(_WATCHDOG_PID, str(os.getpid())) != str(os.getpid()):
        return None
    return int(text) / 3e6 if text.isascii() and text.isdigit() and int(text) > 0 else None
