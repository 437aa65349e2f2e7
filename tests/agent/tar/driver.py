"""A process of its own that makes a backup, for tests that kill it or take its space away.

`python -m tests.agent.tar.driver backup ROOT NAME` tells each event on a line and waits for a line
on standard input before it goes on. `... full ROOT BYTES` makes a backup to where there is no more
space than that, and tells its error and what is left; `... restore ROOT BYTES` restores to there.
"""

import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from server_agent.adapters.tar.engine import TarEngine
from server_agent.domain.jobs import Progress
from server_agent.ports import EngineError
from tests.agent.tar.site import Site
from tests.fakes.engine import FakeControl


def step_through(root: Path, saveset: str) -> None:
    site = Site(root, TarEngine(root / "store", root / "lis", root / "tmp", threads=2))
    for event in site.engine.backup(replace(site.request(), saveset=saveset), FakeControl()):
        what = event.phase.value if isinstance(event, Progress) else type(event).__name__
        sys.stdout.write(what + "\n")
        sys.stdout.flush()
        sys.stdin.readline()


def restore_without_space(root: Path, size: int) -> None:
    site = Site(root, TarEngine(root / "store", root / "lis", root / "tmp", threads=2))
    site.back_up()
    with tempfile.TemporaryDirectory(prefix="sesam-test-") as place:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
        try:
            code = f"restored {site.restore(Path(place))}"
        except EngineError as error:
            code = error.code
        left = {path.name: path.stat().st_size for path in Path(place).rglob("*") if path.is_file()}
        subprocess.run(["umount", place], check=True)
    json.dump({"code": code, "left": left}, sys.stdout)


def without_space(root: Path, size: int) -> None:
    """Where tmpfs cannot be mounted, the process may write no larger file: EFBIG, not ENOSPC."""
    with tempfile.TemporaryDirectory(prefix="sesam-test-") as place:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True
        )
        small = Path(place) if mounted.returncode == 0 else root
        if mounted.returncode:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        engine = TarEngine(small / "store", small / "lis", small / "tmp", threads=2)
        try:
            list(engine.backup(Site(root, engine).request(), FakeControl()))
            answer = {"code": "", "text": ""}
        except EngineError as error:
            answer = {"code": error.code, "text": error.text}
        places = [small / "store", small / "lis", small / "tmp"]
        left = [str(path) for top in places for path in top.rglob("*") if path.is_file()]
        if mounted.returncode == 0:
            subprocess.run(["umount", place], check=True)
    json.dump(answer | {"left": left}, sys.stdout)


if __name__ == "__main__":
    if sys.argv[1] == "backup":
        step_through(Path(sys.argv[2]), sys.argv[3])
    elif sys.argv[1] == "restore":
        restore_without_space(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        without_space(Path(sys.argv[2]), int(sys.argv[3]))
