"""The catalogue's file: what is refused, what an upgrade keeps, and what a crash leaves."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from server_agent.adapters.catalogue import opening, schema
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.catalogue.migrations import MIGRATIONS
from server_agent.adapters.catalogue.opening import (
    CatalogueError,
    CatalogueMissing,
    CatalogueTooNew,
    CatalogueUnreadable,
)
from server_agent.ports import JobQuery, SavesetQuery
from tests.fakes.records import CLIENT, JOB

NEWEST = len(MIGRATIONS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A catalogue that holds one client."""
    made = tmp_path / "sesam_db.sdb"
    catalogue = SqlCatalogue(url(made), create=True)
    with catalogue.write() as writer:
        writer.put_client(CLIENT)
    catalogue.close()
    return made


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def client_names(file: Path) -> list[str]:
    catalogue = SqlCatalogue(url(file))
    with catalogue.read() as view:
        names = [client.name for client in view.clients()]
    catalogue.close()
    return names


def version_of(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT version FROM schema_version").fetchone()[0])


# --- refused --------------------------------------------------------------------------------------


def test_a_missing_catalogue_is_not_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "sesam_db.sdb"
    with pytest.raises(CatalogueMissing) as refused:
        SqlCatalogue(url(file))
    assert str(file) in str(refused.value)
    assert "put back a good copy" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_newer_schema_is_refused_and_left_alone(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE schema_version SET version = 77")
        connection.commit()
    with pytest.raises(CatalogueTooNew) as refused:
        SqlCatalogue(url(file))
    text = str(refused.value)
    assert str(file) in text
    assert "version 77" in text
    assert f"up to {NEWEST}" in text
    assert "a copy from a backup" in text
    assert version_of(file) == 77


@pytest.mark.parametrize(
    "content", [b"", b"no database at all, " * 500, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_what_is_no_catalogue_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "sesam_db.sdb"
    file.write_bytes(content)
    with pytest.raises(CatalogueUnreadable) as refused:
        SqlCatalogue(url(file))
    assert str(file) in str(refused.value)
    assert "put back a good copy" in str(refused.value)
    if content:
        assert file.read_bytes() == content


@pytest.mark.parametrize("create", [True, False])
def test_a_database_of_something_else_is_refused(tmp_path: Path, create: bool) -> None:
    file = tmp_path / "sesam_db.sdb"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE addresses (name TEXT)")
        connection.commit()
    with pytest.raises(CatalogueUnreadable, match="holds no catalogue"):
        SqlCatalogue(url(file), create=create)
    with closing(sqlite3.connect(file)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("addresses",)]


def test_a_damaged_page_is_found_when_it_is_opened(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(4096 * 2)
        stream.write(b"\xa5" * 4096 * 4)
    with pytest.raises(CatalogueUnreadable, match="damaged"):
        SqlCatalogue(url(file))


def test_a_cut_file_is_refused(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(CatalogueUnreadable, match="damaged"):
        SqlCatalogue(url(file))


def test_a_directory_in_its_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueUnreadable, match="cannot be opened"):
        SqlCatalogue(url(tmp_path))


@pytest.mark.parametrize(
    "other", ["postgresql://user:secret@db/sesam", "sqlite:///relative.sdb", "", "/plain/path"]
)
def test_another_kind_of_url_is_refused_without_its_password(other: str) -> None:
    with pytest.raises(CatalogueError, match="absolute path") as refused:
        SqlCatalogue(other)
    assert "secret" not in str(refused.value)


# --- made -----------------------------------------------------------------------------------------


def test_only_the_owner_can_read_it(file: Path) -> None:
    catalogue = SqlCatalogue(url(file))
    with catalogue.write() as writer:
        writer.add_job(JOB)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    catalogue.close()
    assert modes == {
        "sesam_db.sdb": 0o600,
        "sesam_db.sdb-wal": 0o600,
        "sesam_db.sdb-shm": 0o600,
    }


def test_create_does_not_empty_one_that_is_there(file: Path) -> None:
    SqlCatalogue(url(file), create=True).close()
    assert client_names(file) == ["alpha"]


def test_awkward_signs_in_its_path(tmp_path: Path) -> None:
    directory = tmp_path / "ä%20 b?c=d#e&f"
    directory.mkdir()
    SqlCatalogue(url(directory / "x.sdb"), create=True).close()
    assert client_names(directory / "x.sdb") == []


def test_the_migrations_come_to_the_tables_of_the_code(file: Path, tmp_path: Path) -> None:
    def made(path: Path) -> dict[str, object]:
        """The tables and indexes; the order and spelling of what `ALTER TABLE` added may differ."""
        with closing(sqlite3.connect(path)) as connection:
            found: dict[str, object] = {}
            rows = connection.execute(
                "SELECT type, name, sql FROM sqlite_master "
                "WHERE type IN ('table', 'index') AND name NOT LIKE 'job_words%'"
            ).fetchall()
            for kind, name, sql in rows:
                if kind == "index":
                    found[name] = sql and " ".join(sql.split())
                else:
                    columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
                    keys = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
                    found[name] = (columns, keys, "AUTOINCREMENT" in sql)
            return found

    engine = sa.create_engine(f"sqlite:///{tmp_path}/from_code.sdb")
    schema.metadata.create_all(engine)
    engine.dispose()
    assert made(file) == made(tmp_path / "from_code.sdb")


def test_a_commit_is_synced_and_foreign_keys_hold(file: Path) -> None:
    catalogue = SqlCatalogue(url(file))
    with catalogue._engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    catalogue.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


# --- upgraded -------------------------------------------------------------------------------------


def add_a_table(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE added (number INTEGER)")
    connection.exec_driver_sql("INSERT INTO added VALUES (1)")


def fail(connection: sa.Connection) -> None:
    connection.exec_driver_sql("DROP TABLE jobs")
    raise RuntimeError("in the middle")


def test_an_upgrade_keeps_a_copy_of_what_was(file: Path) -> None:
    SqlCatalogue(url(file), migrations=[*MIGRATIONS, add_a_table]).close()
    copy = file.with_name(f"{file.name}.before-{NEWEST + 1}")
    assert (version_of(file), version_of(copy)) == (NEWEST + 1, NEWEST)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with pytest.raises(CatalogueTooNew):
        SqlCatalogue(url(file))
    copy.replace(file)
    assert client_names(file) == ["alpha"]
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name]


def test_an_upgrade_happens_once(file: Path) -> None:
    for _ in range(2):
        SqlCatalogue(url(file), migrations=[*MIGRATIONS, add_a_table]).close()
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT number FROM added").fetchall() == [(1,)]


def test_an_upgrade_that_fails_changes_nothing(file: Path) -> None:
    with pytest.raises(RuntimeError, match="in the middle"):
        SqlCatalogue(url(file), migrations=[*MIGRATIONS, add_a_table, fail])
    assert version_of(file) == NEWEST
    assert client_names(file) == ["alpha"]
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE name = 'added'")
        assert names.fetchall() == []


def test_a_new_catalogue_needs_no_copy(tmp_path: Path) -> None:
    SqlCatalogue(url(tmp_path / "new.sdb"), create=True).close()
    assert [path.name for path in tmp_path.iterdir()] == ["new.sdb"]


# --- shared ---------------------------------------------------------------------------------------


def count_up(catalogue: SqlCatalogue) -> None:
    """Twenty transactions that write what follows from what they read."""
    for _ in range(20):
        with catalogue.write() as writer:
            client = writer.client("alpha")
            assert client is not None
            writer.put_client(replace(client, version=client.version + 1))


def version_of_client(catalogue: SqlCatalogue) -> int:
    with catalogue.read() as view:
        client = view.client("alpha")
    assert client is not None
    return client.version


def test_two_that_have_it_open_take_turns(file: Path) -> None:
    with closing(SqlCatalogue(url(file))) as one, closing(SqlCatalogue(url(file))) as other:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(count_up, (one, other)))
        assert version_of_client(one) == 41


def test_writers_of_one_process_wait_without_end(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They queue at a lock of the process; SQLite's own wait has a limit, here none at all."""
    monkeypatch.setattr(opening, "BUSY_MILLISECONDS", 0)
    with closing(SqlCatalogue(url(file))) as catalogue:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(count_up, [catalogue] * 4))
        assert version_of_client(catalogue) == 81


# --- killed ---------------------------------------------------------------------------------------

COMMITTING = """
import sys
from dataclasses import replace
from server_agent.adapters.catalogue.database import SqlCatalogue
from tests.fakes.records import JOB, SAVESET

catalogue = SqlCatalogue(sys.argv[1])
while True:
    with catalogue.write() as writer:
        job = writer.add_job(JOB)
        writer.add_saveset(replace(SAVESET, name=f"S{job.id}", job_id=job.id))
    print(job.id, flush=True)
"""


def test_kill_9_loses_nothing_that_was_committed(file: Path) -> None:
    told: list[str] = []
    for length in (1, 40, 25):
        with subprocess.Popen(
            [sys.executable, "-c", COMMITTING, url(file)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            told += [process.stdout.readline().strip() for _ in range(length)]
            process.send_signal(signal.SIGKILL)
            told += process.stdout.read().split()
        catalogue = SqlCatalogue(url(file))
        with catalogue.read() as view:
            jobs = {job.id for job in view.jobs(JobQuery(), None, 10_000).items}
            savesets = {made.job_id for made in view.savesets(SavesetQuery(), None, 10_000).items}
            revision = view.revision()
        catalogue.close()
        assert set(told) <= jobs
        assert jobs == savesets
        assert revision == 1 + len(jobs)


# --- quick ----------------------------------------------------------------------------------------


@pytest.fixture
def statements() -> Iterator[list[tuple[str, tuple[object, ...]]]]:
    """What the database is asked while the test runs."""
    asked: list[tuple[str, tuple[object, ...]]] = []

    def note(_connection: object, _cursor: object, sql: str, values: object, *_: object) -> None:
        if sql.startswith("SELECT") and isinstance(values, tuple):
            asked.append((sql, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


SAVESET_ORDERS = (
    *("job", "start_time", "name", "task", "client"),
    *("type", "sesam_day", "bytes", "eol", "verify_time"),
)


def test_lists_run_along_an_index(
    file: Path, statements: list[tuple[str, tuple[object, ...]]]
) -> None:
    """At a million jobs nothing may be sorted, or sought by something that most jobs share."""
    catalogue = SqlCatalogue(url(file))
    with catalogue.write() as writer:
        for _ in range(4):
            writer.add_job(JOB)
    statements.clear()
    with catalogue.read() as view:
        view.newest_ended_backups()
        view.ended_backups("home", 3)
        for list_order in SAVESET_ORDERS:
            view.savesets(SavesetQuery(order=list_order), None, 3)
        for list_order in ("job", "start_time"):
            view.savesets(SavesetQuery(task="home", order=list_order), None, 3)
    catalogue.close()
    plans = []
    with closing(sqlite3.connect(file)) as connection:
        for sql, values in statements:
            if "FROM jobs" in sql or "FROM tasks JOIN jobs" in sql or "FROM savesets" in sql:
                rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)
                plans.append((sql, [row[3] for row in rows]))
    assert len(plans) == 2 + len(SAVESET_ORDERS) + 2
    for sql, plan in plans:
        assert not [step for step in plan if "TEMP B-TREE" in step], (sql, plan)
        assert not [step for step in plan if step in ("SCAN jobs", "SCAN savesets")], (sql, plan)
