"""Databases dumped by pipe: a real PostgreSQL, its pg_dump, sm_cmd, and a restore into another
database."""

import gzip
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.command_records import command, command_line
from sesam_api.records import Job
from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.test_finding import until
from tests.e2e.test_task_options import protocol, sm_cmd

NOBODY = 65534  # PostgreSQL does not run as root
LONGEST_START = 60.0  # seconds


@dataclass
class Postgres:
    """A server of its own with a database "shop"; reached by a socket in `directory`."""

    directory: Path
    programs: Path

    def run(self, program: str, *words: str, stdin: bytes = b"") -> str:
        return _run(
            [str(self.programs / program), "-h", str(self.directory), "-U", "postgres", *words],
            stdin,
        )

    def query(self, database: str, sql: str) -> str:
        return self.run("psql", "-qAtX", "-d", database, "-c", sql).strip()

    def dump(self, database: str) -> str:
        """A command line."""
        return f"{self.programs}/pg_dump -h {self.directory} -U postgres {database}"

    @contextmanager
    def running(self) -> Iterator[None]:
        data = str(self.directory / "data")
        options = f"-c listen_addresses='' -k {self.directory} -c fsync=off"
        control = [str(self.programs / "pg_ctl"), "-D", data, "-w", "-s"]
        _run([*control, "-l", str(self.directory / "log"), "-o", options, "start"], own=True)
        try:
            yield
        finally:
            _run([*control, "-m", "immediate", "stop"], own=True)


def _run(words: list[str], stdin: bytes = b"", *, own: bool = False) -> str:
    """Args:
    own: as an account that PostgreSQL runs as, and in no directory of the tests.
    """
    account = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if os.geteuid() == 0 else {}
    with tempfile.TemporaryFile() as said:  # a server keeps what it inherits open
        done = subprocess.run(
            words,
            input=stdin,
            stdout=said,
            stderr=said,
            cwd="/",
            timeout=LONGEST_START,
            **(account if own else {}),  # type: ignore[arg-type]
        )
        said.seek(0)
        text = said.read().decode()
    assert done.returncode == 0, text
    return text


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "PostgreSQL is not installed: see tools/setup"
    directory = Path(tempfile.mkdtemp(prefix="pg-"))  # the way of a socket must be short
    try:
        if os.geteuid() == 0:
            os.chown(directory, NOBODY, NOBODY)
        server = Postgres(directory, found[-1].parent)
        data = str(directory / "data")
        _run([str(found[-1]), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], own=True)
        yield server
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "root", tmp_path)
    try:
        yield agent
    finally:
        agent.close()


def backed_up(location: Location, kind: str) -> Job:
    return location.wait(location.start_backup("db", kind), SECONDS)


def test_a_database_there_and_back(tmp_path: Path, agent: AgentProcess, postgres: Postgres) -> None:
    def restored(job: Job, name: str) -> Path:
        target = tmp_path / job.id
        words = ("-s", job.saveset, "-f", f"/.commands/{name}", "--target", str(target))
        assert "STATUS=SUCCESS" in sm_cmd(agent, "restore", *words, "--wait")
        return target / ".commands" / name

    agent.start()
    with agent.connected() as location, postgres.running():
        location.add_client("here")
        postgres.query("postgres", "CREATE DATABASE shop")
        postgres.query("shop", "CREATE TABLE sold (what text, price int)")
        postgres.query("shop", "INSERT INTO sold SELECT 'Käse', g FROM generate_series(1,9) g")
        answer = sm_cmd(
            *(agent, "add", "task", "db", "-c", "here"),
            *("--command", f"shop.sql={postgres.dump('shop')}"),
            *("--shell-command", f"shop.sql.gz={postgres.dump('shop')} | gzip"),
        )
        assert answer == 'STATUS=SUCCESS MSG="db"\n'
        full = backed_up(location, "FULL")
        assert (full.state, full.files, full.message) == ("ok", 2, "")
        postgres.query("shop", "INSERT INTO sold VALUES ('Brot', 100)")
        inc = backed_up(location, "INC")
        assert (inc.state, inc.type, inc.files) == ("ok", "INC", 2)

        until(lambda: not location.find_files("shop").unindexed.total)
        found = {file.path for file in location.find_files("shop.sql")}
        assert found == {b"/.commands/shop.sql", b"/.commands/shop.sql.gz"}
        for job, rows in ((full, "9|45"), (inc, "10|145")):
            plain, packed = restored(job, "shop.sql"), restored(job, "shop.sql.gz")
            assert plain.stat().st_mode & 0o777 == 0o600
            for number, dump in enumerate(
                (plain.read_bytes(), gzip.decompress(packed.read_bytes()))
            ):
                again = f"again{job.id}{number}"
                postgres.query("postgres", f"CREATE DATABASE {again}")
                postgres.run("psql", "-qX", "-d", again, stdin=dump)
                assert postgres.query(again, "SELECT count(*), sum(price) FROM sold") == rows


def test_a_database_that_is_down(agent: AgentProcess, postgres: Postgres) -> None:
    dump = postgres.dump("shop")
    agent.start()
    with agent.connected() as location:
        location.add_client("here")
        location.add_task("db", "here", [], commands=[command_line("shop.sql", dump)])
        plain = backed_up(location, "FULL")
        assert (plain.state, plain.saveset) == ("error", "")
        assert 'Command "shop.sql" ended with status 1. It said last: "' in plain.message
        assert "No such file or directory" in plain.message
        assert any("pg_dump" in text for text in protocol(location, plain, "COMMAND"))

        # gzip has ended well.
        sm_cmd(agent, "modify", "task", "db", "--shell-command", f"shop.sql.gz={dump} | gzip")
        piped = backed_up(location, "FULL")
        assert (piped.state, piped.saveset) == ("error", "")
        assert 'Command "shop.sql.gz" ended with status 1' in piped.message
        assert list(location.savesets()) == []


def test_a_command_that_writes_nothing(agent: AgentProcess) -> None:
    agent.start()
    with agent.connected() as location:
        location.add_client("here")
        location.add_task("db", "here", [], commands=[command("empty", ["true"])])
        job = backed_up(location, "FULL")
        assert (job.state, job.files) == ("warning", 1)
        assert job.message == 'command "empty" wrote nothing: an empty file is saved'
