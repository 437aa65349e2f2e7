"""A real agent whose savesets come to their EOL: NEWDAY deletes what was told before, a chain stays
while its youngest member does, and a kill in the middle of a removal leaves nothing behind."""

import signal
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from server_agent.domain.self_backup import SELF_BACKUP
from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.media_records import DataStore, MediaPool, Retention
from sesam_api.plan_records import Drive
from sesam_api.records import Job
from tests.e2e.agent_process import AgentProcess
from tests.e2e.fast_agent import FastClock

BEGIN = datetime(2027, 3, 8, 12, 0, tzinfo=UTC)  # the clock stands until a test starts it
TODAY = BEGIN.date()
DAY = timedelta(days=1)
FACTOR = 28800.0  # a day in three seconds
SECONDS = 40.0


class Root:
    """An agent, its clock, and a directory to back up."""

    def __init__(self, directory: Path) -> None:
        self.place = directory / "root"
        self.clock = FastClock("Europe/Berlin", directory / "epoch", BEGIN, FACTOR)
        command = (sys.executable, "-m", "tests.e2e.fast_agent")
        serving = (*command, str(self.place), *self.clock.arguments)
        self.agent = AgentProcess(self.place, directory, serving)
        self.source = directory / "docs"
        self.source.mkdir()
        self.out = directory / "out"

    def backed_up(self, location: Location, kind: str, pool: str = "WEEK") -> str:
        (self.source / kind).write_text(f"as of the {kind}")
        [job] = location.order_backup(kind, task="docs", pool=pool).jobs
        ended = location.wait(job, SECONDS)
        assert (ended.state, ended.type, ended.pool) == ("ok", kind, pool), ended.message
        return ended.saveset

    def files(self) -> set[str]:
        """Names of the savesets of which anything is on the disk, but for their protocols."""
        found = [path for path in self.place.rglob("S[FDIC]*@*") if path.is_file()]
        return {
            path.name.partition(".")[0]
            for path in found
            if not path.name.endswith((".not", ".pre", ".pos"))
        }


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Root]:
    made = Root(tmp_path)
    made.agent.start()
    yield made
    made.agent.close()


def prepare(location: Location, root: Root) -> None:
    location.remove_event(SELF_BACKUP)
    location.add_client("here")
    location.add_task("docs", "here", [str(root.source)])
    location.add_pool(MediaPool("WEEK", retention=Retention(eol_days=1, keep_newest=0)))


def keep(location: Location, days: int) -> None:
    """What is saved from now on."""
    pool = location.pool("WEEK")
    location.modify_pool(replace(pool, retention=replace(pool.retention, eol_days=days)))


def newdays(location: Location, until: date) -> list[Job]:
    """The NEWDAY jobs up to that which begins a day, ended."""
    for change in location.watch(SECONDS):
        is_it = isinstance(change, Job) and change.kind == "newday" and not change.is_open
        if is_it and change.sesam_day >= until.isoformat():
            break
    jobs = [job for job in location.jobs() if job.kind == "newday"]
    held = [job for job in jobs if "Nothing is deleted before the next NEWDAY" in job.message]
    assert all(job.state == "warning" for job in held)
    assert all(job.state == "ok" for job in jobs if job not in held), [x.message for x in jobs]
    return [job for job in jobs if job.sesam_day <= until.isoformat()]


def test_newday_deletes_what_its_preview_told(root: Root) -> None:
    with root.agent.connected() as location:
        prepare(location, root)
        full = root.backed_up(location, "FULL")
        keep(location, 3)
        inc = root.backed_up(location, "INC")
        keep(location, 2)
        diff = root.backed_up(location, "DIFF")
        keep(location, 0)
        copy = root.backed_up(location, "COPY")
        usual = root.backed_up(location, "FULL", pool="DISK")

        assert {each.name: each.base for each in location.savesets(task="docs")} == {
            full: None,
            inc: full,
            diff: full,
            copy: None,
            usual: None,
        }
        # A DIFF holds what the INC has too; a COPY everything, on its own.
        for saveset, there in (
            (diff, {"FULL", "INC", "DIFF"}),
            (copy, {"FULL", "INC", "DIFF", "COPY"}),
        ):
            target = root.out / saveset
            assert location.wait(location.restore(saveset, target), SECONDS).state == "ok"
            brought = target / root.source.relative_to("/")
            assert {path.name: path.read_text() for path in brought.iterdir()} == {
                kind: f"as of the {kind}" for kind in there
            }
        checked = location.wait(location.verify(diff, whole_chain=True), SECONDS)
        assert (checked.state, checked.files) == ("ok", 2)
        assert location.saveset(full).verify_time is not None

        told = {}
        for days in range(1, 5):
            day = TODAY + days * DAY
            told[day.isoformat()] = {
                fate.saveset for fate in location.retention(day) if fate.is_deleted
            }
        held = [bool(location.retention(TODAY + days * DAY).held_back) for days in range(1, 5)]
        assert held == [True, False, False, False]
        by_reason = {
            fate.saveset: (fate.reason, fate.needed_by)
            for fate in location.retention(TODAY + 3 * DAY, with_kept=True)
        }
        assert by_reason == {
            full: ("needed", inc),
            inc: ("eol", ""),
            diff: ("", ""),
            copy: ("", ""),
            usual: ("eol", ""),
        }

        root.clock.start()
        jobs = newdays(location, TODAY + 4 * DAY)
        deleted: dict[str, set[str]] = defaultdict(set)
        for job in jobs:
            lines = list(location.protocol(job))
            deleted[job.sesam_day] = {x.text.split()[0] for x in lines if x.code == "EXPIRED"}
        days_of = sorted(told)
        # No day was seen to begin before the first: what was due then goes with the second.
        assert deleted[days_of[0]] == set()
        assert [job.state for job in jobs if job.sesam_day == days_of[0]] == ["warning"]
        gone: set[str] = set()
        for day in days_of[1:]:
            gone |= deleted[day]
            assert gone == told[day], day
        assert gone == {full, inc, diff, copy}
        assert {each.name for each in location.savesets(task="docs")} == {usual}
        assert root.files() == {usual}
        media = {each.label: each.savesets for each in location.media()}
        assert media == {"DISK00001": 1, "WEEK00001": 0}
        assert location.wait(location.restore(usual, root.out / "last"), SECONDS).state == "ok"
    assert root.agent.end() == 0


def test_a_kill_between_catalogue_and_files_leaves_nothing(root: Root) -> None:
    medium, away = root.place / "store/WEEK00001", root.place / "store/elsewhere"
    with root.agent.connected() as location:
        prepare(location, root)
        full = root.backed_up(location, "FULL")
        inc = root.backed_up(location, "INC")
        with pytest.raises(SesamError) as refused:
            location.delete_savesets([full])
        assert refused.value.reason == "SAVESET_NEEDED"
        assert f"{inc} builds on it" in str(refused.value)
        medium.rename(away)
        medium.mkdir()
        location.delete_savesets([full, inc])
        assert list(location.savesets(task="docs")) == []
    root.agent.end(signal.SIGKILL)
    assert root.files() == {full, inc}
    medium.rmdir()
    away.rename(medium)
    root.agent.start()
    with root.agent.connected() as location:
        assert list(location.savesets(task="docs")) == []
        assert root.files() == set()
        # Nothing builds on what is gone.
        made = location.wait(location.start_backup("docs", "INC"), SECONDS)
        assert (made.state, made.type) == ("ok", "FULL")
    assert root.agent.end() == 0
    assert "not in the catalogue" not in root.agent.errors


def test_a_second_store_with_a_drive_and_a_pool(root: Root, tmp_path: Path) -> None:
    with root.agent.connected() as location:
        prepare(location, root)
        second = tmp_path / "second"
        location.add_data_store(DataStore("Store_2", bytes(second), 99))
        location.add_drive(Drive("Drive_2", group="Second", data_store="Store_2"))
        location.add_pool(MediaPool("MONTH", "Second"))
        saveset = root.backed_up(location, "FULL", pool="MONTH")
        assert location.saveset(saveset).label == "MONTH00001"
        assert (second / "MONTH00001" / saveset).is_file()
        inc = root.backed_up(location, "INC")
        assert location.saveset(inc).label == "WEEK00001"
        target = root.out / "both"
        assert location.wait(location.restore(inc, target), SECONDS).state == "ok"

        # A file that is cut is damage, whatever else is there.
        whole = (second / "MONTH00001" / saveset).read_bytes()
        (second / "MONTH00001" / saveset).write_bytes(whole[:-3])
        assert location.wait(location.verify(saveset), SECONDS).state == "error"
        assert "not what was written" in location.saveset(saveset).damage
        (second / "MONTH00001" / saveset).write_bytes(whole)
        assert location.wait(location.verify(saveset), SECONDS).state == "ok"
        assert location.saveset(saveset).damage == ""

        # The disk is found again somewhere else.
        moved = tmp_path / "moved"
        second.rename(moved)
        store = location.data_store("Store_2")
        assert "Is it mounted?" in store.fault
        assert location.wait(location.verify(saveset), SECONDS).state == "error"
        assert location.saveset(saveset).damage
        location.modify_data_store(replace(store, path=bytes(moved)))
        assert location.wait(location.verify(saveset), SECONDS).state == "ok"
        assert location.saveset(saveset).damage == ""
        medium = location.medium("MONTH00001")
        location.modify_medium(replace(medium, write_protected=True))
        with pytest.raises(SesamError) as refused:
            location.delete_savesets([saveset])
        assert refused.value.reason == "SAVESET_NEEDED"
        assert root.backed_up(location, "FULL", pool="MONTH") != saveset
        assert {each.label for each in location.media("MONTH")} == {"MONTH00001", "MONTH00002"}
    assert root.agent.end() == 0


def test_the_first_store_is_found_where_sm_ini_says_that_it_was_moved(
    root: Root, tmp_path: Path
) -> None:
    with root.agent.connected() as location:
        prepare(location, root)
        saveset = root.backed_up(location, "FULL", pool="DISK")
    assert root.agent.end() == 0
    (root.place / "store").rename(tmp_path / "moved")
    ini = root.place / "var/ini/sm.ini"
    before = ini.read_text()
    ini.write_text(before.replace(f"{root.place}/store/", f"{tmp_path}/moved/"))
    assert ini.read_text() != before
    root.agent.start()
    with root.agent.connected() as location:
        assert location.data_store("Store_1").path == bytes(tmp_path / "moved")
        assert location.saveset(saveset).damage == ""
        assert location.wait(location.restore(saveset, root.out), SECONDS).state == "ok"
        assert root.backed_up(location, "INC", pool="DISK")
    assert root.agent.end() == 0


def test_each_copy_goes_by_the_rule_of_its_pool(root: Root) -> None:
    with root.agent.connected() as location:
        prepare(location, root)
        location.add_pool(MediaPool("YEAR", retention=Retention(eol_days=4, keep_newest=0)))
        full = root.backed_up(location, "FULL")
        inc = root.backed_up(location, "INC")
        copied = location.wait(location.migrate("YEAR", [inc]), SECONDS)
        assert (copied.state, copied.files) == ("ok", 2)
        fates = location.retention(TODAY + 2 * DAY)
        assert (fates.deleted_savesets, fates.deleted_copies) == (0, 2)
        told = {(fate.saveset, fate.label, fate.stays) for fate in fates}
        assert told == {(name, "WEEK00001", True) for name in (full, inc)}

        root.clock.start()
        for days in (3, 5):
            job = newdays(location, TODAY + days * DAY)
            kept = {each.name: each for each in location.savesets(task="docs")}
            if days == 3:
                assert kept.keys() == {full, inc}
                places = {(one.label, one.copies) for one in kept.values()}
                assert places == {("YEAR00001", ())}
                lines = [line.text for each in job for line in location.protocol(each)]
                assert any("is deleted there and stays elsewhere" in line for line in lines)
                target = root.out / "back"
                assert location.wait(location.restore(inc, target), SECONDS).state == "ok"
                brought = target / root.source.relative_to("/")
                assert {path.name for path in brought.iterdir()} == {"FULL", "INC"}
        assert kept == {}
        assert root.files() == set()
    assert root.agent.end() == 0
