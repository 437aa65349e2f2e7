"""A process of its own that makes a backup, for tests that kill it or take its space away.

`python -m tests.agent.tar.driver backup ROOT NAME` tells each event on a line and waits for a line
on standard input before it goes on. `... full ROOT BYTES` makes a backup to where there is no more
space than that, and tells its error and what is left; `... restore ROOT BYTES` restores to there,
`... restore-over ROOT BYTES` over old versions of all files, `... restore-ahead ROOT BYTES` with
a clock that is an hour ahead of the file system's, as a server of files may be behind.
`... over ROOT INSIDE` restores over a mount point. `... step ROOT TARGET RULE` restores by an
overwrite rule and tells its events like `backup`. `... cut ROOT TARGET NAME [BYTES]` restores until
so much of that file is there, and kills itself. `... steps ROOT JSON` goes through a list, in which
text is a command for the shell and a list the sources of a backup, {"source": ..., "exclude": ...}
one with an exclude, {"stay": ...} one that leaves out other file systems, and {"target": ...,
"overwrite": ...} a restore; tells what came of each.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.tar.store import LABEL_FILE
from server_agent.domain.jobs import Progress
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.task_options import TaskOptions
from server_agent.ports import EngineError, RestoreDone, RestoreRequest, SavesetRef
from tests.agent.tar.site import DAY, LABEL, Probe, Site, at, engine_below, make_store
from tests.fakes.engine import FakeControl

CUT_BYTES = 2 << 20
HOUR_NS = 3_600_000_000_000


def step_through(root: Path, saveset: str) -> None:
    site = Site(root, engine_below(root))
    for event in site.engine.backup(replace(site.request(), saveset=saveset), FakeControl()):
        what = event.phase.value if isinstance(event, Progress) else type(event).__name__
        sys.stdout.write(what + "\n")
        sys.stdout.flush()
        sys.stdin.readline()


def restore_step_by_step(root: Path, target: str, rule: str) -> None:
    site = Site(root, engine_below(root))
    request = replace(only_request(root, target), overwrite=OverwriteRule(rule))
    for event in site.engine.restore(request, FakeControl()):
        what = event.phase.value if isinstance(event, Progress) else getattr(event, "code", "done")
        sys.stdout.write(what + "\n")
        sys.stdout.flush()
        sys.stdin.readline()


def only_request(root: Path, target: str) -> RestoreRequest:
    """To restore the only saveset below the root, as the job 7."""
    [data] = [path for path in (root / "store" / LABEL).glob("S*") if not path.suffix]
    saveset = SavesetRef(data.name, LABEL, DAY, None)
    return RestoreRequest((saveset,), (), os.fsencode(target), "7")


def restore_and_die(root: Path, target: str, name: str, size: int = CUT_BYTES) -> None:
    site = Site(root, engine_below(root))
    place = at(Path(target), site.source) / name

    def look() -> None:
        if place.exists() and place.stat().st_size > size:
            os.kill(os.getpid(), signal.SIGKILL)

    list(site.engine.restore(only_request(root, target), Probe(look)))


def go_through(root: Path, steps: list[str | list[str] | dict[str, str]]) -> None:
    site = Site(root, engine_below(root))
    answers = []
    for step in steps:
        if isinstance(step, str):
            subprocess.run(step, shell=True, check=True)
            continue
        if isinstance(step, dict) and "target" in step:
            request = site.restore_request(Path(step["target"]))
            rule = OverwriteRule(step.get("overwrite", "always"))
            *_, restored = site.engine.restore(replace(request, overwrite=rule), FakeControl())
            assert isinstance(restored, RestoreDone)
            answers.append({"skipped": restored.skipped, "warnings": restored.warnings})
            continue
        stays = isinstance(step, dict) and "stay" in step
        site.options = TaskOptions(one_file_system=stays)
        named = step["stay" if stays else "source"] if isinstance(step, dict) else ""
        sources = step if isinstance(step, list) else [named]
        excludes = (step["exclude"],) if isinstance(step, dict) and not stays else ()
        try:
            done = site.back_up(*map(Path, sources), excludes=excludes)
            answer = {"listed": done.listed_files, "warnings": done.warnings}
        except EngineError as error:
            answer = {"code": error.code, "text": error.text}
        said = [(each.code, os.fsdecode(each.path or b"")) for each in site.messages]
        answers.append(answer | {"said": said})
    json.dump(answers, sys.stdout)


def restore_without_space(root: Path, size: int, old: str = "") -> None:
    site = Site(root, engine_below(root))
    site.back_up()
    with tempfile.TemporaryDirectory(prefix="sesam-test-") as place:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
        answer = {"target": place, "code": "", "text": ""}
        for path in site.source.iterdir() if old else ():
            at(Path(place), path).parent.mkdir(parents=True, exist_ok=True)
            at(Path(place), path).write_text(old)
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
    elif sys.argv[1] == "restore-over":
        restore_without_space(Path(sys.argv[2]), int(sys.argv[3]), "the old one")
    elif sys.argv[1] == "restore-ahead":
        true_time_ns = time.time_ns
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "time_ns", lambda: true_time_ns() + HOUR_NS)
            restore_without_space(Path(sys.argv[2]), int(sys.argv[3]), "the old one")
    elif sys.argv[1] == "step":
        restore_step_by_step(Path(sys.argv[2]), *sys.argv[3:5])
    elif sys.argv[1] == "steps":
        go_through(Path(sys.argv[2]), json.loads(sys.argv[3]))
    elif sys.argv[1] == "cut":
        restore_and_die(Path(sys.argv[2]), *sys.argv[3:5], *map(int, sys.argv[5:]))
    elif sys.argv[1] == "over":
        restore_over_mount(Path(sys.argv[2]), sys.argv[3])
    else:
        without_space(Path(sys.argv[2]), int(sys.argv[3]))
