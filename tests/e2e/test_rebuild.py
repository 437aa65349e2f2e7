"""A location of which nothing is left but its data store is put back from that alone."""

import random
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.records import Job
from sesam_api.saveset_records import Saveset
from tests.agent.tar.trees import differences, picture
from tests.e2e.agent_process import COMMAND, SECONDS, AgentProcess, run
from tests.e2e.test_agent_process import wait_for
from tests.e2e.test_disaster import with_store_outside


class Rebuilt(AgentProcess):
    """An agent in a root that was there before."""

    def __init__(self, root: Path, directory: Path) -> None:
        self.root = root
        self._serving = (*COMMAND, "--root", str(root), "serve")
        self._directory = directory
        self._process: subprocess.Popen[str] | None = None
        self.hold = directory / "hold"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A client's files, with what a listing alone knows: hard links, times, odd names."""
    data = tmp_path / "data"
    (data / "deep").mkdir(parents=True)
    for number in range(20):
        (data / f"deep/file {number}\n").write_bytes(bytes([number]) * number * 1000)
    (data / "one").hardlink_to(data / "deep/file 3\n")
    (data / "link").symlink_to("nowhere")
    (data / "left out.tmp").write_text("x")
    return data


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "root", tmp_path)
    with_store_outside(agent, tmp_path / "medium/DISK00001")
    shutil.move(agent.root / "store/sesam.store", tmp_path / "medium")
    yield agent
    agent.close()


def backed_up(location: Location, kind: str) -> Job:
    ended = location.wait(location.start_backup("docs", kind), SECONDS)
    assert (ended.state, ended.type) == ("ok", kind), ended.message
    return ended


def chain_of_three(location: Location, data: Path) -> list[str]:
    client = next(location.clients()).name
    location.add_task("docs", client, [str(data)], excludes=["*.tmp"])
    made = [backed_up(location, "FULL").saveset]
    (data / "deep/second").write_text("of the first INC")
    made.append(backed_up(location, "INC").saveset)
    (data / "deep/file 5\n").write_text("changed")
    (data / "one").unlink()
    made.append(backed_up(location, "INC").saveset)
    return made


def check_alike(after: Saveset, before: Saveset) -> None:
    facts = "task client type base state sesam_day sources files size stored_size listed_files"
    for fact in f"{facts} label job_id damage".split():
        assert getattr(after, fact) == getattr(before, fact), (after.name, fact)
    assert after.eol >= before.eol


def restored(location: Location, saveset: str, target: Path) -> None:
    job = location.wait(location.restore(saveset, target=str(target)), SECONDS)
    assert (job.state, job.message) == ("ok", "")


def test_a_location_is_put_back_from_its_data_store_and_goes_on(
    tmp_path: Path, data: Path, agent: AgentProcess
) -> None:
    agent.start()
    with agent.connected() as location:
        full, first, second = chain_of_three(location, data)
        identity = location.identity.location_id
        before = {each.name: each for each in location.savesets()}
        listed = [entry.path for entry in location.entries(second, str(data))]
    agent.end()
    shutil.rmtree(agent.root)
    store, new = str(tmp_path / "medium"), tmp_path / "new"
    told = run(new, "rebuild", "--store", store, "--dry-run")
    assert (told.returncode, "3 savesets" in told.stdout) == (0, True), told.stderr
    assert not new.exists()
    words = ("--store", store, "--name", "Alpha", "--host", "127.0.0.1", "--port", "0")
    told = run(new, "rebuild", *words)
    assert told.returncode == 0, told.stderr
    assert "not entered" not in told.stdout
    again = run(new, "rebuild", "--store", store)
    assert (again.returncode, "  + " in again.stdout) == (0, False), again.stdout

    rebuilt = Rebuilt(new, tmp_path)
    try:
        rebuilt.start()
        with rebuilt.connected() as location:
            assert location.identity.location_id == identity
            after = {each.name: each for each in location.savesets()}
            assert after.keys() == before.keys()
            for name, was in before.items():
                check_alike(after[name], was)
            [task] = [task for task in location.tasks() if task.name == "docs"]
            assert (task.sources, task.excludes) == ((bytes(data),), ("*.tmp",))
            assert [entry.path for entry in location.entries(second, str(data))] == listed
            restored(location, second, tmp_path / "back")
            saved = picture(data)
            del saved[b"left out.tmp"]
            assert differences(saved, picture(tmp_path / f"back{data}")) == []
            assert location.wait(location.prove("docs"), SECONDS).state == "ok"
            checked = location.wait(location.verify(second, whole_chain=True), SECONDS)
            assert (checked.state, checked.message) == ("ok", "")
            (data / "deep/third").write_text("after the loss")
            third = backed_up(location, "INC")
            assert (third.files, int(third.id) > int(before[second].job_id)) == (1, True)
            assert next(iter(location.savesets(task="docs"))).name == third.saveset
            assert location.saveset(third.saveset).base == second
            found = list(location.find_files("second"))
            assert any(each.path.endswith(b"/deep/second") for each in found)
        rebuilt.end()
    finally:
        rebuilt.close()
    assert {full, first, second} <= {
        path.name for path in (tmp_path / "medium/DISK00001").iterdir()
    }


def test_a_damaged_catalogue_is_put_aside_only_if_that_is_said(
    tmp_path: Path, data: Path, agent: AgentProcess
) -> None:
    agent.start()
    with agent.connected() as location:
        made = chain_of_three(location, data)
    agent.end()
    catalogue = agent.root / "var/db/sesam_db.sdb"
    store = str(tmp_path / "medium")
    sound = run(agent.root, "rebuild", "--store", store, "--set-aside")
    assert (sound.returncode, "  + " in sound.stdout) == (0, False), "it was not damaged"
    for suffix in ("-wal", "-shm"):
        Path(f"{catalogue}{suffix}").unlink(missing_ok=True)
    catalogue.write_bytes(b"no database" * 1000)
    shutil.rmtree(agent.root / "var/lis")
    refused = run(agent.root, "rebuild", "--store", store)
    assert (refused.returncode, "damaged" in refused.stderr) == (1, True)
    told = run(agent.root, "rebuild", "--store", store, "--set-aside")
    assert told.returncode == 0, told.stderr
    assert list(catalogue.parent.glob("*.damaged-*"))
    agent.start()
    with agent.connected() as location:
        assert {each.name for each in location.savesets()} == set(made)
        restored(location, made[-1], tmp_path / "back")
    agent.end()


def test_what_cannot_be_used_is_named_and_stays(
    tmp_path: Path, data: Path, agent: AgentProcess
) -> None:
    agent.start()
    with agent.connected() as location:
        full, first, second = chain_of_three(location, data)
    medium = tmp_path / "medium/DISK00001"
    running = run(agent.root, "rebuild", "--store", str(medium.parent))
    assert (running.returncode, "already runs" in running.stderr) == (1, True)
    agent.end()
    with (medium / first).open("r+b") as file:
        file.truncate(100)
    (medium / f"{second}.lis.zst").unlink()
    (medium / "note").write_text("of a person")
    before = {path.name: path.read_bytes() for path in medium.iterdir()}
    new = tmp_path / "new"
    told = run(new, "rebuild", "--store", str(medium.parent), "--name", "A", "--port", "0")
    assert told.returncode == 0, told.stderr
    assert f"{medium / first}: its data are cut or damaged" in told.stdout
    assert f"{medium / 'note'}: it is no file of a saveset" in told.stdout
    assert f"{second} on DISK00001 is not entered: it builds on {first}" in told.stdout
    assert {path.name: path.read_bytes() for path in medium.iterdir()} == before
    with sqlite3.connect(new / "var/db/sesam_db.sdb") as catalogue:
        assert catalogue.execute("SELECT name FROM savesets").fetchall() == [(full,)]
    catalogue.close()
    other = tmp_path / "other"
    assert run(other, "init", "--name", "B", "--port", "0").returncode == 0
    refused = run(other, "rebuild", "--store", str(medium.parent))
    assert (refused.returncode, "belong to the location" in refused.stderr) == (1, True)
    refused = run(other, "rebuild", "--store", "restic:/srv/x")
    assert (refused.returncode, "/srv/x cannot be read" in refused.stderr) == (1, True)


def test_a_location_that_still_lives_is_not_put_back_beside_itself(
    tmp_path: Path, data: Path, agent: AgentProcess
) -> None:
    """Neither by a rebuild nor by a copy of its root: what it is writing would be removed."""
    agent.start()
    with agent.connected() as location:
        chain_of_three(location, data)
        words = ("--name", "Alpha", "--host", "127.0.0.1", "--port", "0")
        told = run(tmp_path / "new", "rebuild", "--store", str(tmp_path / "medium"), *words)
        used = f"The data store {tmp_path / 'medium'} is used by another agent of this location"
        assert (told.returncode, used in told.stderr) == (1, True), told.stderr
        assert not (tmp_path / "new").exists()

        shutil.copytree(agent.root, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
        for ini in (tmp_path / "copy").rglob("*.ini"):
            ini.write_text(ini.read_text().replace(str(agent.root), str(tmp_path / "copy")))
        (data / "large").write_bytes(random.Random(1).randbytes(40_000_000))
        agent.hold.touch()
        job = location.start_backup("docs", "FULL")
        wait_for(agent.held.exists)
        medium = tmp_path / "medium/DISK00001"
        writing = sorted(path.name for path in medium.glob("*.part"))
        copy = Rebuilt(tmp_path / "copy", tmp_path)
        try:
            copy.start()
            with copy.connected() as other:
                refused = other.wait(other.start_backup("docs", "FULL"), SECONDS)
            assert (refused.state, used in refused.message) == ("error", True), refused.message
        finally:
            if copy._process is not None:
                copy.end(signal.SIGKILL)
        assert sorted(path.name for path in medium.glob("*.part")) == writing != []
        agent.hold.unlink()
        location.wait(job, SECONDS)
    agent.end()
