"""A process of its own that makes a backup, for tests that kill it or take its space away.

`python -m tests.agent.tar.driver backup ROOT NAME` tells each event on a line and waits for a line
on standard input before it goes on. `... full ROOT BYTES` makes a backup to where there is no more
space than that, and tells its error and what is left; `... restore ROOT BYTES` restores to there.
`... over ROOT INSIDE` restores over a mount point.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from server_agent.adapters.tar.store import LABEL_FILE
from server_agent.domain.jobs import Progress
from server_agent.ports import EngineError
from tests.agent.tar.site import Site, at, engine_below, make_store
from tests.fakes.engine import FakeControl


def step_through(root: Path, saveset: str) -> None:
    site = Site(root, engine_below(root))
    for event in site.engine.backup(replace(site.request(), saveset=saveset), FakeControl()):
        what = event.phase.value if isinstance(event, Progress) else type(event).__name__
        sys.stdout.write(what + "\n")
        sys.stdout.flush()
        sys.stdin.readline()


def restore_without_space(root: Path, size: int) -> None:
    site = Site(root, engine_below(root))
    site.back_up()
    with tempfile.TemporaryDirectory(prefix="sesam-test-") as place:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
        answer = {"target": place, "code": "", "text": ""}
        try:
            site.restore(Path(place))
        except EngineError as error:
            answer |= {"code": error.code, "text": error.text}
        left = {path.name: path.stat().st_size for path in Path(place).rglob("*") if path.is_file()}
        subprocess.run(["umount", place], check=True)
    json.dump(answer | {"left": left}, sys.stdout)


def restore_over_mount(root: Path, inside: str) -> None:
    """A directory where the file `a` has to be is a mount point, or holds one."""
    site = Site(root, engine_below(root))
    site.back_up()
    restored = at(root / "target", site.source)
    place = restored / "a" / inside
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
    (place / "file").write_text("stays")
    site.restore(root / "target")
    left = {"a": "directory" if (restored / "a").is_dir() else "file"}
    left |= {"b": (restored / "b").read_text(), "mounted": (place / "file").read_text()}
    left |= {name: "too much" for name in os.listdir(restored) if name not in ("a", "b")}
    subprocess.run(["umount", place], check=True)
    answer = {"codes": site.codes(), "text": site.messages[0].text, "left": left}
    json.dump(answer, sys.stdout)


def without_space(root: Path, size: int) -> None:
    """Where tmpfs cannot be mounted, the process may write no larger file: EFBIG, not ENOSPC."""
    with tempfile.TemporaryDirectory(prefix="sesam-test-") as place:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True
        )
        small = Path(place) if mounted.returncode == 0 else root
        if mounted.returncode:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        if mounted.returncode == 0:
            make_store(small)
        engine = engine_below(small)
        try:
            list(engine.backup(Site(root, engine).request(), FakeControl()))
            answer = {"code": "", "text": ""}
        except EngineError as error:
            answer = {"code": error.code, "text": error.text}
        places = [small / "store", small / "lis", small / "tmp"]
        files = [path for top in places for path in top.rglob("*") if path.is_file()]
        left = [str(path) for path in files if path.name != LABEL_FILE]
        if mounted.returncode == 0:
            subprocess.run(["umount", place], check=True)
    json.dump(answer | {"left": left}, sys.stdout)


if __name__ == "__main__":
    if sys.argv[1] == "backup":
        step_through(Path(sys.argv[2]), sys.argv[3])
    elif sys.argv[1] == "restore":
        restore_without_space(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1] == "over":
        restore_over_mount(Path(sys.argv[2]), sys.argv[3])
    else:
        without_space(Path(sys.argv[2]), int(sys.argv[3]))
