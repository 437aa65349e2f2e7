"""The parts of an agent as a watch tells them, and what is sent to restart or stop."""

from google.protobuf.timestamp_pb2 import Timestamp

from sesam_api.v1 import agent_pb2, location_pb2
from sesam_master.core.processes import ProcessState, StopMode
from sesam_master.remote.convert_processes import agent_process
from sesam_master.remote.live import LiveState
from tests.fakes.fleet import NOW

ONLINE, FAILED = agent_pb2.PART_STATE_ONLINE, agent_pb2.PART_STATE_FAILED


def part(name: str, state: agent_pb2.PartState.ValueType, fault: str = "") -> agent_pb2.Part:
    return agent_pb2.Part(
        name=name, state=state, last_fault=fault, restarts=2, since_time=Timestamp(seconds=60)
    )


def live(*parts: agent_pb2.Part) -> LiveState:
    return LiveState([location_pb2.Snapshot(first=True, complete=True, agent_parts=parts)])


def test_they_are_in_the_picture_and_in_what_is_kept() -> None:
    state = live(part("qm", ONLINE), part("db", FAILED, "It hangs."))
    for each in (state, LiveState.from_bytes(state.to_bytes())):
        told = each.picture().processes
        assert {name: one.state for name, one in told.items()} == {
            "qm": ProcessState.ONLINE,
            "db": ProcessState.FAILED,
        }
        assert (told["db"].last_fault, told["db"].restarts) == ("It hangs.", 2)


def test_a_change_is_told_and_kept() -> None:
    state = live(part("qm", ONLINE))
    change = location_pb2.Change(agent_part=part("qm", FAILED, "It hangs."))
    told = state.take([change], NOW)
    assert told is not None
    assert told.processes["qm"].state is ProcessState.FAILED
    kept = LiveState.from_bytes(state.to_bytes()).picture().processes
    assert kept["qm"].state is ProcessState.FAILED


def test_what_only_a_newer_desk_knows_is_unknown_and_never_online() -> None:
    strange = part("qm", ONLINE)
    strange.state = 99  # type: ignore[assignment]
    assert live(strange).picture().processes["qm"].state is ProcessState.UNKNOWN


def test_an_agent_that_was_told_to_end_says_so() -> None:
    answer = agent_pb2.GetAgentResponse(stopping=agent_pb2.STOP_MODE_DRAIN, running_jobs=2)
    assert agent_process(answer).stopping is StopMode.DRAIN
    assert agent_process(agent_pb2.GetAgentResponse()).stopping is None
