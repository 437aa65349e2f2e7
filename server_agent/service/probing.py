"""Parts that have no work of their own: they are asked every now and then whether they answer."""

import asyncio
import threading
from collections.abc import Callable

from server_agent.service.changes import Changes
from server_agent.service.supervising import Keep, Kept, Pulse, Supervised, Supervisor

EVERY_SECONDS = 15.0
LOOP_SECONDS = 10.0  # in which the event loop has to come round


class Probe:
    """Asks one part; it has failed when that raises.

    Args:
        name: of the part.
        ask: returns as soon as the part has answered.
    """

    def __init__(
        self, name: str, ask: Callable[[], object], every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._name = name
        self._ask = ask
        self._every_seconds = every_seconds
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._kept: Kept | None = None

    def start(self, keep: Keep = Kept) -> None:
        """Asks from now on."""
        self._kept = keep(self._name, self._run, self._wake.set)

    def stop(self) -> None:
        """Waits for the answer that is on its way."""
        self._stop.set()
        if self._kept is not None:
            self._kept.join()
            self._kept = None

    def _run(self, pulse: Pulse) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            self._ask()
            pulse.wait(self._wake, self._every_seconds)


def probes(
    loop: asyncio.AbstractEventLoop, changes: Changes, supervisor: Supervisor
) -> tuple[Supervised, ...]:
    """Of what serves calls, in its event loop, and of the catalogue. The first one also sees to it
    that the supervisor looks at the parts."""

    async def nothing() -> None: ...

    def serve() -> None:
        asyncio.run_coroutine_threadsafe(nothing(), loop).result(LOOP_SECONDS)
        supervisor.look()

    def read() -> None:
        with changes.read() as view:
            view.revision()

    return Probe("rpc", serve), Probe("db", read)
