"""What a real agent tells of its past, at a desk."""

import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from sesam_master.core.history import StoreSample
from sesam_master.core.records import Access, Client, Task
from tests.desk.remote.rig import PATIENT, HubRig
from tests.e2e.agent_process import AgentProcess
from tests.e2e.test_components_of_an_agent import Site

EVER = date(2000, 1, 1)


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        place = Path(directory)
        agent = AgentProcess(place / "root", place)
        agent.start()
        try:
            with HubRig(PATIENT) as rig:
                yield Site(rig, agent, place)
        finally:
            agent.close()


def test_the_start_and_a_backup_are_in_the_past(site: Site) -> None:
    """The agent takes its first sample when it starts; a backup within the hour takes none."""

    def past() -> tuple[StoreSample, ...]:
        return site.rig.ask(site.gateway.store_history(site.here, "", EVER))

    site.rig.wait(lambda: len(past()) > 0)
    [first] = past()
    assert (first.data_store, first.stored_bytes) == ("Store_1", 0)
    assert first.capacity_bytes is not None
    assert first.used_bytes is not None
    [store] = site.whole().stores or ()
    assert store.capacity_bytes == first.capacity_bytes
    assert (store.full_day, store.forecast_note) == ("", "1 day of history, 7 needed")

    (site.data / "file").write_bytes(b"x" * 300_000)
    site.add(Client("here", Access.LOCAL, ""))
    site.add(Task("docs", "here", (bytes(site.data),), (), ""))
    site.back_up("docs")
    [day] = site.rig.ask(site.gateway.growth(site.here, EVER))
    assert (day.backups, day.saved_bytes >= 300_000) == (1, True)
    assert day.rate is not None
    assert site.rig.ask(site.gateway.growth(site.here, day.sesam_day + timedelta(1))) == ()
    assert past() == (first,)
