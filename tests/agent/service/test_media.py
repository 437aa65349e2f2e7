"""Data stores, media pools and media: what is entered, and where backups go."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    DomainError,
    InvalidArgument,
    MediumInUse,
    PoolInUse,
    PoolNotFound,
    StoreInUse,
    StoreNotFound,
    StoreUnusable,
)
from server_agent.domain.events import BackupAction
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.media import FIRST_STORE, NEVER, DataStore, MediaPool, Medium, Retention
from server_agent.domain.queue import Drive
from server_agent.domain.reach import Ssh
from server_agent.domain.savesets import BackupType
from server_agent.domain.topology import Access
from server_agent.ports import StoreSpace
from server_agent.service.collection import etag
from server_agent.service.starting import BackupOrder
from tests.agent.service.rig import LABEL, Rig, request

SECOND = DataStore("Store_2", b"/mnt/second", 80)
FULL_DISK = StoreSpace(capacity_bytes=1000, free_bytes=100)


def media(rig: Rig) -> list[Medium]:
    with rig.changes.read() as view:
        return view.media()


def ordered(rig: Rig, pool: str = "", drive: str = "") -> Job:
    action = BackupAction(BackupType.FULL, task="docs", pool=pool, drive=drive)
    [live] = rig.starting.start_backup(request("StartBackup"), BackupOrder(action)).jobs
    return live.job


def backed_up(rig: Rig, pool: str = "", drive: str = "") -> Job:
    return rig.ended(ordered(rig, pool, drive))


def add_second(rig: Rig, group: str = "Drives") -> None:
    """A second data store with a drive."""
    rig.stores.create(request(), SECOND)
    rig.drives.create(request(), Drive("Drive_2", group=group, store="Store_2"))


def protect(rig: Rig, label: str, on: bool = True) -> Medium:
    [medium] = [each for each in media(rig) if each.label == label]
    return rig.media.update(request(), replace(medium, write_protected=on), etag(medium))


def test_a_backup_goes_to_the_usual_pool_and_its_saveset_has_an_eol(rig: Rig) -> None:
    job = backed_up(rig)
    assert (job.state, job.pool, job.label) == (JobState.OK, "DISK", LABEL)
    [saveset] = rig.saveset_list()
    assert (saveset.label, saveset.eol) == (LABEL, saveset.sesam_day + timedelta(days=31))
    [state] = rig.media.states(media(rig))
    assert (state.holding.savesets, state.holding.eol) == (1, saveset.eol)


def test_a_pool_gets_its_first_medium_with_its_first_backup(rig: Rig) -> None:
    rig.pools.create(request(), MediaPool("WEEK", "Drives", Retention(7)))
    assert [each.label for each in media(rig)] == [LABEL]
    for _ in range(2):
        job = backed_up(rig, "WEEK")
        assert (job.pool, job.label) == ("WEEK", "WEEK00001")
    [_, made] = media(rig)
    assert made.init_time != NEVER
    assert rig.engine.made == {b"/store": ["WEEK00001"]}
    assert rig.engine.homes == {LABEL: b"/store", "WEEK00001": b"/store"}


def test_a_write_protected_medium_is_followed_by_a_new_one(rig: Rig) -> None:
    protect(rig, LABEL)
    assert backed_up(rig).label == "DISK00002"
    protect(rig, LABEL, on=False)
    assert backed_up(rig).label == "DISK00002"
    protect(rig, "DISK00002")
    assert backed_up(rig).label == LABEL


def test_a_drive_of_another_store_writes_to_a_medium_there(rig: Rig) -> None:
    add_second(rig)
    first, second = backed_up(rig, drive="Drive_1"), backed_up(rig, drive="Drive_2")
    assert (first.label, second.label) == (LABEL, "DISK00002")
    assert rig.engine.homes == {LABEL: b"/store", "DISK00002": b"/mnt/second"}
    with rig.changes.read() as view:
        drive = view.drive("Drive_1")
        assert drive is not None
    rig.drives.update(request(), replace(drive, store="Store_2"), etag(drive))
    assert backed_up(rig, drive="Drive_1").label == "DISK00002"


def test_a_pool_is_written_by_drives_of_its_group_only(rig: Rig) -> None:
    add_second(rig, group="Second")
    rig.pools.create(request(), MediaPool("WEEK", "Second"))
    job = backed_up(rig, "WEEK")
    assert (job.drive, job.label) == ("Drive_2", "WEEK00001")
    with rig.changes.read() as view:
        drive = view.drive("Drive_2")
        assert drive is not None
    drive = rig.drives.update(request(), replace(drive, active=False), etag(drive))
    waiting = ordered(rig, "WEEK")

    def held() -> str | None:
        live = rig.jobs.get(waiting.id)
        return live.waiting.group if live.waiting is not None else None

    assert rig.eventually(held) == "Second"
    rig.drives.update(request(), replace(drive, active=True), etag(drive))
    assert rig.ended(waiting).state is JobState.OK


def test_a_pool_whose_drives_are_gone_waits_for_one(rig: Rig) -> None:
    """Nor is it written by another drive, whose data store is another one."""
    add_second(rig, group="Second")
    rig.pools.create(request(), MediaPool("WEEK", "Second"))
    rig.drives.delete(request(), "Drive_2", None)
    waiting = ordered(rig, "WEEK")

    def held() -> str | None:
        live = rig.jobs.get(waiting.id)
        return live.waiting.group if live.waiting is not None else None

    assert rig.eventually(held) == "Second"
    rig.add_task("mail")
    assert rig.backed_up(task="mail").state is JobState.OK, "and holds nobody up"
    rig.drives.create(request(), Drive("Drive_3", group="Second", store="Store_2"))
    ended = rig.ended(waiting)
    assert (ended.state, ended.drive) == (JobState.OK, "Drive_3")


def test_nothing_begins_above_the_high_water_mark(rig: Rig) -> None:
    with rig.changes.read() as view:
        store = view.data_store(FIRST_STORE)
        assert store is not None
    store = rig.stores.update(request(), replace(store, high_water_mark=90), etag(store))
    rig.engine.full[b"/store"] = FULL_DISK
    job = backed_up(rig)
    assert job.state is JobState.ERROR
    assert "Store_1 is 90 % full; its high-water mark is 90 %" in job.message
    assert "the agent's own files" not in job.message, "it is known which disk it is"
    assert rig.engine.backups == []
    rig.stores.update(request(), replace(store, high_water_mark=91), etag(store))
    assert backed_up(rig).state is JobState.OK


def test_a_store_that_is_away_fails_its_backups_only(rig: Rig) -> None:
    add_second(rig)
    rig.engine.away.add(b"/mnt/second")
    job = backed_up(rig, drive="Drive_2")
    assert (job.state, job.label) == (JobState.ERROR, "DISK00002")
    assert "Store_2 is not in its place" in job.message
    assert backed_up(rig, drive="Drive_1").state is JobState.OK
    [_, planned] = media(rig)
    assert planned.init_time == NEVER
    rig.engine.away.clear()
    assert backed_up(rig, drive="Drive_2").label == "DISK00002"


def test_a_backup_whose_pool_has_gone_says_so(idle_rig: Rig) -> None:
    rig = idle_rig
    rig.add_task()
    rig.pools.create(request(), MediaPool("WEEK", "Drives"))
    job = ordered(rig, "WEEK")
    with pytest.raises(PoolInUse):
        rig.pools.delete(request(), "WEEK", None)
    with rig.changes.write() as tx:
        tx.remove_pool("WEEK")
    rig.runner.start()
    try:
        ended = rig.ended(job)
        assert ended.state is JobState.ERROR
        assert 'the pool "WEEK" is not there any more' in ended.message
    finally:
        rig.runner.stop()


def test_an_order_names_a_pool_that_is_there(rig: Rig) -> None:
    with pytest.raises(PoolNotFound):
        ordered(rig, "NONE")


def test_without_a_usual_pool_one_has_to_be_named(rig: Rig) -> None:
    for name in ("A", "B"):
        rig.pools.create(request(), MediaPool(name, "Drives"))
    rig.media.delete(request(), LABEL, None)
    rig.pools.delete(request(), "DISK", None)
    job = backed_up(rig)
    assert job.state is JobState.ERROR
    assert "backups without one are written to" in job.message
    assert backed_up(rig, "B").label == "B00001"


@pytest.mark.parametrize(
    ("pool", "field"),
    [
        (MediaPool("WEEK00001", "Drives"), "name"),
        (MediaPool("12345", "Drives"), "name"),
        (MediaPool("", "Drives"), "name"),
        (MediaPool("a/b", "Drives"), "name"),
        (MediaPool("..", "Drives"), "name"),
        (MediaPool("W" * 65, "Drives"), "name"),
        (MediaPool("WEEK", "Nobody"), "drive_group"),
        (MediaPool("WEEK", "Drives", Retention(-1)), "eol_days"),
        (MediaPool("WEEK", "Drives", Retention(36_501)), "eol_days"),
        (MediaPool("WEEK", "Drives", Retention(weekly=1001)), "weekly"),
    ],
)
def test_what_no_pool_can_be(rig: Rig, pool: MediaPool, field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        rig.pools.create(request(), pool)
    assert refused.value.metadata["field"] == field
    rig.pools.create(request(), MediaPool("WEEK1234", "Drives"))


@pytest.mark.parametrize(
    ("store", "kind"),
    [
        (replace(SECOND, path=b"relative"), InvalidArgument),
        (replace(SECOND, path=b"/"), InvalidArgument),
        (replace(SECOND, path=b"/a/../b"), InvalidArgument),
        (replace(SECOND, path=b"/a//b"), InvalidArgument),
        (replace(SECOND, path=b"/store/below"), InvalidArgument),
        (replace(SECOND, path=b"/stor\0e"), InvalidArgument),
        (replace(SECOND, path=b"/" + b"x" * 4095), InvalidArgument),
        (replace(SECOND, high_water_mark=0), InvalidArgument),
        (replace(SECOND, high_water_mark=101), InvalidArgument),
        (replace(SECOND, name=""), InvalidArgument),
        (replace(SECOND, path=b"/occupied"), StoreUnusable),
        (replace(SECOND, name=FIRST_STORE), AlreadyExists),
    ],
)
def test_what_no_data_store_can_be(rig: Rig, store: DataStore, kind: type[DomainError]) -> None:
    rig.engine.occupied.add(b"/occupied")
    with pytest.raises(kind):
        rig.stores.create(request(), store)
    with rig.changes.read() as view:
        assert [each.name for each in view.data_stores()] == [FIRST_STORE]
    assert store.path not in rig.engine.stores, "nothing was made"


def test_a_data_store_is_moved_to_where_its_label_is(rig: Rig) -> None:
    store = rig.stores.create(request(), replace(SECOND, path=b"/mnt/second/"))
    assert store.path == b"/mnt/second"
    with pytest.raises(StoreUnusable):
        rig.stores.update(request(), replace(store, path=b"/mnt/other"), etag(store))
    rig.engine.stores[b"/mnt/other"] = "Store_2"
    moved = rig.stores.update(request(), replace(store, path=b"/mnt/other"), etag(store))
    assert rig.engine.in_use == (b"/store", b"/mnt/other")
    with pytest.raises(ChangedMeanwhile):
        rig.stores.update(request(), store, etag(store))
    assert (rig.stores.state(moved).space, rig.stores.state(moved).fault) != (None, "")
    rig.engine.away.add(b"/mnt/other")
    state = rig.stores.state(moved)
    assert state.space is None
    assert "not in its place" in state.fault


def test_the_first_store_follows_sm_ini_only_if_it_is_not_where_it_was(rig: Rig) -> None:
    def path() -> bytes:
        with rig.changes.read() as view:
            store = view.data_store(FIRST_STORE)
            assert store is not None
            return store.path

    rig.engine.stores[b"/moved"] = FIRST_STORE
    rig.stores.follow_first(b"/moved")
    assert path() == b"/store", "it is still there"
    rig.engine.away.add(b"/store")
    rig.stores.follow_first(b"/nothing")
    assert path() == b"/store", "nor is it there"
    rig.stores.follow_first(b"/moved")
    assert path() == b"/moved"


def test_what_is_needed_is_not_removed(rig: Rig) -> None:
    add_second(rig)
    job = backed_up(rig, drive="Drive_2")
    for collection, name, kind, users in (
        (rig.stores, FIRST_STORE, StoreInUse, "medium DISK00001, drive Drive_1"),
        (rig.stores, "Store_2", StoreInUse, "medium DISK00002, drive Drive_2"),
        (rig.pools, "DISK", PoolInUse, "medium DISK00001, medium DISK00002"),
        (rig.media, job.label, MediumInUse, "1 saveset"),
    ):
        with pytest.raises(kind) as refused:
            collection.delete(request(), name, None)  # type: ignore[attr-defined]
        assert refused.value.metadata["users"] == users
    with pytest.raises(StoreNotFound):
        rig.drives.create(request(), Drive("Drive_3", store="Store_3"))


def test_a_medium_goes_when_its_savesets_have(rig: Rig) -> None:
    add_second(rig)
    job = backed_up(rig, drive="Drive_2")
    rig.engine.store_is_there = False
    rig.forgetting.delete(request(), [job.saveset])
    with pytest.raises(MediumInUse) as refused:
        rig.media.delete(request(), job.label, None)
    assert "files of 1 deleted savesets" in refused.value.metadata["users"]
    rig.engine.store_is_there = True
    rig.forgetting.delete(request(), [backed_up(rig).saveset])  # removes what is left too
    rig.engine.away.add(b"/mnt/second")
    with pytest.raises(StoreUnusable):
        rig.media.delete(request(), job.label, None)
    rig.engine.away.clear()
    rig.media.delete(request(), job.label, None)
    assert rig.engine.made == {b"/mnt/second": []}
    assert rig.engine.homes == {LABEL: b"/store"}


def test_a_locked_client_is_not_backed_up_but_restored(rig: Rig) -> None:
    saveset = backed_up(rig).saveset
    with rig.changes.read() as view:
        client = view.client("host")
        assert client is not None
    locked = rig.clients.update(request(), replace(client, locked=True), etag(client))
    job = backed_up(rig)
    assert job.state is JobState.ERROR
    assert 'the client "host" is locked' in job.message
    restore = rig.starting.start_restore(request(), saveset, (), b"/target").job
    assert rig.ended(restore).state is JobState.OK
    rig.clients.update(request(), replace(locked, locked=False), etag(locked))
    assert backed_up(rig).state is JobState.OK


def test_a_client_is_reached_as_it_was_entered(rig: Rig) -> None:
    ssh = Ssh("fs-01", "root", "/key", "SHA256:" + "a" * 43)
    with rig.changes.read() as view:
        client = view.client("host")
        assert client is not None
    for wrong in (
        replace(client, access=Access.SSH),
        replace(client, ssh=ssh),
        replace(client, access=Access.SSH, ssh=replace(ssh, key_file="key")),
        replace(client, access=Access.SSH, ssh=replace(ssh, host="-oProxyCommand=x")),
    ):
        with pytest.raises(InvalidArgument):
            rig.clients.update(request(), wrong, etag(client))
    rig.clients.update(request(), replace(client, access=Access.SSH, ssh=ssh), etag(client))
    saveset = backed_up(rig).saveset
    assert rig.engine.backups[-1].client == ssh
    rig.ended(rig.starting.start_restore(request(), saveset, (), b"/target").job)
    assert rig.engine.restores[-1].client == ssh
