"""What the desk knows of the components of a location that is not reached, and what it is told."""

from collections.abc import Iterator

import pytest

from sesam_api.v1 import drives_pb2, location_pb2, tasks_pb2
from sesam_master.core.components import MediaPool
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.states import Connection
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent
from tests.fakes.agent_state import Change


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as agent:
        agent.location.put_client("local")
        agent.location.put_task("home", "local", [b"/home"], comment="all")
        agent.location.drives["one"] = drives_pb2.Drive(name="one", streams=2, etag="1")
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
        name = f"t{number:04}"
        agent.location.tasks[name] = tasks_pb2.Task(name=name, client="local")
    whole = rig.ask(rig.hub.gateway.components(here))
    assert [task.name for task in whole.tasks] == ["home", *(f"t{n:04}" for n in range(2_500))]
    assert [name for name, _ in agent.calls].count("ListTasks") == 3


def test_a_dark_location_has_what_its_watch_told_and_nothing_else(
    rig: HubRig, here: str, agent: FakeAgent
) -> None:
    live = rig.ask(rig.hub.gateway.components(here))
    agent.stop()
    rig.until(here, Connection.BROKEN)

    kept = rig.ask(rig.hub.gateway.components(here))

    assert (live.is_kept, live.media, kept.is_kept) == (False, (), True)
    assert (kept.clients, kept.tasks, kept.drives) == (live.clients, live.tasks, live.drives)
    assert (kept.stores, kept.pools, kept.media) == (None, None, None)
    assert kept.as_of == rig.state(here).proof_time
    with pytest.raises(LocationError) as caught:
        rig.ask(rig.hub.gateway.add_component(here, MediaPool("KEEP")))
    assert caught.value.trouble is Trouble.UNREACHABLE


def test_what_was_never_known_is_refused(agent: FakeAgent, here: str) -> None:
    agent.stop()
    rig = HubRig()
    rig.register(agent)
    with rig:
        rig.until(here, Connection.BROKEN)
        with pytest.raises(LocationError) as caught:
            rig.ask(rig.hub.gateway.components(here))
    assert caught.value.trouble is Trouble.UNREACHABLE


def test_a_lost_answer_makes_nothing_twice(rig: HubRig, here: str, agent: FakeAgent) -> None:
    agent.lost_answers = 1
    made = rig.ask(rig.hub.gateway.add_component(here, MediaPool("KEEP")))

    assert made == MediaPool("KEEP", etag="1")
    assert [name for name, _ in agent.calls].count("CreateMediaPool") == 2


@pytest.mark.parametrize(
    "change",
    [
        Change(media_changed=location_pb2.MediaChanged()),
        Change(drive=drives_pb2.Drive(name="two")),
        Change(removed_drive="one"),
    ],
    ids=["media", "drive", "removed drive"],
)
def test_a_change_is_told(rig: HubRig, agent: FakeAgent, change: location_pb2.Change) -> None:
    agent.location.record(change)
    rig.wait(lambda: any(isinstance(e, ObjectsChanged) and e.is_media_changed for e in rig.events))
