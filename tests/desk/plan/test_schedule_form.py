"""The form of a schedule says what it shows, and tells every change."""

from datetime import date, time, timedelta

import pytest
from PySide6.QtCore import QDate, QTime
from pytestqt.qtbot import QtBot

from sesam_master.core.plan import (
    MAX_DATES,
    Schedule,
)
from sesam_master.core.rule import MonthWeekdays, Pattern, pattern_of, rule_of
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.plan.rule_form import BEGINNINGS, RuleForm, Shape, shape_of
from sesam_master.ui.plan.schedule_form import ScheduleForm
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import choose
from tests.fakes.gateway import FakeGateway
from tests.fakes.plan import nightly

RULES = (
    "FREQ=MINUTELY;INTERVAL=15",
    "FREQ=HOURLY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR",
    "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
    "FREQ=MONTHLY;INTERVAL=2;BYDAY=1FR,-1FR",
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24",
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=3;BYDAY=-1SU",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
)


class Heard(list[object]):
    """What a signal carried."""

    @property
    def last(self) -> Schedule:
        item = self[-1]
        assert isinstance(item, Schedule)
        return item


@pytest.fixture
def form(holder: ThemeHolder, qtbot: QtBot) -> ScheduleForm:
    form = ScheduleForm(holder)
    qtbot.addWidget(form)
    form.show()
    return form


@pytest.fixture
def heard(form: ScheduleForm) -> Heard:
    heard = Heard()
    form.edited.connect(heard.append)
    return heard


@pytest.mark.parametrize("rule", RULES)
def test_a_pattern_that_is_shown_is_read_again(rule: str, qtbot: QtBot) -> None:
    form = RuleForm()
    qtbot.addWidget(form)
    for other in (*RULES, rule):
        form.show_pattern(pattern_of(other))
    assert form._read() == pattern_of(rule)


@pytest.mark.parametrize("shape", Shape)
def test_every_shape_begins_with_something_that_has_this_shape(shape: Shape) -> None:
    pattern: Pattern = BEGINNINGS[shape]
    assert shape_of(pattern, 1 if shape is Shape.ONCE else 2) is shape


@pytest.mark.parametrize("rule", RULES)
def test_showing_tells_nothing(form: ScheduleForm, heard: Heard, rule: str) -> None:
    full = nightly(
        rule=rule, end_date=date(2027, 1, 1), window=timedelta(hours=36), comment="x", active=False
    )
    for item in (full, nightly(), full):
        form.show_item(item, is_new=False)
    assert heard == []


@pytest.mark.parametrize(
    ("shape", "rule", "dates"),
    [
        (Shape.ONCE, "", 1),
        (Shape.OFTEN, "FREQ=HOURLY", 0),
        (Shape.DAYS, "FREQ=DAILY", 0),
        (Shape.MONTH_DAYS, "FREQ=MONTHLY;BYMONTHDAY=1", 0),
        (Shape.MONTH_WEEKDAYS, "FREQ=MONTHLY;BYDAY=-1FR", 0),
        (Shape.YEAR_DAY, "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1", 0),
        (Shape.YEAR_WEEKDAY, "FREQ=YEARLY;BYMONTH=12;BYDAY=-1FR", 0),
        (Shape.CALENDAR, "", 0),
    ],
)
def test_another_shape_is_another_rule(
    form: ScheduleForm, heard: Heard, shape: Shape, rule: str, dates: int
) -> None:
    form.show_item(nightly(), is_new=True)
    form.shape.choose(shape)
    assert (heard.last.rule, len(heard.last.dates)) == (rule, dates)
    form.shape.choose(Shape.WEEKS)
    assert heard.last == nightly()


def test_a_rule_is_typed_to_its_end_whatever_it_says_on_the_way(
    form: ScheduleForm, heard: Heard
) -> None:
    form.show_item(nightly(), is_new=False)
    form.shape.choose(Shape.OTHER)
    form.rule.text.clear()
    assert form.problem.startswith("It has no rule yet.")
    typed = "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=1"
    for end in range(1, len(typed) + 1):
        form.rule.text.setText(typed[:end])
        form.show_item(heard.last, is_new=False)  # the location was asked meanwhile
        assert form.rule.text.isVisible(), typed[:end]
    assert heard.last.rule == typed
    assert form.problem == ""

    form.rule.text.setText("FREQ=DAILY")
    form.show_item(nightly("other", rule="FREQ=DAILY"), is_new=False)
    assert form.shape.value() is Shape.DAYS


def test_what_a_rule_does_not_take_goes_with_it(form: ScheduleForm, heard: Heard) -> None:
    friday = nightly(rule=rule_of(MonthWeekdays((-1,), 4)), offset_days=3)
    form.show_item(friday, is_new=False)
    form.shape.choose(Shape.OFTEN)
    assert (heard.last.offset_days, heard.last.until_time) == (0, None)
    form.until_on.setChecked(True)
    form.until.setTime(QTime(18, 0))
    assert heard.last.until_time == time(18)
    assert form.until.isVisible()
    form.rule.every.setValue(24)
    assert heard.last.until_time is None
    assert not form.until_on.isVisible()


def test_every_field_is_told(form: ScheduleForm, heard: Heard) -> None:
    form.show_item(nightly("", rule="FREQ=MONTHLY;BYDAY=-1FR"), is_new=True)
    form.name.setText(" name ")
    form.active.setChecked(False)
    form.offset.setValue(-3)
    form.start.setTime(QTime(2, 30))
    form.first.setDate(QDate(2026, 5, 1))
    form.last_on.setChecked(True)
    form.last.setDate(QDate(2026, 12, 31))
    form.window_field.limit.setChecked(True)
    form.window_field.number.setValue(36)
    form.comment.setText("why")
    form.rule.places[0].setChecked(True)
    assert heard.last == Schedule(
        "name",
        "FREQ=MONTHLY;BYDAY=1FR,-1FR",
        time(2, 30),
        date(2026, 5, 1),
        end_date=date(2026, 12, 31),
        offset_days=-3,
        window=timedelta(hours=36),
        active=False,
        comment="why",
    )


def test_days_that_are_none_stop_the_save_and_keep_what_is_typed(
    page: PlanPage, gateway: FakeGateway
) -> None:
    choose(page, PlanKind.SCHEDULES, "weekly")
    form = page.editor.schedule_form
    form.shape.choose(Shape.MONTH_DAYS)
    form.rule.days.setText("1, 33")
    assert page.editor.warnings.sentences[0] == (
        "“33” is no day of a month. Write days like 1, 15, last."
    )
    assert not page.editor.save.isEnabled()
    page.editor.send()
    assert form.rule.days.text() == "1, 33"
    form.rule.days.setText("1, 30")
    assert page.editor.save.isEnabled()
    form.rule.days.setText("1, x")
    page.editor.discard.click()
    assert page.editor.schedule_form.problem == ""


def test_dates_are_added_and_removed(form: ScheduleForm, heard: Heard) -> None:
    form.show_item(nightly(rule="", dates=(date(2026, 5, 1), date(2026, 12, 24))), is_new=False)
    form.dates.day.setDate(QDate(2026, 8, 1))
    form.dates.add_button.click()
    assert heard.last.dates == (date(2026, 5, 1), date(2026, 8, 1), date(2026, 12, 24))
    assert form.dates.day.day() == date(2026, 8, 1)
    form.dates.list.item(0).setSelected(True)
    form.dates.remove_button.click()
    assert heard.last.dates == (date(2026, 8, 1), date(2026, 12, 24))
    form.dates.list.item(0).setSelected(True)
    form.dates.remove_button.click()
    assert form.dates.isVisible()
    assert heard.last.dates == (date(2026, 12, 24),)


def test_a_calendar_that_is_full_takes_no_more_and_drops_none(
    form: ScheduleForm, heard: Heard
) -> None:
    first = date(2026, 1, 1)
    full = tuple(first + timedelta(days=number) for number in range(MAX_DATES))
    form.show_item(nightly(rule="", dates=full), is_new=False)
    assert not form.dates.add_button.isEnabled()
    assert "At most" in form.dates.add_button.toolTip()
    form.dates.list.item(0).setSelected(True)
    form.dates.remove_button.click()
    assert heard.last.dates == full[1:]
    assert form.dates.add_button.isEnabled()
