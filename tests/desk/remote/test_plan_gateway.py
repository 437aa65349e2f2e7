"""What the desk knows of the plan of a location that is not reached."""

from collections.abc import Iterator
from datetime import date, time

import pytest

from sesam_api.v1 import groups_pb2, schedules_pb2
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import Schedule, TaskGroup
from sesam_master.core.registry import RegistrationChange
from sesam_master.core.states import Connection
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent
from tests.fakes.agent_state import Change


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as agent:
        schedule = schedules_pb2.Schedule(
            name="nightly", rule="FREQ=DAILY", start_time="20:00", start_date="2026-01-01"
        )
        schedule.next_time.GetCurrentTime()
        agent.location.schedules["nightly"] = schedule
        yield agent


@pytest.fixture
def here(agent: FakeAgent) -> str:
    return agent.location.location_id


@pytest.fixture
def rig(agent: FakeAgent, here: str) -> Iterator[HubRig]:
    rig = HubRig()
    rig.register(agent)
    with rig:
        rig.until(here, Connection.ON)
        yield rig


def test_all_pages_come(rig: HubRig, here: str, agent: FakeAgent) -> None:
    for number in range(2_500):
        name = f"g{number:04}"
        agent.location.groups[name] = groups_pb2.TaskGroup(name=name)
    plan = rig.ask(rig.hub.gateway.plan(here))
    assert [one.name for one in plan.groups] == [f"g{n:04}" for n in range(2_500)]
    assert [name for name, _ in agent.calls].count("ListTaskGroups") == 3


def test_a_dark_location_has_the_plan_that_its_watch_told(
    rig: HubRig, here: str, agent: FakeAgent
) -> None:
    group = groups_pb2.TaskGroup(name="all", tasks=["home"], etag="1")
    agent.location.record(Change(group=group))
    rig.wait(lambda: any(getattr(event, "is_plan_changed", False) for event in rig.events))
    live = rig.ask(rig.hub.gateway.plan(here))
    agent.stop()
    rig.until(here, Connection.BROKEN)

    kept = rig.ask(rig.hub.gateway.plan(here))

    assert (live.is_kept, kept.is_kept) == (False, True)
    assert live.schedules[0].next_time is not None
    assert kept.schedules == (Schedule("nightly", "FREQ=DAILY", time(20), date(2026, 1, 1),
                                       active=False),)  # fmt: skip
    assert kept.groups == (TaskGroup("all", ("home",), etag="1"),)
    assert kept.as_of == rig.state(here).proof_time
    with pytest.raises(LocationError) as caught:
        rig.ask(rig.hub.gateway.add_to_plan(here, TaskGroup("more")))
    assert caught.value.trouble is Trouble.UNREACHABLE


def test_the_plan_is_kept_over_a_new_start(agent: FakeAgent, here: str) -> None:
    rig = HubRig()
    rig.register(agent)
    with rig:
        rig.until(here, Connection.ON)
    agent.stop()
    later = HubRig()
    later.pictures.save(rig.pictures.load())
    later.register(agent)
    with later:
        later.wait(lambda: here in later.fleet.locations and later.state(here).picture is not None)
        kept = later.ask(later.hub.gateway.plan(here))
    assert [one.name for one in kept.schedules] == ["nightly"]
    assert kept.as_of == later.state(here).proof_time


def test_a_location_that_is_off_has_the_plan_of_before(
    rig: HubRig, here: str, agent: FakeAgent
) -> None:
    rig.ask(rig.hub.gateway.change_registration(here, RegistrationChange(is_on=False)))
    rig.until(here, Connection.OFF)
    assert rig.ask(rig.hub.gateway.plan(here)).is_kept
    with pytest.raises(LocationError) as caught:
        rig.ask(rig.hub.gateway.remove_from_plan(here, TaskGroup("all")))
    assert caught.value.trouble is Trouble.OFF


def test_a_live_location_that_answers_nonsense_is_not_covered_up(
    rig: HubRig, here: str, agent: FakeAgent
) -> None:
    agent.location.schedules["nightly"].start_time = "soon"
    with pytest.raises(LocationError) as caught:
        rig.ask(rig.hub.gateway.plan(here))
    assert caught.value.trouble is Trouble.INTERNAL


def test_what_was_never_known_is_refused(agent: FakeAgent, here: str) -> None:
    agent.stop()
    rig = HubRig()
    rig.register(agent)
    with rig:
        rig.until(here, Connection.BROKEN)
        with pytest.raises(LocationError) as caught:
            rig.ask(rig.hub.gateway.plan(here))
    assert caught.value.trouble is Trouble.UNREACHABLE
