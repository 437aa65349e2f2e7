"""Finding files by name over all savesets: an index of ten million entries beside plocate and grep
on the same names, and a directory of a million entries through an agent.

`python -m benchmarks.names [--entries N] [--directory N] [--rounds N] [--dir DIR]` makes the names
with a fixed seed, prints a table with the goals and writes `benchmarks/results/names.json`.
plocate comes from the package of its name; without it its lines are left out.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.names_agent import serving
from benchmarks.names_made import changed, enter, listing, saveset
from server_agent.adapters.names.index import NameIndex
from server_agent.domain.finding import Wanted
from server_agent.ports.names import NamedSaveset, NameQuery

CLIENTS = 10
PAGE = 256
CHANGED = 100  # one of so many files of a daily INC
GOAL_SEARCH_MS, GOAL_VERSIONS_MS, GOAL_FIRST_ROWS_MS = 50.0, 50.0, 200.0
RESULTS = Path(__file__).parent / "results" / "names.json"
PLOCATE = ("plocate", "plocate-build")


@dataclass
class Line:
    """One measured thing: its times and its goal in milliseconds, and what it gave."""

    name: str
    times: list[float] = field(default_factory=list)
    goal: float | None = None
    result: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def is_met(self) -> bool:
        return self.goal is None or self.median < self.goal


def made_index(file: Path, entries: int) -> tuple[NameIndex, list[str]]:
    """An index with a FULL of each client and an INC of the first; and what that cost."""
    index = NameIndex(file)
    said = []
    each = entries // CLIENTS
    seconds = [_entered(index, saveset(client, 1), client, each) for client in range(CLIENTS)]
    size = _size(file)
    said.append(
        f"{entries} entries of {CLIENTS} FULLs entered in {sum(seconds):.0f} s: {each} in "
        f"{seconds[0]:.1f} s at first, {seconds[-1]:.1f} s at last; {size / entries:.0f} bytes each"
    )
    last = saveset(0, 1)
    for number, (what, share) in enumerate(
        (("unchanged INC", 0), (f"INC with 1/{CHANGED} changed", CHANGED)), 2
    ):
        last = saveset(0, number, base=last)
        taken = _entered(index, last, 0, each, share)
        grown, size = _size(file) - size, _size(file)
        said.append(f"{what} of {each} entries: {taken:.1f} s, {grown / 1e6:.1f} MB")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said.append(f"largest memory of the process: {memory:.0f} MB (with a listing of {each} in it)")
    return index, said


def _entered(
    index: NameIndex, made: NamedSaveset, client: int, entries: int, share: int = 0
) -> float:
    """Seconds to enter a client's listing, of which one of so many files has changed since the
    FULL; 0: none."""
    rows = list(listing(client, entries, saveset(client, 1).name))
    if share:
        rows = list(changed(iter(rows), share, made.name))
    return _timed(lambda: enter(index, made, iter(rows)))


def searches(name: str) -> Iterator[tuple[str, NameQuery]]:
    """Common and rare texts, wildcards, and all conditions. `name`: that of one file."""

    def query(text: str, **conditions: object) -> NameQuery:
        return NameQuery(Wanted.of(text), **conditions)  # type: ignore[arg-type]

    for text in ("index", "pdf", "*.xlsx", "*.c", "README.md", name, name[3:-6], "99999"):
        yield f'"{text}"', query(text)
    yield '"nowhere-to-be-found"', query("nowhere-to-be-found")
    yield '"zip-pdf-xlsx-html" (common words, no file)', query("zip-pdf-xlsx-html")
    yield '"e" (one character)', query("e")
    yield '"*-0001?.eml"', query("*-0001?.eml")
    yield '"project-0007/*.h"', query("project-0007/*.h")
    yield '"*.pdf" of one client', query("*.pdf", client=f"fs-{CLIENTS - 1:03d}")
    yield '"12345" of one task', query("12345", task=f"data-{CLIENTS // 2:03d}")
    yield (
        '"*.pdf" of one sesam day',
        query("*.pdf", first_sesam_day=date(2026, 1, 4), last_sesam_day=date(2026, 1, 4)),
    )


def measure_index(index: NameIndex, rounds: int, each: int) -> list[Line]:
    """A first page for each search, and the versions of a file that has two."""
    rows = list(listing(0, min(each, 1000), ""))
    directory, name = rows[107][:2]
    lines = []
    for text, query in searches(rows[411][1].decode()):
        line = Line(f"search {text}", goal=GOAL_SEARCH_MS)
        for _ in range(rounds):
            started = time.perf_counter()
            page = index.find(query, None, PAGE)
            line.times.append((time.perf_counter() - started) * 1000)
        more = ", and more" if page.next_position else ""
        line.result = f"{len(page.files)} files{more}"
        lines.append(line)
    line = Line("versions of one path", goal=GOAL_VERSIONS_MS)
    for _ in range(rounds):
        started = time.perf_counter()
        versions = index.versions("fs-000", directory + b"/" + name, None, PAGE, 100).versions
        line.times.append((time.perf_counter() - started) * 1000)
    line.result = f"{len(versions)} versions in {sum(one.savesets for one in versions)} savesets"
    return [*lines, line]


def measure_floor(directory: Path, entries: int, rounds: int) -> list[Line]:
    """The same names as a text, searched by plocate and by grep."""
    text = directory / "names.txt"
    with text.open("wb") as file:
        for client in range(CLIENTS):
            for row in listing(client, entries // CLIENTS, ""):
                file.write(b"/fs-%03d%s/%s\n" % (client, row[0], row[1]))
    lines = []
    if all(map(shutil.which, PLOCATE)):
        database = directory / "plocate.db"
        build = ["plocate-build", "--plaintext", str(text), str(database)]
        taken = _timed(lambda: subprocess.run(build, check=True))
        built = f"built in {taken:.0f} s, {database.stat().st_size / entries:.0f} bytes each"
        for wanted in ("index", "README.md", "nowhere-to-be-found"):
            command = ["plocate", "-d", str(database), "-b", "-i", "-l", str(PAGE), wanted]
            lines.append(_floor(f'plocate "{wanted}"', command, rounds, built))
            built = ""
    grep = ["grep", "-m", str(PAGE), "-i", "-F", "nowhere-to-be-found", str(text)]
    lines.append(_floor('grep "nowhere-to-be-found" in a list', grep, 1, ""))
    return lines


def _floor(name: str, command: list[str], rounds: int, result: str) -> Line:
    def act() -> None:
        # Both end with 1 when they find nothing.
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)

    return Line(name, [1000 * _timed(act) for _ in range(rounds)], result=result)


def measure_agent(directory: Path, entries: int, rounds: int) -> tuple[list[Line], list[str]]:
    """A directory of so many files, backed up by an agent and looked at through gRPC."""
    source = directory / "source"
    source.mkdir()
    for number in range(entries):
        os.close(os.open(source / f"file-{number:08d}.dat", os.O_CREAT | os.O_WRONLY, 0o644))
    with serving(directory / "root") as agent:
        location = agent.location
        location.add_client("here")
        location.add_task("million", "here", [source])
        taken = {"FULL": 0.0, "INC": 0.0}
        said = []
        for kind in taken:
            started = time.perf_counter()
            job = location.wait(location.start_backup("million", kind))
            taken[kind] = time.perf_counter() - started
            started = time.perf_counter()
            while location.find_files("file-00000001").unindexed.total:
                time.sleep(0.05)
            waited = time.perf_counter() - started
            said.append(
                f"{kind} of {entries} files: {taken[kind]:.1f} s; found {waited:.1f} s after its "
                f"end; agent {agent.resident_bytes() / 1e6:.0f} MB"
            )
        path = os.fsencode(source)
        actions: dict[str, tuple[Callable[[], object], float]] = {
            f"first rows of a directory of {entries}": (
                lambda: next(location.entries(job.saveset, path)),
                GOAL_FIRST_ROWS_MS,
            ),
            "one file of it": (
                lambda: location.entry(job.saveset, path + b"/file-00000777.dat"),
                GOAL_SEARCH_MS,
            ),
            "search over gRPC": (
                lambda: list(location.find_files("file-0000077")),
                GOAL_SEARCH_MS,
            ),
            "versions over gRPC": (
                lambda: list(location.versions("here", path + b"/file-00000777.dat")),
                GOAL_VERSIONS_MS,
            ),
        }
        lines = [Line(name, goal=goal) for name, (_, goal) in actions.items()]
        for line in lines:
            line.times += [1000 * _timed(actions[line.name][0]) for _ in range(rounds)]
        savesets = [saveset.name for saveset in location.savesets()]
        compared = Line(f"compare two savesets of {entries}")
        compared.times += [1000 * _timed(lambda: list(location.compare(*savesets)))]
    return [*lines, compared], said


def _timed(act: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _size(file: Path) -> int:
    """In bytes, without the pages that are free for what comes."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        total, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((total - free) * size)


def show(title: str, lines: list[Line]) -> None:
    print(f"{title}{'median':>{58 - len(title)}}{'worst':>10}")
    for line in lines:
        goal = "" if line.goal is None else f"< {line.goal:.0f} ms"
        verdict = "" if line.goal is None else "met" if line.is_met else "MISSED"
        print(
            f"  {line.name:46}{line.median:8.1f} ms{max(line.times):7.1f} ms"
            f"  {goal:9}{verdict:8}{line.result}"
        )
    print(flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--directory", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dir", type=Path, help="where all is made (about 5 GB)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir) as made:
        place = Path(made)
        index, said = made_index(place / "names.db", options.entries)
        print("\n".join(said), flush=True)
        lines = measure_index(index, options.rounds, options.entries // CLIENTS)
        index.close()
        show(f"an index of {options.entries} entries", lines)
        floor = measure_floor(place, options.entries, options.rounds)
        show("the same names", floor)
        agent, of_agent = measure_agent(place, options.directory, options.rounds)
        print("\n".join(of_agent), flush=True)
        show("an agent", agent)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {
                "entries": options.entries,
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
                "said": said + of_agent,
                "milliseconds": {
                    line.name: [round(time, 2) for time in line.times]
                    for line in (*lines, *floor, *agent)
                },
            },
            indent=1,
        )
        + "\n"
    )
    return 0 if all(line.is_met for line in (*lines, *agent)) else 1


if __name__ == "__main__":
    sys.exit(main())
