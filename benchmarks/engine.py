"""FULL and unchanged INC of many small files: the tar engine beside tar | zstd, restic and borg.

`python -m benchmarks.engine [--files N] [--rounds N] [--dir DIR]` makes the files with a fixed
seed, runs all in turn on the same machine, prints a table with the goals and writes
`benchmarks/results/engine.json`.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks.engine_run import DAY, FULL, NoCancel, engine_at
from benchmarks.measure import Cost, run
from server_agent.adapters.tar.listing import ListingWriter
from server_agent.adapters.tar.transfer import TAR_CREATE

SEED = 2026
SMALLEST, LARGEST = 1024, 16 * 1024  # bytes of a file
FILES_PER_DIRECTORY = 100
PACKAGES = {"restic": "restic", "borg": "borgbackup", "zstd": "zstd", "tar": "tar"}
RESULTS = Path(__file__).parent / "results" / "engine.json"
PAGE_ENTRIES = 500
MEBIBYTE = 1 << 20

# What decides how much of a file is saved; the rest of our flags is about the list and the index.
_CONTENT_FLAGS = ("--format", "--pax-option", "--acls", "--xattrs", "--sparse", "--numeric-owner")

Step = Callable[[Path, Path], Cost]
Costs = dict[str, list[Cost]]


def make_files(root: Path, count: int) -> int:
    """Half text, half noise, so that compression has something to do. Returns their bytes."""
    draw = random.Random(SEED)
    words = [
        bytes(draw.choices(b"abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 9)))
        for _ in range(5000)
    ]
    total = 0
    for number in range(count):
        directory = root / f"{number // 10_000:02d}" / f"{number // FILES_PER_DIRECTORY:04d}"
        if number % FILES_PER_DIRECTORY == 0:
            directory.mkdir(parents=True)
        size = draw.randint(SMALLEST, LARGEST)
        text = b" ".join(draw.choices(words, k=size // 12))
        content = text + draw.randbytes(max(size - len(text), 0))
        (directory / f"{number:06d}.dat").write_bytes(content)
        total += len(content)
    return total


def ours(step: str) -> Step:
    return lambda store, source: run(
        [sys.executable, "-m", "benchmarks.engine_run", step, store / "ours", source]
    )


def tar_zstd(flags: list[str]) -> Step:
    def step(store: Path, source: Path) -> Cost:
        command = 'set -o pipefail; tar -c "${@:3}" -C / "${2#/}" | zstd -q -3 -T0 -f -o "$1"'
        archive = str(store / "archive.tar.zst")
        return run(["bash", "-c", command, "bash", archive, str(source), *flags])

    return step


def restic(store: Path, source: Path) -> Cost:
    environment = {
        "RESTIC_REPOSITORY": str(store / "restic"),
        "RESTIC_PASSWORD": "benchmark",
        "RESTIC_CACHE_DIR": str(store / "restic-cache"),
    }
    if not (store / "restic").exists():
        run(["restic", "init", "-q"], environment)
    return run(["restic", "backup", "-q", source], environment)


def borg(store: Path, source: Path) -> Cost:
    environment = {
        "BORG_REPO": str(store / "borg"),
        "BORG_PASSPHRASE": "benchmark",
        "BORG_BASE_DIR": str(store / "borg-base"),
    }
    if not (store / "borg").exists():
        run(["borg", "init", "-e", "repokey-blake2"], environment)
    name = f"::{time.monotonic_ns()}"
    return run(["borg", "create", "-C", "zstd,3", "--numeric-ids", name, source], environment)


SAME_FLAGS = [flag for flag in TAR_CREATE if flag.startswith(_CONTENT_FLAGS)]
STEPS: dict[str, Step] = {
    "listing alone": ours("listing"),
    "ours FULL": ours("full"),
    "ours INC": ours("inc"),
    "tar | zstd FULL": tar_zstd(SAME_FLAGS),
    "plain tar | zstd FULL": tar_zstd([]),
    "restic FULL": restic,
    "restic INC": restic,
    "borg FULL": borg,
    "borg INC": borg,
}
# A FULL comes before its INC; contestants change places every round.
ORDERS = [
    ["listing alone", "ours", "tar | zstd", "plain tar | zstd", "restic", "borg"],
    ["borg", "restic", "plain tar | zstd", "tar | zstd", "ours", "listing alone"],
]


def rounds(source: Path, store: Path, count: int) -> Costs:
    costs: Costs = {name: [] for name in STEPS}
    for number in range(count):
        for contestant in ORDERS[number % 2]:
            names = [
                name for name in STEPS if name.rsplit(" ", 1)[0] == contestant or name == contestant
            ]
            store.mkdir()
            for name in names:
                costs[name].append(STEPS[name](store, source))
                print(f"round {number + 1}  {name:24}{_figures(costs[name][-1])}", flush=True)
            shutil.rmtree(store)
    return costs


def page_seconds(root: Path, count: int) -> float:
    """The slowest page of one directory with so many entries: first, middle, last."""
    engine = engine_at(root)
    path = root / "lis" / DAY.strftime("%Y%m%d") / f"{FULL.name}.db"
    path.parent.mkdir(parents=True)
    row = ("f", 1, 1, 1, 1, 1, 1, 0o644, 0, 0, b"")
    with ListingWriter(path, FULL.name, (b"/big",), NoCancel()) as listing:
        listing.add(iter([(b"", b"big", "d", *row[1:])]))
        listing.add((b"/big", b"%07d" % number, *row) for number in range(count))
        listing.end_scan()
        listing.finish()
    slowest, position = 0.0, None
    while True:
        started = time.perf_counter()
        page = engine.entries(FULL, b"/big", position, PAGE_ENTRIES)
        slowest = max(slowest, time.perf_counter() - started)
        position = page.next_position
        if position is None:
            return slowest


def goals(costs: Costs, page: float) -> list[tuple[str, float, float, str]]:
    """Name, value, limit, unit. All but the memory are medians."""

    def median(name: str, what: str) -> float:
        return float(statistics.median(getattr(cost, what) for cost in costs[name]))

    allowed = 1.15 * median("tar | zstd FULL", "cpu") + median("listing alone", "cpu")
    peak = max(cost.rss for name in ("ours FULL", "ours INC") for cost in costs[name])
    return [
        ("FULL: CPU <= 1.15 x tar | zstd + listing", median("ours FULL", "cpu"), allowed, "s"),
        (
            "unchanged INC: wall <= 0.3 x restic",
            median("ours INC", "wall"),
            0.3 * median("restic INC", "wall"),
            "s",
        ),
        ("unchanged INC: wall <= 0.8 s", median("ours INC", "wall"), 0.8, "s"),
        ("peak memory of the whole tree <= 150 MB", peak / 1e6, 150, "MB"),
        (f"slowest page of {PAGE_ENTRIES} in a full directory < 5 ms", page * 1000, 5, "ms"),
    ]


def report(costs: Costs, page: float, size: int, files: int) -> None:
    print(
        f"\n{files} files, {size / 1e6:.0f} MB, {os.cpu_count()} processors, "
        f"{len(costs['ours FULL'])} rounds; restic and borg encrypt"
    )
    print(f"{'':24}{'wall s: min':>12}{'median':>8}{'CPU s: min':>12}{'median':>8}{'peak MB':>9}")
    for name, found in costs.items():
        walls, processors = [c.wall for c in found], [c.cpu for c in found]
        print(
            f"{name:24}{min(walls):12.2f}{statistics.median(walls):8.2f}"
            f"{min(processors):12.2f}{statistics.median(processors):8.2f}"
            f"{max(c.rss for c in found) / 1e6:9.0f}"
        )
    print()
    for name, value, limit, unit in goals(costs, page):
        met = "met" if value <= limit else "MISSED"
        print(f"{met:7}{name:55}{value:8.2f} of {limit:.2f} {unit}")
    RESULTS.parent.mkdir(exist_ok=True)
    content = {name: [asdict(cost) for cost in found] for name, found in costs.items()}
    RESULTS.write_text(
        json.dumps(
            {"files": files, "bytes": size, "costs": content, "page_seconds": page}, indent=1
        )
    )


def _figures(cost: Cost) -> str:
    return f"wall {cost.wall:6.2f} s   CPU {cost.cpu:6.2f} s   peak {cost.rss / MEBIBYTE:5.0f} MiB"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, default=None, help="where 5 GB are free")
    options = parser.parse_args()
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if missing:
        print(f"These are missing: apt-get install {' '.join(missing)}")
        return 1
    with tempfile.TemporaryDirectory(prefix="sesam-bench-", dir=options.dir) as place:
        root = Path(place)
        print(f"making {options.files} files ...", flush=True)
        size = make_files(root / "source", options.files)
        page = page_seconds(root / "page", options.files)
        costs = rounds(root / "source", root / "store", options.rounds)
    report(costs, page, size, options.files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
