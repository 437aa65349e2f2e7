"""Where the agent listens."""

import socket
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.identity import Identity
from server_agent.domain.access import Role
from server_agent.rpc.server import CannotListen, host_text
from sesam_api.v1 import jobs_pb2
from tests.rpc.agent.rig import AgentRig


def test_a_port_in_use_is_named(short_path: Path, identity: Identity) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(CannotListen, match=rf"127\.0\.0\.1:{port}.*another port"),
            AgentRig(short_path, identity, port=port),
        ):
            pass


def test_two_agents_do_not_share_a_port(
    agent: AgentRig, tmp_path: Path, identity: Identity
) -> None:
    with pytest.raises(CannotListen), AgentRig(tmp_path, identity, port=agent.port):
        pass


def test_a_socket_that_a_killed_agent_left_is_replaced(
    short_path: Path, identity: Identity
) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(short_path / "agent.sock"))
    with AgentRig(short_path, identity) as agent:
        assert agent.local.call("LocationService/GetLocation").location.name == "Alpha"
    assert not (short_path / "agent.sock").exists()


def test_a_socket_whose_directory_is_missing_is_named(short_path: Path, identity: Identity) -> None:
    with (
        pytest.raises(CannotListen, match=r"nothing/agent\.sock"),
        AgentRig(short_path / "nothing", identity),
    ):
        pass


def test_an_address_of_ipv6_is_in_brackets() -> None:
    assert host_text("::1") == "[::1]"
    assert host_text("fs-01") == "fs-01"


def test_it_serves_out_of_a_real_catalogue(
    short_path: Path, tmp_path: Path, identity: Identity
) -> None:
    url = f"sqlite:///{tmp_path}/c.sdb"
    catalogue = SqlCatalogue(url, create=True)
    with AgentRig(short_path, identity, catalogue=catalogue) as agent:
        credential = agent.credential(Role.OPERATOR)
        agent.add_task()
        with agent.local.stream("LocationService/Watch") as answers:
            revision = next(answers).revision
            saveset = agent.backed_up().saveset
            seen = next(answers)
            assert seen.revision > revision
    catalogue.close()
    again = SqlCatalogue(url)
    with AgentRig(short_path, identity, catalogue=again) as agent:
        operator = agent.caller(credential)
        [found] = operator.call("SavesetService/ListSavesets").savesets
        assert (found.name, found.state) == (saveset, jobs_pb2.JOB_STATE_OK)
        assert operator.call("JobService/ListJobs", with_counts=True).state_counts[0].count == 1
    again.close()
