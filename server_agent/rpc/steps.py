"""Work of a thread that says something now and then, as a stream of a call."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from server_agent.domain.errors import ShuttingDown
from server_agent.ports import Cancelled
from server_agent.service.control import JobControl

Step = TypeVar("Step")
T = TypeVar("T")


class TooLong(Exception):
    """The work was given up: it took more than it may."""


class Steps:
    """Lets a few such works run at once; others wait.

    Args:
        at_once: how many.
        seconds: that each may take.
    """

    def __init__(self, at_once: int, seconds: float) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="look")
        self._seconds = seconds
        self._running: set[JobControl] = set()
        self._has_ended = False

    @property
    def are_all_busy(self) -> bool:
        return self._places.locked()

    def end(self) -> None:
        """The agent stops: what runs is cancelled, and nothing begins any more."""
        self._has_ended = True
        for control in self._running:
            control.cancel(None)

    def close(self) -> None:
        """Waits for what has begun."""
        self._threads.shutdown()

    async def of(self, begin: Callable[[JobControl], Iterator[Step]]) -> AsyncGenerator[Step, None]:
        """What the work says. When nobody reads any more it is cancelled, and waited for: what it
        has begun elsewhere is ended then.

        Raises:
            TooLong: it took longer than it may.
            ShuttingDown: the agent stops.
            Exception: whatever the work raises.
        """
        async with self._places:
            if self._has_ended:
                raise ShuttingDown
            control = JobControl()
            self._running.add(control)
            late = asyncio.get_running_loop().call_later(self._seconds, control.cancel, "time")
            steps = begin(control)
            try:
                while True:
                    step = await self._in_thread(_next, steps, control)
                    if step is None:
                        return
                    yield step
            except Cancelled:
                raise (ShuttingDown if self._has_ended else TooLong) from None
            finally:
                late.cancel()
                self._running.discard(control)
                control.cancel(None)
                await self._in_thread(_close, steps, control)

    async def one(self, work: Callable[[JobControl], T]) -> T:
        """What the work returns. Raises as `of`."""

        def begin(control: JobControl) -> Iterator[tuple[T]]:
            yield (work(control),)

        async with contextlib.aclosing(self.of(begin)) as found:
            async for (answer,) in found:
                return answer
        raise AssertionError("the work has said nothing")

    async def _in_thread(
        self, work: Callable[[Iterator[Step]], T], steps: Iterator[Step], control: JobControl
    ) -> T:
        """Waits for the end of the work also when it is cancelled, which then ends it."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, steps)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            control.cancel(None)
            with contextlib.suppress(Exception):
                await running
            raise


def _next(steps: Iterator[Step]) -> Step | None:
    return next(steps, None)


def _close(steps: Iterator[Step]) -> None:
    close = getattr(steps, "close", None)
    if close is not None:
        with contextlib.suppress(Cancelled):
            close()
