"""A process of its own that makes a backup, for tests that kill it or take its space away.

`python -m tests.agent.restic.driver backup ROOT NAME` tells each event on a line and waits for a
line on standard input before it goes on. `... full ROOT` makes a backup to a medium without enough
space, and tells its error and what is left. `... restore ROOT TARGET STEP` restores the newest
saveset as the job 7 and kills itself at that event. `... mounted ROOT` restores over a mount point,
`... full-target ROOT` to where there is not enough space.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from server_agent.adapters.tar.places import saveset_of
from server_agent.domain.jobs import Progress
from server_agent.ports import EngineError, SavesetRef
from tests.agent.restic.site import ResticSite
from tests.agent.tar.site import DAY, LABEL, LOCATION_ID, at
from tests.agent.tar.trees import differences, picture
from tests.contract.restic_rig import made_engine
from tests.fakes.engine import FakeControl


def step_through(root: Path, saveset: str) -> None:
    site = ResticSite(root, made_engine(root, LOCATION_ID))
    for event in site.engine.backup(replace(site.request(), saveset=saveset), FakeControl()):
        what = event.phase.value if isinstance(event, Progress) else type(event).__name__
        sys.stdout.write(what + "\n")
        sys.stdout.flush()
        sys.stdin.readline()


def fill(root: Path) -> None:
    site = ResticSite(root, made_engine(root, LOCATION_ID))
    medium = site.medium
    shutil.copytree(medium, root / "copy")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(medium)], check=True)
    shutil.copytree(root / "copy", medium, dirs_exist_ok=True)
    answer = {"code": "", "text": ""}
    try:
        site.back_up()
    except EngineError as error:
        answer = {"code": error.code, "text": error.text}
    left = sorted(site.own_files())
    json.dump(answer | {"left": left, "snapshots": site.snapshots()}, sys.stdout)


def newest(root: Path) -> ResticSite:
    site = ResticSite(root, made_engine(root, LOCATION_ID))
    names = sorted(
        (saveset_of(path) for path in (root / "lis").rglob("*.restic")), key=lambda n: n[2:19]
    )
    site.chain = [SavesetRef(names[-1], LABEL, DAY, None)]
    return site


def restore_and_die(root: Path, target: str, step: str) -> None:
    site = newest(root)
    request = replace(site.restore_request(Path(target)), job_id="7")
    for number, _ in enumerate(site.engine.restore(request, FakeControl()), start=1):
        if number == int(step):
            os.kill(os.getpid(), signal.SIGKILL)


def restore_over_mount(root: Path) -> None:
    site = newest(root)
    target = root / "target"
    place = at(target, site.source)
    (place / "d1").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place / "d1")], check=True)
    (place / "d1/f1").write_text("old")
    done = site.restore(target)
    answer = {
        "skipped": done.skipped,
        "differences": differences(picture(site.source), picture(place)),
        "left": [str(path) for path in target.rglob(".sesam*")],
        "devices": len({path.stat().st_dev for path in place.rglob("*")}),
    }
    json.dump(answer, sys.stdout)


def restore_without_space(root: Path) -> None:
    site = newest(root)
    target = root / "target"
    target.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(target)], check=True)
    answer = {"code": "", "text": ""}
    try:
        site.restore(target)
    except EngineError as error:
        answer = {"code": error.code, "text": error.text}
    left = [str(path) for path in target.rglob("*") if path.is_file()]
    json.dump(answer | {"left": left}, sys.stdout)


VERBS: dict[str, Callable[..., None]] = {
    "backup": step_through,
    "full": fill,
    "restore": restore_and_die,
    "mounted": restore_over_mount,
    "full-target": restore_without_space,
}

if __name__ == "__main__":
    verb, place, *rest = sys.argv[1:]
    VERBS[verb](Path(place), *rest)
