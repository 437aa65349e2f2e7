"""Keeps an agent running where no systemd does: starts it, and starts it again when it has died."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from server_agent.adapters.instance_lock import LOCK_FILE, held, holder
from server_agent.domain.parts import SETTLED_AFTER, pause_before
from server_agent.ini_files import ANCHOR_VARIABLE
from server_agent.installation import Installation

KEEPER_LOCK = "keeper.lock"
ADDRESS_FILE = "address"
SERVE = (sys.executable, "-m", "server_agent.commands.sesam_agent", "serve")
MOST_SAID = 1 << 16  # bytes; an agent says a line
SERVES = b"Serving "  # how the line begins that an agent says when it can be called


class Keeper:
    """Looks after one agent until it is told to end, or the agent ends in order.

    Args:
        say: is told what happens, a line each.
        serve: the command that runs the agent.
        pause: how long to wait before the agent is started again for the nth time in a row.
    """

    def __init__(
        self,
        installation: Installation,
        say: Callable[[str], None],
        serve: Sequence[str] = SERVE,
        pause: Callable[[int], timedelta] = pause_before,
    ) -> None:
        self._installation = installation
        self._say = say
        self._serve = serve
        self._pause = pause
        self._told = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None

    def end(self) -> None:
        """Ends the agent, and the keeper with it. For a signal handler."""
        self._told.set()
        if self._child is not None:
            self._child.send_signal(signal.SIGTERM)

    def keep(self) -> int:
        """Returns the exit status: that of an agent that never came to serve, else 0.

        Raises:
            AlreadyRunning: another keeper does it.
        """
        with held(self._installation.private / KEEPER_LOCK, "a keeper"):
            another = self._watched_another()
            if another == "ended":
                return 0
            in_row, has_served = 0, another == "died"
            while not self._told.is_set():
                began = time.monotonic()
                status, serves = self._run()
                has_served |= serves
                if status == 0 or not has_served:
                    return status
                is_settled = time.monotonic() - began >= SETTLED_AFTER.total_seconds()
                in_row = 1 if is_settled else in_row + 1
                pause = self._pause(in_row).total_seconds()
                self._say(f"The agent {_how(status)}. It is started again in {pause:g} s")
                self._told.wait(pause)
        return 0

    def _run(self) -> tuple[int, bool]:
        """How the agent ended, and whether it came to serve."""
        with subprocess.Popen(
            self._serve,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, ANCHOR_VARIABLE: str(self._installation.anchor)},
        ) as child:
            self._child = child
            self._say(f"The agent is process {child.pid}")
            if self._told.is_set():
                child.send_signal(signal.SIGTERM)
            said = self._heard(child)
            status = child.wait()
        self._child = None
        return status, any(line.startswith(SERVES) for line in said.splitlines())

    def _heard(self, child: "subprocess.Popen[bytes]") -> bytes:
        """What the agent says first, until it ends: others that it has left behind may hold its
        output open for ever."""
        assert child.stdout is not None
        output, said = child.stdout, b""
        os.set_blocking(output.fileno(), False)
        end = os.pidfd_open(child.pid)
        try:
            waited = [end, output.fileno()]
            has_ended = False
            while not has_ended:
                has_ended = end in select.select(waited, [], [])[0]
                piece = output.read(MOST_SAID)
                if piece == b"":  # its own end, not only that nothing is there just now
                    waited = [end]
                elif piece and len(said) < MOST_SAID:
                    said += piece
                    self._say(piece.decode("utf-8", "replace").rstrip())
        finally:
            os.close(end)
        return said

    def _watched_another(self) -> str:
        """Waits for the end of an agent that runs already because its keeper has died. How that
        ended: "ended" in order, "died", or "" if there was none."""
        pid = holder(self._installation.private / LOCK_FILE)
        if pid is None:
            return ""
        self._say(f"The agent runs already, as process {pid}")
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return "died"
        try:
            while not select.select([handle], [], [], 1.0)[0]:
                if self._told.is_set():
                    signal.pidfd_send_signal(handle, signal.SIGTERM)
        finally:
            os.close(handle)
        # An agent that ends in order takes its address away.
        return "died" if (self._installation.private / ADDRESS_FILE).exists() else "ended"


def _how(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
