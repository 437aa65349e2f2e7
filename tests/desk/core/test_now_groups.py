"""Open jobs in groups: sums, and the groups that a change touches."""

from dataclasses import replace
from datetime import timedelta

from sesam_master.core.now import OpenJob
from sesam_master.core.now_groups import GroupedJobs, GroupSum
from sesam_master.core.now_rates import Speed
from sesam_master.core.results_groups import Grouping
from sesam_master.core.states import Connection, JobState
from tests.desk.results.memory import NOW, job


def open_job(place: str, number: int, farm: str = "EMEA", **values: object) -> OpenJob:
    one = job(place, number, JobState.ACTIVE)
    made = OpenJob(one, place, farm, Connection.ON, NOW, timedelta())
    return replace(made, **values)  # type: ignore[arg-type]


def test_the_sum_of_a_farm_says_what_is_not_known() -> None:
    speed = Speed()
    speed.see(0, NOW - timedelta(seconds=10))
    speed.see(1000, NOW)
    jobs = GroupedJobs(Grouping.FARM)
    jobs.take(
        [
            open_job("Lyon", 1, speed=speed),
            open_job("Lyon", 2),
            open_job("Oslo", 1, connection=Connection.STALE),
            open_job("Perth", 1, farm=""),
        ]
    )

    emea, none = sorted(jobs.groups, key=lambda group: group.order)
    assert (emea.title, none.title) == ("EMEA", "")  # what is in no farm comes last
    assert jobs.sum(emea, NOW) == GroupSum(
        {JobState.ACTIVE: 2, JobState.UNKNOWN: 1}, locations=2, dark=1, rate=100.0
    )


def test_a_change_touches_the_groups_that_a_job_leaves_and_joins() -> None:
    jobs = GroupedJobs(Grouping.FARM)
    one, other = open_job("Lyon", 1), open_job("Oslo", 1)
    jobs.take([one, other])

    touched = jobs.take([replace(one, farm="APAC")])
    assert {group.title for group in touched} == {"EMEA", "APAC"}
    assert [[j.location for j in jobs.members(g)] for g in sorted(jobs.groups, key=str)] == [
        ["Lyon"],
        ["Oslo"],
    ]
    [touched_group] = jobs.take([], [other.key, ("nobody", "9")])
    assert touched_group.title == "EMEA"
    assert {group.title for group in jobs.groups} == {"APAC"}
    assert len(jobs) == 1


def test_a_location_that_is_renamed_is_one_group() -> None:
    jobs = GroupedJobs(Grouping.LOCATION)
    one = open_job("Lyon", 1)
    jobs.take([one])
    jobs.take([replace(one, location="Lyon 2")])
    assert [(group.key, group.title) for group in jobs.groups] == [("Lyon", "Lyon 2")]


def test_without_a_grouping_there_are_no_groups() -> None:
    jobs = GroupedJobs()
    assert jobs.take([open_job("Lyon", 1)]) == set()
    assert (len(jobs), len(jobs.groups)) == (1, 0)
