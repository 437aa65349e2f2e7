"""Finding through the client for scripts, over an agent in memory."""

from datetime import UTC, datetime

import pytest

from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.finding_records import FoundFile, UnindexedSaveset, VersionHolder
from sesam_api.v1 import finding_pb2 as pb
from sesam_api.v1 import savesets_pb2
from tests.fakes.agent_server import FakeAgent

FILE = savesets_pb2.ENTRY_KIND_FILE
SECONDS = 1_700_000_000
TIME = datetime.fromtimestamp(SECONDS, UTC)


def found(path: bytes) -> pb.FoundFile:
    file = pb.FoundFile(
        client="fs-01",
        path=path,
        kind=FILE,
        size=7,
        versions=3,
        saveset="SF1",
        task="docs",
        sesam_day="2026-03-04",
    )
    file.modify_time.FromNanoseconds(SECONDS * 10**9 + 5)
    file.saveset_time.FromSeconds(SECONDS)
    return file


def holder(saveset: str, home: str | None = None) -> pb.VersionHolder:
    made = pb.VersionHolder(saveset=saveset, task="docs", sesam_day="2026-03-04", home=home)
    made.time.FromSeconds(SECONDS)
    return made


def entry(path: bytes, size: int = 1) -> savesets_pb2.Entry:
    return savesets_pb2.Entry(path=path, kind=FILE, size=size)


def test_files_are_read_page_by_page(agent: FakeAgent, location: Location) -> None:
    agent.finding.files = [found(b"/srv/%d\xff" % number) for number in range(5)]
    files = location.find_files("srv", task="docs", client="fs-01", days=("2026-01-01", ""))
    assert [file.path for file in files] == [b"/srv/%d\xff" % number for number in range(5)]
    assert [file.path for file in files] == [b"/srv/%d\xff" % number for number in range(5)]
    assert next(iter(files)) == FoundFile(
        client="fs-01",
        path=b"/srv/0\xff",
        kind="file",
        size=7,
        modify_time_ns=SECONDS * 10**9 + 5,
        versions=3,
        saveset="SF1",
        task="docs",
        saveset_time=TIME,
        sesam_day="2026-03-04",
    )
    name, request = agent.calls[-1]
    assert name == "FindFiles"
    assert (request.filter.task, request.filter.client) == ("docs", "fs-01")
    assert (request.filter.first_sesam_day, request.filter.last_sesam_day) == ("2026-01-01", "")


def test_what_was_not_looked_through_is_known_at_once(agent: FakeAgent, location: Location) -> None:
    agent.finding.unindexed.total = 7
    agent.finding.unindexed.savesets.add(saveset="SI2", task="docs", client="fs", cause="waits")
    for findings in (location.find_files("x"), location.versions("fs", "/x")):
        assert findings.unindexed.total == 7
        assert findings.unindexed.savesets == (UnindexedSaveset("SI2", "docs", "fs", "waits"),)
        assert list(findings) == []


def test_versions_of_a_path(agent: FakeAgent, location: Location) -> None:
    version = pb.Version(kind=FILE, size=7, saveset_count=9, oldest=holder("SF1"))
    version.holders.extend([holder("SI3", "SF1"), holder("SI2")])
    version.modify_time.FromSeconds(SECONDS)
    agent.finding.versions["fs-01", b"/srv/a"] = [version] * 3
    [first, *_] = versions = list(location.versions("fs-01", "/srv/a"))
    assert len(versions) == 3
    assert (first.kind, first.size, first.modify_time) == ("file", 7, TIME)
    assert first.holders[0] == VersionHolder("SI3", "docs", TIME, "2026-03-04", "SF1")
    assert first.holders[1].home is None
    assert (first.newest_saveset, first.oldest_saveset, first.saveset_count) == ("SI3", "SF1", 9)
    assert (first.first_seen, first.last_seen) == (TIME, TIME)


def test_what_differs_between_two_savesets(agent: FakeAgent, location: Location) -> None:
    agent.location.listings.update({"SF1": {}, "SF2": {}})
    agent.finding.differences = [
        pb.EntryDifference(before=entry(b"/a")),
        pb.EntryDifference(after=entry(b"/b", 2)),
        pb.EntryDifference(
            before=entry(b"/c", 3), after=entry(b"/c", 4), aspects=[pb.ENTRY_ASPECT_LINK_TARGET]
        ),
    ]
    removed, added, changed = location.compare("SF1", "SF2", "/srv")
    assert [one.change for one in (removed, added, changed)] == ["removed", "added", "changed"]
    assert [one.path for one in (removed, added, changed)] == [b"/a", b"/b", b"/c"]
    assert (removed.size_before, removed.size_after) == (1, None)
    assert (added.size_before, added.size_after) == (None, 2)
    assert (changed.size_before, changed.size_after) == (3, 4)
    assert (added.aspects, changed.aspects) == ((), ("link_target",))
    with pytest.raises(SesamError, match="SF9"):
        list(location.compare("SF1", "SF9"))


def test_one_entry(agent: FakeAgent, location: Location) -> None:
    agent.location.listings["SF1"] = {b"/srv": [entry(b"/srv/a", 5)]}
    assert location.entry("SF1", "/srv/a").size == 5
    with pytest.raises(SesamError) as failure:
        location.entry("SF1", "/srv/b")
    assert failure.value.reason == "PATH_NOT_FOUND"
    with pytest.raises(TypeError, match="saveset"):
        location.entry(1, "/srv/a")  # type: ignore[arg-type]
