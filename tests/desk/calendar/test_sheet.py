"""What a sheet says after changes, and what may be shown of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesam_master.core.sheet import CELL_STATES, CODE, CellChange, RowKind, Sheet, Span
from sesam_master.core.sheet_shown import PLANNED_DARK, Shown, shown_state, worst_by_day
from sesam_master.core.states import SEVERITY, JobState, worst
from tests.desk.calendar.site import LETTERS, NOW, row, sheet

FIRST = date(2026, 11, 1)
OPEN = date(2026, 11, 10)
TODAY = date(2026, 11, 12)
SPAN = Span(FIRST, 14)
FACTS = {"0", "1", "X", "3", "c", "b", "m"}
_SIGNS = {CODE[state]: letter for letter, state in LETTERS.items()} | {PLANNED_DARK: "P"}


def _shown(letters: str, is_live: bool, span: Span = SPAN) -> str:
    made = sheet("Boulder", [row("home", letters)], open_day=OPEN)
    cells = Shown(made, span, TODAY, is_live).states(made.rows[0])
    return "".join(_SIGNS[code] for code in cells)


def test_codes_grow_with_severity() -> None:
    ordered = sorted(JobState, key=lambda state: CODE[state], reverse=True)
    assert tuple(ordered) == SEVERITY


def test_a_live_location_is_shown_as_it_says() -> None:
    letters = ".pq0a1lmX3cb.p"
    assert _shown(letters, is_live=True) == letters


def test_closed_days_of_a_dark_location_keep_facts_and_lose_what_was_open() -> None:
    assert _shown("01X3cbm.." + ".....", is_live=False)[:9] == "01X3cbm.."
    assert _shown("aqlp....." + ".....", is_live=False)[:4] == "????"


@pytest.mark.parametrize("letter", sorted(LETTERS))
def test_nothing_on_an_open_day_of_a_dark_location_looks_fine(letter: str) -> None:
    shown = _shown("." * 9 + letter + "." * 4, is_live=False)[9]
    # Worse than unknown is told already; all the rest may have become worse meanwhile.
    assert shown == (letter if letter in "mX3" else "?")


def test_days_since_the_last_proof_are_unknown_and_the_plan_is_dotted() -> None:
    assert _shown("0" * 9 + "p" * 5, is_live=False) == "0" * 9 + "???" + "PP"
    assert shown_state(PLANNED_DARK) is JobState.UNKNOWN


def test_days_that_the_sheet_does_not_hold_are_unknown() -> None:
    wide = Span(FIRST - timedelta(days=2), 18)
    assert _shown("0" * 14, is_live=True, span=wide) == "??" + "0" * 14 + "??"
    apart = Span(FIRST - timedelta(days=40), 5)
    assert _shown("0" * 14, is_live=True, span=apart) == "?????"


def test_days_behind_the_plan_are_unknown_but_not_those_in_it() -> None:
    made = sheet("Boulder", [row("home", "." * 14)], open_day=OPEN)
    short = Sheet("Boulder", SPAN, made.rows, OPEN, NOW - timedelta(days=8), 1, NOW)
    assert short.planned_through == date(2026, 11, 13)
    cells = Shown(short, SPAN, TODAY, is_live=True).states(short.rows[0])
    assert "".join(_SIGNS[code] for code in cells) == "." * 13 + "?"


@given(
    st.text(alphabet=sorted(LETTERS), min_size=14, max_size=14),
    st.integers(-20, 20),
    st.integers(1, 40),
)
def test_a_dark_location_never_shows_more_than_it_proved(
    letters: str, shift: int, days: int
) -> None:
    span = Span(FIRST + timedelta(days=shift), days)
    live, dark = (_shown(letters, is_live, span) for is_live in (True, False))
    assert len(live) == len(dark) == days
    for place in range(days):
        day = span.day(place)
        if dark[place] in FACTS:
            assert dark[place] == live[place]
            assert day < OPEN or dark[place] in "mX3"
        if dark[place] == ".":
            assert day < OPEN or day > TODAY


@given(st.lists(st.lists(st.integers(0, PLANNED_DARK), min_size=5, max_size=5), max_size=8))
def test_worst_by_day_is_that_of_the_states(rows: list[list[int]]) -> None:
    found = worst_by_day((bytes(cells) for cells in rows), 5)
    for day in range(5):
        expected = worst(shown_state(cells[day]) for cells in rows)
        assert CELL_STATES[found[day]] is expected


def _change(day: int, state: JobState | None, runs: int = 1, name: str = "home") -> CellChange:
    return CellChange(RowKind.BACKUP, name, "fs-01", date(2026, 11, day), state, runs)


def test_a_change_replaces_one_cell_and_keeps_what_is_planned() -> None:
    before = sheet("Boulder", [row("home", "0" * 9 + "p" * 5)], open_day=OPEN)
    after = before.changed([_change(10, JobState.ERROR, 300)], 7, NOW)
    assert after.rows[0].states[9] == CODE[JobState.ERROR]
    assert after.rows[0].runs[9] == 255
    assert after.rows[0].planned == before.rows[0].planned
    assert (after.revision, before.rows[0].states[9]) == (7, CODE[JobState.PLANNED])
    gone = after.changed([_change(10, None, 0)], 8, NOW)
    assert gone.rows[0].states[9] == CODE[JobState.PLANNED]


def test_a_change_of_a_new_row_adds_it_and_one_outside_the_days_is_passed_over() -> None:
    before = sheet("Boulder", [row("home", "0" * 14)], open_day=OPEN)
    after = before.changed([_change(3, JobState.OK, name="new"), _change(28, JobState.OK)], 2, NOW)
    assert [one.name for one in after.rows] == ["home", "new"]
    assert after.rows[0] == before.rows[0]


def test_rows_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="home of the sheet does not have 3 days"):
        Sheet("Boulder", Span(FIRST, 3), (row("home", "00"),), OPEN, None, 1, NOW)


@pytest.mark.parametrize(
    ("span", "planned_until"),
    [
        (Span(date(9999, 12, 31), 2), None),
        (Span(FIRST, 1), datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_days_that_no_calendar_has_are_refused_before_they_are_shown(
    span: Span, planned_until: datetime | None
) -> None:
    with pytest.raises(ValueError, match="no calendar has"):
        Sheet("Boulder", span, (), OPEN, planned_until, 0, NOW)
