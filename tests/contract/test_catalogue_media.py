"""What every catalogue does with data stores, media pools and media, and when savesets go."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from server_agent.domain.calendar import EntryState
from server_agent.domain.command_sources import CommandSource
from server_agent.domain.errors import AlreadyExists, SavesetNeeded
from server_agent.domain.events import BackupAction, EventKind, VerifyAction
from server_agent.domain.jobs import JobKind, JobState
from server_agent.domain.loaders import Loader, LoaderKind
from server_agent.domain.media import NEVER, DataStore, MediaPool, Medium, Retention
from server_agent.domain.media_requests import WantedMedium
from server_agent.domain.reach import Ssh
from server_agent.domain.savesets import BackupType, Saveset
from server_agent.domain.task_options import ExcludeKind, TaskOptions, TimeReference
from server_agent.domain.topology import Access
from server_agent.ports import (
    MEDIA_KEY,
    Catalogue,
    CatalogueTransaction,
    CellKey,
    Holding,
    ObjectKey,
    ObjectKind,
    Removal,
)
from tests.fakes.catalogue_records import EVENT
from tests.fakes.records import CLIENT, JOB, SAVESET, TASK

NOW = datetime(2026, 3, 5, 12, 0, 0, 123456, tzinfo=UTC)
STORE = DataStore("Store_2", b"/mnt/\xff\n", 80, "Büro", 3, removable=True)
POOL = MediaPool("WEEK", "Tapes", Retention(90, 2, 3, 4, 5), "Büro", 7)
MEDIUM = Medium("WEEK00007", "WEEK", "Store_2", NOW, True, "Schrank 2", 4)


def test_stores_pools_and_media_keep_every_field(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        for store in (replace(STORE, comment="before"), STORE, DataStore("A", b"/a")):
            tx.put_data_store(store)
        for pool in (replace(POOL, drive_group="x"), POOL, MediaPool("A", "Drives")):
            tx.put_pool(pool)
        for medium in (replace(MEDIUM, init_time=NEVER), MEDIUM, Medium("A00001", "A", "A")):
            tx.put_medium(medium)
    with catalogue.read() as view:
        assert view.data_store("Store_2") == STORE
        assert view.data_stores() == [DataStore("A", b"/a"), STORE]
        assert view.pool("WEEK") == POOL
        assert view.pools() == [MediaPool("A", "Drives"), POOL]
        assert view.medium("WEEK00007") == MEDIUM
        assert view.media() == [Medium("A00001", "A", "A", NEVER), MEDIUM]
        assert (view.data_store("a"), view.pool("week"), view.medium("")) == (None, None, None)
    with catalogue.write() as tx:
        tx.remove_data_store("Store_2")
        tx.remove_pool("WEEK")
        tx.remove_medium("WEEK00007")
        tx.remove_medium("unknown")
        assert [each.name for each in (*tx.data_stores(), *tx.pools())] == ["A", "A"]
        assert [medium.label for medium in tx.media()] == ["A00001"]


def test_loaders_keep_every_field(catalogue: Catalogue) -> None:
    changer = Loader(
        "Changer", LoaderKind.MTX, b"/dev/\xff", ("A", "Büro\n"), "ü", 3, ("", "/dev/nst1")
    )
    other = Loader("Box", LoaderKind.VIRTUAL, b"/srv/box", ("C",))
    with catalogue.write() as tx:
        for loader in (replace(changer, comment="before"), changer, other):
            tx.put_loader(loader)
    with catalogue.read() as view:
        assert view.loaders() == [other, changer]
        assert (view.loader("Changer"), view.loader("changer")) == (changer, None)
    with catalogue.write() as tx:
        tx.remove_loader("Box")
        tx.remove_loader("unknown")
        assert tx.loaders() == [changer]


def test_what_jobs_wait_for_is_kept_until_it_is_forgotten(catalogue: Catalogue) -> None:
    one, other = WantedMedium("9", "A00001", NOW), WantedMedium("10", "A00001", NOW, True, NOW)
    with catalogue.write() as tx:
        for wanted in (one, other, WantedMedium("9", "B00001", NOW)):
            tx.put_wanted(wanted)
        tx.put_wanted(replace(one, told=True))
    with catalogue.write() as tx:
        tx.forget_wanted("9", "B00001")
        tx.forget_wanted("9", "unknown")
    with catalogue.read() as view:
        assert view.wanted_media() == [other, replace(one, told=True)]


def test_each_write_is_told_to_watchers(catalogue: Catalogue) -> None:
    def writes() -> Iterator[None]:
        for act in (
            lambda tx: tx.put_data_store(STORE),
            lambda tx: tx.put_loader(Loader("L", LoaderKind.MTX, b"/dev/sg3", ("A",))),
            lambda tx: tx.remove_loader("L"),
            lambda tx: tx.put_wanted(WantedMedium("1", MEDIUM.label, NOW)),
            lambda tx: tx.forget_wanted("1", MEDIUM.label),
            lambda tx: tx.put_pool(POOL),
            lambda tx: tx.put_medium(MEDIUM),
            lambda tx: tx.remove_medium(MEDIUM.label),
            lambda tx: tx.remove_pool(POOL.name),
            lambda tx: tx.remove_data_store(STORE.name),
        ):
            with catalogue.write() as tx:
                act(tx)
            yield

    with catalogue.read() as view:
        before = view.revision()
    for _ in writes():
        with catalogue.read() as view:
            [key] = view.changes_since(before).keys
            assert (key, view.revision() > before) == (MEDIA_KEY, True)
            before = view.revision()


def test_clients_tasks_jobs_and_events_keep_what_came_with_media(catalogue: Catalogue) -> None:
    client = replace(
        CLIENT,
        access=Access.SSH,
        locked=True,
        ssh=Ssh("fs-01", "backup", "/k", "SHA256:x", port=2222, alive_seconds=0),
    )
    options = TaskOptions(
        exclude_kind=ExcludeKind.REGEX,
        exclude_file=b"/etc/\xff",
        skip_cache_directories=True,
        skip_nodump=True,
        one_file_system=True,
        accept_size_change=(r"\.log$", "ü"),
        time_reference=TimeReference.ARCHIVE_BIT,
        without_interfaces=True,
        backup_even_if_pre_fails=True,
    )
    odd = (b"dump", b"\xff", b"", b"'\n")
    commands = (CommandSource("ü.sql", odd), CommandSource("b", (b"b",)))
    actions = (BackupAction(BackupType.DIFF, "home", pool="WEEK"), VerifyAction("home", True))
    with catalogue.write() as tx:
        tx.put_client(replace(client, name="plain", ssh=None, locked=False))
        tx.put_client(client)
        tx.put_task(replace(TASK, name="whole", options=options, commands=commands))
        tx.put_task(TASK)
        job = tx.add_job(replace(JOB, pool="WEEK", label="WEEK00007"))
        events = [
            tx.add_event(replace(EVENT, name=str(number), action=action))
            for number, action in enumerate(actions)
        ]
    with catalogue.read() as view:
        assert view.client(client.name) == client
        plain = view.client("plain")
        assert plain is not None
        assert (plain.ssh, plain.locked) == (None, False)
        tasks = [view.task("whole"), view.task(TASK.name)]
        assert [task.commands for task in tasks if task is not None] == [commands, ()]
        assert [task.options for task in tasks if task is not None] == [options, TaskOptions()]
        found = view.job(job.id)
        assert found is not None
        assert (found.pool, found.label) == ("WEEK", "WEEK00007")
        assert [event.action for event in view.events()] == list(actions)
        assert view.events() == events


def add(tx: CatalogueTransaction, *savesets: Saveset) -> None:
    for saveset in savesets:
        tx.add_saveset(saveset)


def chain() -> list[Saveset]:
    """A FULL, two on it, and one on the second."""
    full = replace(SAVESET, name="f", eol=date(2026, 4, 1))
    first = replace(SAVESET, name="i1", base="f", job_id="2")
    second = replace(SAVESET, name="i2", base="f", job_id="3", eol=date(2026, 5, 1))
    above = replace(
        SAVESET,
        name="i3",
        base="i2",
        job_id="4",
        label="DISK00002",
        sesam_day=date(2026, 3, 9),
        stored_bytes=7,
    )
    return [full, first, second, above]


def test_what_lies_on_each_medium(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        assert tx.holdings() == {}
        add(tx, *chain())
    with catalogue.read() as view:
        assert view.holdings() == {
            "DISK00001": Holding(3, 3 * 1024, date(2026, 3, 1), date(2026, 5, 1)),
            "DISK00002": Holding(1, 7, date(2026, 3, 9), None),
        }


def test_savesets_go_with_a_note_of_their_files(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        add(tx, *chain())
        tx.remove_savesets(["i2", "i3", "unknown"])
    removals = [
        Removal("i2", "DISK00001", date(2026, 3, 1)),
        Removal("i3", "DISK00002", date(2026, 3, 9)),
    ]
    with catalogue.read() as view:
        assert (view.saveset_names(), view.removals()) == ({"f", "i1"}, removals)
        assert (view.saveset("i3"), view.bases("i3")) == (None, {})
        assert view.holdings()["DISK00001"].savesets == 2
        assert [each.name for each in view.savesets_of_task("home")] == ["i1", "f"]
    with catalogue.write() as tx:
        tx.remove_savesets(["i2", "i1", "f"])
        tx.forget_removals("DISK00002", ["i3", "f"])
        tx.forget_removals("DISK00001", ["i3", "f", "unknown"])
    with catalogue.read() as view:
        assert [each.saveset for each in view.removals()] == ["i1", "i2"]
        assert view.saveset_names() == set()


@pytest.mark.parametrize("wanted", [["f"], ["i2"], ["f", "i1", "i2"], ["i1", "f", "i3"]])
def test_what_another_builds_on_does_not_go(catalogue: Catalogue, wanted: list[str]) -> None:
    with catalogue.write() as tx:
        add(tx, *chain())
    with pytest.raises(SavesetNeeded) as refused, catalogue.write() as tx:
        tx.remove_savesets(wanted)
    assert refused.value.metadata["saveset"] in wanted
    assert "builds on it" in refused.value.metadata["users"]
    with catalogue.read() as view:
        assert view.saveset_names() == {"f", "i1", "i2", "i3"}
        assert view.removals() == []


def test_thousands_go_at_once_the_base_before_what_builds_on_it(catalogue: Catalogue) -> None:
    names = [f"s{number:04d}" for number in range(1200)]
    with catalogue.write() as tx:
        for number, name in enumerate(names):
            base = names[number - 1] if number else None
            add(tx, replace(SAVESET, name=name, base=base, job_id=str(number + 1)))
    with catalogue.write() as tx:
        tx.remove_savesets(names)
    with catalogue.write() as tx:
        assert len(tx.removals()) == len(names)
        tx.forget_removals(SAVESET.label, names)
        assert tx.removals() == []


def test_a_transaction_that_fails_removes_nothing(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        add(tx, *chain())

    def fail() -> None:
        with catalogue.write() as tx:
            tx.remove_savesets(["i1"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with catalogue.read() as view:
        assert (len(view.saveset_names()), view.removals()) == (4, [])


def test_an_eol_and_what_a_verify_has_shown(catalogue: Catalogue) -> None:
    moment = NOW + timedelta(days=1)
    with catalogue.write() as tx:
        add(tx, SAVESET)
        tx.set_damage(SAVESET.name, "It was cut")
        tx.set_eol(SAVESET.name, date(2030, 12, 31))
        tx.set_eol("unknown", None)
    with catalogue.read() as view:
        found = view.saveset(SAVESET.name)
        assert found == replace(SAVESET, damage="It was cut", eol=date(2030, 12, 31))
    with catalogue.write() as tx:
        tx.set_verified(SAVESET.name, moment)
        tx.set_verified("unknown", moment)
        tx.set_eol(SAVESET.name, None)
    with catalogue.read() as view:
        assert view.saveset(SAVESET.name) == replace(SAVESET, verify_time=moment)
        assert view.nearest_faulty([SAVESET.name]) == {}


def test_a_proof_is_kept_with_the_saveset_and_its_task(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        tx.put_client(CLIENT)
        tx.put_task(TASK)
        tx.add_saveset(SAVESET)
    with catalogue.write() as tx:
        before = tx.revision()
        tx.set_proved(SAVESET.name, TASK.name, NOW)
        tx.set_proved("unknown", "unknown", NOW)
        keys = tx.changes_since(before).keys
        assert keys == (ObjectKey(ObjectKind.TASK, TASK.name),)
    with catalogue.read() as view:
        assert view.saveset(SAVESET.name) == replace(SAVESET, proof_time=NOW)
        assert view.task(TASK.name) == replace(TASK, proof_time=NOW)


def test_a_past_job_keeps_its_id_and_new_ones_come_behind_it(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        tx.add_past_job(replace(JOB, id="41", state=JobState.OK))
        with pytest.raises(AlreadyExists):
            tx.add_past_job(replace(JOB, id="41"))
    with catalogue.write() as tx:
        assert tx.add_job(JOB).id == "42"
        tx.add_past_job(replace(JOB, id="7", state=JobState.OK))
        assert tx.add_job(JOB).id == "43"


def test_a_verify_has_its_cell_by_its_task(catalogue: Catalogue) -> None:
    job = replace(JOB, kind=JobKind.VERIFY, state=JobState.ERROR, start_time=NOW, end_time=NOW)
    key = CellKey(EventKind.VERIFY, job.task, job.sesam_day)
    with catalogue.write() as tx:
        tx.add_job(job)
        tx.refresh_cells([key], NOW)
    with catalogue.read() as view:
        cell = view.cell(key)
        assert cell is not None
        assert (cell.state, cell.runs, cell.client) == (EntryState.ERROR, 1, job.client)
