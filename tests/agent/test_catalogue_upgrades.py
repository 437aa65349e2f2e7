"""What an upgrade of the catalogue leaves behind, and what a full disk is told as."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.catalogue.migrations import MIGRATIONS
from server_agent.adapters.catalogue.opening import CatalogueTooNew
from server_agent.domain.access import Scope
from server_agent.domain.calendar import EntryState
from server_agent.domain.errors import NoSpace
from server_agent.domain.events import BackupAction, EventKind, RestoreAction
from server_agent.domain.jobs import JobState
from server_agent.domain.media import (
    FIRST_DRIVE_GROUP,
    FIRST_STORE,
    DataStore,
    MediaPool,
    Medium,
)
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.queue import Drive
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TaskOptions
from server_agent.ports import Answer, Cell, CellKey, JobQuery
from server_agent.service.defaults import FirstMedium, ensure_defaults
from tests.fakes.catalogue_records import EVENT
from tests.fakes.records import CLIENT, START

NEWEST = len(MIGRATIONS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A catalogue that holds one client."""
    made = tmp_path / "sesam_db.sdb"
    with closing(SqlCatalogue(url(made), create=True)) as catalogue, catalogue.write() as writer:
        writer.put_client(CLIENT)
    return made


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def version_of(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT version FROM schema_version").fetchone()[0])


def test_a_copy_is_named_by_the_first_step_that_it_lacks(file: Path) -> None:
    """However many steps an upgrade takes at once."""
    steps = [*MIGRATIONS, nothing, nothing, nothing]
    SqlCatalogue(url(file), migrations=steps).close()
    copy = file.with_name(f"{file.name}.before-{NEWEST + 1}")
    assert (version_of(file), version_of(copy)) == (NEWEST + 3, NEWEST)
    for known in (steps[:NEWEST], steps[: NEWEST + 1]):
        with pytest.raises(CatalogueTooNew) as refused:
            SqlCatalogue(url(file), migrations=known)
        assert str(copy) in str(refused.value)


def nothing(_connection: sa.Connection) -> None:
    """A step that changes no table."""


UPGRADING = """
import sys
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.catalogue.migrations import MIGRATIONS

def last(connection):
    print("all but the end", flush=True)
    sys.stdin.read()

SqlCatalogue(sys.argv[1], migrations=[*MIGRATIONS, last])
"""


def test_kill_9_in_an_upgrade_leaves_what_was(tmp_path: Path) -> None:
    file = tmp_path / "old.sdb"
    SqlCatalogue(url(file), create=True, migrations=MIGRATIONS[:5]).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.executemany(
            "INSERT INTO jobs (kind, state, task, client, saveset, create_time, sesam_day, files, "
            "bytes_done, stored_bytes, skipped, message, started_by, duration, search, paths, "
            "target) VALUES ('backup', 3, ?, 'host', '', 1, '2026-01-01', 0, 0, 0, 0, ?, '', 0, "
            "'', x'', x'')",
            [(f"task-{number % 3}", "Why " * 50) for number in range(5000)],
        )
        connection.commit()
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", UPGRADING, url(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "all but the end\n"
            process.kill()
        assert version_of(file) == 5
    with closing(SqlCatalogue(url(file))) as catalogue, catalogue.read() as view:
        assert view.job_counts(JobQuery(text="why why")) == {JobState.OK: 5000}
    assert (version_of(file), version_of(file.with_name("old.sdb.before-6"))) == (NEWEST, 5)
    assert list(tmp_path.glob("*.part")) == []


def test_a_full_disk_is_told_as_such(file: Path) -> None:
    with closing(SqlCatalogue(url(file))) as catalogue:

        @sa.event.listens_for(catalogue._engine, "begin")
        def bound(connection: sa.Connection) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")

        with pytest.raises(NoSpace) as refused, catalogue.write() as tx:
            tx.put_client(replace(CLIENT, name="beta", comment="x" * 1_000_000))
        assert refused.value.metadata == {"place": str(file)}
        with catalogue.read() as view:
            assert [client.name for client in view.clients()] == [CLIENT.name]


def test_the_second_version_takes_the_names_of_savesets_that_never_came_about(
    tmp_path: Path,
) -> None:
    file = tmp_path / "old.sdb"
    SqlCatalogue(url(file), create=True, migrations=MIGRATIONS[:1]).close()
    columns = (
        "kind, state, task, client, saveset, create_time, end_time, sesam_day, files, bytes_done, "
        "stored_bytes, skipped, message, started_by, duration, search, paths, target"
    )
    with closing(sqlite3.connect(file)) as connection:
        for saveset, end_time in (("SF1", 1), ("SF2", None)):
            connection.execute(
                f"INSERT INTO jobs ({columns}) VALUES ('backup', 5, 'docs', 'host', ?, 1, ?, "
                "'2026-01-01', 0, 0, 0, 0, 'Why', 'me', 0, ?, x'', x'')",
                (saveset, end_time, f"docs\nhost\n{saveset.lower()}\nwhy"),
            )
        connection.commit()
    with closing(SqlCatalogue(url(file))) as catalogue, catalogue.read() as view:
        found = view.jobs(JobQuery(), None, 10).items
        assert [(job.id, job.saveset) for job in found] == [("2", "SF2"), ("1", "")]
        assert [job.id for job in view.jobs(JobQuery(text="sf2"), None, 10).items] == ["2"]
        assert len(view.jobs(JobQuery(text="why"), None, 10).items) == 2


def test_the_fourth_version_knows_results_and_requests_of_before(tmp_path: Path) -> None:
    file = tmp_path / "old.sdb"
    SqlCatalogue(url(file), create=True, migrations=MIGRATIONS[:3]).close()
    columns = (
        "kind, state, task, client, saveset, create_time, end_time, sesam_day, files, bytes_done, "
        "stored_bytes, skipped, message, started_by, duration, search, paths, target"
    )
    failed_at_its_start, cancelled_in_the_queue = 5, 7
    with closing(sqlite3.connect(file)) as connection:
        for state in (failed_at_its_start, cancelled_in_the_queue):
            connection.execute(
                f"INSERT INTO jobs ({columns}) VALUES ('backup', {state}, 'docs', 'host', '', 1, "
                "2, '2026-01-01', 0, 0, 0, 0, '', 'me', 0, '', x'', x'')"
            )
        connection.execute("INSERT INTO answers VALUES ('r1', 'StartBackup', '1', 5)")
        connection.commit()
    with closing(SqlCatalogue(url(file))) as catalogue, catalogue.read() as view:
        assert [job.id for job in view.ended_backups("docs", 9)] == ["1"]
        assert view.answered("r1") == Answer("StartBackup", "1", b"")


def test_the_sixth_version_keeps_the_jobs_and_adds_an_empty_plan(tmp_path: Path) -> None:
    file = tmp_path / "old.sdb"
    SqlCatalogue(url(file), create=True, migrations=MIGRATIONS[:5]).close()
    columns = (
        "kind, state, task, client, type, saveset, create_time, end_time, sesam_day, files, "
        "bytes_done, stored_bytes, skipped, message, started_by, duration, search, paths, target"
    )
    with closing(sqlite3.connect(file)) as connection:
        for kind, state in (("backup", 3), ("restore", 1), ("backup", 1)):
            connection.execute(
                f"INSERT INTO jobs ({columns}) VALUES (?, ?, 'docs', 'host', 'F', 'SF1', 1, 2, "
                "'2026-01-01', 4, 5, 6, 7, 'Why', 'me', 8, ?, x'2f6100', x'2f62')",
                (kind, state, "docs\nhost\nsf1\nwhy"),
            )
        connection.commit()
    with closing(SqlCatalogue(url(file))) as catalogue:
        with catalogue.read() as view:
            job = view.job("1")
            assert job is not None
            assert (job.paths, job.target, job.bytes_done) == ((b"/a",), b"/b", 5)
            assert (job.event_id, job.event, job.group, job.drive) == ("", "", "", "")
            assert (job.planned_time, job.priority) == (None, 1)
            assert [job.id for job in view.open_jobs()] == ["2", "3"]
            assert view.open_event_ids() == set()
            assert [job.id for job in view.jobs(JobQuery(text="sf1"), None, 10).items] == [
                "3",
                "2",
                "1",
            ]
            assert (view.plans(), view.drives(), view.decided_until()) == ([], [], None)
            assert view.cells(date.min, date.max) == []
        key = CellKey(EventKind.BACKUP, "docs", date(2026, 1, 1))
        with catalogue.write() as writer:
            writer.refresh_cells([key], START)
            assert writer.cell(key) == Cell(key, "host", EntryState.LATE, 2)
            writer.set_decided_until(START)
            assert writer.add_event(EVENT).id == "1"
    assert (version_of(file), version_of(file.with_name("old.sdb.before-6"))) == (NEWEST, 5)


def test_the_ninth_version_keeps_what_is_there_and_adds_media(tmp_path: Path) -> None:
    file = tmp_path / "old.sdb"
    SqlCatalogue(url(file), create=True, migrations=MIGRATIONS[:8]).close()
    with closing(sqlite3.connect(file)) as connection:
        for statement in (
            "INSERT INTO clients (name, access, comment, create_time, version)"
            " VALUES ('host', 'local', 'c', 1, 2)",
            "INSERT INTO tasks (name, client, sources, excludes, comment, create_time, version)"
            " VALUES ('docs', 'host', x'2f6100', x'2a2e6f00', 'c', 1, 5)",
            "INSERT INTO drives (name, streams, active, comment, version)"
            " VALUES ('Drive_1', 3, 1, 'c', 4)",
            "INSERT INTO events (name, kind, schedule, change_time, backup_type, task, group_name,"
            " drive, paths, target, program, arguments, priority, blocking, active, follow_up,"
            " comment, made_by, version, decided) VALUES ('daily', 'backup', '', 1, 'I', 'docs',"
            " '', '', x'', x'', '', x'', 1, 0, 1, '', '', '', 1, 0)",
            "INSERT INTO jobs (kind, state, task, client, type, saveset, create_time, sesam_day,"
            " files, bytes_done, stored_bytes, skipped, message, started_by, duration, search,"
            " paths, target) VALUES ('backup', 2, 'docs', 'host', 'I', 'SI1', 1, '2026-01-02', 0,"
            " 0, 0, 0, '', 'me', 0, 'docs', x'2f6100', x'')",
            "INSERT INTO savesets (name, task, client, type, base, state, start_time, end_time,"
            " sesam_day, sources, files, bytes_read, stored_bytes, skipped, listed_files,"
            " listed_bytes, label, job_id, search) VALUES ('SF1', 'docs', 'host', 'F', NULL, 'ok',"
            " 1, 2, '2026-01-01', x'2f6100', 1, 2, 3, 0, 1, 2, 'DISK00001', '1', 'sf1')",
        ):
            connection.execute(statement)
        connection.commit()
    with closing(SqlCatalogue(url(file))) as catalogue:
        with catalogue.read() as view:
            client, task, drive = view.client("host"), view.task("docs"), view.drive("Drive_1")
            assert client is not None
            assert (client.version, client.locked, client.ssh) == (2, False, None)
            assert task is not None
            assert (task.sources, task.excludes) == ((b"/a",), ("*.o",))
            assert task.options == TaskOptions()
            assert drive == Drive("Drive_1", 3, True, "c", 4, FIRST_DRIVE_GROUP, FIRST_STORE)
            event = view.event("daily")
            assert event is not None
            assert event.action == BackupAction(BackupType.INC, "docs")
            saveset = view.saveset("SF1")
            assert saveset is not None
            # What was saved before there was an EOL is not deleted by its age.
            assert (saveset.eol, saveset.verify_time, saveset.label) == (None, None, "DISK00001")
            [job] = view.open_jobs()
            assert (job.saveset, job.pool, job.label) == ("SI1", "", "")
            assert (view.data_stores(), view.pools(), view.media()) == ([], [], [])
        with catalogue.write() as tx:
            ensure_defaults(tx, START, FirstMedium(b"/srv/store", "DISK00001"))
        with catalogue.read() as view:
            assert view.data_stores() == [DataStore(FIRST_STORE, b"/srv/store")]
            assert view.pools() == [MediaPool("DISK", FIRST_DRIVE_GROUP)]
            assert view.media() == [Medium("DISK00001", "DISK", FIRST_STORE, START)]
            # What ran when the agent was stopped for the upgrade is looked for on this medium.
            [job] = view.open_jobs()
            assert (job.pool, job.label) == ("DISK", "DISK00001")
            assert view.holdings()["DISK00001"].savesets == 1


def test_a_planned_restore_of_before_there_was_a_rule_replaces_as_it_did(tmp_path: Path) -> None:
    file = tmp_path / "old.sdb"
    SqlCatalogue(url(file), create=True, migrations=MIGRATIONS[:10]).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(
            "INSERT INTO events (name, kind, schedule, change_time, task, group_name, drive,"
            " paths, target, program, arguments, priority, blocking, active, follow_up, comment,"
            " made_by, version, decided) VALUES ('back', 'restore', '', 1, 'docs', '', '', x'',"
            " x'2f74', '', x'', 1, 0, 1, '', '', '', 1, 0)"
        )
        connection.commit()
    with closing(SqlCatalogue(url(file))) as catalogue, catalogue.read() as view:
        event = view.event("back")
    assert event is not None
    assert event.action == RestoreAction("docs", b"/t", (), OverwriteRule.ALWAYS)


def test_tokens_of_before_they_had_uses_are_used_once(tmp_path: Path) -> None:
    file = tmp_path / "old.sdb"
    SqlCatalogue(url(file), create=True, migrations=MIGRATIONS[:11]).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(
            "INSERT INTO tokens (digest, role, create_time, expire_time, used_time,"
            " used_by_request) VALUES (x'0011', 'admin', 1, 2, 1, 'r'), (x'0022', 'admin', 1, 2,"
            " NULL, NULL)"
        )
        connection.execute(
            "INSERT INTO credentials (id, digest, holder, role, create_time, search)"
            " VALUES ('c', x'00', 'desk', 'admin', 1, 'desk')"
        )
        connection.commit()
    with closing(SqlCatalogue(url(file))) as catalogue, catalogue.read() as view:
        used, unused = view.token(b"\0\x11"), view.token_by_id("0022")
        credential = view.credential_by_id("c")
    assert used is not None
    assert unused is not None
    assert (used.id, used.uses, used.used) == ("0011", 1, 1)
    assert (unused.digest, unused.uses, unused.used) == (b"\0\x22", 1, 0)
    assert credential is not None
    assert (credential.scope, credential.expire_time) == (Scope(), None)
