"""The rows and columns of the licence sheet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import ceil

from sesam_master.core.fleet import LocationState
from sesam_master.core.licence import SEVERITY, Licence, LicenceState
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.formatting import (
    MISSING,
    UNIT_SPACE,
    UNKNOWN,
    full_moment_text,
    moment_text,
    number_text,
    size_text,
    time_text,
)
from sesam_master.ui.licence.words import (
    NO_LIMIT,
    VERDICTS,
    end_day,
    last_day,
    remark_of,
    unknown_words,
    verdict_of,
)
from sesam_master.ui.widgets.cells import NO_BAR
from sesam_master.ui.widgets.column import Align, CellKind, Column

_DAY = timedelta(days=1)
_FAR = 10**9
_SIGNS = {
    LicenceState.TRIAL: JobState.OK,
    LicenceState.VALID: JobState.OK,
    LicenceState.OVER_LIMIT: JobState.WARNING,
    LicenceState.ENDING: JobState.WARNING,
    LicenceState.EXPIRED: JobState.ERROR,
    LicenceState.INVALID: JobState.ERROR,
    LicenceState.UNKNOWN: JobState.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class LicenceRow:
    """One location. A dark one shows its verdict as of its last proof."""

    location_id: str
    name: str
    connection: Connection
    licence: Licence | None
    zone: tzinfo
    proof_time: datetime | None
    as_of: str
    days_left: int | None
    remark: str

    @property
    def is_dark(self) -> bool:
        return self.connection is not Connection.ON

    @property
    def state(self) -> LicenceState:
        return self.licence.state if self.licence is not None else LicenceState.UNKNOWN


def licence_row(state: LocationState, now: datetime, mine: tzinfo) -> LicenceRow:
    licence = state.picture.licence if state.picture is not None else None
    return LicenceRow(
        location_id=state.registration.location_id,
        name=state.registration.name,
        connection=state.shown_connection,
        licence=licence,
        zone=state.zone,
        proof_time=state.proof_time,
        as_of=as_of_words(state, now, mine),
        days_left=_days_left(licence, state.is_live, now),
        remark=remark_of(licence) if licence is not None else unknown_words(state),
    )


def as_of_words(state: LocationState, now: datetime, mine: tzinfo) -> str:
    """When a dark location was last heard; empty of one that is live."""
    moment = state.proof_time
    if state.is_live or moment is None:
        return ""
    is_today = moment.astimezone(mine).date() == now.astimezone(mine).date()
    return f"as of {time_text(moment, mine) if is_today else moment_text(moment, mine)}"


def _days_left(licence: Licence | None, is_live: bool, now: datetime) -> int | None:
    """The end of a licence is a fact: its days go by, also where nobody hears of it."""
    if licence is None or licence.end_time is None:
        return None
    if is_live:
        return licence.days_left
    return max(0, ceil((licence.end_time - now) / _DAY))


def licence_columns(clock: Callable[[], datetime]) -> tuple[Column[LicenceRow], ...]:
    return (
        Column(
            "verdict",
            "Verdict",
            116,
            _verdict,
            kind=CellKind.STATE,
            value=lambda row: JobState.UNKNOWN if row.is_dark else _SIGNS[row.state],
            sort=_urgency,
            tooltip=lambda row: _tooltip(row, clock()),
            fits=("Over limit",),
        ),
        Column(
            "location",
            "Location",
            120,
            lambda row: row.name,
            kind=CellKind.LOCATION,
            value=lambda row: row.connection,
            least=80,
            most=220,
        ),
        *_term_columns(),
        *_use_columns(),
        Column("maintenance", "Maintenance until", 124, _maintenance, kind=CellKind.QUIET),
        Column(
            "remark",
            "Remark",
            230,
            lambda row: row.remark,
            kind=CellKind.MESSAGE,
            tooltip=lambda row: row.remark,
            most=900,
        ),
    )


def _term_columns() -> tuple[Column[LicenceRow], ...]:
    return (
        Column("edition", "Edition", 90, _edition, kind=CellKind.QUIET, least=60),
        Column(
            "ends",
            "Ends",
            96,
            lambda row: end_day(row.licence, row.zone) if row.licence is not None else UNKNOWN,
            sort=lambda row: row.licence.end_time if row.licence is not None else None,
            fits=("30 Nov 2028", NO_LIMIT),
        ),
        Column(
            "left",
            "Left",
            56,
            lambda row: f"{row.days_left} d" if row.days_left is not None else MISSING,
            kind=CellKind.NUMBER,
            align=Align.RIGHT,
            sort=lambda row: row.days_left,
        ),
    )


def _use_columns() -> tuple[Column[LicenceRow], ...]:
    return (
        Column(
            "clients",
            "Clients",
            124,
            _clients,
            kind=CellKind.PROGRESS,
            value=_clients_share,
            sort=lambda row: row.licence.used_clients if row.licence is not None else None,
            descending_first=True,
            least=100,
        ),
        Column(
            "volume",
            "Volume, front side",
            150,
            _volume,
            kind=CellKind.PROGRESS,
            value=_volume_share,
            sort=lambda row: row.licence.used_volume_bytes if row.licence is not None else None,
            descending_first=True,
            least=120,
        ),
    )


def _verdict(row: LicenceRow) -> str:
    return row.as_of if row.is_dark and row.as_of else VERDICTS[row.state]


def _urgency(row: LicenceRow) -> tuple[int, int, str]:
    """Valid ones and trials are alike: what counts is how long."""
    rank = min(SEVERITY.index(row.state), SEVERITY.index(LicenceState.TRIAL))
    left = row.days_left if row.days_left is not None else _FAR
    return rank, left, row.name.casefold()


def _tooltip(row: LicenceRow, now: datetime) -> str:
    heard = f"\nHeard {full_moment_text(row.proof_time, row.zone)}" if row.proof_time else ""
    if row.licence is None:
        return row.remark + heard
    verdict = verdict_of(row.licence, row.zone, now)
    return f"{verdict.title}\n{verdict.sentence}{heard}"


def _edition(row: LicenceRow) -> str:
    if row.licence is None:
        return UNKNOWN
    terms = row.licence.terms
    return "Trial" if row.licence.is_trial or terms is None else terms.edition


def used_of(used: int, most: int) -> str:
    """The unit once, where it is the same: 9.1 of 12.0 TB."""
    first, second = size_text(used), size_text(most)
    number, _, unit = first.partition(UNIT_SPACE)
    is_same = unit and unit == second.partition(UNIT_SPACE)[2]
    return f"{number if is_same else first} of {second}"


def _clients(row: LicenceRow) -> str:
    if row.licence is None:
        return UNKNOWN
    terms, used = row.licence.terms, number_text(row.licence.used_clients)
    if terms is None or terms.clients is None:
        return f"{used}, no limit"
    return f"{used} of {number_text(terms.clients)}"


def _clients_share(row: LicenceRow) -> float:
    terms = row.licence.terms if row.licence is not None else None
    if row.licence is None or terms is None or not terms.clients:
        return NO_BAR
    return row.licence.used_clients / terms.clients


def _volume(row: LicenceRow) -> str:
    if row.licence is None:
        return UNKNOWN
    terms, used = row.licence.terms, size_text(row.licence.used_volume_bytes)
    if terms is None or terms.volume_bytes is None:
        return f"{used}, no limit"
    return used_of(row.licence.used_volume_bytes, terms.volume_bytes)


def _volume_share(row: LicenceRow) -> float:
    terms = row.licence.terms if row.licence is not None else None
    if row.licence is None or terms is None or not terms.volume_bytes:
        return NO_BAR
    return row.licence.used_volume_bytes / terms.volume_bytes


def _maintenance(row: LicenceRow) -> str:
    terms = row.licence.terms if row.licence is not None else None
    if terms is None:
        return MISSING
    return last_day(terms.maintenance_until)
