"""A restore from a repository goes by the listing that was written, or by none."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server_agent.adapters.tar.description import digest_of
from server_agent.ports import EngineError, Message, ProofRequest, Proved
from tests.agent.restic.site import ResticSite
from tests.agent.tar.site import at
from tests.fakes.engine import FakeControl


@pytest.fixture
def damaged(site: ResticSite) -> ResticSite:
    """SQLite reads its listing, which lacks a file."""
    for name in "abc":
        (site.source / name).write_text(name)
    site.back_up()
    spoil(site)
    return site


def spoil(site: ResticSite) -> None:
    with closing(sqlite3.connect(site.listing())) as database, database:
        database.execute("DELETE FROM entry WHERE name = x'62'")


def expected(site: ResticSite) -> dict[str, str]:
    [file] = site.listing().parent.glob("*.restic")
    said: dict[str, str] = json.loads(file.read_bytes())["listing"]
    return said


def test_it_is_put_back_from_the_repository(damaged: ResticSite, tmp_path: Path) -> None:
    done = damaged.restore(tmp_path / "t")
    assert damaged.codes() == ["LISTING_PUT_BACK"]
    assert done.warnings == (damaged.messages[0].text,)
    restored = at(tmp_path / "t", damaged.source)
    assert sorted(path.name for path in restored.iterdir()) == ["a", "b", "c"]
    assert digest_of(damaged.listing()).hex() == expected(damaged)["blake3"]
    assert damaged.restore(tmp_path / "again").warnings == ()


def test_a_proof_goes_by_the_whole_one(damaged: ResticSite) -> None:
    request = ProofRequest(tuple(damaged.chain), 100, 1 << 20, "7")
    events = list(damaged.engine.prove(request, FakeControl()))
    assert "LISTING_PUT_BACK" in [each.code for each in events if isinstance(each, Message)]
    assert isinstance(events[-1], Proved)
    assert events[-1].files == 3


def test_without_its_copy_nothing_is_restored(damaged: ResticSite, tmp_path: Path) -> None:
    (damaged.medium / "snapshots" / expected(damaged)["snapshot"]).unlink()
    with pytest.raises(EngineError, match="another medium") as failure:
        damaged.restore(tmp_path / "t")
    assert failure.value.code == "SAVESET_DAMAGED"
    assert str(damaged.listing()) in failure.value.text
    assert not (tmp_path / "t").exists()
