"""The import contracts of pyproject.toml hold, and each one of them can fail."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]["contracts"]
}

# For each contract one import that it forbids: the module that gets it, and the import.
VIOLATIONS = {
    "desk-layers": ("sesam_master/ui/planted.py", "import sesam_master.remote"),
    "agent-layers": ("server_agent/domain/planted.py", "import server_agent.ports"),
    "meet-on-the-wire": ("sesam_master/remote/planted.py", "import server_agent.ports"),
    "wire-knows-nobody": ("sesam_api/planted.py", "import server_agent.ports"),
    "qt-in-ui": ("sesam_master/remote/planted.py", "import PySide6"),
    "grpc-at-the-edge": ("server_agent/service/planted.py", "import grpc"),
    "domain-is-pure": ("server_agent/domain/planted.py", "import time"),
    "core-is-pure": ("sesam_master/core/planted.py", "import threading"),
    "service-through-ports": ("server_agent/service/planted.py", "import subprocess"),
    "sql-in-the-catalogue": ("server_agent/rpc/planted.py", "import sqlalchemy"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The three packages and their contracts in a directory of their own."""
    for source in ("protos/sesam_api", "server_agent", "sesam_master"):
        target = tmp_path / Path(source).name
        shutil.copytree(REPOSITORY / source, target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def lint(directory: Path, contract: str | None = None) -> tuple[int, str]:
    """Exit status and output of import-linter over the packages in the directory."""
    chosen = ["--contract", contract] if contract else []
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", *chosen],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(directory), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_contract_holds(copy: Path) -> None:
    status, output = lint(copy)
    assert status == 0, output
    assert f"{len(CONTRACTS)} kept, 0 broken" in output


def test_every_contract_has_a_planted_violation() -> None:
    assert VIOLATIONS.keys() == CONTRACTS.keys()


@pytest.mark.parametrize("contract", sorted(VIOLATIONS))
def test_a_planted_violation_breaks_the_contract(copy: Path, contract: str) -> None:
    file, line = VIOLATIONS[contract]
    (copy / file).write_text(line + "\n")
    status, output = lint(copy, contract)
    assert status == 1, output
    assert f"{CONTRACTS[contract]} BROKEN" in output
    assert "planted" in output
