"""A million finished jobs at one agent, and the same merged over 50 agents, at the desk.

`python -m benchmarks.jobs [--jobs N] [--locations N] [--rounds N]` makes agents with jobs, each a
real one with its own catalogue, port and certificate, and drives the page "Backups by state" of a
desk over real connections. A time is from the choice until the rows are painted. Beside it stand
what cannot be undercut: the same page as bare SQL, and as a bare gRPC call.

The first agent has all N jobs and a process of its own. The others have 20 000 each and share a few
processes, but for one that is frozen in a process of its own after it has connected. All of them
and the desk share the cores of this machine, which agents do not do elsewhere. Two locations are
black from the start: one accepts connections and never answers, one drops what is sent to it.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")  # there is no window manager

from PySide6.QtWidgets import QApplication

from benchmarks.jobs_desk import Desk, desk_over
from benchmarks.jobs_fleet import Fleet, made_fleet
from benchmarks.jobs_floor import bare_call, bare_sql
from sesam_master.core.results_groups import Grouping
from sesam_master.core.results_period import Period, PeriodKind
from sesam_master.core.states import JobState
from sesam_master.ui.results.columns import ORDERS
from sesam_master.ui.results.filters import ResultFilter, Scope

GOAL_FIRST_MS, GOAL_ANY_MS, GOAL_MERGED_MS = 50.0, 150.0, 300.0
RESULTS = Path(__file__).parent / "results" / "jobs.json"
TEXTS = ("mail", "mail-101", "m", "could not be read", "EACCES", "20250311", "2025", "nowhere")


@dataclass(frozen=True, slots=True)
class Line:
    """One measured thing: its times, and the goal where it has one. All in milliseconds."""

    name: str
    times: list[float]
    goal: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def is_met(self) -> bool:
        return self.goal is None or self.median < self.goal


def choices(location_id: str) -> Iterator[tuple[str, ResultFilter]]:
    """Every order both ways, every filter, and some of them together."""
    base = ResultFilter()
    for column, order in ORDERS.items():
        for descending in (True, False):
            way = "descending" if descending else "ascending"
            chosen = replace(base, order=order, descending=descending)
            yield f"sorted by {column}, {way}", chosen
    troubles = frozenset({JobState.BROKEN, JobState.ERROR, JobState.WARNING})
    for states in (*(frozenset({state}) for state in (*troubles, JobState.OK)), troubles):
        names = " or ".join(sorted(state.value for state in states))
        yield f"state {names}", replace(base, states=states)
    yield "state queued (there is none)", replace(base, states=frozenset({JobState.QUEUED}))
    task = Scope(location_id, client="fs-11", task="mail-101")
    client = Scope(location_id, client="fs-07")
    yield "one task", replace(base, scope=task)
    yield "one task, by size", replace(base, scope=task, order="bytes")
    yield "one client", replace(base, scope=client)
    yield "one client, by duration", replace(base, scope=client, order="duration")
    day, year = date.today() - timedelta(days=400), date.today().year - 1
    spans = {
        "a day": Period(PeriodKind.SPAN, day, day),
        "7 days": Period(PeriodKind.WEEK),
        "31 days long ago": Period(PeriodKind.SPAN, day, day + timedelta(days=30)),
        "the last year": Period(PeriodKind.SPAN, date(year, 1, 1), date(year, 12, 31)),
    }
    for name, period in spans.items():
        yield name, replace(base, period=period)
        yield f"{name}, worst first", replace(base, period=period, order="severity")
    for text in TEXTS:
        yield f'text "{text}"', replace(base, text=text)
        yield f'text "{text}", worst first', replace(base, text=text, order="severity")
    all_of_it = replace(
        base, scope=client, states=troubles, period=spans["the last year"], text="answer"
    )
    yield "client, states, year and text", all_of_it
    yield "client, states, year and text, by size", replace(all_of_it, order="bytes")
    for grouping in (Grouping.TASK, Grouping.CLIENT, Grouping.TASK_GROUP, Grouping.STATE):
        yield f"grouped by {grouping.value}", replace(base, grouping=grouping)
    yield "grouped by task, text", replace(base, grouping=Grouping.TASK, text="mail")


def measure(desk: Desk, answered: int, rounds: int, goals: tuple[float, float]) -> list[Line]:
    """Each choice, and between any two of them the first page again."""
    base, here = ResultFilter(), next(iter(desk.bridge.fleet.locations))
    wanted = dict(choices(here))
    first: list[float] = []
    second: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in wanted}
    desk.narrow(replace(base, order="bytes"), answered)
    for _ in range(rounds):
        for name, chosen in wanted.items():
            covers = 1 if chosen.scope is not None else answered
            times[name].append(desk.narrow(chosen, covers))
            first.append(desk.narrow(base, answered))
        second.append(desk.next_page(answered))
    lines = [Line("first page, with counts per state", first, goals[0])]
    lines.append(Line("second page", second, goals[1]))
    return lines + [Line(name, taken, goals[1]) for name, taken in times.items()]


def one_agent(fleet: Fleet, rounds: int) -> list[Line]:
    """The desk over the first agent alone."""
    big = fleet.registrations[0]
    floor = [
        Line("the page as bare SQL", bare_sql(fleet.catalogue, rounds * 5)),
        Line("the page and counts as a bare call", bare_call(fleet, rounds * 5)),
        Line("the counts as a bare call", bare_call(fleet, rounds * 5, jobs=1)),
    ]
    with desk_over([big], fleet.credentials) as desk:
        desk.wait_for(lambda: desk.rows >= 256)
        return floor + measure(desk, 1, rounds, (GOAL_FIRST_MS, GOAL_ANY_MS))


def many_agents(fleet: Fleet, rounds: int) -> tuple[list[Line], str]:
    """The desk over all; and what it says of those that do not answer."""
    goals = (GOAL_MERGED_MS, GOAL_MERGED_MS)
    alive = len(fleet.registrations) - 2
    with desk_over(fleet.registrations, fleet.credentials) as desk:
        page = desk.page
        desk.wait_for(lambda: page.presenter.coverage().covered == alive)
        lines = measure(desk, alive, rounds, goals)
        fleet.freeze()
        base, frozen, said = ResultFilter(), [], ""
        for number in range(rounds * 4):
            desk.narrow(replace(base, order="bytes", descending=bool(number % 2)), alive - 1)
            frozen.append(desk.narrow(base, alive - 1))
            said = said or page.bar.sentence.text
        lines.append(Line("first page, one frozen meanwhile", frozen, GOAL_MERGED_MS))
        covered = page.presenter.coverage()
        share = f"from {covered.covered} of {covered.total} locations"
        desk.wait_for(lambda: "asked" not in page.bar.sentence.text)
        said = f"{said}\n  {page.bar.sentence.text}\n  {share}"
    return lines, said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--locations", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, help="where the catalogues are made (about 2 GB)")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    application = QApplication.instance() or QApplication([])
    with (
        tempfile.TemporaryDirectory(dir=options.dir) as directory,
        made_fleet(Path(directory), options.jobs, options.locations) as fleet,
    ):
        print(f"{options.jobs} jobs made and upgraded in {fleet.made_seconds:.0f} s", flush=True)
        alone = one_agent(fleet, options.rounds)
        show(f"one agent with {options.jobs} jobs", alone)
        together, said = many_agents(fleet, options.rounds)
        show(f"{options.locations} locations, of which two are black and one freezes", together)
        print(f"what the desk says at once, and at last:\n  {said}")
    del application
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {
                "jobs": options.jobs,
                "locations": options.locations,
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
                "one": {line.name: [round(time, 1) for time in line.times] for line in alone},
                "all": {line.name: [round(time, 1) for time in line.times] for line in together},
            },
            indent=1,
        )
        + "\n"
    )
    return 0 if all(line.is_met for line in (*alone, *together)) else 1


def show(title: str, lines: Sequence[Line]) -> None:
    print(f"{title}{'median':>{58 - len(title)}}{'worst':>9}")
    for line in lines:
        goal = "" if line.goal is None else f"< {line.goal:.0f} ms"
        verdict = "" if line.goal is None else "met" if line.is_met else "MISSED"
        worst = max(line.times)
        print(f"  {line.name:46}{line.median:7.0f} ms{worst:6.0f} ms  {goal:10}{verdict}")
    print(flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
