"""Lists of `sm_cmd`: rows for people, JSON for programs."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from server_agent.commands.output import cell, json_object, zone_of
from sesam_api.records import Task
from sesam_api.v1 import jobs_pb2, savesets_pb2
from tests.agent.commands.conftest import SmCmd
from tests.fakes.agent_server import FakeAgent

SAVESET = "SF20250301120000001@abcdefghijk"
BERLIN = ZoneInfo("Europe/Berlin")


def test_rows_have_a_header_and_tabs(sm_cmd: SmCmd) -> None:
    result = sm_cmd("list", "tasks")
    assert result.status == 0
    assert result.rows == [
        ["name", "client", "sources", "excludes", "comment", "last_proof_time", "commands"],
        ["docs", "local", "/srv/docs", "*.tmp", "", "", ""],
    ]


@pytest.mark.parametrize("plural", ["clients", "tasks", "savesets", "jobs"])
def test_singular_and_plural_are_the_same(sm_cmd: SmCmd, agent: FakeAgent, plural: str) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    sm_cmd("backup", "docs", "-l", "F", "--wait")
    result = sm_cmd("list", plural)
    assert len(result.rows) == 2
    assert sm_cmd("list", plural.removesuffix("s")).out == result.out
    (record,) = json.loads(sm_cmd("list", plural, "--json").out)
    assert set(result.rows[0]) <= record.keys()


def test_an_empty_list_is_a_header_or_an_empty_array(sm_cmd: SmCmd) -> None:
    assert len(sm_cmd("list", "jobs").rows) == 1
    assert json.loads(sm_cmd("list", "jobs", "--json").out) == []


def test_lists_are_complete_unless_limited(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    for _ in range(300):
        agent.location.new_job(task="docs", client="local")
    agent.location.new_job(task="mail", client="local")
    agent.location.end_job("7", jobs_pb2.JOB_STATE_ERROR, "why\tnot")
    assert [row[0] for row in sm_cmd("list", "jobs").rows[1:]] == [
        str(number) for number in range(301, 0, -1)
    ]
    assert len(json.loads(sm_cmd("list", "jobs", "--json").out)) == 301
    assert len(sm_cmd("list", "jobs", "--limit", "5").rows) == 6
    assert [row[0] for row in sm_cmd("list", "jobs", "--task", "mail").rows[1:]] == ["301"]
    failed = sm_cmd("list", "jobs", "--state", "error", "--state", "broken").rows
    assert [(row[0], row[failed[0].index("message")]) for row in failed[1:]] == [("7", "why\\tnot")]


def test_an_empty_list_of_what_is_not_there_is_refused(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    for of, name, said in (
        ("--task", "nope", 'no task \\"nope\\" in'),
        ("--task", "doc", 'no task \\"doc\\" in'),
        ("--client", "loca", 'no client \\"loca\\" in'),
    ):
        for what in ("savesets", "jobs"):
            for more in ((), ("--json",)):
                result = sm_cmd("list", what, of, name, *more)
                assert (result.status, result.out.count("\n")) == (1, 1)
                assert said in result.out
    assert json.loads(sm_cmd("list", "savesets", "--task", "docs", "--json").out) == []
    agent.location.new_job(task="gone", client="gone too")
    assert len(sm_cmd("list", "jobs", "--task", "gone").rows) == 2
    assert len(sm_cmd("list", "jobs", "--client", "gone too").rows) == 2


def test_a_damaged_saveset_says_why(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    sm_cmd("backup", "docs", "-l", "F", "--wait")
    head, row = sm_cmd("list", "savesets").rows
    assert dict(zip(head, row, strict=True))["damage"] == ""
    saveset = agent.location.savesets[SAVESET]
    saveset.state, saveset.damage = jobs_pb2.JOB_STATE_ERROR, "Its data was cut"
    head, row = sm_cmd("list", "savesets").rows
    listed = dict(zip(head, row, strict=True))
    assert (listed["state"], listed["damage"]) == ("error", "Its data was cut")
    assert dict(sm_cmd("show", "saveset", SAVESET).rows)["damage"] == "Its data was cut"
    assert json.loads(sm_cmd("show", "saveset", SAVESET, "--json").out)["state"] == "error"


def test_times_are_those_of_the_location_with_their_offset(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    job = agent.location.new_job(task="docs", client="local")
    job.create_time.FromJsonString("2025-07-01T10:00:00.5Z")
    (record,) = json.loads(sm_cmd("list", "jobs", "--json").out)
    assert record["create_time"] == "2025-07-01T12:00:00.500+02:00"
    assert record["end_time"] is None
    assert "2025-07-01T12:00:00+02:00" in sm_cmd("list", "jobs").out


def test_one_thing_is_shown_with_all_its_fields(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.endings = [jobs_pb2.JOB_STATE_OK]
    sm_cmd("backup", "docs", "-l", "F", "--wait")
    fields = dict(sm_cmd("show", "saveset", SAVESET).rows)
    assert (fields["name"], fields["base"], fields["sources"]) == (SAVESET, "", "/srv/docs")
    assert json.loads(sm_cmd("show", "saveset", SAVESET, "--json").out)["stored_size"] == 400
    assert dict(sm_cmd("show", "job", "1").rows)["saveset"] == SAVESET
    assert dict(sm_cmd("show", "task", "docs").rows)["client"] == "local"
    missing = sm_cmd("show", "saveset", "SF0")
    assert missing.status == 1
    assert missing.out == 'STATUS=ERROR MSG="There is no saveset SF0 in this location."\n'


def test_a_running_job_shows_its_progress(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.new_job(task="docs", client="local")
    agent.location.start_job("1")
    progress = json.loads(sm_cmd("show", "job", "1", "--json").out)["progress"]
    assert (progress["phase"], progress["bytes_done"], progress["bytes_total"]) == (
        "transfer",
        500,
        1000,
    )
    assert "bytes_done=500" in dict(sm_cmd("show", "job", "1").rows)["progress"]


def test_a_protocol_is_shown_line_by_line(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    agent.location.new_job(task="docs", client="local")
    agent.location.protocols["1"] = [
        jobs_pb2.ProtocolLine(level=jobs_pb2.LEVEL_INFO, code="START", text="a\nb")
    ]
    rows = sm_cmd("show", "protocol", "1").rows
    assert rows[0] == ["time", "level", "code", "text"]
    assert rows[1][1:] == ["info", "START", "a\\nb"]
    assert json.loads(sm_cmd("show", "protocol", "1", "--json").out)[0]["text"] == "a\nb"


def test_a_listing_carries_every_name(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    names = [b"/srv/plain", b"/srv/tab\there\n", b"/srv/caf\xe9", "/srv/ü\\".encode()]
    agent.location.listings[SAVESET] = {
        b"": [savesets_pb2.Entry(path=b"/srv", kind=savesets_pb2.ENTRY_KIND_DIRECTORY)],
        b"/srv": [
            savesets_pb2.Entry(path=name, kind=savesets_pb2.ENTRY_KIND_FILE, size=2)
            for name in names
        ],
    }
    assert [row[0] for row in sm_cmd("ls", SAVESET).rows] == ["path", "/srv"]
    rows = sm_cmd("ls", SAVESET, "/srv").rows
    assert [row[0] for row in rows[1:]] == [
        "/srv/plain",
        "/srv/tab\\there\\n",
        "/srv/caf\\xe9",
        "/srv/ü\\\\",
    ]
    records = json.loads(sm_cmd("ls", SAVESET, "/srv", "--json").out)
    assert [record["path"] for record in records] == [
        "/srv/plain",
        "/srv/tab\there\n",
        "/srv/caf�",
        "/srv/ü\\",
    ]
    assert [record.get("path_b64") for record in records] == [None, None, "L3Nydi9jYWbp", None]
    missing = sm_cmd("ls", SAVESET, "/nowhere")
    assert (missing.status, missing.out.count("\n")) == (1, 1)


def test_a_file_is_listed_as_itself(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    file = savesets_pb2.ENTRY_KIND_FILE
    agent.location.listings[SAVESET] = {
        b"": [savesets_pb2.Entry(path=b"/etc/fstab", kind=file)],
        b"/srv": [savesets_pb2.Entry(path=name, kind=file) for name in (b"/srv/a", b"/srv/b\xff")],
    }
    for path, shown in (("/etc/fstab", "/etc/fstab"), ("/srv/b\udcff", "/srv/b\\xff")):
        assert [row[0] for row in sm_cmd("ls", SAVESET, path).rows] == ["path", shown]
        assert len(json.loads(sm_cmd("ls", SAVESET, path, "--json").out)) == 1
    for path in ("/srv/c", "/etc", "srv"):
        assert sm_cmd("ls", SAVESET, path).status == 1


def test_sources_that_are_no_text_have_their_bytes_beside_them() -> None:
    task = Task("t", "c", (b"/a,b", b"/\xff"), (), "", datetime(2025, 1, 1, tzinfo=UTC), "1")
    record = json_object(task, BERLIN)
    assert record["sources"] == ["/a,b", "/�"]
    assert record["sources_b64"] == ["L2EsYg==", "L/8="]
    assert cell(task.sources, BERLIN) == "/a\\,b,/\\xff"


def test_a_zone_that_is_not_known_is_utc() -> None:
    assert zone_of("Europe/Berlin") == BERLIN
    assert zone_of("Mars/Olympus") is UTC
    assert zone_of("../etc/passwd") is UTC
    assert zone_of("") is UTC
