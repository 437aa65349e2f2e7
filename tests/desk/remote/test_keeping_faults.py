"""Faults of what the desk keeps, its list, pictures and credentials: no connection ends by them."""

import threading
from collections.abc import Iterator

import pytest

from sesam_master.core.registry import (
    KeepingError,
    Registration,
    Remembered,
)
from sesam_master.core.states import Connection
from tests.desk.remote.rig import (
    DEADLINE,
    HubRig,
    MemoryCredentials,
    MemoryPictures,
    MemoryRegistry,
    silent,
)
from tests.fakes.agent_server import FakeAgent


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        running.location.put_client("fs-01")
        running.location.put_task("docs", "fs-01", [b"/srv"])
        yield running


class FailingPictures(MemoryPictures):
    def load(self) -> list[Remembered]:
        raise RuntimeError("unforeseen")


class LockedCredentials(MemoryCredentials):
    def delete(self, location_id: str) -> None:
        raise KeepingError("The system's keyring cannot be changed: it is locked. Unlock it.")


@pytest.mark.logs_warnings
def test_pictures_that_fail_in_an_unforeseen_way_end_no_connection(
    agent: FakeAgent, caplog: pytest.LogCaptureFixture
) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    rig.over(rig.registry, rig.credentials, FailingPictures())
    with rig:
        rig.until(location_id, Connection.ON)
        before = len(rig.events)
        rig.wait(lambda: len(rig.events) > before + 2)  # heartbeats go on
    assert "unforeseen" in caplog.text


def test_a_removal_that_could_not_forget_the_credential_can_be_done_again(
    agent: FakeAgent,
) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    locked = LockedCredentials()
    locked.kept = rig.credentials.kept
    rig.over(rig.registry, locked, rig.pictures)
    with rig:
        rig.until(location_id, Connection.ON)
        for _ in range(2):
            with pytest.raises(KeepingError):
                rig.ask(rig.hub.gateway.remove_registration(location_id))
        assert [item.location_id for item in rig.registry.kept] == [location_id]


@pytest.mark.logs_warnings
def test_a_list_that_cannot_be_looked_at_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    looked = threading.Semaphore(0)

    class Unreachable(MemoryRegistry):
        def stamp(self) -> object:
            looked.release()
            raise KeepingError("The disk is gone.")

    rig = HubRig()
    rig.over(Unreachable(), rig.credentials, rig.pictures)
    with rig:
        for _ in range(4):
            assert looked.acquire(timeout=DEADLINE)
    assert caplog.text.count("The disk is gone.") == 1


@pytest.mark.logs_warnings
def test_a_list_that_could_not_be_read_once_is_read_again() -> None:
    class Hiccup(MemoryRegistry):
        """Its first reading is that of the start; the second one fails."""

        readings = 0

        def load(self) -> list[Registration]:
            self.readings += 1
            if self.readings == 2:
                raise KeepingError("The disk did not answer.")
            return [silent(1)] if self.readings > 2 else []

        def stamp(self) -> object:
            return "the same"

    rig = HubRig()
    rig.over(Hiccup(), rig.credentials, rig.pictures)
    with rig:
        rig.wait(lambda: "silent-1" in rig.fleet.locations)
