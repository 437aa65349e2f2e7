"""A start to come is taken back from the day list."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.sheet import RowKind
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.day_presenter import DayRow
from sesam_master.ui.calendar.page import CalendarPage
from sesam_master.ui.results.actions import Offer
from tests.desk.calendar.conftest import settle
from tests.desk.calendar.site import SiteSource, occurrence
from tests.desk.results.memory import take_down

SUNDAY = 21


@pytest.fixture
def planned(page: CalendarPage, source: SiteSource, qtbot: QtBot) -> DayRow:
    """The start of home at Boulder that is to come."""
    source.runs["Boulder"] = [
        occurrence("Boulder", "home", 21, JobState.OK),
        occurrence("Boulder", "home", 40, JobState.PLANNED, group="nightly"),
        occurrence("Boulder", "NEWDAY", 41, JobState.PLANNED, kind=RowKind.NEWDAY),
    ]
    for line, row in enumerate(page.sheet.view.lines):
        place = getattr(row, "place", None)
        if place is not None and place.location_id == "Boulder" and hasattr(row, "row"):
            page.sheet.choose((line, SUNDAY))
            break
    settle(qtbot, page)
    return page.day.list.model.rows[1]


def _offer(page: CalendarPage, row: DayRow) -> Offer | None:
    return next((o for o in page.day._offers(row) if o.key == "take-back"), None)


def test_it_is_asked_for_and_shown_as_cancelled(
    page: CalendarPage, source: SiteSource, qtbot: QtBot, planned: DayRow
) -> None:
    strip = page.take_back
    offer = _offer(page, planned)
    assert offer is not None
    assert offer.reason is None
    offer.run()
    assert strip.question.text() == "Take back home of Mon 23 Nov 17:00 at Boulder?"
    assert strip.consequence.text().startswith("No task of the group nightly is started then.")
    assert source.asked("cancel_occurrence") == []

    strip.go.click()
    qtbot.waitUntil(lambda: not strip.isVisible(), timeout=3000)
    one = planned.occurrence
    assert source.calls[-1][:4] == ("cancel_occurrence", "Boulder", one.event_id, one.planned_time)
    states = lambda: [row.state for row in page.day.list.model.rows]  # noqa: E731
    qtbot.waitUntil(lambda: states()[1] is JobState.CANCELLED, timeout=4000)


def test_a_person_may_think_again(
    page: CalendarPage, source: SiteSource, qtbot: QtBot, planned: DayRow
) -> None:
    page.day._ask_back(planned)
    assert page.take_back.leave.text() == "Keep it"
    qtbot.keyClick(page.take_back, Qt.Key.Key_Escape)
    assert not page.take_back.isVisible()
    assert source.asked("cancel_occurrence") == []


def test_a_refusal_is_said_and_can_be_tried_again(
    page: CalendarPage, source: SiteSource, qtbot: QtBot, planned: DayRow
) -> None:
    strip = page.take_back
    page.day._ask_back(planned)
    source.troubles["Boulder"] = Trouble.UNREACHABLE
    strip.go.click()
    qtbot.waitUntil(strip.retry.isVisible, timeout=3000)
    assert strip.question.text() == "Taking back of home at Boulder failed."
    assert strip.consequence.text().startswith("There is no connection to it.")
    source.troubles.clear()
    strip.retry.click()
    qtbot.waitUntil(lambda: not strip.isVisible(), timeout=3000)


def test_what_cannot_be_taken_back(
    page: CalendarPage, qtbot: QtBot, planned: DayRow, bridge: Bridge
) -> None:
    rows = page.day.list.model.rows
    assert _offer(page, rows[0]) is None  # it has run
    newday = _offer(page, rows[2])
    assert newday is not None
    assert newday.reason == "NEWDAY can be moved, never left out."
    take_down(bridge, "Boulder")
    settle(qtbot, page)
    dark = _offer(page, planned)
    assert dark is not None
    assert dark.reason is not None
    assert dark.reason.startswith("Boulder is ")


def test_the_question_is_closed_from_the_sheet_and_the_list_too(
    page: CalendarPage, source: SiteSource, planned: DayRow, qtbot: QtBot
) -> None:
    for widget in (page.sheet, page.day.list):
        page.day._ask_back(planned)
        assert page.take_back.isVisible()
        qtbot.keyClick(widget, Qt.Key.Key_Escape)
        assert not page.take_back.isVisible()
    assert source.asked("cancel_occurrence") == []
