"""Sheets of many locations joined, grouped, filtered and summed."""

from datetime import date

import pytest

from sesam_master.core.calendar import (
    Calendar,
    CalendarRow,
    CalendarView,
    Group,
    Grouping,
    Place,
)
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.sheet import CELL_STATES, RowKind, Span
from sesam_master.core.states import Connection, JobState
from tests.desk.calendar.site import row, sheet

SPAN = Span(date(2026, 11, 1), 4)
TODAY = date(2026, 11, 3)


def _place(name: str, *rows: object, connection: Connection = Connection.ON) -> Place:
    made = sheet(name, rows, open_day=TODAY) if rows else None  # type: ignore[arg-type]
    return Place(name, name, "EMEA" if name != "Austin" else "AMER", connection, made)


@pytest.fixture
def calendar() -> Calendar:
    made = Calendar(SPAN, TODAY)
    made.set_places(
        [
            _place(
                "Hamburg",
                row("sql", "0X0p", groups=("nightly", "weekly")),
                row("home", "000p"),
                row("NEWDAY", "000p", RowKind.NEWDAY, client=""),
            ),
            _place("Austin", row("home", "0m1p", client="db-02")),
            _place("Perth", row("home", "00pp"), connection=Connection.OFF),
            _place("Sevilla", connection=Connection.BROKEN),
        ]
    )
    return made


def _seen(view: CalendarView) -> list[str]:
    return [line.title if isinstance(line, Group) else f"  {line.row.name}" for line in view.lines]


def test_rows_stand_under_their_locations_and_an_unread_one_keeps_its_head(
    calendar: Calendar,
) -> None:
    view = calendar.view(CalendarFilter())
    heads = ["Hamburg", "  home", "  sql", "  NEWDAY", "Austin", "  home", "Perth", "  home"]
    assert _seen(view) == [*heads, "Sevilla"]
    unread = view.lines[-1]
    assert isinstance(unread, Group)
    assert {CELL_STATES[code] for code in unread.worst} == {JobState.UNKNOWN}


@pytest.mark.parametrize(
    ("grouping", "heads"),
    [
        (Grouping.FARM, ["AMER", "EMEA"]),
        (Grouping.CLIENT, ["No client", "db-02", "fs-01"]),
        (Grouping.TASK_GROUP, ["No task group", "nightly", "weekly"]),
        (Grouping.NONE, []),
    ],
)
def test_other_heads(calendar: Calendar, grouping: Grouping, heads: list[str]) -> None:
    view = calendar.view(CalendarFilter(), grouping)
    assert [line.title for line in view.lines if isinstance(line, Group)] == heads
    assert len(view.rows) == view.total == 5


def test_a_closed_head_tells_the_worst_of_its_rows(calendar: Calendar) -> None:
    view = calendar.view(CalendarFilter(), closed={"Hamburg"})
    head = view.lines[0]
    assert isinstance(head, Group)
    assert [CELL_STATES[code] for code in head.worst] == [
        JobState.OK,
        JobState.ERROR,
        JobState.OK,
        JobState.PLANNED,
    ]
    assert isinstance(view.lines[1], Group)
    assert len(view.rows) == 5


@pytest.mark.parametrize(
    ("chosen", "rows"),
    [
        (CalendarFilter(text="SQL ham"), ["Hamburg/sql"]),
        (CalendarFilter(clients=frozenset({"db-02"})), ["Austin/home"]),
        (CalendarFilter(locations=frozenset({"Perth"})), ["Perth/home"]),
        (CalendarFilter(tasks=frozenset({("Austin", "home")})), ["Austin/home"]),
        # The other location has a task of this name too.
        (
            CalendarFilter(tasks=frozenset({("Austin", "home"), ("Hamburg", "sql")})),
            ["Hamburg/sql", "Austin/home"],
        ),
        (CalendarFilter(kinds=frozenset({RowKind.NEWDAY})), ["Hamburg/NEWDAY"]),
        (CalendarFilter(states=frozenset({JobState.MISSED})), ["Austin/home"]),
        (CalendarFilter(states=frozenset({JobState.UNKNOWN})), ["Perth/home"]),
        # A hole is a problem as well as a failure.
        (CalendarFilter(only_problems=True), ["Hamburg/sql", "Austin/home", "Perth/home"]),
        (CalendarFilter(text="nothing like it"), []),
    ],
)
def test_filters(calendar: Calendar, chosen: CalendarFilter, rows: list[str]) -> None:
    view = calendar.view(chosen)
    assert [f"{one.place.name}/{one.row.name}" for one in view.rows] == rows
    assert all(not isinstance(x, Group) or x.rows for x in view.lines)


def test_what_lies_ahead_is_no_problem() -> None:
    calendar = Calendar(SPAN, date(2026, 11, 1))
    late = _place("Perth", row("home", "0ppp"), connection=Connection.OFF)
    calendar.set_places([late])
    assert [one.cells[3] for one in calendar.view(CalendarFilter()).rows] == [13]
    assert calendar.view(CalendarFilter(states=frozenset({JobState.PLANNED}))).rows


def test_a_sum_says_how_many_locations_stand_behind_it(calendar: Calendar) -> None:
    view = calendar.view(CalendarFilter())
    closed, still_open = view.day_sum(1), view.day_sum(2)
    assert closed.counts == {JobState.OK: 3, JobState.ERROR: 1, JobState.MISSED: 1}
    assert (closed.coverage.covered, closed.coverage.total) == (3, 4)
    assert still_open.counts[JobState.UNKNOWN] == 1
    assert (still_open.coverage.covered, still_open.coverage.total) == (2, 4)


def test_only_the_rows_of_a_changed_location_are_made_anew(calendar: Calendar) -> None:
    before = calendar.view(CalendarFilter())
    calendar.put(_place("Austin", row("home", "0X1p")))
    after = calendar.view(CalendarFilter())
    same = [a is b for a, b in zip(before.rows, after.rows, strict=True)]
    assert same == [True, True, True, False, True]
    changed = after.rows[3]
    assert isinstance(changed, CalendarRow)
    assert CELL_STATES[changed.cells[1]] is JobState.ERROR


def test_a_row_in_two_groups_counts_once(calendar: Calendar) -> None:
    view = calendar.view(CalendarFilter(), Grouping.TASK_GROUP)
    assert len([x for x in view.lines if isinstance(x, CalendarRow) and x.row.name == "sql"]) == 2
    assert sum(view.day_sum(0).counts.values()) == 5
