"""The fake engine's lead: a test tells a call step by step what it says and how it ends."""

import threading
from collections.abc import Iterator

import pytest

from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.ports import BackupDone, BackupEvent, Cancelled, EngineError, Message
from tests.contract.engine_rig import FakeRig, full, make_rig
from tests.fakes.engine import FakeControl, FakeEngine, Lead


@pytest.fixture
def rig(tmp_path_factory: pytest.TempPathFactory) -> FakeRig:
    made = make_rig("fake", tmp_path_factory.getbasetemp())
    assert isinstance(made, FakeRig)
    return made


class Call:
    """A backup in a thread of its own."""

    def __init__(self, rig: FakeRig) -> None:
        assert isinstance(rig.engine, FakeEngine)
        self.lead: Lead = rig.engine.lead_next()
        self.control = FakeControl()
        self.events: list[BackupEvent] = []
        self.error: Exception | None = None
        self._iterator: Iterator[BackupEvent] = rig.engine.backup(full(rig), self.control)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.lead.wait_begun()

    def join(self) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.events.extend(self._iterator)
        except (EngineError, Cancelled) as error:
            self.error = error


def test_it_says_what_it_is_told_and_goes_on(rig: FakeRig) -> None:
    call = Call(rig)
    progress = Progress(Phase.TRANSFER, files_done=1, files_total=7)
    message = Message(Level.WARNING, "UNREADABLE", "a file", b"/a")
    call.lead.say(progress)
    call.lead.say(message)
    call.lead.finish()
    call.lead.wait_ended()
    call.join()
    assert call.events[:2] == [progress, message]
    assert isinstance(call.events[-1], BackupDone)


def test_it_fails_as_it_is_told(rig: FakeRig) -> None:
    call = Call(rig)
    call.lead.fail(EngineError("NO_SPACE", "full"))
    call.join()
    assert isinstance(call.error, EngineError)
    assert call.error.code == "NO_SPACE"
    assert rig.kept() == set()


def test_a_cancel_ends_it_while_it_waits(rig: FakeRig) -> None:
    call = Call(rig)
    call.control.cancel()
    call.join()
    assert isinstance(call.error, Cancelled)
    assert rig.kept() == set()


def test_only_the_next_call_is_led(rig: FakeRig) -> None:
    call = Call(rig)
    *_, done = rig.engine.backup(full(rig), FakeControl())
    assert isinstance(done, BackupDone)
    call.lead.fail(EngineError("TAR_FAILED", "led"))
    call.join()
    assert isinstance(call.error, EngineError)
