"""What every location has from its first start on: a drive, and NEWDAY with its schedule."""

from datetime import date, datetime

from server_agent.domain.events import NEWDAY, Event, NewdayAction
from server_agent.domain.queue import FIRST_DRIVE, Drive
from server_agent.domain.schedule import Schedule
from server_agent.domain.sesam_day import NEWDAY_TIME
from server_agent.ports import CatalogueTransaction

_SINCE = date(2000, 1, 1)


def ensure_defaults(tx: CatalogueTransaction, now: datetime) -> None:
    """Enters what of it is not there yet; NEWDAY is planned from now on."""
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
