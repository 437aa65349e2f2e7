"""The presenter asks, follows the watch, and says what stands behind the sheet."""

from dataclasses import replace
from datetime import UTC, date

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar import CalendarRow
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.calendar_source import CellsChanged, PlanChanged
from sesam_master.core.errors import Trouble
from sesam_master.core.fleet import RegistrationsChanged
from sesam_master.core.registry import Registration
from sesam_master.core.sheet import CELL_STATES, CellChange, RowKind
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.period import Length, Period
from sesam_master.ui.calendar.presenter import CalendarPresenter
from tests.desk.calendar.site import NOW, SiteSource, row, sheet
from tests.desk.results.memory import bring_up, list_locations, pump, take_down
from tests.fakes.gateway import Parked

DAY = date(2026, 11, 23)


@pytest.fixture
def source() -> SiteSource:
    return SiteSource(tasks={"Boulder": ["home", "mail"], "Hamburg": ["home"]})


@pytest.fixture
def presenter(bridge: Bridge, source: SiteSource) -> CalendarPresenter:
    list_locations(bridge, "Boulder", "Hamburg")
    bring_up(bridge, "Boulder")
    bring_up(bridge, "Hamburg")
    return CalendarPresenter(bridge, source, UTC, lambda: NOW, parent=bridge)


def _start(presenter: CalendarPresenter) -> None:
    presenter.start()
    pump()


def _told(state: JobState | None, revision: int, name: str = "home") -> CellsChanged:
    cell = CellChange(RowKind.BACKUP, name, "fs-01", DAY, state, 2)
    return CellsChanged("Boulder", (cell,), revision, NOW)


def _state(presenter: CalendarPresenter, name: str = "home", at: str = "Boulder") -> JobState:
    view = presenter.view()
    place = view.span.place(DAY)
    assert place is not None
    found = next(r for r in view.rows if r.row.name == name and r.place.name == at)
    return CELL_STATES[found.cells[place]]


def test_locations_stand_in_the_order_of_the_tree(
    presenter: CalendarPresenter, bridge: Bridge, source: SiteSource
) -> None:
    names = [("Sevilla", "EMEA"), ("Boulder", "AMER"), ("alfa", ""), ("hamburg", "EMEA")]
    listed = (Registration(name, name, farm, "127.0.0.1", 1, b"", "") for name, farm in names)
    bridge.deliver(RegistrationsChanged(tuple(listed)))
    bridge.drain()
    places = [place.name for place in presenter.view().places]
    assert places == ["alfa", "Boulder", "hamburg", "Sevilla"]


def test_nothing_is_asked_before_the_start(
    presenter: CalendarPresenter, source: SiteSource
) -> None:
    assert source.calls == []
    _start(presenter)
    assert source.asked("sheet") == ["Boulder", "Hamburg"]
    assert [r.row.name for r in presenter.view().rows] == ["home", "mail", "home"]
    assert presenter.coverage().is_complete
    assert presenter.reasons() == {}


def test_a_told_cell_is_shown_and_an_old_one_passed_over(
    presenter: CalendarPresenter, qtbot: QtBot
) -> None:
    _start(presenter)
    with qtbot.waitSignal(presenter.changed):
        presenter.take(_told(JobState.ERROR, 5))
    assert _state(presenter) is JobState.ERROR
    presenter.take(_told(JobState.OK, 4))
    assert _state(presenter) is JobState.ERROR


def test_what_is_told_while_the_sheet_is_on_its_way_is_not_lost(
    bridge: Bridge, source: SiteSource
) -> None:
    parked = Parked()
    waiting = Bridge(parked.submit)
    list_locations(waiting, "Boulder")
    bring_up(waiting, "Boulder")
    presenter = CalendarPresenter(waiting, source, UTC, lambda: NOW, parent=bridge)
    _start(presenter)
    assert presenter.asking == 1
    presenter.take(_told(JobState.BROKEN, 9))
    answer = sheet("Boulder", [row("home", "0" * 30)], revision=8)
    parked.questions[0](answer, None)
    pump()
    assert _state(presenter) is JobState.BROKEN
    assert presenter.asking == 0
    waiting.close()


def test_another_plan_asks_again_once(
    presenter: CalendarPresenter, source: SiteSource, qtbot: QtBot
) -> None:
    _start(presenter)
    source.calls.clear()
    for _ in range(5):
        presenter.take(PlanChanged("Boulder"))
    qtbot.waitUntil(lambda: source.asked("sheet") == ["Boulder"], timeout=3000)


def test_a_location_that_went_dark_keeps_facts_and_says_since_when(
    presenter: CalendarPresenter, bridge: Bridge
) -> None:
    _start(presenter)
    take_down(bridge, "Boulder")
    assert presenter.reasons() == {"Boulder": "broken since 05:41"}
    assert (presenter.coverage().covered, presenter.coverage().total) == (1, 2)
    assert _state(presenter) is JobState.UNKNOWN
    assert len(presenter.view().rows) == 3
    first = presenter.view().rows[0]
    assert isinstance(first, CalendarRow)
    assert CELL_STATES[first.cells[0]] is not JobState.UNKNOWN


def test_a_location_that_comes_back_is_asked_again(
    presenter: CalendarPresenter, bridge: Bridge, source: SiteSource
) -> None:
    _start(presenter)
    take_down(bridge, "Boulder")
    source.calls.clear()
    bring_up(bridge, "Boulder")
    pump()
    assert set(source.asked("sheet")) == {"Boulder"}
    assert _state(presenter) is not JobState.UNKNOWN


def test_a_location_that_does_not_answer_holds_up_nobody(
    presenter: CalendarPresenter, source: SiteSource
) -> None:
    source.troubles["Boulder"] = Trouble.NO_ANSWER
    _start(presenter)
    assert [r.place.name for r in presenter.view().rows] == ["Hamburg"]
    assert presenter.reasons() == {"Boulder": "did not answer"}
    assert (presenter.coverage().covered, presenter.coverage().total) == (1, 2)


def test_a_period_asks_for_its_days(presenter: CalendarPresenter, source: SiteSource) -> None:
    _start(presenter)
    source.calls.clear()
    presenter.set_period(replace(presenter.period, length=Length.QUARTER))
    assert source.calls[0][2:] == (date(2026, 9, 1), date(2026, 11, 30))
    presenter.set_period(presenter.period.stepped(-1))
    pump()
    assert presenter.view().span.first == date(2026, 6, 1)
    assert presenter.today() == DAY


def test_a_filter_asks_nobody_and_narrows_the_coverage(
    presenter: CalendarPresenter, source: SiteSource
) -> None:
    _start(presenter)
    source.calls.clear()
    presenter.set_filter(CalendarFilter(locations=frozenset({"Hamburg"})))
    assert source.calls == []
    assert (presenter.coverage().covered, presenter.coverage().total) == (1, 1)


def test_a_removed_location_goes(presenter: CalendarPresenter, bridge: Bridge) -> None:
    _start(presenter)
    list_locations(bridge, "Hamburg")
    assert {r.place.name for r in presenter.view().rows} == {"Hamburg"}


def test_of_a_location_that_is_off_what_was_kept_is_shown(
    bridge: Bridge, source: SiteSource
) -> None:
    list_locations(bridge, "Boulder")
    take_down(bridge, "Boulder", Connection.OFF)
    presenter = CalendarPresenter(bridge, source, UTC, lambda: NOW, parent=bridge)
    _start(presenter)
    assert presenter.view().rows
    assert presenter.reasons() == {"Boulder": "off, never connected"}


@pytest.mark.parametrize(
    ("length", "steps", "first", "days"),
    [
        (Length.MONTH, 0, date(2026, 11, 1), 30),
        (Length.MONTH, 3, date(2027, 2, 1), 28),
        (Length.QUARTER, -1, date(2026, 6, 1), 92),
        (Length.YEAR, 2, date(2028, 1, 1), 366),
    ],
)
def test_periods(length: Length, steps: int, first: date, days: int) -> None:
    span = Period(length, date(2026, 11, 30)).stepped(steps).span
    assert (span.first, span.days) == (first, days)
