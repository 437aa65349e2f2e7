"""The interface programs over the wire."""

import pytest

from server_agent.domain.access import Role
from server_agent.domain.interfaces import PRE
from sesam_api.v1 import location_pb2 as pb
from tests.rpc.agent.rig import AgentRig

LIST = "LocationService/ListInterfaces"


def test_the_last_run_of_a_backup_is_told(agent: AgentRig) -> None:
    agent.programs.put(PRE, "a secret", "STATUS:OK")
    agent.add_task()
    agent.backed_up()
    answer = agent.local.call(LIST)
    assert not answer.output_withheld
    first = answer.interfaces[0]
    assert (first.name, first.state) == (PRE, pb.INTERFACE_STATE_OFF)
    assert first.path.endswith(b"/bin/sesam/sbc_pre")
    run = first.last_run
    assert (run.outcome, run.exit_status, run.task) == (pb.INTERFACE_OUTCOME_OK, 0, "docs")
    assert run.output == b"a secret\nSTATUS:OK\n"
    assert run.HasField("end_time")
    assert not answer.interfaces[1].HasField("last_run")


@pytest.mark.parametrize("role", list(Role))
def test_what_it_wrote_is_for_some_roles_only(agent: AgentRig, role: Role) -> None:
    agent.programs.put(PRE, "a secret", "STATUS:OK")
    agent.add_task()
    agent.backed_up()
    answer = agent.enrolled(role).call(LIST)
    sees = role in (Role.ADMIN, Role.OPERATOR)
    run = answer.interfaces[0].last_run
    assert (answer.output_withheld, b"a secret" in run.output) == (not sees, sees)
    assert run.outcome == pb.INTERFACE_OUTCOME_OK
