"""Which clients are not protected, by their own plan."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sesam_master.core.protection import Gap, GoodBackup, due_days, saved_clients, unprotected
from sesam_master.core.sheet import Sheet, SheetRow, Span
from sesam_master.core.states import JobState
from tests.desk.morning.conftest import row
from tests.fakes.fleet import client

TODAY = date(2026, 11, 23)
SPAN = Span(date(2026, 10, 24), 31)
DAY = timedelta(days=1)
OK, ERROR, MISSED, PLANNED = JobState.OK, JobState.ERROR, JobState.MISSED, JobState.PLANNED


def sheet(*rows: SheetRow) -> Sheet:
    return Sheet("lab", SPAN, rows, TODAY, None, 1, datetime(2026, 11, 23, 9, tzinfo=UTC))


def cells(states: dict[date, JobState], name: str = "home") -> SheetRow:
    return row("fs", name, states, SPAN)


def good(day: date, sesam_day: date | None = None) -> dict[str, GoodBackup]:
    return {
        "fs": GoodBackup("7", datetime(day.year, day.month, day.day, 22, tzinfo=UTC), sesam_day)
    }


def gap(told: Sheet, good_ones: dict[str, GoodBackup], tasked: str = "fs") -> Gap | None:
    found = unprotected([client("fs")], frozenset({tasked}), told, good_ones)
    return found[0].gap if found else None


def test_the_newest_closed_day_counts_and_not_the_open_one() -> None:
    told = sheet(cells({TODAY - 7 * DAY: ERROR, TODAY: PLANNED}))
    assert due_days(told) == {"fs": TODAY - 7 * DAY}


def test_what_ended_well_on_that_day_or_later_protects() -> None:
    last = TODAY - DAY
    for day in (last, TODAY):
        told = sheet(cells({last: ERROR}), cells({day: OK}, "mail"))
        assert saved_clients(told, due_days(told)) == {"fs"}
        assert gap(told, {}) is None
    told = sheet(cells({last: ERROR, last - DAY: OK}))
    assert saved_clients(told, due_days(told)) == set()
    assert gap(told, good(last - DAY)) is Gap.OVERDUE


def test_a_failed_backup_that_was_repeated_protects() -> None:
    last = TODAY - DAY
    told = sheet(cells({last: ERROR}))
    assert gap(told, good(last, last)) is None
    # Asked for after midnight it still belongs to the day before, which is not enough.
    assert gap(told, good(last, last - DAY)) is Gap.OVERDUE


def test_a_missed_start_leaves_a_weekly_client_unprotected_until_the_next_good_one() -> None:
    told = sheet(cells({TODAY - 14 * DAY: OK, TODAY - 7 * DAY: MISSED}))
    assert gap(told, good(TODAY - 14 * DAY)) is Gap.OVERDUE
    told = sheet(cells({TODAY - 14 * DAY: OK, TODAY - 7 * DAY: OK}))
    assert gap(told, {}) is None


@pytest.mark.parametrize(
    ("good_ones", "expected"),
    [
        ({}, Gap.NEVER),
        (good(TODAY - 40 * DAY), Gap.UNPLANNED),
        (good(TODAY - 3 * DAY), None),
    ],
)
def test_without_a_plan(good_ones: dict[str, GoodBackup], expected: Gap | None) -> None:
    assert gap(sheet(cells({})), good_ones) is expected


def test_a_client_without_a_task_is_told_before_anything_else() -> None:
    assert gap(sheet(), {}, tasked="other") is Gap.NO_TASK
