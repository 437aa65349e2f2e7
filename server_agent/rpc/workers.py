"""Where blocking work runs, so that the event loop never waits."""

import asyncio
import functools
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from server_agent.rpc.steps import Steps

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

READERS = 4  # a slow listing or two must not hold up the others


class Workers:
    """One thread for what writes to the catalogue, since it has one writer anyway, and a few for
    what reads."""

    def __init__(self) -> None:
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="read")
        self._steps: list[Steps] = []

    async def write(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        call = functools.partial(work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._writer, call)

    async def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        call = functools.partial(work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    def write_later(self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """For what nobody waits for; if it fails, the log says so."""
        self._writer.submit(work, *args, **kwargs).add_done_callback(_log_failure)

    def steps(self, at_once: int, seconds: float) -> Steps:
        """For what reads longer than others may wait, such as files of a client."""
        made = Steps(at_once, seconds)
        self._steps.append(made)
        return made

    def end_steps(self) -> None:
        """The agent stops: such reads are cancelled."""
        for steps in self._steps:
            steps.end()

    def close(self) -> None:
        """Waits for what has begun."""
        self._writer.shutdown()
        self._readers.shutdown()
        for steps in self._steps:
            steps.close()


def _log_failure(future: "Future[None]") -> None:
    error = future.exception()
    if error is not None:
        log.warning("work in the background failed", exc_info=error)
