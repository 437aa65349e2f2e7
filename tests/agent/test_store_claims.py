"""Two agents of one machine do not use one data store."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from server_agent.adapters.restic.engine import ResticEngine
from server_agent.adapters.store_claims import StoreClaims
from server_agent.adapters.tar.engine import TarEngine
from server_agent.adapters.tar.store import write_label
from server_agent.adapters.tar.stores import make_medium, make_store
from server_agent.ports import EngineError
from tests.agent.tar.site import LABEL, LOCATION_ID

KEPT = """
import sys
from pathlib import Path
from server_agent.adapters.store_claims import StoreClaims
claims = StoreClaims(sys.argv[2])
claims.claim(Path(sys.argv[1]))
print("claimed", flush=True)
sys.stdin.readline()
"""
ENGINES: dict[str, Callable[[Path, Path], TarEngine | ResticEngine]] = {
    "tar": lambda store, root: TarEngine(store, root / "lis", root / "tmp", LOCATION_ID),
    "restic": lambda store, root: ResticEngine(
        [b"restic:" + os.fsencode(store)],
        *(root / "lis", root / "tmp", root / "tmp/restic", root / "secrets", LOCATION_ID),
    ),
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store = tmp_path / "store"
    make_store(store, "Disk", LOCATION_ID)
    make_medium(store, LABEL, LOCATION_ID)
    return store


@pytest.mark.parametrize("kind", ENGINES)
def test_a_store_of_another_agent_is_not_used(tmp_path: Path, store: Path, kind: str) -> None:
    unfinished = store / LABEL / "SF00000000000000001@abcdefghijk.part"
    unfinished.write_bytes(b"what the first is writing")
    with closing(StoreClaims(LOCATION_ID)) as first, closing(StoreClaims(LOCATION_ID)) as second:
        one, other = (ENGINES[kind](store, tmp_path / name) for name in ("one", "other"))
        one.heed(first.claim)
        other.heed(second.claim)
        one.check_store(LABEL)
        said = rf"^The data store {store} is used by .* process {os.getpid()}: .* Stop one of"
        with pytest.raises(EngineError, match=said) as refused:
            other.check_store(LABEL)
        assert refused.value.code == "STORE_MISSING"
        assert other.recover([], frozenset()) == []
        assert unfinished.exists()
        with pytest.raises(EngineError, match="is used by another agent"):
            other.sweep(LABEL, set)
        path = os.fsencode(store) if kind == "tar" else b"restic:" + os.fsencode(store)
        with pytest.raises(EngineError, match="is used by another agent"):
            other.space(path, "Disk")
        first.only(())
        other.check_store(LABEL)
        with pytest.raises(EngineError, match="is used by another agent"):
            one.check_store(LABEL)


def test_a_process_that_is_killed_leaves_no_claim(store: Path) -> None:
    words = [sys.executable, "-c", KEPT, str(store), LOCATION_ID]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"claimed\n"
        with closing(StoreClaims(LOCATION_ID)) as claims:
            with pytest.raises(EngineError, match=f"process {process.pid}:"):
                claims.claim(store)
            process.kill()
            process.wait()
            claims.claim(store)


def test_a_store_by_another_way_is_the_same(tmp_path: Path, store: Path) -> None:
    (tmp_path / "link").symlink_to(store)
    with closing(StoreClaims(LOCATION_ID)) as claims, closing(StoreClaims(LOCATION_ID)) as others:
        claims.claim(store)
        claims.claim(tmp_path / "link")
        with pytest.raises(EngineError, match="is used by another agent"):
            others.claim(tmp_path / "link")
        claims.only([tmp_path / "link"])
        with pytest.raises(EngineError, match="is used by another agent"):
            others.claim(store)


def test_asking_often_is_answered_as_often(store: Path) -> None:
    with closing(StoreClaims(LOCATION_ID)) as claims, closing(StoreClaims(LOCATION_ID)) as others:
        for _ in range(200):
            claims.claim(store)
            with pytest.raises(EngineError, match=f"process {os.getpid()}:"):
                others.claim(store)
        for _ in range(200):  # whoever has it does not look after those who ask
            with pytest.raises(EngineError, match="is used by another agent"):
                others.claim(store)


def test_another_disk_in_its_place_is_another_store(tmp_path: Path, store: Path) -> None:
    with closing(StoreClaims(LOCATION_ID)) as claims, closing(StoreClaims(LOCATION_ID)) as others:
        claims.claim(store)
        store.rename(tmp_path / "away")
        make_store(store, "Disk", LOCATION_ID)
        claims.claim(store)
        others.claim(tmp_path / "away")
        with pytest.raises(EngineError, match="is used by another agent"):
            others.claim(store)


def test_a_store_without_a_label_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / LABEL).mkdir()
    write_label(tmp_path / LABEL, LABEL, LOCATION_ID)
    with closing(StoreClaims(LOCATION_ID)) as claims, closing(StoreClaims(LOCATION_ID)) as others:
        claims.claim(tmp_path)
        others.claim(tmp_path)
        others.claim(tmp_path / "nowhere")


def test_what_is_away_is_given_back(tmp_path: Path, store: Path) -> None:
    with closing(StoreClaims(LOCATION_ID)) as claims, closing(StoreClaims(LOCATION_ID)) as others:
        claims.claim(store)
        store.rename(tmp_path / "away")
        claims.claim(store)
        others.claim(tmp_path / "away")
        with pytest.raises(EngineError, match="is used by another agent"):
            claims.claim(tmp_path / "away")
