"""Data stores and media on a real disk: what is taken for one, and what is not."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.disaster_reports import NEWEST, SUFFIX
from server_agent.adapters.tar import commit, packed, removal, stores
from server_agent.adapters.tar.places import Places
from server_agent.adapters.tar.store import LABEL_FILE, write_label
from server_agent.adapters.tar.stores import STORE_FILE
from server_agent.ports import Control, EngineError, SavesetRef, Verified, VerifyRequest
from tests.agent.tar.site import DAY, LABEL, LOCATION_ID, Site
from tests.fakes.engine import FakeControl

OTHER = "00000000-0000-4000-8000-000000000000"
MEDIUM = "POOL00002"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site.below(tmp_path)
    (site.source / "a").write_bytes(os.urandom(5000))
    return site


@pytest.fixture
def store(tmp_path: Path) -> Path:
    made = tmp_path / "second"
    stores.make_store(made, "Store_2", LOCATION_ID)
    return made


def why(error: "pytest.ExceptionInfo[EngineError]") -> str:
    assert error.value.code == "STORE_UNUSABLE"
    return error.value.text


def test_a_directory_with_something_else_is_no_new_store(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/one").write_text("x")
    with pytest.raises(EngineError) as refused:
        stores.make_store(tmp_path, "Store_2", LOCATION_ID)
    assert "it holds letters. Choose an empty directory" in why(refused)
    assert not (tmp_path / STORE_FILE).exists()
    # The first one may be shared: it is older than its label.
    stores.make_store(tmp_path, "Store_1", LOCATION_ID, shared=True)
    stores.check_store(tmp_path, "Store_1", LOCATION_ID)


def test_a_new_disk_is_taken_as_it_comes(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / MEDIUM).mkdir()
    write_label(tmp_path / MEDIUM, MEDIUM, LOCATION_ID)
    stores.make_store(tmp_path, "Store_2", LOCATION_ID)


def test_only_the_last_part_of_a_path_is_made(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as refused:
        stores.make_store(tmp_path / "mnt/second", "Store_2", LOCATION_ID)
    assert "Is it mounted?" in why(refused)
    assert not (tmp_path / "mnt").exists()
    stores.make_store(tmp_path / "second", "Store_2", LOCATION_ID)
    assert (tmp_path / "second").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("", "cannot read its label"),
        ("[]", "cannot read its label"),
        (
            json.dumps({"format": 2, "store": "Store_2", "location_id": LOCATION_ID}),
            "says that it is",
        ),
        (json.dumps({"format": 1, "store": "Store_2", "location_id": OTHER}), "another location"),
    ],
)
def test_a_label_that_is_not_its_own(store: Path, label: str, said: str) -> None:
    (store / STORE_FILE).write_text(label)
    for call in (stores.check_store, stores.make_store):
        with pytest.raises(EngineError) as refused:
            call(store, "Store_2", LOCATION_ID)
        assert said in why(refused)


def test_what_is_in_the_place_of_a_medium_is_not_written_to(store: Path) -> None:
    medium = store / MEDIUM
    medium.mkdir()
    (medium / "letter").write_text("x")
    with pytest.raises(EngineError) as refused:
        stores.make_medium(store, MEDIUM, LOCATION_ID)
    assert "it still holds letter" in why(refused)
    assert not (medium / LABEL_FILE).exists()
    (medium / "letter").unlink()
    write_label(medium, MEDIUM, OTHER)
    for act in (
        lambda: stores.make_medium(store, MEDIUM, LOCATION_ID),
        lambda: stores.remove_medium(medium, MEDIUM, LOCATION_ID),
    ):
        with pytest.raises(EngineError) as refused:
            act()
        assert OTHER in why(refused)
    assert (medium / LABEL_FILE).exists()


def test_a_medium_that_was_begun_is_made_whole(store: Path) -> None:
    """The agent was killed between the directory and its label."""
    (store / MEDIUM).mkdir()
    stores.make_medium(store, MEDIUM, LOCATION_ID)
    stores.remove_medium(store / MEDIUM, MEDIUM, LOCATION_ID)
    assert not (store / MEDIUM).exists()


def test_a_copy_of_a_medium_in_another_store_is_never_written(site: Site, store: Path) -> None:
    stores.make_medium(store, LABEL, LOCATION_ID)
    first = site.root / "store"
    both = [os.fsencode(first), os.fsencode(store)]
    site.engine.use_stores(both, {LABEL: both[0]})
    first.rename(site.root / "away")
    with pytest.raises(EngineError) as refused:
        site.back_up()
    assert refused.value.code == "STORE_MISSING"
    assert [path.name for path in (store / LABEL).iterdir()] == [LABEL_FILE]
    (site.root / "away").rename(first)
    site.back_up()
    site.engine.use_stores(both, {LABEL: both[1]})
    assert site.engine.present(site.chain) == set()


def places_of(site: Site) -> Places:
    return Places((site.root / "store",), site.root / "lis", site.root / "tmp", LOCATION_ID)


def files_left(site: Site, name: str) -> list[str]:
    return sorted(path.name for path in site.root.rglob(f"{name}*"))


def test_a_medium_that_goes_during_a_removal_has_it_still(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.back_up()
    [made] = site.chain
    medium, away = site.root / "store" / LABEL, site.root / "away"
    original = removal._removed

    def goes(name: str, files: object, is_listed: bool) -> set[Path]:
        medium.rename(away)
        medium.mkdir()
        return original(name, files, is_listed)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(removal, "_removed", goes)
        assert removal.remove(places_of(site), [made]) == []
    medium.rmdir()
    away.rename(medium)
    assert {made.name, f"{made.name}.idx"} <= set(files_left(site, made.name))
    assert removal.remove(places_of(site), [made]) == [made.name]
    assert files_left(site, made.name) == []


@pytest.mark.logs_warnings
def test_what_the_system_refuses_to_remove_is_said_and_tried_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.back_up()
    [made] = site.chain

    def refuse(listing: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(listing))

    with monkeypatch.context() as patched:
        patched.setattr(packed, "remove", refuse)
        assert removal.remove(places_of(site), [made]) == []
    assert "cannot be removed" in caplog.text
    caplog.clear()
    assert removal.remove(places_of(site), [made]) == [made.name]


def test_a_listing_that_is_removed_while_it_is_compressed_does_not_come_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.back_up()
    [made] = site.chain
    listing = places_of(site).files_of(made).listing
    original = packed._check_same

    def removed_meanwhile(part: Path, plain: Path, control: Control) -> None:
        original(part, plain, control)
        packed.remove(listing)

    monkeypatch.setattr(packed, "_check_same", removed_meanwhile)
    with pytest.raises(FileNotFoundError):
        packed.pack(listing, FakeControl())
    assert list(listing.parent.iterdir()) == []


@pytest.mark.parametrize("gone", ["", ".idx", ".db.zst"])
def test_an_interrupted_backup_with_a_compressed_listing(site: Site, gone: str) -> None:
    site.back_up()
    [made] = site.chain
    places = places_of(site)
    packed.pack(places.files_of(made).listing, FakeControl())
    assert commit.recover(places, [made], frozenset())[0].result is not None
    next(site.root.rglob(f"{made.name}{gone}")).unlink()
    assert commit.recover(places, [made], frozenset())[0].result is None
    assert files_left(site, made.name) == []


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 8)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [cut, flip, Path.unlink])
@pytest.mark.parametrize("suffix", ["", ".idx", ".db", ".db.zst"])
def test_every_kind_of_harm_is_found(site: Site, harm: object, suffix: str) -> None:
    site.back_up()
    [made] = site.chain
    if suffix == ".db.zst":
        packed.pack(places_of(site).files_of(made).listing, FakeControl())
    [path] = [path for path in site.root.rglob(f"{made.name}*") if path.name == made.name + suffix]
    harm(path)  # type: ignore[operator]
    events = site.engine.verify(VerifyRequest((made,)), FakeControl())
    [verified] = [event for event in events if isinstance(event, Verified)]
    assert verified.fault, "it is not what was written"
    assert verified.missing == (harm is Path.unlink)
    assert ("missing" in verified.fault) == verified.missing


def removed_refs(names: Sequence[str]) -> list[SavesetRef]:
    return [SavesetRef(name, LABEL, DAY, None) for name in names]


def test_names_of_nothing_are_gone(site: Site) -> None:
    """A removal that was done, but not noted, is done again."""
    names = ["SF20260301120000123@abcdefghijk"]
    assert removal.remove(places_of(site), removed_refs(names)) == names
    away = replace(places_of(site), store_dirs=(site.root / "nowhere",))
    assert removal.remove(away, removed_refs(names)) == []


def test_a_report_goes_with_what_it_leads_to(site: Site) -> None:
    """Also if it is the newest, so that nobody follows one that leads nowhere."""
    site.back_up()
    site.back_up()
    newest = site.data().with_name(NEWEST)
    for age in (1, 0):
        site.data(age).with_name(site.data(age).name + SUFFIX).write_text(f"report {age}")
    newest.write_text("report 0")
    older, newer = site.chain[1].name, site.chain[0].name
    assert removal.remove(places_of(site), removed_refs([older])) == [older]
    assert newest.read_text() == "report 0"
    assert removal.remove(places_of(site), removed_refs([newer])) == [newer]
    assert sorted(path.name for path in newest.parent.iterdir()) == [LABEL_FILE]


@pytest.mark.logs_warnings
def test_a_store_from_before_there_were_labels_gets_its_own(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    medium = site.root / "store" / LABEL
    (medium.parent / "letters").write_text("something else lies beside it")
    stores.label_old_store(medium.parent / "POOL00009", "Store_1", LOCATION_ID)
    assert not (medium.parent / STORE_FILE).exists()
    for _ in range(2):
        stores.label_old_store(medium, "Store_1", LOCATION_ID)
    stores.check_store(medium.parent, "Store_1", LOCATION_ID)
    assert caplog.text == ""
    # That of a location that was put back may have any name: there is nothing to warn of.
    stores.label_old_store(medium, "Store_9", LOCATION_ID)
    stores.check_store(medium.parent, "Store_1", LOCATION_ID)
    assert caplog.text == ""
