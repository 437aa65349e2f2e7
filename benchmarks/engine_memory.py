"""Whether the tar engine's memory grows with the number of files.

`python -m benchmarks.engine_memory [--files N ...] [--dir DIR]` makes trees of empty files, saves
each (FULL and an INC in which nothing has changed), goes through its listing, restores one file and
all of them, and verifies, each in a process of its own, and prints the largest resident memory of
the process with all that it starts. 10 000 000 files take about an hour and 30 GB.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.engine_contestants import (
    ALL,
    CHANGED,
    FULL,
    LIST,
    ONE,
    UNCHANGED,
    VERIFY,
    Site,
    ours,
)
from benchmarks.measure import Cost

RESULTS = Path(__file__).parent / "results" / "engine_memory.json"
FILES_PER_DIRECTORY = 1000
FLAT = 1.25  # what the most files may take of what the fewest do
STEPS = (FULL, UNCHANGED, CHANGED, LIST, ONE, ALL, VERIFY)


def make_tree(root: Path, count: int) -> Path:
    """Empty files with names as long as usual. Returns the last."""
    path = root
    for first in range(0, count, FILES_PER_DIRECTORY):
        directory = root / f"{first // 1_000_000:03d}" / f"{first // FILES_PER_DIRECTORY:06d}"
        directory.mkdir(parents=True)
        for number in range(first, min(first + FILES_PER_DIRECTORY, count)):
            path = directory / f"document-{number:09d}.odt"
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
    return path


def measured(root: Path, count: int) -> dict[str, Cost]:
    """Each step once over so many files; nothing of it remains."""
    own, out = root / "own", root / "out"
    own.mkdir(parents=True)
    out.mkdir()
    source = root / "source"
    file = make_tree(source, count)
    site, costs = Site(own, source, file, out), {}
    for step in STEPS:
        if step == CHANGED:
            file.with_suffix(".new").touch()
        costs[step] = ours(step, site)
        cost = costs[step]
        figures = f"wall {cost.wall:8.2f} s   CPU {cost.cpu:8.2f} s   peak {cost.rss / 1e6:5.0f} MB"
        print(f"{count:>10} files  {step:22}{figures}", flush=True)
    shutil.rmtree(root)
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--dir", type=Path, default=None)
    options = parser.parse_args()
    counts = sorted(options.files)
    with tempfile.TemporaryDirectory(prefix="sesam-bench-", dir=options.dir) as place:
        found = {count: measured(Path(place) / str(count), count) for count in counts}
    print(f"\n{'peak MB':24}" + "".join(f"{count:>12}" for count in counts))
    for step in STEPS:
        print(f"{step:24}" + "".join(f"{found[count][step].rss / 1e6:12.0f}" for count in counts))
    print()
    for step in STEPS:
        least, most = found[counts[0]][step].rss, found[counts[-1]][step].rss
        met = "met" if most <= FLAT * least else "MISSED"
        print(f"{met:7}{step}: {most / 1e6:.0f} of {FLAT * least / 1e6:.0f} MB")
    RESULTS.parent.mkdir(exist_ok=True)
    peaks = {str(count): {step: cost.rss for step, cost in found[count].items()} for count in found}
    RESULTS.write_text(json.dumps(peaks, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
