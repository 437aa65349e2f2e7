"""What every catalogue's lists do: orders, filters, and pages while the lists change."""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from server_agent.adapters.catalogue import job_pages as sql_pages
from server_agent.domain.access import Credential, Token
from server_agent.domain.errors import InvalidArgument, PageTokenInvalid
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.savesets import BackupType, Saveset
from server_agent.ports import Catalogue, JobQuery, SavesetQuery
from tests.contract.job_lists import (
    FILTERS,
    JOBS,
    Matches,
    all_jobs,
    job_pages,
    spread_jobs,
)
from tests.fakes.records import CREDENTIAL, JOB, SAVESET, START, TOKEN

SECOND = timedelta(seconds=1)


def _duration(job: Job) -> timedelta:
    if job.start_time is None or job.end_time is None:
        return timedelta(0)
    return max(timedelta(0), job.end_time - job.start_time)


@pytest.fixture(autouse=True, params=["few", "many"])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are read in the way of short ones, and in that of long ones."""
    if request.param == "many":
        for cost in ("ROW_COST", "INDEX_COST", "AGED_COST"):
            monkeypatch.setattr(sql_pages, cost, 0)


JOB_KEYS: dict[str, Callable[[Job], object]] = {
    "create_time": lambda job: job.create_time,
    "task": lambda job: job.task,
    "client": lambda job: job.client,
    "state": lambda job: list(JobState).index(job.state),
    "bytes": lambda job: job.bytes_done,
    "severity": lambda job: "0qac1X3".index(job.state),
    "duration": _duration,
}


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("order", JOB_KEYS)
def test_every_order_both_ways(
    filled: tuple[Catalogue, list[Job]], order: str, descending: bool
) -> None:
    catalogue, jobs = filled
    expected = sorted(jobs, key=lambda job: (JOB_KEYS[order](job), int(job.id)), reverse=descending)
    for limit in (1, 7, JOBS, 1000):
        query = JobQuery(order=order, descending=descending)
        assert all_jobs(catalogue, query, limit) == expected


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("order", JOB_KEYS)
def test_pages_neither_lose_nor_repeat_while_jobs_are_added(
    filled: tuple[Catalogue, list[Job]], order: str, descending: bool
) -> None:
    catalogue, jobs = filled
    seen: list[Job] = []
    for page, added in zip(
        job_pages(catalogue, JobQuery(order=order, descending=descending), 7),
        spread_jobs() * 5,
        strict=False,
    ):
        seen += page
        with catalogue.write() as writer:
            writer.add_job(added)
    ids = [job.id for job in seen]
    assert len(ids) == len(set(ids))
    assert {job.id for job in jobs} <= set(ids)


def test_a_full_last_page_has_no_next(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        for _ in range(4):
            writer.add_job(JOB)
    sizes = [len(page) for page in job_pages(catalogue, JobQuery(), 2)]
    assert sizes == [2, 2]


@pytest.mark.parametrize(("query", "matches"), FILTERS)
def test_filters(filled: tuple[Catalogue, list[Job]], query: JobQuery, matches: Matches) -> None:
    catalogue, jobs = filled
    expected = {job.id for job in jobs if matches(job)}
    found = all_jobs(catalogue, query, 4)
    assert len(found) == len(expected)
    assert {job.id for job in found} == expected


@pytest.mark.parametrize(("query", "matches"), FILTERS)
def test_counts_leave_the_states_of_the_query_out(
    filled: tuple[Catalogue, list[Job]], query: JobQuery, matches: Matches
) -> None:
    catalogue, _ = filled
    with catalogue.read() as view:
        counts = view.job_counts(query)
    expected: dict[JobState, int] = {}
    for job in all_jobs(catalogue, replace(query, states=frozenset())):
        expected[job.state] = expected.get(job.state, 0) + 1
    assert counts == expected


def test_a_changed_job_is_found_by_what_it_is_now(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        job = writer.add_job(replace(JOB, message="first"))
        writer.put_job(replace(job, message="second", state=JobState.OK, bytes_done=9))
    with catalogue.read() as view:
        assert view.jobs(JobQuery(text="first"), None, 5).items == ()
        assert [
            found.bytes_done for found in view.jobs(JobQuery(text="second"), None, 5).items
        ] == [9]
        assert view.job_counts(JobQuery()) == {JobState.OK: 1}


OTHER_LISTS = [
    JobQuery(descending=False),
    JobQuery(order="bytes"),
    JobQuery(task="home"),
    JobQuery(client="alpha"),
    JobQuery(text="x"),
    JobQuery(states=frozenset({JobState.OK})),
    JobQuery(kinds=frozenset({JobKind.BACKUP})),
    JobQuery(first_sesam_day=date(2026, 3, 1)),
    JobQuery(last_sesam_day=date(2026, 3, 1)),
]


def test_a_position_is_good_for_its_own_list_only(
    filled: tuple[Catalogue, list[Job]],
) -> None:
    catalogue, _ = filled
    with catalogue.read() as view:
        position = view.jobs(JobQuery(), None, 3).next_position
        assert position is not None
        for query in OTHER_LISTS:
            with pytest.raises(PageTokenInvalid):
                view.jobs(query, position, 3)
        with pytest.raises(PageTokenInvalid):
            view.savesets(SavesetQuery(), position, 3)
        with pytest.raises(PageTokenInvalid):
            view.credentials("", True, position, 3)


def test_a_query_with_the_same_sets_is_the_same_list(
    filled: tuple[Catalogue, list[Job]],
) -> None:
    catalogue, _ = filled
    one = JobQuery(states=frozenset([JobState.OK, JobState.ERROR, JobState.QUEUED]))
    same = JobQuery(states=frozenset([JobState.QUEUED, JobState.ERROR, JobState.OK]))
    with catalogue.read() as view:
        position = view.jobs(one, None, 3).next_position
        assert view.jobs(one, position, 3) == view.jobs(same, position, 3)


@pytest.mark.parametrize(
    "position",
    ["x", "💾", "AAAA", "W10=", "bnVsbA==", "WzEsMiwzXQ==", "W1tbW1tbW10=", "=" * 9, "A" * 5000],
)
def test_nonsense_is_no_position(filled: tuple[Catalogue, list[Job]], position: str) -> None:
    catalogue, _ = filled
    with catalogue.read() as view:
        with pytest.raises(PageTokenInvalid):
            view.jobs(JobQuery(), position, 3)
        with pytest.raises(PageTokenInvalid):
            view.savesets(SavesetQuery(), position, 3)
        with pytest.raises(PageTokenInvalid):
            view.credentials("", True, position, 3)


@pytest.mark.parametrize("name", ["\ud800", "a\0b"])
def test_no_text_is_too_odd_for_a_position(filled: tuple[Catalogue, list[Job]], name: str) -> None:
    """A position may be made by anybody; half of a surrogate pair is no text."""
    catalogue, _ = filled
    query = JobQuery(order="task", descending=False)
    with catalogue.read() as view:
        token = view.jobs(query, None, 3).next_position
        assert token is not None
        mark, _name, number = json.loads(base64.urlsafe_b64decode(token))
        made = base64.urlsafe_b64encode(json.dumps([mark, name, number]).encode()).decode()
        if name.isascii():
            assert view.jobs(query, made, 3).items
        else:
            with pytest.raises(PageTokenInvalid):
                view.jobs(query, made, 3)


def test_an_unknown_order_is_refused(catalogue: Catalogue) -> None:
    with catalogue.read() as view:
        with pytest.raises(InvalidArgument) as refused:
            view.jobs(JobQuery(order="colour"), None, 3)
        assert refused.value.metadata["value"] == "colour"
        assert "create_time" in refused.value.metadata["expected"]
        with pytest.raises(InvalidArgument):
            view.savesets(SavesetQuery(order="colour"), None, 3)


# --- savesets and credentials ---------------------------------------------------------------------


def _spread_savesets() -> list[Saveset]:
    draw = random.Random(8)
    return [
        replace(
            SAVESET,
            name=f"SF{number:02d}@{draw.choice('abcAB')}",
            task=draw.choice(["etc", "Straße"]),
            client=draw.choice(["alpha", "beta"]),
            type=draw.choice(list(BackupType)),
            start_time=START + draw.randrange(4) * SECOND,
            sesam_day=date(2026, 11, draw.randrange(1, 5)),
            bytes_read=draw.randrange(4),
            eol=draw.choice([None, date(2026, 12, 1), date(2027, 1, 1)]),
            verify_time=draw.choice([None, START, START + SECOND]),
            job_id=str(draw.randrange(5, 200)),
        )
        for number in draw.sample(range(40), 40)
    ]


def all_savesets(catalogue: Catalogue, query: SavesetQuery, limit: int) -> list[Saveset]:
    found: list[Saveset] = []
    position: str | None = None
    while True:
        with catalogue.read() as view:
            page = view.savesets(query, position, limit)
        found += page.items
        position = page.next_position
        if position is None:
            return found


_BY: dict[str, Callable[[Saveset], Any]] = {
    "task": lambda s: s.task,
    "client": lambda s: s.client,
    "type": lambda s: s.type.value,
    "sesam_day": lambda s: s.sesam_day,
    "bytes": lambda s: s.bytes_read,
    "eol": lambda s: s.eol or date.max,
    "verify_time": lambda s: s.verify_time or datetime.min.replace(tzinfo=UTC),
}


@pytest.mark.parametrize("limit", [1, 7, 100])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("order", list(_BY))
def test_savesets_by(catalogue: Catalogue, order: str, descending: bool, limit: int) -> None:
    savesets = _spread_savesets()
    with catalogue.write() as writer:
        for saveset in savesets:
            writer.add_saveset(saveset)
    query = SavesetQuery(order=order, descending=descending)
    wanted = sorted(savesets, key=lambda s: (_BY[order](s), s.name), reverse=descending)
    assert all_savesets(catalogue, query, limit) == wanted


@pytest.mark.parametrize("limit", [1, 7, 100])
@pytest.mark.parametrize("descending", [True, False])
def test_savesets(catalogue: Catalogue, descending: bool, limit: int) -> None:
    savesets = _spread_savesets()
    with catalogue.write() as writer:
        for saveset in savesets:
            writer.add_saveset(saveset)
    by_job = sorted(savesets, key=lambda s: (int(s.job_id), s.name), reverse=descending)
    by_start = sorted(savesets, key=lambda s: (s.start_time, s.name), reverse=descending)
    by_name = sorted(savesets, key=lambda s: s.name, reverse=descending)

    def found(**query: str) -> list[Saveset]:
        return all_savesets(catalogue, SavesetQuery(**query, descending=descending), limit)

    assert found() == by_job
    assert found(order="start_time") == by_start
    assert found(order="start_time", client="beta") == [s for s in by_start if s.client == "beta"]
    assert found(order="name") == by_name
    assert found(task="etc") == [s for s in by_job if s.task == "etc"]
    assert found(client="beta", order="name") == [s for s in by_name if s.client == "beta"]
    assert found(text="STRASSE") == [s for s in by_job if s.task == "Straße"]
    assert found(text="sf1") == [s for s in by_job if s.name.startswith("SF1")]
    assert found(task="etc", text="alp") == [
        s for s in by_job if s.task == "etc" and s.client == "alpha"
    ]


@pytest.mark.parametrize("descending", [True, False])
def test_list_of_credentials(catalogue: Catalogue, descending: bool) -> None:
    draw = random.Random(9)
    credentials = [
        replace(
            CREDENTIAL,
            id=f"c{number}",
            digest=bytes([number]),
            holder=draw.choice(["Désk 1", "script_%"]),
            create_time=START + draw.randrange(3) * SECOND,
        )
        for number in draw.sample(range(20), 20)
    ]
    with catalogue.write() as writer:
        for credential in credentials:
            writer.put_credential(credential)
    expected = sorted(credentials, key=lambda c: (c.create_time, c.id), reverse=descending)
    for text in ("", "DÉSK", "_%", "nobody"):
        found: list[Credential] = []
        position: str | None = None
        while True:
            with catalogue.read() as view:
                page = view.credentials(text, descending, position, 3)
            found += page.items
            position = page.next_position
            if position is None:
                break
        assert found == [c for c in expected if text.casefold() in c.holder.casefold()]


@pytest.mark.parametrize("descending", [True, False])
def test_list_of_tokens(catalogue: Catalogue, descending: bool) -> None:
    draw = random.Random(10)
    tokens = [
        replace(
            TOKEN,
            id=f"t{number}",
            digest=bytes([number]),
            create_time=START + draw.randrange(3) * SECOND,
        )
        for number in draw.sample(range(20), 20)
    ]
    with catalogue.write() as writer:
        for token in tokens:
            writer.put_token(token)
    found: list[Token] = []
    position: str | None = None
    while True:
        with catalogue.read() as view:
            page = view.tokens(descending, position, 3)
        found += page.items
        position = page.next_position
        if position is None:
            break
    assert found == sorted(tokens, key=lambda t: (t.create_time, t.id), reverse=descending)
    with catalogue.read() as view, pytest.raises(PageTokenInvalid):
        view.credentials("", descending, view.tokens(descending, None, 3).next_position, 3)
