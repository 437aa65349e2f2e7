"""A quick verify: what it finds, and what it says that it has not looked at."""

import os
from pathlib import Path

import pytest

from server_agent.ports import Verified, VerifyRequest
from tests.agent.tar.site import Site
from tests.fakes.engine import FakeControl


def quick(site: Site, age: int = 0) -> Verified:
    request = VerifyRequest((site.chain[age],), quick=True)
    events = site.engine.verify(request, FakeControl())
    [verified] = [event for event in events if isinstance(event, Verified)]
    return verified


@pytest.fixture
def large(site: Site) -> Site:
    """A saveset of many frames that cannot be compressed."""
    (site.source / "data").write_bytes(os.urandom(60 << 20))
    site.back_up()
    return site


def test_of_a_large_saveset_a_few_pieces_are_read_and_it_says_so(large: Site) -> None:
    verified = quick(large)
    assert verified.fault == ""
    assert 0 < verified.bytes_read < 25 << 20
    assert "The other pieces were not compared" in verified.compared
    assert str(verified.bytes_read) in verified.compared


def test_a_small_saveset_is_read_as_a_whole(site: Site) -> None:
    (site.source / "data").write_text("a few bytes")
    site.back_up()
    verified = quick(site)
    assert verified.fault == ""
    assert "not compared" not in verified.compared


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at, os.SEEK_END if at < 0 else os.SEEK_SET)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize("at", [100, -2000])
def test_damage_of_the_first_and_of_the_last_piece_is_found(large: Site, at: int) -> None:
    flip(large.data(), at)
    assert "does not match its digest" in quick(large).fault


def test_a_cut_file_a_wrong_listing_and_a_wrong_description_are_found(large: Site) -> None:
    listing = large.listing().read_bytes()
    flip(large.listing(), 5000)
    assert "listing" in quick(large).fault
    large.listing().write_bytes(listing)
    assert quick(large).fault == ""
    description = large.data().with_name(large.data().name + ".idx")
    text = description.read_bytes()
    description.write_bytes(text.replace(b'"task": "t"', b'"task": "u"'))
    assert "description" in quick(large).fault
    description.write_bytes(text)
    os.truncate(large.data(), large.data().stat().st_size - 1)
    assert "bytes, not" in quick(large).fault


def test_what_is_not_in_its_place_is_missing_and_not_damaged(large: Site) -> None:
    large.data().rename(large.root / "elsewhere")
    verified = quick(large)
    assert verified.missing
    assert verified.compared == ""
