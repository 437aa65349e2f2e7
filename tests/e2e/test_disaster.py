"""A lost server is put back with nothing but its data store and the report that lies in it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.adapters.disaster_reports import NEWEST
from server_agent.domain.self_backup import SELF_BACKUP
from sesam_api.client import Location
from tests.e2e.agent_process import SECONDS, AgentProcess

SCRIPT = '#!/bin/sh\nprintf "%s|%s\\n" "${13}" "${14}" > "$SESAM_ROOT/../told"\n'


def with_store_outside(agent: AgentProcess, store: Path) -> None:
    """Moves the data store to a place that is not lost with the installation."""
    ini = agent.root / "var/ini/sm.ini"
    inside = agent.root / "store/DISK00001"
    store.parent.mkdir()
    shutil.move(inside, store)
    ini.write_text(ini.read_text().replace(str(inside), str(store)))


def commands_of(report: Path) -> list[str]:
    lines = report.read_text().splitlines()
    commands = [line[4:] for line in lines if line.startswith("    ")]
    return [command for command in commands if not command.startswith("#")]


def by_hand(command: str) -> None:
    environment = {"PATH": os.environ["PATH"]}
    subprocess.run(["/bin/sh", "-ec", command], check=True, timeout=SECONDS, env=environment)


def backed_up(location: Location, task: str) -> str:
    ended = location.wait(location.start_backup(task, "FULL"), SECONDS)
    assert (ended.state, ended.message) == ("ok", ""), list(location.protocol(ended))
    return ended.saveset


def restored(location: Location, saveset: str, target: Path) -> None:
    job = location.wait(location.restore(saveset, target=str(target)), SECONDS)
    assert (job.state, job.message) == ("ok", "")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    (data / "deep").mkdir(parents=True)
    (data / "deep/file").write_bytes(os.urandom(300_000))
    return data


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "root", tmp_path)
    yield agent
    agent.close()


def test_a_lost_server_is_put_back_from_its_data_store(
    tmp_path: Path, data: Path, agent: AgentProcess
) -> None:
    root, store = agent.root, tmp_path / "medium/DISK00001"
    with_store_outside(agent, store)
    disaster = root / "bin/sesam/sm_disaster"
    disaster.write_text(SCRIPT)
    disaster.chmod(0o755)
    agent.start()
    with agent.connected() as location:
        location.add_task("docs", next(location.clients()).name, [str(data)])
        docs = backed_up(location, "docs")
        own = backed_up(location, SELF_BACKUP)
        identity = location.identity.location_id
    agent.end()
    report = store / f"{own}.disaster.txt"
    assert (tmp_path / "told").read_text() == f"{store / own}|{report}\n"
    assert (store / NEWEST).read_text() == report.read_text()
    assert identity in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600

    shutil.rmtree(root)
    *restore, serve = commands_of(store / NEWEST)
    assert serve == f"sesam-agent --root {root} serve"
    for command in restore:
        by_hand(command)

    agent.start()
    with agent.connected() as location:
        assert location.identity.location_id == identity
        restored(location, docs, tmp_path / "back")
        states = {job.id: (job.task, job.state) for job in location.jobs()}
        assert set(states.values()) >= {("docs", "ok"), (SELF_BACKUP, "broken")}
        assert backed_up(location, SELF_BACKUP) != own
    agent.end()
    assert (tmp_path / f"back{data}/deep/file").read_bytes() == (data / "deep/file").read_bytes()
    assert (store / own).exists(), "what the location was put back from was taken for a leftover"
