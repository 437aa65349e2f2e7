"""A real agent is killed in a backup to a data store that does not answer when it starts again."""

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.media_records import DataStore, MediaPool
from sesam_api.plan_records import Drive
from sesam_api.records import Job
from tests.e2e.agent_process import SECONDS, AgentProcess

BIG_BYTES = 60 << 20


class Site:
    """An agent with a pool on its own data store, and one on another, which may be silent."""

    def __init__(self, place: Path) -> None:
        self.store, self.silent = place / "far", place / "silent"
        self.small, self.big = place / "small", place / "big"
        for source, size in ((self.small, 1 << 20), (self.big, BIG_BYTES)):
            source.mkdir()
            (source / "file").write_bytes(os.urandom(size))
        words = (sys.executable, "-m", "tests.e2e.silent_agent")
        root = place / "root"
        serving = (*words, str(root), str(self.store), str(self.silent))
        self.agent = AgentProcess(root, place, serving)

    def prepare(self, location: Location) -> None:
        location.add_data_store(DataStore("Far", os.fsencode(self.store)))
        location.add_drive(Drive("Far_1", group="Far", data_store="Far"))
        location.add_pool(MediaPool("FAR", "Far"))
        location.add_client("here")
        location.add_task("small", "here", [str(self.small)])
        location.add_task("big", "here", [str(self.big)])

    def start(self) -> None:
        """Fails if it does not serve soon."""
        with ThreadPoolExecutor(1) as starting:
            started = starting.submit(self.agent.start)
            try:
                started.result(SECONDS)
            except TimeoutError:
                self.agent.send(signal.SIGKILL)
                raise

    def on_store(self) -> set[str]:
        """The savesets of which it has anything."""
        return {path.name.partition(".")[0] for path in self.store.glob("FAR00001/S*@*")}


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sm") as name:
        made = Site(Path(name))
        yield made
        made.silent.unlink(missing_ok=True)
        made.agent.close()


def back_up(location: Location, task: str, pool: str = "") -> Job:
    [job] = location.order_backup("FULL", task=task, pool=pool).jobs
    return location.wait(job, timeout=SECONDS)


def wait_for(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(SECONDS / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come about")


def killed_in_a_backup(site: Site) -> tuple[str, str, str]:
    """The ids of the backup, of a saveset that is whole, and of one that is deleted."""
    agent = site.agent
    site.start()
    with agent.connected() as location:
        site.prepare(location)
        gone, whole = (back_up(location, "small", "FAR") for _ in range(2))
        assert (gone.state, whole.state, whole.label) == ("ok", "ok", "FAR00001")
        agent.hold.touch()
        [job] = location.order_backup("FULL", task="big", pool="FAR").jobs
        wait_for(agent.held.exists)
    agent.end(signal.SIGKILL)
    agent.hold.unlink()
    assert len(site.on_store()) == 3
    return job.id, whole.saveset, gone.saveset


def test_the_agent_serves_without_it_and_settles_later(site: Site) -> None:
    job_id, whole, gone = killed_in_a_backup(site)
    site.silent.touch()
    site.start()
    with site.agent.connected() as location:
        assert f"{site.store} does not answer since " in location.data_store("Far").fault
        assert location.data_store("Store_1").fault == ""
        job = location.job(job_id)
        assert job.state == "active"
        assert job.message.endswith("whether its saveset is whole is seen when Far answers")
        assert {each.name for each in location.savesets()} == {whole, gone}
        assert "is it mounted?" in location.saveset(whole).damage
        location.delete_savesets([gone])
        assert back_up(location, "small").state == "ok"
        refused = back_up(location, "small", "FAR")
        assert refused.state == "error"
        assert "does not answer since" in refused.message
        assert location.wait(location.verify(whole), SECONDS).state == "error"
    assert site.agent.end() == 0  # and nothing was lost with it
    site.start()
    with site.agent.connected() as location:
        assert location.job(job_id).state == "active"
        assert len(site.on_store()) == 3
        site.silent.unlink()
        wait_for(lambda: location.job(job_id).state == "broken")
        wait_for(lambda: site.on_store() == {whole})
        wait_for(lambda: not location.saveset(whole).damage)
        assert location.data_store("Far").fault == ""
        assert location.wait(location.verify(whole), SECONDS).state == "ok"
        assert back_up(location, "big", "FAR").state == "ok"
    assert site.agent.end() == 0


def test_who_does_not_want_to_wait_cancels_it(site: Site) -> None:
    job_id, whole, gone = killed_in_a_backup(site)
    site.silent.touch()
    site.start()
    with site.agent.connected() as location:
        location.cancel(job_id)
        assert location.job(job_id).state == "cancelled"
        site.silent.unlink()
        wait_for(lambda: site.on_store() == {whole, gone})
        assert {each.name for each in location.savesets()} == {whole, gone}
    assert site.agent.end() == 0
