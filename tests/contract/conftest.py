"""Catalogues of every kind for the contract suites, and records to put into them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.domain.jobs import Job
from server_agent.ports import Catalogue
from tests.contract.job_lists import spread_jobs
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


@pytest.fixture
def filled(catalogue: Catalogue) -> tuple[Catalogue, list[Job]]:
    """A catalogue of each kind with jobs in it, and these."""
    with catalogue.write() as writer:
        return catalogue, [writer.add_job(job) for job in spread_jobs()]
