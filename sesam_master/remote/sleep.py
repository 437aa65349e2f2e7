"""A clock that goes on while the machine sleeps, and a watchman that notices that it slept.

The loop's own clock, and so all its timers, may stand still in the meantime.
"""

import asyncio
import time
from collections.abc import Callable

Clock = Callable[[], float]

LOOK_SECONDS = 1.0
_TOLERANCE_SECONDS = 1.0


def waking_clock() -> float:
    """Seconds since some moment, those asleep included where the system has such a clock
    (Linux: CLOCK_BOOTTIME)."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


async def watch_for_sleep(clock: Clock, woken: Callable[[], None]) -> None:
    """Calls `woken` each time the machine has slept, within `LOOK_SECONDS` of its waking."""
    loop = asyncio.get_running_loop()
    ahead = clock() - loop.time()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = clock() - loop.time()
        if now - ahead > _TOLERANCE_SECONDS:
            woken()
        ahead = now
