"""The life of an agent from outside: whether it runs, and how it is started and ended.

Where systemd looks after the agent it is asked to; else a keeper does.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from server_agent.adapters.instance_lock import LOCK_FILE, holder
from server_agent.commands.answer import CommandError
from server_agent.commands.boot import Boot
from server_agent.commands.keeper import KEEPER_LOCK
from server_agent.ini_files import ANCHOR_VARIABLE
from server_agent.installation import Installation, socket_address
from sesam_api.agent_records import Agent, Part
from sesam_api.client import connect
from sesam_api.errors import Unreachable

ANSWER_SECONDS = 10.0
START_SECONDS = 120.0  # an agent that has much to put in order after a kill needs its time
END_SECONDS = 30.0  # between the request to end and the kill of an agent that does not answer
_STEP_SECONDS = 0.05


class Lifetime:
    """One installation's agent.

    Args:
        say: is told what is going on, a line each.
    """

    def __init__(self, installation: Installation, say: Callable[[str], None]) -> None:
        self._installation = installation
        self._say = say

    @property
    def pid(self) -> int | None:
        """Of the agent's process, whether it answers or not; None if none runs."""
        return holder(self._installation.private / LOCK_FILE)

    @property
    def keeper_pid(self) -> int | None:
        """Of the process that starts the agent again; None if none does."""
        return holder(self._installation.private / KEEPER_LOCK)

    def facts(self) -> Agent | None:
        """What the agent says of itself; None if it does not answer. Raises SesamError."""
        try:
            with (
                socket_address(self._installation) as address,
                connect(unix=address, timeout=ANSWER_SECONDS) as location,
            ):
                return location.agent()
        except Unreachable:
            return None

    def start(self) -> Agent:
        """Starts what does not run, and waits until it answers. Raises CommandError."""
        boot = Boot(self._installation)
        agent = self.facts()
        if agent is not None:
            self._say(f"The agent runs already, as process {agent.pid}")
            if self.keeper_pid is None and not boot.is_set:
                self._start_keeper()
            return agent
        if boot.is_set:
            self._say(f"systemd starts {boot.unit}")
            boot.start()
            return self._waited(None)
        return self._waited(self._start_keeper())

    def _start_keeper(self) -> "subprocess.Popen[bytes]":
        log = self._installation.lgc / "keeper.log"
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "server_agent.commands.sm_main", "keep"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={**os.environ, ANCHOR_VARIABLE: str(self._installation.anchor)},
                start_new_session=True,
            )

    def _waited(self, keeper: "subprocess.Popen[bytes] | None") -> Agent:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            agent = self.facts()
            if agent is not None:
                return agent
            if keeper is not None and keeper.poll() is not None:
                break
            time.sleep(_STEP_SECONDS)
        raise CommandError(
            f"The agent did not start. {last_words(self._installation)}. "
            f"More stands in {self._installation.lgc}"
        )

    def stop(self, *, drain: bool, longest: timedelta | None) -> bool:
        """Ends the agent and whoever keeps it, and waits for that. False if neither runs.

        Args:
            drain: jobs that run are waited for, else broken.
            longest: how long they are waited for at most.

        Raises:
            CommandError: it does not end.
        """
        pid, keeper = self.pid, self.keeper_pid
        if pid is not None:
            self._end_agent(pid, drain=drain, longest=longest)
        if keeper is not None:
            _signal(keeper, signal.SIGTERM)
            _has_ended(keeper, END_SECONDS)
        return pid is not None or keeper is not None

    def _end_agent(self, pid: int, *, drain: bool, longest: timedelta | None) -> None:
        asked = self._asked_to_stop(drain=drain, longest=longest)
        if asked:
            ended = _has_ended(pid, None)
        else:
            self._say(f"The agent does not answer; process {pid} is told to end")
            _signal(pid, signal.SIGTERM)
            ended = _has_ended(pid, END_SECONDS)
        if not ended:
            self._say(f"Process {pid} does not end, and is killed")
            _signal(pid, signal.SIGKILL)
            if not _has_ended(pid, END_SECONDS):
                raise CommandError(f"Process {pid} does not end. The system may say why")

    def restart_part(self, name: str) -> Part:
        """Has a part begin again. Raises SesamError."""
        with (
            socket_address(self._installation) as address,
            connect(unix=address, timeout=ANSWER_SECONDS) as location,
        ):
            return location.restart_part(name)

    def _asked_to_stop(self, *, drain: bool, longest: timedelta | None) -> bool:
        try:
            with (
                socket_address(self._installation) as address,
                connect(unix=address, timeout=ANSWER_SECONDS) as location,
            ):
                running = location.stop_agent(interrupt=not drain, longest=longest)
        except Unreachable:
            return False
        if running:
            jobs = "one job" if running == 1 else f"{running} jobs"
            self._say(f"Waiting for {jobs} to end" if drain else f"Breaking {jobs}")
        return True


def last_words(installation: Installation) -> str:
    """What was said last where the agent is kept."""
    try:
        lines = (installation.lgc / "keeper.log").read_text("utf-8", "replace").splitlines()
    except OSError:
        return "Nothing was said"
    return next((line.strip() for line in reversed(lines) if line.strip()), "Nothing was said")


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _has_ended(pid: int, seconds: float | None) -> bool:
    """Whether the process has ended within the time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = select.select([handle], [], [], seconds)
        return bool(ready)
    finally:
        os.close(handle)
