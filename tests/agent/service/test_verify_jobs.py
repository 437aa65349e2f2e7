"""Verify jobs: what is compared, and what becomes of what it shows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.errors import SavesetNotFound
from server_agent.domain.events import VerifyAction
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.retention import Fate
from server_agent.domain.savesets import BackupType
from server_agent.service.collection import etag
from tests.agent.service.rig import LABEL, Rig, request


def chain(rig: Rig) -> tuple[str, str, str]:
    full = rig.backed_up().saveset
    return full, rig.backed_up(BackupType.INC).saveset, rig.backed_up(BackupType.INC).saveset


def verified(rig: Rig, saveset: str, whole_chain: bool = False) -> Job:
    return rig.ended(rig.starting.start_verify(request("v"), saveset, whole_chain).job)


def compared(rig: Rig) -> list[str]:
    return [each.name for each in rig.engine.verified[-1].savesets]


def test_one_saveset_or_all_that_it_builds_on(rig: Rig) -> None:
    full, first, second = chain(rig)
    job = verified(rig, second)
    assert (job.kind, job.state, job.saveset) == (JobKind.VERIFY, JobState.OK, second)
    assert (job.task, job.client, job.files, job.bytes_done) == ("docs", "host", 1, 100)
    assert compared(rig) == [second]
    rig.clock.advance(timedelta(hours=1))
    job = verified(rig, second, whole_chain=True)
    assert (compared(rig), job.bytes_done) == ([second, first, full], 300)
    assert [saveset.verify_time for saveset in rig.saveset_list()] == [rig.clock.now()] * 3
    assert rig.codes(job).count("VERIFIED") == 3


def test_what_it_finds_is_said_of_all_that_build_on_it_until_a_verify_proves_otherwise(
    rig: Rig,
) -> None:
    full, first, second = chain(rig)
    rig.engine.faults = {first: "frame 3 does not match its digest"}
    job = verified(rig, second, whole_chain=True)
    assert job.state is JobState.ERROR
    assert job.message == f"{first}: frame 3 does not match its digest"
    assert rig.codes(job).count("NOT_VERIFIED") == 1
    assert rig.damage(first) == "Frame 3 does not match its digest"
    assert first in rig.damage(second)
    [newest, _, oldest] = rig.saveset_list()
    assert (oldest.name, oldest.verify_time is None) == (full, False)
    # Another one that is whole takes nothing of that back.
    rig.engine.faults = {}
    verified(rig, second)
    assert rig.damage(first)
    verified(rig, first)
    assert (rig.damage(first), rig.damage(second)) == ("", "")
    assert newest.name == second


def test_what_is_not_there_may_come_back(rig: Rig) -> None:
    full, _, _ = chain(rig)
    rig.engine.faults = {full: "its data are missing"}
    rig.engine.absent = {full}
    assert verified(rig, full).state is JobState.ERROR
    with rig.changes.read() as view:
        saveset = view.saveset(full)
        assert saveset is not None
        assert (saveset.missing, saveset.damage, saveset.verify_time) == (True, "", None)


def test_a_medium_that_is_away_proves_nothing(rig: Rig) -> None:
    full, _, _ = chain(rig)
    rig.engine.store_is_there = False
    job = verified(rig, full)
    assert (job.state, job.saveset) == (JobState.ERROR, full)
    assert "Is it mounted?" in job.message
    assert all(each.damage == "" for each in rig.saveset_list())


def switch_drive(rig: Rig, active: bool) -> None:
    """Off: what moves data waits."""
    with rig.changes.read() as view:
        [drive] = view.drives()
    rig.drives.update(request(), replace(drive, active=active), etag(drive))


def test_a_cancelled_one_proves_nothing(rig: Rig) -> None:
    full = rig.backed_up().saveset
    switch_drive(rig, False)
    job = rig.starting.start_verify(request("v"), full, False).job
    rig.jobs.cancel(request("c"), job.id)
    assert rig.job(job).state is JobState.CANCELLED
    assert rig.saveset_list()[0].verify_time is None


def test_an_event_verifies_the_newest(rig: Rig) -> None:
    *_, second = chain(rig)
    rig.add_event("proof", VerifyAction("docs", whole_chain=True))
    job = rig.ended(rig.start_event("proof"))
    assert (job.kind, job.event, job.saveset) == (JobKind.VERIFY, "proof", second)
    assert len(compared(rig)) == 3


def test_a_repeated_request_is_answered_without_a_second_job(rig: Rig) -> None:
    full, _, _ = chain(rig)
    ask = request("v")
    first = rig.starting.start_verify(ask, full, False).job
    again = rig.starting.start_verify(ask, full, False).job
    assert again.id == first.id
    rig.ended(first)
    with pytest.raises(SavesetNotFound):
        rig.starting.start_verify(request("v"), "SF", False)


def test_a_saveset_that_is_verified_is_not_deleted_meanwhile(rig: Rig) -> None:
    full, first, last = chain(rig)
    switch_drive(rig, False)
    job = rig.starting.start_verify(request("v"), first, False).job
    with rig.changes.write() as tx:
        [pool] = tx.pools()
        tx.put_pool(replace(pool, retention=replace(pool.retention, keep_newest=0)))
    gone: list[Fate] = []
    rig.forgetting.expire(rig.clock.now().date() + timedelta(days=400), gone.extend)
    assert [fate.saveset.name for fate in gone] == [last]
    switch_drive(rig, True)
    assert rig.ended(job).state is JobState.OK
    rig.forgetting.expire(rig.clock.now().date() + timedelta(days=400), gone.extend)
    assert {fate.saveset.name for fate in gone} == {full, first, last}


def test_one_that_cannot_be_read_just_now_keeps_no_other_from_being_compared(rig: Rig) -> None:
    full, first, second = chain(rig)
    rig.engine.unread = {first: "it could not be compared: Permission denied"}
    rig.engine.faults = {full: "frame 3 does not match its digest"}
    job = verified(rig, second, whole_chain=True)
    assert (job.state, job.files, job.bytes_done) == (JobState.ERROR, 2, 200)
    assert f"{first} on {LABEL}: it could not be compared: Permission denied" in job.message
    assert f"{full}: frame 3" in job.message
    assert rig.codes(job).count("NOT_COMPARED") == 1
    assert rig.damage(full)
    times = {saveset.name: saveset.verify_time is None for saveset in rig.saveset_list()}
    assert times == {second: False, first: True, full: True}
    assert rig.damage(first) == rig.damage(second), "of what they build on, and of nothing else"
    rig.engine.faults = {}
    assert verified(rig, first).state is JobState.ERROR
