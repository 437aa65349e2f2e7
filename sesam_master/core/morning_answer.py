"""What the start page asks of one location, in a few questions that each may fail alone."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from sesam_master.core.components import DataStore
from sesam_master.core.errors import LocationError
from sesam_master.core.gateway import FleetGateway, JobGrouping, JobQuery
from sesam_master.core.protection import (
    GOOD_STATES,
    LOOKED_BACK,
    GoodBackup,
    Unprotected,
    due_days,
    saved_clients,
    unprotected,
)
from sesam_master.core.records import Client, Job, JobKind, Task
from sesam_master.core.sheet import CODE, RowKind, Sheet
from sesam_master.core.states import JobState

MOST_TROUBLES = 50  # of a location, the worst ones; all of them are counted
_DAY = timedelta(days=1)
_MISSED = CODE[JobState.MISSED]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Days:
    """The sesam days whose results are counted, both included: the open one and the one before."""

    first: date
    last: date

    @classmethod
    def of(cls, today: date) -> "Days":
        return cls(today - timedelta(days=1), today)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a location said. A part that it did not answer is None, never empty.

    Attributes:
        days: what was asked for.
        counts: backups of these days per state.
        troubles: the worst of them, at most MOST_TROUBLES.
        open_day: its open sesam day.
        missed: the tasks of which a start was missed in these days and nothing worse happened.
    """

    days: Days
    counts: Mapping[JobState, int] | None = None
    troubles: tuple[Job, ...] = ()
    open_day: date | None = None
    missed: tuple[str, ...] | None = None
    unprotected: tuple[Unprotected, ...] | None = None
    stores: tuple[DataStore, ...] | None = None
    fault: LocationError | None = None


TROUBLES = frozenset({JobState.BROKEN, JobState.ERROR, JobState.WARNING})


def results_query(days: Days) -> JobQuery:
    """The backups that are counted, the worst first."""
    return JobQuery(
        states=TROUBLES,
        kinds=frozenset({JobKind.BACKUP}),
        first_sesam_day=days.first.isoformat(),
        last_sesam_day=days.last.isoformat(),
        order="severity",
    )


async def ask(source: FleetGateway, location_id: str, days: Days) -> Answer:
    """Never raises LocationError: what failed is None, and the last reason is in `fault`."""
    faults: list[LocationError] = []

    async def part(call: Awaitable[Value]) -> Value | None:
        try:
            return await call
        except LocationError as error:
            faults.append(error)
            return None

    page = await part(source.jobs(location_id, results_query(days), "", True, MOST_TROUBLES))
    back = days.last - timedelta(days=LOOKED_BACK - 1)
    sheet = await part(source.sheet(location_id, back, days.last))
    stores = await part(source.components_of(location_id, DataStore))
    open_ones = None
    if sheet is not None:
        open_ones = await part(_unprotected(source, location_id, sheet))
    return Answer(
        days,
        counts=page.counts if page is not None else None,
        troubles=page.jobs if page is not None else (),
        open_day=sheet.open_day if sheet is not None else None,
        missed=missed_tasks(sheet, days) if sheet is not None else None,
        unprotected=open_ones,
        stores=stores,
        fault=faults[-1] if faults else None,
    )


def missed_tasks(sheet: Sheet, days: Days) -> tuple[str, ...]:
    """As a calendar shows them that is narrowed to missed backups of these days."""
    first, last = sheet.span.place(days.first), sheet.span.place(days.last)
    if first is None or last is None:
        return ()
    return tuple(
        row.name
        for row in sheet.rows
        if row.kind is RowKind.BACKUP and _MISSED in row.states[first : last + 1]
    )


async def _unprotected(
    source: FleetGateway, location_id: str, sheet: Sheet
) -> tuple[Unprotected, ...]:
    """Raises LocationError. Of most clients the sheet says enough; the others are asked for."""
    clients = await source.components_of(location_id, Client)
    due = due_days(sheet)
    saved = saved_clients(sheet, due)
    if all(client.name in saved for client in clients):
        return ()
    good = await _good_backups(source, location_id)
    for name, backup in good.items():
        day = due.get(name)
        # By the site's clock it may be a day later than by UTC's.
        if name in saved or day is None or backup.time.date() + _DAY < day:
            continue
        job = await source.job(location_id, backup.job_id)
        good[name] = replace(backup, sesam_day=_day(job.sesam_day))
    tasked = {row.client for row in sheet.rows if row.kind is RowKind.BACKUP} | good.keys()
    if any(client.name not in tasked for client in clients):
        tasked |= {task.client for task in await source.components_of(location_id, Task)}
    return unprotected(clients, frozenset(tasked), sheet, good)


async def _good_backups(source: FleetGateway, location_id: str) -> dict[str, GoodBackup]:
    """The newest one of each client, over all of the history."""
    query = JobQuery(states=GOOD_STATES, kinds=frozenset({JobKind.BACKUP}), order="name")
    found: dict[str, GoodBackup] = {}
    token = ""
    while True:
        page = await source.job_groups(location_id, query, JobGrouping.CLIENT, token)
        for group in page.groups:
            found[group.name] = GoodBackup(group.newest_id, group.newest_time)
        token = page.next_token
        if not token:
            return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
