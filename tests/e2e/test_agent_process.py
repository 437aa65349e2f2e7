"""The agent as its administrator meets it: a process, its commands, and what is left when it is
killed."""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server_agent.adapters.tar.store import LABEL_FILE
from server_agent.adapters.tar.stores import STORE_FILE
from sesam_api.client import Location, connect
from sesam_api.errors import FingerprintMismatch, SesamError
from sesam_api.records import Job
from tests.e2e.agent_process import SECONDS, AgentProcess, run


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory on a disk, with a short path."""
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        yield Path(directory)


@pytest.fixture
def agent(place: Path) -> Iterator[AgentProcess]:
    process = AgentProcess(place / "root", place)
    yield process
    process.close()


@pytest.fixture
def tree(place: Path) -> Path:
    """A small tree with names that are no text."""
    tree = place / "tree"
    for name in (b"a", b"sub/b\xff", b"sub/deep/c\n"):
        path = os.fsencode(tree) + b"/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(name * 1000)
    os.symlink(b"a", os.fsencode(tree) + b"/link")
    return tree


def add_task(location: Location, tree: Path) -> None:
    location.add_client("local")
    location.add_task("docs", "local", [os.fsencode(tree)])


def backed_up(location: Location, backup_type: str) -> Job:
    return location.wait(location.start_backup("docs", backup_type), timeout=SECONDS)


def content(tree: Path) -> dict[bytes, tuple[str, bytes]]:
    """Kind and content of everything in a tree, by its path below it."""
    found = {}
    top = os.fsencode(tree)
    for directory, names, files in os.walk(top):
        for name in (*names, *files):
            path = os.path.join(directory, name)
            if os.path.islink(path):
                found[os.path.relpath(path, top)] = ("link", os.readlink(path))
            elif os.path.isdir(path):
                found[os.path.relpath(path, top)] = ("directory", b"")
            else:
                data = Path(os.fsdecode(path)).read_bytes()
                found[os.path.relpath(path, top)] = ("file", hashlib.sha256(data).digest())
    return found


def restored(location: Location, saveset: str, target: Path, tree: Path) -> Path:
    job = location.wait(location.restore(saveset, os.fsencode(target)), timeout=SECONDS)
    assert job.state == "ok", job.message
    return target / tree.relative_to("/")


def wait_for(condition: Callable[[], bool]) -> None:
    """Until something comes about in the other process."""
    pause = threading.Event()
    for _ in range(int(SECONDS / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come about")


def test_a_location_from_nothing_to_a_restore(agent: AgentProcess, tree: Path, place: Path) -> None:
    assert re.fullmatch(
        r"Name: Alpha\nLocation id: [0-9a-f-]{36}\nFingerprint: [0-9A-F]{64}\n", agent.made
    )
    line = agent.start()
    assert line == f"Serving Alpha on {agent.address}\n"
    fingerprint = run(agent.root, "fingerprint").stdout.strip()
    assert fingerprint in agent.made
    given = run(agent.root, "token", "--role", "admin", "--ttl", "30m")
    token = given.stdout.strip()
    assert given.stderr == f"Fingerprint: {fingerprint}\n"
    with connect(agent.address, token=token, fingerprint=fingerprint, holder="test") as location:
        add_task(location, tree)
        full = backed_up(location, "INC")
        assert (full.state, full.type) == ("ok", "FULL")
        first = place / "first"
        shutil.copytree(tree, first, symlinks=True)
        (tree / "a").write_text("changed")
        shutil.rmtree(tree / "sub/deep")
        inc = backed_up(location, "INC")
        assert (inc.type, inc.files, inc.message) == ("INC", 1, "")
        assert content(restored(location, inc.saveset, place / "new", tree)) == content(tree)
        assert content(restored(location, full.saveset, place / "old", tree)) == content(first)
        with (
            pytest.raises(SesamError) as caught,
            connect(agent.address, token=token, fingerprint=fingerprint),
        ):
            pass
        assert caught.value.reason == "TOKEN_USED"
    [credential] = json.loads(run(agent.root, "credentials", "--json").stdout)
    assert (credential["holder"], credential["role"]) == ("test", "admin")
    assert agent.end() == 0
    assert agent.errors == ""
    assert not (agent.root / "var/work/agent/address").exists()
    assert not (agent.root / "var/work/agent/agent.sock").exists()
    revoked = run(agent.root, "revoke", credential["id"])
    assert revoked.stdout == f"Revoked {credential['id']} (test)\n"
    logs = {log.name[:-13]: log for log in (agent.root / "var/log/lgc").iterdir()}
    assert "sm_gui_server_requests" in logs
    assert re.fullmatch(r"agent_\d{8}\.log", logs["agent"].name)
    assert "serving Alpha" in logs["agent"].read_text()
    assert not any(token in log.read_text() for log in logs.values())


def test_killed_in_the_middle_of_a_backup(agent: AgentProcess, tree: Path, place: Path) -> None:
    agent.start()
    with agent.connected() as location:
        add_task(location, tree)
        full = backed_up(location, "FULL")
        (tree / "big").write_bytes(os.urandom(40_000_000))
        agent.hold.touch()
        job = location.start_backup("docs", "INC")
        wait_for(agent.held.exists)
        queued = location.start_backup("docs", "INC")
        assert location.job(job).state == "active"
        [part] = (agent.root / "store").rglob("*.part")
        wait_for(lambda: part.stat().st_size > 0)
        agent.end(signal.SIGKILL)
    agent.hold.unlink()
    agent.start()
    with agent.connected() as location:
        broken = location.job(job)
        assert (broken.state, broken.message) == ("broken", "The agent stopped while this job ran")
        assert [line.code for line in location.protocol(job)][-1] == "BROKEN"
        after = location.wait(queued, timeout=SECONDS)
        assert (after.state, after.type, after.files) == ("ok", "INC", 1)
        assert [each.name for each in location.savesets()] == [after.saveset, full.saveset]
        assert content(restored(location, after.saveset, place / "new", tree)) == content(tree)
        names = {path.name for path in (agent.root / "store/DISK00001").iterdir()}
        savesets = (full.saveset, after.saveset)
        ends = ("", ".idx", ".lis.zst")
        assert names == {LABEL_FILE} | {name + end for name in savesets for end in ends}
    assert agent.end() == 0
    assert job.id in agent.errors


def test_killed_at_any_moment(agent: AgentProcess, tree: Path, place: Path) -> None:
    (tree / "big").write_bytes(os.urandom(30_000_000))
    agent.start()
    with agent.connected() as location:
        add_task(location, tree)
    for number, seconds in enumerate((0.03, 0.06, 0.1, 0.15, 0.25)):
        with agent.connected() as location:
            location.start_backup("docs", "INC" if number % 2 else "FULL")
            threading.Event().wait(seconds)
        agent.end(signal.SIGKILL)
        agent.start()
    with agent.connected() as location:
        states = {location.wait(job, timeout=SECONDS).state for job in location.jobs()}
        assert states <= {"ok", "broken"}
        for number, saveset in enumerate(location.savesets()):
            assert content(restored(location, saveset.name, place / f"t{number}", tree)) == content(
                tree
            )
        assert backed_up(location, "INC").state == "ok"
    assert agent.end() == 0


def test_stopped_in_the_middle_of_a_backup(agent: AgentProcess, tree: Path) -> None:
    agent.start()
    with agent.connected() as location:
        (tree / "big").write_bytes(os.urandom(40_000_000))
        add_task(location, tree)
        agent.hold.touch()
        job = location.start_backup("docs", "FULL")
        wait_for(agent.held.exists)
    assert agent.end(signal.SIGINT) == 0
    agent.hold.unlink()
    agent.start()
    with agent.connected() as location:
        assert location.job(job).message == "The agent was stopped"
        assert list(location.savesets()) == []
    left = [path.name for path in (agent.root / "store").rglob("*") if path.is_file()]
    assert sorted(left) == [LABEL_FILE, STORE_FILE]


def test_cancelled_in_the_middle_of_a_backup(agent: AgentProcess, tree: Path) -> None:
    agent.start()
    with agent.connected() as location:
        (tree / "big").write_bytes(os.urandom(40_000_000))
        add_task(location, tree)
        agent.hold.touch()
        job = location.start_backup("docs", "FULL")
        wait_for(agent.held.exists)
        location.cancel(job)
        ended = location.wait(job, timeout=SECONDS)
        assert (ended.state, ended.message) == ("cancelled", "Cancelled by local")
        assert list(location.savesets()) == []
    assert agent.end() == 0


def test_a_second_agent_for_the_same_root_is_refused(agent: AgentProcess) -> None:
    agent.start()
    second = run(agent.root, "serve")
    assert (second.returncode, second.stdout) == (1, "")
    assert re.fullmatch(
        rf"sesam-agent: An agent for {agent.root} already runs as pid \d+\. .*\n", second.stderr
    )
    assert agent.end() == 0


def test_a_data_store_that_is_not_mounted(agent: AgentProcess, tree: Path, place: Path) -> None:
    store, away = agent.root / "store/DISK00001", place / "away"
    agent.start()
    with agent.connected() as location:
        add_task(location, tree)
        saveset = backed_up(location, "FULL").saveset
    agent.end()
    assert agent.errors == ""
    store.rename(away)
    store.mkdir()
    agent.start()
    said = f"first_look: The data store {store} has no label DISK00001 of this"
    assert agent.errors.count(said) == 1
    with agent.connected() as location:
        assert [each.name for each in location.savesets()] == [saveset]
        refused = backed_up(location, "FULL")
        assert refused.state == "error"
        assert f"The data store {store} has no label DISK00001" in refused.message
    agent.end()
    assert list(store.iterdir()) == []
    store.rmdir()
    away.rename(store)
    agent.start()
    with agent.connected() as location:
        assert backed_up(location, "INC").state == "ok"
    assert agent.end() == 0


def test_a_copy_is_never_served(agent: AgentProcess, place: Path) -> None:
    copy = place / "copy"
    shutil.copytree(agent.root, copy)
    for verb in (("serve",), ("token", "--role", "admin"), ("certificate", "--renew")):
        refused = run(copy, *verb)
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
        assert f"{copy} is a copy of the agent's directory {agent.root}" in refused.stderr


def test_a_certificate_is_renewed_while_the_agent_does_not_run(agent: AgentProcess) -> None:
    agent.start()
    with agent.connected() as location:
        token = location.create_token("admin").token
    old = run(agent.root, "fingerprint").stdout.strip()
    with connect(agent.address, token=token, fingerprint=old) as location:
        credential = location.credential
    running = run(agent.root, "certificate", "--renew")
    assert running.returncode == 1
    assert "already runs" in running.stderr
    assert run(agent.root, "fingerprint").stdout.strip() == old
    agent.end()
    renewed = run(agent.root, "certificate", "--renew")
    assert renewed.returncode == 0
    assert "has to accept the new fingerprint" in renewed.stderr
    new = run(agent.root, "fingerprint").stdout.strip()
    assert new != old
    assert f"Fingerprint: {new}\n" in renewed.stdout
    agent.start()
    with (
        pytest.raises(FingerprintMismatch),
        connect(agent.address, token=credential, fingerprint=old),
    ):
        pass
    with connect(agent.address, token=credential, fingerprint=new) as location:
        assert location.role == "admin"
    assert agent.end() == 0


def test_a_port_in_use_is_named(agent: AgentProcess) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sm_ini = agent.root / "var/ini/sm.ini"
        sm_ini.write_text(re.sub(r"port = \d+", f"port = {port}", sm_ini.read_text()))
        refused = run(agent.root, "serve")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"sesam-agent: Cannot listen on 127.0.0.1:{port}: ")
    assert refused.stderr.count("\n") == 1


def test_a_missing_or_newer_catalogue_is_named(agent: AgentProcess) -> None:
    file = agent.root / "var/db/sesam_db.sdb"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE schema_version SET version = 999")
    connection.close()
    for verb in (("serve",), ("token", "--role", "admin"), ("credentials",)):
        newer = run(agent.root, *verb)
        assert (newer.returncode, newer.stderr.count("\n")) == (1, 1)
        assert "schema version 999" in newer.stderr
    file.unlink()
    missing = run(agent.root, "serve")
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    assert f"The catalogue {file} is missing" in missing.stderr
    assert not file.exists()
