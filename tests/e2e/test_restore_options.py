"""Restores as a person wants them, from a real agent: as it was at a moment, by each overwrite
rule, only said and not done, and to another client."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.errors import SesamError
from sesam_api.records import Job, Ssh
from tests.agent.ssh.server import SshServer
from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.changing import tree_of


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory on a disk, with a short path."""
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        yield Path(directory)


@pytest.fixture
def agent(place: Path) -> Iterator[AgentProcess]:
    made = AgentProcess(place / "root", place)
    made.start()
    yield made
    made.close()


@pytest.fixture
def location(agent: AgentProcess) -> Iterator[Location]:
    with agent.connected() as connected:
        yield connected


def backed_up(location: Location, kind: str) -> str:
    job = location.wait(location.start_backup("docs", kind), timeout=SECONDS)
    assert (job.state, job.type) == ("ok", kind), job.message
    return job.saveset


def restored(location: Location, saveset: str, target: Path, **how: object) -> Job:
    job = location.restore(saveset, str(target), **how)  # type: ignore[arg-type]
    return location.wait(job, timeout=SECONDS)


def make_task(location: Location, source: Path, client: str = "here") -> None:
    (source / "letters").mkdir(parents=True)
    (source / "letters/old").write_text("old")
    (source / "letters/stays").write_text("stays")
    (source / "other").mkdir()
    location.add_task("docs", client, [str(source)])


def test_as_it_was_at_each_moment(location: Location, place: Path) -> None:
    """A directory through FULL, DIFF and INC, with files that go, come back and change their kind:
    each saveset gives it back just as it was then."""
    source = place / "source"
    location.add_client("here")
    make_task(location, source)
    letters, moments = source / "letters", []

    def saved(kind: str) -> None:
        name = backed_up(location, kind)
        shutil.copytree(letters, place / f"was-{len(moments)}", symlinks=True)
        moments.append(name)

    (letters / "again").write_text("first")
    (letters / "tree").mkdir()
    (letters / "tree/leaf").write_text("leaf")
    saved("FULL")
    (letters / "old").unlink()
    (letters / "again").unlink()
    (letters / "new").write_text("new")
    saved("DIFF")
    (letters / "again").write_text("came back")
    (letters / "new").unlink()
    shutil.rmtree(letters / "tree")
    (letters / "tree").symlink_to("again")
    saved("INC")
    (letters / "stays").unlink()
    (letters / "again").rename(letters / "moved")
    (letters / "tree").unlink()
    (letters / "tree").mkdir()
    (letters / "tree/leaf").write_text("another leaf")
    saved("INC")

    for number, saveset in enumerate(moments):
        target = place / f"back-{number}"
        job = restored(location, saveset, target, paths=[str(letters)])
        assert job.state == "ok", job.message
        back = target / letters.relative_to("/")
        assert tree_of(back) == tree_of(place / f"was-{number}"), number
        assert [path.name for path in back.parent.iterdir()] == ["letters"]


def test_by_each_rule_and_not_at_all(location: Location, place: Path) -> None:
    source = place / "source"
    location.add_client("here")
    make_task(location, source)
    saveset = backed_up(location, "FULL")
    target = place / "back"
    there = target / source.relative_to("/") / "letters"
    there.mkdir(parents=True)
    (there / "old").write_text("own")

    dry = restored(location, saveset, target, overwrite="rename", dry_run=True)
    assert (dry.state, dry.dry_run, dry.files) == ("ok", True, 0)
    assert "entries would be created, 1 would be restored under another name" in dry.message
    assert [path.name for path in there.iterdir()] == ["old"]
    codes = {line.code for line in location.protocol(dry.id)}
    assert {"WOULD_CREATE", "WOULD_RENAME"} <= codes
    day = timedelta(days=1)
    told = list(location.calendar(dry.create_time - day, dry.create_time + day))
    assert "restore" not in {occurrence.kind for occurrence in told}

    never = restored(location, saveset, target, overwrite="never")
    assert (never.state, never.message) == ("ok", "1 file kept because it exists")
    assert never.overwrite == "never"
    assert (there / "old").read_text() == "own"
    assert (there / "stays").read_text() == "stays"
    renamed = restored(location, saveset, target, overwrite="rename")
    assert (renamed.state, renamed.message) == ("ok", "2 files restored under new names")
    assert (there / "old.restored").read_text() == "old"
    older = restored(location, saveset, target, overwrite="if_older")
    assert (older.state, older.message) == ("ok", "2 files kept because they are not older")
    always = restored(location, saveset, target)
    assert (always.state, always.message, always.files) == ("ok", "", 2)
    assert (there / "old").read_text() == "old"


def test_a_damaged_listing_is_never_gone_by(
    agent: AgentProcess, location: Location, place: Path
) -> None:
    """SQLite reads it, and a file would be missing without a word."""
    source = place / "source"
    location.add_client("here")
    make_task(location, source)
    saveset = backed_up(location, "FULL")
    [listing] = agent.root.rglob(f"{saveset}.db")
    whole = listing.read_bytes()
    with closing(sqlite3.connect(listing)) as database, database:
        database.execute("DELETE FROM entry WHERE name = CAST('stays' AS BLOB)")

    dry = restored(location, saveset, place / "back", dry_run=True)
    assert (dry.state, listing.read_bytes()) == ("warning", whole)
    assert "was put back from its copy" in dry.message
    with closing(sqlite3.connect(listing)) as database, database:
        database.execute("DELETE FROM entry WHERE name = CAST('stays' AS BLOB)")
    done = restored(location, saveset, place / "back")
    assert (done.state, done.files) == ("warning", 2), done.message
    assert "LISTING_PUT_BACK" in {line.code for line in location.protocol(done.id)}
    assert tree_of(place / "back" / source.relative_to("/")) == tree_of(source)
    again = restored(location, saveset, place / "again")
    assert (again.state, again.message) == ("ok", "")

    listing.write_bytes(whole[: len(whole) // 2])
    [copy] = agent.root.rglob(f"{saveset}.lis.zst")
    copy.unlink()
    refused = restored(location, saveset, place / "none")
    assert refused.state == "error"
    assert str(listing) in refused.message
    assert not (place / "none").exists()


def test_to_another_client_over_ssh(location: Location, place: Path) -> None:
    server = SshServer(place / "sshd")
    try:
        to_another_client(location, server, place)
    finally:
        server.stop()


def to_another_client(location: Location, server: SshServer, place: Path) -> None:
    there = server.client
    facts = {name: getattr(there, name) for name in ("host", "user", "key_file", "port")}
    location.add_client("here")
    location.add_client("there", ssh=Ssh(**facts, host_key=there.host_key))
    source, target = place / "source", place / "sshd/home/back"
    make_task(location, source)
    saveset = backed_up(location, "FULL")

    job = restored(location, saveset, target, client="there", overwrite="never")
    assert (job.state, job.client, job.target_client) == ("ok", "here", "there"), job.message
    assert tree_of(target / source.relative_to("/")) == tree_of(source)

    location.remove_task("docs")
    location.remove_client("here")
    with pytest.raises(SesamError, match="has been removed") as refused:
        location.restore(saveset, str(place / "lost"))
    assert refused.value.reason == "INVALID_ARGUMENT"
    assert not (place / "lost").exists()
    again = restored(location, saveset, target, client="there", overwrite="never", dry_run=True)
    assert "2 entries would stay" in again.message
