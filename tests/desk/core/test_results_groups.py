"""Groups of results over many locations: their sums, their worst state, their order."""

from datetime import timedelta

from sesam_master.core.results_groups import Grouping, GroupSum, Share, ordered, shares_of
from sesam_master.core.run_changes import run_changes
from sesam_master.core.states import JobState
from tests.desk.results.memory import NOW, job

HOUR = timedelta(hours=1)


def test_what_was_open_at_a_dark_location_is_unknown_in_the_sum() -> None:
    group = GroupSum("home")
    group.add("a", Share({JobState.OK: 3, JobState.ACTIVE: 1}, NOW), is_live=True)
    group.add("b", Share({JobState.OK: 2, JobState.ACTIVE: 1}, NOW + HOUR), is_live=False)
    assert group.shown_counts == (
        (JobState.UNKNOWN, 1),
        (JobState.ACTIVE, 1),
        (JobState.OK, 5),
    )
    assert group.worst is JobState.UNKNOWN
    assert group.newest_time == NOW + HOUR
    assert group.locations == {"a", "b"}


def test_a_share_without_jobs_adds_no_location() -> None:
    group = GroupSum("home")
    group.add("a", Share({JobState.OK: 0}), is_live=True)
    assert not group.locations
    assert group.worst is JobState.NOT_PLANNED


def test_jobs_that_are_all_here_are_summed_by_what_they_have_in_common() -> None:
    jobs = [
        job("a", 1, task="home", group="nightly"),
        job("a", 2, JobState.ERROR, task="home"),
        job("a", 3, JobState.ACTIVE, task="etc"),
    ]
    pairs = [(one, one.state) for one in jobs]
    by_task = shares_of(pairs, Grouping.TASK, "EMEA")
    assert by_task["home"].counts == {JobState.OK: 1, JobState.ERROR: 1}
    assert by_task["home"].newest_time == jobs[1].create_time
    assert set(shares_of(pairs, Grouping.TASK_GROUP, "EMEA")) == {"nightly", ""}
    assert set(shares_of(pairs, Grouping.FARM, "EMEA")) == {"EMEA"}
    unknown = shares_of([(jobs[2], JobState.UNKNOWN)], Grouping.STATE, "EMEA")
    assert unknown["unknown"].counts == {JobState.UNKNOWN: 1}


def test_groups_follow_the_order_of_the_table() -> None:
    sums = []
    for key, state, hours in (("b", JobState.OK, 2), ("a", JobState.ERROR, 1), ("C", "ok", 3)):
        group = GroupSum(key)
        group.add("x", Share({JobState(state): 1}, NOW + hours * HOUR), is_live=True)
        sums.append(group)

    def keys(order: str, *, descending: bool) -> list[str]:
        found = ordered(sums, order, descending=descending, name_of=lambda key: key)
        return [group.key for group in found]

    assert keys("create_time", descending=True) == ["C", "b", "a"]
    assert keys("severity", descending=True) == ["a", "C", "b"]
    assert keys("severity", descending=False) == ["C", "b", "a"]
    assert keys("task", descending=False) == ["a", "b", "C"]
    assert keys("bytes", descending=True) == ["a", "b", "C"]


def test_a_run_is_compared_with_the_last_good_one_of_its_type() -> None:
    runs = [
        job("a", 5, size_bytes=150),
        job("a", 4, JobState.ERROR, size_bytes=1),
        job("a", 3, JobState.WARNING, size_bytes=100),
        job("a", 2, size_bytes=0),
    ]
    changes = run_changes(runs)
    assert [change.size for change in changes] == [0.5, None, None, None]
    assert changes[0].duration == 0.0
    assert changes[1].duration is None
    assert changes[2].duration == 0.0
