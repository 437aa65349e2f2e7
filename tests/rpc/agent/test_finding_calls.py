"""FindingService over a real server."""

import threading
from typing import Any

import pytest

from server_agent.ports import Entry, EntryKind
from server_agent.rpc.lists import LARGEST_ANSWER
from sesam_api.v1 import finding_pb2 as pb
from sesam_api.v1 import savesets_pb2
from tests.agent.service.steered import DEADLINE
from tests.rpc.agent.rig import AgentRig

TIME_NS = 1_700_000_000_000_000_005


@pytest.fixture
def agent(agent: AgentRig) -> AgentRig:
    agent.add_task()
    return agent


def entry(path: bytes, size: int = 1, home: str | None = None, mode: int = 0o640) -> Entry:
    return Entry(path, EntryKind.FILE, size, TIME_NS, mode, 1, 2, b"", home, 0)


def saved(agent: AgentRig, *entries: Entry) -> str:
    """A saveset with these entries."""
    saveset: str = agent.backed_up().saveset
    agent.listings.entries[saveset] = list(entries)
    return saveset


def find(agent: AgentRig, text: str, size: int = 0, token: str = "", **conditions: str) -> Any:
    return agent.local.call(
        "FindingService/FindFiles",
        filter=pb.FileFilter(text=text, **conditions),
        page_size=size,
        page_token=token,
    )


def until_indexed(agent: AgentRig) -> None:
    """Until all savesets are looked through; asking has the agent look."""
    pause, tries = threading.Event(), int(DEADLINE / 0.01)
    while find(agent, "*").unindexed.total:
        tries -= 1
        assert tries
        pause.wait(0.01)


def test_files_are_found_with_their_newest_version(agent: AgentRig) -> None:
    saved(agent, entry(b"/srv/caf\xff", 1))
    saveset = saved(agent, entry(b"/srv/caf\xff", 2), entry(b"/srv/other"))
    until_indexed(agent)
    answer = find(agent, "CAF")
    [file] = answer.files
    assert (file.client, file.path, file.versions) == ("host", b"/srv/caf\xff", 2)
    assert (file.kind, file.size) == (savesets_pb2.ENTRY_KIND_FILE, 2)
    assert file.modify_time.ToNanoseconds() == TIME_NS
    known = agent.local.call("SavesetService/GetSaveset", name=saveset).saveset
    assert (file.saveset, file.task, file.sesam_day) == (saveset, "docs", known.sesam_day)
    assert file.saveset_time == known.start_time
    assert answer.next_page_token == ""


def test_pages_and_conditions(agent: AgentRig) -> None:
    saved(agent, *(entry(b"/srv/%d" % number) for number in range(5)))
    until_indexed(agent)
    first = find(agent, "*", size=3)
    rest = find(agent, "*", size=3, token=first.next_page_token)
    assert [file.path for file in (*first.files, *rest.files)] == [
        b"/srv/%d" % number for number in range(5)
    ]
    assert find(agent, "*", task="docs", client="host").files
    for conditions in (
        {"task": "other"},
        {"client": "other"},
        {"first_sesam_day": "2999-01-01"},
        {"last_sesam_day": "1999-01-01"},
    ):
        assert not find(agent, "*", **conditions).files


def test_what_was_not_looked_through_is_named(agent: AgentRig) -> None:
    gate = threading.Event()

    def hold(_name: str) -> None:
        assert gate.wait(DEADLINE)

    agent.names.on_enter = hold
    saveset = saved(agent, entry(b"/srv/a"))
    answer = find(agent, "a")
    [one] = answer.unindexed.savesets
    gate.set()
    assert (one.saveset, one.task, one.client) == (saveset, "docs", "host")
    assert one.cause == "waits to be read"
    assert answer.unindexed.total == 1
    assert not answer.files
    until_indexed(agent)
    assert find(agent, "a").files


def test_versions_through_time(agent: AgentRig) -> None:
    old = saved(agent, entry(b"/srv/a", 1, "S1"))
    new = saved(agent, entry(b"/srv/a", 2, "S2"))
    newest = saved(agent, entry(b"/srv/a", 2))
    until_indexed(agent)
    call = {"client": "host", "path": b"/srv/a"}
    answer = agent.local.call("FindingService/ListVersions", **call)
    second, first = answer.versions
    assert (second.size, second.saveset_count, first.size) == (2, 2, 1)
    assert [holder.saveset for holder in second.holders] == [newest, new]
    assert (second.oldest.saveset, first.oldest.saveset) == (new, old)
    assert [holder.HasField("home") for holder in second.holders] == [False, True]
    assert (first.oldest.home, first.oldest.task) == ("S1", "docs")
    page = agent.local.call("FindingService/ListVersions", **call, page_size=1)
    rest = agent.local.call(
        "FindingService/ListVersions", **call, page_size=1, page_token=page.next_page_token
    )
    assert [page.versions[0], rest.versions[0]] == [second, first]
    assert not agent.local.call(
        "FindingService/ListVersions", client="host", path=b"/nowhere"
    ).versions


def test_what_differs_between_two_savesets(agent: AgentRig) -> None:
    before = saved(agent, entry(b"/srv/a"), entry(b"/srv/b"), entry(b"/srv/c"))
    after = saved(agent, entry(b"/srv/b", 2, mode=0o600), entry(b"/srv/c"), entry(b"/srv/d"))
    answer = agent.local.call("FindingService/CompareSavesets", before=before, after=after)
    removed, changed, added = answer.differences
    assert (removed.before.path, removed.HasField("after")) == (b"/srv/a", False)
    assert (added.after.path, added.HasField("before")) == (b"/srv/d", False)
    assert (changed.before.size, changed.after.size) == (1, 2)
    assert list(changed.aspects) == [pb.ENTRY_ASPECT_SIZE, pb.ENTRY_ASPECT_MODE]
    assert (answer.added, answer.removed, answer.changed) == (1, 1, 1)
    below = agent.local.call(
        "FindingService/CompareSavesets", before=before, after=after, directory=b"/other"
    )
    assert (list(below.differences), below.added) == ([], 0)


def test_a_page_of_differences_fits_into_a_message(agent: AgentRig) -> None:
    long = b"/srv/" + b"x" * 4000
    before, after = saved(agent), saved(agent, *(entry(long + b"%d" % n) for n in range(1000)))
    found, token = 0, ""
    while True:
        answer = agent.local.call(
            "FindingService/CompareSavesets",
            before=before,
            after=after,
            page_size=1000,
            page_token=token,
        )
        assert answer.ByteSize() < LARGEST_ANSWER + 10_000
        found += len(answer.differences)
        assert answer.added == found
        token = answer.next_page_token
        if not token:
            break
    assert found == 1000


def test_one_entry(agent: AgentRig) -> None:
    saveset = saved(agent, entry(b"/srv/a", 7, "S1"))
    found = agent.local.call("FindingService/GetEntry", saveset=saveset, path=b"/srv/a").entry
    assert (found.path, found.size, found.home, found.mode) == (b"/srv/a", 7, "S1", 0o640)


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("FindFiles", {}, "INVALID_ARGUMENT"),
        ("FindFiles", {"filter": pb.FileFilter(text="x" * 1001)}, "INVALID_ARGUMENT"),
        (
            "FindFiles",
            {"filter": pb.FileFilter(text="x", first_sesam_day="no")},
            "INVALID_ARGUMENT",
        ),
        ("FindFiles", {"filter": pb.FileFilter(text="x"), "page_size": 1001}, "INVALID_ARGUMENT"),
        ("FindFiles", {"filter": pb.FileFilter(text="x"), "page_token": "x"}, "PAGE_TOKEN_INVALID"),
        ("ListVersions", {"client": "host", "path": b"srv"}, "INVALID_ARGUMENT"),
        ("ListVersions", {"path": b"/srv", "page_token": "x"}, "PAGE_TOKEN_INVALID"),
        ("CompareSavesets", {"before": "SF1", "after": "SF2"}, "SAVESET_NOT_FOUND"),
        ("CompareSavesets", {"page_token": "x"}, "PAGE_TOKEN_INVALID"),
        ("GetEntry", {"saveset": "SF1", "path": b"/a"}, "SAVESET_NOT_FOUND"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    agent: AgentRig, name: str, fields: dict[str, Any], reason: str
) -> None:
    assert agent.local.refused(f"FindingService/{name}", **fields).reason == reason


def test_an_entry_that_is_not_there_is_refused(agent: AgentRig) -> None:
    saveset = saved(agent, entry(b"/srv/a"))
    refusal = agent.local.refused("FindingService/GetEntry", saveset=saveset, path=b"/srv/\xff")
    assert refusal.reason == "PATH_NOT_FOUND"
    assert refusal.metadata == {"saveset": saveset, "path": "/srv/\\xff"}
