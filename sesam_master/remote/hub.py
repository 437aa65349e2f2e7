"""The network thread "hub-io": one asyncio loop for all locations."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from sesam_master.core.control_source import FarmStore, LockStore, MemoryFarms, NoLock
from sesam_master.core.errors import LocationError
from sesam_master.core.fleet import FleetEvent
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.registry import (
    CredentialStore,
    KeepingError,
    PictureStore,
    Registration,
    RegistryStore,
)
from sesam_master.remote.gateway import Gateway
from sesam_master.remote.roster import Roster
from sesam_master.remote.sleep import Clock, waking_clock
from sesam_master.remote.times import Times

Done = Callable[[object | None, BaseException | None], None]

_LAST_SECONDS = 0.05
_log = logging.getLogger(__name__)


class Hub:
    """Owns the thread, and through it every connection.

    `deliver` is called in the network thread for each event and must return at once.
    """

    def __init__(
        self,
        registry: RegistryStore,
        credentials: CredentialStore,
        pictures: PictureStore,
        deliver: Callable[[FleetEvent], None],
        times: Times | None = None,
        clock: Clock = waking_clock,
        *,
        control: tuple[FarmStore, LockStore] | None = None,
    ) -> None:
        """`control` keeps the farms and the desk lock; without, they are not kept."""
        stores = control or (MemoryFarms(), NoLock())
        self._registry = registry
        self._loop: asyncio.AbstractEventLoop | None = None
        self._roster = Roster(
            registry, credentials, pictures, stores, deliver, times or Times(), clock
        )
        self._gateway = Gateway(self._roster)
        self._thread: threading.Thread | None = None
        self._main: asyncio.Task[None] | None = None
        self._asked: set[asyncio.Task[Any]] = set()
        self._closing = threading.Lock()

    @property
    def gateway(self) -> FleetGateway:
        """Its coroutines run through `submit` only."""
        return self._gateway

    def start(self) -> None:
        """Loads the registrations and begins to connect.

        Raises KeepingError if they or the farms cannot be used; then nothing was started.
        """
        registrations = self._registry.load()
        self._roster.control.begin(registrations)
        loop = self._loop = asyncio.new_event_loop()
        # A daemon: a name server that never answers must not keep the program from ending.
        self._thread = threading.Thread(
            target=self._run, args=(loop, registrations), name="hub-io", daemon=True
        )
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, object], done: Done) -> Callable[[], None]:
        """Runs a coroutine of the gateway; from any thread.

        `done` gets result or error in the network thread. It is not called after the returned
        function, which cancels, was called, nor before the start or after the stop of the hub.
        """
        asked = _Asked(coroutine, done, self._asked)
        if not self._call(asked.begin):
            coroutine.close()
        return lambda: self._cancel(asked)

    def stop(self, timeout_seconds: float) -> bool:
        """Ends every connection, keeps the pictures, and waits for the thread.

        Returns whether the thread has ended in time.
        """
        thread = self._thread
        if thread is None:
            return True
        self._call(self._end)
        thread.join(timeout_seconds)
        return not thread.is_alive()

    def _call(self, act: Callable[[], None]) -> bool:
        """Whether the loop is there to do it."""
        with self._closing:
            if self._loop is None or self._loop.is_closed():
                return False
            self._loop.call_soon_threadsafe(act)
            return True

    def _cancel(self, asked: "_Asked") -> None:
        asked.is_dropped = True
        self._call(asked.cancel)

    def _end(self) -> None:
        main, self._main = self._main, None  # a second cancel would cut its tidying up short
        if main is not None:
            main.cancel()

    def _run(self, loop: asyncio.AbstractEventLoop, registrations: list[Registration]) -> None:
        asyncio.set_event_loop(loop)
        self._main = loop.create_task(self._roster.run(registrations))
        try:
            loop.run_until_complete(self._serve(self._main))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            with self._closing:
                asyncio.set_event_loop(None)
                loop.close()

    async def _serve(self, main: asyncio.Task[None]) -> None:
        (end,) = await asyncio.gather(main, return_exceptions=True)
        if isinstance(end, Exception):
            _log.critical("All connections have ended.", exc_info=end)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        # gRPC still reports the ends of the closed channels, to this loop or to nobody.
        await asyncio.sleep(_LAST_SECONDS)


class _Asked:
    """One coroutine that somebody outside the loop asked for."""

    def __init__(
        self, coroutine: Coroutine[Any, Any, object], done: Done, running: set[asyncio.Task[Any]]
    ) -> None:
        self._coroutine = coroutine
        self._done = done
        self._running = running  # the loop itself holds tasks weakly
        self._task: asyncio.Task[object] | None = None
        self.is_dropped = False

    def begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._coroutine)
        self._running.add(self._task)
        self._task.add_done_callback(self._finish)

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _finish(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, LocationError | KeepingError):
            _log.error("A question failed in a way that was not foreseen.", exc_info=error)
        if not self.is_dropped:
            self._done(None if error is not None else task.result(), error)
