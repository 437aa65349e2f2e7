"""No list of jobs is found by running through the table, however it is sorted and filtered."""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from server_agent.adapters.catalogue import job_pages
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.domain.jobs import JobKind, JobState
from server_agent.ports import JobGrouping, JobQuery
from tests.fakes.records import JOB, START

ORDERS = ("create_time", "task", "client", "state", "severity", "bytes", "duration")
DAY = START.date()
PARTS: tuple[dict[str, Any], ...] = (
    {"states": frozenset({JobState.QUEUED, JobState.ERROR})},
    {"kinds": frozenset({JobKind.BACKUP})},
    {"task": "home"},
    {"client": "alpha"},
    {"group": ""},
    {"first_sesam_day": DAY, "last_sesam_day": DAY + timedelta(days=3)},
    {"text": "home"},
)
FILTERS: list[dict[str, Any]] = [
    {name: value for part in parts for name, value in part.items()}
    for count in (0, 1, 2, len(PARTS))
    for parts in itertools.combinations(PARTS, count)
] + [
    {"first_sesam_day": DAY},
    {"last_sesam_day": DAY, "states": frozenset({JobState.QUEUED})},
    {"text": "ho"},
    {"text": "nowhere"},
    {"text": "said"},
    {"text": "said", "states": frozenset({JobState.QUEUED}), "first_sesam_day": date(2026, 1, 1)},
]
# A step that looks at every row of the table, or, if it is sorted, of an index.
_WHOLE = re.compile(r"^SCAN jobs$")
_ALONG = re.compile(r"^SCAN jobs USING (COVERING )?INDEX")


@pytest.fixture(params=["few", "many"])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether lists are read in the way of long ones."""
    if request.param == "many":
        for cost in ("ROW_COST", "INDEX_COST", "AGED_COST"):
            monkeypatch.setattr(job_pages, cost, 0)
    return bool(request.param == "many")


@pytest.fixture
def asked() -> Iterator[dict[str, tuple[object, ...]]]:
    """What the database is asked, each question once."""
    statements: dict[str, tuple[object, ...]] = {}

    def note(_connection: object, _cursor: object, sql: str, values: object, *_: object) -> None:
        if sql.startswith("SELECT") and isinstance(values, tuple):
            statements[sql] = values

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


def plans_of(file: Path, asked: dict[str, tuple[object, ...]]) -> dict[str, list[str]]:
    with closing(sqlite3.connect(file)) as connection:
        return {
            sql: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            for sql, values in asked.items()
        }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A catalogue of a few jobs."""
    made = tmp_path / "sesam_db.sdb"
    url = f"sqlite:///{made}"
    with closing(SqlCatalogue(url, create=True)) as catalogue, catalogue.write() as writer:
        for number in range(6):
            writer.add_job(replace(JOB, message="said" if number % 2 else "home, too"))
    return made


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("order", ORDERS)
def test_no_page_runs_through_the_table(
    file: Path, asked: dict[str, tuple[object, ...]], many: bool, order: str, descending: bool
) -> None:
    with closing(SqlCatalogue(f"sqlite:///{file}")) as catalogue, catalogue.read() as view:
        asked.clear()
        for wanted in FILTERS:
            query = JobQuery(order=order, descending=descending, **wanted)
            view.jobs(query, view.jobs(query, None, 2).next_position, 2)
    plans = plans_of(file, asked)
    assert len(plans) > len(FILTERS)
    for sql, plan in plans.items():
        assert not [step for step in plan if _WHOLE.match(step)], (sql, plan)
        along = [step for step in plan if _ALONG.match(step)]
        if many:  # run along the order, which then needs no sorting
            ordered = [step for step in plan if "FOR ORDER BY" in step]
            assert not ordered, (sql, plan)
        else:  # a few are sorted; they may not be looked for along a whole index
            assert not along or "state IN" not in sql, (sql, plan)


def test_no_count_or_group_runs_through_the_table(
    file: Path, asked: dict[str, tuple[object, ...]]
) -> None:
    with closing(SqlCatalogue(f"sqlite:///{file}")) as catalogue, catalogue.read() as view:
        asked.clear()
        for wanted in FILTERS:
            view.job_counts(JobQuery(**wanted))
            for grouping in JobGrouping:
                view.job_groups(JobQuery(order="newest", **wanted), grouping, None, 5)
    for sql, plan in plans_of(file, asked).items():
        steps = [step for step in plan if step.startswith(("SCAN jobs", "SCAN job_sums"))]
        assert not steps, (sql, plan)


@pytest.mark.parametrize("kinds", [frozenset(), frozenset({JobKind.BACKUP})])
def test_what_a_text_is_found_in_is_counted_without_the_jobs(
    file: Path, asked: dict[str, tuple[object, ...]], kinds: frozenset[JobKind]
) -> None:
    """A third of a million may be found."""
    with closing(SqlCatalogue(f"sqlite:///{file}")) as catalogue, catalogue.read() as view:
        asked.clear()
        assert view.job_counts(JobQuery(text="said", kinds=kinds)) == {JobState.QUEUED: 3}
    plans = [(sql, plan) for sql, plan in plans_of(file, asked).items() if "MATCH" in sql]
    assert plans
    for sql, plan in plans:
        assert not [step for step in plan if "jobs" in step or "TEMP B-TREE" in step], (sql, plan)


def test_no_more_than_the_begin_of_a_long_text_is_looked_for_in_the_index(
    file: Path, asked: dict[str, tuple[object, ...]]
) -> None:
    """FTS5 looks for each three of its characters in all of the jobs."""
    query = JobQuery(text="said" * 250)
    with closing(SqlCatalogue(f"sqlite:///{file}")) as catalogue, catalogue.read() as view:
        asked.clear()
        view.jobs(query, None, 9)
        view.job_counts(query)
    phrases = [
        value
        for sql, values in asked.items()
        if "MATCH" in sql
        for value in values
        if isinstance(value, str) and value.startswith('"')
    ]
    assert phrases
    assert max(map(len, phrases)) <= 40


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"task": "home"}, "jobs_of_task"),
        ({"client": "alpha"}, "jobs_of_client"),
        ({}, "jobs_by_create_time"),
    ],
)
def test_many_jobs_of_a_task_or_client_are_run_along_by_themselves(
    file: Path,
    asked: dict[str, tuple[object, ...]],
    monkeypatch: pytest.MonkeyPatch,
    wanted: dict[str, Any],
    index: str,
) -> None:
    """They may all be older than those of the others."""
    monkeypatch.setattr(job_pages, "ROW_COST", 0)
    monkeypatch.setattr(job_pages, "INDEX_COST", 0)
    with closing(SqlCatalogue(f"sqlite:///{file}")) as catalogue, catalogue.read() as view:
        asked.clear()
        view.jobs(JobQuery(**wanted), view.jobs(JobQuery(**wanted), None, 2).next_position, 9)
    pages = [plan for sql, plan in plans_of(file, asked).items() if "page_key" in sql]
    assert len(pages) == 3
    assert all(any(f" {index} " in f"{step} " for step in plan) for plan in pages), pages
