"""Asking what may never answer, such as a mount whose server is gone, without waiting for it.

Nothing in this process can end a look that hangs in the system. So each is made by a thread of its
own, at a place one at a time: while one hangs, nobody begins another there.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from server_agent.ports import Clock, EngineError

Answer = TypeVar("Answer")

PATIENCE = 10.0  # seconds; a disk that has to spin up answers within them


class NoAnswer(EngineError):
    """What was asked has not ended, and may go on later."""


@dataclass(slots=True)
class _Look:
    """One that has begun, and for how many seconds it was waited for in vain."""

    since: datetime
    answer: "Future[Any]" = field(default_factory=Future)
    waited: float = 0.0


class Looking:
    """Any thread may call any method, but in no transaction."""

    def __init__(self, clock: Clock, patience: float = PATIENCE) -> None:
        """`patience`: for how many seconds an answer is waited for."""
        self._clock = clock
        self._patience = patience
        self._lock = threading.Lock()
        self._looks: dict[str, list[_Look]] = {}  # those that have not ended, by place

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
                look = self._hanging(place)
                is_mine = look is None
                if look is None:
                    look = self._entered(place)
            if is_mine:
                _begin(look.answer, question)
            if not _is_answered(look.answer, patience if look.waited < longest else 0.0):
                look.waited += patience
                raise self._no_answer(place, look)
            if is_mine:
                answer: Answer = look.answer.result()
                return answer

    def begin(self, place: str, question: Callable[[], Answer]) -> "Future[Answer]":
        """Begins with a question whose answer only the caller waits for: until it comes, the place
        does not answer anybody else."""
        with self._lock:
            look = self._entered(place)
            look.waited = float("inf")
        _begin(look.answer, question)
        return look.answer

    def do(self, place: str, look: Callable[[], object], deed: Callable[[], Answer]) -> Answer:
        """Does what may take long, for as long as the place answers looks. A deed that is given up
        goes on when the place answers again; before it has ended, nothing else is done there.

        Raises:
            NoAnswer: STORE_MISSING.
        """
        self.ask(place, look)
        doing: Future[Answer] = Future()
        begun = self._clock.now()
        _begin(doing, deed)
        while not _is_answered(doing, self._patience):
            try:
                self.ask(place, look)
            except NoAnswer:
                with self._lock:
                    self._entered(place, _Look(begun, doing, float("inf")))
                raise
        return doing.result()

    def _hanging(self, place: str) -> _Look | None:
        """What has to end there first. Holds the lock."""
        looks = [look for look in self._looks.pop(place, ()) if not look.answer.done()]
        if looks:
            self._looks[place] = looks
        return looks[0] if looks else None

    def _entered(self, place: str, look: _Look | None = None) -> _Look:
        """Holds the lock."""
        look = look or _Look(self._clock.now())
        self._looks.setdefault(place, []).append(look)
        return look

    def _no_answer(self, place: str, look: _Look) -> NoAnswer:
        since = self._clock.local(look.since)
        return NoAnswer(
            "STORE_MISSING",
            f"{place} does not answer since {since:%d %b %H:%M:%S}. Is the server or the device"
            " behind it gone? It is used again as soon as it answers",
        )


def _begin(answer: "Future[Any]", question: Callable[[], Any]) -> None:
    threading.Thread(target=_answered, args=(answer, question), name="look", daemon=True).start()


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
