"""Enters the names of all savesets into the index, in the background, and knows which are not
entered yet. No job waits for it, and none fails with it."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from server_agent.domain.errors import NoSpace, SavesetDamaged
from server_agent.domain.savesets import Saveset
from server_agent.ports import Clock, Engine, EngineError, SavesetRef
from server_agent.ports.listings import Listings
from server_agent.ports.names import NamedSaveset, Names, NamesLost
from server_agent.service.chains import ref
from server_agent.service.changes import Changes
from server_agent.service.faults import note_listing
from server_agent.service.supervising import Keep, Kept, Pulse

log = logging.getLogger(__name__)

ROWS_AT_ONCE = 20_000  # entries in memory, and in one transaction: some hundred milliseconds
LOOK_SECONDS = 5.0  # between two looks for new savesets; each costs a millisecond or two
TRY_AGAIN = timedelta(minutes=10)  # with a listing that could not be read
MOST_NAMED = 100  # savesets that are named to people

WAITING = "waits to be read"


@dataclass(frozen=True, slots=True)
class UnindexedSaveset:
    """A saveset whose names are not found yet, and why."""

    saveset: NamedSaveset
    cause: str


@dataclass(frozen=True, slots=True)
class Unindexed:
    """How many savesets were not looked through, and the first of them."""

    total: int
    savesets: tuple[UnindexedSaveset, ...]


@dataclass(frozen=True, slots=True)
class _Open:
    """A saveset that is not entered wholly; `failed_at` says when its listing could not be read."""

    saveset: NamedSaveset
    ref: SavesetRef
    cause: str = WAITING
    failed_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        return self.failed_at is None or abs(now - self.failed_at) >= TRY_AGAIN


class Indexing:
    """Any thread may call any method."""

    def __init__(
        self,
        changes: Changes,
        engine: Engine,
        listings: Listings,
        names: Names,
        clock: Clock,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._changes = changes
        self._engine = engine
        self._listings = listings
        self._names = names
        self._clock = clock
        self._look_seconds = look_seconds
        self._lock = threading.Lock()
        self._whole: set[str] | None = None  # not asked yet
        self._begun: dict[str, str | None] = {}
        self._generation = 0  # of the index: what was entered into an earlier one is lost
        self._open: dict[str, _Open] = {}
        self._unforgotten: set[str] = set()  # removed savesets that the index still has
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._kept: Kept | None = None
        self._is_full = False

    def start(self, keep: Keep = Kept) -> None:
        """Begins, or goes on where the last agent has ended."""
        self._kept = keep("names", self._run, self._wake.set)

    def stop(self) -> None:
        """Waits for what is being entered just now, which is little."""
        self._stop.set()
        self._wake.set()
        if self._kept is not None:
            self._kept.join()
            self._kept = None

    def unindexed(self, admits: Callable[[NamedSaveset], bool]) -> Unindexed:
        """The savesets of those that are admitted that are not entered wholly, the oldest first.
        None is left out, also of those that came about just now; and those that were removed are
        not found any more from now on."""
        self._look()
        with self._lock:
            found = [one for one in self._open.values() if admits(one.saveset)]
        found.sort(key=lambda one: one.saveset.number)
        if found:
            self._wake.set()  # somebody misses them
        named = tuple(UnindexedSaveset(one.saveset, one.cause) for one in found[:MOST_NAMED])
        return Unindexed(len(found), named)

    def begin_anew(self) -> None:
        """To be called when the index was lost."""
        with self._lock:
            self._whole, self._begun = None, {}
            self._generation += 1

    def _run(self, pulse: Pulse) -> None:
        while not self._stop.is_set():
            pulse.wait(self._wake, self._try_step())
            self._wake.clear()

    def _try_step(self) -> float:
        """Seconds to wait before the next one; 0 if there may be more to do."""
        try:
            is_busy = self.step()
        except NamesLost as error:
            log.warning("the index of names is made anew: %s", error)
            self.begin_anew()
            return 0.0
        except NoSpace as error:
            if not self._is_full:
                log.warning(
                    "the index of names waits for room: %s is full", error.metadata["place"]
                )
            self._is_full = True
            return self._look_seconds
        self._is_full = False
        return 0.0 if is_busy else self._look_seconds

    def step(self) -> bool:
        """Does a part of what is to be done; False if there was nothing. For one thread.

        Raises:
            NamesLost, NoSpace.
        """
        self._look()
        now = self._clock.now()
        with self._lock:
            due = [one for one in self._open.values() if one.is_due(now)]
        if not due:
            return self._names.tidy()
        # In the order in which they were made, as each is compared with the one before it.
        self._enter(min(due, key=lambda one: one.saveset.number))
        return True

    def _enter(self, chosen: _Open) -> None:
        name = chosen.saveset.name
        with self._lock:
            position, generation = self._begun.pop(name, None), self._generation
        try:
            while name in self._open and not self._stop.is_set():
                page = self._listings.listed(chosen.ref, position, ROWS_AT_ONCE)
                self._names.enter(chosen.saveset, position, page.rows, page.next_position)
                position = page.next_position
                if position is None:
                    self._close(name, generation)
                    return
            with self._lock:
                if generation == self._generation:
                    self._begun[name] = position
        except SavesetDamaged as error:
            if chosen.failed_at is None:
                note_listing(self._changes, self._engine, chosen.ref, error)
            self._fail(chosen, str(error.metadata.get("detail", "")))
        except EngineError as error:
            self._fail(chosen, error.text)

    def _close(self, name: str, generation: int) -> None:
        with self._lock:
            if generation == self._generation and self._whole is not None:
                self._open.pop(name, None)
                self._whole.add(name)

    def _fail(self, chosen: _Open, text: str) -> None:
        name = chosen.saveset.name
        log.info("the names of saveset %s cannot be entered: %s", name, text)
        # What was entered of it says nothing for sure; the next try begins anew.
        self._names.forget([name])
        failed = _Open(chosen.saveset, chosen.ref, text, self._clock.now())
        with self._lock:
            if name in self._open:
                self._open[name] = failed

    def _look(self) -> None:
        """Compares with the savesets of the catalogue."""
        with self._lock:
            if self._whole is None:
                self._whole, self._begun = self._entered()
                for name in self._whole:
                    self._open.pop(name, None)
            with self._changes.read() as view:
                names = view.saveset_names()
                for name in names - self._whole - self._open.keys():
                    saveset = view.saveset(name)
                    if saveset is not None:
                        self._open[name] = _Open(named(saveset), ref(saveset))
            gone = (self._whole | self._open.keys() | self._begun.keys()) - names
            self._whole -= gone
            for name in gone:
                self._open.pop(name, None)
                self._begun.pop(name, None)
            self._unforgotten |= gone
            gone = set(self._unforgotten)
        if gone:
            self._names.forget(gone)
            with self._lock:
                self._unforgotten -= gone

    def _entered(self) -> tuple[set[str], dict[str, str | None]]:
        try:
            return set(self._names.whole()), self._names.begun()
        except NamesLost:  # it is empty now
            return set(), {}


def named(saveset: Saveset) -> NamedSaveset:
    """What the index keeps of a saveset."""
    return NamedSaveset(
        name=saveset.name,
        client=saveset.client,
        task=saveset.task,
        base=saveset.base,
        sesam_day=saveset.sesam_day,
        start_time=saveset.start_time,
        number=int(saveset.job_id),
    )
