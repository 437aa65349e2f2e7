"""The desk's own switches over a real agent: they bind this desk, and nobody else."""

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sesam_master.core import farm_edits
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.farms import ROOT, Farms, Marks, Switches
from sesam_master.core.maintenance import MaintenanceWindow
from sesam_master.core.records import BackupType
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.core.states import Connection, JobState
from sesam_master.storage.farm_file import FarmFile
from tests.desk.remote.rig import HubRig
from tests.e2e.agent_process import REPOSITORY, SECONDS, AgentProcess
from tests.e2e.test_desk_and_agent import PATIENT, enrol

SM_CMD = "import sys; from server_agent.commands.sm_cmd import main; sys.exit(main())"


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        yield Path(directory)


@pytest.fixture
def agent(place: Path) -> Iterator[AgentProcess]:
    tree = place / "tree"
    tree.mkdir()
    (tree / "letter").write_bytes(b"Dear reader")
    process = AgentProcess(place / "root", place)
    process.start()
    with process.connected() as location:
        location.add_client("local")
        location.add_task("docs", "local", [os.fsencode(tree)])
    yield process
    process.close()


def sm_cmd(agent: AgentProcess, *words: str) -> "subprocess.CompletedProcess[str]":
    """As the location's own administrator."""
    return subprocess.run(
        (sys.executable, "-c", SM_CMD, "--root", str(agent.root), *words),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def start(rig: HubRig, location_id: str) -> str:
    """The id of the job."""
    order = BackupOrder(StartObject(location_id, task="docs"), BackupType.FULL)
    made = rig.ask(rig.hub.gateway.order_backup(order, str(uuid.uuid4())))
    return made.jobs[0].id


def over_file(path: Path) -> HubRig:
    rig = HubRig(PATIENT)
    rig.farms = FarmFile(path)  # type: ignore[assignment]
    rig.over(rig.registry, rig.credentials, rig.pictures)
    return rig


def marked(rig: HubRig, marks: Marks) -> Farms:
    return rig.ask(
        rig.hub.gateway.change_farms(lambda farms: farm_edits.mark_farm(farms, ROOT, marks))
    )


def test_observe_only_binds_this_desk_and_nobody_else(agent: AgentProcess, place: Path) -> None:
    with over_file(place / "farms.json") as here, HubRig(PATIENT) as other:
        location_id = enrol(here, agent)
        assert enrol(other, agent) == location_id
        marked(here, Marks(switches=Switches(observes=True)))

        with pytest.raises(LocationError) as caught:
            start(here, location_id)
        assert caught.value.trouble is Trouble.OBSERVED
        state = here.state(location_id)
        assert state.picture is not None
        assert len(state.picture.jobs) == 0, "the agent has heard of nothing"

        done = sm_cmd(agent, "backup", "docs", "-l", "F", "--wait")
        assert done.returncode == 0, done.stderr
        job_id = start(other, location_id)

        def is_seen() -> bool:
            picture = here.state(location_id).picture
            job = picture.jobs.get(job_id) if picture is not None else None
            return job is not None and job.state is JobState.OK

        here.wait(is_seen)  # whoever may only look sees it all the same
        with pytest.raises(LocationError) as caught:
            here.ask(here.hub.gateway.cancel_job(location_id, job_id, str(uuid.uuid4())))
        assert caught.value.trouble is Trouble.OBSERVED
    with over_file(place / "farms.json") as again:
        assert enrol(again, agent) == location_id
        assert again.state(location_id).control.observed_by is not None, "also after a start"
        marked(again, Marks())
        assert start(again, location_id)


def test_off_binds_this_desk_and_nobody_else(agent: AgentProcess, place: Path) -> None:
    with over_file(place / "farms.json") as here, HubRig(PATIENT) as other:
        location_id = enrol(here, agent)
        assert enrol(other, agent) == location_id
        marked(here, Marks(switches=Switches(is_off=True)))
        here.until(location_id, Connection.OFF)
        coverage = here.fleet.coverage(datetime.now(UTC))
        assert (coverage.covered, coverage.total, coverage.off) == (0, 1, 1)
        assert start(other, location_id)
        assert sm_cmd(agent, "list", "tasks").returncode == 0
        marked(here, Marks())
        here.until(location_id, Connection.ON)


def test_maintenance_keeps_an_agent_that_goes_down_from_alarming(
    agent: AgentProcess, place: Path
) -> None:
    with over_file(place / "farms.json") as here:
        location_id = enrol(here, agent)
        now = datetime.now(UTC).replace(tzinfo=None)
        window = MaintenanceWindow(now - timedelta(hours=1), now + timedelta(hours=1), "UTC")
        marked(here, Marks(switches=Switches(windows=(window,))))
        agent.close()
        state = here.until(location_id, Connection.BROKEN)
        assert not state.is_in_trouble
        assert state.trouble is not None, "what is true stays known"
        here.fleet.expire(datetime.now(UTC) + timedelta(hours=2))
        assert here.state(location_id).is_in_trouble, "it ended by itself"
