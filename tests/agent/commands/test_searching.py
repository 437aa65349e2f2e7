"""`sm_cmd find`, `versions` and `compare`."""

import json

import pytest

from sesam_api.v1 import finding_pb2 as pb
from tests.agent.commands.conftest import SmCmd
from tests.fakes.agent_server import FakeAgent
from tests.rpc.client.test_finding import FILE, SECONDS, entry, found, holder


def test_found_files_are_rows(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.finding.files = [found(b"/srv/caf\xff"), found(b"/srv/b"), found(b"/srv/c")]
    result = sm_cmd("find", "srv", "--task", "docs", "--from", "2026-01-01", "--to", "2026-02-01")
    header, first, *rest = result.rows
    assert header[:4] == ["client", "path", "kind", "size"]
    assert first[:4] == ["fs-01", "/srv/caf\\xff", "file", "7"]
    assert len(rest) == 2
    assert (result.status, result.err) == (0, "")
    asked = agent.calls[-1][1].filter
    assert (asked.text, asked.task, asked.client) == ("srv", "docs", "")
    assert (asked.first_sesam_day, asked.last_sesam_day) == ("2026-01-01", "2026-02-01")
    assert len(sm_cmd("find", "srv", "--client", "x", "--limit", "1").rows) == 2
    assert agent.calls[-1][1].filter.client == "x"


def test_found_files_for_programs(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.finding.files = [found(b"/srv/caf\xff")]
    [file] = json.loads(sm_cmd("find", "srv", "--json").out)
    assert (file["path_b64"], file["size"], file["versions"]) == ("L3Nydi9jYWb/", 7, 3)
    assert file["modify_time"].startswith("2023-11-14T")
    assert file["modify_time_ns"] == SECONDS * 10**9 + 5


@pytest.mark.parametrize("call", [("find", "x"), ("versions", "fs-01", "/x")])
def test_what_was_not_looked_through_is_said_on_stderr(
    sm_cmd: SmCmd, agent: FakeAgent, call: tuple[str, ...]
) -> None:
    agent.location.put_client("fs-01")
    agent.finding.unindexed.total = 7
    for number in range(6):
        agent.finding.unindexed.savesets.add(
            saveset=f"SI{number}", task="docs", client="fs", cause="waits to be read"
        )
    result = sm_cmd(*call)
    assert result.status == 0
    assert len(result.rows) == 1
    first, second, *_, last = result.err.splitlines()
    assert first == "7 savesets were not looked through:"
    assert second == "  SI0 (docs on fs): waits to be read"
    assert last == "  and 2 more"
    agent.finding.unindexed.total = 1
    assert sm_cmd(*call).err.startswith("1 saveset was not looked through:\n")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("find", "x", "--client", "nobody"), 'no client \\"nobody\\"'),
        (("find", "x", "--task", "docz"), 'no task \\"docz\\"'),
        (("versions", "nobody", "/x"), 'no client \\"nobody\\"'),
    ],
)
def test_a_name_that_there_never_was_is_said(
    sm_cmd: SmCmd, agent: FakeAgent, call: tuple[str, ...], said: str
) -> None:
    result = sm_cmd(*call)
    assert result.status == 1
    assert said in result.out


def test_nothing_found_of_who_is_known_is_no_error(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    for call in (("find", "x", "--client", "local", "--task", "docs"), ("versions", "local", "/")):
        result = sm_cmd(*call)
        assert (result.status, len(result.rows)) == (0, 1)


def test_versions_are_rows(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    version = pb.Version(kind=FILE, size=7, saveset_count=2, oldest=holder("SF1"))
    version.holders.extend([holder("SI2", "SF1"), holder("SF1", "SF1")])
    agent.finding.versions["fs-01", b"/srv/caf\xff"] = [version]
    header, row = sm_cmd("versions", "fs-01", "/srv/caf\udcff").rows
    told = dict(zip(header, row, strict=True))
    assert (told["size"], told["saveset_count"]) == ("7", "2")
    assert (told["newest_saveset"], told["oldest_saveset"]) == ("SI2", "SF1")
    [made] = json.loads(sm_cmd("versions", "fs-01", "/srv/caf\udcff", "--json").out)
    assert [one["home"] for one in made["holders"]] == ["SF1", "SF1"]


def test_differences_are_rows_and_counted(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.listings.update({"SF1": {}, "SF2": {}})
    agent.finding.differences = [
        pb.EntryDifference(before=entry(b"/a")),
        pb.EntryDifference(
            before=entry(b"/c", 3),
            after=entry(b"/c", 4),
            aspects=[pb.ENTRY_ASPECT_SIZE, pb.ENTRY_ASPECT_TIME],
        ),
        pb.EntryDifference(after=entry(b"/d")),
    ]
    result = sm_cmd("compare", "SF1", "SF2", "/srv")
    assert result.rows == [
        ["change", "aspects", "path", "size_before", "size_after"],
        ["removed", "", "/a", "1", ""],
        ["changed", "size,time", "/c", "3", "4"],
        ["added", "", "/d", "", "1"],
    ]
    assert result.err == "1 added, 1 removed, 1 changed\n"
    assert agent.calls[-1][1].directory == b"/srv"
    made = json.loads(sm_cmd("compare", "SF1", "SF2", "--json").out)
    assert [one["after"] and one["after"]["path"] for one in made] == [None, "/c", "/d"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("find",), "TEXT"),
        (("find", "x", "--from", "yesterday"), "yesterday"),
        (("find", "x", "--limit", "-1"), "no number of rows"),
        (("versions", "fs-01"), "PATH"),
        (("versions", "fs-01", ""), "full path"),
        (("compare", "SF1"), "SAVESET"),
        (("compare", "SF1", "SF9"), "SF1"),
    ],
)
def test_what_cannot_be_answered_is_one_line(
    sm_cmd: SmCmd, call: tuple[str, ...], said: str
) -> None:
    result = sm_cmd(*call)
    assert result.status == 1
    assert result.out.startswith("STATUS=ERROR")
    assert said in result.out
