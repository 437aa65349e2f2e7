"""Faults and odd moments in the session of one location: it ends by none of them."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from sesam_api.v1 import jobs_pb2, location_pb2, tasks_pb2
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import ConnectionChanged, ObjectsChanged
from sesam_master.core.registry import (
    Registration,
    RegistrationChange,
    Remembered,
)
from sesam_master.core.states import Connection
from sesam_master.remote.session import Link, Session
from tests.desk.remote.rig import (
    DEADLINE,
    QUICK,
    HubRig,
    MemoryPictures,
)
from tests.fakes.agent_server import FakeAgent
from tests.fakes.certificates import make_certificate


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        running.location.put_client("fs-01")
        running.location.put_task("docs", "fs-01", [b"/srv"])
        yield running


def certificate_of() -> bytes:
    """In DER, of nobody."""
    return ssl.PEM_cert_to_DER_cert(make_certificate().certificate.decode())


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
