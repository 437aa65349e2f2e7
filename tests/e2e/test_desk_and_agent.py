"""A desk over real agents that freeze, die and come back."""

import dataclasses
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sesam_master.core.registry import RegistrationChange
from sesam_master.core.states import Connection, JobState
from tests.desk.remote.rig import QUICK, HubRig
from tests.e2e.agent_process import AgentProcess, run

# A real agent's heartbeat comes every 15 s.
PATIENT = dataclasses.replace(QUICK, silence=40.0, proof=40.0)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a short path, for the agent's socket."""
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        yield Path(directory)


@pytest.fixture
def agent(place: Path) -> Iterator[AgentProcess]:
    process = AgentProcess(place / "root", place)
    process.start()
    yield process
    process.close()


def enrol(rig: HubRig, agent: AgentProcess) -> str:
    """Returns the location id, once it is on."""
    gateway = rig.hub.gateway
    host, _, port = agent.address.rpartition(":")
    presented = rig.ask(gateway.look(host, int(port)))
    token = run(agent.root, "token", "--role", "admin").stdout.split()[-1]
    location_id = rig.ask(gateway.enrol(presented, token, "", "")).location_id
    rig.until(location_id, Connection.ON)
    return location_id


def test_a_frozen_agent_is_not_shown_as_on(agent: AgentProcess) -> None:
    with HubRig(dataclasses.replace(QUICK, connect=1.0)) as rig:
        here = enrol(rig, agent)
        agent.send(signal.SIGSTOP)
        try:
            trouble = rig.until(here, Connection.BROKEN, "tls").trouble
            assert trouble is not None
            assert "does the agent respond" in trouble.detail
        finally:
            agent.send(signal.SIGCONT)
        rig.until(here, Connection.ON)


def test_an_agent_killed_in_a_backup(agent: AgentProcess, place: Path) -> None:
    tree = place / "tree"
    tree.mkdir()
    for number in range(40):
        (tree / str(number)).write_bytes(os.urandom(1_000_000))
    with HubRig(PATIENT) as rig:
        here = enrol(rig, agent)
        agent.hold.touch()
        with agent.connected() as location:
            location.add_client("local")
            location.add_task("docs", "local", [os.fsencode(tree)])
            job_id = location.start_backup("docs", "FULL").id

        def shown() -> JobState | None:
            state = rig.state(here)
            job = state.picture.jobs.get(job_id) if state.picture else None
            return state.shown_state(job) if job else None

        rig.wait(lambda: shown() is JobState.ACTIVE)
        agent.end(signal.SIGKILL)
        rig.until(here, Connection.BROKEN, "tcp")
        assert shown() is JobState.UNKNOWN
        agent.hold.unlink()
        agent.start()
        moved = RegistrationChange(port=int(agent.address.rpartition(":")[2]))
        rig.ask(rig.hub.gateway.change_registration(here, moved))
        rig.until(here, Connection.ON)
        rig.wait(lambda: shown() is JobState.BROKEN)


def test_a_revoked_credential_is_told_at_once(agent: AgentProcess) -> None:
    with HubRig(PATIENT) as rig:
        here = enrol(rig, agent)
        [given] = [
            line
            for line in run(agent.root, "credentials").stdout.splitlines()
            if "Sesam Master" in line
        ]
        assert run(agent.root, "revoke", given.split()[0]).returncode == 0
        trouble = rig.until(here, Connection.BROKEN, "credential").trouble
        assert trouble is not None
        assert "revoked" in trouble.detail
