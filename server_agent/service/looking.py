"""Asking what may never answer, such as a mount whose server is gone, without waiting for it.

Nothing in this process can end a look that hangs in the system. So each is made by a thread of its
own, at a place one at a time: while one hangs, nobody begins another there.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from server_agent.domain.media import DataStore
from server_agent.ports import EngineError

Answer = TypeVar("Answer")

PATIENCE = 10.0  # seconds; a disk that has to spin up answers within them


class NoAnswer(EngineError):
    """What was asked has not ended, and may go on later."""


@dataclass(slots=True)
class _Look:
    """One that has begun, and for how many seconds it was waited for in vain."""

    answer: "Future[Any]" = field(default_factory=Future)
    waited: float = 0.0


class Looking:
    """Any thread may call any method, but in no transaction."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """`patience`: for how many seconds an answer is waited for."""
        self._patience = patience
        self._lock = threading.Lock()
        self._looks: dict[str, _Look] = {}  # the last that began, by place

    def at(
        self, store: DataStore, question: Callable[[], Answer], place: str | None = None
    ) -> Answer:
        """What a question about a data store is answered with, as `ask`. Who writes repositories
        knows by itself for how long another machine may be silent. `place`: if it is not to be
        called by the name of the data store."""
        return question() if store.has_repositories else self.ask(place or store.name, question)

    def ask(
        self, place: str, question: Callable[[], Answer], patience: float | None = None
    ) -> Answer:
        """What a question is answered with; what it raises is raised. It is asked after the call,
        and never beside another question at the same place. One that is still without an answer
        after the patience for it is waited for no more, by nobody.

        Args:
            place: names what is looked at.
            patience: in seconds, if it is not that of all.

        Raises:
            NoAnswer: STORE_MISSING.
        """
        patience = self._patience if patience is None else patience
        longest = max(patience, self._patience)
        while True:
            with self._lock:
                look = self._looks.get(place)
                is_mine = look is None or look.answer.done()
                if look is None or is_mine:
                    look = self._looks[place] = _Look()
            if is_mine:
                threading.Thread(
                    target=_answered, args=(look.answer, question), name="look", daemon=True
                ).start()
            if not _is_answered(look.answer, patience if look.waited < longest else 0.0):
                look.waited += patience
                raise NoAnswer(
                    "STORE_MISSING",
                    f"{place} does not answer within {longest:g} s. Is the server or the device"
                    " behind it gone? It is used again as soon as it answers",
                )
            if is_mine:
                answer: Answer = look.answer.result()
                return answer


def _answered(answer: "Future[Any]", question: Callable[[], Any]) -> None:
    try:
        found = question()
    except BaseException as error:  # noqa: BLE001 - raised for who has asked
        answer.set_exception(error)
    else:
        answer.set_result(found)


def _is_answered(answer: "Future[Any]", seconds: float) -> bool:
    try:
        answer.exception(seconds)
    except TimeoutError:
        return False
    return True
