"""Keeps the parts of the agent running: one that fails begins again, and whatever happens to it is
told."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from server_agent.domain.errors import PartNotFound, no_space
from server_agent.domain.parts import (
    LONGEST_STEP,
    NEEDED,
    PARTS,
    SETTLED_AFTER,
    Part,
    PartState,
    pause_before,
)
from server_agent.ports import Clock

_NO_TIME = datetime.min.replace(tzinfo=UTC)
log = logging.getLogger(__name__)


class _Again(BaseException):
    """Somebody wants the part to begin again. No fault, and nothing that a part may catch."""


class Pulse(Protocol):
    """How a part shows that it lives. For its own thread."""

    def wait(self, event: threading.Event, seconds: float | None = None) -> bool:
        """Waits for the event as it does itself. All that a part does between two such waits is
        one step, which may not take longer than `LONGEST_STEP`."""


Loop = Callable[[Pulse], None]


class Kept:
    """One part in a thread of its own, which begins at once.

    Args:
        name: of the thread.
        loop: works until the part is to stop. It is called again after an error that it did not
            catch, and when a restart is wanted.
        wake: ends what the loop waits for.
        now: the time, for what is told; without one no part is taken for one that hangs.
        told: is given what is known of the part whenever that changes, by any thread.
        pid: of this process.
        daemon: what the part does may be left behind at the end of the process.
    """

    def __init__(
        self,
        name: str,
        loop: Loop,
        wake: Callable[[], None],
        *,
        now: Callable[[], datetime] = lambda: _NO_TIME,
        told: Callable[[Part], None] = lambda _: None,
        pid: int = 0,
        daemon: bool = False,
    ) -> None:
        self._loop = loop
        self._wake = wake
        self._now = now
        self._told = told
        self._lock = threading.Lock()
        self._part = Part(name, PartState.ONLINE, now(), pid=pid)
        self._busy_since: datetime | None = now()
        self._is_wanted_again = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=daemon)
        self._thread.start()

    @property
    def part(self) -> Part:
        return self._part

    def restart(self) -> None:
        """Has it begin again as soon as its step is done."""
        self._is_wanted_again = True
        self._wake()

    def look(self) -> None:
        """Tells of a part that does not come to the end of its step, and of one that has."""
        busy = self._busy_since
        state = self._part.state
        hangs = busy is not None and self._now() - busy > LONGEST_STEP
        if hangs and state is PartState.ONLINE and busy is not None:
            since = busy.isoformat(timespec="seconds")
            fault = f"busy with one step since {since}. Restart the agent if it stays so"
            log.warning("the part %s hangs: %s", self._part.name, fault)
            self._become(PartState.FAILED, fault)
        elif not hangs and state is PartState.FAILED:
            self._become(PartState.ONLINE)

    def join(self, seconds: float | None = None) -> bool:
        """To be called when its loop was told to end. False if it did not within the time."""
        self._ended.set()
        self._wake()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def wait(self, event: threading.Event, seconds: float | None = None) -> bool:
        """As `Pulse` says."""
        self._busy_since = None
        if self._part.state is PartState.FAILED:
            self._become(PartState.ONLINE)
        try:
            self._check()
            has_come = event.wait(seconds)
            self._check()
        finally:
            self._busy_since = self._now()
        return has_come

    def _check(self) -> None:
        if self._is_wanted_again:
            self._is_wanted_again = False
            raise _Again

    def _run(self) -> None:
        in_row = 0
        while True:
            began = self._now()
            try:
                self._loop(self)
            except _Again:
                log.info("the part %s begins again, as it was told", self._part.name)
                self._become(PartState.ONLINE, restarts=1)
                continue
            except Exception as error:
                in_row = 1 if self._now() - began >= SETTLED_AFTER else in_row + 1
                is_new = in_row == 1 and no_space(error) is None
                if is_new:
                    log.exception("the part %s has failed and begins again", self._part.name)
                else:
                    log.warning("the part %s has failed again: %s", self._part.name, error)
                self._become(PartState.RESTARTING, f"{type(error).__name__}: {error}", restarts=1)
            else:
                self._busy_since = None
                return
            self._busy_since = None
            if self._ended.wait(pause_before(in_row).total_seconds()):
                return
            self._busy_since = self._now()
            self._become(PartState.ONLINE)

    def _become(self, state: PartState, fault: str = "", restarts: int = 0) -> None:
        with self._lock:
            before = self._part
            self._part = replace(
                before,
                state=state,
                since=self._now(),
                restarts=before.restarts + restarts,
                last_fault=fault or before.last_fault,
            )
        self._told(self._part)


class Keep(Protocol):
    """Starts a part: `Kept`, or a supervisor's `keep`, which knows it from then on."""

    def __call__(
        self, name: str, loop: Loop, wake: Callable[[], None], *, daemon: bool = False
    ) -> Kept: ...


class Supervised(Protocol):
    """A service that is a part, or more than one."""

    def start(self, keep: Keep) -> None:
        """Begins to work."""

    def stop(self) -> None:
        """Ends it, and waits for that."""


class Supervisor:
    """All parts of an agent.

    Args:
        told: as for `Kept`; the name is that of the part.
        pid: of this process.
    """

    def __init__(
        self, clock: Clock, told: Callable[[Part], None] = lambda _: None, pid: int = 0
    ) -> None:
        self._clock = clock
        self._told = told
        self._pid = pid
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}
        self._untold: dict[str, Part] = {}

    def keep(
        self, name: str, loop: Loop, wake: Callable[[], None], *, daemon: bool = False
    ) -> Kept:
        """Starts a part of `PARTS`."""
        now, pid = self._clock.now, self._pid
        kept = Kept(name, loop, wake, now=now, told=self._tell, pid=pid, daemon=daemon)
        with self._lock:
            self._kept[name] = kept
        self._tell(kept.part)
        return kept

    def parts(self) -> tuple[Part, ...]:
        """In the order of `PARTS`; one that was not started is unused."""
        with self._lock:
            known = {name: kept.part for name, kept in self._kept.items()}
        unused = self._clock.now()
        return tuple(known.get(name) or Part(name, PartState.UNUSED, unused) for name, _ in PARTS)

    @property
    def is_well(self) -> bool:
        """Whether every part works that the agent cannot do without."""
        return all(
            part.state in (PartState.ONLINE, PartState.UNUSED)
            for part in self.parts()
            if part.name in NEEDED
        )

    def find(self, name: str) -> Part:
        """A part that can begin again by itself. Raises PartNotFound."""
        return self._found(name).part

    def restart(self, name: str) -> None:
        """Has a part begin again. Raises PartNotFound as `find`."""
        self._found(name).restart()

    def _found(self, name: str) -> Kept:
        with self._lock:
            kept = self._kept.get(name)
            names = ", ".join(sorted(self._kept))
        if kept is None:
            raise PartNotFound(part=name, expected=names)
        return kept

    def look(self) -> None:
        """To be called every now and then: tells of parts that hang, and what could not be told."""
        with self._lock:
            kept, untold = list(self._kept.values()), list(self._untold.values())
            self._untold.clear()
        for part in untold:
            self._tell(part)
        for each in kept:
            each.look()

    def _tell(self, part: Part) -> None:
        try:
            self._told(part)
        except Exception as error:  # noqa: BLE001 - the part itself must not end by it
            log.warning("that %s is %s could not be told: %s", part.name, part.state, error)
            with self._lock:
                self._untold[part.name] = part
