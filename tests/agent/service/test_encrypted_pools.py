"""Media pools that are encrypted: their keys, what the engine is asked, what builds on what."""

from dataclasses import replace

import pytest

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.interfaces import PRE
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.media import MediaPool
from server_agent.domain.savesets import BackupType
from server_agent.service.chains import chain
from server_agent.service.collection import etag
from server_agent.service.media_pools import MediaPools
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DONE
from tests.agent.service.test_media import backed_up
from tests.agent.service.test_recovery import died_while_running, settle

VAULT = MediaPool("VAULT", "Drives", encrypted=True)


def switched(rig: Rig, on: bool, name: str = "DISK") -> MediaPool:
    with rig.changes.read() as view:
        pool = view.pool(name)
    assert pool is not None
    return rig.pools.update(request(), replace(pool, encrypted=on), etag(pool))


def inc(rig: Rig) -> Job:
    return rig.backed_up(BackupType.INC)


def test_switching_it_on_makes_a_key(rig: Rig) -> None:
    pool = rig.pools.create(request(), VAULT)
    assert rig.keys.get(pool.key_id).pool == "VAULT"
    assert rig.pools.create(request(), MediaPool("PLAIN", "Drives")).key_id == ""


def test_nobody_else_says_which_key(rig: Rig) -> None:
    pool = rig.pools.create(request(), replace(VAULT, key_id="f" * 16))
    assert pool.key_id in rig.keys.kept
    changed = rig.pools.update(request(), replace(pool, key_id="e" * 16), etag(pool))
    assert changed.key_id == pool.key_id


def test_the_engine_gets_the_key_and_the_saveset_tells(rig: Rig) -> None:
    pool = rig.pools.create(request(), VAULT)
    assert backed_up(rig, "VAULT").state is JobState.OK
    backed_up(rig, "DISK")
    assert [asked.key_id for asked in rig.engine.backups] == [pool.key_id, ""]
    told = {each.label: (each.encrypted, each.key_id) for each in rig.saveset_list()}
    assert told == {"VAULT00001": (True, pool.key_id), "DISK00001": (False, "")}


def test_a_restore_says_which_key_its_savesets_have(rig: Rig) -> None:
    """So that nothing plain is taken for one of them."""
    pool = switched(rig, on=True)
    rig.backed_up()
    rig.backed_up(BackupType.INC)
    newest = max(rig.saveset_list(), key=lambda each: int(each.job_id))
    with rig.changes.read() as view:
        assert [each.key_id for each in chain(view, newest.name)] == [pool.key_id] * 2


def test_off_and_on_again_keeps_the_key(rig: Rig) -> None:
    first = switched(rig, on=True)
    off = switched(rig, on=False)
    assert (off.encrypted, off.key_id) == (False, first.key_id)
    assert switched(rig, on=True).key_id == first.key_id


def test_a_key_that_is_lost_is_replaced_only_by_a_person(rig: Rig) -> None:
    first = switched(rig, on=True)
    del rig.keys.kept[first.key_id]
    job = rig.backed_up()
    assert (job.state, job.message) == (
        JobState.ERROR,
        f"The key {first.key_id} is not there.",
    )
    assert rig.engine.backups == []
    switched(rig, on=False)
    assert switched(rig, on=True).key_id != first.key_id


def test_without_a_place_for_keys_it_is_refused(rig: Rig) -> None:
    pools = MediaPools(rig.changes, rig.clock)
    with pytest.raises(InvalidArgument) as refused:
        pools.create(request(), VAULT)
    assert refused.value.metadata["field"] == "encrypted"


def test_a_chain_is_encrypted_as_a_whole(rig: Rig) -> None:
    """Neither an encrypted INC on a plain FULL nor a plain one on an encrypted FULL."""
    rig.backed_up()
    assert inc(rig).type is BackupType.INC
    switched(rig, on=True)
    job = inc(rig)
    assert job.type is BackupType.FULL
    assert job.message == "No base: made a FULL, the encryption of the pool has changed"
    assert inc(rig).type is BackupType.INC
    switched(rig, on=False)
    # The plain chain of before is there still, and what has changed since is compared with it.
    assert inc(rig).type is BackupType.INC
    last, *_ = sorted(rig.saveset_list(), key=lambda each: int(each.job_id), reverse=True)
    with rig.changes.read() as view:
        base = view.saveset(last.base or "")
    assert base is not None
    assert not base.encrypted


def test_a_chain_has_one_key(rig: Rig) -> None:
    first = switched(rig, on=True)
    rig.backed_up()
    del rig.keys.kept[first.key_id]
    switched(rig, on=False)
    switched(rig, on=True)
    assert inc(rig).type is BackupType.FULL


def test_after_a_crash_the_saveset_has_the_key_that_it_was_made_with(idle_rig: Rig) -> None:
    idle_rig.add_task()
    pool = switched(idle_rig, on=True)
    job = died_while_running(idle_rig)
    idle_rig.engine.interrupted[job.saveset] = DONE
    idle_rig.engine.key_id = pool.key_id
    settle(idle_rig)
    [saveset] = idle_rig.saveset_list()
    assert (saveset.encrypted, saveset.key_id) == (True, pool.key_id)


def test_rather_no_backup_than_a_plain_one(rig: Rig) -> None:
    """A pool that lost the name of its key, as in a catalogue that somebody has mended."""
    with rig.changes.write() as tx:
        pool = tx.pool("DISK")
        assert pool is not None
        tx.put_pool(replace(pool, encrypted=True, key_id=""))
    job = rig.backed_up()
    assert (job.state, job.message) == (JobState.ERROR, "The key none is not there.")
    assert rig.engine.backups == []


def test_without_the_key_nothing_is_prepared(rig: Rig) -> None:
    pool = switched(rig, on=True)
    rig.programs.put(PRE)
    rig.backed_up()
    assert [run.program for run in rig.programs.runs] == [PRE]
    del rig.keys.kept[pool.key_id]
    assert rig.backed_up().state is JobState.ERROR
    assert [run.program for run in rig.programs.runs] == [PRE]
