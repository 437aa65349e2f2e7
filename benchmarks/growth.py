"""What a million jobs saved, day by day, as an agent adds it up for a plot.

`python -m benchmarks.growth [--jobs N] [--rounds N]` makes an agent's catalogue with so many
finished jobs of three years, and asks for the growth of spans and filters as the desk does; the
disk cache is warm. Beside it stands what a data store costs that has a sample an hour for 90 days:
its forecast.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.jobs_catalogue import DAYS, make_agent
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.domain.forecast import forecast
from server_agent.domain.history import StoreSample
from server_agent.installation import find_installation

GOAL_MS = 200
_SAMPLES = 90 * 24


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        root = Path(directory) / "root"
        make_agent(root, "Growth", given.jobs, seed=1)
        url = find_installation(root, {}).catalogue_url
        with closing(SqlCatalogue(url)) as catalogue:
            return measure(catalogue, given.rounds)


def measure(catalogue: SqlCatalogue, rounds: int) -> int:
    """Prints a line for each question; 1 if one missed the goal."""
    today = datetime.now(UTC).date()
    year = today - timedelta(365)
    questions: list[tuple[str, str, str, date | None]] = [
        ("90 days", "", "", today - timedelta(90)),
        ("a year", "", "", year),
        ("all three years", "", "", None),
        ("a year of one client", "fs-03", "", year),
        ("a year of one task", "", "mail-001", year),
    ]
    missed = 0
    for words, client, task, first in questions:

        def ask(client: str = client, task: str = task, first: date | None = first) -> int:
            with catalogue.read() as view:
                return len(view.growth(client, task, first, None, DAYS + 1))

        missed += _tell(f"growth, {words}", ask, rounds)
    moment = datetime.now(UTC)
    samples = [
        StoreSample("s", (at := moment - timedelta(hours=hour)).date(), at, 10**12, 10**11 * 5, 0)
        for hour in reversed(range(_SAMPLES))
    ]
    with catalogue.write() as tx:
        for sample in samples:
            tx.add_store_sample(sample)

    def look_ahead() -> int:
        with catalogue.read() as view:
            found = view.store_samples("s", None, None, None, 10_000)
        forecast(found, 95, today)
        return len(found)

    missed += _tell("forecast of a data store", look_ahead, rounds)
    return 1 if missed else 0


def _tell(words: str, ask: Callable[[], int], rounds: int) -> bool:
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        rows = ask()
        taken.append((time.perf_counter() - begun) * 1000)
    median = statistics.median(taken)
    is_missed = median > GOAL_MS
    mark = f"goal {GOAL_MS} ms missed" if is_missed else "ok"
    print(f"{words:28} {rows:6} rows {median:8.1f} ms  {mark}")
    return is_missed


if __name__ == "__main__":
    raise SystemExit(main())
