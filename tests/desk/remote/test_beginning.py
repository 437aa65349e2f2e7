"""The first connections come a few at a time, whatever is done meanwhile."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import RegistrationsChanged
from sesam_master.core.registry import (
    RegistrationChange,
)
from sesam_master.remote.hub import Hub
from tests.desk.remote.rig import (
    DEADLINE,
    QUICK,
    MemoryCredentials,
    MemoryPictures,
    MemoryRegistry,
    silent,
)


class TestBeginning:
    """The first connections come a few at a time."""

    COUNT = 60

    def hub(self, take: Callable[[Hub, Any], None]) -> tuple[Hub, list[Any]]:
        registry, events = MemoryRegistry(), []
        registry.kept = [silent(number) for number in range(self.COUNT)]
        credentials = MemoryCredentials()
        credentials.kept = {item.location_id: "secret" for item in registry.kept}

        def deliver(event: Any) -> None:
            events.append(event)
            take(hub, event)

        hub = Hub(registry, credentials, MemoryPictures(), deliver, QUICK)
        return hub, events

    def test_what_is_not_tried_yet_is_not_said_to_be_off(self) -> None:
        errors: list[BaseException | None] = []
        asked = threading.Event()

        def done(_result: object, error: BaseException | None) -> None:
            errors.append(error)
            asked.set()

        def take(hub: Hub, event: Any) -> None:
            if isinstance(event, RegistrationsChanged) and not asked.is_set():
                last = f"silent-{self.COUNT - 1}"
                hub.submit(hub.gateway.job(last, "1"), done)

        hub, _events = self.hub(take)
        hub.start()
        try:
            assert asked.wait(DEADLINE)
        finally:
            assert hub.stop(DEADLINE)
        error = errors[0]
        assert isinstance(error, LocationError)
        assert error.trouble is Trouble.UNREACHABLE

    def test_a_stop_in_the_middle_ends_everything(self) -> None:
        listed = threading.Event()

        def take(_hub: Hub, event: Any) -> None:
            if isinstance(event, RegistrationsChanged):
                listed.set()

        hub, events = self.hub(take)
        hub.start()
        assert listed.wait(DEADLINE)
        assert hub.stop(DEADLINE)
        assert len(events) < self.COUNT  # not all of them were tried
        assert not [thread for thread in threading.enumerate() if thread.name == "hub-io"]

    def test_a_removal_and_a_change_in_the_middle_are_done_once(self) -> None:
        first, last = "silent-0", f"silent-{self.COUNT - 1}"
        changed, answers = threading.Event(), []

        def done(_result: object, error: BaseException | None) -> None:
            answers.append(error)
            if len(answers) == 2:
                changed.set()

        is_asked = threading.Event()

        def take(hub: Hub, event: Any) -> None:
            if isinstance(event, RegistrationsChanged) and not is_asked.is_set():
                is_asked.set()
                hub.submit(hub.gateway.remove_registration(last), done)
                moved = RegistrationChange(port=2)
                hub.submit(hub.gateway.change_registration(first, moved), done)

        hub, events = self.hub(take)
        hub.start()
        try:
            assert changed.wait(DEADLINE)
            assert answers == [None, None]
            with pytest.raises(LocationError) as caught:
                self._registration(hub, last)
            assert caught.value.reason == "NOT_LISTED"
        finally:
            assert hub.stop(DEADLINE)
        lists = [e for e in events if isinstance(e, RegistrationsChanged)]
        assert [len(e.registrations) for e in lists] == [
            self.COUNT,
            self.COUNT - 1,
            self.COUNT - 1,
        ]
        assert lists[-1].registrations[0].port == 2

    def _registration(self, hub: Hub, location_id: str) -> None:
        ended, got = threading.Event(), []

        def done(_result: object, error: BaseException | None) -> None:
            got.append(error)
            ended.set()

        hub.submit(hub.gateway.reconnect(location_id), done)
        assert ended.wait(DEADLINE)
        if got[0] is not None:
            raise got[0]
