"""Listings that were compressed are read as before, whatever happens meanwhile."""

import errno
import os
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from server_agent.adapters.tar import packed
from server_agent.adapters.tar.database import Database, connect
from server_agent.domain.errors import SavesetDamaged
from server_agent.ports import Cancelled, Compressed, EngineError, Message
from tests.agent.tar.site import DAY, Site
from tests.fakes.engine import FakeControl

LATER = DAY + timedelta(days=1)


@pytest.fixture
def saved(site: Site) -> Site:
    """A FULL and an INC."""
    for number in range(300):
        (site.source / f"file {number}").write_text(str(number))
    site.back_up()
    (site.source / "new").write_text("y")
    site.back_up()
    return site


def compress(site: Site) -> list[Compressed | Message]:
    return list(site.engine.compress_listings(LATER, FakeControl()))


def names(site: Site, age: int = 0) -> list[bytes]:
    page = site.engine.entries(site.chain[age], os.fsencode(site.source), None, 1000)
    return [entry.path for entry in page.entries]


def forms(site: Site) -> list[str]:
    """What lies where the listings are, without their names."""
    directory = site.listing().parent
    return sorted(path.name.partition(".")[2] for path in directory.iterdir())


def test_each_is_compressed_once(saved: Site) -> None:
    sizes = [saved.listing(age).stat().st_size for age in (0, 1)]
    done = compress(saved)
    assert [each.saveset for each in done if isinstance(each, Compressed)] == [
        each.name for each in reversed(saved.chain)
    ]
    assert [each.size_before for each in done if isinstance(each, Compressed)] == sizes[::-1]
    assert all(each.size_after * 4 < each.size_before for each in done)  # type: ignore[union-attr]
    assert forms(saved) == ["db.zst", "db.zst"]
    assert compress(saved) == []


def test_those_of_the_day_itself_stay(saved: Site) -> None:
    assert list(saved.engine.compress_listings(DAY, FakeControl())) == []
    assert forms(saved) == ["db", "db"]


def test_what_is_compressed_is_read_restored_and_built_on(saved: Site, tmp_path: Path) -> None:
    listed = [names(saved, age) for age in (0, 1)]
    compress(saved)
    assert saved.engine.present(saved.chain) == {each.name for each in saved.chain}
    assert [names(saved, age) for age in (0, 1)] == listed
    assert saved.engine.missing_paths(saved.chain[0], [b"/none"]) == [b"/none"]
    (saved.source / "newer").write_text("z")
    done = saved.back_up()
    assert (done.files, done.listed_files) == (1, 302)
    compress(saved)
    for age in range(3):
        target = tmp_path / f"target {age}"
        saved.restore(target, age=age)
        restored = target / saved.source.relative_to("/")
        wanted = {f"file {number}": str(number) for number in range(300)}
        wanted |= dict([("new", "y"), ("newer", "z")][: 2 - age])
        assert {path.name: path.read_text() for path in restored.iterdir()} == wanted


def test_one_form_is_on_its_disk_before_the_other_goes(
    saved: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, list[str]]] = []
    fsync = os.fsync

    def note(fd: int) -> None:
        what = Path(os.readlink(f"/proc/self/fd/{fd}")).name.partition(".")[2]
        synced.append((what or "directory", forms(saved)))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", note)
    next(saved.engine.compress_listings(LATER, FakeControl()))
    assert synced == [
        ("db.zst.tmp", ["db", "db", "db.zst.tmp"]),
        ("directory", ["db", "db", "db.zst"]),
        ("directory", ["db", "db.zst"]),
    ]


def test_what_was_unpacked_for_a_reader_goes(saved: Site) -> None:
    compress(saved)
    names(saved)
    names(saved)
    assert forms(saved) == ["db.open.tmp", "db.zst", "db.zst"]
    compress(saved)
    assert forms(saved) == ["db.zst", "db.zst"]
    names(saved)
    saved.engine.recover([], frozenset(each.name for each in saved.chain))
    assert forms(saved) == ["db.zst", "db.zst"]


def test_one_that_was_ended_in_the_middle_is_done_again(saved: Site) -> None:
    """As a kill leaves it: between the two forms, and before the second was whole."""
    content = saved.listing().read_bytes()
    compress(saved)
    saved.listing().write_bytes(content)  # both forms
    part = saved.listing(1).with_name(saved.listing(1).name + ".zst.tmp")
    part.write_bytes(b"half")
    assert len(names(saved)) == 301
    assert [each.saveset for each in compress(saved) if isinstance(each, Compressed)] == [
        saved.chain[0].name
    ]
    saved.engine.recover([], frozenset(each.name for each in saved.chain))
    assert forms(saved) == ["db.zst", "db.zst"]
    assert len(names(saved)) == 301


def test_a_cancel_keeps_what_was_done(saved: Site) -> None:
    control = FakeControl()
    steps = saved.engine.compress_listings(LATER, control)
    next(steps)
    control.cancel()
    with pytest.raises(Cancelled):
        next(steps)
    assert forms(saved) == ["db", "db.zst"]


def test_one_that_cannot_be_compressed_stays_and_is_told(
    saved: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "digest_of", lambda _path: b"of something else")
    said = compress(saved)
    assert [each.code for each in said if isinstance(each, Message)] == ["LISTING_KEPT"] * 2
    assert "does not give back what was written" in said[0].text  # type: ignore[union-attr]
    assert forms(saved) == ["db", "db"]


def test_a_damaged_one_is_damaged(saved: Site) -> None:
    compress(saved)
    file = saved.listing().with_name(saved.listing().name + ".zst")
    content = bytearray(file.read_bytes())
    content[100:130] = bytes(30)
    file.write_bytes(content)
    with pytest.raises(SavesetDamaged, match="its compressed form is damaged"):
        names(saved)
    shelf = saved.data().with_name(saved.data().name + ".lis.zst")
    shelf.rename(saved.root / "shelf")
    with pytest.raises(EngineError) as caught:
        saved.restore(saved.root / "target")
    assert caught.value.code == "SAVESET_DAMAGED"
    assert names(saved, age=1)
    file.unlink()
    assert saved.engine.present(saved.chain) == {saved.chain[1].name}
    with pytest.raises(SavesetDamaged, match="its listing is missing"):
        names(saved)


@pytest.mark.parametrize("cut", [1000, 10])
def test_one_that_was_cut_is_damaged(saved: Site, cut: int) -> None:
    compress(saved)
    file = saved.listing().with_name(saved.listing().name + ".zst")
    file.write_bytes(file.read_bytes()[:-cut])
    with pytest.raises(SavesetDamaged, match=r"its compressed form is cut: \d+ of \d+ bytes"):
        names(saved)
    assert forms(saved) == ["db.zst", "db.zst"]  # nothing that was half unpacked


class SoonCancelled(FakeControl):
    """Is cancelled when it has been looked at so often."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    @property
    def cancelled(self) -> bool:
        self._looks -= 1
        return self._looks < 0


@pytest.mark.parametrize("looks", [1, 2])  # while it is compressed, and while that is proved
def test_a_cancel_does_not_wait_for_the_end_of_a_listing(saved: Site, looks: int) -> None:
    with pytest.raises(Cancelled):
        list(saved.engine.compress_listings(LATER, SoonCancelled(looks)))
    assert forms(saved) == ["db", "db"]


def test_one_for_which_there_is_no_room_is_told_with_its_place(
    saved: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    compress(saved)

    def full(_source: object, _write: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(packed, "_unpack", full)
    place = f'"{saved.listing().parent}": No space left on device'
    with pytest.raises(EngineError, match=f"{place}. It is compressed and has to be") as browsed:
        names(saved)
    assert browsed.value.code == "LISTING"
    with pytest.raises(EngineError, match=place) as restored:
        saved.restore(saved.root / "target")
    assert restored.value.code == "NO_SPACE"
    with pytest.raises(EngineError, match=place) as built_on:
        saved.back_up()
    assert built_on.value.code == "NO_SPACE"
    assert forms(saved) == ["db.zst", "db.zst"]


def test_one_that_is_forgotten_before_it_is_opened_is_unpacked_again(saved: Site) -> None:
    compress(saved)
    opened: list[Database] = []

    def open_after_others(uri: str) -> Database:
        if opened:
            return connect(uri)
        packed.forget_unpacked(saved.listing().parent.parent)
        try:
            return connect(uri)
        except sqlite3.OperationalError:
            opened.append(packed.read(saved.listing(), connect))  # another reader
            raise

    opened.append(packed.read(saved.listing(), open_after_others))
    assert len(opened) == 2
    for connection in opened:
        assert connection.number("SELECT count(*) FROM source") == 1
        connection.close()


def test_reading_and_compressing_may_go_on_at_once(saved: Site) -> None:
    content = saved.listing().read_bytes()
    faults: list[BaseException] = []
    is_over = threading.Event()

    def read() -> None:
        try:
            while not is_over.is_set():
                assert len(names(saved)) == 301
        except BaseException as error:  # noqa: BLE001 - told by the test
            faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(30):
        part = saved.listing().with_name("again")
        part.write_bytes(content)
        part.replace(saved.listing())
        compress(saved)
    is_over.set()
    for reader in readers:
        reader.join()
    assert faults == []
