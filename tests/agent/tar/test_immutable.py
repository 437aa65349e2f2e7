"""Savesets on media where nobody may change them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.adapters.tar import immutable, stores
from server_agent.ports import EngineError, SavesetRef
from tests.agent.tar.site import DAY, LABEL, LOCATION_ID, Site, engine_below, unprivileged
from tests.fakes.engine import FakeControl


@pytest.fixture
def works(tmp_path: Path) -> None:
    """Skips where the file system or the user cannot."""
    try:
        immutable.check_works(tmp_path)
    except EngineError as error:
        pytest.skip(error.text)


@pytest.fixture
def held(works: None, site: Site) -> Iterator[Site]:
    (site.source / "file").write_text("content")
    site.engine.hold_media({LABEL})
    yield site
    for path in on_medium(site):
        immutable.release(path)


def on_medium(site: Site) -> list[Path]:
    return sorted(path for path in (site.root / "store" / LABEL).iterdir() if path.name[0] == "S")


def test_a_committed_saveset_cannot_be_changed_by_anybody(held: Site) -> None:
    held.back_up()
    files = on_medium(held)
    assert len(files) == 3
    for path in files:
        assert immutable.is_held(path)
        for attempt in (
            path.unlink,
            lambda path=path: path.rename(path.with_name("other")),
            lambda path=path: path.write_bytes(b""),
            lambda path=path: path.chmod(0o666),
        ):
            with pytest.raises(PermissionError):
                attempt()
    assert held.fault() == ""


def test_a_listing_that_is_put_there_later_gets_the_mark_too(held: Site) -> None:
    held.back_up()
    [listing] = [path for path in on_medium(held) if path.suffix == ".zst"]
    immutable.unlink(listing)
    assert held.engine.shelve(held.chain, FakeControl()) == 1
    assert immutable.is_held(listing)


def test_the_end_of_a_saveset_takes_the_mark_off(held: Site) -> None:
    held.back_up()
    [saveset] = held.chain
    assert held.engine.remove([saveset]) == [saveset.name]
    assert on_medium(held) == []


def test_a_chain_goes_on_and_is_restored(held: Site, tmp_path: Path) -> None:
    held.back_up()
    (held.source / "later").write_text("more")
    held.back_up()
    assert held.restore(tmp_path / "restored").skipped == 0
    assert all(map(immutable.is_held, on_medium(held)))


def test_a_kill_before_the_mark_is_mended_at_the_start(held: Site) -> None:
    """The agent tells the engine its media at its start, and only then settles what ran."""
    held.back_up()
    for path in on_medium(held):
        immutable.release(path)
    again = engine_below(held.root)
    again.hold_media({LABEL})
    [found] = again.recover(held.chain, frozenset())
    assert found.result is not None
    assert all(map(immutable.is_held, on_medium(held)))


def test_what_was_cut_is_removed_at_the_start_marked_or_not(held: Site) -> None:
    held.back_up()
    immutable.release(held.data())
    held.data().write_bytes(b"cut")
    immutable.hold(held.data())
    [found] = held.engine.recover(held.chain, frozenset())
    assert found.result is None
    assert on_medium(held) == []


def test_a_medium_that_comes_back_gets_the_mark(held: Site) -> None:
    held.back_up()
    for path in on_medium(held):
        immutable.release(path)
    held.engine.sweep(LABEL, set)
    assert all(map(immutable.is_held, on_medium(held)))


def test_other_media_are_left_alone(works: None, site: Site) -> None:
    (site.source / "file").write_text("content")
    site.engine.hold_media({"OTHER00001"})
    site.back_up()
    assert not any(map(immutable.is_held, on_medium(site)))


def test_a_trial_leaves_nothing(works: None, tmp_path: Path) -> None:
    assert list(tmp_path.iterdir()) == []


def test_without_the_right_it_is_refused(open_site: Site) -> None:
    with unprivileged():
        stores.make_store(open_site.root / "store", "Store_1", LOCATION_ID, shared=True)
        place = os.fsencode(open_site.root / "store")
        with pytest.raises(EngineError, match=r"CAP_LINUX_IMMUTABLE|does not know") as caught:
            open_site.engine.check_immutable(place, "Store_1")
        assert caught.value.code == "STORE_UNUSABLE"
        open_site.engine.hold_media({LABEL})
        (open_site.source / "file").write_text("content")
        done = open_site.back_up()
    assert open_site.codes() == ["NOT_IMMUTABLE"]
    assert len(done.warnings) == 1


def test_a_saveset_that_is_not_known_is_no_error(held: Site) -> None:
    held.engine.hold_media({LABEL, "AWAY00001"})
    assert held.engine.remove([SavesetRef("SF" + "0" * 17 + "@abcdefghijk", LABEL, DAY, None)])
