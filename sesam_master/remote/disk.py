"""Blocking calls to the desk's stores, one after the other in a thread of their own.

A keyring may ask a person to unlock it, and a disk may be slow; the streams go on meanwhile.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Disk:
    """One thread, so that the stores need no locks."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "desk-disk")

    async def run(
        self,
        act: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: act(*args, **kwargs))

    def close(self) -> None:
        """Does not wait: what was begun is finished by the thread, the rest is dropped."""
        self._executor.shutdown(wait=False, cancel_futures=True)
