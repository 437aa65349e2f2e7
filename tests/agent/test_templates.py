"""The interface programs that come with an installation, run as they stand."""

import os
import subprocess
from importlib import resources
from pathlib import Path

import pytest

import server_agent
from server_agent.domain.interfaces import ALARM, DISASTER, NOTIFY, POST, PRE, is_status, verdict

TEMPLATES = Path(str(resources.files(server_agent).joinpath("templates")))
APPRISE = '#!/bin/sh\nprintf "%s\\n" "$@" > "${0%/*}/sent"\nexit "${STATUS:-0}"\n'
TEXT = 'Backup of task docs, client host: failed\nno "$(id)" `id`'


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A bin/sesam into which all templates were copied, with something in place of Apprise."""
    for template in TEMPLATES.iterdir():
        (tmp_path / template.name).write_bytes(template.read_bytes())
        (tmp_path / template.name).chmod(0o755)
    (tmp_path / "apprise").write_text(APPRISE)
    (tmp_path / "apprise").chmod(0o755)
    return tmp_path


def run(
    place: Path, name: str, *arguments: str, **facts: str
) -> "subprocess.CompletedProcess[bytes]":
    environment = {"PATH": f"{place}:{os.defpath}", "SESAM_LOCATION": "Alpha", **facts}
    command = [place / name, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, timeout=20, check=False)


def sent(place: Path) -> list[str]:
    return (place / "sent").read_text().splitlines()


@pytest.mark.parametrize(("name", "count"), [(PRE, 10), (POST, 12)])
def test_pre_and_post_answer_as_they_should(place: Path, name: str, count: int) -> None:
    done = run(place, name, *(f"argument {number}" for number in range(count)))
    lines = done.stdout.splitlines()
    assert done.stderr == b""
    assert verdict(name, [line for line in lines if is_status(line)][-1], done.returncode).is_ok


@pytest.mark.parametrize(("name", "kind"), [(NOTIFY, "success"), (ALARM, "failure")])
def test_what_happened_is_sent_as_it_was_said(place: Path, name: str, kind: str) -> None:
    assert run(place, name, "BACKUP_DAY", TEXT).returncode == 0
    assert sent(place) == [
        f"--config={place}/apprise.conf",
        f"--notification-type={kind}",
        "--title=Alpha: Backup of task docs, client host: failed",
        *f"--body={TEXT}".splitlines(),
    ]


def test_not_every_backup_that_went_well_is_sent(place: Path) -> None:
    assert run(place, NOTIFY, "BACKUP", TEXT).returncode == 0
    assert not (place / "sent").exists()
    assert run(place, ALARM, "BACKUP", TEXT).returncode == 0
    assert (place / "sent").exists()


@pytest.mark.parametrize("name", [NOTIFY, ALARM, DISASTER])
def test_what_could_not_be_sent_is_known_by_the_status(place: Path, name: str) -> None:
    report = str(place / "apprise")
    done = run(place, name, "BACKUP_DAY", TEXT, STATUS="3", SESAM_REPORT=report)
    assert done.returncode == 3


def test_the_report_of_a_self_backup_is_sent(place: Path) -> None:
    report = place / "report.txt"
    report.write_text("How to\n    zstd -dc x | tar\n")
    assert run(place, DISASTER, SESAM_REPORT=str(report)).returncode == 0
    assert sent(place)[2:] == [
        "--title=Alpha: how to put this location back",
        "--body=How to",
        "    zstd -dc x | tar",
    ]
    (place / "sent").unlink()
    assert run(place, DISASTER, SESAM_REPORT="").returncode == 0
    assert not (place / "sent").exists()
