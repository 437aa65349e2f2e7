"""Blocking calls to the desk's stores, one after the other in a thread of their own.

A keyring may ask a person to unlock it, and a disk may be slow; the streams go on meanwhile.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Disk:
    """One thread, so that the stores need no locks. A daemon: a keyring that nobody unlocks must
    not keep the program from ending."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = (
            queue.SimpleQueue()
        )
        self._thread: threading.Thread | None = None

    async def run(
        self,
        act: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="desk-disk", daemon=True)
            self._thread.start()
        answer: Future[Result] = Future()
        self._waiting.put((answer, lambda: act(*args, **kwargs)))
        return await asyncio.wrap_future(answer)

    def close(self) -> None:
        """Does not wait: what was begun is finished by the thread, the rest is dropped."""
        with contextlib.suppress(queue.Empty):
            while (dropped := self._waiting.get_nowait()) is not None:
                dropped[0].cancel()
        self._waiting.put(None)

    def _work(self) -> None:
        while (asked := self._waiting.get()) is not None:
            answer, act = asked
            if answer.set_running_or_notify_cancel():
                settle(answer, act)


def settle(answer: "Future[Any]", act: Callable[[], Any]) -> None:
    """Gives the future what the call returns or raises."""
    try:
        result = act()
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for
        answer.set_exception(error)
    else:
        answer.set_result(result)
