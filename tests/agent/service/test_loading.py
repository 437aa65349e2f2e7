"""Loaders that bring what jobs wait for."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.loader.virtual import LABEL_FILE, VirtualLoader
from server_agent.domain.errors import InvalidArgument, LoaderFailed, LoaderNotFound, StoreNotFound
from server_agent.domain.events import BackupAction
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.loaders import Loader, LoaderKind
from server_agent.domain.media import FIRST_STORE, DataStore, MediaPool, Medium
from server_agent.domain.queue import FIRST_DRIVE
from server_agent.domain.savesets import BackupType
from server_agent.ports.loader import Inventory, LoaderError
from server_agent.service.loaders import LoaderPlace, PlaceKind
from server_agent.service.starting import BackupOrder
from tests.agent.service.rig import START, Rig, request
from tests.agent.service.steered import DONE, Gate, SteeredEngine

BOX = "Box"


class EngineInDrive(SteeredEngine):
    """Sees a medium where the loader has put it."""

    def __init__(self, drive: Path) -> None:
        super().__init__()
        self.drive = drive

    def check_store(self, label: str) -> None:
        there = {path.parent.name for path in self.drive.glob(f"*/{LABEL_FILE}")}
        self.labels_away = {label} - there
        super().check_store(label)

    def make_medium(self, store: bytes, name: str, label: str) -> None:
        super().make_medium(store, name, label)
        put(self.drive, label)


class FailingLoader:
    """Says what is where, and moves nothing."""

    def __init__(self, device: VirtualLoader) -> None:
        self._device = device

    def inventory(self) -> Inventory:
        return self._device.inventory()

    def load(self, slot: int, drive: int) -> None:
        raise LoaderError("the gripper is stuck")

    def unload(self, drive: int, slot: int) -> None:
        raise LoaderError("the gripper is stuck")


def put(place: Path, label: str) -> None:
    (place / label).mkdir()
    (place / label / LABEL_FILE).write_text("{}")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A loader with two slots and a drive, which is the only one of the location."""
    device = VirtualLoader.made(tmp_path, slots=2, drives=1)
    drive = tmp_path / "drives/0"
    rig = Rig(engine=EngineInDrive(drive), devices={BOX: device})
    rig.add_task()
    rig.stores.create(request(), DataStore("Box_0", bytes(drive), removable=True))
    with rig.changes.write() as tx:
        first = tx.drive(FIRST_DRIVE)
        assert first is not None
        tx.put_drive(replace(first, store="Box_0"))
        for pool in ("RED", "BLUE"):
            tx.put_pool(MediaPool(pool, first.group))
            tx.put_medium(Medium(f"{pool}00001", pool, "Box_0", START))
    for slot, label in ((1, "RED00001"), (2, "BLUE00001")):
        put(tmp_path / f"slots/{slot}", label)
    rig.loaders.create(request(), loader(tmp_path))
    rig.runner.start()
    rig.media_requests.start()
    yield rig
    rig.media_requests.stop()
    rig.runner.stop()


def start_to(rig: Rig, pool: str, task: str = "docs") -> Job:
    order = BackupOrder(BackupAction(BackupType.FULL, task=task, pool=pool))
    [live] = rig.starting.start_backup(request(), order).jobs
    return live.job


def loader(directory: Path, *stores: str, name: str = BOX) -> Loader:
    return Loader(name, LoaderKind.VIRTUAL, bytes(directory), stores or ("Box_0",))


def test_each_job_gets_its_medium(rig: Rig, tmp_path: Path) -> None:
    for pool in ("RED", "BLUE", "RED"):
        done = rig.ended(start_to(rig, pool))
        assert (done.state, done.label) == (JobState.OK, f"{pool}00001")
        assert (tmp_path / "drives/0" / done.label).is_dir()
    assert rig.told == []


def test_what_a_job_works_with_stays_in_its_drive(rig: Rig, tmp_path: Path) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    first = start_to(rig, "RED")
    gate.wait_until_reached()
    rig.add_task("other", (b"/other",))
    other = start_to(rig, "BLUE", "other")
    text = f"Job {first.id} works with RED00001, which is in the drive"
    [asked] = rig.eventually(
        lambda: [s for s in rig.media_requests.states() if text in s.fault] or None
    )
    assert asked.request.jobs == (other.id,)
    assert (tmp_path / "drives/0/RED00001").is_dir()
    gate.open()
    assert rig.ended(first).state is JobState.OK
    assert rig.ended(other).state is JobState.OK


@pytest.mark.logs_warnings
def test_a_loader_that_fails_is_told_and_tried_again(rig: Rig) -> None:
    works = rig.devices[BOX]
    assert isinstance(works, VirtualLoader)
    rig.devices[BOX] = FailingLoader(works)
    job = start_to(rig, "RED")
    rig.eventually(
        lambda: any("gripper is stuck" in s.fault for s in rig.media_requests.states()) or None
    )
    rig.devices[BOX] = works
    assert rig.ended(job).state is JobState.OK


def test_what_is_where_is_compared_with_the_media(rig: Rig, tmp_path: Path) -> None:
    put(tmp_path / "drives/0", "ALIEN00001")
    with rig.changes.write() as tx:
        tx.put_medium(Medium("RED00002", "RED", "Box_0", START))
    assert rig.loaders.adjust(BOX) == [
        LoaderPlace(PlaceKind.DRIVE, 0, True, "ALIEN00001", ""),
        LoaderPlace(PlaceKind.SLOT, 1, True, "RED00001", "RED"),
        LoaderPlace(PlaceKind.SLOT, 2, True, "BLUE00001", "BLUE"),
        LoaderPlace(PlaceKind.OUTSIDE, 0, True, "RED00002", "RED"),
    ]
    with pytest.raises(LoaderNotFound):
        rig.loaders.adjust("none")


def test_what_cannot_be_a_loader_is_refused(rig: Rig, tmp_path: Path) -> None:
    rig.loaders.delete(request(), BOX, None)
    rig.devices["New"] = rig.devices[BOX]
    drives = tmp_path / "drives/1"
    rig.stores.create(request(), DataStore("Box_1", bytes(drives), removable=True))
    for item, error in (
        (loader(tmp_path, FIRST_STORE, name="New"), InvalidArgument),
        (loader(tmp_path, "none", name="New"), StoreNotFound),
        (loader(tmp_path, "Box_0", "Box_0", name="New"), InvalidArgument),
        (loader(tmp_path / "x" / "..", name="New"), InvalidArgument),
        (loader(tmp_path / "elsewhere", name="New"), InvalidArgument),
        (loader(tmp_path, "Box_0", "Box_1", name="New"), LoaderFailed),  # it has one drive
    ):
        with pytest.raises(error):
            rig.loaders.create(request(), item)
    assert rig.loaders.create(request(), loader(tmp_path, name="New")).name == "New"
    with pytest.raises(InvalidArgument, match="no drive of the loader New"):
        rig.loaders.create(request(), loader(tmp_path))
