"""A real agent that copies and moves savesets between two data stores: each of them can be lost."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.media_records import DataStore, MediaPool, Retention
from sesam_api.plan_records import Drive, Event
from sesam_api.records import Job
from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.changing import Tree, tree_of

DISK, TAPE = "DISK00001", "TAPE00001"
BIG_BYTES = 300 << 20


@dataclass
class Site:
    """An agent with a pool on its own data store, and one on another, and a chain of three."""

    place: Path
    agent: AgentProcess

    def __post_init__(self) -> None:
        self.source = self.place / "source"
        self.tapes = self.place / "tapes"
        self.chain: list[str] = []
        self.held: list[Tree] = []

    def begin(self, location: Location) -> None:
        self.source.mkdir()
        location.add_data_store(DataStore("Tapes", os.fsencode(self.tapes)))
        location.add_drive(Drive("Tape_1", group="Tapes", data_store="Tapes"))
        location.add_pool(MediaPool("TAPE", "Tapes", Retention(eol_days=365)))
        location.add_client("here")
        location.add_task("docs", "here", [str(self.source)])
        for number, kind in enumerate(("FULL", "INC", "INC")):
            (self.source / f"file{number}").write_bytes(os.urandom(3 << 20))
            self.back_up(location, kind)

    def back_up(self, location: Location, kind: str) -> str:
        [job] = location.order_backup(kind, task="docs").jobs
        ended = location.wait(job, timeout=SECONDS)
        assert ended.state == "ok", ended.message
        self.chain.append(ended.saveset)
        self.held.append(tree_of(self.source))
        return ended.saveset

    def restored(self, location: Location, number: int = -1) -> Job:
        """A restore of one of the chain, which brings back what it held."""
        target = self.place / "back"
        job = location.wait(location.restore(self.chain[number], str(target)), SECONDS)
        assert job.state == "ok", job.message
        assert tree_of(target / self.source.relative_to("/")) == self.held[number]
        shutil.rmtree(target)
        return job


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sm") as name:
        place = Path(name)
        made = Site(place, AgentProcess(place / "root", place))
        made.agent.start()
        yield made
        made.agent.close()


@pytest.fixture
def location(site: Site) -> Iterator[Location]:
    with site.agent.connected() as connected:
        site.begin(connected)
        yield connected


def medium(site: Site, label: str) -> Path:
    store = site.tapes if label == TAPE else site.agent.root / "store"
    return store / label


def names_on(site: Site, label: str) -> set[str]:
    """Of the savesets of which a medium has anything."""
    return {path.name.partition(".")[0] for path in medium(site, label).glob("S*@*")}


def migrated(
    location: Location, pool: str, *savesets: str, source: str = "", move: bool = False
) -> Job:
    job = location.migrate(pool, savesets, source_pool=source, move=move)
    return location.wait(job, timeout=SECONDS)


def places(location: Location, name: str) -> list[str]:
    saveset = location.saveset(name)
    return [saveset.label, *(copy.label for copy in saveset.copies)]


def test_the_first_store_is_lost_and_the_copy_is_read(site: Site, location: Location) -> None:
    job = migrated(location, "TAPE", site.chain[-1])
    assert (job.kind, job.state, job.files, job.label) == ("migration", "ok", 3, TAPE)
    assert names_on(site, TAPE) == names_on(site, DISK) == set(site.chain)
    for name in site.chain:
        saveset = location.saveset(name)
        [copy] = saveset.copies
        assert (copy.label, copy.pool, copy.data_store) == (TAPE, "TAPE", "Tapes")
        assert (copy.stored_size, copy.damage) == (saveset.stored_size, "")
        assert copy.verify_time is not None
        assert copy.eol > saveset.eol
        data = [(medium(site, label) / name).read_bytes() for label in (DISK, TAPE)]
        assert data[0] == data[1]
    held = {each.label: each for each in location.media()}
    assert held[TAPE].savesets == held[DISK].savesets == 3
    assert held[TAPE].stored_size == held[DISK].stored_size

    away = site.agent.root / "away"
    (site.agent.root / "store").rename(away)
    restore = site.restored(location)
    lines = [each.text for each in location.protocol(restore.id) if each.code == "READ_FROM"]
    assert [f"is read from {TAPE}; on {DISK}:" in line for line in lines] == [True] * 3
    saveset = location.saveset(site.chain[-1])
    assert (saveset.label, saveset.damage, saveset.state) == (TAPE, "", "ok")
    assert "is it mounted" in saveset.copies[0].damage
    away.rename(site.agent.root / "store")
    verify = location.wait(location.verify(site.chain[-1], whole_chain=True), SECONDS)
    assert (verify.state, verify.files) == ("ok", 6)
    assert location.saveset(site.chain[-1]).copies[0].damage == ""


def test_damage_is_read_around_and_mended(site: Site, location: Location) -> None:
    migrated(location, "TAPE", source="DISK")
    data = medium(site, DISK) / site.chain[0]
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    job = site.restored(location)
    assert "SAVESET_DAMAGED" in [each.code for each in location.protocol(job.id)]
    saveset = location.saveset(site.chain[0])
    assert (saveset.label, saveset.damage, saveset.state) == (TAPE, "", "ok")
    assert "does not match its digest" in saveset.copies[0].damage
    verify = location.wait(location.verify(site.chain[0]), SECONDS)
    assert verify.state == "error"
    assert DISK in verify.message
    mended = migrated(location, "DISK", site.chain[0])
    assert (mended.state, mended.files) == ("ok", 1)
    assert location.wait(location.verify(site.chain[0]), SECONDS).state == "ok"
    assert sorted(places(location, site.chain[0])) == [DISK, TAPE]


def test_a_move_frees_the_first_and_the_chain_goes_on(site: Site, location: Location) -> None:
    job = migrated(location, "TAPE", source="DISK", move=True)
    assert job.state == "ok", job.message
    assert job.move
    assert names_on(site, DISK) == set()
    assert [places(location, name) for name in site.chain] == [[TAPE]] * 3
    (site.source / "more").write_bytes(b"more" * 1000)
    newest = site.back_up(location, "INC")
    saveset = location.saveset(newest)
    assert (saveset.base, saveset.label) == (site.chain[2], DISK)
    for number in range(4):
        site.restored(location, number)
    back = migrated(location, "DISK", newest)
    assert (back.state, back.files) == ("ok", 3)
    assert names_on(site, DISK) == set(site.chain)
    with pytest.raises(SesamError, match="builds on it"):
        location.delete_savesets([site.chain[0]])
    location.delete_savesets(reversed(site.chain))
    assert names_on(site, DISK) == names_on(site, TAPE) == set()
    location.remove_medium(TAPE)


def test_a_base_that_is_away_makes_a_full_and_is_tidied_when_it_is_back(
    site: Site, location: Location
) -> None:
    migrated(location, "TAPE", source="DISK", move=True)
    base, away = site.chain[-1], site.place / "away"
    site.tapes.rename(away)
    inc = location.wait(location.order_backup("INC", task="docs").jobs[0], SECONDS)
    assert (inc.state, inc.type) == ("warning", "FULL")
    assert inc.message == "No base: made a FULL, the base is missing or damaged"
    [line] = [each.text for each in location.protocol(inc.id) if each.code == "CHAIN_LOST"]
    assert "TAPE00001 of this location. Is it mounted?" in line
    assert "is it mounted?" in location.saveset(base).damage
    location.delete_savesets(reversed(site.chain))
    away.rename(site.tapes)
    assert names_on(site, TAPE) == set(site.chain)
    job = migrated(location, "TAPE", inc.saveset)  # removes what is left there, before it copies
    assert (job.state, names_on(site, TAPE)) == ("ok", {inc.saveset})
    next_inc = location.wait(location.order_backup("INC", task="docs").jobs[0], SECONDS)
    assert (next_inc.state, next_inc.type) == ("ok", "INC")


def test_an_event_migrates_by_plan(site: Site, location: Location) -> None:
    location.add_event(Event("nightly", "", "migration", source_pool="DISK", pool="TAPE"))
    event = location.event("nightly")
    assert (event.kind, event.source_pool, event.pool, event.move) == (
        *("migration", "DISK", "TAPE", False),
    )
    with pytest.raises(SesamError, match="another media pool"):
        location.add_event(Event("wrong", "", "migration", source_pool="TAPE", pool="TAPE"))
    first = location.order_backup("INC", task="docs", follow_up="nightly").jobs[0]
    assert location.wait(first, SECONDS).state == "ok"
    deadline = threading.Event()
    while not (jobs := [each for each in location.jobs() if each.kind == "migration"]):
        assert not deadline.wait(0.05)
    ended = location.wait(jobs[0], SECONDS)
    assert (ended.state, ended.event, ended.files) == ("ok", "nightly", 4)


def test_a_kill_in_the_middle_of_a_copy_leaves_none(site: Site, location: Location) -> None:
    with (site.source / "big").open("wb") as file:
        for _ in range(BIG_BYTES >> 20):
            file.write(os.urandom(1 << 20))
    big = site.back_up(location, "INC")
    job = location.migrate("TAPE", [big], move=True)
    part = medium(site, TAPE) / f"{big}.part"
    waiting = threading.Event()
    while not (part.exists() and part.stat().st_size > BIG_BYTES // 3):
        assert location.job(job.id).is_open, "it was too fast to be killed"
        waiting.wait(0.002)
    site.agent.end(signal.SIGKILL)
    assert big in names_on(site, TAPE)
    site.agent.start()
    with site.agent.connected() as again:
        broken = again.job(job.id)
        assert broken.state == "broken"
        assert "what it had copied as a whole stays" in broken.message
        # What was whole is there, and what was not has gone.
        assert names_on(site, TAPE) == set(site.chain[:3])
        assert names_on(site, DISK) == set(site.chain)
        assert places(again, big) == [DISK]
        assert migrated(again, "TAPE", big, move=True).state == "ok"
        assert places(again, big) == [TAPE]
        site.restored(again)
        site.restored(again, 0)


def test_what_lies_on_a_medium_and_nobody_knows_of_stays(site: Site, location: Location) -> None:
    """As after a catalogue was put back from an older copy of it."""
    first, other = site.chain[0], site.back_up(location, "FULL")
    migrated(location, "TAPE", other)
    strange = medium(site, TAPE) / first
    strange.write_bytes(b"of a copy that the catalogue has forgotten")
    job = migrated(location, "TAPE", first, move=True)
    assert job.state == "error"
    assert f"{TAPE} has something already that is called {first}" in job.message
    assert strange.read_bytes() == b"of a copy that the catalogue has forgotten"
    assert places(location, first) == [DISK]
    assert names_on(site, DISK) >= {first}
    site.agent.end()
    site.agent.start()  # what is entered as to be removed goes at a start
    assert strange.exists()
