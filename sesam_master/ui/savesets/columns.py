"""The columns of the savesets, and which of them the agents can sort by."""

from collections.abc import Callable
from datetime import date, datetime, tzinfo

from PySide6.QtCore import Qt

from sesam_master.core.states import WORDS, JobState, severity_rank
from sesam_master.ui.formatting import (
    MISSING,
    UNKNOWN,
    count_text,
    day_text,
    duration_text,
    full_moment_text,
    number_text,
    size_text,
)
from sesam_master.ui.results.columns import sesam_moment_text
from sesam_master.ui.results.rows import sesam_date
from sesam_master.ui.savesets.rows import NEVER, SavesetRow, eol_text, remark_text
from sesam_master.ui.widgets.column import Align, CellKind, Column

# Column -> order of `SavesetQuery`: the agents sort their pages.
ORDERS = {
    "task": "task",
    "client": "client",
    "type": "type",
    "day": "sesam_day",
    "start": "start_time",
    "size": "bytes",
    "eol": "eol",
    "verified": "verify_time",
    "saveset": "name",
}
_MIDDLE = Qt.TextElideMode.ElideMiddle
_LEAST = {"task": 98, "client": 80, "remark": 260}


def saveset_columns(zone: tzinfo, now: datetime) -> tuple[Column[SavesetRow], ...]:
    """The columns over several locations; times are shown in `zone`, named as it is at `now`."""
    return (*_what_columns(), *_when_columns(zone, now), *_size_columns(), *_keeping_columns(zone))


def _what_columns() -> tuple[Column[SavesetRow], ...]:
    return (
        Column(
            "state",
            "State",
            84,
            lambda row: WORDS[row.saveset.state],
            CellKind.STATE,
            value=lambda row: row.saveset.state,
            sort=lambda row: severity_rank(row.saveset.state),
            tooltip=lambda row: remark_text(row.saveset) or WORDS[row.saveset.state],
            fits=tuple(WORDS[state] for state in (JobState.WARNING, JobState.ERROR)),
            is_sortable=False,
        ),
        Column(
            "location",
            "Location",
            100,
            lambda row: row.location,
            CellKind.LOCATION,
            value=lambda row: row.connection,
            tooltip=lambda row: row.location,
            elide=_MIDDLE,
            least=84,
            most=260,
            is_sortable=False,
        ),
        _text("task", "Task", 110, lambda row: row.saveset.task, CellKind.STRONG, most=420),
        _text("client", "Client", 90, lambda row: row.saveset.client, yields=8, most=300),
        Column("type", "Type", 34, _type_letter, CellKind.TYPE),
    )


def _when_columns(zone: tzinfo, now: datetime) -> tuple[Column[SavesetRow], ...]:
    return (
        Column(
            "day",
            "Sesam day",
            76,
            lambda row: day_text(sesam_date(row.saveset.sesam_day)),
            CellKind.QUIET,
            fits=("Wed 20 Nov",),
            tooltip=lambda row: row.saveset.sesam_day,
            descending_first=True,
        ),
        Column(
            "start",
            f"Start, {now.astimezone(zone):%Z}",
            78,
            lambda row: sesam_moment_text(row.saveset.start_time, row.saveset.sesam_day, zone),
            tooltip=lambda row: full_moment_text(row.saveset.start_time, zone),
            align=Align.RIGHT,
            elide=Qt.TextElideMode.ElideLeft,
            descending_first=True,
            least=40,
            most=100,
            fits=("00:00",),
            yields=10,
        ),
        _number(
            "duration",
            "Duration",
            64,
            lambda row: duration_text(row.duration_seconds),
            fits="00:00:00",
            yields=7,
        ),
    )


def _size_columns() -> tuple[Column[SavesetRow], ...]:
    large = size_text(99_900 * 10**6)
    return (
        _number("size", "Size", 60, lambda row: size_text(row.saveset.size_bytes), fits=large),
        _number(
            "stored",
            "Stored",
            60,
            lambda row: size_text(row.saveset.stored_bytes),
            fits=large,
            yields=6,
        ),
        _number(
            "files",
            "Files",
            52,
            lambda row: count_text(row.saveset.files),
            tooltip=lambda row: number_text(row.saveset.files),
            fits="9 999",
            yields=5,
        ),
    )


def _keeping_columns(zone: tzinfo) -> tuple[Column[SavesetRow], ...]:
    return (
        Column(
            "eol",
            "EOL",
            104,
            lambda row: eol_text(row.saveset.eol, row.today),
            CellKind.QUIET,
            tooltip=lambda row: row.saveset.eol or "It is not deleted by its age.",
            fits=("Wed 20 Nov, passed", "20 Nov 2027, 999 d"),
            yields=11,
        ),
        _text("pool", "Pool", 76, lambda row: row.saveset.pool or MISSING, yields=3, most=140),
        _text("label", "Label", 86, lambda row: row.saveset.label or MISSING, yields=4, most=150),
        Column(
            "verified",
            "Verified",
            78,
            lambda row: verified_text(row, zone),
            tooltip=lambda row: (
                full_moment_text(row.saveset.verify_time, zone)
                if row.saveset.verify_time
                else "Its data were never compared with their digests since they were written."
            ),
            fits=("Wed 20 Nov",),
            yields=9,
        ),
        _text("remark", "Remark", 320, _remark, CellKind.MESSAGE, most=640),
        _name("base", "Base", lambda row: row.saveset.base or "", yields=1),
        _name("saveset", "Saveset", lambda row: row.saveset.name, yields=2),
    )


def verified_text(row: SavesetRow, zone: tzinfo) -> str:
    """The day on which it was found right, or never."""
    moment = row.saveset.verify_time
    if moment is None:
        return NEVER
    return day_of(moment.astimezone(zone).date(), row.today)


def day_of(day: date, today: date) -> str:
    """Sun 22 Nov; of another year 22 Nov 2025."""
    shown = day_text(day)
    return shown if day.year == today.year else f"{shown.partition(' ')[2]} {day.year}"


def _remark(row: SavesetRow) -> str:
    return remark_text(row.saveset)


def _type_letter(row: SavesetRow) -> str:
    return row.saveset.type.value if row.saveset.type else UNKNOWN


def _text(
    key: str,
    title: str,
    width: int,
    text: Callable[[SavesetRow], str],
    kind: CellKind = CellKind.TEXT,
    yields: int = 0,
    most: int = 0,
) -> Column[SavesetRow]:
    return Column(
        key,
        title,
        width,
        text,
        kind,
        tooltip=text,
        least=_LEAST.get(key, 72),
        most=most,
        yields=yields,
        elide=Qt.TextElideMode.ElideRight if kind is not CellKind.TEXT else _MIDDLE,
        is_sortable=key in ORDERS,
    )


def _number(
    key: str,
    title: str,
    width: int,
    text: Callable[[SavesetRow], str],
    fits: str,
    yields: int = 0,
    tooltip: Callable[[SavesetRow], str] | None = None,
) -> Column[SavesetRow]:
    return Column(
        key,
        title,
        width,
        text,
        CellKind.NUMBER,
        tooltip=tooltip,
        align=Align.RIGHT,
        descending_first=True,
        fits=(fits,),
        yields=yields,
        is_sortable=key in ORDERS,
    )


def _name(
    key: str, title: str, text: Callable[[SavesetRow], str], *, yields: int
) -> Column[SavesetRow]:
    return Column(
        key,
        title,
        200,
        text,
        CellKind.MONO,
        tooltip=text,
        elide=_MIDDLE,
        least=110,
        most=290,
        yields=yields,
        is_sortable=key in ORDERS,
    )
