"""The listing of an encrypted saveset on its medium: sealed, and of use with the key only."""

import os
import subprocess
from pathlib import Path

import pytest

from server_agent.adapters.key_files import KeyFiles
from server_agent.adapters.tar.contents import TarContents
from server_agent.ports import ProofRequest, Proved
from server_agent.ports.rebuilding import FoundMedium, FoundSaveset, LeftFile
from tests.agent.tar.test_encryption import SealedSite, sealed
from tests.fakes.engine import FakeControl

__all__ = ["sealed"]


@pytest.fixture
def saved(sealed: SealedSite) -> SealedSite:
    (sealed.source / "merger").write_bytes(b"nobody may know" * 5000)
    sealed.back_up()
    return sealed


def shelf(site: SealedSite) -> Path:
    return site.data().with_name(f"{site.data().name}.lis.zst")


def read(site: SealedSite, keys: KeyFiles | None) -> tuple[TarContents, FoundMedium, object]:
    reading = TarContents(site.root / "lis", keys)
    [medium] = reading.media([os.fsencode(site.root / "store")])
    [item] = reading.contents(medium)
    return reading, medium, item


def test_it_is_sealed_and_comes_back_with_the_key(saved: SealedSite) -> None:
    before = saved.listing().read_bytes()
    tried = subprocess.run(["zstd", "-dc", shelf(saved)], capture_output=True, check=False)
    assert tried.returncode != 0
    saved.listing().unlink()
    reading, medium, item = read(saved, saved.keys)
    assert isinstance(item, FoundSaveset)
    assert (item.key_id, item.has_listing) == (saved.key.id, False)
    assert item.sources == (os.fsencode(saved.source),)
    assert reading.bring_listing(item, medium) == ""
    assert saved.listing().read_bytes() == before


def test_without_the_key_it_is_named_and_left(saved: SealedSite) -> None:
    for keys in (None, KeyFiles(saved.root / "none", saved.root / "none")):
        _, _, item = read(saved, keys)
        assert isinstance(item, LeftFile)
        assert "encrypted" in item.why
        assert saved.key.id in item.why


def test_that_of_another_saveset_is_damaged(saved: SealedSite) -> None:
    other = shelf(saved).read_bytes()
    (saved.source / "more").write_text("x")
    saved.back_up()
    shelf(saved).write_bytes(other)
    [message] = saved.said_by_verify()
    assert "damaged" in message.text


def test_one_that_is_lost_is_sealed_again(saved: SealedSite) -> None:
    shelf(saved).unlink()
    assert saved.engine.shelve(saved.chain, FakeControl()) == 1
    assert saved.said_by_verify() == []
    shelf(saved).unlink()
    saved.lose_key()
    assert saved.engine.shelve(saved.chain, FakeControl()) == 0


def test_samples_are_proved_with_the_key(saved: SealedSite) -> None:
    request = ProofRequest(tuple(saved.chain), 10, 1 << 20, "7")
    *_, done = saved.engine.prove(request, FakeControl())
    assert isinstance(done, Proved)
    assert (done.files, done.faults) == (1, ())
