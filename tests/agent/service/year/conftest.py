"""Catalogues of both kinds, and a location with a plan."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.ports import Catalogue
from tests.agent.domain.plans import schedule
from tests.agent.service.year.location import Location, location_at, utc
from tests.fakes.catalogue import MemoryCatalogue


@pytest.fixture(params=["memory", "sqlite"])
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    made: Catalogue
    if request.param == "memory":
        made = MemoryCatalogue()
    else:
        made = SqlCatalogue(f"sqlite:///{tmp_path}/sesam_db.sdb", create=True)
    yield made
    made.close()


@pytest.fixture
def location(catalogue: Catalogue) -> Location:
    """Monday noon, with the tasks docs and mail, both in the group all, and a schedule at eight in
    the evening."""
    made = location_at(catalogue, utc("2026-03-02 12:00"), "UTC")
    made.add_tasks("docs", "mail")
    made.add_group("all", "mail", "docs")
    made.add_schedule(replace(schedule(start_time=time(20)), name="evening"))
    return made
