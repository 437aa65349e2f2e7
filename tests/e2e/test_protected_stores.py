"""Data stores of a real agent that are immutable, full, or lost for good."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.tar import immutable
from server_agent.ports import EngineError
from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.media_records import DataStore, Forgotten, MediaPool
from sesam_api.plan_records import Drive
from sesam_api.records import Job
from tests.e2e.agent_process import SECONDS, AgentProcess


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "root", tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/file").write_text("content")
    agent.start()
    with agent.connected() as location:
        location.add_task("docs", next(location.clients()).name, [str(tmp_path / "data")])
    yield agent
    agent.close()
    for path in tmp_path.glob("second/*/S*"):
        immutable.release(path)


def backed_up(location: Location, kind: str = "FULL", pool: str = "") -> Job:
    [job] = location.order_backup(kind, task="docs", pool=pool).jobs
    return location.wait(job, SECONDS)


def add_second(location: Location, place: Path, **facts: bool) -> DataStore:
    """With a drive, and the pool SECOND."""
    store = location.add_data_store(DataStore("Store_2", str(place).encode(), **facts))
    location.add_drive(Drive("Drive_2", group="Second", data_store="Store_2"))
    location.add_pool(MediaPool("SECOND", drive_group="Second"))
    return store


def test_an_immutable_store_keeps_what_it_has(agent: AgentProcess, tmp_path: Path) -> None:
    try:
        immutable.check_works(tmp_path)
    except EngineError as error:
        pytest.skip(error.text)
    place = tmp_path / "second"
    with agent.connected() as location:
        store = add_second(location, place, immutable=True)
        saveset = backed_up(location, pool="SECOND").saveset
        with pytest.raises(SesamError, match="immutable, and it may go from") as refused:
            location.delete_savesets([saveset])
        assert refused.value.reason == "SAVESET_NEEDED"
        with pytest.raises(SesamError, match="true until the EOL"):
            location.modify_data_store(replace(store, immutable=False))
    files = sorted((place / "SECOND00001").glob("S*"))
    assert len(files) == 3
    for path in files:
        with pytest.raises(PermissionError):
            path.unlink()
    agent.end(signal.SIGKILL)
    for path in files:
        immutable.release(path)  # as if the kill had come between the commit and the mark
    agent.start()
    assert all(map(immutable.is_held, files))
    with agent.connected() as location:
        restored = location.wait(location.restore(saveset, target=str(tmp_path / "out")), SECONDS)
        assert restored.state == "ok"


def test_a_full_store_has_a_spare_one_which_is_lost(agent: AgentProcess, tmp_path: Path) -> None:
    with agent.connected() as location:
        add_second(location, tmp_path / "second")
        location.modify_pool(replace(location.pool("DISK"), spare_pool="SECOND"))
        first = backed_up(location)
        assert (first.state, first.label) == ("ok", "DISK00001")
        location.modify_data_store(replace(location.data_store("Store_1"), high_water_mark=1))
        spared = backed_up(location, "INC")
        assert (spared.state, spared.type, spared.label) == ("warning", "FULL", "SECOND00001")
        assert "its high-water mark is 1 %" in spared.message
        target = tmp_path / "out"
        assert location.wait(location.restore(spared.saveset, target), SECONDS).state == "ok"

        (tmp_path / "second").rename(tmp_path / "gone")
        location.modify_data_store(replace(location.data_store("Store_1"), high_water_mark=99))
        location.remove_drive("Drive_2")
        with pytest.raises(SesamError, match="medium SECOND00001"):
            location.remove_data_store("Store_2")
        assert location.remove_data_store("Store_2", forget_media=True) == Forgotten(1, 1)
        assert [each.name for each in location.savesets(task="docs")] == [first.saveset]
        assert backed_up(location, "INC").state == "ok"
    assert len(list((tmp_path / "gone/SECOND00001").glob("S*"))) == 3
