"""The calendar's questions run along indexes, however many jobs there are."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.domain.events import EventKind
from server_agent.domain.occurrences import Slot, Verdict
from server_agent.ports import CatalogueTransaction, CellKey
from tests.fakes.catalogue_records import COMMAND, DAY, EIGHT, EVENT, LATER, decided, job_of

WEEK = timedelta(days=7)
KEYS = [CellKey(EventKind.BACKUP, "home", DAY), CellKey(EventKind.COMMAND, "dump", DAY)]
Statement = tuple[str, tuple[object, ...]]


@pytest.fixture
def statements() -> Iterator[list[Statement]]:
    """What the database is asked while the test runs."""
    asked: list[Statement] = []

    def note(_connection: object, _cursor: object, sql: str, values: object, *_: object) -> None:
        if sql.startswith("SELECT") and isinstance(values, tuple) and "log_state" not in sql:
            asked.append((sql, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield asked
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def steps_of(
    file: Path, statements: list[Statement], ask: Callable[[CatalogueTransaction], object]
) -> list[list[str]]:
    """How the database answers each statement of the question."""
    with closing(SqlCatalogue(f"sqlite:///{file}", create=True)) as catalogue:
        with catalogue.write() as tx:
            for event in (tx.add_event(EVENT), tx.add_event(COMMAND)):
                tx.add_job(job_of(event, "home" if event.name == EVENT.name else ""))
                tx.put_decided(decided(event, Verdict.MISSED), event, DAY)
        with catalogue.write() as tx:
            statements.clear()
            ask(tx)
    with closing(sqlite3.connect(file)) as connection:
        return [
            [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            for sql, values in statements
        ]


QUESTIONS: dict[str, tuple[int, Callable[[CatalogueTransaction], object], set[str]]] = {
    "past": (1, lambda tx: tx.past(EIGHT, EIGHT + WEEK, None, 5), {"jobs_of_slot"}),
    "past after": (
        1,
        lambda tx: tx.past(EIGHT - WEEK, EIGHT + WEEK, (EIGHT, "1", ""), 5),
        {"jobs_of_slot"},
    ),
    "jobs_of": (1, lambda tx: tx.jobs_of(Slot(EIGHT, "1")), {"jobs_of_slot"}),
    "cells": (1, lambda tx: tx.cells(date.min, DAY), set()),
    "cell": (1, lambda tx: tx.cell(KEYS[0]), set()),
    "refresh_cells": (
        4,
        lambda tx: tx.refresh_cells(KEYS, LATER),
        {"jobs_of_task_day", "jobs_of_event_day", "occurrences_given_up"},
    ),
    "open_event_ids": (1, lambda tx: tx.open_event_ids(), {"jobs_by_state"}),
    "decided_slots": (1, lambda tx: tx.decided_slots(EIGHT, LATER), set()),
    "taken_back": (1, lambda tx: tx.taken_back(EIGHT), set()),
    "plans": (1, lambda tx: tx.plans(), {"events_undecided"}),
    "event": (1, lambda tx: tx.event("dump"), {"events_by_name"}),
    "events": (1, lambda tx: tx.events(), {"events_by_name"}),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_is_sought_by_running_through_a_table(
    tmp_path: Path, statements: list[Statement], name: str
) -> None:
    count, ask, indexes = QUESTIONS[name]
    plans = steps_of(tmp_path / "sesam_db.sdb", statements, ask)
    assert len(plans) == count
    steps = [step for plan in plans for step in plan]
    tables = ("jobs", "occurrences", "past_events", "sheet_cells", "events", "schedules")
    whole = [step for step in steps if step in {f"SCAN {table}" for table in tables}]
    assert whole == [], plans
    assert {index for index in indexes if any(index in step for step in steps)} == indexes, plans


def test_what_is_past_is_not_sorted(tmp_path: Path, statements: list[Statement]) -> None:
    """A page of it costs what the page holds."""
    plans = steps_of(
        tmp_path / "sesam_db.sdb",
        statements,
        lambda tx: tx.past(EIGHT - WEEK, EIGHT + WEEK, (EIGHT, "1", ""), 5),
    )
    assert [step for step in plans[0] if "TEMP B-TREE" in step] == []
    assert plans[0][0].startswith("SEARCH occurrences USING PRIMARY KEY (planned_time>")


def test_copies_of_events_go_with_the_last_decision_about_them(tmp_path: Path) -> None:
    file = tmp_path / "sesam_db.sdb"
    with closing(SqlCatalogue(f"sqlite:///{file}", create=True)) as catalogue:
        with catalogue.write() as tx:
            event = tx.add_event(EVENT)
            for version in (1, 2, 2, 3):
                moment = EIGHT + version * WEEK
                changed = replace(event, version=version)
                tx.put_decided(decided(changed, moment=moment), changed, DAY + version * WEEK)
        kept = []
        for version in (1, 3, 4):
            with catalogue.write() as tx:
                tx.forget_plan(DAY + version * WEEK)
            with closing(sqlite3.connect(file)) as connection:
                rows = connection.execute("SELECT version FROM past_events ORDER BY version")
                kept.append([row[0] for row in rows])
    assert kept == [[1, 2, 3], [3], []]
