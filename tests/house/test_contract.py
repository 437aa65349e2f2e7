"""The generated code is what the .proto files say, and they keep the rules of the field."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PROTOS = REPOSITORY / "protos"


def generated(directory: Path) -> dict[Path, str]:
    """Text of the generated files below the directory."""
    return {
        path.relative_to(directory): path.read_text()
        for pattern in ("*_pb2*.py", "*_pb2*.pyi")
        for path in directory.rglob(pattern)
    }


def test_generated_code_is_up_to_date(tmp_path: Path) -> None:
    subprocess.run([REPOSITORY / "tools/protos", tmp_path], check=True, timeout=100)
    fresh, kept = generated(tmp_path), generated(PROTOS)
    assert len(fresh) == 4 * len(list(PROTOS.rglob("*.proto")))
    stale = sorted(str(path) for path in fresh | kept if fresh.get(path) != kept.get(path))
    assert not stale, f"run make protos: {stale}"


def test_the_contract_keeps_the_rules() -> None:
    buf = Path(sys.executable).with_name("buf")
    done = subprocess.run(
        [buf, "lint", PROTOS], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
