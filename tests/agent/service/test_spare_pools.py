"""Backups that go to a spare pool because their own cannot be written."""

from dataclasses import replace
from typing import Any

import pytest

from server_agent.domain.errors import InvalidArgument, PoolInUse
from server_agent.domain.interfaces import PRE
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.media import MediaPool, Retention
from server_agent.domain.queue import Drive
from server_agent.domain.savesets import BackupType
from server_agent.ports import EngineError, StoreSpace
from server_agent.service.collection import etag
from tests.agent.service.rig import Rig, request
from tests.agent.service.test_media import FULL_DISK, SECOND, backed_up


def pool(rig: Rig, name: str) -> MediaPool:
    with rig.changes.read() as view:
        found = view.pool(name)
    assert found is not None
    return found


def with_spare(rig: Rig, name: str, spare: str) -> MediaPool:
    known = pool(rig, name)
    return rig.pools.update(request(), replace(known, spare_pool=spare), etag(known))


@pytest.fixture(autouse=True)
def spare(rig: Rig) -> None:
    """SPARE, in a data store of its own, for DISK."""
    rig.stores.create(request(), SECOND)
    rig.drives.create(request(), Drive("Drive_2", group="Spare", store="Store_2"))
    rig.pools.create(request(), MediaPool("SPARE", "Spare", Retention(eol_days=7)))
    with_spare(rig, "DISK", "SPARE")


def inc(rig: Rig) -> Job:
    return rig.backed_up(BackupType.INC)


def test_while_the_pool_can_be_written_nothing_else_is(rig: Rig) -> None:
    job = rig.backed_up()
    assert (job.state, job.label, job.message) == (JobState.OK, "DISK00001", "")


def test_a_full_data_store_makes_it_go_to_the_spare_pool_and_say_so(rig: Rig) -> None:
    rig.engine.full[b"/store"] = replace(FULL_DISK, free_bytes=10)
    job = rig.backed_up()
    assert (job.state, job.pool, job.label) == (JobState.WARNING, "DISK", "SPARE00001")
    assert job.message.startswith(
        "This backup goes to SPARE00001 of a spare pool instead of the pool DISK:"
        " The data store Store_1 is 99 % full; its high-water mark is 95 %."
    )
    assert "SPARE_POOL" in [line.code for line in rig.protocol(job)]
    [saveset] = rig.saveset_list()
    assert saveset.label == "SPARE00001"
    assert saveset.eol is not None
    assert (saveset.eol - saveset.sesam_day).days == 31, "the EOL of the pool that it is meant for"


def test_a_write_protected_medium_is_followed_by_one_of_its_own_pool(rig: Rig) -> None:
    first = rig.backed_up()
    with rig.changes.write() as tx:
        [medium] = [each for each in tx.media() if each.label == first.label]
        tx.put_medium(replace(medium, write_protected=True))
    job = inc(rig)
    assert (job.state, job.label, job.type) == (JobState.OK, "DISK00002", BackupType.INC)
    with rig.changes.read() as view:
        saveset = view.saveset(job.saveset)
    assert saveset is not None
    assert saveset.base == first.saveset


def test_a_job_keeps_its_own_drive(rig: Rig) -> None:
    rig.engine.full[b"/store"] = replace(FULL_DISK, free_bytes=10)
    job = rig.backed_up()
    assert (job.label, job.drive) == ("SPARE00001", "Drive_1")


def test_so_does_a_data_store_that_is_away(rig: Rig) -> None:
    rig.engine.away.add(b"/store")
    job = rig.backed_up()
    assert (job.state, job.label) == (JobState.WARNING, "SPARE00001")
    assert "Store_1 is not in its place" in job.message


def test_a_chain_on_the_spare_pool_needs_nothing_elsewhere(rig: Rig) -> None:
    rig.backed_up()
    rig.engine.away.add(b"/store")
    first, second = inc(rig), inc(rig)
    assert (first.type, second.type) == (BackupType.FULL, BackupType.INC)
    assert "No base: made a FULL, the first in the spare pool" in first.message
    assert [base.name for base in rig.engine.backups[-1].base] == [first.saveset]
    rig.engine.away.clear()
    back = inc(rig)
    assert (back.state, back.label) == (JobState.OK, "DISK00001")


def test_if_the_spare_pool_cannot_be_written_either_the_first_reason_is_said(rig: Rig) -> None:
    rig.engine.away |= {b"/store", b"/mnt/second"}
    job = rig.backed_up()
    assert job.state is JobState.ERROR
    assert "Store_1" in job.message
    assert rig.saveset_list() == []


def test_a_pool_that_is_back_a_moment_later_gets_nothing_unprepared(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sbc_pre has not run: a dump that it makes would be that of yesterday."""
    with_spare(rig, "DISK", "")
    rig.programs.put(PRE)
    failures = [EngineError("STORE_MISSING", "the data store is not in its place")]
    space = rig.engine.space

    def once(*place: Any) -> StoreSpace:
        if failures:
            raise failures.pop()
        return space(*place)

    monkeypatch.setattr(rig.engine, "space", once)
    job = rig.backed_up()
    assert (job.state, job.message) == (JobState.ERROR, "The data store is not in its place")
    assert rig.engine.backups == []


def test_the_spare_pool_of_the_spare_pool_comes_last(rig: Rig) -> None:
    rig.stores.create(request(), replace(SECOND, name="Store_3", path=b"/mnt/third"))
    rig.drives.create(request(), Drive("Drive_3", group="Third", store="Store_3"))
    rig.pools.create(request(), MediaPool("LAST", "Third"))
    with_spare(rig, "SPARE", "LAST")
    rig.engine.away |= {b"/store", b"/mnt/second"}
    job = rig.backed_up()
    assert (job.state, job.label) == (JobState.WARNING, "LAST00001")


def test_what_is_meant_to_be_encrypted_is_so_everywhere(rig: Rig) -> None:
    known = pool(rig, "DISK")
    disk = rig.pools.update(request(), replace(known, encrypted=True), etag(known))
    rig.engine.away.add(b"/store")
    rig.backed_up()
    assert [asked.key_id for asked in rig.engine.backups] == [disk.key_id]


def test_an_encrypted_spare_pool_gets_nothing_plain(rig: Rig) -> None:
    known = pool(rig, "SPARE")
    spare = rig.pools.update(request(), replace(known, encrypted=True), etag(known))
    rig.engine.away.add(b"/store")
    rig.backed_up()
    assert inc(rig).type is BackupType.INC
    assert [asked.key_id for asked in rig.engine.backups] == [spare.key_id] * 2


@pytest.mark.parametrize("name", ["DISK", "SPARE", "NONE"])
def test_what_no_spare_pool_can_be(rig: Rig, name: str) -> None:
    """DISK has SPARE as its own; a pool is none of itself."""
    with pytest.raises(InvalidArgument) as refused:
        with_spare(rig, "SPARE", name)
    assert refused.value.metadata["field"] == "spare_pool"


def test_a_spare_pool_is_not_removed(rig: Rig) -> None:
    with pytest.raises(PoolInUse) as refused:
        rig.pools.delete(request(), "SPARE", None)
    assert refused.value.metadata["users"] == "media pool DISK"
    with_spare(rig, "DISK", "")
    rig.pools.delete(request(), "SPARE", None)


def test_an_order_that_names_a_pool_has_its_spare_too(rig: Rig) -> None:
    rig.engine.away.add(b"/store")
    assert backed_up(rig, "DISK").label == "SPARE00001"
