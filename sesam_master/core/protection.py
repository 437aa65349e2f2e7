"""Which clients have no backup that they could be put back from, judged by their own plan.

A client is protected if one of its backups ended well on, or after, the newest closed sesam day on
which one was planned or ran. Where nothing was planned in the days that are looked at, a backup
that ended well in them is enough.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sesam_master.core.records import Client
from sesam_master.core.sheet import CODE, RowKind, Sheet
from sesam_master.core.states import JobState

LOOKED_BACK = 31  # sesam days
_NOTHING = frozenset({CODE[JobState.NOT_PLANNED], CODE[JobState.UNKNOWN]})
_GOOD = frozenset({CODE[JobState.OK], CODE[JobState.WARNING]})
GOOD_STATES = frozenset({JobState.OK, JobState.WARNING})


class Gap(StrEnum):
    """Why a client is not protected. OVERDUE: it was planned, and none ended well since. UNPLANNED:
    nothing plans it, and its last backup is older than what is looked at."""

    NO_TASK = "no task"
    NEVER = "never backed up"
    OVERDUE = "overdue"
    UNPLANNED = "not planned"


@dataclass(frozen=True, slots=True)
class Unprotected:
    """Attributes:
    last: when the newest backup that ended well was asked for; None if none is known.
    due: the sesam day on which one should have ended well; None without one.
    """

    client: str
    gap: Gap
    last: datetime | None = None
    due: date | None = None
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class GoodBackup:
    """The newest backup of a client that ended well. `sesam_day` is None where nobody asked."""

    job_id: str
    time: datetime
    sesam_day: date | None = None


def due_days(sheet: Sheet) -> dict[str, date]:
    """The newest closed sesam day on which a backup of each client was planned or ran."""
    found: dict[str, date] = {}
    closed = min(sheet.span.days, max(0, (sheet.open_day - sheet.span.first).days))
    for row in sheet.rows:
        if row.kind is not RowKind.BACKUP or not row.client:
            continue
        place = next((at for at in reversed(range(closed)) if row.states[at] not in _NOTHING), None)
        if place is not None:
            day = sheet.span.day(place)
            found[row.client] = max(day, found.get(row.client, day))
    return found


def saved_clients(sheet: Sheet, due: Mapping[str, date]) -> set[str]:
    """Those of which the sheet alone says that a backup ended well in time. A cell tells the worst
    of its day, so that one that failed and was repeated is not among them."""
    found = set()
    for row in sheet.rows:
        if row.kind is not RowKind.BACKUP or row.client not in due:
            continue
        first = max(0, (due[row.client] - sheet.span.first).days)
        if any(code in _GOOD for code in row.states[first:]):
            found.add(row.client)
    return found


def unprotected(
    clients: Iterable[Client],
    tasked: frozenset[str],
    sheet: Sheet,
    good: Mapping[str, GoodBackup],
) -> tuple[Unprotected, ...]:
    """By name. `tasked` are the clients that have a task, `good` the newest good backups of those
    that `saved_clients` does not know."""
    due = due_days(sheet)
    saved = saved_clients(sheet, due)
    found = []
    for client in clients:
        if client.name in saved:
            continue
        gap = _gap(client.name, tasked, due.get(client.name), good.get(client.name), sheet)
        if gap is not None:
            last = good[client.name].time if client.name in good else None
            due_day = due.get(client.name)
            found.append(Unprotected(client.name, gap, last, due_day, client.locked))
    return tuple(sorted(found, key=lambda one: one.client.casefold()))


def _gap(
    client: str,
    tasked: frozenset[str],
    due: date | None,
    good: GoodBackup | None,
    sheet: Sheet,
) -> Gap | None:
    if client not in tasked:
        return Gap.NO_TASK
    if good is None:
        return Gap.NEVER
    # A job is never older than the sesam day that it belongs to.
    day = good.sesam_day or good.time.date()
    if due is not None:
        return None if day >= due else Gap.OVERDUE
    return None if day >= sheet.span.first else Gap.UNPLANNED
