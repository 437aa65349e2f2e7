"""Jobs to list, filters with what they mean, and lists read page by page."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.savesets import BackupType
from server_agent.ports import Catalogue, JobQuery
from tests.fakes.records import JOB, SAVESET, START

SECOND = timedelta(seconds=1)
JOBS = 60


def spread_jobs() -> list[Job]:
    """Jobs with many equal keys, some open, none in the order of any list."""
    draw = random.Random(7)
    jobs = []
    for _ in range(JOBS):
        state = draw.choice(list(JobState))
        start = START + draw.randrange(5) * SECOND
        jobs.append(
            replace(
                JOB,
                state=state,
                kind=draw.choice(list(JobKind)),
                task=draw.choice(["etc", "Home", "äpfel", "home"]),
                client=draw.choice(["alpha", "beta", "Ωmega"]),
                create_time=START + draw.randrange(7) * SECOND,
                start_time=None if state is JobState.QUEUED else start,
                end_time=None if state.is_open else start + draw.randrange(-1, 4) * SECOND,
                sesam_day=date(2026, 3, draw.randrange(1, 6)),
                bytes_done=draw.choice([0, 5, 2**40]),
                message=draw.choice(["", "100% read_me", "Größe ÜBER allem", "not some"]),
                saveset=draw.choice(["", SAVESET.name]),
                group=draw.choice(["", "servers", "offices"]),
                type=None if state is JobState.QUEUED else draw.choice(list(BackupType)),
            )
        )
    return jobs


Matches = Callable[[Job], bool]
FILTERS: list[tuple[JobQuery, Matches]] = [
    (JobQuery(states=frozenset({JobState.ERROR})), lambda job: job.state is JobState.ERROR),
    (
        JobQuery(states=frozenset({JobState.QUEUED, JobState.OK})),
        lambda job: job.state in (JobState.QUEUED, JobState.OK),
    ),
    (JobQuery(kinds=frozenset({JobKind.RESTORE})), lambda job: job.kind is JobKind.RESTORE),
    (JobQuery(task="home"), lambda job: job.task == "home"),
    (JobQuery(client="Ωmega"), lambda job: job.client == "Ωmega"),
    (JobQuery(group="servers"), lambda job: job.group == "servers"),
    (JobQuery(group=""), lambda job: job.group == ""),
    (JobQuery(task="ho"), lambda job: False),
    (JobQuery(first_sesam_day=date(2026, 3, 3)), lambda job: job.sesam_day.day >= 3),
    (JobQuery(last_sesam_day=date(2026, 3, 3)), lambda job: job.sesam_day.day <= 3),
    (
        JobQuery(first_sesam_day=date(2026, 3, 2), last_sesam_day=date(2026, 3, 2)),
        lambda job: job.sesam_day.day == 2,
    ),
    (JobQuery(text="HOME"), lambda job: job.task in ("home", "Home")),
    (JobQuery(text="ÄPFEL"), lambda job: job.task == "äpfel"),
    (JobQuery(text="ωM"), lambda job: job.client == "Ωmega"),
    (JobQuery(text="sf2026"), lambda job: job.saveset != ""),
    (JobQuery(text="grösse über"), lambda job: job.message.startswith("Gr")),
    (JobQuery(text="GRÖßE"), lambda job: job.message.startswith("Gr")),
    (JobQuery(text="100%"), lambda job: job.message.startswith("100%")),
    (JobQuery(text="1%"), lambda job: False),
    # Of one or two characters, in names only.
    (
        JobQuery(text="E"),
        lambda job: any("e" in name.casefold() for name in (job.task, job.client, job.group)),
    ),
    (JobQuery(text="0%"), lambda job: False),
    (JobQuery(text="sf"), lambda job: False),
    (JobQuery(text="Off"), lambda job: job.group == "offices"),
    (JobQuery(text='"or"'), lambda job: False),
    (JobQuery(text="e* "), lambda job: False),
    (JobQuery(text="gr\0"), lambda job: False),
    # In the names of some and in the words of others.
    (JobQuery(text="ome"), lambda job: job.task in ("home", "Home") or "some" in job.message),
    (
        JobQuery(text="ome", states=frozenset({JobState.OK}), order="severity"),
        lambda job: (
            job.state is JobState.OK and (job.task in ("home", "Home") or "some" in job.message)
        ),
    ),
    (JobQuery(text="read_me"), lambda job: job.message.startswith("100%")),
    (JobQuery(text="readxme"), lambda job: False),
    (JobQuery(text="h_me"), lambda job: False),
    (JobQuery(text="x" * 60_000), lambda job: False),
    (
        JobQuery(
            states=frozenset({JobState.OK, JobState.ERROR}),
            kinds=frozenset({JobKind.BACKUP}),
            client="alpha",
            first_sesam_day=date(2026, 3, 2),
            text="All",
            order="bytes",
            descending=False,
        ),
        lambda job: (
            job.state in (JobState.OK, JobState.ERROR)
            and job.kind is JobKind.BACKUP
            and job.client == "alpha"
            and job.sesam_day.day >= 2
            and any("all" in text.casefold() for text in (job.task, job.event, job.message))
        ),
    ),
]


def job_pages(catalogue: Catalogue, query: JobQuery, limit: int) -> Iterator[tuple[Job, ...]]:
    position: str | None = None
    while True:
        with catalogue.read() as view:
            page = view.jobs(query, position, limit)
        yield page.items
        position = page.next_position
        if position is None:
            return


def all_jobs(catalogue: Catalogue, query: JobQuery, limit: int = 1000) -> list[Job]:
    return [job for page in job_pages(catalogue, query, limit) for job in page]
