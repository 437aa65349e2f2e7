"""A data store is what its label says: without it nothing is written, swept or called damaged."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from server_agent.adapters.tar.store import LABEL_FILE, check_label, write_label
from server_agent.domain.errors import SavesetDamaged
from server_agent.domain.jobs import Phase
from server_agent.ports import EngineError, Interrupted, SavesetRef
from tests.agent.tar.site import DAY, LABEL, LOCATION_ID, Site, at, is_progress, unprivileged
from tests.fakes.engine import FakeControl


@pytest.fixture
def saved(site: Site) -> Site:
    """A FULL and an INC."""
    (site.source / "file").write_text("x")
    site.back_up()
    (site.source / "new").write_text("y")
    site.back_up()
    return site


def unmount(site: Site) -> Path:
    """What a mount that is gone leaves in its place; returns where the medium is now."""
    elsewhere = site.root / "elsewhere"
    store(site).rename(elsewhere)
    store(site).mkdir()
    return elsewhere


def store(site: Site) -> Path:
    return site.root / "store" / LABEL


def test_a_label_is_written_once(tmp_path: Path) -> None:
    write_label(tmp_path, "DISK00001", "here")
    content = json.loads((tmp_path / "sesam.label").read_text())
    assert content == {"format": 1, "label": "DISK00001", "location_id": "here"}
    check_label(tmp_path, "DISK00001", "here")
    with pytest.raises(FileExistsError):
        write_label(tmp_path, "DISK00002", "here")
    check_label(tmp_path, "DISK00001", "here")
    with pytest.raises(FileNotFoundError):
        write_label(tmp_path / "none", "DISK00001", "here")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "Is it mounted?"),
        ('{"format": 1, "label": "DISK00002", "location_id": "here"}', "the label DISK00002"),
        ('{"format": 1, "label": "DISK00001", "location_id": "there"}', "another location, there"),
        ('{"format": 2, "label": "DISK00001", "location_id": "here"}', "cannot read"),
        ('{"format": 1}', "cannot read"),
        ("[]", "cannot read"),
        ("", "cannot read"),
        ("\xff", "it is no text"),
    ],
)
def test_a_label_that_is_not_the_right_one(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / LABEL_FILE).write_text(content, "latin-1")
    with pytest.raises(EngineError, match=f"^The .*{tmp_path}.*{said}") as failure:
        check_label(tmp_path, "DISK00001", "here")
    assert failure.value.code == "STORE_MISSING"


def test_a_backup_without_its_medium_writes_nothing(saved: Site) -> None:
    elsewhere = unmount(saved)
    before = saved.files()
    for request in (saved.request(), replace(saved.request(), base=())):
        with pytest.raises(EngineError, match="Is it mounted") as failure:
            list(saved.engine.backup(request, FakeControl()))
        assert (failure.value.code, failure.value.saveset) == ("STORE_MISSING", "")
    assert saved.files() == before
    assert list(store(saved).iterdir()) == []
    store(saved).rmdir()
    with pytest.raises(EngineError):
        saved.engine.check_store(LABEL)
    with pytest.raises(EngineError):
        saved.back_up()
    assert not store(saved).exists(), "nobody makes a data store but who makes the location"
    elsewhere.rename(store(saved))
    saved.engine.check_store(LABEL)
    assert saved.back_up().listed_files == 2


def test_a_medium_that_goes_while_the_sources_are_listed(saved: Site) -> None:
    before = saved.files()
    events = saved.engine.backup(saved.request(), FakeControl())
    while not is_progress(next(events), Phase.SCAN):
        pass
    elsewhere = unmount(saved)
    with pytest.raises(EngineError) as failure:
        list(events)
    assert failure.value.code == "STORE_MISSING"
    assert list(store(saved).iterdir()) == []
    store(saved).rmdir()
    elsewhere.rename(store(saved))
    assert saved.files() == before


def test_a_medium_that_goes_before_the_data_are_checked(saved: Site) -> None:
    before = saved.files()
    events = saved.engine.backup(saved.request(), FakeControl())
    while not is_progress(next(events), Phase.TRANSFER):
        pass
    elsewhere = unmount(saved)
    said = r"Is it mounted\? No saveset was made\. Mount it and start the backup again\.$"
    with pytest.raises(EngineError, match=said) as failure:
        list(events)
    assert failure.value.code == "STORE_MISSING"
    store(saved).rmdir()
    elsewhere.rename(store(saved))
    left = saved.files() - before
    assert {Path(path).suffix for path in left} == {".part"}, "it could not be removed then"
    (store(saved) / "mine.part").touch()
    name = saved.request().saveset
    saved.engine.sweep(LABEL, lambda: {name})
    assert saved.files() > before | left
    saved.engine.sweep(LABEL, set)
    (store(saved) / "mine.part").unlink()
    assert saved.files() == before
    unmount(saved)
    with pytest.raises(EngineError, match="Is it mounted"):
        saved.engine.sweep(LABEL, set)


def test_another_medium_in_its_place(saved: Site) -> None:
    unmount(saved)
    write_label(store(saved), "POOL00002", LOCATION_ID)
    said = "POOL00002. Nothing was written. Mount the right one in its place and start the backup"
    with pytest.raises(EngineError, match=said) as failure:
        saved.back_up()
    assert failure.value.code == "STORE_MISSING"


def test_a_restore_without_the_medium_does_not_say_damaged(saved: Site, tmp_path: Path) -> None:
    unmount(saved)
    said = r"Is it mounted\? Nothing was written\. Mount it and start the restore again\.$"
    with pytest.raises(EngineError, match=said) as failure:
        saved.restore(tmp_path / "target")
    assert (failure.value.code, failure.value.saveset) == ("STORE_MISSING", "")
    assert not (tmp_path / "target").exists()
    page = saved.engine.entries(saved.chain[0], bytes(saved.source), None, 10)
    assert page.total == 2, "listings lie elsewhere and stay readable"


@pytest.mark.logs_warnings
def test_nothing_is_swept_away_without_the_medium(saved: Site) -> None:
    half = SavesetRef(f"SF{9:017d}@abcdefghijk", LABEL, DAY, None)
    (store(saved) / (half.name + ".part")).write_text("begun")
    elsewhere = unmount(saved)
    (store(saved) / (half.name + ".part")).write_text("in the empty directory")
    before = saved.files()
    assert saved.engine.recover([half, saved.chain[0]], frozenset()) == []
    assert saved.files() == before
    shutil.rmtree(store(saved))
    elsewhere.rename(store(saved))
    committed = frozenset(each.name for each in saved.chain)
    assert saved.engine.recover([half], committed) == [Interrupted(half.name, None)]
    assert not (store(saved) / (half.name + ".part")).exists()
    assert saved.engine.present(saved.chain) == committed


def test_which_savesets_are_present(saved: Site) -> None:
    inc, full = saved.chain
    both = {inc.name, full.name}
    unknown = SavesetRef(f"SF{9:017d}@abcdefghijk", LABEL, DAY, None)
    elsewhere = SavesetRef(full.name, "POOL00002", DAY, None)
    another_day = SavesetRef(full.name, LABEL, date(2026, 10, 26), None)
    assert saved.engine.present(saved.chain) == both
    assert saved.engine.present([]) == saved.engine.present([unknown]) == set()
    assert saved.engine.present([elsewhere]) == saved.engine.present([another_day]) == set()
    description = saved.data(1).with_name(full.name + ".idx")
    for file in (saved.data(1), saved.listing(1), description):
        whole = file.read_bytes()
        for content in (whole[:-1], whole + b"\n", b"", None):
            file.unlink()
            if content is not None:
                file.write_bytes(content)
            assert saved.engine.present(saved.chain) == {inc.name}, (file, content)
            file.write_bytes(whole)
    assert saved.engine.present(saved.chain) == both
    unmount(saved)
    assert saved.engine.present(saved.chain) == set()


@pytest.mark.parametrize("age", [0, 1])
@pytest.mark.parametrize("part", ["data", "description", "listing"])
def test_what_is_lost_of_a_base_is_named(saved: Site, age: int, part: str) -> None:
    """Nothing is built on it: an INC would be green, and its restore would find nothing."""
    lost = {
        "data": saved.data(age),
        "description": saved.data(age).with_name(saved.data(age).name + ".idx"),
        "listing": saved.listing(age),
    }[part]
    if part == "listing" and age == 1:
        return  # the INC's own listing is complete: that of its base is not needed
    lost.unlink()
    before = saved.files()
    with pytest.raises(EngineError, match=saved.chain[age].name) as failure:
        saved.back_up()
    assert failure.value.code == "BASE_DAMAGED"
    assert failure.value.saveset == saved.chain[age].name
    assert saved.files() == before


def test_a_damaged_base_is_named_by_a_restore(saved: Site, tmp_path: Path) -> None:
    content = bytearray(saved.data(1).read_bytes())
    content[20] ^= 1
    saved.data(1).write_bytes(content)
    with pytest.raises(EngineError, match="frame 0") as failure:
        saved.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_DAMAGED"
    assert failure.value.saveset == saved.chain[1].name
    saved.restore(tmp_path / "new", saved.source / "new")
    assert (at(tmp_path / "new", saved.source) / "new").read_text() == "y"
    saved.data(1).unlink()
    with pytest.raises(EngineError) as failure:
        saved.restore(tmp_path / "target")
    assert (failure.value.code, failure.value.saveset) == ("SAVESET_MISSING", saved.chain[1].name)


def test_a_listing_that_may_not_be_opened_is_not_called_damaged(open_site: Site) -> None:
    with unprivileged():
        (open_site.source / "file").write_text("x")
        open_site.back_up()
        open_site.listing().chmod(0)
        with pytest.raises(EngineError, match="unable to open") as failure:
            open_site.engine.entries(open_site.chain[0], b"", None, 10)
        assert failure.value.code == "LISTING"
        with pytest.raises(EngineError, match="Permission denied") as failure:
            open_site.restore(open_site.root / "target")
        assert failure.value.code == "SYSTEM"
        open_site.listing().unlink()
        with pytest.raises(SavesetDamaged, match="missing"):
            open_site.engine.entries(open_site.chain[0], b"", None, 10)
