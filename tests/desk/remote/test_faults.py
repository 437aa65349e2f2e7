"""Faults that nobody foresaw and moments that nobody chose: no location is left behind by them."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from sesam_api.v1 import jobs_pb2, location_pb2, tasks_pb2
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import ConnectionChanged, ObjectsChanged, RegistrationsChanged
from sesam_master.core.registry import (
    KeepingError,
    Registration,
    RegistrationChange,
    Remembered,
)
from sesam_master.core.states import Connection
from sesam_master.remote.hub import Hub
from sesam_master.remote.session import Link, Session
from tests.desk.remote.rig import (
    DEADLINE,
    QUICK,
    HubRig,
    MemoryCredentials,
    MemoryPictures,
    MemoryRegistry,
)
from tests.fakes.agent_server import FakeAgent
from tests.fakes.certificates import make_certificate


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        running.location.put_client("fs-01")
        running.location.put_task("docs", "fs-01", [b"/srv"])
        yield running


class SlowPictures(MemoryPictures):
    """Saves when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.is_saving = threading.Event()
        self.may_go_on = threading.Event()

    def save(self, pictures: Iterable[Remembered]) -> None:
        self.is_saving.set()
        assert self.may_go_on.wait(DEADLINE)
        super().save(pictures)


class FailingPictures(MemoryPictures):
    def load(self) -> list[Remembered]:
        raise RuntimeError("unforeseen")


class LockedCredentials(MemoryCredentials):
    def delete(self, location_id: str) -> None:
        raise KeepingError("The system's keyring cannot be changed: it is locked. Unlock it.")


def certificate_of() -> bytes:
    """In DER, of nobody."""
    return ssl.PEM_cert_to_DER_cert(make_certificate().certificate.decode())


def silent(number: int) -> Registration:
    """A location where nobody listens."""
    return Registration(f"silent-{number}", f"silent {number}", "", "127.0.0.1", 1, b"x", "")


@pytest.mark.logs_warnings
def test_a_fault_while_the_reason_is_looked_for_does_not_end_a_session(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rig = HubRig()
    odd = Registration("odd", "odd", "", "odd.invalid", 1, certificate_of(), "")
    rig.registry.kept.append(odd)
    rig.credentials.kept["odd"] = "secret"
    looked = threading.Semaphore(0)

    def finds_nothing(*_: object, **__: object) -> list[object]:
        looked.release()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", finds_nothing)
    with rig:
        state = rig.until("odd", Connection.BROKEN)
        assert state.trouble is not None
        assert "IndexError" in state.trouble.detail
        for _ in range(2):  # it goes on looking
            assert looked.acquire(timeout=DEADLINE)
    assert "Watching odd failed." in caplog.text


@pytest.mark.parametrize("is_there_at_first", [True, False])
def test_a_job_without_a_number_breaks_its_location_only(
    agent: FakeAgent, is_there_at_first: bool
) -> None:
    def number_badly(odd: FakeAgent) -> None:
        with odd.location.changed:
            job = jobs_pb2.Job(
                job_id="one", kind=jobs_pb2.JOB_KIND_BACKUP, state=jobs_pb2.JOB_STATE_ACTIVE
            )
            odd.location.jobs["one"] = job
            odd.location.record(location_pb2.Change(job=job))

    with FakeAgent("Odd") as odd:
        if is_there_at_first:
            number_badly(odd)
        rig = HubRig()
        odd_id, here = rig.register(odd), rig.register(agent)
        with rig:
            if not is_there_at_first:
                rig.until(odd_id, Connection.ON)
                number_badly(odd)
            trouble = rig.until(odd_id, Connection.BROKEN, "watch").trouble
            assert trouble is not None
            assert "is no number: 'one'" in trouble.detail
            rig.until(here, Connection.ON)


def test_an_address_needs_no_name_server(agent: FakeAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **__: object) -> list[object]:
        raise OSError("no name server answers")

    with HubRig() as rig:
        port = int(agent.address.rpartition(":")[2])
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", asked)
            presented = rig.ask(rig.hub.gateway.look("127.0.0.1", port))
    assert presented.fingerprint == agent.fingerprint.upper()


def test_a_certificate_without_a_name_fails_a_step_of_the_diagnosis() -> None:
    with FakeAgent("Alpha", certificate=make_certificate(())) as nameless:
        rig = HubRig()
        location_id = rig.register(nameless)
        with rig:
            rig.until(location_id, Connection.BROKEN, "tls")
            failed = rig.ask(rig.hub.gateway.diagnose(location_id)).failed
    assert failed is not None
    assert "no DNS name" in failed.found
    assert failed.advice


@pytest.mark.logs_warnings
def test_the_details_of_what_nobody_foresaw_are_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("by nobody")

    async def refuse() -> None:
        raise LocationError(Trouble.OFF, "a")

    with HubRig() as rig:
        with pytest.raises(LocationError):
            rig.ask(refuse())
        assert not caplog.records
        with pytest.raises(ZeroDivisionError):
            rig.ask(fail())
    assert "ZeroDivisionError: by nobody" in caplog.text


def test_the_credential_is_not_in_the_text_of_a_link() -> None:
    link = Link(None, (("authorization", "Bearer sesam_secret"),))  # type: ignore[arg-type]
    assert "secret" not in repr(link)


def test_a_location_that_is_switched_on_is_not_off_while_it_is_tried(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent, is_on=False)
    agent.thaw.clear()
    with rig:
        rig.until(location_id, Connection.OFF)
        change = RegistrationChange(is_on=True)
        rig.ask(rig.hub.gateway.change_registration(location_id, change))
        rig.until(location_id, Connection.STALE)
        agent.thaw.set()
        rig.until(location_id, Connection.ON)


def test_a_change_goes_on_though_nobody_waits_for_it(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    pictures = SlowPictures()
    rig.over(rig.registry, rig.credentials, pictures)
    with rig:
        pictures.may_go_on.set()
        rig.until(location_id, Connection.ON)
        pictures.is_saving.wait(DEADLINE)
        pictures.is_saving.clear()
        pictures.may_go_on.clear()
        elsewhere = RegistrationChange(host="localhost")
        call = rig.hub.gateway.change_registration(location_id, elsewhere)
        drop = rig.hub.submit(call, lambda _result, _error: None)
        assert pictures.is_saving.wait(DEADLINE)  # of the old session, which has ended
        drop()
        pictures.may_go_on.set()
        rig.wait(lambda: rig.connections(location_id)[-2:] == [Connection.STALE, Connection.ON])
        assert rig.state(location_id).registration.host == "localhost"


def test_a_heartbeat_proves_no_picture_that_has_not_come(agent: FakeAgent) -> None:
    told: list[Any] = []
    registration = Registration("x", "x", "", "h", 1, b"", "")

    async def take() -> None:
        async def no_secret() -> None:
            return None

        session = Session(registration, no_secret, told.append, QUICK, lambda: 0.0)
        parts: list[location_pb2.Snapshot] = []
        first = location_pb2.Snapshot(first=True, location=location_pb2.Location(location_id="x"))
        for message in (
            location_pb2.WatchResponse(snapshot=first),
            location_pb2.WatchResponse(heartbeat=location_pb2.Heartbeat()),
        ):
            session._take(message, parts)
        assert session.connection is not Connection.ON
        complete = location_pb2.Snapshot(complete=True)
        session._take(location_pb2.WatchResponse(revision=1, snapshot=complete), parts)
        assert session.connection is Connection.ON

    asyncio.run(take())
    assert [e.connection for e in told if isinstance(e, ConnectionChanged)] == [Connection.ON]


def test_what_changed_at_one_moment_is_shown_and_proves_only_when_all_of_it_is_here() -> None:
    told: list[Any] = []
    registration = Registration("x", "x", "", "h", 1, b"", "")

    def message(revision: int, *names: str, more: bool = False) -> location_pb2.WatchResponse:
        changes = [location_pb2.Change(task=tasks_pb2.Task(name=name)) for name in names]
        part = location_pb2.Changes(changes=changes, more=more)
        return location_pb2.WatchResponse(revision=revision, changes=part)

    async def take() -> None:
        async def no_secret() -> None:
            return None

        session = Session(registration, no_secret, told.append, QUICK, lambda: 0.0)
        parts: list[location_pb2.Snapshot] = []
        here = location_pb2.Location(location_id="x")
        whole = location_pb2.Snapshot(first=True, complete=True, location=here)
        session._take(location_pb2.WatchResponse(revision=1, snapshot=whole), parts)
        told.clear()
        session._take(message(1, "home", more=True), parts)
        assert told == []
        assert session._revision == 1
        session._take(message(3, "mail"), parts)
        assert session._revision == 3

    asyncio.run(take())
    assert [sorted(event.tasks) for event in told if isinstance(event, ObjectsChanged)] == [
        ["home", "mail"]
    ]


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
