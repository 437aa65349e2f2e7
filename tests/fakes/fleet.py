"""Plausible registrations, pictures and jobs of a desk's fleet."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from sesam_master.core.fleet import Picture
from sesam_master.core.lazy import Lazy
from sesam_master.core.records import Access, Client, Identity, Job, JobKind, Role, Task
from sesam_master.core.registry import Registration
from sesam_master.core.states import JobState

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def registration(location_id: str, farm: str = "", *, is_on: bool = True) -> Registration:
    return Registration(
        location_id, location_id.title(), farm, "127.0.0.1", 11401, b"", "AA" * 32, is_on=is_on
    )


def job(
    location_id: str, number: int, task: str, state: JobState, kind: JobKind = JobKind.BACKUP
) -> Job:
    return Job(
        location_id=location_id,
        id=str(number),
        kind=kind,
        state=state,
        task=task,
        client="c0",
        requested_type=None,
        type=None,
        saveset="",
        create_time=NOW,
        start_time=NOW,
        end_time=None if state in (JobState.ACTIVE, JobState.QUEUED) else NOW,
        sesam_day="2026-03-01",
        progress=None,
        files=0,
        size_bytes=0,
        stored_bytes=0,
        skipped=0,
        message="",
        started_by="",
        target=b"",
    )


def task(name: str, client: str) -> Task:
    return Task(name, client, (b"/home",), (), "")


def client(name: str) -> Client:
    return Client(name, Access.LOCAL, "")


def picture(location_id: str, clients: int = 2, tasks: int = 2, *jobs: Job) -> Picture:
    """Clients c0, c1, ..., each with the tasks c0-t0, c0-t1, ..."""
    names = [f"c{i}" for i in range(clients)]
    return Picture(
        Identity(location_id, location_id.title(), "host", "0.1.0", "UTC", (), NOW),
        Role.ADMIN,
        Lazy({name: client(name) for name in names}),
        Lazy({f"{c}-t{i}": task(f"{c}-t{i}", c) for c in names for i in range(tasks)}),
        Lazy({j.id: j for j in jobs}),
        Counter(j.state for j in jobs),
        backups_of(jobs),
        {j.id for j in jobs if j.is_open},
    )


def backups_of(jobs: Iterable[Job]) -> dict[str, tuple[str, ...]]:
    """Ids of the backups by task, as a picture has them."""
    found: dict[str, tuple[str, ...]] = {}
    for one in jobs:
        if one.kind is JobKind.BACKUP:
            found[one.task] = (*found.get(one.task, ()), one.id)
    return found
