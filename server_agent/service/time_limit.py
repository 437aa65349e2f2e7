"""A control that also stops when a time is over."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from server_agent.ports import Control


class TimeLimit:
    """The `Control` of a call that must end in time. Counts within its context.

    Attributes:
        is_over: it was the time that stopped the call, and no cancel.
    """

    def __init__(self, control: Control, seconds: float) -> None:
        self._control = control
        self._lock = threading.Lock()
        self._stopped = False
        self._callbacks: list[Callable[[], None]] = []
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.name = "time-limit"
        self.is_over = False

    def __enter__(self) -> Self:
        self._timer.start()
        self._control.on_cancel(self._stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._timer.join()

    @property
    def cancelled(self) -> bool:
        return self.is_over or self._control.cancelled

    def on_cancel(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if not self._stopped:
                self._callbacks.append(callback)
                return
        callback()

    def _expire(self) -> None:
        with self._lock:
            self.is_over = not self._stopped
        self._stop()

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()
