"""Quick verifications and restore proofs from the command line, by a real agent over fakes."""

import json

import pytest

from sesam_api.client import Location
from sesam_api.errors import SesamError
from tests.agent.commands.conftest import SmCmd
from tests.agent.commands.test_media import answer, error, fields, location, real, sm_cmd
from tests.rpc.agent.conftest import identity, short_path
from tests.rpc.agent.rig import AgentRig

__all__ = ["identity", "location", "real", "short_path", "sm_cmd"]


def test_a_quick_verify_sets_no_time_and_says_what_it_was(sm_cmd: SmCmd, real: AgentRig) -> None:
    saveset = answer(sm_cmd("backup", "docs", "-l", "F", "--wait"))
    job = answer(sm_cmd("verify", saveset, "--quick", "--wait"))
    shown = fields(sm_cmd("show", "job", job))
    assert (shown["quick"], shown["state"]) == ("True", "ok")
    assert shown["message"].startswith("Quick: ")
    assert fields(sm_cmd("show", "saveset", saveset))["verify_time"] == ""
    assert real.engine.verified[-1].quick


def test_a_proof_and_its_date(sm_cmd: SmCmd, real: AgentRig) -> None:
    saveset = answer(sm_cmd("backup", "docs", "-l", "F", "--wait"))
    job = answer(sm_cmd("prove", "docs", "--files", "7", "--max-bytes", "900", "--wait"))
    assert fields(sm_cmd("show", "job", job))["kind"] == "restore_proof"
    assert (real.engine.proofs[-1].files, real.engine.proofs[-1].max_bytes) == (7, 900)
    assert fields(sm_cmd("show", "saveset", saveset))["proof_time"]
    [task] = [
        row for row in json.loads(sm_cmd("list", "tasks", "--json").out) if row["name"] == "docs"
    ]
    assert task["last_proof_time"]
    answer(sm_cmd("prove", "--saveset", saveset))
    real.engine.differing = [(b"/srv/a", saveset, "was restored with another content")]
    said = error(sm_cmd("prove", "docs", "--wait"))
    assert "/srv/a" in said
    assert "another content" in said


def test_what_of_a_proof_is_refused(sm_cmd: SmCmd) -> None:
    assert "or else --saveset" in error(sm_cmd("prove"))
    assert "or else --saveset" in error(sm_cmd("prove", "docs", "--saveset", "S"))
    assert "no task" in error(sm_cmd("prove", "nobody"))
    assert "10000" in error(sm_cmd("prove", "docs", "--files", "10001"))
    assert "no saveset" in error(sm_cmd("prove", "docs"))


def test_events_that_prove_and_that_verify_quickly(sm_cmd: SmCmd, location: Location) -> None:
    answer(sm_cmd("add", "event", "proof", "--prove", "docs", "--files", "20"))
    answer(sm_cmd("add", "event", "look", "--verify", "docs", "--quick"))
    proof, look = location.event("proof"), location.event("look")
    assert (proof.kind, proof.task, proof.files, proof.max_bytes) == (
        "restore_proof",
        "docs",
        20,
        1 << 30,
    )
    assert (look.kind, look.quick) == ("verify", True)
    answer(sm_cmd("modify", "event", "look", "--no-quick"))
    assert not location.event("look").quick
    assert "10000" in error(sm_cmd("modify", "event", "proof", "--files", "20000"))


def test_the_client_for_scripts(location: Location, real: AgentRig) -> None:
    saveset = real.backed_up().saveset
    job = location.wait(location.verify(saveset, quick=True), 10.0)
    assert (job.kind, job.quick, job.state) == ("verify", True, "ok")
    job = location.wait(location.prove("docs"), 10.0)
    assert (job.kind, job.saveset, job.files) == ("restore_proof", saveset, 3)
    assert location.saveset(saveset).proof_time == job.end_time
    assert location.wait(location.prove(saveset=saveset, files=1), 10.0).state == "ok"
    with pytest.raises(SesamError):
        location.prove("nobody")
    [row] = [
        row
        for row in location.calendar_sheet(location.sesam_day(), location.sesam_day()).rows
        if row.kind == "restore_proof"
    ]
    assert (row.name, row.states[0]) == ("docs", "ok")
