"""Listings on media: written with the saveset, gone with it, and put there where they are not."""

import os
import tracemalloc
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from server_agent.adapters.tar import shelved
from server_agent.adapters.tar.contents import TarContents
from server_agent.adapters.tar.description import digest_of
from server_agent.adapters.tar.sealing import Sealing
from server_agent.domain.command_sources import CommandSource
from server_agent.ports import Cancelled, Message, SavesetRef, Verified, VerifyRequest
from server_agent.ports.keys import PoolKey
from server_agent.ports.rebuilding import FoundSaveset, LeftFile
from tests.agent.tar.site import DAY, LABEL, Site, engine_below
from tests.fakes.engine import FakeControl


@pytest.fixture
def saved(site: Site) -> Site:
    (site.source / "file").write_bytes(os.urandom(100_000))
    site.back_up()
    return site


def shelf(site: Site, age: int = 0) -> Path:
    data = site.data(age)
    return data.with_name(f"{data.name}.lis.zst")


def warnings(site: Site, *, quick: bool = False) -> list[str]:
    """What a verify says besides its result, which is good."""
    request = VerifyRequest(tuple(site.chain[:1]), quick=quick)
    events = list(site.engine.verify(request, FakeControl()))
    assert [event.fault for event in events if isinstance(event, Verified)] == [""]
    return [event.text for event in events if isinstance(event, Message)]


def put_back(site: Site) -> str:
    reading = TarContents(site.root / "lis")
    [medium] = reading.media([os.fsencode(site.root / "store")])
    [found] = [item for item in reading.contents(medium) if isinstance(item, FoundSaveset)]
    return reading.bring_listing(found, medium)


def test_it_gives_the_listing_back_bit_by_bit(saved: Site) -> None:
    before = saved.listing().read_bytes()
    saved.listing().unlink()
    assert put_back(saved) == ""
    assert saved.listing().read_bytes() == before
    assert saved.listing().stat().st_mode & 0o777 == 0o600
    assert put_back(saved) == ""


def test_what_has_the_place_of_the_listing_is_kept_beside_it(saved: Site) -> None:
    before = saved.listing().read_bytes()
    saved.listing().write_bytes(b"damaged")
    assert put_back(saved) == ""
    assert saved.listing().read_bytes() == before
    assert saved.listing().with_name(saved.listing().name + ".damaged").read_bytes() == b"damaged"


def test_it_is_removed_with_the_saveset(saved: Site) -> None:
    assert shelf(saved).exists()
    assert saved.engine.remove(saved.chain) == [saved.chain[0].name]
    assert saved.files() == set()


def test_what_a_killed_backup_leaves_of_it_is_removed(saved: Site) -> None:
    other = "SI00000000000000001@abcdefghijk"
    left = shelf(saved).with_name(f"{other}.lis.zst.tmp")
    left.touch()
    whole = shelf(saved).with_name(f"{other}.lis.zst")
    whole.touch()
    committed = frozenset({saved.chain[0].name})
    writing = [SavesetRef(other, LABEL, DAY, None)]
    [found] = engine_below(saved.root).recover(writing, committed)
    assert found.result is None
    assert (left.exists(), whole.exists(), shelf(saved).exists()) == (False, False, True)


def test_a_verify_says_that_it_is_damaged_or_missing(saved: Site) -> None:
    assert warnings(saved) == []
    content = bytearray(shelf(saved).read_bytes())
    content[len(content) // 2] ^= 1
    shelf(saved).write_bytes(content)
    assert warnings(saved, quick=True) == []
    [text] = warnings(saved)
    assert "damaged" in text
    assert "can be restored" in text
    os.truncate(shelf(saved), 100)
    assert "damaged" in warnings(saved, quick=True)[0]
    shelf(saved).unlink()
    assert "missing" in warnings(saved)[0]
    assert "missing" in warnings(saved, quick=True)[0]


def test_one_that_is_not_there_is_put_there(saved: Site) -> None:
    shelf(saved).unlink()
    for kind in ("plain", "compressed"):
        assert saved.engine.shelve(saved.chain, FakeControl()) == 1, kind
        assert saved.engine.shelve(saved.chain, FakeControl()) == 0
        assert warnings(saved) == []
        shelf(saved).unlink()
        before = date(DAY.year + 1, 1, 1)
        assert len(list(saved.engine.compress_listings(before, FakeControl()))) <= 1
    files = saved.files()
    assert not any(name.endswith(".tmp") for name in files), files


def test_what_cannot_be_put_there_stays_and_a_cancel_ends_it(saved: Site) -> None:
    shelf(saved).unlink()
    control = FakeControl()
    control.cancel()
    with pytest.raises(Cancelled):
        saved.engine.shelve(saved.chain, control)
    saved.listing().write_bytes(b"damaged")
    assert saved.engine.shelve(saved.chain, FakeControl()) == 0
    assert not shelf(saved).exists()
    (saved.root / "store").rename(saved.root / "away")
    assert saved.engine.shelve(saved.chain, FakeControl()) == 0


@pytest.mark.parametrize("cut", [0, 5, 200])
def test_a_cut_one_is_no_listing(saved: Site, cut: int) -> None:
    os.truncate(shelf(saved), cut)
    with pytest.raises(shelved.DamagedCopy):
        shelved.digest(shelf(saved))
    saved.listing().unlink()
    assert "damaged" in put_back(saved)
    assert not saved.listing().exists()


def test_every_file_of_a_medium_is_found_or_named(saved: Site) -> None:
    (saved.source / "more").write_text("x")
    saved.back_up()
    medium = saved.data().parent
    (medium / "SF00000000000000009@abcdefghijk").touch()
    (medium / "SF00000000000000008@abcdefghijk.lis.zst").touch()
    (medium / "SF00000000000000007@abcdefghijk.idx").write_text("{}")
    (medium / "SF00000000000000006@abcdefghijk.part").touch()
    (medium / "some file").touch()
    saved.data(1).unlink()
    reading = TarContents(saved.root / "lis")
    [found] = reading.media([os.fsencode(saved.root / "store")])
    items = list(reading.contents(found))
    [saveset] = [item for item in items if isinstance(item, FoundSaveset)]
    assert (saveset.name, saveset.base) == (saved.chain[0].name, saved.chain[1].name)
    assert saveset.facts["task"] == "t"
    assert saveset.sources == (os.fsencode(saved.source),)
    assert saveset.has_listing
    named = {os.path.basename(item.path) for item in items if isinstance(item, LeftFile)}
    assert named == {
        b"SF00000000000000009@abcdefghijk",
        b"SF00000000000000008@abcdefghijk.lis.zst",
        b"SF00000000000000007@abcdefghijk",
        b"SF00000000000000006@abcdefghijk.part",
        b"some file",
        os.fsencode(saved.chain[1].name),
    }


def test_what_is_found_has_its_commands(site: Site) -> None:
    commands = (CommandSource("a.sql", (b"printf", b"\xff b")), CommandSource("b", (b"true",)))
    site.run(replace(site.request(), commands=commands))
    reading = TarContents(site.root / "lis")
    [medium] = reading.media([os.fsencode(site.root / "store")])
    [item] = reading.contents(medium)
    assert isinstance(item, FoundSaveset)
    assert item.commands == commands


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_listing_is_never_held_as_a_whole(tmp_path: Path, is_sealed: bool) -> None:
    """That of many empty files is a thousandth of its size there."""
    sealing = Sealing(PoolKey("0" * 16, "POOL", bytes(32)), "S") if is_sealed else None
    listing, shelf = tmp_path / "listing", tmp_path / "shelf"
    with listing.open("wb") as file:
        file.truncate(96 << 20)
    shelved.write(listing, shelf, FakeControl(), 1, sealing)
    assert shelf.stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        assert shelved.digest(shelf, sealing) == digest_of(listing)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_a_long_listing_of_like_names_comes_back(tmp_path: Path) -> None:
    """Each piece of it expands to many: more than one write of the library has room for."""
    listing, copy = tmp_path / "listing", tmp_path / "copy"
    listing.write_bytes(
        b"".join(
            b"/srv/dir%d/file-%08d.dat" % (number // 100, number) + os.urandom(6)
            for number in range(400_000)
        )
    )
    shelved.write(listing, copy, FakeControl(), threads=2)
    for _ in range(6):
        assert shelved.digest(copy) == digest_of(listing)
