"""Pages of results; by severity too, an order that agents do not know."""

from dataclasses import replace

from sesam_master.core.gateway import PAGE_SIZE, FleetGateway, JobPage, JobQuery
from sesam_master.core.records import Job
from sesam_master.core.states import JobState
from sesam_master.ui.results.filters import JOB_STATES


async def read_page(
    gateway: FleetGateway, location_id: str, query: JobQuery, token: str, with_counts: bool
) -> JobPage:
    """One page of a location's results, in the query's order.

    Agents sort states by their numbers. By severity they are asked for one state after the other,
    each by time; the token then names the states that are left and the agent's own token.
    """
    if query.order != "state":
        return await gateway.jobs(location_id, query, token, with_counts)
    states, inner = _opened(token) if token else (_wanted(query), "")
    jobs: dict[str, Job] = {}
    counts: dict[JobState, int] | None = None
    while states and len(jobs) < PAGE_SIZE:
        one = replace(query, states=frozenset(states[:1]), order="create_time")
        counts_too = counts is None and not token
        page = await gateway.jobs(location_id, one, inner, counts_too)
        if counts_too:
            counts = page.counts or {}
            states = [states[0], *(state for state in states[1:] if counts.get(state))]
        for job in page.jobs:
            jobs.setdefault(job.id, job)
        inner = page.next_token
        if not inner:
            states = states[1:]
    rest = f"{' '.join(states)}:{inner}" if states else ""
    return JobPage(tuple(jobs.values()), rest, counts if with_counts else None)


def _wanted(query: JobQuery) -> list[JobState]:
    states = [state for state in JOB_STATES if not query.states or state in query.states]
    return states if query.descending else states[::-1]


def _opened(token: str) -> tuple[list[JobState], str]:
    states, _, inner = token.partition(":")
    return [JobState(state) for state in states.split(" ")], inner
