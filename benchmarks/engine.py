"""Many small files, saved, listed, restored, verified: the tar engine beside its floor and peers.

`python -m benchmarks.engine [--files N] [--rounds N] [--dir DIR]` makes the files with a fixed
seed, runs GNU tar with zstd, restic, borg and our engine in turn on the same machine, prints a
table with the goals and writes `benchmarks/results/engine.json`.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.engine_contestants import (
    ALL,
    CHANGED,
    CONTESTANTS,
    FLOOR,
    FULL,
    ONE,
    OURS,
    RESTIC,
    STEPS,
    UNCHANGED,
    VERIFY,
    VERIFY_FROM_DISK,
    Site,
    ours,
)
from benchmarks.engine_files import Change, file_at, make_files
from benchmarks.engine_run import BASE, DAY, LISTING, START, NoCancel, engine_at, restore
from benchmarks.measure import Cost
from server_agent.adapters.tar.listing import ListingWriter

PACKAGES = {"restic": "restic", "borg": "borgbackup", "zstd": "zstd", "tar": "tar"}
RESULTS = Path(__file__).parent / "results" / "engine.json"
PAGE_ENTRIES = 500
WARM_TIMES = 7

Key = tuple[str, str]  # contestant and step


@dataclass
class Results:
    """Attributes:
    costs: of each contestant and step, a cost for each round.
    stored: bytes of each contestant's store after its FULL and two INC, or its FULL alone.
    warm_seconds: one file restored by our engine, in a process that runs already.
    page_seconds: the slowest page of a directory with all the files.
    """

    costs: dict[Key, list[Cost]] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    warm_seconds: list[float] = field(default_factory=list)
    page_seconds: float = 0.0

    def median(self, contestant: str, step: str, what: str) -> float:
        return float(
            statistics.median(getattr(cost, what) for cost in self.costs[contestant, step])
        )


def rounds(root: Path, files: int, count: int, results: Results) -> None:
    """The contestants change places every round."""
    source = root / "source"
    for number in range(count):
        names = [START, LISTING, *CONTESTANTS]
        for name in names if number % 2 == 0 else reversed(names):
            own = root / "own"
            own.mkdir()
            # Near the end of the stream, and in none of the changes that are made to the source.
            site = Site(own, source, file_at(source, files - 2), root / "out")
            if name in (START, LISTING):
                _take(number, (OURS, name), partial(ours, name, site), site, results)
            else:
                _contest(number, name, site, files, results)
            shutil.rmtree(own)


def _contest(number: int, name: str, site: Site, files: int, results: Results) -> None:
    steps = {
        step: partial(CONTESTANTS[name][step], site) for step in STEPS if step in CONTESTANTS[name]
    }
    for step in (FULL, UNCHANGED):
        if step in steps:
            _take(number, (name, step), steps.pop(step), site, results)
    if CHANGED in steps:
        with Change(site.source, files):
            _take(number, (name, CHANGED), steps.pop(CHANGED), site, results)
    for step, measured in steps.items():
        _take(number, (name, step), measured, site, results)
    if name == OURS:
        results.warm_seconds.append(_warm_seconds(site))
    results.stored[name] = sum(path.lstat().st_size for path in site.own.rglob("*"))


def _take(
    number: int, key: Key, measured: Callable[[], Cost], site: Site, results: Results
) -> None:
    shutil.rmtree(site.out, ignore_errors=True)
    site.out.mkdir()
    cost = measured()
    results.costs.setdefault(key, []).append(cost)
    print(f"round {number + 1}  {' '.join(key):36}{_figures(cost)}", flush=True)
    if key[1] in (ONE, ALL) and not site.out.joinpath(*site.file.parts[1:]).is_file():
        raise RuntimeError(f"{' '.join(key)} restored no {site.file.name}")
    shutil.rmtree(site.out)


def _warm_seconds(site: Site) -> float:
    taken = []
    for number in range(WARM_TIMES):
        target = site.out / str(number)
        started = time.perf_counter()
        restore(site.own, (os.fsencode(site.file),), target)
        taken.append(time.perf_counter() - started)
    shutil.rmtree(site.out)
    return statistics.median(taken)


def page_seconds(root: Path, count: int) -> float:
    """The slowest page of one directory with so many entries."""
    engine = engine_at(root)
    path = root / "lis" / DAY.strftime("%Y%m%d") / f"{BASE.name}.db"
    path.parent.mkdir(parents=True)
    row = ("f", 1, 1, 1, 1, 1, 1, 0o644, 0, 0, b"")
    with ListingWriter(path, BASE.name, (b"/big",), NoCancel()) as listing:
        listing.add(iter([(b"", b"big", "d", *row[1:])]))
        listing.add((b"/big", b"%07d" % number, *row) for number in range(count))
        listing.end_scan()
        listing.finish()
    slowest, position = 0.0, None
    while True:
        started = time.perf_counter()
        page = engine.entries(BASE, b"/big", position, PAGE_ENTRIES)
        slowest = max(slowest, time.perf_counter() - started)
        position = page.next_position
        if position is None:
            return slowest


def goals(results: Results) -> list[tuple[str, float, float, str]]:
    """Name, value, limit, unit. All but the memory are medians."""
    median = results.median
    # Each step here starts Python anew, which an agent has done long before.
    start = "Python having started"
    full, full_most = median(OURS, FULL, "cpu"), 1.15 * median(FLOOR, FULL, "cpu")
    unchanged = median(OURS, UNCHANGED, "wall")
    unchanged_most = 0.3 * median(RESTIC, UNCHANGED, "wall")
    verify, verify_most = median(OURS, VERIFY, "wall"), 1.2 * median(FLOOR, VERIFY, "wall")
    from_disk_most = 1.2 * median(FLOOR, VERIFY_FROM_DISK, "wall")
    cpu, wall = median(OURS, START, "cpu"), median(OURS, START, "wall")
    peak = max(cost.rss for key in ((OURS, FULL), (OURS, UNCHANGED)) for cost in results.costs[key])
    return [
        ("FULL: CPU <= 1.15 x tar | zstd", full, full_most, "s"),
        (f"  {start}", full - cpu, full_most, "s"),
        ("unchanged INC: wall <= 0.3 x restic", unchanged, unchanged_most, "s"),
        (f"  {start}", unchanged - wall, unchanged_most, "s"),
        (
            "one file, warm: wall < 0.1 s",
            statistics.median(results.warm_seconds),
            0.1,
            "s",
        ),
        (
            "restore: wall <= 1.2 x tar",
            median(OURS, ALL, "wall"),
            1.2 * median(FLOOR, ALL, "wall"),
            "s",
        ),
        ("verify: wall <= 1.2 x tar", verify, verify_most, "s"),
        (f"  {start}", verify - wall, verify_most, "s"),
        ("  tar reading from the disk too", verify, from_disk_most, "s"),
        ("peak memory of the whole tree <= 150 MB", peak / 1e6, 150, "MB"),
        (
            f"slowest page of {PAGE_ENTRIES} in a full directory < 5 ms",
            results.page_seconds * 1000,
            5,
            "ms",
        ),
    ]


def report(results: Results, size: int, files: int) -> None:
    count = len(results.costs[OURS, FULL])
    print(
        f"\n{files} files, {size / 1e6:.0f} MB, {os.cpu_count()} processors, {count} rounds; "
        "restic and borg encrypt;\ntar | zstd keeps no listing, no digests, and reads nothing back;"
        "\nour verify reads from the disk, the others what the system has in its memory"
    )
    head = f"{'wall s: min':>12}{'median':>8}{'CPU s: min':>12}{'median':>8}{'peak MB':>9}"
    for step in (*STEPS, LISTING, START):
        print(f"\n{step:22}{head}")
        for (name, of_step), found in results.costs.items():
            if of_step == step:
                print(f"  {name:20}{_row(found)}")
    print(f"\n{'store, MB':22}")
    for name, stored in results.stored.items():
        what = "" if UNCHANGED in CONTESTANTS[name] else "  FULL alone"
        print(f"  {name:20}{stored / 1e6:12.0f}{what}")
    print()
    for name, value, limit, unit in goals(results):
        met = "met" if value <= limit else "MISSED"
        print(f"{met:7}{name:45}{value:8.2f} of {limit:.2f} {unit}")
    RESULTS.parent.mkdir(exist_ok=True)
    costs = {
        f"{name} {step}": [asdict(cost) for cost in found]
        for (name, step), found in results.costs.items()
    }
    content = {
        "files": files,
        "bytes": size,
        "costs": costs,
        "stored": results.stored,
        "warm_seconds": results.warm_seconds,
        "page_seconds": results.page_seconds,
    }
    RESULTS.write_text(json.dumps(content, indent=1))


def _row(found: list[Cost]) -> str:
    walls, processors = [cost.wall for cost in found], [cost.cpu for cost in found]
    return (
        f"{min(walls):12.2f}{statistics.median(walls):8.2f}"
        f"{min(processors):12.2f}{statistics.median(processors):8.2f}"
        f"{max(cost.rss for cost in found) / 1e6:9.0f}"
    )


def _figures(cost: Cost) -> str:
    return f"wall {cost.wall:6.2f} s   CPU {cost.cpu:6.2f} s   peak {cost.rss / 1e6:5.0f} MB"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, default=None, help="where 6 GB are free")
    options = parser.parse_args()
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if missing:
        print(f"These are missing: apt-get install {' '.join(missing)}")
        return 1
    results = Results()
    with tempfile.TemporaryDirectory(prefix="sesam-bench-", dir=options.dir) as place:
        root = Path(place)
        print(f"making {options.files} files ...", flush=True)
        size = make_files(root / "source", options.files)
        results.page_seconds = page_seconds(root / "page", options.files)
        rounds(root, options.files, options.rounds, results)
    report(results, size, options.files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
