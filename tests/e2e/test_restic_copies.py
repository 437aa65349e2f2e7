"""Savesets that lie in two repositories of restic, at one real agent."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.media_records import DataStore, MediaPool
from sesam_api.plan_records import Drive
from sesam_api.records import Job
from tests.contract.restic_rig import weaken
from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.changing import tree_of

NEAR, FAR = "NEAR00001", "FAR00001"
BIG_BYTES = 96 << 20
PATIENCE = 3 * SECONDS  # restic takes half a second for each key that it opens, and opens many


@dataclass
class Site:
    """An agent with two data stores of restic, each with a key of its own, and a task."""

    place: Path
    agent: AgentProcess = field(init=False)

    def __post_init__(self) -> None:
        self.agent = AgentProcess(self.place / "root", self.place)
        self.source.mkdir()
        (self.source / "a").write_bytes(os.urandom(300_000))
        (self.source / "one").write_text("x")
        (self.source / "other").hardlink_to(self.source / "one")

    @property
    def source(self) -> Path:
        return self.place / "source"

    def medium(self, label: str) -> Path:
        return self.place / label[:-5].lower() / label

    def begin(self, location: Location) -> None:
        for name in ("NEAR", "FAR"):
            directory = self.place / name.lower()
            store = f"restic+{name.lower()}:{directory}".encode()
            location.add_data_store(DataStore(name, store))
            location.add_drive(Drive(f"Drive_{name}", group=name, data_store=name))
            location.add_pool(MediaPool(name, name))
        location.add_client("here")
        location.add_task("docs", "here", [str(self.source)])

    def back_up(self, location: Location, kind: str, pool: str = "NEAR") -> Job:
        [job] = location.order_backup(kind, task="docs", pool=pool).jobs
        ended = location.wait(job, timeout=PATIENCE)
        assert ended.state == "ok", ended.message
        self._weaken_keys()
        return ended

    def migrated(self, location: Location, name: str, *, move: bool = False) -> Job:
        job = location.wait(location.migrate("FAR", [name], move=move), PATIENCE)
        assert job.state == "ok", job.message
        self._weaken_keys()
        return job

    def _weaken_keys(self) -> None:
        """Of the media that are made, as long as their keys are where they were."""
        for label in (NEAR, FAR):
            key = self.agent.root / "var/ini/secrets" / f"{label[:-5].lower()}.key"
            if key.exists() and self.medium(label).exists():
                weaken(self.medium(label), key)

    def restored(self, location: Location, saveset: str) -> None:
        target = self.place / "target"
        job = location.wait(location.restore(saveset, str(target)), PATIENCE)
        assert job.state == "ok", job.message
        assert tree_of(target / self.source.relative_to("/")) == tree_of(self.source)
        shutil.rmtree(target)

    def snapshots(self, label: str) -> int:
        return len(list((self.medium(label) / "snapshots").iterdir()))


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        made = Site(Path(directory))
        yield made
        made.agent.close()


@pytest.fixture
def location(site: Site) -> Iterator[Location]:
    site.agent.start()
    with site.agent.connected() as connected:
        site.begin(connected)
        yield connected


def places(location: Location, name: str) -> list[str]:
    found = location.saveset(name)
    return [found.label, *(copy.label for copy in found.copies)]


def test_the_first_repository_is_lost_and_the_copy_is_read(site: Site, location: Location) -> None:
    first = site.back_up(location, "FULL").saveset
    (site.source / "b").write_bytes(os.urandom(200_000))
    second = site.back_up(location, "INC").saveset
    job = site.migrated(location, second)
    assert job.files == 2, "what it builds on is copied too"
    assert {*places(location, first)} == {*places(location, second)} == {NEAR, FAR}
    sizes = {copy.stored_size for each in (first, second) for copy in location.saveset(each).copies}
    assert 500_000 < sum(sizes) < 520_000
    shutil.rmtree(site.medium(NEAR).parent)
    for name in (first, second):
        checked = location.wait(location.verify(name), PATIENCE)
        assert location.saveset(name).label == FAR, checked.message
    site.restored(location, second)
    assert location.wait(location.prove("docs"), PATIENCE).state == "ok"


def test_a_move_frees_the_first_and_the_next_inc_builds_on_it(
    site: Site, location: Location
) -> None:
    first = site.back_up(location, "FULL").saveset
    site.migrated(location, first, move=True)
    assert (places(location, first), site.snapshots(NEAR)) == ([FAR], 0)
    (site.source / "b").write_text("new")
    second = site.back_up(location, "INC", "FAR")
    assert (second.files, location.saveset(second.saveset).base) == (1, first)
    site.restored(location, second.saveset)
    location.delete_savesets([second.saveset])
    assert location.wait(location.verify(first), PATIENCE).state == "ok"


def test_a_kill_in_the_middle_of_a_copy_leaves_none(site: Site, location: Location) -> None:
    first = site.back_up(location, "FULL").saveset
    site.migrated(location, first)
    with (site.source / "big").open("wb") as file:
        for _ in range(BIG_BYTES >> 20):
            file.write(os.urandom(1 << 20))
    big = site.back_up(location, "INC").saveset
    job = location.migrate("FAR", [big], move=True)
    waiting = threading.Event()
    while size_of(site.medium(FAR) / "data") < BIG_BYTES // 4:
        assert location.job(job.id).is_open, "it was too fast to be killed"
        waiting.wait(0.002)
    site.agent.end(signal.SIGKILL)
    site.agent.start()
    with site.agent.connected() as again:
        assert again.job(job.id).state == "broken"
        assert (places(again, big), places(again, first)) == ([NEAR], [NEAR, FAR])
        assert site.snapshots(FAR) == 2, "of its files and of its listing"
        assert not list((site.place / "root").rglob(f"{big}.{FAR}*"))
        site.restored(again, big)
        site.migrated(again, big, move=True)
        assert places(again, big) == [FAR]
        site.restored(again, big)


def size_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
