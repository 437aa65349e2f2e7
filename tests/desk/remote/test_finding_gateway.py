"""Files in savesets as a location tells of them, and what is sent to it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sesam_api.v1 import finding_pb2, savesets_pb2
from sesam_master.core.errors import LocationError
from sesam_master.core.finding import Aspect, FileQuery, Unindexed, VersionHolder
from sesam_master.core.records import EntryKind
from sesam_master.core.states import Connection
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent

TIME = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
PATH = b"/srv/caf\xe9\nlist.txt"


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        yield running


@pytest.fixture
def rig(agent: FakeAgent) -> Iterator[HubRig]:
    prepared = HubRig()
    location_id = prepared.register(agent)
    with prepared:
        prepared.until(location_id, Connection.ON)
        yield prepared


def test_files_come_in_pages_with_what_is_missing(agent: FakeAgent, rig: HubRig) -> None:
    for number in range(3):
        file = finding_pb2.FoundFile()
        file.client, file.path, file.size = "fs-01", b"/srv/%d.txt" % number, number
        file.kind, file.versions = savesets_pb2.ENTRY_KIND_SYMLINK, 7
        file.saveset, file.task = "SI1", "home"
        file.modify_time.FromDatetime(TIME)
        file.saveset_time.FromDatetime(TIME)
        agent.finding.files.append(file)
    agent.finding.unindexed.total = 40
    agent.finding.unindexed.savesets.add(saveset="SF9", task="home", cause="It waits.")
    here, gateway = agent.location.location_id, rig.hub.gateway
    query = FileQuery(".txt", "home", "fs-01", "2026-11-01", "2026-11-30")

    first = rig.ask(gateway.find_files(here, query, ""))
    last = rig.ask(gateway.find_files(here, query, first.next_token))

    assert [len(page.files) for page in (first, last)] == [2, 1]
    assert last.next_token == ""
    found = last.files[0]
    assert (found.key, found.kind, found.size) == (("fs-01", b"/srv/2.txt"), EntryKind.SYMLINK, 2)
    assert (found.versions, found.modify_time, found.saveset_time) == (7, TIME, TIME)
    assert first.unindexed == Unindexed(40, "SF9", "It waits.")
    [asked, again] = [request for name, request in agent.calls if name == "FindFiles"]
    wanted = asked.filter
    assert (wanted.text, wanted.task, wanted.client) == (".txt", "home", "fs-01")
    assert (wanted.first_sesam_day, wanted.last_sesam_day) == ("2026-11-01", "2026-11-30")
    assert again.page_token == first.next_token


def test_versions_say_who_holds_them_and_where_the_data_are(agent: FakeAgent, rig: HubRig) -> None:
    made = finding_pb2.Version(kind=savesets_pb2.ENTRY_KIND_FILE, size=5, saveset_count=2)
    made.modify_time.FromDatetime(TIME)
    for name, home in (("SI2", "SF1"), ("SF1", None)):
        holder = made.holders.add(saveset=name, task="home")
        holder.time.FromDatetime(TIME)
        if home is not None:
            holder.home = home
    made.oldest.CopyFrom(made.holders[1])
    agent.finding.versions["fs-01", PATH] = [made]
    here, gateway = agent.location.location_id, rig.hub.gateway

    [version] = rig.ask(gateway.versions(here, "fs-01", PATH, "")).versions

    assert (version.kind, version.size, version.saveset_count) == (EntryKind.FILE, 5, 2)
    new = VersionHolder("SI2", "home", TIME, "SF1")
    assert version.holders == (new, VersionHolder("SF1", "home", TIME, None))
    assert version.source == new
    assert version.oldest == version.holders[1]
    assert rig.ask(gateway.versions(here, "fs-02", PATH, "")).versions == ()


def test_an_entry_is_read_by_its_path_and_a_missing_one_named(
    agent: FakeAgent, rig: HubRig
) -> None:
    message = savesets_pb2.Entry(path=PATH, kind=savesets_pb2.ENTRY_KIND_FILE, size=9)
    agent.location.listings["SF1"] = {b"/srv": [message]}
    here, gateway = agent.location.location_id, rig.hub.gateway

    entry = rig.ask(gateway.entry(here, "SF1", PATH))
    assert (entry.path, entry.size, entry.home) == (PATH, 9, None)
    with pytest.raises(LocationError) as caught:
        rig.ask(gateway.entry(here, "SF1", b"/none"))
    assert caught.value.reason == "PATH_NOT_FOUND"


def test_differences_come_with_their_counts(agent: FakeAgent, rig: HubRig) -> None:
    before = savesets_pb2.Entry(path=PATH, kind=savesets_pb2.ENTRY_KIND_FILE, size=5)
    after = savesets_pb2.Entry(path=PATH, kind=savesets_pb2.ENTRY_KIND_FILE, size=7)
    aspects = [finding_pb2.ENTRY_ASPECT_SIZE, finding_pb2.ENTRY_ASPECT_OWNER]
    agent.finding.differences = [
        finding_pb2.EntryDifference(before=before, after=after, aspects=aspects),
        finding_pb2.EntryDifference(before=before),
        finding_pb2.EntryDifference(after=after),
    ]
    agent.location.listings |= {"SF1": {}, "SI2": {}}
    here, gateway = agent.location.location_id, rig.hub.gateway

    first = rig.ask(gateway.compare(here, "SF1", "SI2", ""))
    last = rig.ask(gateway.compare(here, "SF1", "SI2", first.next_token))

    assert [one.word for one in (*first.differences, *last.differences)] == [
        *("changed", "removed", "added")
    ]
    assert first.differences[0].aspects == (Aspect.SIZE, Aspect.OWNER)
    assert first.differences[1].path == PATH
    assert last.next_token == ""
    with pytest.raises(LocationError) as caught:
        rig.ask(gateway.compare(here, "SF1", "none", ""))
    assert caught.value.reason == "SAVESET_NOT_FOUND"
