"""Looks at what may not answer."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from server_agent.ports import EngineError
from server_agent.service.looking import Looking, NoAnswer
from tests.agent.service.rig import START
from tests.agent.service.steered import DEADLINE
from tests.fakes.clock import FakeClock

SOON = 0.05
SILENT = r"^Usb does not answer since 04 Mar 13:00:00\. Is the server or the device behind it gone"


def new(patience: float = DEADLINE) -> Looking:
    return Looking(FakeClock(START, "Europe/Berlin"), patience)


class Place:
    """Answers when it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.asked = 0
        self.left = threading.Semaphore(0)

    def look(self) -> str:
        self.asked += 1
        assert self.opened.wait(DEADLINE)
        self.left.release()
        return "there"


def test_the_answer_and_the_refusal_of_a_look_come_back() -> None:
    looking = new()
    assert looking.ask("Usb", lambda: "there") == "there"

    def refuse() -> str:
        raise EngineError("STORE_MISSING", "It is away.")

    with pytest.raises(EngineError, match="It is away"):
        looking.ask("Usb", refuse)
    assert looking.ask("Usb", lambda: "back") == "back"


def test_what_hangs_is_looked_at_once_and_waited_for_once() -> None:
    looking, place = new(SOON), Place()
    for _ in range(20):
        with pytest.raises(EngineError, match=SILENT) as missing:
            looking.ask("Usb", place.look)
        assert missing.value.code == "STORE_MISSING"
    assert place.asked == 1
    assert looking.ask("Other", lambda: "there") == "there"
    place.opened.set()
    assert place.left.acquire(timeout=DEADLINE)
    assert Looking.ask(looking, "Usb", place.look, DEADLINE) == "there"
    assert place.asked == 2


def test_each_asks_behind_the_call_and_not_beside_another() -> None:
    """An answer from before would say nothing of what was put in just now."""
    looking, place = new(), Place()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(looking.ask, "Usb", place.look)
        second = threads.submit(looking.ask, "Usb", place.look)
        place.opened.set()
        assert (first.result(DEADLINE), second.result(DEADLINE)) == ("there", "there")
    assert place.asked == 2


def test_who_has_little_patience_leaves_the_others_theirs() -> None:
    looking, place = new(DEADLINE), Place()
    with pytest.raises(EngineError):
        looking.ask("Usb", place.look, SOON)
    place.opened.set()
    assert looking.ask("Usb", place.look) == "there"


def test_a_long_deed_is_waited_for_as_long_as_the_place_answers() -> None:
    looking, deed = new(SOON), Place()
    looks: list[str] = []

    def look() -> None:
        looks.append("look")
        if len(looks) == 5:
            deed.opened.set()

    assert looking.do("Usb", look, deed.look) == "there"
    assert len(looks) == 5


def test_what_was_given_up_has_to_end_before_anything_else_is_done_there() -> None:
    looking, deed, place = new(SOON), Place(), Place()
    place.opened.set()
    is_silent = threading.Event()

    def look() -> None:
        if is_silent.is_set():
            place.look()
        place.opened.clear()
        is_silent.set()

    with pytest.raises(NoAnswer):
        looking.do("Usb", look, deed.look)
    place.opened.set()
    assert place.left.acquire(timeout=DEADLINE)
    with pytest.raises(NoAnswer):
        looking.ask("Usb", lambda: "beside it")
    deed.opened.set()
    assert deed.left.acquire(timeout=DEADLINE)
    assert soon(lambda: looking.ask("Usb", lambda: "behind it")) == "behind it"


def soon(ask: Callable[[], str]) -> str:
    """A thread has said its answer a moment before it has ended."""
    pause = threading.Event()
    for _ in range(int(DEADLINE / SOON)):
        with contextlib.suppress(NoAnswer):
            return ask()
        pause.wait(SOON)
    raise AssertionError("it does not answer")


def test_nobody_else_waits_for_a_question_of_a_start() -> None:
    looking, place = new(DEADLINE), Place()
    answer = looking.begin("Usb", place.look)
    with pytest.raises(NoAnswer):
        looking.ask("Usb", lambda: "beside it")
    place.opened.set()
    assert answer.result(DEADLINE) == "there"
    assert looking.ask("Usb", lambda: "behind it") == "behind it"
