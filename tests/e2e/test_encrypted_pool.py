"""An encrypted pool of a real agent: what a person does with its keys, and a lost server that is
put back with nothing but its data store, the report that lies in it, and a passphrase."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent import app
from server_agent.adapters.disaster_reports import NEWEST
from server_agent.commands.sesam_agent import main
from server_agent.domain.self_backup import SELF_BACKUP
from server_agent.installation import find_installation
from sesam_api.client import Location
from sesam_api.media_records import MediaPool
from sesam_api.records import Job
from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.test_disaster import commands_of, with_store_outside

PASSPHRASE = "correct horse battery staple"
SECRET = b"nobody may know of this sentence " * 5000


class Place:
    """An agent with its data store outside, and a directory to back up."""

    def __init__(self, directory: Path) -> None:
        self.agent = AgentProcess(directory / "root", directory)
        self.store = directory / "medium"
        with_store_outside(self.agent, self.store / "DISK00001")
        self.passphrase = directory / "passphrase"
        self.passphrase.write_text(PASSPHRASE + "\n")
        self.data = directory / "data"
        self.data.mkdir()
        (self.data / "payroll").write_bytes(SECRET)
        self.back = directory / "back"

    @property
    def keys(self) -> list[Path]:
        return sorted((self.agent.root / "var/ini/secrets/pools").iterdir())

    def shell(self, command: str) -> None:
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }
        subprocess.run(
            ["bash", "-o", "pipefail", "-ec", command],
            check=True,
            timeout=SECONDS,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def export(self) -> None:
        self.shell(
            f"sesam-agent --root {self.agent.root} key export --all"
            f" --passphrase-file {self.passphrase}"
        )

    def put_back(self) -> None:
        """What the report says, typed by a person who knows the passphrase."""
        *commands, serve = commands_of(self.store / "DISK00001" / NEWEST)
        assert serve.startswith("sesam-agent")
        assert serve.endswith(" serve")
        given = f"--passphrase-file {self.passphrase}"
        for command in commands:
            typed = command.replace(" --key ", f" {given} --key ")
            self.shell(f"{typed} {given}" if " key import " in typed else typed)


def backed_up(location: Location, task: str, pool: str = "") -> Job:
    [job] = location.order_backup("FULL", task=task, pool=pool).jobs
    return location.wait(job, SECONDS)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.agent.close()


@pytest.mark.parametrize("self_backup_pool", ["plain", "encrypted"])
def test_a_lost_server_with_an_encrypted_pool_is_put_back(
    place: Place, self_backup_pool: str
) -> None:
    place.agent.start()
    with place.agent.connected() as location:
        location.add_task("docs", next(location.clients()).name, [str(place.data)])
        if self_backup_pool == "encrypted":
            pool = location.modify_pool(replace(location.pool("DISK"), encrypted=True))
            name = "DISK"
        else:
            pool = location.add_pool(MediaPool("VAULT", encrypted=True))
            name = "VAULT"
        docs = backed_up(location, "docs", name)
        assert (docs.state, docs.message) == ("ok", "")
        assert location.saveset(docs.saveset).encrypted
        own = backed_up(location, SELF_BACKUP, "DISK")
        assert own.state == "warning"
        assert f"{pool.key_id} ({name}) was never exported" in own.message
        place.export()
        own = backed_up(location, SELF_BACKUP, "DISK")
        assert (own.state, own.message) == ("ok", "")
    place.agent.end()
    [key] = place.keys
    secret = key.read_bytes()
    for file in place.store.rglob("*"):
        if file.is_file():
            assert b"nobody may know" not in file.read_bytes(), file
    shutil.rmtree(place.agent.root)

    place.put_back()
    assert [path.read_bytes() for path in place.keys] == [secret]
    place.agent.start()
    with place.agent.connected() as location:
        job = location.wait(location.restore(docs.saveset, target=str(place.back)), SECONDS)
        assert (job.state, job.message) == ("ok", "")
        assert location.pool(name).key_id == pool.key_id
    place.agent.end()
    assert (place.back / place.data.relative_to("/") / "payroll").read_bytes() == SECRET


def test_a_key_that_is_gone_and_comes_back(place: Place, tmp_path: Path) -> None:
    place.agent.start()
    with place.agent.connected() as location:
        location.add_task("docs", next(location.clients()).name, [str(place.data)])
        first = location.add_pool(MediaPool("VAULT", encrypted=True))
        docs = backed_up(location, "docs", "VAULT").saveset
        place.export()
        [key] = place.keys
        moved = key.rename(tmp_path / "elsewhere")
        refused = backed_up(location, "docs", "VAULT")
        assert (refused.state, refused.saveset) == ("error", "")
        assert first.key_id in refused.message
        assert str(key) in refused.message
        verified = location.wait(location.verify(docs), SECONDS)
        assert verified.state == "warning"
        assert first.key_id in verified.message
        assert location.saveset(docs).damage == ""
        # For good: the pool gets another key, and what was encrypted before keeps its own.
        plain = location.modify_pool(replace(location.pool("VAULT"), encrypted=False))
        assert plain.key_id == first.key_id
        second = location.modify_pool(replace(plain, encrypted=True))
        assert second.key_id not in ("", first.key_id)
        [job] = location.order_backup("INC", task="docs", pool="VAULT").jobs
        ended = location.wait(job, SECONDS)
        assert ended.type == "FULL"
        assert "encryption of the pool has changed" in ended.message
        place.shell(
            f"sesam-agent --root {place.agent.root} key import"
            f" {place.agent.root}/var/ini/escrow/{first.key_id}.txt"
            f" --passphrase-file {place.passphrase}"
        )
        assert key.read_bytes() == moved.read_bytes()
        job = location.wait(location.restore(docs, target=str(place.back)), SECONDS)
        assert (job.state, job.message) == ("ok", "")
    place.agent.end()


def test_a_damaged_key_keeps_no_other_from_being_exported(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = app.keys_of(find_installation(place.agent.root, {}))
    whole, damaged = keys.make("WHOLE"), keys.make("DAMAGED")
    keys.path(damaged.id).write_text("{")
    keys.path(damaged.id).chmod(0o600)
    given = ["--root", str(place.agent.root), "key"]
    for deed in (["list"], ["export", "--all", "--passphrase-file", str(place.passphrase)]):
        assert main([*given, *deed]) == 1
        said = capsys.readouterr()
        assert whole.id in said.out
        assert str(keys.path(damaged.id)) in said.err
    assert keys.escrow(whole.id)
    keys.path(whole.id).unlink()
    (place.back.parent / "export").write_text(keys.escrow(whole.id))
    taken = ["import", str(place.back.parent / "export")]
    assert main([*given, *taken, "--passphrase-file", str(place.passphrase)]) == 0
    assert keys.get(whole.id) == whole


def test_a_saveset_is_read_by_hand(place: Place, tmp_path: Path) -> None:
    place.agent.start()
    with place.agent.connected() as location:
        location.add_task("docs", next(location.clients()).name, [str(place.data)])
        location.modify_pool(replace(location.pool("DISK"), encrypted=True))
        docs = backed_up(location, "docs").saveset
    place.agent.end()
    [key] = place.keys
    place.back.mkdir()
    place.shell(
        f"sesam-agent cat {place.store}/DISK00001/{docs} --key {key}"
        f" | zstd -dc | tar -x -C {place.back}"
    )
    assert (place.back / place.data.relative_to("/") / "payroll").read_bytes() == SECRET
