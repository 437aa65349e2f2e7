"""A data store of repositories beside one of directories, at one real agent."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.media_records import DataStore, MediaPool
from sesam_api.plan_records import Drive
from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.changing import tree_of


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory on a disk, with a short path."""
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        yield Path(directory)


@pytest.fixture
def location(place: Path) -> Iterator[Location]:
    agent = AgentProcess(place / "root", place)
    agent.start()
    with agent.connected() as connected:
        yield connected
    agent.close()


def test_backups_to_both_kinds(location: Location, place: Path) -> None:
    source = place / "source"
    source.mkdir()
    (source / "a").write_bytes(b"a" * 5000)
    repositories = place / "repositories"
    location.add_data_store(DataStore("Repo", b"restic:" + bytes(repositories)))
    location.add_drive(Drive("Drive_R", group="R", data_store="Repo"))
    location.add_pool(MediaPool("OFFSITE", "R"))
    location.add_client("here")
    location.add_task("docs", "here", [str(source)])

    def backed_up(backup_type: str, pool: str = "") -> str:
        [job] = location.order_backup(backup_type, task="docs", pool=pool).jobs
        ended = location.wait(job, timeout=SECONDS)
        assert ended.state == "ok", ended.message
        return ended.saveset

    plain = backed_up("FULL")
    first = backed_up("INC", "OFFSITE")
    (source / "b").write_bytes(b"b" * 5000)
    second = backed_up("INC", "OFFSITE")
    third = backed_up("INC")
    savesets = {saveset.name: saveset for saveset in location.savesets()}
    assert (savesets[first].type, savesets[first].label) == ("FULL", "OFFSITE00001")
    assert (savesets[second].base, savesets[third].base) == (first, plain)
    for name in (second, third):
        assert location.wait(location.verify(name, whole_chain=True), SECONDS).state == "ok"
        target = place / name
        assert location.wait(location.restore(name, str(target)), SECONDS).state == "ok"
        assert tree_of(target / source.relative_to("/")) == tree_of(source)
    store = location.data_store("Repo")
    assert (store.fault, store.stored_size > 0) == ("", True)
    location.delete_savesets([second])
    assert location.wait(location.verify(first), SECONDS).state == "ok"
