"""The unit by which systemd starts an agent."""

import os
import subprocess
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.commands.answer import CommandError
from server_agent.commands.boot import Boot
from server_agent.ini_files import ANCHOR_VARIABLE
from server_agent.installation import SYSTEM_ANCHOR, Installation
from tests.agent.installations import make


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return make(tmp_path / '100% "ours"', name="Büro")


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What was asked of a systemctl; a file "fails" beside it makes it fail."""
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\necho \"$@\" >> '{tmp_path}/calls'\n"
        f"[ ! -e '{tmp_path}/fails' ] || {{ echo 'Access denied' >&2; exit 4; }}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return tmp_path / "calls"


@pytest.fixture
def boot(installation: Installation, tmp_path: Path) -> Boot:
    units, running = tmp_path / "units", tmp_path / "run"
    units.mkdir()
    running.mkdir()
    return Boot(installation, units, running)


def test_it_is_set_and_unset(boot: Boot, calls: Path) -> None:
    assert not boot.is_set
    boot.set("backup")
    assert boot.is_set
    assert [path.name for path in boot.units.iterdir()] == [boot.unit]
    boot.set("backup")  # once more is no error
    boot.start()
    boot.unset()
    assert not boot.is_set
    boot.unset()
    enabled = ["daemon-reload", f"enable {boot.unit}"]
    assert calls.read_text().splitlines() == [
        *(*enabled, *enabled),
        *(f"start {boot.unit}", f"disable {boot.unit}", "daemon-reload"),
    ]


def test_what_the_unit_says(boot: Boot, installation: Installation) -> None:
    unit = ConfigParser(interpolation=None, comment_prefixes=("#",), strict=False)
    unit.optionxform = str  # type: ignore[method-assign, assignment]
    unit.read_string(boot.text("backup"))
    service = unit["Service"]
    assert unit["Unit"]["Description"] == "Backup agent of Büro"
    assert (service["Type"], service["User"], service["Restart"]) == (
        "notify",
        "backup",
        "on-failure",
    )
    assert int(service["WatchdogSec"]) > 60
    anchor = str(installation.anchor).replace("%", "%%").replace('"', '\\"')
    assert service["Environment"] == f'"{ANCHOR_VARIABLE}={anchor}"'
    assert service["ExecStart"].endswith('"-m" "server_agent.commands.sesam_agent" "serve"')


def test_systemd_understands_the_unit(boot: Boot, tmp_path: Path) -> None:
    """By its own program."""
    file = tmp_path / "sesam-test.service"
    file.write_text(boot.text("root").replace("Documentation=man:sesam-agent(1)\n", ""))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", file],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if file.name in line]
    assert ours == []


def test_the_one_of_the_system_has_a_plain_name(boot: Boot, installation: Installation) -> None:
    assert boot.unit == f"sesam-{installation.location_id[:8]}.service"
    of_system = replace(boot, installation=replace(installation, anchor=SYSTEM_ANCHOR))
    assert of_system.unit == "sesam.service"


def test_a_machine_without_systemd_is_told_another_way(boot: Boot, calls: Path) -> None:
    elsewhere = replace(boot, running=boot.running / "missing")
    for act in (lambda: elsewhere.set("root"), elsewhere.unset):
        with pytest.raises(CommandError, match=r"not run by systemd.*sm_os_startup start"):
            act()
    assert not calls.exists()
    assert list(boot.units.iterdir()) == []


def test_what_systemd_says_is_passed_on(boot: Boot, calls: Path) -> None:
    calls.with_name("fails").touch()
    with pytest.raises(CommandError, match="systemctl daemon-reload failed: Access denied"):
        boot.set("root")


def test_a_unit_that_cannot_be_written(boot: Boot, calls: Path) -> None:
    lost = replace(boot, units=boot.units / "missing")
    with pytest.raises(CommandError, match=r"cannot be written: No such file.*as root"):
        lost.set("root")
    assert not calls.exists()
