"""Quick verifications and restore proofs: what is asked of the engine, what is entered of it."""

from datetime import timedelta

import pytest

from server_agent.domain.access import Caller, Role
from server_agent.domain.errors import (
    InvalidArgument,
    RoleRequired,
    SavesetNotFound,
    TaskNotFound,
)
from server_agent.domain.events import RestoreProofAction, VerifyAction
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.savesets import BackupType
from server_agent.domain.topology import Task
from server_agent.ports import EngineError
from server_agent.service.collection import etag
from server_agent.service.requests import Request
from tests.agent.service.rig import Rig, request

ACTION = RestoreProofAction("docs", 7, 1000)


def proved(rig: Rig, saveset: str = "", action: RestoreProofAction = ACTION) -> Job:
    return rig.ended(rig.starting.start_proof(request("p"), action, saveset).job)


def task(rig: Rig) -> Task:
    with rig.changes.read() as view:
        found = view.task("docs")
    assert found is not None
    return found


def test_a_quick_verify_enters_no_time_and_takes_back_no_damage(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.engine.faults = {saveset: "frame 3 does not match its digest"}
    rig.ended(rig.starting.start_verify(request("v"), saveset, False).job)
    rig.engine.faults = {}
    job = rig.ended(rig.starting.start_verify(request("v"), saveset, False, True).job)
    assert (job.quick, job.state, rig.engine.verified[-1].quick) == (True, JobState.OK, True)
    assert job.message.startswith("Quick: ")
    assert rig.codes(job)[-2:] == ["LOOKED_AT", "RESULT"]
    [known] = rig.saveset_list()
    assert known.verify_time is None
    assert rig.damage(saveset)
    job = rig.ended(rig.starting.start_verify(request("v"), saveset, False).job)
    assert (job.quick, rig.damage(saveset)) == (False, "")


def test_what_a_quick_verify_finds_is_entered(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    rig.engine.faults = {saveset: "its listing is not what was written"}
    job = rig.ended(rig.starting.start_verify(request("v"), saveset, False, True).job)
    assert (job.state, "Quick" in job.message) == (JobState.ERROR, False)
    assert rig.damage(saveset)


def test_an_event_verifies_quickly(rig: Rig) -> None:
    rig.backed_up()
    rig.add_event("look", VerifyAction("docs", True, quick=True))
    assert rig.ended(rig.start_event("look")).quick


def test_a_proof_enters_its_date_with_the_saveset_and_the_task(rig: Rig) -> None:
    rig.backed_up()
    newest = rig.backed_up(BackupType.INC).saveset
    assert task(rig).proof_time is None
    before = etag(task(rig))
    job = proved(rig)
    assert (job.kind, job.state, job.message) == (JobKind.RESTORE_PROOF, JobState.OK, "")
    assert (job.saveset, job.task, job.client, job.files) == (newest, "docs", "host", 3)
    [asked] = rig.engine.proofs
    assert (asked.files, asked.max_bytes, asked.job_id) == (7, 1000, job.id)
    assert asked.chain[0].name == newest
    assert len(asked.chain) == 2
    top, full = rig.saveset_list()
    assert (top.proof_time, full.proof_time) == (rig.clock.now(), None)
    assert task(rig).proof_time == rig.clock.now()
    assert etag(task(rig)) == before, "nobody who edits the task has to begin anew"


def test_what_differs_is_an_error_that_names_the_file(rig: Rig) -> None:
    full = rig.backed_up().saveset
    proved(rig)
    when = task(rig).proof_time
    rig.clock.advance(timedelta(hours=1))
    rig.engine.differing = [(b"/srv/data/a", full, "was restored with another content")]
    job = proved(rig)
    assert (job.state, job.files, job.skipped) == (JobState.ERROR, 2, 1)
    assert job.message == '"/srv/data/a": was restored with another content'
    assert '"/srv/data/a" was restored with another content' in rig.damage(full)
    assert task(rig).proof_time == when, "a proof that failed proves nothing"


def test_nothing_proved_is_no_proof(rig: Rig) -> None:
    rig.backed_up()
    rig.engine.samples = 0
    job = proved(rig)
    assert (job.state, "Nothing was proved" in job.message) == (JobState.WARNING, True)
    assert task(rig).proof_time is None


def test_the_newest_that_can_be_restored_is_taken_and_that_is_a_warning(rig: Rig) -> None:
    full = rig.backed_up().saveset
    newest = rig.backed_up().saveset
    rig.engine.faults = {newest: "frame 3 does not match its digest"}
    rig.ended(rig.starting.start_verify(request("v"), newest, False).job)
    job = proved(rig)
    assert (job.saveset, job.state) == (full, JobState.WARNING)
    assert f"proved is {full}" in job.message
    assert "NEWEST_UNUSABLE" in rig.codes(job)


def test_a_failure_of_the_engine_is_entered_as_of_a_restore(rig: Rig) -> None:
    full = rig.backed_up().saveset
    rig.engine.proof_error = EngineError("SAVESET_DAMAGED", f"{full} is damaged", full)
    job = proved(rig)
    assert job.state is JobState.ERROR
    assert "damaged" in rig.damage(full)


def test_a_saveset_may_be_named_and_events_prove_too(rig: Rig) -> None:
    full = rig.backed_up().saveset
    rig.backed_up()
    assert proved(rig, full, RestoreProofAction("")).saveset == full
    rig.add_event("proof", RestoreProofAction("docs", 5, 50))
    job = rig.ended(rig.start_event("proof"))
    assert (job.kind, job.event) == (JobKind.RESTORE_PROOF, "proof")
    assert (rig.engine.proofs[-1].files, rig.engine.proofs[-1].max_bytes) == (5, 50)


def test_what_is_refused(rig: Rig) -> None:
    with pytest.raises(TaskNotFound):
        proved(rig, action=RestoreProofAction("nobody"))
    with pytest.raises(SavesetNotFound):
        proved(rig)
    full = rig.backed_up().saveset
    for wrong in (ACTION.__class__("docs", 0, 5), ACTION.__class__("docs", 10_001, 5)):
        with pytest.raises(InvalidArgument):
            proved(rig, action=wrong)
        with pytest.raises(InvalidArgument):
            proved(rig, full, wrong)
    with pytest.raises(InvalidArgument):
        proved(rig, action=RestoreProofAction("docs", 1, -1))
    with pytest.raises(SavesetNotFound):
        proved(rig, "SF")


def test_who_may_cancel_one(rig: Rig) -> None:
    rig.backed_up()
    with rig.changes.write() as tx:
        [drive] = tx.drives()
        tx.put_drive(type(drive)(drive.name, active=False, version=drive.version + 1))
    job = rig.starting.start_proof(request("p"), ACTION, "").job
    for role in (Role.BACKUP, Role.RESTORE, Role.MONITOR):
        with pytest.raises(RoleRequired):
            rig.jobs.cancel(Request("c1", "m", Caller("x", role, "1")), job.id)
    rig.jobs.cancel(request("c"), job.id)
    assert rig.job(job).state is JobState.CANCELLED
