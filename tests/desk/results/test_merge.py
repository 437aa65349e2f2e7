"""The merge of pages: nothing lost, nothing doubled, order right, nobody holds it up."""

from hypothesis import given
from hypothesis import strategies as st

from sesam_master.core.gateway import PAGE_SIZE, JobPage, JobQuery
from sesam_master.core.merging import page_share
from sesam_master.core.records import Job
from sesam_master.core.results import ResultMerge, sort_key
from sesam_master.core.states import JobState
from tests.desk.results.memory import job

FLEETS = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.integers(0, 300), unique=True, max_size=25), min_size=1
)


def _pages(jobs: list[Job], size: int, query: JobQuery) -> list[JobPage]:
    ordered = sorted(jobs, key=sort_key(query.order), reverse=query.descending)
    parts = [ordered[at : at + size] for at in range(0, len(ordered), size)] or [[]]
    last = len(parts) - 1
    return [
        JobPage(tuple(part), str(at + 1) if at < last else "", {} if at == 0 else None)
        for at, part in enumerate(parts)
    ]


@given(FLEETS, st.integers(1, 7), st.sampled_from(["create_time", "task", "bytes"]), st.booleans())
def test_all_pages_together_give_every_job_once_and_in_order(
    fleet: dict[str, list[int]], size: int, order: str, descending: bool
) -> None:
    query = JobQuery(order=order, descending=descending)
    jobs = {name: [job(name, n) for n in numbers] for name, numbers in fleet.items()}
    pages = {name: _pages(found, size, query) for name, found in jobs.items()}
    merge = ResultMerge(query)
    for name in fleet:
        merge.start(name, pages[name][0])
    everything = sorted(
        (one for found in jobs.values() for one in found),
        key=sort_key(order),
        reverse=descending,
    )
    values = [sort_key(order)(one) for one in everything]
    merged = merge.merged(10_000)
    while merged.to_page:
        shown = [sort_key(order)(one) for one in merged.items]
        assert shown == values[: len(shown)]  # what is shown never has a gap
        for name, token in merged.to_page:
            merge.await_page(name)
            merge.append(name, token, pages[name][int(token)])
        merged = merge.merged(10_000)
    assert not merged.has_more
    assert [sort_key(order)(one) for one in merged.items] == values
    assert len({one.key for one in merged.items}) == len(everything)


@given(FLEETS, st.sampled_from("abcd"))
def test_a_location_that_never_answers_or_fails_hides_nothing_of_the_others(
    fleet: dict[str, list[int]], dead: str
) -> None:
    query = JobQuery()
    merge = ResultMerge(query)
    for name, numbers in fleet.items():
        found = [job(name, n) for n in numbers]
        if name != dead:
            merge.start(name, _pages(found, 100, query)[0])
        elif numbers:
            merge.start(name, JobPage(tuple(found[:1]), "more", {}))
            merge.fail(name, "more")
    keys = {one.key for one in merge.merged(10_000).items}
    assert keys >= {(name, str(n)) for name in fleet if name != dead for n in fleet[name]}
    assert not merge.merged(10_000).has_more


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(list(JobState)[:6])), max_size=40))
def test_changes_keep_one_row_per_job_in_order(changes: list[tuple[int, JobState]]) -> None:
    merge = ResultMerge(JobQuery(states=frozenset({JobState.OK, JobState.ACTIVE})))
    merge.start("a", JobPage((job("a", 20), job("a", 10)), "", {}))
    newest = {20: JobState.OK, 10: JobState.OK}
    for number, state in changes:
        merge.put(job("a", number, state))
        newest[number] = state
    shown = [(int(one.id), one.state) for one in merge.merged(100).items]
    wanted = {n: s for n, s in newest.items() if s in (JobState.OK, JobState.ACTIVE)}
    assert shown == sorted(wanted.items(), reverse=True)


def test_a_new_job_beyond_what_was_paged_waits_for_its_page_and_is_not_doubled() -> None:
    merge = ResultMerge(JobQuery())
    merge.start("a", JobPage((job("a", 30), job("a", 20)), "next", {}))
    merge.put(job("a", 10))
    assert [one.id for one in merge.merged(100).items] == ["30", "20"]
    merge.put(job("a", 25))
    merge.append("a", "next", JobPage((job("a", 25), job("a", 10)), "", None))
    assert [one.id for one in merge.merged(100).items] == ["30", "25", "20", "10"]


def test_the_limit_is_held_and_said() -> None:
    merge = ResultMerge(JobQuery())
    merge.start("a", JobPage(tuple(job("a", n) for n in range(9, -1, -1)), "", {}))
    merged = merge.merged(4)
    assert [one.id for one in merged.items] == ["9", "8", "7", "6"]
    assert merged.has_more
    assert not merged.to_page


def test_a_page_that_was_asked_for_before_the_location_began_anew_leaves_no_hole() -> None:
    merge = ResultMerge(JobQuery())
    merge.start("a", JobPage(tuple(job("a", n) for n in (10, 9, 8, 7)), "older", {}))
    merge.await_page("a")
    merge.start("a", JobPage(tuple(job("a", n) for n in (13, 12, 11, 10)), "fresh", {}))
    merge.append("a", "older", JobPage(tuple(job("a", n) for n in (6, 5, 4, 3)), "", None))
    assert [one.id for one in merge.merged(100).items] == ["13", "12", "11", "10"]
    assert merge.merged(100).has_more
    merge.fail("a", "older")
    assert merge.merged(100).has_more


def test_so_many_locations_are_asked_for_a_share_of_a_page_each() -> None:
    assert [page_share(number) for number in (0, 1, 2, 8, 32, 200)] == [256, 256, 256, 64, 16, 16]
    assert all(page_share(number) * number >= PAGE_SIZE for number in range(1, 500))


def test_of_many_locations_only_those_are_paged_whose_rows_run_out() -> None:
    query = JobQuery()
    merge = ResultMerge(query)
    names = [f"{number:02}" for number in range(48)]
    for place, name in enumerate(names):
        found = [job(name, 100_000 - place - 48 * step) for step in range(16)]
        merge.start(name, JobPage(tuple(found), "more", {}))
    newest = [job("busy", 200_000 - number) for number in range(16)]
    merge.start("busy", JobPage(tuple(newest), "more", {}))

    merged = merge.merged(PAGE_SIZE)

    assert list(merged.items) == newest  # behind them there may be more that are as new
    assert merged.to_page == (("busy", "more"),)
    merge.append("busy", "more", JobPage((job("busy", 1),), "", None))
    merged = merge.merged(PAGE_SIZE)
    assert (len(merged.items), merged.to_page, merged.has_more) == (PAGE_SIZE, (), True)
