"""What every catalogue's groups of jobs say."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from server_agent.domain.errors import InvalidArgument, PageTokenInvalid
from server_agent.domain.jobs import Job, JobState
from server_agent.ports import Catalogue, JobGroup, JobGrouping, JobQuery
from tests.contract.job_lists import FILTERS, Matches, all_jobs
from tests.fakes.records import JOB

GROUP_NAMES: dict[JobGrouping, Callable[[Job], str]] = {
    JobGrouping.TASK: lambda job: job.task,
    JobGrouping.CLIENT: lambda job: job.client,
    JobGrouping.TASK_GROUP: lambda job: job.group,
    JobGrouping.TYPE: lambda job: job.type or job.requested_type or "",
    JobGrouping.LOCATION: lambda job: "",
}
GROUP_KEYS: dict[str, Callable[[str, list[Job]], object]] = {
    "name": lambda name, jobs: name,
    "newest": lambda name, jobs: max(int(job.id) for job in jobs),
    "severity": lambda name, jobs: max("0qac1X3".index(job.state) for job in jobs),
    "jobs": lambda name, jobs: len(jobs),
}


def all_groups(
    catalogue: Catalogue, query: JobQuery, grouping: JobGrouping, limit: int
) -> list[JobGroup]:
    found: list[JobGroup] = []
    position: str | None = None
    while True:
        with catalogue.read() as view:
            page = view.job_groups(query, grouping, position, limit)
        found += page.items
        position = page.next_position
        if position is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("order", GROUP_KEYS)
@pytest.mark.parametrize("grouping", JobGrouping)
def test_groups(
    filled: tuple[Catalogue, list[Job]],
    grouping: JobGrouping,
    order: str,
    descending: bool,
    limit: int,
) -> None:
    catalogue, jobs = filled
    states = frozenset({JobState.OK, JobState.ERROR, JobState.ACTIVE})
    members: dict[str, list[Job]] = {}
    for job in jobs:
        members.setdefault(GROUP_NAMES[grouping](job), []).append(job)
    wanted = {
        name: [job for job in of_name if job.state in states] for name, of_name in members.items()
    }
    expected = sorted(
        (name for name in members if wanted[name]),
        key=lambda name: (GROUP_KEYS[order](name, wanted[name]), name),
        reverse=descending,
    )
    query = JobQuery(states=states, order=order, descending=descending)
    groups = all_groups(catalogue, query, grouping, limit)
    assert [group.name for group in groups] == expected
    for group in groups:
        assert group.counts == Counter(job.state for job in members[group.name])
        newest = max(wanted[group.name], key=lambda job: int(job.id))
        assert (group.newest_id, group.newest_state) == (newest.id, newest.state)
        assert group.newest_time == newest.create_time


@pytest.mark.parametrize(("query", "matches"), FILTERS)
def test_groups_are_of_the_jobs_under_the_query(
    filled: tuple[Catalogue, list[Job]], query: JobQuery, matches: Matches
) -> None:
    catalogue, _ = filled
    jobs = all_jobs(catalogue, query)
    by_name = replace(query, order="name", descending=False)
    groups = all_groups(catalogue, by_name, JobGrouping.TASK, 100)
    newest: dict[str, int] = {}
    for job in jobs:
        newest[job.task] = max(newest.get(job.task, 0), int(job.id))
    assert {group.name: int(group.newest_id) for group in groups} == newest
    whole = all_groups(catalogue, by_name, JobGrouping.LOCATION, 100)
    with catalogue.read() as view:
        counts = view.job_counts(query)
    assert [group.counts for group in whole] == ([counts] if jobs else [])


def test_a_group_changes_with_its_jobs(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        first = writer.add_job(replace(JOB, state=JobState.ERROR))
        second = writer.add_job(replace(JOB, state=JobState.QUEUED, type=None))
    errors = JobQuery(states=frozenset({JobState.ERROR}), order="name")
    (group,) = all_groups(catalogue, errors, JobGrouping.TASK, 5)
    assert (group.counts, group.newest_id) == ({JobState.ERROR: 1, JobState.QUEUED: 1}, first.id)
    with catalogue.write() as writer:
        writer.put_job(failed := replace(second, state=JobState.ERROR, message="x"))
    (group,) = all_groups(catalogue, errors, JobGrouping.TASK, 5)
    assert (group.counts, group.newest_id) == ({JobState.ERROR: 2}, failed.id)
    with catalogue.write() as writer:
        writer.put_job(replace(failed, task="other", state=JobState.OK))
    (group,) = all_groups(catalogue, errors, JobGrouping.TASK, 5)
    assert (group.counts, group.newest_id) == ({JobState.ERROR: 1}, first.id)


def test_a_position_is_good_for_its_own_groups_only(filled: tuple[Catalogue, list[Job]]) -> None:
    catalogue, _ = filled
    with catalogue.read() as view:
        query = JobQuery(order="name")
        position = view.job_groups(query, JobGrouping.TASK, None, 1).next_position
        assert position is not None
        for other, grouping in (
            (query, JobGrouping.CLIENT),
            (replace(query, order="jobs"), JobGrouping.TASK),
            (replace(query, descending=False), JobGrouping.TASK),
            (replace(query, text="e"), JobGrouping.TASK),
        ):
            with pytest.raises(PageTokenInvalid):
                view.job_groups(other, grouping, position, 1)
        with pytest.raises(InvalidArgument) as refused:
            view.job_groups(JobQuery(), JobGrouping.TASK, None, 1)
        assert "newest" in refused.value.metadata["expected"]
