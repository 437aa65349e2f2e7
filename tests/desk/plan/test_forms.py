"""The forms: what they are shown they say again, and what a person types becomes an object."""

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt, QTime
from pytestqt.qtbot import QtBot

from sesam_master.core.plan import (
    MAX_DATES,
    BackupAction,
    CommandAction,
    Event,
    RestoreAction,
    Schedule,
    TaskGroup,
)
from sesam_master.core.records import BackupType
from sesam_master.core.rule import MonthWeekdays, Pattern, pattern_of, rule_of
from sesam_master.ui.plan.event_form import EventForm
from sesam_master.ui.plan.group_form import GroupForm
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.plan.rule_form import BEGINNINGS, RuleForm, Shape, shape_of
from sesam_master.ui.plan.schedule_form import ScheduleForm
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import choose, site_plan
from tests.desk.results.memory import pump
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


def test_dates_come_out_of_a_calendar_file(
    page: PlanPage, gateway: FakeGateway, tmp_path: Path
) -> None:
    file = tmp_path / "days.ics"
    file.write_text("2025-01-01\n2027-12-24\n2027-05-01\n2099-01-01\n")
    choose(page, PlanKind.SCHEDULES, "weekly")
    page.files.take(file)
    pump()
    item = page.presenter.draft.item if page.presenter.draft else None
    assert isinstance(item, Schedule)
    assert item.dates == (date(2027, 5, 1), date(2027, 12, 24))
    assert page.editor.schedule_form.dates.isVisible()
    page.editor.save.click()
    pump()
    written = tmp_path / "out.ics"
    page.files.write(written)
    pump()
    assert written.read_text() == "2027-05-01\n2027-12-24"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"2025-01-01", "has no date from"), (b" " * 1048577, "larger")],
)
def test_a_file_without_dates_changes_nothing(
    page: PlanPage, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "days.ics"
    if content is not None:
        file.write_bytes(content)
    choose(page, PlanKind.SCHEDULES, "weekly")
    page.files.take(file)
    pump()
    assert said in page.editor.problem.text()
    assert page.presenter.draft is not None
    assert not page.presenter.draft.is_dirty


def test_a_place_that_cannot_be_written_is_named(page: PlanPage, tmp_path: Path) -> None:
    choose(page, PlanKind.SCHEDULES, "weekly")
    page.files.write(tmp_path / "nowhere" / "out.ics")
    pump()
    assert "nowhere/out.ics cannot be written" in page.editor.problem.text()


# -- events


@pytest.fixture
def event_form(holder: ThemeHolder, qtbot: QtBot) -> EventForm:
    form = EventForm(holder)
    qtbot.addWidget(form)
    form.show()
    form.set_choices(site_plan(), ["task-1", "task-2"])
    return form


EVENTS = (
    Event("b", "nightly", BackupAction(BackupType.FULL, "task-1", drive="Drive_1"), 7, True),
    Event("g", "weekly", BackupAction(BackupType.INC, group="both"), follow_up="report"),
    Event("r", "", RestoreAction("task-2", b"/tmp/\xff", (b"/a", b"/b")), active=False),
    Event("c", "", CommandAction("report", ("-a", "b c")), comment="x"),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_an_event_that_is_shown_is_said_again(event_form: EventForm, event: Event) -> None:
    heard: list[Event] = []
    event_form.edited.connect(heard.append)
    for other in (*EVENTS, event):
        event_form.show_item(other, is_new=False)
    assert heard == []
    assert event_form.problem == ""
    event_form.comment.setText("more")
    assert heard[-1] == replace(event, comment="more")


def test_names_are_completed_by_any_part(event_form: EventForm) -> None:
    completer = event_form.task.completer()
    completer.setCompletionPrefix("K-2")
    assert completer.currentCompletion() == "task-2"


def test_a_name_that_is_not_there_is_not_taken(event_form: EventForm) -> None:
    heard: list[Event] = []
    event_form.show_item(EVENTS[0], is_new=False)
    event_form.edited.connect(heard.append)
    event_form.task.setEditText("task-")
    assert event_form.problem == "There is no task “task-” here."
    assert all(event.object_name == "task-1" for event in heard)
    event_form.task.setEditText("task-2")
    assert event_form.problem == ""
    assert heard[-1].object_name == "task-2"
    event_form.schedule.setEditText("")
    assert heard[-1].schedule == ""


def test_a_task_or_else_a_group(event_form: EventForm) -> None:
    heard: list[Event] = []
    event_form.show_item(EVENTS[0], is_new=False)
    event_form.edited.connect(heard.append)
    event_form.of_group.choose(True)
    assert event_form.problem == "No task group is chosen."
    event_form.group.setEditText("both")
    action = heard[-1].action
    assert isinstance(action, BackupAction)
    assert (action.task, action.group, action.drive) == ("", "both", "Drive_1")


def test_the_kind_of_a_new_event_is_free(event_form: EventForm) -> None:
    heard: list[Event] = []
    event_form.show_item(EVENTS[0], is_new=True)
    event_form.edited.connect(heard.append)
    event_form.kind.choose(CommandAction)
    event_form.program.setText("report")
    event_form.arguments.setPlainText("-a\n\nb c\n")
    assert heard[-1].action == CommandAction("report", ("-a", "b c"))
    event_form.kind.choose(RestoreAction)
    event_form.restored.setEditText("task-2")
    event_form.target.setText("/tmp/ä")
    assert heard[-1].action == RestoreAction("task-2", "/tmp/ä".encode())
    event_form.show_item(EVENTS[0], is_new=False)
    assert not event_form.kind.isEnabled()


def test_paths_with_line_breaks_are_not_written_over(event_form: EventForm) -> None:
    broken = Event("r", "", RestoreAction("task-1", b"/tmp", (b"/a\nb",)))
    heard: list[Event] = []
    event_form.show_item(broken, is_new=False)
    event_form.edited.connect(heard.append)
    assert event_form.paths.isReadOnly()
    event_form.comment.setText("x")
    assert heard[-1].action == broken.action


@pytest.mark.parametrize("arguments", [("--to", ""), ("--text", "two\nlines")])
def test_arguments_that_no_line_says_are_not_written_over(
    event_form: EventForm, arguments: tuple[str, ...]
) -> None:
    odd = Event("r", "", CommandAction("report", arguments))
    heard: list[Event] = []
    event_form.show_item(odd, is_new=False)
    event_form.edited.connect(heard.append)
    assert event_form.arguments.isReadOnly()
    event_form.comment.setText("x")
    assert heard[-1].action == odd.action

    event_form.show_item(Event("s", "", CommandAction("report", ("-v",))), is_new=False)
    assert not event_form.arguments.isReadOnly()
    event_form.arguments.setPlainText("-q")
    assert heard[-1].action == CommandAction("report", ("-q",))


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


# -- groups


@pytest.fixture
def group_form(holder: ThemeHolder, qtbot: QtBot) -> GroupForm:
    form = GroupForm(holder)
    qtbot.addWidget(form)
    qtbot.addWidget(form.side)
    form.side.show()
    form.set_choices(site_plan(), {"a": "fs", "b": "fs", "c": "mail"})
    return form


def shown(form: GroupForm) -> list[str]:
    model = form.list.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def test_chosen_tasks_stand_first_and_in_their_order(group_form: GroupForm) -> None:
    group_form.show_item(TaskGroup("g", ("c", "gone")), is_new=False)
    assert shown(group_form) == ["1. c, mail", "2. gone, not at this location", "a, fs", "b, fs"]
    assert group_form.total.text() == "2 of 4"


def test_ticks_and_moves_make_the_order(group_form: GroupForm, qtbot: QtBot) -> None:
    heard: list[TaskGroup] = []
    group_form.show_item(TaskGroup("g", ("c",)), is_new=False)
    group_form.edited.connect(heard.append)
    group_form.side.activateWindow()
    group_form.list.setFocus()
    group_form.list.setCurrentIndex(group_form.list.model().index(1, 0))
    qtbot.keyClick(group_form.list, Qt.Key.Key_Space)
    assert heard[-1].tasks == ("c", "a")
    qtbot.keyClick(group_form.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert heard[-1].tasks == ("a", "c")
    assert shown(group_form)[:2] == ["1. a, fs", "2. c, mail"]
    qtbot.keyClick(group_form.list, Qt.Key.Key_Space)
    assert heard[-1].tasks == ("c",)


def test_the_search_finds_tasks_and_clients(group_form: GroupForm) -> None:
    group_form.search.setText("MAIL")
    assert shown(group_form) == ["c, mail"]


def test_a_schedule_that_is_over_takes_no_dates(page: PlanPage, tmp_path: Path) -> None:
    file = tmp_path / "days.ics"
    file.write_text("2027-05-01")
    choose(page, PlanKind.SCHEDULES, "weekly")
    page.editor.schedule_form.last_on.setChecked(True)
    page.editor.schedule_form.last.setDate(QDate(2026, 2, 1))
    page.files.take(file)
    pump()
    assert "weekly is valid to 2026-02-01 only." in page.editor.problem.text()
