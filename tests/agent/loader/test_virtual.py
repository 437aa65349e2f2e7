"""A loader made of directories."""

import multiprocessing
import os
import signal
import threading
from pathlib import Path

import pytest

from server_agent.adapters.loader.virtual import LABEL_FILE, VirtualLoader
from server_agent.ports.loader import LoaderDrive, LoaderError, Slot

SECONDS = 20.0


def put(loader: Path, place: str, label: str) -> None:
    medium = loader / place / label
    medium.mkdir(parents=True)
    (medium / LABEL_FILE).write_text("{}")
    (medium / "data").write_text(label)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    VirtualLoader.made(tmp_path, 3, 2)
    put(tmp_path, "slots/1", "WEEK00001")
    put(tmp_path, "slots/2", "WEEK00002")
    (tmp_path / "io/4").mkdir(parents=True)
    return tmp_path


def labels(directory: Path) -> list[str]:
    return sorted(path.parent.name for path in directory.rglob(LABEL_FILE))


def test_a_medium_goes_in_and_out(directory: Path) -> None:
    loader = VirtualLoader(directory)
    assert loader.inventory().slots == (
        Slot(1, "WEEK00001", True),
        Slot(2, "WEEK00002", True),
        Slot(3),
        Slot(4, is_import_export=True),
    )
    loader.load(2, 0)
    assert (directory / "drives/0/WEEK00002/data").read_text() == "WEEK00002"
    found = loader.inventory()
    assert found.drives == (LoaderDrive(0, "WEEK00002", True, 2), LoaderDrive(1))
    assert found.slots[1] == Slot(2)
    loader.unload(0, 4)
    assert loader.inventory().slot_of("WEEK00002") == Slot(4, "WEEK00002", True, True)
    assert loader.inventory().drives[0] == LoaderDrive(0)


def test_nothing_is_moved_onto_another_medium_or_out_of_nothing(directory: Path) -> None:
    loader = VirtualLoader(directory)
    loader.load(1, 0)
    with pytest.raises(LoaderError, match=r"drive 0 .* holds WEEK00001"):
        loader.load(2, 0)
    with pytest.raises(LoaderError, match=r"slot 2 .* holds WEEK00002"):
        loader.unload(0, 2)
    with pytest.raises(LoaderError, match=r"slot 3 .* is empty"):
        loader.load(3, 1)
    with pytest.raises(LoaderError, match="no slot 9"):
        loader.load(9, 1)
    with pytest.raises(LoaderError, match="no drive 7"):
        loader.unload(7, 1)
    put(directory, "drives/0", "WEEK00009")
    with pytest.raises(LoaderError, match="holds 2 media"):
        loader.unload(0, 3)
    assert labels(directory) == ["WEEK00001", "WEEK00002", "WEEK00009"]


def test_what_is_no_loader_says_so(tmp_path: Path) -> None:
    with pytest.raises(LoaderError, match="no directory drives/0"):
        VirtualLoader(tmp_path).inventory()
    with pytest.raises(LoaderError, match="Mount it first"):
        VirtualLoader(tmp_path / "gone").inventory()


def test_of_many_who_want_a_drive_one_gets_it(directory: Path) -> None:
    results: list[str] = []

    def load(slot: int) -> None:
        try:
            VirtualLoader(directory).load(slot, 0)
        except LoaderError as error:
            results.append(str(error))
        else:
            results.append("loaded")

    threads = [threading.Thread(target=load, args=(slot,)) for slot in (1, 2, 1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert results.count("loaded") == 1
    assert labels(directory) == ["WEEK00001", "WEEK00002"]


def _move_for_ever(directory: Path) -> None:
    loader = VirtualLoader(directory)
    while True:
        loader.load(1, 0)
        loader.unload(0, 1)


def test_a_kill_leaves_each_medium_in_one_place(directory: Path) -> None:
    for _ in range(5):
        mover = multiprocessing.get_context("spawn").Process(
            target=_move_for_ever, args=(directory,)
        )
        mover.start()
        moved = (directory / "drives/0/.from").exists
        for _ in range(10_000):
            if moved() or not mover.is_alive():
                break
            mover.join(0.002)
        assert mover.pid is not None
        os.kill(mover.pid, signal.SIGKILL)
        mover.join(SECONDS)
        mover.close()
        assert labels(directory) == ["WEEK00001", "WEEK00002"]
        loader = VirtualLoader(directory)
        if loader.inventory().drives[0].is_full:
            loader.unload(0, 1)
        (directory / "drives/0/.from").unlink(missing_ok=True)
