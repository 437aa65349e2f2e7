"""What is kept about jobs as they are written never differs from the jobs."""

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_agent.adapters.catalogue import job_pages
from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.catalogue.migrations import MIGRATIONS
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.savesets import BackupType
from server_agent.ports import CatalogueTransaction, JobGrouping, JobQuery
from tests.fakes.catalogue import MemoryCatalogue
from tests.fakes.records import JOB, START

Step = Callable[[CatalogueTransaction], object]

FIRST = date(2025, 12, 30)
DAYS = st.integers(0, 500).map(lambda number: FIRST + timedelta(days=number))
WORDS = st.sampled_from(
    [
        *("", "Straße 7", 'a "b" c', "100%_*", "ẞ\N{COMBINING DIAERESIS}x", "abcabc"),
        *("abc\0def", "abc\ufffedef", "\N{GRINNING FACE}" * 4, "k\nabc"),
        "The client alpha did not answer within 300 seconds",
    ]
)
JOBS = st.builds(
    lambda **values: replace(JOB, **values),
    kind=st.sampled_from(JobKind),
    state=st.sampled_from(JobState),
    task=st.sampled_from(["home", "etc", ""]),
    client=st.sampled_from(["alpha", "Älpha"]),
    requested_type=st.sampled_from([None, BackupType.INC]),
    type=st.sampled_from([None, BackupType.FULL]),
    saveset=st.sampled_from(["", "SF20260301120000123@abcdefghijk"]),
    sesam_day=DAYS,
    message=WORDS,
    event=st.sampled_from(["", "nightly abc"]),
    group=st.sampled_from(["", "office"]),
    create_time=st.integers(0, 5).map(lambda number: START + timedelta(seconds=number)),
    bytes_done=st.integers(0, 3),
)


def put(number: int, changed: Job) -> Step:
    """One of the jobs that are there becomes another."""

    def step(tx: CatalogueTransaction) -> None:
        known = tx.jobs(JobQuery(), None, 1000).items
        if known:
            tx.put_job(replace(changed, id=known[number % len(known)].id))

    return step


STEPS: st.SearchStrategy[Step] = st.one_of(
    JOBS.map(lambda job: lambda tx: tx.add_job(job)),
    st.builds(put, st.integers(0, 20), JOBS),
)


class _Undone(Exception):
    """Ends a transaction that shall leave nothing."""


def _end(is_kept: bool) -> None:
    if not is_kept:
        raise _Undone


def sums_of(file: Path) -> tuple[Counter[tuple[object, ...]], Counter[tuple[object, ...]]]:
    """What is kept of each subject, period and state, and what the jobs say of it."""
    subject = "task, kind, {type}, event, client, group_name"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO job_words (job_words, rank) VALUES ('integrity-check', 1)")
        kept = connection.execute(
            f"SELECT {subject.format(type='type')}, period, state, jobs, newest "
            "FROM job_sums JOIN job_subjects ON id = subject"
        ).fetchall()
        names = subject.format(type="coalesce(type, requested_type, '')")
        said = []
        for length in (10, 7, 4):
            period = f"CAST(replace(substr(sesam_day, 1, {length}), '-', '') AS INTEGER)"
            said += connection.execute(
                f"SELECT {names}, {period} AS period, state, count(*), max(id) FROM jobs "
                f"GROUP BY {names}, period, state"
            ).fetchall()
    return Counter(kept), Counter(said)


def answers(catalogue: SqlCatalogue | MemoryCatalogue, query: JobQuery) -> Iterator[object]:
    """All pages, counts and groups under a query."""
    with catalogue.read() as view:
        yield {state: number for state, number in view.job_counts(query).items() if number}
        for order in ("create_time", "severity", "task", "bytes"):
            position: str | None = None
            while True:
                page = view.jobs(replace(query, order=order), position, 3)
                yield [job.id for job in page.items]
                position = page.next_position
                if position is None:
                    break
        for grouping in JobGrouping:
            groups = view.job_groups(replace(query, order="name"), grouping, None, 1000).items
            yield [
                (one.name, sorted(one.counts.items()), one.newest_id, one.newest_time)
                for one in groups
            ]


QUERIES = st.builds(
    JobQuery,
    states=st.frozensets(st.sampled_from(JobState), max_size=3),
    kinds=st.frozensets(st.sampled_from(JobKind), max_size=2),
    task=st.sampled_from(["", "home"]),
    client=st.sampled_from(["", "Älpha"]),
    first_sesam_day=st.none() | DAYS,
    last_sesam_day=st.none() | DAYS,
    text=st.sampled_from(
        [
            "",
            "ab",
            "abc",
            "ABCABC",
            "strasse",
            '"b"',
            "%_*",
            "20260301",
            "älp",
            "Office",
            "ss\u0308x",
            "def",
            "abc\ufffed",
            "abc\0d",
            "k\nabc",
            "abcdefghijk\nabc",  # from a saveset into a message
            "\N{GRINNING FACE}" * 3,
            "\N{GRINNING FACE}" * 2,
            "The client ALPHA did not answer within 3",
            "the client alpha did not answer within 31",
        ]
    ),
    group=st.sampled_from([None, None, "", "office"]),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.lists(STEPS, max_size=8), st.booleans()), max_size=8),
    st.lists(QUERIES, min_size=1, max_size=6),
    st.booleans(),
)
def test_sums_and_words_are_those_of_the_jobs(
    transactions: list[tuple[list[Step], bool]], queries: list[JobQuery], many: bool
) -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        pytest.MonkeyPatch.context() as patch,
        closing(SqlCatalogue(f"sqlite:///{directory}/db", create=True)) as database,
    ):
        if many:
            for cost in ("ROW_COST", "INDEX_COST", "AGED_COST"):
                patch.setattr(job_pages, cost, 0)
        memory = MemoryCatalogue()
        for steps, is_kept in transactions:
            for catalogue in (database, memory):
                with suppress(_Undone), catalogue.write() as tx:
                    for step in steps:
                        step(tx)
                    _end(is_kept)
        kept, said = sums_of(Path(directory) / "db")
        assert kept == said
        for query in queries:
            assert list(answers(database, query)) == list(answers(memory, query))


def test_jobs_that_are_removed_by_hand_are_not_counted(tmp_path: Path) -> None:
    file = tmp_path / "db"
    with closing(SqlCatalogue(f"sqlite:///{file}", create=True)) as catalogue:
        with catalogue.write() as writer:
            for _ in range(3):
                writer.add_job(replace(JOB, message="something said"))
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("DELETE FROM jobs WHERE id = 3")
            connection.commit()
        with catalogue.read() as view:
            assert view.job_counts(JobQuery(text="said")) == {JobState.QUEUED: 2}
            (group,) = view.job_groups(JobQuery(order="name"), JobGrouping.TASK, None, 5).items
            assert group.newest_id == "2"
    kept, said = sums_of(file)
    assert kept == said


def test_the_seventh_version_sums_up_the_jobs_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / "db"
    SqlCatalogue(f"sqlite:///{file}", create=True, migrations=MIGRATIONS[:6]).close()
    with closing(sqlite3.connect(file)) as connection:
        for number in range(40):
            connection.execute(
                "INSERT INTO jobs (kind, state, task, client, type, saveset, create_time, "
                "sesam_day, files, bytes_done, stored_bytes, skipped, message, started_by, "
                "duration, search, paths, target, event, group_name) VALUES ('backup', ?, ?, 'fs', "
                "'F', ?, 1, ?, 0, 0, 0, 0, ?, '', 0, 'old', x'', x'', '', 'office')",
                (
                    1 + number % 7,
                    f"task-{number % 3}",
                    f"SF{number}",
                    (FIRST + timedelta(days=number)).isoformat(),
                    "Große Straße" if number % 5 == 0 else "",
                ),
            )
        connection.commit()
    with closing(SqlCatalogue(f"sqlite:///{file}")) as catalogue, catalogue.read() as view:
        assert sum(view.job_counts(JobQuery()).values()) == 40
        assert sum(view.job_counts(JobQuery(text="GROSSE STRASSE")).values()) == 8
        assert view.job_counts(JobQuery(text="old")) == {}
        in_january = JobQuery(first_sesam_day=date(2026, 1, 1), last_sesam_day=date(2026, 1, 31))
        assert sum(view.job_counts(in_january).values()) == 31
        (group,) = view.job_groups(JobQuery(order="name"), JobGrouping.TASK_GROUP, None, 5).items
        assert (group.name, group.newest_id) == ("office", "40")
    kept, said = sums_of(file)
    assert kept == said


def test_the_eighth_version_keeps_what_is_found_in_words(tmp_path: Path) -> None:
    file = tmp_path / "db"
    SqlCatalogue(f"sqlite:///{file}", create=True, migrations=MIGRATIONS[:7]).close()
    with closing(sqlite3.connect(file)) as connection:
        for number in range(30):
            connection.execute(
                "INSERT INTO jobs (kind, state, task, client, type, saveset, create_time, "
                "sesam_day, files, bytes_done, stored_bytes, skipped, message, started_by, "
                "duration, search, paths, target, event, group_name) VALUES (?, ?, 'home', 'fs', "
                "'F', '', 1, '2026-03-01', 0, 0, 0, 0, '', '', 0, ?, x'', x'', '', '')",
                (
                    "restore" if number % 2 else "backup",
                    3 + number % 3,
                    "\nnot read" if number < 18 else "\nelse",
                ),
            )
        connection.execute("UPDATE jobs SET search = search || ' at all', state = 6 WHERE id = 1")
        connection.commit()
    found = {JobState.OK: 2, JobState.WARNING: 3, JobState.ERROR: 3, JobState.BROKEN: 1}
    backups = JobQuery(text="Not read", kinds=frozenset({JobKind.BACKUP}))
    with closing(SqlCatalogue(f"sqlite:///{file}")) as catalogue:
        with catalogue.read() as view:
            assert view.job_counts(backups) == found
            assert view.job_counts(JobQuery(text="at all")) == {JobState.BROKEN: 1}
            assert sum(view.job_counts(JobQuery(text="else")).values()) == 12
        with catalogue.write() as writer:
            job = writer.job("1")
            assert job is not None
            for changed in (
                replace(job, message="It was not read"),
                replace(job, message="It was not read", state=JobState.WARNING),
            ):
                writer.put_job(changed)
                counts = found | {JobState.BROKEN: 0}
                counts[changed.state] += 1
                assert writer.job_counts(backups) == {s: n for s, n in counts.items() if n}
            writer.put_job(replace(changed, kind=JobKind.RESTORE))
            assert sum(writer.job_counts(backups).values()) == 8
    kept, said = sums_of(file)
    assert kept == said


def test_pages_are_stable_while_jobs_end(tmp_path: Path) -> None:
    """Those that stay as they are come once each, in order, whatever the others do meanwhile."""
    with closing(SqlCatalogue(f"sqlite:///{tmp_path}/db", create=True)) as catalogue:
        with catalogue.write() as writer:
            made = [
                writer.add_job(replace(JOB, state=JobState.OK if number % 3 else JobState.ACTIVE))
                for number in range(90)
            ]
        still = [job.id for job in made if job.state is JobState.OK]
        for order in ("create_time", "severity", "task", "duration"):
            query = JobQuery(order=order)
            seen: list[str] = []
            position: str | None = None
            while True:
                with catalogue.read() as view:
                    page = view.jobs(query, position, 7)
                seen += [job.id for job in page.items]
                position = page.next_position
                if position is None:
                    break
                with catalogue.write() as writer:
                    for job in writer.open_jobs()[:3]:
                        writer.put_job(replace(job, state=JobState.ERROR, message="It failed"))
                    writer.add_job(replace(JOB, state=JobState.ACTIVE))
            assert [job_id for job_id in seen if job_id in set(still)] == still[::-1]


@pytest.mark.parametrize("first", [date(20, 2, 5), date(1, 1, 2), date(1899, 12, 31)])
def test_a_day_of_antiquity_is_no_month_of_now(tmp_path: Path, first: date) -> None:
    with closing(SqlCatalogue(f"sqlite:///{tmp_path}/db", create=True)) as catalogue:
        with catalogue.write() as writer:
            writer.add_job(replace(JOB, sesam_day=date(2002, 6, 7)))
        with catalogue.read() as view:
            assert view.job_counts(JobQuery(first_sesam_day=first)) == {JobState.QUEUED: 1}
            assert len(view.jobs(JobQuery(first_sesam_day=first), None, 5).items) == 1
            assert view.job_counts(JobQuery(last_sesam_day=first)) == {}
