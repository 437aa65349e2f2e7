"""Media over the wire: data stores, pools, media, retention, deletion and verify."""

import grpc
import pytest

from server_agent.domain.retention import Reason
from server_agent.rpc.savesets import KEEP_REASONS
from sesam_api.v1 import jobs_pb2, media_pb2, savesets_pb2, topology_pb2
from tests.rpc.agent.rig import AgentRig

SECOND = media_pb2.DataStore(name="Store_2", path=b"/mnt/\xff", high_water_mark=80, comment="ü")
WEEK = media_pb2.MediaPool(
    name="WEEK",
    drive_group="Drives",
    retention=media_pb2.Retention(eol_days=90, keep_newest=2, weekly=3, monthly=4, yearly=5),
    comment="ü",
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
