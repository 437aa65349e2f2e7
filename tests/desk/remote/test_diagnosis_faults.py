"""Odd addresses and certificates: the diagnosis says at which step it fails."""

import socket
from collections.abc import Iterator

import pytest

from sesam_master.core.states import Connection
from tests.desk.remote.rig import (
    HubRig,
)
from tests.fakes.agent_server import FakeAgent
from tests.fakes.certificates import make_certificate


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        running.location.put_client("fs-01")
        running.location.put_task("docs", "fs-01", [b"/srv"])
        yield running


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
