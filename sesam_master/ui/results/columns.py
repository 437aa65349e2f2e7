"""The columns of the results, and which of them the agents can sort by."""

import re
from datetime import datetime, timedelta, tzinfo

from PySide6.QtCore import Qt

from sesam_master.core.states import WORDS, JobState, severity_rank
from sesam_master.core.wanted_media import WANTS_MEDIUM, wants_medium
from sesam_master.ui.formatting import (
    UNKNOWN,
    day_text,
    duration_text,
    full_moment_text,
    percent_text,
    rate_text,
    size_text,
    time_text,
)
from sesam_master.ui.results.filters import JOB_STATES
from sesam_master.ui.results.rows import ResultRow, sesam_date
from sesam_master.ui.widgets.column import Align, CellKind, Column

# Column -> order of `JobQuery`, or the locations one below the other: the agents sort their pages.
ORDERS = {
    "state": "severity",
    "location": "location",
    "task": "task",
    "client": "client",
    "start": "create_time",
    "duration": "duration",
    "size": "bytes",
}
_STATE_TEXTS = (
    *(WORDS[state] for state in (*JOB_STATES, JobState.UNKNOWN)),
    f"{WORDS[JobState.ACTIVE]} {percent_text(1)}",
    WANTS_MEDIUM,
)
_COUNTED = re.compile(r"^\d[\d\N{NARROW NO-BREAK SPACE} ]* of \d[\d\N{NARROW NO-BREAK SPACE} ]*\d*")


def result_columns(zone: tzinfo, now: datetime) -> tuple[Column[ResultRow], ...]:
    """The columns over several locations; times are shown in `zone`, named as it is at `now`."""
    return (
        *_what_columns(),
        *_kind_columns(),
        *_when_columns(zone, now),
        *_message_columns(),
    )


def _what_columns() -> tuple[Column[ResultRow], ...]:
    middle = Qt.TextElideMode.ElideMiddle
    return (
        Column(
            "state",
            "State",
            94,
            state_text,
            CellKind.STATE,
            value=lambda row: row.state,
            sort=lambda row: severity_rank(row.state),
            descending_first=True,
            fits=_STATE_TEXTS,
        ),
        Column(
            "location",
            "Location",
            116,
            lambda row: row.location,
            CellKind.LOCATION,
            value=lambda row: row.connection,
            tooltip=lambda row: row.location,
            elide=middle,
            least=100,
            most=150,
        ),
        Column(
            "task",
            "Task",
            130,
            lambda row: row.job.task,
            CellKind.STRONG,
            tooltip=lambda row: row.job.task,
            least=112,
            most=260,
        ),
        Column(
            "client",
            "Client",
            100,
            lambda row: row.job.client,
            tooltip=lambda row: row.job.client,
            elide=middle,
            least=72,
            most=200,
            yields=6,
        ),
    )


def _kind_columns() -> tuple[Column[ResultRow], ...]:
    return (
        Column("type", "Type", 34, type_letter, CellKind.TYPE, yields=5, is_sortable=False),
        Column(
            "day",
            "Sesam day",
            76,
            _day,
            CellKind.QUIET,
            fits=("Wed 20 Nov",),
            yields=2,
            is_sortable=False,
        ),
    )


def _when_columns(zone: tzinfo, now: datetime) -> tuple[Column[ResultRow], ...]:
    right = Align.RIGHT
    return (
        Column(
            "start",
            f"Start, {now.astimezone(zone):%Z}",
            84,
            lambda row: start_text(row, zone),
            tooltip=lambda row: full_moment_text(row.job.start_time, zone),
            align=right,
            elide=Qt.TextElideMode.ElideLeft,
            descending_first=True,
            least=40,
            most=100,
            fits=("00:00",),
        ),
        Column(
            "duration",
            "Duration",
            64,
            _duration,
            CellKind.NUMBER,
            align=right,
            descending_first=True,
            fits=("00:00:00",),
            yields=3,
        ),
        Column(
            "size",
            "Size",
            60,
            _size,
            CellKind.NUMBER,
            align=right,
            descending_first=True,
            fits=(size_text(999 * 10**9), size_text(99_900 * 10**6)),
            yields=4,
        ),
        Column(
            "rate",
            "Rate",
            60,
            _rate,
            CellKind.NUMBER,
            align=right,
            fits=(rate_text(999e6),),
            yields=1,
            is_sortable=False,
        ),
    )


def _message_columns() -> tuple[Column[ResultRow], ...]:
    return (
        Column(
            "message",
            "Message",
            220,
            message_text,
            CellKind.MESSAGE,
            value=_message_head,
            tooltip=message_text,
            least=110,
            is_sortable=False,
        ),
        Column(
            "saveset",
            "Saveset",
            230,
            lambda row: row.job.saveset,
            CellKind.MONO,
            elide=Qt.TextElideMode.ElideMiddle,
            tooltip=lambda row: row.job.saveset,
            is_visible=False,
            least=110,
            most=290,
            is_sortable=False,
        ),
    )


def state_text(row: ResultRow) -> str:
    """The word, with the percent done while it runs."""
    if row.state is JobState.ACTIVE and row.fraction is not None:
        return f"{WORDS[row.state]} {percent_text(row.fraction)}"
    if row.state is JobState.QUEUED and wants_medium(row.job):
        return WANTS_MEDIUM
    # Nothing was restored, however well it ended.
    return f"{WORDS[row.state]}, dry run" if row.job.dry_run else WORDS[row.state]


def type_letter(row: ResultRow) -> str:
    """The letter of the backup type; what was asked for until the agent has decided."""
    kind = row.job.type or row.job.requested_type
    return kind.value if kind else ""


def start_text(row: ResultRow, zone: tzinfo) -> str:
    """The clock time, with the day in front when it does not belong to the sesam day shown."""
    return sesam_moment_text(row.job.start_time, row.job.sesam_day, zone)


def sesam_moment_text(start: datetime | None, sesam_day: str, zone: tzinfo) -> str:
    """The clock time, with the day in front when it does not belong to this sesam day."""
    text = time_text(start, zone)
    if start is None:
        return text
    local, day = start.astimezone(zone).date(), sesam_date(sesam_day)
    # A sesam day ends in the morning after.
    if day is None or local in (day, day + timedelta(days=1)):
        return text
    return f"{day_text(local).split(' ', 1)[1]} {text}"


def message_text(row: ResultRow) -> str:
    """Why, in the agent's words; while it runs the file at work."""
    job = row.job
    if row.state is JobState.UNKNOWN:
        return "open when the location was last proved"
    if job.waiting is not None and wants_medium(job) and not job.message:
        return f"Put {job.waiting.name} into {job.waiting.data_store}"
    if job.message or not (job.is_open and job.progress):
        is_said = not job.dry_run or "dry run" in job.message.casefold()
        return job.message if is_said else f"Dry run: {job.message or 'nothing was restored'}"
    return job.progress.current


def _message_head(row: ResultRow) -> str | None:
    found = _COUNTED.match(message_text(row))
    return found.group() if found else None


def _day(row: ResultRow) -> str:
    return day_text(sesam_date(row.job.sesam_day))


def measured(row: ResultRow, text: str) -> str:
    """What was measured of a job: empty before it began, unknown for open work of a dark place."""
    if not row.has_begun:
        return ""
    return UNKNOWN if row.state is JobState.UNKNOWN else text


def _duration(row: ResultRow) -> str:
    return measured(row, duration_text(row.duration_seconds))


def _size(row: ResultRow) -> str:
    return measured(row, size_text(row.size_bytes))


def _rate(row: ResultRow) -> str:
    return measured(row, rate_text(row.rate))
