"""Looks at what may not answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from server_agent.ports import EngineError
from server_agent.service.looking import Looking
from tests.agent.service.steered import DEADLINE

SOON = 0.05


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
    looking = Looking()
    assert looking.ask("Usb", lambda: "there") == "there"

    def refuse() -> str:
        raise EngineError("STORE_MISSING", "It is away.")

    with pytest.raises(EngineError, match="It is away"):
        looking.ask("Usb", refuse)
    assert looking.ask("Usb", lambda: "back") == "back"


def test_what_hangs_is_looked_at_once_and_waited_for_once() -> None:
    looking, place = Looking(SOON), Place()
    for _ in range(20):
        with pytest.raises(EngineError, match=r"Usb does not answer within 0\.05 s") as missing:
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
    looking, place = Looking(), Place()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(looking.ask, "Usb", place.look)
        second = threads.submit(looking.ask, "Usb", place.look)
        place.opened.set()
        assert (first.result(DEADLINE), second.result(DEADLINE)) == ("there", "there")
    assert place.asked == 2


def test_who_has_little_patience_leaves_the_others_theirs() -> None:
    looking, place = Looking(DEADLINE), Place()
    with pytest.raises(EngineError):
        looking.ask("Usb", place.look, SOON)
    place.opened.set()
    assert looking.ask("Usb", place.look) == "there"
