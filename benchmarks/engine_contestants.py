"""Who is measured: the tar engine, GNU tar with zstd, restic and borg, each step by step.

A contestant keeps all of its own below one directory and knows the source and one file in it.
Every step is a command of its own that ends when its work is on the disk or read back.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.measure import Cost, run
from server_agent.adapters.durable import forget
from server_agent.adapters.tar.transfer import TAR_CREATE

# What decides how much of a file is saved; the rest of our flags is about the list and the index.
_CONTENT_FLAGS = ("--format", "--pax-option", "--acls", "--xattrs", "--sparse", "--numeric-owner")
_SAME_FLAGS = [flag for flag in TAR_CREATE if flag.startswith(_CONTENT_FLAGS)]
_AS_SAVED = ["--acls", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-p"]

# In the order in which they are taken. The source is changed after the second.
FULL, UNCHANGED, CHANGED = "FULL", "INC, nothing changed", "INC, 1 % changed"
LIST, ONE, ALL, VERIFY = "list", "one file", "restore", "verify"
# Our own verify always reads from the disk; the others read what the system has in its memory.
VERIFY_FROM_DISK = "verify, from the disk"
STEPS = (FULL, UNCHANGED, CHANGED, LIST, ONE, ALL, VERIFY, VERIFY_FROM_DISK)


@dataclass(frozen=True, slots=True)
class Site:
    """Attributes:
    own: the contestant's directory, empty at first.
    source: what is saved.
    file: one file in the source that every saveset has.
    out: where it restores to; made anew before each step.
    """

    own: Path
    source: Path
    file: Path
    out: Path


Step = Callable[[Site], Cost]
Contestant = Mapping[str, Step]


def ours(step: str, site: Site) -> Cost:
    """A step of the tar engine, in a process of its own."""
    words = [site.own, site.source, site.file, site.out]
    return run([sys.executable, "-m", "benchmarks.engine_run", step, *words])


def _tar_full(flags: list[str]) -> Step:
    def step(site: Site) -> Cost:
        command = 'set -o pipefail; tar -c "${@:3}" -C / "${2#/}" | zstd -q -3 -T0 -f -o "$1"'
        return _shell(command, _archive(site), str(site.source), *flags)

    return step


def _tar_read(command: str) -> Step:
    """A command that has the stream as its input; $1 is the file's member, $2 the target."""

    def step(site: Site) -> Cost:
        words = str(site.file).lstrip("/"), str(site.out), *_AS_SAVED
        return _shell(f'set -o pipefail; zstd -dcq "$0" | {command}', *words, name=_archive(site))

    return step


def _tar_verify_from_disk(site: Site) -> Cost:
    """What our verify does: the system gives up before what it has of the archive in memory."""
    os.sync()
    forget(Path(_archive(site)))
    return _tar_read("tar -t")(site)


def _shell(command: str, *words: str, name: str = "bash") -> Cost:
    return run(["bash", "-c", command, name, *words])


def _archive(site: Site) -> str:
    return str(site.own / "archive.tar.zst")


def _restic(*words: str) -> Step:
    def step(site: Site) -> Cost:
        environment = {
            "RESTIC_REPOSITORY": str(site.own / "restic"),
            "RESTIC_PASSWORD": "benchmark",
            "RESTIC_CACHE_DIR": str(site.own / "restic-cache"),
        }
        if not (site.own / "restic").exists():
            run(["restic", "init", "-q"], environment)
        return run(["restic", *_filled(words, site)], environment)

    return step


def _borg(*words: str) -> Step:
    """The archive is called by the time it is made; LATEST is the newest."""

    def step(site: Site) -> Cost:
        environment = {
            "BORG_REPO": str(site.own / "borg"),
            "BORG_PASSPHRASE": "benchmark",
            "BORG_BASE_DIR": str(site.own / "borg-base"),
        }
        newest = site.own / "newest"
        if not (site.own / "borg").exists():
            run(["borg", "init", "-e", "repokey-blake2"], environment)
        if words[0] == "create":
            newest.write_text(str(time.monotonic_ns()))
        latest = f"::{newest.read_text()}"
        command = [latest if word == "LATEST" else word for word in _filled(words, site)]
        return run(["borg", *command], environment, directory=site.out)

    return step


def _filled(words: tuple[str, ...], site: Site) -> list[str]:
    known = {"SOURCE": str(site.source), "FILE": str(site.file), "OUT": str(site.out)}
    known["MEMBER"] = known["FILE"].lstrip("/")
    return [known.get(word, word) for word in words]


def _ours_steps() -> Contestant:
    return {step: partial(ours, step) for step in STEPS if step != VERIFY_FROM_DISK}


_RESTIC_BACKUP = _restic("backup", "-q", "SOURCE")
_BORG_CREATE = _borg("create", "-C", "zstd,3", "--numeric-ids", "LATEST", "SOURCE")
OURS, FLOOR, PLAIN, RESTIC, BORG = "ours", "tar | zstd", "plain tar | zstd", "restic", "borg"
CONTESTANTS: Mapping[str, Contestant] = {
    OURS: _ours_steps(),
    FLOOR: {
        FULL: _tar_full(_SAME_FLAGS),
        LIST: _tar_read("tar -t"),
        ONE: _tar_read('tar -x -C "$2" "${@:3}" "$1"'),
        ALL: _tar_read('tar -x -C "$2" "${@:3}"'),
        VERIFY: _tar_read("tar -t"),
        VERIFY_FROM_DISK: _tar_verify_from_disk,
    },
    PLAIN: {FULL: _tar_full([])},
    RESTIC: {
        FULL: _RESTIC_BACKUP,
        UNCHANGED: _RESTIC_BACKUP,
        CHANGED: _RESTIC_BACKUP,
        LIST: _restic("ls", "latest"),
        ONE: _restic("restore", "-q", "latest", "--include", "FILE", "--target", "OUT"),
        ALL: _restic("restore", "-q", "latest", "--target", "OUT"),
        VERIFY: _restic("check", "-q", "--read-data"),
    },
    BORG: {
        FULL: _BORG_CREATE,
        UNCHANGED: _BORG_CREATE,
        CHANGED: _BORG_CREATE,
        LIST: _borg("list", "--short", "LATEST"),
        ONE: _borg("extract", "LATEST", "MEMBER"),
        ALL: _borg("extract", "--numeric-ids", "LATEST"),
        VERIFY: _borg("check", "--verify-data"),
    },
}
