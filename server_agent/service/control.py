"""How a running job is told to stop, and that it no longer can be."""

import threading
from collections.abc import Callable

from server_agent.domain.jobs import JobState


class JobControl:
    """The engine's `Control` of one job. Any thread may call any method.

    Attributes:
        stopped_by: who cancelled; None when the agent itself stops. Valid once cancelled.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._callbacks: list[Callable[[], None]] = []
        self._result: JobState | None = None
        self._afterwards: JobControl | None = None
        self._stops = False  # the agent itself does, too late for the result
        self.stopped_by: str | None = None

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    @property
    def result(self) -> JobState | None:
        """The state that the job is about to end with: it has its result, and cannot be stopped."""
        return self._result

    def on_cancel(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if not self._cancelled:
                self._callbacks.append(callback)
                return
        callback()

    def cancel(self, stopped_by: str | None) -> bool:
        """Stops the job; False if it is too late. The first to call is the one who did it."""
        with self._lock:
            afterwards = self._afterwards
            if afterwards is None:
                if self._result is not None:
                    self._stops |= stopped_by is None
                    return False
                if self._cancelled:
                    return True
                self._cancelled = True
                self.stopped_by = stopped_by
            callbacks, self._callbacks = self._callbacks, []
        if afterwards is not None:
            return afterwards.cancel(stopped_by)
        for callback in callbacks:
            callback()
        return True

    def set_result(self, state: JobState) -> None:
        """From here on it is too late to cancel."""
        with self._lock:
            self._result = state
            self._callbacks = []

    def afterwards(self) -> "JobControl":
        """The control of what the job still does when it has its result: from here on a cancel
        ends that, and nothing else. It is cancelled if the agent stops already."""
        control = JobControl()
        with self._lock:
            self._afterwards = control
            stops = self._stops or (self._cancelled and self.stopped_by is None)
        if stops:
            control.cancel(None)
        return control


def too_late(control: JobControl) -> str:
    """For the message of a job that had its result when it was cancelled; else empty."""
    if not control.cancelled:
        return ""
    return f"cancelled too late by {control.stopped_by or 'the end of the agent'}"
