"""Catalogues of every kind for the contract suites, and records to put into them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.ports import Catalogue
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
