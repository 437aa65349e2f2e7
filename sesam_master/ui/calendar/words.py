"""What a cell, a day and a dark location are called in words."""

from datetime import date, datetime, timedelta, tzinfo

from sesam_master.core.calendar import CalendarRow, CalendarView, DaySum, Group, Line
from sesam_master.core.fleet import LocationState
from sesam_master.core.sheet import MOST_COUNTED
from sesam_master.core.sheet_shown import PLANNED_DARK, shown_state
from sesam_master.core.states import SEVERITY, WORDS, Connection, JobState
from sesam_master.ui.formatting import day_text, number_text, time_text
from sesam_master.ui.widgets.coverage_pill import coverage_words

# Not by strftime: Qt sets the locale of the process, and the words here are one language.
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def when_text(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """08:27 within half a day, Mon 06:39 within six, else Mon 9 Nov."""
    day = day_text(moment.astimezone(zone).date())
    if abs(now - moment) < timedelta(hours=12):
        return time_text(moment, zone)
    if abs(now - moment) < timedelta(days=6):
        return f"{day.split()[0]} {time_text(moment, zone)}"
    return day


def dark_reason(location: LocationState, now: datetime, zone: tzinfo) -> str:
    """Why a location's days are not known: broken since 06:39, as of 08:27, off; else empty."""
    if location.connection is Connection.ON:
        return ""
    if location.connection is Connection.BROKEN and location.trouble is not None:
        return f"broken since {when_text(location.trouble.since, now, zone)}"
    word = "off, " if location.connection is Connection.OFF else ""
    if location.proof_time is None:
        return f"{word}never connected"
    return f"{word}as of {when_text(location.proof_time, now, zone)}"


def cell_words(row: CalendarRow, place: int) -> str:
    """State and numbers of one cell: Error, 3 runs, 2 to come."""
    code = row.cells[place]
    state = shown_state(code)
    words = "Planned, unknown" if code == PLANNED_DARK else WORDS[state]
    known = row.runs[place]
    if known > 1 or (known and state is JobState.UNKNOWN):
        words += f", {_count(known)} {'run' if known == 1 else 'runs'}"
        words += " known" if state is JobState.UNKNOWN else ""
    if row.planned[place]:
        words += f", {_count(row.planned[place])} planned"
    return words


def cell_sentence(view: CalendarView, row: CalendarRow, place: int) -> str:
    """The accessible text: Error, sql-erp, Boulder, Sun 22 Nov."""
    day = day_text(view.span.day(place))
    return f"{cell_words(row, place)}, {row.row.title}, {row.place.name}, {day}"


def cell_tip(view: CalendarView, row: CalendarRow, place: int, reason: str) -> str:
    """The tooltip, some short lines."""
    client = f" ({row.row.client})" if row.row.client else ""
    lines = [
        f"{row.row.title}{client} at {row.place.name}",
        f"{day_text(view.span.day(place))}: {cell_words(row, place)}",
    ]
    if row.row.groups:
        lines.append(f"In {', '.join(row.row.groups)}")
    if reason:
        lines.append(f"{row.place.name}: {reason}")
    return "\n".join(lines)


def group_tip(view: CalendarView, group: Group, place: int, reason: str) -> str:
    """The tooltip of a head on one day: the worst, and how many have it."""
    counts: dict[JobState, int] = {}
    for row in group.rows:
        state = shown_state(row.cells[place])
        counts[state] = counts.get(state, 0) + 1
    lines = [f"{group.title}, {day_text(view.span.day(place))}", counts_words(counts)]
    if reason:
        lines.append(reason[0].upper() + reason[1:])
    return "\n".join(line for line in lines if line)


def line_tip(line: Line, reason: str) -> str:
    """The tooltip of a name at the left."""
    if isinstance(line, Group):
        noun = "row" if len(line.rows) == 1 else "rows"
        rows = "rows not known" if line.is_unread else f"{number_text(len(line.rows))} {noun}"
        return ", ".join(part for part in (line.title, rows, reason) if part)
    client = f" of {line.row.client}" if line.row.client else ""
    return f"{line.row.title}{client} at {line.place.name}"


def counts_words(counts: dict[JobState, int]) -> str:
    """Worst first: 1 error, 26 OK."""
    parts = [f"{number_text(counts[s])} {_small(s)}" for s in SEVERITY if counts.get(s)]
    return ", ".join(parts)


def day_tip(total: DaySum) -> str:
    """The sum of a day, never without its coverage."""
    return (
        f"{day_text(total.day)} {total.day.year}\n{counts_words(total.counts) or 'No rows'}\n"
        f"Known for {coverage_words(total.coverage)}"
    )


def month_title(view: CalendarView) -> str:
    """What the span is called: November 2026, Sep to Nov 2026, 2026."""
    first, last = view.span.first, view.span.last
    if (first.month, first.year) == (last.month, last.year):
        return month_text(first)
    begin, end = MONTHS[first.month - 1][:3], MONTHS[last.month - 1][:3]
    if first.year == last.year:
        whole = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
        return str(first.year) if whole else f"{begin} to {end} {first.year}"
    return f"{begin} {first.year} to {end} {last.year}"


def month_text(day: date) -> str:
    """November 2026."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def _small(state: JobState) -> str:
    return WORDS[state] if state is JobState.OK else WORDS[state].lower()


def _count(number: int) -> str:
    return str(number) if number < MOST_COUNTED else f"{MOST_COUNTED} or more"
