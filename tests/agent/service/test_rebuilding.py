"""A catalogue that is put back from what was found: what is entered, and what is not and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from server_agent.domain.command_sources import CommandSource
from server_agent.domain.media import LONGEST_EOL_DAYS, DataStore, MediaPool, Retention
from server_agent.domain.reach import LOCAL, Reach, Ssh
from server_agent.domain.savesets import BackupType, SavesetState
from server_agent.domain.task_options import ExcludeKind
from server_agent.domain.topology import Access
from server_agent.ports import BackupDone, CatalogueView, EngineError
from server_agent.ports.rebuilding import FoundMedium, FoundSaveset, LeftFile
from server_agent.service.changes import Changes
from server_agent.service.rebuild_facts import facts_of
from server_agent.service.rebuilding import CannotRebuild, Rebuilding, look
from tests.fakes.catalogue import MemoryCatalogue
from tests.fakes.clock import FakeClock
from tests.fakes.records import JOB

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
MADE = datetime(2026, 4, 1, 2, tzinfo=UTC)
POOL = MediaPool("WEEK", "Tapes", Retention(90, 3))
MEDIUM = FoundMedium("WEEK00001", b"/srv/store/WEEK00001", "Store_1", "the location")
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHB1YmxpYyBrZXkgb2YgYSBob3N0IGluIHRlc3Rz"
SSH = Ssh("db.example.org", "backup", "/etc/key", HOST_KEY, 2222)


def name(letter: str, number: int) -> str:
    return f"S{letter}{number:017d}@abcdefghijk"


def found(
    kind: BackupType, job: int, base: int | None = None, reach: Reach = LOCAL, **more: object
) -> FoundSaveset:
    facts = {
        "task": "docs",
        "client": "host",
        "job_id": str(job),
        "start_time": (MADE + timedelta(days=job)).isoformat(),
        **facts_of(reach, POOL, date(2026, 12, 31)),
    }
    made = FoundSaveset(
        name=name(kind.value, job),
        type=kind,
        base=None if base is None else name("F", base),
        label="WEEK00001",
        made_on="WEEK00001",
        sesam_day=date(2026, 4, job),
        end_time=MADE + timedelta(days=job, hours=1),
        result=BackupDone(3, 300, 200, 0, 5, 500),
        sources=(b"/srv/\xff",),
        excludes=("*.tmp",),
        commands=(),
        options={},
        facts=facts,
    )
    return replace(made, **more)  # type: ignore[arg-type]


@dataclass
class Reading:
    """What a test says that lies in data stores."""

    items: list[FoundSaveset | LeftFile] = field(default_factory=list)
    found: list[FoundMedium] = field(default_factory=lambda: [MEDIUM])
    unlisted: set[str] = field(default_factory=set)
    brought: list[str] = field(default_factory=list)

    def media(self, directories: Sequence[bytes]) -> list[FoundMedium]:
        if b"/nowhere" in directories:
            raise EngineError("STORE_UNUSABLE", "it is no data store")
        return self.found

    def contents(self, medium: FoundMedium) -> Iterator[FoundSaveset | LeftFile]:
        for item in self.items:
            if isinstance(item, LeftFile) or item.label == medium.label:
                yield item

    def bring_listing(self, saveset: FoundSaveset, _medium: FoundMedium) -> str:
        if saveset.name in self.unlisted:
            return "which is not on the medium"
        self.brought.append(saveset.name)
        return ""


@pytest.fixture
def changes() -> Changes:
    return Changes(MemoryCatalogue(), FakeClock(NOW))


def rebuilt(changes: Changes, reading: Reading) -> list[str]:
    rebuilding = Rebuilding(changes, reading, FakeClock(NOW))
    return list(rebuilding.enter(look(reading, [b"/srv/store"])))


def names(view: CatalogueView) -> list[str]:
    return [each.name for each in view.savesets_of_task("docs")]


def test_everything_is_entered_the_base_before_what_builds_on_it(changes: Changes) -> None:
    reading = Reading([found(BackupType.INC, 9, 4), found(BackupType.FULL, 4)])
    said = rebuilt(changes, reading)
    assert reading.brought == [name("F", 4), name("I", 9)]
    with changes.read() as view:
        assert names(view) == [name("I", 9), name("F", 4)]
        inc = view.saveset(name("I", 9))
        assert inc is not None
        assert (inc.base, inc.state, inc.job_id) == (name("F", 4), SavesetState.OK, "9")
        assert (inc.start_time, inc.end_time) == (MADE + timedelta(days=9), inc.end_time)
        assert inc.eol == date(2026, 12, 31)
        assert view.pool("WEEK") == POOL
        [store], [medium] = view.data_stores(), view.media()
        assert (store.name, store.path, medium.store) == ("Store_1", b"/srv/store", "Store_1")
        task, client, job = view.task("docs"), view.client("host"), view.job("9")
        assert task is not None
        assert client is not None
        assert job is not None
        assert (task.sources, task.excludes, client.access) == (
            (b"/srv/\xff",),
            ("*.tmp",),
            Access.LOCAL,
        )
        assert (job.saveset, job.type, job.files) == (name("I", 9), BackupType.INC, 3)
        assert [(drive.name, drive.group, drive.store) for drive in view.drives()] == [
            ("Drive_1", "Tapes", "Store_1")
        ]
    assert rebuilt(changes, reading) == [], "there is nothing more to enter"
    assert not any("not entered" in sentence for sentence in said)


def test_tasks_are_as_their_newest_saveset_knows_them(changes: Changes) -> None:
    options = {"exclude_kind": "regex", "exclude_file": "/etc/\udcff", "one_file_system": True}
    commands = (CommandSource("dump.sql", ()), CommandSource("new.sql", (b"pg_dump", b"\xff b")))
    newest = found(BackupType.FULL, 5, reach=SSH, options=options, commands=commands)
    said = rebuilt(changes, Reading([found(BackupType.FULL, 4, sources=(b"/old",)), newest]))
    with changes.read() as view:
        task, client = view.task("docs"), view.client("host")
    assert task is not None
    assert client is not None
    assert (client.access, client.ssh) == (Access.SSH, SSH)
    assert task.options.exclude_kind is ExcludeKind.REGEX
    assert (task.options.exclude_file, task.options.one_file_system) == (b"/etc/\xff", True)
    command, kept = task.commands
    assert kept == commands[1]
    assert any("new.sql" in sentence and '"pg_dump" "\\xff b"' in sentence for sentence in said)
    assert (command.name, command.argv[0]) == ("dump.sql", b"/bin/sh")
    assert b"exit 1" in command.argv[-1], "a backup without the dump must not look like one"
    [sentence] = [each for each in said if "given again" in each]
    assert "dump.sql" in sentence
    assert "new.sql" not in sentence


def test_what_is_known_already_stays_as_it_is(changes: Changes) -> None:
    rebuilt(changes, Reading([found(BackupType.FULL, 4)]))
    with changes.write() as tx:
        task = tx.task("docs")
        assert task is not None
        tx.put_task(replace(task, comment="of a person", sources=(b"/other",)))
        tx.put_pool(replace(POOL, retention=Retention(7)))
        tx.set_eol(name("F", 4), None)
    said = rebuilt(changes, Reading([found(BackupType.FULL, 4), found(BackupType.FULL, 5)]))
    assert said == [f"{name('F', 5)} of task docs, client host"]
    with changes.read() as view:
        saveset, task = view.saveset(name("F", 4)), view.task("docs")
        assert task is not None
        assert saveset is not None
        assert (task.comment, saveset.eol) == ("of a person", None)
        assert view.pool("WEEK") == replace(POOL, retention=Retention(7))


def test_nothing_is_deleted_soon_and_what_is_not_known_is_safe(changes: Changes) -> None:
    due, bare = found(BackupType.FULL, 4), found(BackupType.FULL, 5)
    due = replace(due, facts={**due.facts, "eol": "2026-04-05", "pool": ""})
    facts = {key: bare.facts[key] for key in ("task", "client", "job_id", "start_time")}
    rebuilt(changes, Reading([due, replace(bare, facts=facts)]))
    with changes.read() as view:
        first, second = view.saveset(due.name), view.saveset(bare.name)
        assert first is not None
        assert second is not None
        assert (first.eol, second.eol) == (NOW.date() + timedelta(days=31), None)
        pool = view.pool("WEEK")
        assert pool is not None
        assert pool.retention.eol_days == LONGEST_EOL_DAYS
        assert "unknown" in pool.comment


def test_one_on_two_media_is_one_with_a_copy(changes: Changes) -> None:
    second = FoundMedium("COPY00001", b"/mnt/COPY00001", "Store_2", "the location")
    other = found(BackupType.FULL, 4, label="COPY00001")
    reading = Reading([other, found(BackupType.FULL, 4)], [second, MEDIUM])
    rebuilt(changes, reading)
    assert rebuilt(changes, reading) == []
    with changes.read() as view:
        saveset = view.saveset(name("F", 4))
        assert saveset is not None
        assert saveset.label == "WEEK00001", "where it was made"
        [copy] = view.copies([name("F", 4)])[name("F", 4)]
        assert copy.label == "COPY00001"
        assert {pool.name for pool in view.pools()} == {"WEEK", "COPY"}


def test_a_pool_that_was_encrypted_stays_so_without_its_key_too(changes: Changes) -> None:
    sealed = MediaPool("WEEK", "Tapes", Retention(90), encrypted=True, key_id="0123456789abcdef")
    left = LeftFile(MEDIUM.path + b"/S", "it is encrypted", facts_of(LOCAL, sealed, None))
    rebuilt(changes, Reading([left]))
    with changes.read() as view:
        assert view.pool("WEEK") == sealed
    second = FoundMedium("COPY00001", b"/mnt/COPY00001", "Store_2", "the location")
    moved = found(BackupType.FULL, 4, label="COPY00001", key_id="0123456789abcdef")
    rebuilt(changes, Reading([moved], [second]))
    with changes.read() as view:
        pool, drives = view.pool("COPY"), view.drives()
        assert pool is not None
        assert (pool.encrypted, pool.key_id, pool.drive_group) == (
            True,
            "0123456789abcdef",
            "Store_2",
        )
        assert [(each.name, each.group, each.store) for each in drives] == [
            ("Drive_1", "Tapes", "Store_1"),
            ("Drive_2", "Store_2", "Store_2"),
        ]


def test_what_lacks_its_base_its_listing_or_its_facts_is_said(changes: Changes) -> None:
    lone = found(BackupType.INC, 6, 5)
    odd = replace(found(BackupType.FULL, 7), facts={"task": "odd"})
    reading = Reading([lone, odd, found(BackupType.FULL, 4)], unlisted={name("F", 4)})
    said = "\n".join(rebuilt(changes, reading))
    assert f"{lone.name} on WEEK00001 is not entered: it builds on {name('F', 5)}" in said
    assert f"{odd.name} on WEEK00001 is not entered" in said
    assert f"{name('F', 4)} is entered without its listing" in said
    with changes.read() as view:
        assert names(view) == [name("F", 4)]


def test_what_was_saved_since_by_numbers_that_begin_anew_stops_it(changes: Changes) -> None:
    rebuilt(changes, Reading([found(BackupType.FULL, 4)]))
    later = found(BackupType.FULL, 20, end_time=MADE, sesam_day=date(2026, 4, 1))
    with pytest.raises(CannotRebuild, match="backed up since"):
        rebuilt(changes, Reading([later]))
    with changes.read() as view:
        assert names(view) == [name("F", 4)]


def test_stores_of_two_locations_and_places_that_are_none(changes: Changes) -> None:
    other = replace(MEDIUM, label="WEEK00002", location_id="another")
    with pytest.raises(CannotRebuild, match="several locations"):
        _ = look(Reading([], [MEDIUM, other]), [b"/srv/store"]).location_id
    with pytest.raises(CannotRebuild, match="It is no data store"):
        look(Reading(), [b"/nowhere"])
    left = LeftFile(b"/srv/store/WEEK00001/x", "it is no file of a saveset")
    assert look(Reading([left]), [b"/srv/store"]).left == [left]


def test_what_was_deleted_while_its_medium_was_away_does_not_come_back(changes: Changes) -> None:
    full, inc = found(BackupType.FULL, 4), found(BackupType.INC, 9, 4)
    rebuilt(changes, Reading([full, inc]))
    with changes.write() as tx:
        tx.remove_savesets([inc.name])
    said = rebuilt(changes, Reading([full, inc]))
    assert said == [
        f"{inc.name} on WEEK00001 is not entered: it was deleted, and its files are still to be"
        " removed"
    ]
    with changes.read() as view:
        assert names(view) == [full.name]
        assert [each.saveset for each in view.removals()] == [inc.name]


def test_a_place_that_was_given_up_does_not_come_back_as_a_copy(changes: Changes) -> None:
    full = found(BackupType.FULL, 4)
    other = replace(MEDIUM, label="WEEK00002", path=b"/srv/store/WEEK00002")
    both = [full, replace(full, label="WEEK00002")]
    rebuilt(changes, Reading(both, [MEDIUM, other]))
    with changes.write() as tx:
        tx.remove_place(full.name, "WEEK00001")
    rebuilt(changes, Reading(both, [MEDIUM, other]))
    with changes.read() as view:
        assert view.copies([full.name]) == {}
        assert [each.label for each in view.removals()] == ["WEEK00001"]


def test_a_number_that_another_job_has_is_said(changes: Changes) -> None:
    with changes.write() as tx:
        tx.add_past_job(replace(JOB, id="4", saveset="another"))
    said = rebuilt(changes, Reading([found(BackupType.FULL, 4)]))
    assert (
        f"{name('F', 4)} was made by a job 4 that is lost: job 4 of this catalogue is another one"
        in said
    )


def test_a_store_that_the_catalogue_knows_elsewhere_is_said(changes: Changes) -> None:
    with changes.write() as tx:
        tx.put_data_store(DataStore("Store_1", b"/mnt/before"))
    said = rebuilt(changes, Reading([found(BackupType.FULL, 4)]))
    assert said[0] == (
        "data store Store_1 was read in /srv/store, and stays in /mnt/before as the catalogue has"
        " it: change its path if it is not there any more"
    )
