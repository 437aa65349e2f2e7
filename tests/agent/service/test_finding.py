"""Finding files by name, their versions, and what differs between two savesets."""

import pytest

from server_agent.domain.errors import (
    InvalidArgument,
    ListingUnreadable,
    PageTokenInvalid,
    PathNotFound,
    SavesetDamaged,
    SavesetNotFound,
)
from server_agent.domain.finding import Wanted
from server_agent.ports import EngineError, Entry, EntryKind
from server_agent.ports.names import NameQuery
from server_agent.service.finding import Counts, Finding
from server_agent.service.paging import seal
from tests.agent.service.rig import Rig
from tests.agent.service.test_indexing import Site

ALL = NameQuery(Wanted.of("*"))


@pytest.fixture
def site(rig: Rig) -> Site:
    return Site(rig)


@pytest.fixture
def finding(site: Site) -> Finding:
    return Finding(site.rig.changes, site.rig.engine, site.listings, site.names, site.indexing)


def entry(name: str, size: int = 1) -> Entry:
    return Entry(b"/srv/" + name.encode(), EntryKind.FILE, size, 2, 0o644, 0, 0, b"", None, 0)


def test_pages_go_on_behind_their_tokens(site: Site, finding: Finding) -> None:
    site.saved("a", "b", "c")
    site.run()
    first = finding.find(ALL, None, 2)
    assert [file.path for file in first.files] == [b"/srv/a", b"/srv/b"]
    assert first.next_token is not None
    assert [file.path for file in finding.find(ALL, first.next_token, 2).files] == [b"/srv/c"]
    with pytest.raises(PageTokenInvalid):
        finding.find(NameQuery(Wanted.of("a")), first.next_token, 2)


def test_what_is_not_looked_through_is_said(site: Site, finding: Finding) -> None:
    site.saved("a")
    site.run()
    saveset = site.saved("b")
    found = finding.find(ALL, None, 10)
    assert [file.path for file in found.files] == [b"/srv/a"]
    assert [one.saveset.name for one in found.unindexed.savesets] == [saveset]
    assert finding.find(NameQuery(Wanted.of("*"), task="other"), None, 10).unindexed.total == 0
    assert finding.versions("host", b"/srv/b", None, 10).unindexed.total == 1
    assert finding.versions("other", b"/srv/b", None, 10).unindexed.total == 0


@pytest.mark.parametrize("text", ["", "/", "///"])
def test_no_text_finds_nothing(finding: Finding, text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"filter.text.*\*\.pdf"):
        finding.find(NameQuery(Wanted.of(text)), None, 10)


def test_a_lost_index_says_that_nothing_was_looked_through(site: Site, finding: Finding) -> None:
    saveset = site.saved("a")
    site.run()
    for search in (
        lambda: finding.find(ALL, None, 10),
        lambda: finding.versions("host", b"/srv/a", None, 10),
    ):
        site.names.lose_next = True
        found = search()
        assert found.unindexed.total == 1
        assert found.next_token is None
        site.run()
        assert finding.find(ALL, None, 10).files[0].saveset.name == saveset


def test_versions_of_a_path(site: Site, finding: Finding) -> None:
    saveset = site.saved("a")
    site.run()
    [version] = finding.versions("host", b"/srv/a/", None, 10).versions
    assert version.holders[0].saveset.name == saveset
    with pytest.raises(InvalidArgument, match="srv/a"):
        finding.versions("host", b"srv/a", None, 10)
    with pytest.raises(PageTokenInvalid):
        finding.versions("host", b"/srv/a", "nonsense", 10)


def test_counts_go_on_from_page_to_page(site: Site, finding: Finding) -> None:
    before, after = site.saved(), site.saved()
    site.listings.entries[before] = [entry("a"), entry("b"), entry("c")]
    site.listings.entries[after] = [entry("b", 9), entry("c"), entry("d"), entry("e")]
    token, counts = None, []
    while True:
        page = finding.compare(before, after, b"", token, 1)
        counts.append(page.counts)
        token = page.next_token
        if token is None:
            break
    assert counts == [Counts(0, 1, 0), Counts(0, 1, 1), Counts(1, 1, 1), Counts(2, 1, 1)]
    page = finding.compare(before, after, b"", None, 1)
    with pytest.raises(PageTokenInvalid):
        finding.compare(after, before, b"", page.next_token, 1)
    list_name = f"differences {before} {after} "
    for position in ("x", "1,2 0", "1,2,-3 0", f"1,2,{'9' * 19} 0"):
        with pytest.raises(PageTokenInvalid):
            finding.compare(before, after, b"", seal(list_name, position), 1)


def test_savesets_that_are_not_there_are_named(site: Site, finding: Finding) -> None:
    saveset = site.saved("a")
    for call in (
        lambda: finding.compare(saveset, "SF1", b"", None, 1),
        lambda: finding.compare("SF1", saveset, b"", None, 1),
        lambda: finding.entry("SF1", b"/srv/a"),
    ):
        with pytest.raises(SavesetNotFound, match="saveset=SF1"):
            call()


def test_one_entry(site: Site, finding: Finding) -> None:
    saveset = site.saved("a")
    assert finding.entry(saveset, b"/srv/a").path == b"/srv/a"
    with pytest.raises(PathNotFound, match=rf"saveset={saveset}, path=/srv/\\xff"):
        finding.entry(saveset, b"/srv/\xff")


def test_a_damaged_listing_is_entered_as_such(site: Site, finding: Finding) -> None:
    good, bad = site.saved("a"), site.saved("a")
    site.listings.faults[bad] = SavesetDamaged(saveset=bad, detail="page 7 is no page")
    with pytest.raises(SavesetDamaged):
        finding.compare(good, bad, b"", None, 1)
    assert "page 7" in site.rig.damage(bad)
    assert site.rig.damage(good) == ""


def test_a_listing_that_cannot_be_read_just_now_proves_nothing(
    site: Site, finding: Finding
) -> None:
    saveset = site.saved("a")
    site.listings.faults[saveset] = EngineError("LISTING", "too many open files")
    for call in (
        lambda: finding.compare(saveset, saveset, b"", None, 1),
        lambda: finding.entry(saveset, b"/srv/a"),
    ):
        with pytest.raises(ListingUnreadable, match="too many open files"):
            call()
    assert site.rig.damage(saveset) == ""
