"""A real agent with a loader of directories: what jobs need is loaded, and what the loader does not
have is asked for."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.loader.virtual import VirtualLoader
from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.loader_records import Loader, LoaderPlace
from sesam_api.media_records import DataStore, MediaPool
from sesam_api.plan_records import Drive
from sesam_api.records import Job
from tests.e2e.agent_process import AgentProcess

SECONDS = 40.0


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    made = AgentProcess(tmp_path / "root", tmp_path)
    made.start()
    yield made
    made.close()


def prepare(location: Location, tmp_path: Path) -> Path:
    """A loader with two slots and one drive, for the pools RED and BLUE."""
    box = tmp_path / "box"
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a").write_text("what is kept")
    location.add_client("here")
    location.add_task("docs", "here", [str(tmp_path / "docs")])
    VirtualLoader.made(box, slots=2, drives=1)
    drive = bytes(box / "drives/0")
    location.add_data_store(DataStore("Box_0", drive, removable=True))
    location.add_drive(Drive("Box_drive", group="Box", data_store="Box_0"))
    for pool in ("RED", "BLUE"):
        location.add_pool(MediaPool(pool, drive_group="Box"))
    loader = Loader("Box", "virtual", bytes(box), ("Box_0",), "in the cellar")
    assert replace(location.add_loader(loader), etag="") == loader
    return box


def backed_up(location: Location, pool: str) -> Job:
    [job] = location.order_backup("FULL", task="docs", pool=pool).jobs
    ended = location.wait(job, SECONDS)
    assert (ended.state, ended.label) == ("ok", f"{pool}00001"), ended.message
    return ended


def test_media_are_loaded_when_jobs_need_them(agent: AgentProcess, tmp_path: Path) -> None:
    with agent.connected() as location:
        box = prepare(location, tmp_path)
        red = backed_up(location, "RED")
        assert (box / "drives/0/RED00001").is_dir()
        blue = backed_up(location, "BLUE")
        assert (box / "slots/1/RED00001").is_dir()
        assert (box / "drives/0/BLUE00001").is_dir()
        for saveset in (red.saveset, blue.saveset, red.saveset):
            ended = location.wait(location.verify(saveset), SECONDS)
            assert ended.state == "ok", ended.message
        assert location.adjust_loader("Box") == [
            LoaderPlace("drive", 0, True, "RED00001", "RED"),
            LoaderPlace("slot", 1, False, "", ""),
            LoaderPlace("slot", 2, True, "BLUE00001", "BLUE"),
        ]
        # What the loader does not have a person has to bring.
        (box / "slots/2/BLUE00001").rename(tmp_path / "BLUE00001")
        assert location.adjust_loader("Box")[-1] == LoaderPlace(
            "outside", 0, True, "BLUE00001", "BLUE"
        )
        job = location.verify(blue.saveset)
        seen = next(seen for seen in location.watch_job(job) if seen.waiting)
        assert seen.waiting == "medium BLUE00001 in Box_0"
        (tmp_path / "BLUE00001").rename(box / "slots/2/BLUE00001")
        assert location.wait(job, SECONDS).state == "ok"
        moved_by_hand(location)
        location.remove_loader("Box")
        with pytest.raises(SesamError) as refused:
            location.adjust_loader("Box")
        assert refused.value.reason == "LOADER_NOT_FOUND"


def moved_by_hand(location: Location) -> None:
    """What is in the drive goes into a slot, another one into the drive, and back."""
    before = [place for place in location.adjust_loader("Box") if place.is_full]
    [held] = [place.barcode for place in before if place.kind == "drive"]
    [other] = [place for place in before if place.kind == "slot"]
    with pytest.raises(SesamError, match=f"drive 0 holds {held}; unload that first") as refused:
        location.load_medium("Box", other.number, 0)
    assert refused.value.reason == "LOADER_FAILED"
    unloaded = location.unload_medium("Box", 0)
    assert unloaded[0] == LoaderPlace("drive", 0, False, "", "")
    assert {place.barcode for place in unloaded if place.is_full} == {held, other.barcode}
    assert location.load_medium("Box", other.number, 0)[0].barcode == other.barcode
    for slot, drive, text in ((9, 0, "it has no slot 9"), (1, 3, "it has no drive 3")):
        with pytest.raises(SesamError, match=text):
            location.load_medium("Box", slot, drive)


def test_a_loader_is_changed(agent: AgentProcess, tmp_path: Path) -> None:
    with agent.connected() as location:
        prepare(location, tmp_path)
        known = location.loader("Box")
        changed = location.modify_loader(replace(known, comment="upstairs"))
        assert (changed.comment, changed.etag) == ("upstairs", location.loader("Box").etag)
        for loader, reason in (
            (replace(known, comment="lost"), "CHANGED_MEANWHILE"),
            (replace(changed, name="Other"), "LOADER_NOT_FOUND"),
            (replace(changed, tape_devices=("/dev/nst0",)), "INVALID_ARGUMENT"),
            (replace(changed, data_stores=("Box_0", "Box_1")), "STORE_NOT_FOUND"),
            (replace(changed, kind="mtx", device=b"/dev/no-changer"), "LOADER_FAILED"),
            (replace(changed, kind="mtx", tape_devices=("-f", "")), "INVALID_ARGUMENT"),
        ):
            with pytest.raises(SesamError) as refused:
                location.modify_loader(loader)
            assert refused.value.reason == reason
        assert location.loader("Box") == changed


def test_what_is_no_loader_is_refused(agent: AgentProcess, tmp_path: Path) -> None:
    with agent.connected() as location:
        box = prepare(location, tmp_path)
        for loader, reason in (
            (Loader("Box", "virtual", bytes(box), ("Box_0",)), "ALREADY_EXISTS"),
            (Loader("B", "virtual", b"box", ("Box_0",)), "INVALID_ARGUMENT"),
            (Loader("B", "virtual", bytes(box), ("Store_1",)), "INVALID_ARGUMENT"),
            (Loader("B", "virtual", bytes(box), ("Box_0",)), "INVALID_ARGUMENT"),
            (Loader("B", "mtx", b"/dev/no-changer", ("nothing",)), "STORE_NOT_FOUND"),
        ):
            with pytest.raises(SesamError) as refused:
                location.add_loader(loader)
            assert refused.value.reason == reason
        location.remove_loader("Box")
        with pytest.raises(SesamError) as refused:
            location.add_loader(Loader("B", "mtx", b"/dev/no-changer", ("Box_0",)))
        assert refused.value.reason == "LOADER_FAILED"
