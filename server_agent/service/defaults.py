"""What every location has from its first start on: a data store with a medium, a media pool, a
drive, NEWDAY with its schedule, and a daily backup of itself."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.events import NEWDAY, Event, NewdayAction
from server_agent.domain.jobs import JobKind, JobState
from server_agent.domain.media import (
    FIRST_DRIVE_GROUP,
    FIRST_STORE,
    DataStore,
    MediaPool,
    Medium,
    pool_of,
)
from server_agent.domain.queue import FIRST_DRIVE, Drive
from server_agent.domain.schedule import Schedule
from server_agent.domain.self_backup import client_of, event_of, schedule_of, task_of
from server_agent.domain.sesam_day import NEWDAY_TIME
from server_agent.domain.topology import checked_name
from server_agent.ports import CatalogueTransaction

_SINCE = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class FirstMedium:
    """What is made together with an installation: the directory of its data store, and the label of
    the medium in it."""

    store: bytes
    label: str


def ensure_defaults(
    tx: CatalogueTransaction,
    now: datetime,
    first: FirstMedium,
    sources: tuple[bytes, ...] = (),
    host: str = "",
) -> None:
    """Enters what of it is not there yet; NEWDAY is planned from now on. The backup of itself only
    where there is no NEWDAY, which is at the first start: who deletes it later has a reason.

    Args:
        sources: what a self-backup has to save; none where it cannot be backed up.
        host: name of its machine.
    """
    if sources and tx.event(NEWDAY) is None:
        _add_self_backup(tx, sources, host, now)
    _ensure_media(tx, now, first)
    if not tx.drives():
        tx.put_drive(Drive(FIRST_DRIVE))
    if tx.schedule(NEWDAY) is None:
        tx.put_schedule(
            Schedule(
                name=NEWDAY,
                rule="FREQ=DAILY",
                start_time=NEWDAY_TIME,
                start_date=_SINCE,
                change_time=now,
            )
        )
    if tx.event(NEWDAY) is None:
        tx.add_event(
            Event(
                id="",
                name=NEWDAY,
                action=NewdayAction(),
                schedule=NEWDAY,
                change_time=now,
                priority=0,
            )
        )


def _add_self_backup(
    tx: CatalogueTransaction, sources: tuple[bytes, ...], host: str, now: datetime
) -> None:
    """The location saves itself, daily behind the usual NEWDAY (manual, "DISASTER")."""
    try:
        client = client_of(checked_name("name", host), now)
    except InvalidArgument:
        client = client_of("localhost", now)
    tx.put_client(client)
    tx.put_task(task_of(client.name, sources, now))
    tx.put_schedule(schedule_of(now))
    tx.add_event(event_of(now))


def _ensure_media(tx: CatalogueTransaction, now: datetime, first: FirstMedium) -> None:
    """Also in a catalogue from before there were media: everything lay on this one."""
    if not tx.data_stores():
        tx.put_data_store(DataStore(FIRST_STORE, first.store))
    if not tx.media() and not tx.pools():
        pool = pool_of(first.label)
        tx.put_pool(MediaPool(pool, FIRST_DRIVE_GROUP))
        tx.put_medium(Medium(first.label, pool, FIRST_STORE, init_time=now))
        for job in tx.open_jobs():
            if job.kind is JobKind.BACKUP and job.state is JobState.ACTIVE and not job.label:
                tx.put_job(replace(job, pool=pool, label=first.label))  # it was writing to this one
