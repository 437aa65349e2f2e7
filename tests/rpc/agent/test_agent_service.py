"""AgentService."""

import uuid
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from server_agent.domain.parts import PARTS
from sesam_api.v1 import agent_pb2, jobs_pb2
from tests.rpc.agent.rig import AgentRig

GET, RESTART, STOP = (
    "AgentService/GetAgent",
    "AgentService/RestartPart",
    "AgentService/StopAgent",
)


def part(agent: AgentRig, name: str) -> Any:
    return next(each for each in agent.local.call(GET).parts if each.name == name)


def test_every_part_is_shown(agent: AgentRig) -> None:
    answer = agent.local.call(GET)
    assert [each.name for each in answer.parts] == [name for name, _ in PARTS]
    assert all(each.description for each in answer.parts)
    assert {each.state for each in answer.parts} == {agent_pb2.PART_STATE_ONLINE}
    assert {each.pid for each in answer.parts} == {answer.pid}
    assert (answer.stopping, answer.running_jobs) == (agent_pb2.STOP_MODE_UNSPECIFIED, 0)


def test_watchers_see_a_part_begin_again_once_for_one_request(agent: AgentRig) -> None:
    asked = {"name": "names", "request_id": str(uuid.uuid4())}
    with agent.local.stream("LocationService/Watch") as watch:
        first = next(watch)
        assert {each.name for each in first.snapshot.agent_parts} == {name for name, _ in PARTS}
        agent.local.call(RESTART, **asked)
        changed = next(
            change.agent_part
            for answer in watch
            for change in answer.changes.changes
            if change.HasField("agent_part")
        )
    assert (changed.name, changed.restarts) == ("names", 1)
    agent.local.call(RESTART, **asked)
    agent.local.call(RESTART, name="db")
    assert part(agent, "names").restarts == 1


def test_a_part_that_is_not_there(agent: AgentRig) -> None:
    refused = agent.local.refused(RESTART, name="tape\n")
    assert refused.reason == "PART_NOT_FOUND"
    assert "sepuler" in refused.metadata["expected"]


@pytest.mark.parametrize(
    ("mode", "longest", "field"),
    [
        (agent_pb2.STOP_MODE_UNSPECIFIED, None, "mode"),
        (99, None, "mode"),
        (agent_pb2.STOP_MODE_INTERRUPT, Duration(seconds=5), "longest"),
        (agent_pb2.STOP_MODE_DRAIN, Duration(seconds=0), "longest"),
        (agent_pb2.STOP_MODE_DRAIN, Duration(seconds=-5), "longest"),
        (agent_pb2.STOP_MODE_DRAIN, Duration(seconds=8 * 24 * 3600), "longest"),
        (agent_pb2.STOP_MODE_DRAIN, Duration(seconds=1 << 62), "longest"),
    ],
)
def test_an_end_that_cannot_be_meant(
    agent: AgentRig, mode: int, longest: Duration | None, field: str
) -> None:
    refused = agent.local.refused(STOP, mode=mode, longest=longest)
    assert (refused.reason, refused.metadata["field"]) == ("INVALID_ARGUMENT", field)
    assert agent.local.call(GET).stopping == agent_pb2.STOP_MODE_UNSPECIFIED


def test_an_agent_that_was_told_to_end_starts_nothing_more(agent: AgentRig) -> None:
    ended: list[None] = []
    agent.stopping.on_end(lambda: ended.append(None))
    assert agent.local.call(STOP, mode=agent_pb2.STOP_MODE_DRAIN).running_jobs == 0
    assert ended == [None]  # nothing was to be waited for
    assert agent.local.call(GET).stopping == agent_pb2.STOP_MODE_DRAIN
    agent.add_task()
    job_id = agent.start_backup()
    with agent.local.stream("LocationService/Watch") as watch:
        for number in (1, 2):  # at the second it has looked at the queue since the first
            agent.local.call(RESTART, name="qm")
            next(
                change
                for answer in watch
                for change in answer.changes.changes
                if change.agent_part.name == "qm" and change.agent_part.restarts == number
            )
    found = agent.local.call("JobService/GetJob", job_id=job_id).job
    assert found.state == jobs_pb2.JOB_STATE_QUEUED
