"""A restore goes by the listing that was written, or by none."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from server_agent.adapters.tar.description import digest_of
from server_agent.domain.jobs import Level
from server_agent.ports import EngineError, Message, ProofRequest, Proved, RestoreDone
from tests.agent.tar.site import DAY, IS_ROOT, Site, at
from tests.agent.tar.test_copied_listings import spoil
from tests.agent.tar.test_encryption import SealedSite, sealed
from tests.fakes.engine import FakeControl

__all__ = ["sealed"]


def without_b(site: Site, age: int = 0) -> None:
    """A listing that SQLite reads, and that lacks a file."""
    with closing(sqlite3.connect(site.listing(age))) as database, database:
        database.execute("DELETE FROM entry WHERE name = x'62'")


def backed_up(site: Site) -> bytes:
    for name in "abc":
        (site.source / name).write_text(name)
    site.back_up()
    return digest_of(site.listing())


def names(target: Path, site: Site) -> list[str]:
    return sorted(os.listdir(at(target, site.source)))


def shelf(site: Site) -> Path:
    [found] = site.root.rglob("*.lis.zst")
    return found


@pytest.mark.parametrize("how", ["lacks a file", "spoilt", "missing", "compressed"])
def test_a_damaged_listing_is_put_back_from_its_medium(
    site: Site, tmp_path: Path, how: str
) -> None:
    right = backed_up(site)
    if how == "lacks a file":
        without_b(site)
    elif how == "spoilt":
        spoil(site.listing())
    elif how == "missing":
        site.listing().unlink()
    else:
        assert list(site.engine.compress_listings(DAY + timedelta(days=1), FakeControl()))
        spoil(site.listing().with_name(site.listing().name + ".zst"))
    done = site.restore(tmp_path / "t")
    assert names(tmp_path / "t", site) == ["a", "b", "c"]
    assert (done.files, done.skipped) == (3, 0)
    assert [(each.level, each.code) for each in site.messages] == [
        (Level.WARNING, "LISTING_PUT_BACK")
    ]
    assert done.warnings == (site.messages[0].text,)
    assert str(site.listing()) in done.warnings[0]
    assert digest_of(site.listing()) == right
    assert os.listdir(site.listing().parent) == [site.listing().name]
    assert site.restore(tmp_path / "again").warnings == ()


@pytest.mark.parametrize("copy", ["missing", "spoilt"])
def test_without_a_whole_copy_nothing_is_restored(site: Site, tmp_path: Path, copy: str) -> None:
    backed_up(site)
    without_b(site)
    shelf(site).unlink() if copy == "missing" else spoil(shelf(site))
    before = site.listing().read_bytes()
    with pytest.raises(EngineError, match="another medium") as failure:
        site.restore(tmp_path / "t")
    assert (failure.value.code, failure.value.saveset) == (
        "SAVESET_DAMAGED",
        site.chain[0].name,
    )
    assert str(site.listing()) in failure.value.text
    assert not (tmp_path / "t").exists()
    assert site.listing().read_bytes() == before
    assert os.listdir(site.listing().parent) == [site.listing().name]


def test_a_dry_run_goes_by_the_whole_one(site: Site, tmp_path: Path) -> None:
    backed_up(site)
    without_b(site)
    request = replace(site.restore_request(tmp_path / "t"), dry_run=True)
    events = list(site.engine.restore(request, FakeControl()))
    done = events[-1]
    assert isinstance(done, RestoreDone)
    assert "LISTING_PUT_BACK" in [each.code for each in events if isinstance(each, Message)]
    assert any("could not be used" in warning for warning in done.warnings)
    made = [each for each in events if isinstance(each, Message) and each.code == "WOULD_CREATE"]
    assert any(each.path is not None and each.path.endswith(b"/b") for each in made)


def test_a_proof_goes_by_the_whole_one(site: Site) -> None:
    backed_up(site)
    without_b(site)
    request = ProofRequest(tuple(site.chain), 100, 1 << 20, "7")
    events = list(site.engine.prove(request, FakeControl()))
    assert "LISTING_PUT_BACK" in [each.code for each in events if isinstance(each, Message)]
    assert isinstance(events[-1], Proved)
    assert events[-1].files == 3


def test_a_sealed_copy_is_opened(sealed: SealedSite, tmp_path: Path) -> None:
    right = backed_up(sealed)
    without_b(sealed)
    sealed.restore(tmp_path / "t")
    assert sealed.codes() == ["LISTING_PUT_BACK"]
    assert names(tmp_path / "t", sealed) == ["a", "b", "c"]
    assert digest_of(sealed.listing()) == right


def test_that_of_an_older_saveset_is_compared_where_a_hard_link_needs_it(
    site: Site, tmp_path: Path
) -> None:
    """The data of a link lie under a name that the newest listing does not have."""
    (site.source / "b").write_text("data")
    os.link(site.source / "b", site.source / "c")
    site.back_up()
    (site.source / "new").write_text("x")
    site.back_up()
    without_b(site, age=1)
    done = site.restore(tmp_path / "t", site.source / "c")
    assert (at(tmp_path / "t", site.source) / "c").read_text() == "data"
    assert any("could not be used" in warning for warning in done.warnings)


@pytest.mark.parametrize("word", ["bytes_read", "blake3", "listing"])
def test_a_damaged_description_is_named_and_said_to_be_damaged(
    site: Site, tmp_path: Path, word: str
) -> None:
    backed_up(site)
    file = site.data().with_name(site.data().name + ".idx")
    file.write_text(file.read_text().replace(f'"{word}"', f'"{word[::-1]}"'))
    with pytest.raises(EngineError) as failure:
        site.restore(tmp_path / "t")
    assert failure.value.code == "SAVESET_DAMAGED"
    text = failure.value.text
    assert f"{file} is damaged" in text
    assert "another medium" in text
    assert "__init__" not in text
    assert not (tmp_path / "t").exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root gets as far as tar there")
def test_what_cannot_be_made_is_counted_once(site: Site) -> None:
    """tar says a directory that it cannot make again for each file in it."""
    backed_up(site)
    done = site.restore(Path("/proc"))
    said = [each.path for each in site.messages]
    assert len(said) == len(set(said)) == done.skipped
    assert {os.fsencode(site.source / name) for name in "abc"} < set(said)
    assert done.files == 0
