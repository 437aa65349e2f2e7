"""Savesets on their way into the index of names."""

import threading
from datetime import timedelta

import pytest

from server_agent.domain.errors import NoSpace, SavesetDamaged
from server_agent.domain.finding import Wanted
from server_agent.ports import EngineError, Entry, EntryKind
from server_agent.ports.names import NamedSaveset, NameQuery, NamesLost
from server_agent.service import indexing as module
from server_agent.service.indexing import WAITING, Indexing
from tests.agent.service.rig import Rig
from tests.agent.service.steered import DEADLINE
from tests.fakes.listings import MemoryListings
from tests.fakes.names import MemoryNames


class Site:
    """A service with an index of names."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.listings = MemoryListings()
        self.names = MemoryNames()
        self.indexing = self.agent()

    def agent(self) -> Indexing:
        """One that has just begun."""
        rig = self.rig
        return Indexing(rig.changes, rig.engine, self.listings, self.names, rig.clock)

    def saved(self, *names: str) -> str:
        """A saveset with files of these names."""
        saveset = self.rig.backed_up().saveset
        self.listings.entries[saveset] = [
            Entry(b"/srv/" + name.encode(), EntryKind.FILE, 1, 2, 0o644, 0, 0, b"", saveset, 0)
            for name in names
        ]
        return saveset

    def run(self) -> None:
        while self.indexing.step():
            pass

    def found(self) -> list[bytes]:
        page = self.names.find(NameQuery(Wanted.of("*")), None, 100)
        return [file.path for file in page.files]

    def missing(self) -> list[tuple[str, str]]:
        found = self.indexing.unindexed(lambda _: True)
        assert found.total == len(found.savesets)
        return [(one.saveset.name, one.cause) for one in found.savesets]


@pytest.fixture
def site(rig: Rig) -> Site:
    return Site(rig)


def test_a_saveset_is_missing_until_it_is_entered(site: Site) -> None:
    assert site.missing() == []
    saveset = site.saved("a", "b")
    assert site.missing() == [(saveset, WAITING)]
    assert site.found() == []
    site.run()
    assert site.missing() == []
    assert site.found() == [b"/srv/a", b"/srv/b"]


def test_only_savesets_that_are_asked_for_are_named(site: Site) -> None:
    saveset = site.saved("a")

    def is_other(one: NamedSaveset) -> bool:
        return one.task != "docs"

    assert site.indexing.unindexed(is_other).total == 0
    [named] = site.indexing.unindexed(lambda one: not is_other(one)).savesets
    assert (named.saveset.name, named.saveset.client) == (saveset, "host")
    assert named.saveset.sesam_day == site.rig.savesets.get(saveset).saveset.sesam_day


def test_what_cannot_be_forgotten_now_is_forgotten_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that was full for a moment leaves nothing in the index that is not there any more."""
    site.saved("a")
    site.run()
    with site.rig.changes.write() as tx:
        tx.remove_savesets(tx.saveset_names())

    def full(_savesets: object) -> None:
        raise NoSpace(place="names.db")

    with monkeypatch.context() as patch:
        patch.setattr(site.names, "forget", full)
        with pytest.raises(NoSpace):
            site.missing()
    assert site.found() == [b"/srv/a"]
    assert site.missing() == []
    assert site.found() == []


def test_they_are_entered_in_the_order_in_which_they_were_made(site: Site) -> None:
    savesets = [site.saved("a") for _ in range(3)]
    entered: list[str] = []
    site.names.on_enter = entered.append
    site.run()
    assert entered == savesets


def test_the_next_agent_goes_on_where_the_last_one_ended(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 2)
    saveset = site.saved("a", "b", "c", "d", "e")

    def stop_at_third(_name: str) -> None:
        if site.names.begun().get(saveset) == "4":
            raise KeyboardInterrupt  # as if the process had ended here

    site.names.on_enter = stop_at_third
    with pytest.raises(KeyboardInterrupt):
        site.run()
    assert site.found() == []

    begun = []
    site.names.on_enter = lambda _: begun.append(site.names.begun())
    site.indexing = site.agent()
    assert site.missing() == [(saveset, WAITING)]
    site.run()
    assert begun == [{saveset: "4"}]
    assert site.found() == [b"/srv/" + name for name in (b"a", b"b", b"c", b"d", b"e")]
    assert site.indexing.step() is False


def test_what_was_removed_is_not_found_any_more(site: Site) -> None:
    gone, kept = site.saved("a"), site.saved("b")
    site.run()
    with site.rig.changes.write() as tx:
        tx.remove_savesets([gone])
    assert site.missing() == []  # before each search
    assert site.found() == [b"/srv/b"]
    assert site.names.whole() == {kept}


def test_what_was_removed_before_it_was_entered_is_not_missing(site: Site) -> None:
    gone = site.saved("a")
    assert site.missing() == [(gone, WAITING)]
    with site.rig.changes.write() as tx:
        tx.remove_savesets([gone])
    assert site.missing() == []
    site.run()
    assert site.found() == []


def test_a_damaged_listing_is_entered_as_such_and_named(site: Site) -> None:
    bad = site.saved("a")
    site.saved("b")
    site.listings.faults[bad] = SavesetDamaged(saveset=bad, detail="page 7 is no page")
    site.run()
    assert site.missing() == [(bad, "page 7 is no page")]
    assert site.found() == [b"/srv/b"]
    assert "page 7 is no page" in site.rig.damage(bad)


def test_a_listing_that_could_not_be_read_is_tried_again_later(site: Site) -> None:
    saveset = site.saved("a")
    site.listings.faults[saveset] = EngineError("LISTING", "too many open files")
    site.run()
    assert site.missing() == [(saveset, "too many open files")]
    assert site.rig.damage(saveset) == ""
    site.listings.faults.clear()
    site.run()
    assert site.found() == []  # not yet
    site.rig.clock.advance(timedelta(minutes=10))
    site.run()
    assert site.missing() == []
    assert site.found() == [b"/srv/a"]


def test_no_part_of_a_listing_that_breaks_off_is_found(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 1)
    saveset = site.saved("a", "b", "c")

    def break_off(_name: str) -> None:
        if saveset in site.names.begun():
            site.listings.faults[saveset] = EngineError("LISTING", "gone")

    site.names.on_enter = break_off
    site.run()
    assert site.missing() == [(saveset, "gone")]
    assert (site.found(), site.names.begun()) == ([], {})


@pytest.mark.logs_warnings
def test_a_lost_index_is_made_anew(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.saved("a")
    site.run()
    saveset = site.saved("b")
    site.names.lose_next = True
    site.indexing.start()
    wait_until_empty(site)
    site.indexing.stop()
    assert site.found() == [b"/srv/a", b"/srv/b"]
    assert saveset in site.names.whole()
    [record] = caplog.records
    assert "made anew" in record.getMessage()


def test_what_was_entered_while_the_index_was_lost_is_entered_again(site: Site) -> None:
    saveset = site.saved("a")

    def lose(_name: str) -> None:
        site.names.on_enter = lambda _: None
        site.indexing.begin_anew()  # as a search does that finds it damaged

    site.names.on_enter = lose
    assert site.indexing.step()
    assert site.missing() == []  # what is entered is asked of the index itself
    site.names.forget([saveset])
    site.indexing.begin_anew()
    assert site.missing() == [(saveset, WAITING)]
    site.names.on_enter = lose
    site.names.lose_next = True
    with pytest.raises(NamesLost):
        site.indexing.step()
    assert site.missing() == [(saveset, WAITING)]
    site.run()
    assert site.found() == [b"/srv/a"]


@pytest.mark.logs_warnings
def test_a_full_disk_is_said_once_and_waited_for(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.saved("a")
    tries = threading.Semaphore(0)

    def full(_name: str) -> None:
        tries.release()
        raise NoSpace(place="/var/db")

    site.names.on_enter = full
    site.indexing.start()
    try:
        for _ in range(3):
            assert tries.acquire(timeout=DEADLINE)
            assert len(site.missing()) == 1  # which has it tried again
        site.names.on_enter = lambda _: None
        wait_until_empty(site)
    finally:
        site.indexing.stop()
    assert site.found() == [b"/srv/a"]
    [record] = caplog.records
    assert "/var/db is full" in record.getMessage()


def test_it_works_in_a_thread_of_its_own_and_ends(site: Site) -> None:
    site.indexing.start()
    site.saved("a")
    wait_until_empty(site)
    site.indexing.stop()
    assert site.found() == [b"/srv/a"]
    saveset = site.saved("b")
    assert site.missing() == [(saveset, WAITING)]


def wait_until_empty(site: Site) -> None:
    """Until nothing is missing; asking has the thread look."""
    gate = threading.Event()
    timer = threading.Timer(DEADLINE, gate.set)
    timer.start()
    try:
        while site.missing():
            assert not gate.is_set()
            gate.wait(0.01)
    finally:
        timer.cancel()
        timer.join()
