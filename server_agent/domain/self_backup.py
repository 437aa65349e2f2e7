"""The backup of the location itself (manual, "DISASTER"): the task, its schedule and its event."""

from datetime import date, datetime, time

from server_agent.domain.events import BackupAction, Event
from server_agent.domain.savesets import BackupType
from server_agent.domain.schedule import Schedule
from server_agent.domain.topology import Client, Task

SELF_BACKUP = "SESAM_BACKUP"
START_TIME = time(8, 30)  # half an hour behind the usual NEWDAY, so that the day before is closed
_SINCE = date(2000, 1, 1)
# What is made anew by itself, is the machine's alone, or is saved as a copy.
EXCLUDES = (
    "./store",
    "./var/db/sesam_db.sdb",
    "./var/db/sesam_db.sdb-wal",
    "./var/db/sesam_db.sdb-shm",
    "./var/db/names.db*",
    "./var/log/*/*",
    "./var/tmp/*",
    "./var/work/agent/*",
    "./var/work/sem/*",
    "*.new",
    "*.part",
    "*.tmp",
)


def client_of(host: str, now: datetime) -> Client:
    """The machine of the agent."""
    return Client(host, comment="The machine of the agent", create_time=now)


def task_of(client: str, sources: tuple[bytes, ...], now: datetime) -> Task:
    """Saves the installation."""
    comment = "Saves the location itself: catalogue, listings, protocols and settings"
    return Task(SELF_BACKUP, client, sources, EXCLUDES, comment, now)


def schedule_of(now: datetime) -> Schedule:
    """Daily."""
    return Schedule(
        name=SELF_BACKUP,
        rule="FREQ=DAILY",
        start_time=START_TIME,
        start_date=_SINCE,
        change_time=now,
    )


def event_of(now: datetime) -> Event:
    """A FULL each time: what is put back by hand should need one saveset only."""
    return Event(
        id="",
        name=SELF_BACKUP,
        action=BackupAction(BackupType.FULL, task=SELF_BACKUP),
        schedule=SELF_BACKUP,
        change_time=now,
    )
