"""What is too long is refused with the field that it stands in, and a full disk with the place."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from server_agent.adapters.identity import Identity
from server_agent.ports import EngineError
from sesam_api.v1 import jobs_pb2
from tests.agent.service.steered import DONE, Gate
from tests.fakes.catalogue import MemoryCatalogue, MemoryTransaction
from tests.rpc.agent.rig import AgentRig

TASK = {"name": "t", "client": "host", "sources": [b"/a"]}


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("TopologyService/CreateClient", {"name": "x" * 129}, "name"),
        ("TopologyService/CreateClient", {"name": "x", "comment": "x" * 4097}, "comment"),
        ("TopologyService/ListClients", {"filter": "x" * 1001}, "filter"),
        ("TaskService/CreateTask", TASK | {"name": "x" * 10_000}, "name"),
        ("TaskService/CreateTask", TASK | {"sources": [b"/" + b"x" * 4095]}, "sources"),
        (
            "TaskService/CreateTask",
            TASK | {"sources": [b"/%d" % n for n in range(1001)]},
            "sources",
        ),
        ("TaskService/CreateTask", TASK | {"sources": [b"/a-b", b"/a/b", b"/a"]}, "sources"),
        ("TaskService/CreateTask", TASK | {"excludes": ["x" * 4096]}, "excludes"),
        ("TaskService/CreateTask", TASK | {"excludes": ["x"] * 1001}, "excludes"),
        ("TaskService/ListTasks", {"filter": "x" * 1001}, "filter"),
        ("JobService/ListJobs", {"filter": {"text": "x" * 1001}}, "filter.text"),
        ("SavesetService/ListSavesets", {"filter": {"task": "x" * 1001}}, "filter.task"),
        ("SavesetService/StartRestore", {"target": b"/" + b"x" * 4095}, "target"),
        ("SavesetService/StartRestore", {"target": b"/", "paths": [b"x" * (5 << 20)]}, "paths"),
    ],
)
def test_what_is_too_long(agent: AgentRig, method: str, fields: dict[str, Any], field: str) -> None:
    agent.add_task()
    refused = agent.local.refused(method, **fields)
    assert (refused.reason, refused.metadata["field"]) == ("INVALID_ARGUMENT", field)
    assert refused.metadata["expected"]
    assert len(refused.text) < 1000


class FullCatalogue(MemoryCatalogue):
    """Cannot be written once it is `full`."""

    full = False

    @contextmanager
    def write(self) -> Iterator[MemoryTransaction]:
        if self.full:
            raise OSError(errno.EDQUOT, "Disk quota exceeded", "/var/sesam_db.sdb")
        with super().write() as transaction:
            yield transaction


@pytest.mark.logs_warnings  # the agent's own work meets the full disk, too
def test_a_full_disk_is_no_incident(
    short_path: Path, identity: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    catalogue = FullCatalogue()
    with AgentRig(short_path, identity, catalogue) as agent:
        catalogue.full = True
        refused = agent.local.refused("TopologyService/CreateClient", name="x")
    assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "NO_SPACE")
    assert refused.metadata == {"place": "/var/sesam_db.sdb"}
    assert not [line for line in caplog.messages if "incident" in line]


def test_damage_is_on_the_wire(agent: AgentRig) -> None:
    agent.add_task()
    saveset = agent.backed_up().saveset
    agent.engine.scripts.append([EngineError("SAVESET_DAMAGED", "It was cut.", saveset)])
    restore = agent.local.call("SavesetService/StartRestore", saveset=saveset, target=b"/tmp/x")
    agent.ended(restore.job.job_id)
    one = agent.local.call("SavesetService/GetSaveset", name=saveset).saveset
    assert (one.damage, one.state) == ("It was cut.", jobs_pb2.JOB_STATE_ERROR)
    assert list(agent.local.call("SavesetService/ListSavesets").savesets) == [one]


def test_a_running_backup_names_no_saveset_yet(agent: AgentRig) -> None:
    agent.add_task()
    gate = Gate()
    agent.engine.scripts.append([gate, DONE])
    job_id = agent.start_backup()
    gate.wait_until_reached()
    assert agent.local.call("JobService/GetJob", job_id=job_id).job.saveset == ""
    gate.open()
    assert agent.ended(job_id).saveset.startswith("SF")
