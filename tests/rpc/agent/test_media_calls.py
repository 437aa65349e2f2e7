"""Media over the wire: data stores, pools, media, retention, deletion and verify."""

import grpc
import pytest

from server_agent.domain.retention import Reason
from server_agent.rpc.savesets import KEEP_REASONS
from sesam_api.v1 import drives_pb2, jobs_pb2, media_pb2, savesets_pb2, topology_pb2
from tests.rpc.agent.rig import AgentRig

SECOND = media_pb2.DataStore(name="Store_2", path=b"/mnt/\xff", high_water_mark=80, comment="ü")
WEEK = media_pb2.MediaPool(
    name="WEEK",
    drive_group="Drives",
    retention=media_pb2.Retention(eol_days=90, keep_newest=2, weekly=3, monthly=4, yearly=5),
    comment="ü",
    encrypted=False,
    spare_pool="",
)


def test_a_data_store_from_its_first_to_its_last_day(agent: AgentRig) -> None:
    call = agent.local.call
    request_id = "00000000-0000-4000-8000-000000000001"
    for _ in range(2):  # a repeat answers as the first
        made = call(
            "MediaService/CreateDataStore", data_store=SECOND, request_id=request_id
        ).data_store
    assert (made.name, made.path, made.high_water_mark) == ("Store_2", b"/mnt/\xff", 80)
    assert (made.capacity_bytes, made.free_bytes, made.fault) == (1000, 1000, "")
    assert agent.local.refused("MediaService/CreateDataStore", data_store=SECOND).reason == (
        "ALREADY_EXISTS"
    )
    made.high_water_mark = 90
    changed = call("MediaService/UpdateDataStore", data_store=made).data_store
    assert changed.high_water_mark == 90
    stale = agent.local.refused("MediaService/UpdateDataStore", data_store=made)
    assert (stale.reason, stale.code) == ("CHANGED_MEANWHILE", grpc.StatusCode.ABORTED)
    agent.engine.away.add(b"/mnt/\xff")
    [first, second] = call("MediaService/ListDataStores").data_stores
    assert (first.name, second.name) == ("Store_1", "Store_2")
    assert not second.HasField("free_bytes")
    assert "not in its place" in second.fault
    refusal = agent.local.refused("MediaService/DeleteDataStore", name="Store_1")
    assert (refusal.reason, refusal.metadata["store"]) == ("STORE_IN_USE", "Store_1")
    call("MediaService/DeleteDataStore", name="Store_2", etag=changed.etag)
    assert agent.local.refused("MediaService/DeleteDataStore", name="x").reason == "STORE_NOT_FOUND"


def test_a_data_store_that_is_lost_goes_with_its_media(agent: AgentRig) -> None:
    call = agent.local.call
    agent.add_task()
    store = media_pb2.DataStore(name="Store_2", path=b"/mnt/second", high_water_mark=95)
    assert call("MediaService/CreateDataStore", data_store=store).data_store.immutable is False
    drive = drives_pb2.Drive(
        name="Drive_2", streams=1, active=True, group="Other", data_store="Store_2"
    )
    call("DriveService/CreateDrive", drive=drive)
    other = media_pb2.MediaPool(name="OTHER", drive_group="Other")
    call("MediaService/CreateMediaPool", pool=other)
    start = call(
        "JobService/StartBackup", task="docs", type=jobs_pb2.BACKUP_TYPE_FULL, pool="OTHER"
    )
    agent.ended(start.job.job_id)
    call("DriveService/DeleteDrive", name="Drive_2")
    refusal = agent.local.refused("MediaService/DeleteDataStore", name="Store_2")
    assert refusal.metadata["users"] == "medium OTHER00001"
    request_id = "00000000-0000-4000-8000-000000000009"
    for _ in range(2):  # a repeat answers as the first
        answer = call(
            "MediaService/DeleteDataStore",
            name="Store_2",
            forget_media=True,
            request_id=request_id,
        )
        assert (answer.forgotten_media, answer.forgotten_savesets) == (1, 1)
    assert [store.name for store in call("MediaService/ListDataStores").data_stores] == ["Store_1"]


def test_an_immutable_data_store(agent: AgentRig) -> None:
    call = agent.local.call
    safe = media_pb2.DataStore(name="Safe", path=b"/mnt/safe", high_water_mark=95, immutable=True)
    agent.engine.changeable.add(b"/mnt/safe")
    refusal = agent.local.refused("MediaService/CreateDataStore", data_store=safe)
    assert refusal.reason == "STORE_UNUSABLE"
    agent.engine.changeable.clear()
    assert call("MediaService/CreateDataStore", data_store=safe).data_store.immutable


def test_an_encrypted_pool_gets_its_key_from_the_agent(agent: AgentRig) -> None:
    call = agent.local.call
    vault = media_pb2.MediaPool(
        name="VAULT", drive_group="Drives", encrypted=True, key_id="f" * 16, spare_pool="DISK"
    )
    made = call("MediaService/CreateMediaPool", pool=vault).pool
    assert (made.encrypted, made.spare_pool) == (True, "DISK")
    assert made.key_id in agent.keys.kept
    made.encrypted = False
    changed = call("MediaService/UpdateMediaPool", pool=made).pool
    assert (changed.encrypted, changed.key_id) == (False, made.key_id)
    changed.spare_pool = "VAULT"
    refusal = agent.local.refused("MediaService/UpdateMediaPool", pool=changed)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", "spare_pool")


def test_a_client_that_does_not_know_of_them_switches_nothing_off(agent: AgentRig) -> None:
    """Such as a desk of an older version, in which somebody changes a comment."""
    call = agent.local.call
    vault = media_pb2.MediaPool(
        name="VAULT", drive_group="Drives", encrypted=True, spare_pool="DISK"
    )
    made = call("MediaService/CreateMediaPool", pool=vault).pool
    old = media_pb2.MediaPool(
        name="VAULT", drive_group="Drives", retention=made.retention, comment="ü", etag=made.etag
    )
    changed = call("MediaService/UpdateMediaPool", pool=old).pool
    assert (changed.comment, changed.encrypted, changed.key_id, changed.spare_pool) == (
        *("ü", True, made.key_id),
        "DISK",
    )
    safe = media_pb2.DataStore(
        name="Safe", path=b"/mnt/safe", high_water_mark=95, immutable=True, removable=True
    )
    store = call("MediaService/CreateDataStore", data_store=safe).data_store
    old_store = media_pb2.DataStore(
        name="Safe", path=b"/mnt/safe", high_water_mark=90, etag=store.etag
    )
    stays = call("MediaService/UpdateDataStore", data_store=old_store).data_store
    assert (stays.high_water_mark, stays.immutable, stays.removable) == (90, True, True)


def test_what_cannot_be_a_store_is_told_with_its_path(agent: AgentRig) -> None:
    agent.engine.occupied.add(b"/mnt/\xff")
    refusal = agent.local.refused("MediaService/CreateDataStore", data_store=SECOND)
    assert refusal.reason == "STORE_UNUSABLE"
    assert "holds something else" in refusal.metadata["detail"]
    refusal = agent.local.refused(
        "MediaService/CreateDataStore", data_store=media_pb2.DataStore(name="x", path=b"rel")
    )
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", "path")


def test_a_pool_keeps_every_field(agent: AgentRig) -> None:
    call = agent.local.call
    made = call("MediaService/CreateMediaPool", pool=WEEK).pool
    assert made.etag
    made.ClearField("etag")
    assert made == WEEK
    [disk, week] = call("MediaService/ListMediaPools", order_by="name").pools
    assert (disk.name, disk.retention.eol_days, disk.retention.keep_newest) == ("DISK", 31, 1)
    week.retention.eol_days = 7
    assert call("MediaService/UpdateMediaPool", pool=week).pool.retention.eol_days == 7
    assert [pool.name for pool in call("MediaService/ListMediaPools", filter="we").pools] == [
        "WEEK"
    ]
    page = call("MediaService/ListMediaPools", page_size=1)
    rest = call("MediaService/ListMediaPools", page_size=1, page_token=page.next_page_token)
    assert [pool.name for pool in (*page.pools, *rest.pools)] == ["DISK", "WEEK"]
    call("MediaService/DeleteMediaPool", name="WEEK")
    assert agent.local.refused("MediaService/DeleteMediaPool", name="DISK").reason == "POOL_IN_USE"
    five = media_pb2.MediaPool(name="WEEK00001", drive_group="Drives")
    assert agent.local.refused("MediaService/CreateMediaPool", pool=five).metadata["expected"] == (
        "a name that does not end in five digits"
    )


def test_a_medium_says_what_lies_on_it(agent: AgentRig) -> None:
    agent.add_task()
    job = agent.backed_up()
    assert (job.pool, job.label) == ("DISK", "DISK00001")
    [medium] = agent.local.call("MediaService/ListMedia").media
    assert (medium.label, medium.pool, medium.data_store) == ("DISK00001", "DISK", "Store_1")
    assert (medium.savesets, medium.stored_bytes) == (1, 400)
    assert (medium.newest_sesam_day, medium.eol) == ("2026-03-04", "2026-04-04")
    assert medium.HasField("init_time")
    medium.write_protected, medium.comment = True, "Safe"
    medium = agent.local.call("MediaService/UpdateMedium", medium=medium).medium
    assert (medium.write_protected, medium.comment, medium.savesets) == (True, "Safe", 1)
    refusal = agent.local.refused("MediaService/DeleteMedium", label="DISK00001")
    assert (refusal.reason, refusal.metadata["users"]) == ("MEDIUM_IN_USE", "1 saveset")
    refusal = agent.local.refused("SavesetService/DeleteSavesets", names=[job.saveset])
    assert refusal.reason == "SAVESET_NEEDED"
    assert agent.local.refused("MediaService/DeleteMedium", label="X").reason == "MEDIUM_NOT_FOUND"


def test_an_eol_a_preview_and_a_deletion(agent: AgentRig) -> None:
    agent.add_task()
    old, new = agent.backed_up().saveset, agent.backed_up().saveset
    call = agent.local.call
    changed = call("SavesetService/UpdateSaveset", name=old, eol="2026-03-05").saveset
    assert (changed.eol, changed.pool) == ("2026-03-05", "DISK")
    for day, gone in (("2026-03-05", []), ("2026-03-06", [old])):
        answer = call("SavesetService/PreviewRetention", sesam_day=day)
        assert [fate.saveset for fate in answer.fates] == gone
        assert (answer.deleted_savesets, answer.deleted_bytes) == (len(gone), 400 * len(gone))
    whole = call("SavesetService/PreviewRetention", sesam_day="2026-03-06", with_kept=True)
    assert [(fate.saveset, fate.reason) for fate in whole.fates] == [
        (old, savesets_pb2.KEEP_REASON_UNSPECIFIED),
        (new, savesets_pb2.KEEP_REASON_EOL),
    ]
    for fields in ({"eol": ""}, {"eol": "soon"}):
        refusal = agent.local.refused("SavesetService/UpdateSaveset", name=old, **fields)
        assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", "eol")
    for names, why in (([], "INVALID_ARGUMENT"), ([old, "x"], "SAVESET_NOT_FOUND")):
        assert agent.local.refused("SavesetService/DeleteSavesets", names=names).reason == why
    call("SavesetService/DeleteSavesets", names=[old])
    assert [each.name for each in call("SavesetService/ListSavesets").savesets] == [new]
    assert agent.local.refused("SavesetService/GetSaveset", name=old).reason == "SAVESET_NOT_FOUND"


def test_a_verify_over_the_wire(agent: AgentRig) -> None:
    agent.add_task()
    saveset = agent.backed_up().saveset
    job = agent.local.call("SavesetService/StartVerify", saveset=saveset, whole_chain=True).job
    ended = agent.ended(job.job_id)
    assert (ended.kind, ended.state) == (jobs_pb2.JOB_KIND_VERIFY, jobs_pb2.JOB_STATE_OK)
    assert ended.saveset == saveset
    assert agent.local.call("SavesetService/GetSaveset", name=saveset).saveset.HasField(
        "verify_time"
    )
    assert agent.local.refused("SavesetService/StartVerify", saveset="x").reason == (
        "SAVESET_NOT_FOUND"
    )


def test_a_watcher_is_told_to_ask_again(agent: AgentRig) -> None:
    with agent.local.stream("LocationService/Watch") as events:
        assert next(events).snapshot.complete
        agent.local.call("MediaService/CreateMediaPool", pool=WEEK)
        for event in events:
            told = [change.WhichOneof("object") for change in event.changes.changes]
            if told:
                assert told == ["media_changed"]
                break


def test_a_locked_client_and_one_over_ssh(agent: AgentRig) -> None:
    ssh = topology_pb2.Ssh(host="fs-01", key_file="/k", host_key="SHA256:" + "a" * 43)
    call = agent.local.call
    made = call(
        "TopologyService/CreateClient",
        name="far",
        access=topology_pb2.ACCESS_SSH,
        ssh=ssh,
        locked=True,
    ).client
    assert (made.locked, made.ssh.port, made.ssh.user, made.ssh.alive_seconds) == (
        True,
        22,
        "root",
        15,
    )
    never = topology_pb2.Ssh(alive_seconds=0)
    never.MergeFrom(made.ssh)
    never.alive_seconds = 0
    changed = call(
        "TopologyService/UpdateClient",
        name="far",
        etag=made.etag,
        access=topology_pb2.ACCESS_SSH,
        ssh=never,
    ).client
    assert (changed.locked, changed.ssh.alive_seconds) == (False, 0)
    refusal = agent.local.refused(
        "TopologyService/CreateClient", name="x", access=topology_pb2.ACCESS_SSH
    )
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", "ssh")


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_word(reason: Reason) -> None:
    word = savesets_pb2.KeepReason.Name(KEEP_REASONS[reason]).removeprefix("KEEP_REASON_").lower()
    assert word == ("unspecified" if reason is Reason.EXPIRED else reason.value)


def test_a_migration_over_the_wire(agent: AgentRig) -> None:
    agent.add_task()
    saveset = agent.backed_up().saveset
    call = agent.local.call
    call(
        "MediaService/CreateMediaPool",
        pool=media_pb2.MediaPool(
            name="TAPE", drive_group="Drives", retention=media_pb2.Retention(eol_days=90)
        ),
    )
    job = call("SavesetService/StartMigration", savesets=[saveset], pool="TAPE", move=True).job
    assert (job.kind, job.pool, job.move) == (jobs_pb2.JOB_KIND_MIGRATION, "TAPE", True)
    assert agent.ended(job.job_id).state == jobs_pb2.JOB_STATE_OK
    found = call("SavesetService/GetSaveset", name=saveset).saveset
    assert (found.label, found.pool, found.eol) == ("TAPE00001", "TAPE", "2026-06-02")
    assert not found.copies
    back = call("SavesetService/StartMigration", source_pool="TAPE", pool="DISK").job
    assert agent.ended(back.job_id).files == 1
    [copy] = call("SavesetService/ListSavesets").savesets[0].copies
    assert (copy.label, copy.pool, copy.data_store) == ("DISK00001", "DISK", "Store_1")
    assert (copy.eol, copy.stored_bytes, copy.damage) == ("2026-04-04", 400, "")
    assert copy.HasField("verify_time")
    assert copy.HasField("make_time")
    for fields, reason in (
        ({"pool": "TAPE"}, "INVALID_ARGUMENT"),
        ({"pool": "X", "savesets": [saveset]}, "POOL_NOT_FOUND"),
        ({"pool": "TAPE", "savesets": ["x"]}, "SAVESET_NOT_FOUND"),
    ):
        assert agent.local.refused("SavesetService/StartMigration", **fields).reason == reason


def test_a_medium_that_has_to_be_put_in_by_hand(agent: AgentRig) -> None:
    call = agent.local.call
    agent.add_task()
    store = media_pb2.DataStore(name="Usb", path=b"/mnt/usb", high_water_mark=95, removable=True)
    assert call("MediaService/CreateDataStore", data_store=store).data_store.removable
    drive = drives_pb2.Drive(name="Usb", streams=1, active=True, group="Usb", data_store="Usb")
    call("DriveService/CreateDrive", drive=drive)
    call("MediaService/CreateMediaPool", pool=media_pb2.MediaPool(name="USB", drive_group="Usb"))
    agent.engine.away.add(b"/mnt/usb")
    [job] = call(
        "JobService/StartBackup", task="docs", type=jobs_pb2.BACKUP_TYPE_FULL, pool="USB"
    ).jobs
    with agent.local.stream("JobService/WatchJob", job_id=job.job_id) as answers:
        seen = next(answer.job for answer in answers if answer.job.HasField("waiting"))
    wanted = seen.waiting.medium
    assert (wanted.label, wanted.data_store) == ("USB00001", "Usb")
    assert wanted.HasField("since_time")
    [request] = call("MediaService/ListMediaRequests").media_requests
    assert (request.label, request.pool, request.path) == ("USB00001", "USB", b"/mnt/usb")
    assert (list(request.job_ids), request.is_new) == ([job.job_id], True)
    assert "not in its place" in request.fault
    answer = "MediaService/AnswerMediaRequest"
    loaded, refused = media_pb2.MEDIA_ANSWER_LOADED, media_pb2.MEDIA_ANSWER_REFUSED
    assert agent.local.refused(answer, label="USB00001").reason == "INVALID_ARGUMENT"
    assert agent.local.refused(answer, label="USB00001", answer=loaded).reason == "MEDIUM_AWAY"
    assert agent.local.refused(answer, label="X00001", answer=loaded).reason == "MEDIUM_NOT_WANTED"
    assert list(call(answer, label="USB00001", answer=refused).job_ids) == [job.job_id]
    ended = call("JobService/GetJob", job_id=job.job_id).job
    assert ended.state == jobs_pb2.JOB_STATE_ERROR
    assert "refused by local" in ended.message
