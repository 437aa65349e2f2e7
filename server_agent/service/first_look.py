"""The looks with which the agent starts: which data stores do not answer, so that it starts without
them, and which media are not in their places."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from server_agent.domain.media import NEVER, DataStore
from server_agent.ports import Engine, EngineError
from server_agent.service.changes import Changes
from server_agent.service.looking import Looking, NoAnswer
from server_agent.service.patient_engine import place_of

log = logging.getLogger(__name__)

START_SECONDS = 5.0  # for all data stores together; one that has to spin up is used when it has
_GLANCE_SECONDS = 1.0  # when one thing has already been waited for in vain


@dataclass(slots=True)
class _Answer:
    """Whether a data store answers, and whether that is late. Both are changed with the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    is_there: bool = False
    is_late: bool = False


class FirstLook:
    """Looks at all data stores at once.

    Args:
        engine: as it is: what is put off is done at a data store before anybody else looks there.
        late: settles what was put off at a data store, which answers now.
        after: is called behind that.
    """

    def __init__(
        self,
        changes: Changes,
        engine: Engine,
        looking: Looking,
        late: Callable[[DataStore, Engine], None],
        after: Callable[[], None],
        seconds: float = START_SECONDS,
    ) -> None:
        self._changes = changes
        self._engine = engine
        self._looking = looking
        self._late = late
        self._after = after
        self._seconds = seconds

    def silent(self) -> list[DataStore]:
        """The data stores that do not answer in time; the log says which. They do not answer anyone
        before `late` has ended."""
        with self._changes.read() as view:
            made = [medium for medium in view.media() if medium.init_time != NEVER]
            stores = {store.name: (store, _Answer()) for store in view.data_stores()}
        looks: list[Future[None]] = []
        for store, answer in stores.values():
            labels = [medium.label for medium in made if medium.store == store.name]
            look = partial(self._look, store, labels, answer)
            looks.append(self._looking.begin(place_of(store.path), look))
        wait(looks, self._seconds)
        found = []
        for (store, answer), look_ends in zip(stores.values(), looks, strict=True):
            with answer.lock:
                answer.is_late = not answer.is_there
            if answer.is_late:
                found.append(store)
                log.warning(
                    "The data store %s, %s, does not answer. The agent starts without it, and does"
                    " what is to be done there when it answers",
                    *(store.name, place_of(store.path)),
                )
                look_ends.add_done_callback(self._behind)
        return found

    def attempt(self, place: str, deed: Callable[[], None]) -> bool:
        """Does something at another place. False: it is not done in time, and goes on."""
        done = self._looking.begin(place, deed)
        wait([done], self._seconds)
        if not done.done():
            self._seconds = min(self._seconds, _GLANCE_SECONDS)
            done.add_done_callback(_say_fault)
            return False
        done.result()
        return True

    def _look(self, store: DataStore, labels: Sequence[str], answer: _Answer) -> None:
        with suppress(EngineError):
            self._engine.space(store.path, store.name)
        for label in labels:
            with suppress(EngineError):
                self._engine.check_store(label)
        with answer.lock:
            answer.is_there = True
            is_late = answer.is_late
        if is_late:
            log.info("the data store %s answers again", store.name)
            self._late(store, self._engine)

    def _behind(self, done: "Future[None]") -> None:
        _say_fault(done)
        self._after()


def _say_fault(done: "Future[None]") -> None:
    error = done.exception()
    if error is not None:
        log.error("what was put off is not done; the next start does it", exc_info=error)


def look_for_media(changes: Changes, engine: Engine) -> None:
    """The log says which are not in their places; lists are served without them."""
    with changes.read() as view:
        media = view.media()
    for medium in media:
        if medium.init_time == NEVER:
            if medium.write_protected:  # as `Media.delete` leaves it
                log.warning(
                    "Medium %s is write protected and was never made, or its removal was"
                    " interrupted: remove it again, or take the write protection off to use it",
                    medium.label,
                )
            continue
        try:
            engine.check_store(medium.label)
        except NoAnswer:
            continue  # it was said of its data store
        except EngineError as error:
            log.warning("%s", error.text)
