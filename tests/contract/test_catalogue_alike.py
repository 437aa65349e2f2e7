"""The catalogue in memory and the one in a database answer alike, whatever is done to them."""

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.domain.errors import DomainError
from server_agent.domain.events import BackupAction, EventKind
from server_agent.domain.jobs import JobState
from server_agent.domain.occurrences import Verdict
from server_agent.domain.savesets import BackupType
from server_agent.domain.sesam_day import DayStart
from server_agent.ports import CatalogueTransaction, CatalogueView, CellKey
from tests.fakes.catalogue import MemoryCatalogue
from tests.fakes.catalogue_records import (
    AT_ONCE,
    COMMAND,
    DAY,
    EIGHT,
    EVENT,
    SCHEDULE,
    decided,
    job_of,
)
from tests.fakes.records import CLIENT, TASK

Step = Callable[[CatalogueTransaction], object]

HOURS = st.integers(0, 60).map(lambda hours: EIGHT + timedelta(hours=hours))
DAYS = st.integers(0, 3).map(lambda days: DAY + timedelta(days=days))
TASKS = st.sampled_from(["home", "etc", "ä", "home daily"])
KINDS = (EVENT, COMMAND, AT_ONCE, replace(EVENT, action=BackupAction(BackupType.FULL, group="g")))


def add_event(which: int, name: str) -> Step:
    return lambda tx: tx.add_event(replace(KINDS[which], name=name))


def change_event(event_id: str, name: str) -> Step:
    def step(tx: CatalogueTransaction) -> None:
        event = tx.event_by_id(event_id)
        if event is not None:
            tx.put_event(replace(event, name=name, version=event.version + 1))

    return step


def decide(event_id: str, verdict: Verdict, moment: Any, tasks: list[str], day: date) -> Step:
    def step(tx: CatalogueTransaction) -> None:
        event = tx.event_by_id(event_id)
        if event is not None:
            occurrence = decided(event, verdict, moment=moment, tasks=tuple(tasks))
            tx.put_decided(occurrence, event, day)

    return step


def run(event_id: str, state: JobState, moment: Any, task: str, day: date) -> Step:
    def step(tx: CatalogueTransaction) -> None:
        event = tx.event_by_id(event_id)
        if event is not None:
            tx.add_job(job_of(event, task, state, moment=moment, day=day))

    return step


def end(job_id: str, state: JobState) -> Step:
    def step(tx: CatalogueTransaction) -> None:
        job = tx.job(job_id)
        if job is not None:
            tx.put_job(replace(job, state=state))

    return step


def refresh(names: list[str], days: list[date], now: Any) -> Step:
    keys = [CellKey(kind, name, day) for kind in EventKind for name in names for day in days]
    return lambda tx: tx.refresh_cells(keys, now)


IDS = st.integers(1, 4).map(str)
NAMES = st.sampled_from(["home daily", "dump", "home"])
STATES = st.sampled_from(JobState)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(add_event, st.integers(0, len(KINDS) - 1), NAMES),
    st.builds(change_event, IDS, NAMES),
    IDS.map(lambda event_id: lambda tx: tx.remove_event(event_id)),
    st.builds(decide, IDS, st.sampled_from(Verdict), HOURS, st.lists(TASKS, max_size=3), DAYS),
    st.builds(run, IDS, STATES, HOURS, st.sampled_from(["", "home", "etc"]), DAYS),
    st.builds(end, IDS, STATES),
    st.builds(refresh, st.lists(TASKS | NAMES), st.lists(DAYS, max_size=3), HOURS),
    st.builds(DayStart, HOURS, DAYS).map(lambda start: lambda tx: tx.add_day_start(start)),
    HOURS.map(lambda moment: lambda tx: tx.set_decided_until(moment)),
    DAYS.map(lambda day: lambda tx: tx.forget_plan(day)),
)


def answers(view: CatalogueView) -> list[object]:
    """All that it says of the plan, in words."""
    ever = (EIGHT - timedelta(days=9), EIGHT + timedelta(days=9))
    past = view.past(*ever, None, 1000)
    pages = []
    for each in past:
        slot = each.occurrence.slot
        pages.append(view.past(*ever, (slot.planned_time, slot.event_id, each.task), 2))
        pages.append([job.id for job in view.jobs_of(slot)])  # type: ignore[misc]
    days = [DAY + timedelta(days=number) for number in range(-1, 4)]
    return [
        view.revision(),
        view.changes_since(0),
        view.events(),
        view.plans(),
        [view.event_by_id(str(number)) for number in range(1, 6)],
        [view.event(name) for name in ("home daily", "dump", "home")],
        sorted(view.open_event_ids()),
        past,
        pages,
        [sorted(view.decided_slots(ever[0], EIGHT + timedelta(hours=n))) for n in (0, 30, 60)],
        [view.day_starts(day) for day in days],
        view.decided_until(),
        view.cells(days[0], days[-1]),
        view.cells(days[2], days[2]),
    ]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(STEPS, max_size=4), max_size=12))
def test_both_answer_alike(transactions: list[list[Step]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        database = SqlCatalogue(f"sqlite:///{directory}/sesam_db.sdb", create=True)
        catalogues = (MemoryCatalogue(), database)
        with closing(database):
            for catalogue in catalogues:
                with catalogue.write() as tx:
                    tx.put_client(CLIENT)
                    tx.put_task(TASK)
                    tx.put_schedule(SCHEDULE)
            for steps in transactions:
                refused = []
                for catalogue in catalogues:
                    try:
                        with catalogue.write() as tx:
                            for step in steps:
                                step(tx)
                    except DomainError as error:
                        refused.append(repr(error))
                    else:
                        refused.append("")
                assert refused[0] == refused[1]
            said = []
            for catalogue in catalogues:
                with catalogue.read() as view:
                    said.append([repr(answer) for answer in answers(view)])
            assert said[0] == said[1]
