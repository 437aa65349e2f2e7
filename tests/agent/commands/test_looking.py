"""`sm_cmd browse` and `estimate`: that an answer which is not the whole one says so."""

import json

from sesam_api.v1 import client_files_pb2 as pb
from tests.agent.commands.conftest import SmCmd
from tests.fakes.agent_server import FakeAgent


def test_a_directory_is_told_page_by_page(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.client_files.names = [b"a", b"b", b"c"]
    result = sm_cmd("browse", "local", "/srv")
    assert (result.status, result.err) == (0, "")
    assert [row[0] for row in result.rows] == ["name", "a", "b", "c"]


def test_a_directory_that_is_cut_says_so(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.client_files.names, agent.client_files.is_cut = [b"a", b"b", b"c"], True
    for words in ((), ("--json",)):
        result = sm_cmd("browse", "local", "/srv", *words)
        assert result.status == 0
        assert "more than 3 entries" in result.err
    assert len(json.loads(result.out)) == 3


def test_an_estimate_says_what_an_inc_would_save(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.client_files.result = pb.WalkResult(kept_files=7, changed_files=2, compared_with="SF1")
    rows = sm_cmd("estimate", "docs").rows
    assert ["kept_files", "7"] in rows
    assert ["changed_files", "2"] in rows


def test_an_estimate_says_why_it_does_not(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    why = "what has changed is known by archive bits"
    agent.client_files.result = pb.WalkResult(kept_files=7, not_compared=why)
    assert ["changed_files", f"not known, {why}"] in sm_cmd("estimate", "docs").rows
    assert json.loads(sm_cmd("estimate", "docs", "--json").out)["not_compared"] == why
