"""Data stores whose savesets nobody deletes before their EOL is over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.errors import InvalidArgument, SavesetNeeded, StoreUnusable
from server_agent.domain.media import DataStore, MediaPool, Retention
from server_agent.domain.queue import Drive
from server_agent.service.collection import etag
from tests.agent.service.rig import Rig, request
from tests.agent.service.test_forgetting import DAY, names, seen_days
from tests.agent.service.test_media import backed_up
from tests.agent.service.test_newday_jobs import newday

SAFE = DataStore("Safe", b"/mnt/safe", immutable=True)


@pytest.fixture
def store(rig: Rig) -> DataStore:
    """With a pool VAULT whose savesets are kept for two days behind their own."""
    rig.scheduler.look()
    store = rig.stores.create(request(), SAFE)
    rig.drives.create(request(), Drive("Drive_2", group="Safe", store="Safe"))
    rig.pools.create(request(), MediaPool("VAULT", "Safe", Retention(eol_days=2, keep_newest=0)))
    return store


def test_the_engine_is_told_with_the_first_backup(rig: Rig, store: DataStore) -> None:
    backed_up(rig, "DISK")
    assert rig.engine.held == frozenset()
    backed_up(rig, "VAULT")
    assert rig.engine.held == {"VAULT00001"}


def test_an_agent_that_starts_tells_it_again(rig: Rig, store: DataStore) -> None:
    backed_up(rig, "VAULT")
    rig.engine.held = frozenset()
    rig.stores.use()
    assert rig.engine.held == {"VAULT00001"}


def test_where_it_does_not_work_it_is_refused(rig: Rig) -> None:
    rig.engine.changeable.add(b"/mnt/safe")
    with pytest.raises(StoreUnusable, match="immutable"):
        rig.stores.create(request(), SAFE)
    plain = rig.stores.create(request(), replace(SAFE, immutable=False))
    with pytest.raises(StoreUnusable):
        rig.stores.update(request(), replace(plain, immutable=True), etag(plain))


def test_it_is_tried_again_where_the_store_is_moved_to(rig: Rig, store: DataStore) -> None:
    rig.engine.stores[b"/mnt/other"] = "Safe"
    rig.engine.changeable.add(b"/mnt/other")
    with pytest.raises(StoreUnusable):
        rig.stores.update(request(), replace(store, path=b"/mnt/other"), etag(store))
    rig.engine.changeable.clear()
    rig.stores.update(request(), replace(store, path=b"/mnt/other"), etag(store))


def test_nobody_deletes_before_the_eol_is_over(rig: Rig, store: DataStore) -> None:
    saveset = backed_up(rig, "VAULT").saveset
    with pytest.raises(SavesetNeeded) as refused:
        rig.forgetting.delete(request(), [saveset])
    assert refused.value.metadata["users"] == (
        "its data store Safe is immutable, and it may go from 2026-03-07 on"
    )
    for _ in range(3):
        rig.clock.advance(DAY)
        rig.scheduler.look()
    rig.forgetting.delete(request(), [saveset])
    assert names(rig) == set()


def test_a_clock_that_has_leapt_lets_nobody_delete(rig: Rig, store: DataStore) -> None:
    """Whoever can set the clock ahead could else delete all at once."""
    saveset = backed_up(rig, "VAULT").saveset
    rig.clock.advance(timedelta(days=3000))
    rig.scheduler.look()
    with pytest.raises(SavesetNeeded) as refused:
        rig.forgetting.delete(request(), [saveset])
    assert refused.value.metadata["users"] == (
        "its data store Safe is immutable. Nothing is deleted before the next NEWDAY: no day of the"
        " last month was seen to begin, the clock may be wrong"
    )
    with pytest.raises(InvalidArgument, match="clock may be wrong"):
        rig.stores.update(request(), replace(store, immutable=False), etag(store))
    rig.clock.advance(DAY)
    rig.scheduler.look()
    rig.forgetting.delete(request(), [saveset])
    assert names(rig) == set()


def test_newday_deletes_when_the_eol_is_over(rig: Rig, store: DataStore) -> None:
    seen_days(rig)
    saveset = backed_up(rig, "VAULT").saveset
    for _ in range(2):
        newday(rig, DAY)
        assert names(rig) == {saveset}
    newday(rig, DAY)
    assert names(rig) == set()


def test_an_eol_is_only_moved_to_later(rig: Rig, store: DataStore) -> None:
    saveset = backed_up(rig, "VAULT").saveset
    [known] = rig.saveset_list()
    assert known.eol is not None
    with pytest.raises(InvalidArgument) as refused:
        rig.forgetting.set_eol(request(), saveset, known.eol - DAY)
    assert refused.value.metadata["field"] == "eol"
    rig.forgetting.set_eol(request(), saveset, known.eol + DAY)
    with pytest.raises(InvalidArgument):
        rig.forgetting.set_eol(request(), saveset, known.eol)


def test_it_is_switched_off_when_all_may_go(rig: Rig, store: DataStore) -> None:
    backed_up(rig, "VAULT")
    off = replace(store, immutable=False)
    with pytest.raises(InvalidArgument) as refused:
        rig.stores.update(request(), off, etag(store))
    assert refused.value.metadata["expected"].endswith("on 2026-03-06")
    for _ in range(3):
        rig.clock.advance(DAY)
        rig.scheduler.look()
    rig.stores.update(request(), off, etag(store))
    assert rig.engine.held == frozenset()


def test_other_changes_are_free(rig: Rig, store: DataStore) -> None:
    backed_up(rig, "VAULT")
    changed = rig.stores.update(request(), replace(store, comment="in the safe"), etag(store))
    assert changed.immutable
