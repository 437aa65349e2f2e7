"""The end of the agent, as somebody asked for it."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from server_agent.service.runner import Runner

log = logging.getLogger(__name__)


class StopMode(StrEnum):
    """Whether jobs that run are waited for, or broken."""

    DRAIN = "drain"
    INTERRUPT = "interrupt"


class Stopping:
    """How the agent comes to its end. Any thread may call any method."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._lock = threading.Lock()
        self._mode: StopMode | None = None
        self._timer: threading.Timer | None = None
        self._end: Callable[[], None] = lambda: None
        self._runner.on_idle(self._idle)

    @property
    def mode(self) -> StopMode | None:
        """None unless it was told to end."""
        return self._mode

    @property
    def running_jobs(self) -> int:
        """How many jobs run."""
        return self._runner.running

    def on_end(self, end: Callable[[], None]) -> None:
        """`end` is called once it is time, by any thread, perhaps more than once."""
        self._end = end

    def ask(self, mode: StopMode, longest: timedelta | None) -> int:
        """From now on no queued job starts. The newer wish holds.

        Args:
            longest: how long running jobs are waited for; None for as long as they need.

        Returns:
            how many jobs run.
        """
        with self._lock:
            self._cancel_timer()
            self._mode = mode
            running = self._runner.hold_back()
            if mode is StopMode.DRAIN and running and longest is not None:
                self._timer = threading.Timer(longest.total_seconds(), self._too_long)
                self._timer.name = "stopping"
                self._timer.daemon = True
                self._timer.start()
        log.info("told to end (%s), with %d jobs", mode, running)
        if mode is StopMode.INTERRUPT or not running:
            self._end()
        return running

    def close(self) -> None:
        """Nothing more is waited for."""
        with self._lock:
            self._cancel_timer()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_long(self) -> None:
        log.warning("jobs have not ended in the time that they were given, and are broken")
        self._end()

    def _idle(self) -> None:
        if self._mode is not None:
            self._end()
