"""Savesets of a real agent at the desk: listed, compared, kept for another time, deleted."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from sesam_master.core.errors import LocationError
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.records import BackupType, JobKind
from sesam_master.core.savesets import KeepReason, SavesetQuery, lineage
from sesam_master.core.states import JobState
from tests.desk.remote.rig import HubRig
from tests.e2e.agent_process import AgentProcess
from tests.e2e.test_desk_and_agent import PATIENT, enrol


@pytest.fixture
def agent() -> Iterator[AgentProcess]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        process = AgentProcess(Path(directory) / "root", Path(directory))
        process.start()
        yield process
        process.close()


def back_up(agent: AgentProcess, tree: Path) -> None:
    """A FULL and an INC of the task docs."""
    tree.mkdir()
    (tree / "a").write_bytes(os.urandom(100_000))
    with agent.connected() as location:
        location.add_client("local")
        location.add_task("docs", "local", [os.fsencode(tree)])
        for kind in ("FULL", "INC"):
            job = location.start_backup("docs", kind)
            location.wait(job.id)
            (tree / "b").write_bytes(os.urandom(5_000))


def test_a_chain_is_listed_verified_kept_and_deleted(agent: AgentProcess, tmp_path: Path) -> None:
    back_up(agent, tmp_path / "tree")
    with HubRig(PATIENT) as rig:
        here, gateway = enrol(rig, agent), rig.hub.gateway

        def listed() -> list[str]:
            page = rig.ask(gateway.find_savesets(here, SavesetQuery(task="docs"), "", 100))
            return [one.name for one in page.savesets]

        page = rig.ask(gateway.find_savesets(here, SavesetQuery(), "", 100))
        inc, full = page.savesets
        assert (full.type, inc.type, inc.base) == (BackupType.FULL, BackupType.INC, full.name)
        assert full.pool
        assert full.verify_time is None
        assert [one.name for one in lineage(inc, page.savesets).chain] == [full.name, inc.name]

        request_id = str(uuid.uuid4())
        made = rig.ask(gateway.verify(here, inc.name, True, request_id))
        again = rig.ask(gateway.verify(here, inc.name, True, request_id))
        [job] = made.jobs
        assert job.kind is JobKind.VERIFY
        assert [one.id for one in again.jobs] == [job.id]

        def has_ended() -> bool:
            """The watch tells the end of a verification, and forgets it."""
            told = [e.jobs.get(job.id) for e in rig.events if isinstance(e, ObjectsChanged)]
            return any(one is not None and not one.is_open for one in told)

        rig.wait(has_ended)
        ended = rig.ask(gateway.job(here, job.id))
        assert (ended.kind, ended.state, ended.saveset) == (JobKind.VERIFY, JobState.OK, inc.name)
        page = rig.ask(gateway.find_savesets(here, SavesetQuery(), "", 100))
        assert all(one.verify_time is not None for one in page.savesets)

        changed = rig.ask(gateway.change_eol(here, inc.name, "2099-12-31", str(uuid.uuid4())))
        assert changed.eol == "2099-12-31"
        fates = rig.ask(gateway.preview_retention(here, "2099-12-30", True, ""))
        reasons = {fate.saveset: fate.reason for fate in fates.fates}
        assert reasons.keys() == {full.name, inc.name}
        assert KeepReason.DELETED not in reasons.values()
        assert fates.deleted_savesets == 0

        with pytest.raises(LocationError) as refused:
            rig.ask(gateway.delete_savesets(here, [full.name], str(uuid.uuid4())))
        assert refused.value.reason == "SAVESET_NEEDED"
        assert f"{inc.name} builds on it" in refused.value.metadata["users"]
        assert listed() == [inc.name, full.name]
        rig.ask(gateway.delete_savesets(here, [full.name, inc.name], str(uuid.uuid4())))
        assert listed() == []
