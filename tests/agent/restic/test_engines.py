"""Both engines of a location: each medium goes to its own."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.engines import Engines
from server_agent.adapters.store_claims import StoreClaims
from server_agent.adapters.tar.engine import TarEngine
from server_agent.domain.savesets import BackupType
from server_agent.ports import (
    EngineError,
    Interrupted,
    RestoreDone,
    RestoreRequest,
    SavesetRef,
    Verified,
    VerifyRequest,
)
from tests.agent.restic.site import PER_SAVESET, STORE_NAME, ResticSite
from tests.agent.tar.site import DAY, LABEL, LOCATION_ID, at
from tests.fakes.engine import FakeControl

PLAIN = "DISK00001"
VAULT = LABEL


class Both:
    def __init__(self, site: ResticSite, claims: StoreClaims) -> None:
        root = site.root
        self.source = site.source
        self.restic = b"restic:" + os.fsencode(root / "store")
        self.plain = os.fsencode(root / "plain")
        self.tar = TarEngine(root / "plain", root / "lis", root / "tmp", LOCATION_ID, threads=1)
        self.engine = Engines(self.tar, site.engine, claims)
        self.site = site
        self.engine.make_store(self.plain, "Disk")
        self.engine.make_medium(self.plain, "Disk", PLAIN)
        self.engine.make_medium(self.restic, STORE_NAME, VAULT)
        self.homes = {PLAIN: self.plain, VAULT: self.restic}
        self.engine.use_stores([self.plain, self.restic], self.homes)

    def back_up(self, label: str, number: int, *sources: Path) -> SavesetRef:
        saveset = f"SF{number:017d}@abcdefghijk"
        request = replace(
            self.site.request(*sources), type=BackupType.FULL, saveset=saveset, label=label, base=()
        )
        list(self.engine.backup(request, FakeControl()))
        return SavesetRef(saveset, label, DAY, None)


@pytest.fixture
def both(site: ResticSite) -> Iterator[Both]:
    (site.source / "a").write_text("content")
    with closing(StoreClaims(LOCATION_ID)) as claims:
        yield Both(site, claims)


def test_each_medium_goes_to_its_engine(both: Both, tmp_path: Path) -> None:
    refs = both.back_up(PLAIN, 1), both.back_up(VAULT, 2)
    assert (both.site.root / "plain" / PLAIN / refs[0].name).is_file()
    assert both.site.snapshots() == PER_SAVESET
    assert both.engine.present(refs) == {saveset.name for saveset in refs}
    events = both.engine.verify(VerifyRequest(refs), FakeControl())
    verified = [event for event in events if isinstance(event, Verified)]
    assert [(each.saveset, each.fault) for each in verified] == [(r.name, "") for r in refs]
    for saveset in refs:
        target = tmp_path / saveset.label
        request = RestoreRequest((saveset,), (), os.fsencode(target))
        *_, done = both.engine.restore(request, FakeControl())
        assert isinstance(done, RestoreDone)
        assert (at(target, both.source) / "a").read_text() == "content"
        assert both.engine.entries(saveset, b"", None, 10).total == 1
        both.engine.check_store(saveset.label)
    assert both.engine.space(both.restic, STORE_NAME, VAULT).capacity_bytes > 0
    assert set(both.engine.remove(refs)) == {saveset.name for saveset in refs}
    assert both.engine.present(refs) == set()
    both.engine.remove_medium(both.restic, STORE_NAME, VAULT)
    both.engine.remove_medium(both.plain, "Disk", PLAIN)
    assert not both.site.medium.exists()


def test_neither_saves_the_media_of_the_other(both: Both) -> None:
    for number, label in enumerate((PLAIN, VAULT)):
        saveset = both.back_up(label, number, both.site.root)
        for medium in (both.site.medium, both.site.root / "plain" / PLAIN):
            assert both.engine.missing_paths(saveset, [os.fsencode(medium)])
        assert not both.engine.missing_paths(saveset, [os.fsencode(both.source / "a")])


def test_recovery_leaves_each_its_own(both: Both) -> None:
    refs = both.back_up(PLAIN, 1), both.back_up(VAULT, 2)
    found = both.engine.recover(refs, frozenset())
    assert {each.saveset for each in found if each.result is not None} == {r.name for r in refs}
    assert both.engine.recover([], frozenset(r.name for r in refs)) == []
    assert both.engine.present(refs) == {r.name for r in refs}
    lost = SavesetRef(f"SF{3:017d}@abcdefghijk", VAULT, DAY, None)
    assert both.engine.recover([lost], frozenset(r.name for r in refs)) == [
        Interrupted(lost.name, None)
    ]


def test_a_medium_that_still_holds_something_is_not_removed(both: Both) -> None:
    saveset = both.back_up(VAULT, 1)
    with pytest.raises(EngineError, match=saveset.name) as failure:
        both.engine.remove_medium(both.restic, STORE_NAME, VAULT)
    assert failure.value.code == "STORE_UNUSABLE"


@pytest.mark.parametrize(
    "store",
    [b"restic:relative", b"restic:s3:s3.host/bucket", b"restic:rest:https://me:secret@host/"],
)
def test_a_store_that_is_written_wrong(both: Both, store: bytes) -> None:
    with pytest.raises(EngineError) as failure:
        both.engine.make_store(store, "Bad")
    assert failure.value.code == "STORE_UNUSABLE"
