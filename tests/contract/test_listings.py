"""What all readers of listings do."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from server_agent.adapters.tar.listings import TarListings
from server_agent.domain.errors import PageTokenInvalid, PathNotFound, SavesetDamaged
from server_agent.ports import EntryKind, SavesetRef
from server_agent.ports.listings import Aspect, Difference, Listed, Listings
from tests.contract.engine_rig import (
    CHAIN,
    FULL,
    FakeRig,
    Rig,
    back_up,
    full,
    inc,
    make_rig,
    name_of,
    ref,
)
from tests.fakes.engine import FakeEngine
from tests.fakes.listings import EngineListings

SECOND = name_of("F", 2)
INC = name_of("I", 2)


@pytest.fixture(params=["fake", "tar"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    return make_rig(request.param, tmp_path)


@pytest.fixture
def listings(rig: Rig, tmp_path: Path) -> Listings:
    if isinstance(rig, FakeRig):
        assert isinstance(rig.engine, FakeEngine)
        return EngineListings(rig.engine)
    return TarListings(tmp_path / "lis")


def all_listed(listings: Listings, saveset: SavesetRef, limit: int = 1000) -> list[Listed]:
    rows: list[Listed] = []
    position = None
    while True:
        page = listings.listed(saveset, position, limit)
        assert len(page.rows) <= limit
        rows += page.rows
        position = page.next_position
        if position is None:
            return rows


def all_differences(
    listings: Listings, after: str = SECOND, directory: bytes = b"", limit: int = 1000
) -> list[Difference]:
    found: list[Difference] = []
    position = None
    while True:
        page = listings.differences(CHAIN[0], ref(after), directory, position, limit)
        assert len(page.differences) <= limit
        found += page.differences
        position = page.next_position
        if position is None:
            return found


def names(rig: Rig, differences: list[Difference]) -> list[str]:
    """Each path below the source, with a sign for what became of it."""
    told = []
    for one in differences:
        entry = one.after or one.before
        assert entry is not None
        sign = "+" if one.before is None else "-" if one.after is None else "~"
        if entry.kind is not EntryKind.DIRECTORY or sign != "~":
            told.append(sign + os.fsdecode(entry.path[len(rig.source) :]))
    return told


def test_one_entry_is_looked_up(rig: Rig, listings: Listings) -> None:
    back_up(rig, full(rig))
    file = listings.entry(CHAIN[0], rig.source + b"/dir/x")
    assert (file.path, file.kind, file.size) == (rig.source + b"/dir/x", EntryKind.FILE, 500)
    assert file.home == FULL
    directory = listings.entry(CHAIN[0], rig.source + b"/dir")
    assert (directory.kind, directory.children) == (EntryKind.DIRECTORY, 3)


@pytest.mark.parametrize("path", [b"/nowhere", b"/dir/nowhere", b"/a/b"])
def test_an_entry_that_is_not_there(rig: Rig, listings: Listings, path: bytes) -> None:
    back_up(rig, full(rig))
    with pytest.raises(PathNotFound):
        listings.entry(CHAIN[0], rig.source + path)


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_all_entries_are_listed_in_order(rig: Rig, listings: Listings, limit: int) -> None:
    back_up(rig, full(rig))
    back_up(rig, inc(rig, INC, *CHAIN))
    rows = all_listed(listings, ref(INC, FULL), limit)
    paths = [(directory + b"/" + name)[len(rig.source) :] for directory, name, *_ in rows]
    assert paths == [b"", b"/dir", b"/a", b"/b", b"/dir/deep", b"/dir/x", b"/dir/y", b"/dir/deep/z"]
    assert [row[2] for row in rows] == ["d", "d", "f", "f", "d", "f", "f", "f"]
    assert [row[3] for row in rows if row[2] == "f"] == [100, 100, 500, 500, 1000]
    assert {row[5] for row in rows if row[2] == "f"} == {FULL}


def test_what_differs_between_two_savesets(rig: Rig, listings: Listings) -> None:
    back_up(rig, full(rig))
    rig.write("a", b"longer than before" * 100)
    rig.write("new/n", b"1")
    rig.remove("dir/deep")
    rig.remove("b")
    back_up(rig, full(rig, SECOND))
    found = all_differences(listings)
    assert names(rig, found) == ["+/new", "~/a", "-/b", "-/dir/deep", "-/dir/deep/z", "+/new/n"]
    [changed] = [one for one in found if one.after and one.after.path == rig.source + b"/a"]
    assert Aspect.SIZE in changed.aspects
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before.size, changed.after.size) == (100, 1800)


def test_a_saveset_does_not_differ_from_itself(rig: Rig, listings: Listings) -> None:
    back_up(rig, full(rig))
    assert all_differences(listings, FULL) == []


def test_only_what_lies_below_a_directory(rig: Rig, listings: Listings) -> None:
    rig.write("dir-b/x", b"1")
    back_up(rig, full(rig))
    for name in ("dir/x", "dir-b/x", "a", "dir/deep/z", "dir/deep/new"):
        rig.write(name, b"another")
    back_up(rig, full(rig, SECOND))
    below = rig.source + b"/dir"
    assert names(rig, all_differences(listings, SECOND, below)) == [
        "~/dir/x",
        "+/dir/deep/new",
        "~/dir/deep/z",
    ]
    assert all_differences(listings, SECOND, b"/nowhere") == []
    everything = all_differences(listings, SECOND, b"/")
    assert names(rig, everything) == names(rig, all_differences(listings))


def test_a_directory_that_became_a_file(rig: Rig, listings: Listings) -> None:
    back_up(rig, full(rig))
    rig.remove("dir")
    rig.write("dir", b"a file")
    back_up(rig, full(rig, SECOND))
    found = all_differences(listings)
    [turned] = [one for one in found if Aspect.KIND in one.aspects]
    assert turned.before is not None
    assert turned.after is not None
    assert (turned.before.kind, turned.after.kind) == (EntryKind.DIRECTORY, EntryKind.FILE)
    assert names(rig, [one for one in found if one is not turned]) == [
        "-/dir/deep",
        "-/dir/x",
        "-/dir/y",
        "-/dir/deep/z",
    ]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_differences_come_in_pages(rig: Rig, listings: Listings, limit: int) -> None:
    back_up(rig, full(rig))
    for name in ("a", "c", "dir/x", "dir/deep/z", "d/e/f"):
        rig.write(name, b"another")
    rig.remove("dir/y")
    back_up(rig, full(rig, SECOND))
    assert all_differences(listings, limit=limit) == all_differences(listings)


def test_a_damaged_listing_is_named(rig: Rig, listings: Listings) -> None:
    back_up(rig, full(rig))
    back_up(rig, full(rig, SECOND))
    rig.damage(ref(SECOND), "listing")
    calls: list[Callable[[], object]] = [
        lambda: listings.entry(ref(SECOND), rig.source),
        lambda: listings.listed(ref(SECOND), None, 10),
        lambda: all_differences(listings),
        lambda: listings.differences(ref(SECOND), CHAIN[0], b"", None, 10),
    ]
    for call in calls:
        with pytest.raises(SavesetDamaged) as failure:
            call()
        assert failure.value.metadata["saveset"] == SECOND


def test_a_position_that_was_not_given(rig: Rig, listings: Listings) -> None:
    back_up(rig, full(rig))
    for position in ("nonsense", "2f,9,61", "2f,1", "x,1,61"):
        with pytest.raises(PageTokenInvalid):
            listings.listed(CHAIN[0], position, 10)
        with pytest.raises(PageTokenInvalid):
            listings.differences(CHAIN[0], CHAIN[0], b"", position, 10)
