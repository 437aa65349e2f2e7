"""Rules that no tool checks for us, each with its reason."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCES = ("protos/sesam_api", "server_agent", "sesam_master")
LONGEST_FILE = 400  # a longer one has an axis along which it should be split
LONGEST_FUNCTION = 50  # longer ones do more than one thing


def sources() -> Iterator[Path]:
    for room in SOURCES:
        for path in sorted((REPOSITORY / room).rglob("*.py")):
            if "_pb2" not in path.name:
                yield path


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_a_cupboard() -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in sources()}
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_function_does_everything() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in sources()
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in sources()
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def test_no_cupboards_by_name() -> None:
    banned = {"utils", "util", "helpers", "common", "manager", "misc"}
    assert [str(p) for p in sources() if p.stem in banned] == []


def test_the_agent_reads_time_from_its_clock_only() -> None:
    pattern = re.compile(r"datetime\.now\(|datetime\.utcnow\(|\btime\.time\(")
    clock = REPOSITORY / "server_agent/adapters/clock.py"
    rooms = ("domain", "service", "rpc", "adapters")
    found = [
        str(path)
        for room in rooms
        for path in (REPOSITORY / "server_agent" / room).rglob("*.py")
        if path != clock and pattern.search(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join
)
def test_the_tools_find_nothing(command: list[str]) -> None:
    tool, *arguments = command
    done = subprocess.run(
        [Path(sys.executable).with_name(tool), *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
