"""Reading tar listings: compressed ones, and large ones a window at a time."""

from datetime import date
from pathlib import Path

import pytest

from server_agent.adapters.tar import differences, packed
from server_agent.adapters.tar.listing import ListingWriter
from server_agent.adapters.tar.listings import TarListings
from server_agent.domain.errors import SavesetDamaged
from server_agent.ports import EngineError, SavesetRef
from server_agent.ports.listings import Difference
from tests.agent.tar.site import Site, at
from tests.contract.engine_rig import name_of
from tests.fakes.engine import FakeControl

DAY = date(2026, 3, 29)
OLD, NEW = (SavesetRef(name_of("F", number), "L", DAY, None) for number in (1, 2))


def write(lis: Path, saveset: SavesetRef, files: dict[bytes, int]) -> Path:
    """A listing with files of these sizes."""
    listing = lis / f"{DAY:%Y%m%d}" / f"{saveset.name}.db"
    listing.parent.mkdir(exist_ok=True)
    rows = []
    for path, size in files.items():
        directory, _, name = path.rpartition(b"/")
        rows.append((directory, name, "f", 1, 1, 1, size, 5, 5, 0o644, 0, 0, b""))
    with ListingWriter(listing, saveset.name, [b"/srv"], FakeControl()) as writer:
        writer.add(iter(rows))
        writer.end_scan()
        writer.finish()
    return listing


def all_differences(
    listings: TarListings, limit: int, directory: bytes = b""
) -> tuple[list[Difference], int]:
    """All of them, and how many pages they came on."""
    found: list[Difference] = []
    position, pages = None, 0
    while True:
        page = listings.differences(OLD, NEW, directory, position, limit)
        found += page.differences
        position, pages = page.next_position, pages + 1
        if position is None:
            return found, pages


def test_a_compressed_listing_is_read_and_leaves_no_copy(tmp_path: Path) -> None:
    listing = write(tmp_path, OLD, {b"/srv/a": 1, b"/srv/b": 2})
    packed.pack(listing, FakeControl())
    listings = TarListings(tmp_path)
    assert listings.entry(OLD, b"/srv/b").size == 2
    page = listings.listed(OLD, None, 2)
    assert [row[1] for row in page.rows] == [b"a", b"b"]
    # Who enters a thousand of them into the index must not fill the disk.
    assert listings.listed(OLD, page.next_position, 2).next_position is None
    assert [path.name for path in listing.parent.iterdir()] == [f"{listing.name}.zst"]
    packed.pack(write(tmp_path, NEW, {b"/srv/a": 1}), FakeControl())
    assert len(all_differences(listings, 10)[0]) == 1


@pytest.mark.parametrize("window", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("limit", [1, 4, 1000])
def test_windows_and_pages_change_nothing(
    tmp_path: Path, window: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "WINDOW", window)
    names = [
        b"/srv/%s/%02d" % (place, n) for place in (b"a", b"a-b", b"a/b", b"c") for n in range(6)
    ]
    old = {name: 1 for number, name in enumerate(names) if number % 4}
    new = {name: 1 + (number % 5 == 0) for number, name in enumerate(names) if number % 3}
    write(tmp_path, OLD, old)
    write(tmp_path, NEW, new)
    expected = {name for name in names if old.get(name) != new.get(name)}
    listings = TarListings(tmp_path)
    found, _ = all_differences(listings, limit)
    paths = [(one.after or one.before).path for one in found]  # type: ignore[union-attr]
    assert len(paths) == len(expected)
    assert set(paths) == expected
    below, _ = all_differences(listings, limit, b"/srv/a")
    assert [(one.after or one.before).path for one in below] == [  # type: ignore[union-attr]
        path for path in paths if path.startswith(b"/srv/a/")
    ]


def test_a_page_ends_when_so_much_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "WINDOW", 10)
    same = {b"/srv/%04d" % number: 1 for number in range(100)}
    write(tmp_path, OLD, same)
    write(tmp_path, NEW, same | {b"/srv/9999": 1})
    found, pages = all_differences(TarListings(tmp_path), 5)
    assert (len(found), pages) == (1, 3)


def test_what_is_wrong_is_said_of_the_right_one(tmp_path: Path) -> None:
    files = {b"/srv/%05d" % number: 1 for number in range(5000)}
    write(tmp_path, OLD, files)
    bad = write(tmp_path, NEW, files)
    content = bytearray(bad.read_bytes())
    content[30 * 4096 : 60 * 4096] = b"\xa5" * (30 * 4096)
    bad.write_bytes(content)
    listings = TarListings(tmp_path)
    for before, after in ((OLD, NEW), (NEW, OLD)):
        with pytest.raises(SavesetDamaged) as failure:
            listings.differences(before, after, b"", None, 10)
        assert failure.value.metadata["saveset"] == NEW.name


def test_a_missing_listing_and_one_that_cannot_be_read(tmp_path: Path) -> None:
    listings = TarListings(tmp_path)
    listing = write(tmp_path, OLD, {b"/srv/a": 1})
    with pytest.raises(SavesetDamaged, match="missing"):
        listings.differences(OLD, NEW, b"", None, 10)
    listing.unlink()
    listing.mkdir()
    with pytest.raises((SavesetDamaged, EngineError)):
        listings.entry(OLD, b"/srv/a")


@pytest.mark.parametrize("count", [99, 100, 101, 250])
def test_however_many_are_entered_at_once_each_takes_over_what_the_base_has_of_it(
    site: Site, count: int
) -> None:
    for number in range(count):
        (site.source / f"{number:03}").write_text(str(number))
    site.back_up()
    (site.source / "007").write_text("another")
    (site.source / "new").write_text("new")
    done = site.back_up()
    assert (done.files, done.listed_files) == (2, count + 1)
    target = site.root / "target"
    site.restore(target)
    expected = {str(number): f"{number:03}" for number in range(count) if number != 7}
    assert {path.read_text(): path.name for path in at(target, site.source).iterdir()} == {
        **expected,
        "another": "007",
        "new": "new",
    }


def test_a_kill_leaves_no_journal_of_a_listing(tmp_path: Path) -> None:
    """It would be a file that no recovery knows. In its place is what SQLite cannot make one of."""
    path = tmp_path / "SF1.db.tmp"
    path.with_name(f"{path.name}-journal").symlink_to(tmp_path / "nowhere/journal")
    with ListingWriter(path, "SF1", (b"/data",), FakeControl()) as listing:
        listing.add(iter([(b"", b"data", "d", 1, 1, 1, 1, 1, 1, 0o755, 0, 0, b"")]))
        listing.end_scan()
        listing.finish()
    assert path.stat().st_size
