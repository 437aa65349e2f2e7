"""Two desks over the same stores: each follows what the other does to the list of locations."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sesam_master.core.errors import LocationError
from sesam_master.core.fleet import RegistrationsChanged
from sesam_master.core.gateway import Presented
from sesam_master.core.registry import Registration, RegistrationChange, RegistryError
from sesam_master.core.states import Connection
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        yield running


@pytest.fixture
def window() -> HubRig:
    """Not started yet."""
    return HubRig()


@pytest.fixture
def other(window: HubRig) -> HubRig:
    """Not started yet, over the stores of the window."""
    rig = HubRig()
    rig.farms = window.farms
    rig.over(window.registry, window.credentials, window.pictures)
    return rig


def look(rig: HubRig, agent: FakeAgent) -> Presented:
    host, _, port = agent.address.rpartition(":")
    return rig.ask(rig.hub.gateway.look(host, int(port)))


def enrol(rig: HubRig, agent: FakeAgent) -> Registration:
    token = agent.enrolment_token()
    return rig.ask(rig.hub.gateway.enrol(look(rig, agent), token, "", "EMEA"))


def named(registration: Registration, name: str) -> Registration:
    return replace(registration, name=name)


def test_a_location_that_another_desk_enrols_is_connected(
    agent: FakeAgent, window: HubRig, other: HubRig
) -> None:
    with FakeAgent("Beta") as beta:
        first = window.register(beta)
        with window, other:
            window.until(first, Connection.ON)
            added = enrol(other, agent).location_id
            assert window.until(added, Connection.ON).registration.farm == "EMEA"
            assert window.connections(first)[-1] is Connection.ON
            change = RegistrationChange(name="Lisbon")
            window.ask(window.hub.gateway.change_registration(first, change))
            other.wait(lambda: other.state(first).registration.name == "Lisbon")
        assert [item.location_id for item in window.registry.kept] == [first, added]
        assert set(window.credentials.kept) == {first, added}


def test_a_location_that_another_desk_removes_is_gone_with_its_picture(
    agent: FakeAgent, window: HubRig, other: HubRig
) -> None:
    here = window.register(agent)
    with window, other:
        for rig in (window, other):
            rig.until(here, Connection.ON)
        other.ask(other.hub.gateway.remove_registration(here))
        window.wait(lambda: not window.fleet.locations)
        with pytest.raises(LocationError) as caught:
            window.ask(window.hub.gateway.reconnect(here))
        assert caught.value.reason == "NOT_LISTED"
    assert window.registry.kept == []
    assert window.credentials.kept == {}
    assert window.pictures.kept == {}


def test_a_name_from_another_desk_does_not_touch_the_connection(
    agent: FakeAgent, window: HubRig, other: HubRig
) -> None:
    here = window.register(agent)
    with window:
        window.until(here, Connection.ON)
        with other:
            change = RegistrationChange(name="Vienna")
            other.ask(other.hub.gateway.change_registration(here, change))
            window.wait(lambda: window.state(here).registration.name == "Vienna")
        assert set(window.connections(here)) <= {Connection.STALE, Connection.ON}
        assert window.state(here).connection is Connection.ON


def test_a_switch_of_another_desk_is_followed(
    agent: FakeAgent, window: HubRig, other: HubRig
) -> None:
    here = window.register(agent)
    with window, other:
        window.until(here, Connection.ON)
        gateway = other.hub.gateway
        other.ask(gateway.change_registration(here, RegistrationChange(is_on=False)))
        window.until(here, Connection.OFF)
        other.ask(gateway.change_registration(here, RegistrationChange(is_on=True)))
        window.until(here, Connection.ON)


def test_a_change_leaves_alone_what_it_does_not_name(
    agent: FakeAgent, window: HubRig, other: HubRig
) -> None:
    here = window.register(agent, is_on=False)
    with window, other:
        presented = replace(look(other, agent), certificate=b"new", fingerprint="AB" * 32)
        other.ask(other.hub.gateway.accept_certificate(here, presented))
        for rig in (window, other):
            change = RegistrationChange(name=f"of {id(rig)}")
            rig.ask(rig.hub.gateway.change_registration(here, change))
            [kept] = window.registry.kept
            assert (kept.certificate, kept.fingerprint) == (b"new", "AB" * 32)
            assert (kept.name, kept.is_on) == (change.name, False)


@pytest.mark.logs_warnings
def test_a_list_that_becomes_unusable_changes_nothing_and_is_told_once(
    agent: FakeAgent, window: HubRig, caplog: pytest.LogCaptureFixture
) -> None:
    here = window.register(agent)
    with window:
        window.until(here, Connection.ON)
        good = window.registry.load

        def damaged() -> list[Registration]:
            raise RegistryError("It is damaged.")

        window.registry.load = damaged  # type: ignore[method-assign]
        window.registry.kept = [named(window.registry.kept[0], "broken")]
        # Heartbeats come more often than the list is looked at.
        window.wait(lambda: "It is damaged." in caplog.text)
        told = len(window.events)
        window.wait(lambda: len(window.events) > told + 4)
        assert window.state(here).connection is Connection.ON
        assert caplog.text.count("It is damaged.") == 1
        window.registry.load = good  # type: ignore[method-assign]
        window.registry.kept = [named(window.registry.kept[0], "good again")]
        window.wait(lambda: window.state(here).registration.name == "good again")
    assert RegistrationsChanged(()) not in window.events
