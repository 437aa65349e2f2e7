"""The listing on the medium goes with a copy of its saveset, and is compared like the rest."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.tar import shelved
from server_agent.adapters.tar.description import digest_of
from server_agent.domain.jobs import Level
from server_agent.ports import CopyDone, CopyRequest, EngineError, Message, SavesetRef
from tests.agent.tar.site import Site
from tests.agent.tar.test_encryption import SealedSite, sealed
from tests.fakes.engine import FakeControl

__all__ = ["sealed"]

OTHER = "TAPE00001"


def with_second(site: Site) -> Path:
    """A saveset, and a second medium for its copy."""
    (site.source / "file").write_bytes(os.urandom(1000))
    site.back_up()
    second = os.fsencode(site.root / "second")
    site.engine.make_store(second, "Store_2")
    site.engine.use_stores([os.fsencode(site.root / "store"), second], {})
    site.engine.make_medium(second, "Store_2", OTHER)
    return site.root / "second"


def copied(site: Site) -> list[Message]:
    [saveset] = site.chain
    events = list(site.engine.copy(CopyRequest(saveset, OTHER), FakeControl()))
    assert isinstance(events[-1], CopyDone)
    return [event for event in events if isinstance(event, Message)]


def shelves(below: Path) -> list[Path]:
    return [path for path in below.rglob("*") if ".lis.zst" in path.name]


def shelf(saveset: SavesetRef, below: Path) -> Path:
    [found] = shelves(below)
    assert found.name == f"{saveset.name}.lis.zst"
    return found


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_the_same_bytes_lie_on_both(site: Site) -> None:
    second = with_second(site)
    assert copied(site) == []
    first = shelf(site.chain[0], site.root / "store")
    assert shelf(site.chain[0], second).read_bytes() == first.read_bytes()


@pytest.mark.parametrize("how", ["spoilt", "cut", "another"])
def test_in_place_of_a_damaged_one_comes_a_new_one(site: Site, how: str) -> None:
    second = with_second(site)
    first = shelf(site.chain[0], site.root / "store")
    if how == "spoilt":
        spoil(first)
    elif how == "cut":
        os.truncate(first, 100)
    else:
        (site.root / "other").write_bytes(b"no listing")
        first.unlink()
        shelved.write(site.root / "other", first, FakeControl(), 1)
    [message] = copied(site)
    assert (message.level, message.code) == (Level.WARNING, "LISTING_COPY")
    assert "The copy has a new one" in message.text
    assert shelved.digest(shelf(site.chain[0], second)) == digest_of(site.listing())


def test_one_that_the_medium_does_not_give_back_fails_the_copy(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = with_second(site)
    copy = shelved.copy

    def spoilt(source: Path, target: Path) -> bytes | None:
        written = copy(source, target)
        spoil(target)
        return written

    monkeypatch.setattr(shelved, "copy", spoilt)
    with pytest.raises(EngineError, match="does not give back") as error:
        copied(site)
    assert error.value.code == "WRITE_DAMAGED"
    assert shelves(second) == []


def test_a_sealed_one_that_is_damaged_is_sealed_again(sealed: SealedSite) -> None:
    second = with_second(sealed)
    spoil(shelf(sealed.chain[0], sealed.root / "store"))
    [message] = copied(sealed)
    assert message.code == "LISTING_COPY"
    sealed.chain = [replace(sealed.chain[0], label=OTHER)]
    assert sealed.said_by_verify() == []
    assert shelves(second) != []


def test_without_its_key_a_sealed_one_is_copied_as_it_is(sealed: SealedSite) -> None:
    second = with_second(sealed)
    sealed.lose_key()
    assert copied(sealed) == []
    first = shelf(sealed.chain[0], sealed.root / "store")
    assert shelf(sealed.chain[0], second).read_bytes() == first.read_bytes()
