"""A data store of repositories beside one of directories, at one real agent."""

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from server_agent.adapters.restic.tidying import EVERY_SECONDS
from server_agent.domain.self_backup import SELF_BACKUP
from sesam_api.client import Location
from sesam_api.media_records import DataStore, MediaPool
from sesam_api.plan_records import Drive
from tests.contract.restic_rig import weaken
from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.changing import tree_of
from tests.e2e.test_retention import TODAY, Root, newdays, root

__all__ = ["root"]


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
    secrets = place / "root/var/ini/secrets"
    weaken(repositories / "OFFSITE00001", secrets / "restic.key")
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
    job = location.wait(location.migrate("DISK", [first]), SECONDS)
    assert job.state == "error"
    assert "what is to be copied lies in repositories of restic" in job.message
    location.delete_savesets([second])
    assert location.wait(location.verify(first), SECONDS).state == "ok"


def test_newday_tidies_what_a_removal_has_left(root: Root) -> None:
    """A pack of which a part is needed is written anew, once and not at once."""
    repositories = root.place.parent / "repositories"
    with root.agent.connected() as location:
        location.remove_event(SELF_BACKUP)
        location.add_client("here")
        location.add_task("docs", "here", [str(root.source)])
        location.add_data_store(DataStore("Repo", b"restic:" + bytes(repositories)))
        location.add_drive(Drive("Drive_R", group="R", data_store="Repo"))
        location.add_pool(MediaPool("WEEK", "R"))
        for number in range(8):
            (root.source / f"f{number}").write_bytes(os.urandom(400_000))
        old = root.backed_up(location, "FULL")
        weaken(repositories / "WEEK00001", root.place / "var/ini/secrets/restic.key")
        for number in range(0, 8, 2):
            (root.source / f"f{number}").unlink()
        new = root.backed_up(location, "COPY")
        location.delete_savesets([old])
        before = size_of(repositories)
        (mark,) = root.place.rglob("untidy/*")
        past = time.time() - EVERY_SECONDS - 1
        os.utime(mark, (past, past))
        root.clock.start()
        jobs = newdays(location, TODAY + timedelta(days=2))
        texts = [line.text for job in jobs for line in location.protocol(job.id)]
        assert sum("WEEK00001 is tidied" in text for text in texts) == 1
        assert not mark.exists()
        assert size_of(repositories) < before - 1_000_000
        assert location.wait(location.verify(new), SECONDS).state == "ok"


def size_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
