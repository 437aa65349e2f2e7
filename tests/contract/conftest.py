"""Catalogues and engines of every kind for the contract suites, and records to put into them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.domain.jobs import Job
from server_agent.ports import Catalogue
from tests.agent.ssh.server import SshServer
from tests.contract.engine_rig import Rig, make_rig, with_files
from tests.contract.job_lists import spread_jobs
from tests.contract.restic_rig import ResticRig
from tests.fakes.catalogue import MemoryCatalogue


@pytest.fixture(params=["memory", "sqlite"])
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    """An empty catalogue of each kind."""
    made: Catalogue
    if request.param == "memory":
        made = MemoryCatalogue()
    else:
        made = SqlCatalogue(f"sqlite:///{tmp_path}/sesam_db.sdb", create=True)
    yield made
    made.close()


@pytest.fixture(scope="session")
def ssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    server = SshServer(tmp_path_factory.mktemp("sshd"))
    yield server
    server.stop()


@pytest.fixture(params=["fake", "tar", "tar over ssh", "restic"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    """An engine of each kind."""
    if request.param == "restic":
        return with_files(ResticRig(tmp_path))
    if request.param != "tar over ssh":
        return make_rig(request.param, tmp_path)
    server: SshServer = request.getfixturevalue("ssh_server")
    return make_rig(request.param, tmp_path, server.client)


@pytest.fixture
def filled(catalogue: Catalogue) -> tuple[Catalogue, list[Job]]:
    """A catalogue of each kind with jobs in it, and these."""
    with catalogue.write() as writer:
        return catalogue, [writer.add_job(job) for job in spread_jobs()]
