"""The form of a schedule."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from sesam_master.core.plan import NEWDAY, Schedule
from sesam_master.core.rule import (
    MAX_OFFSET_DAYS,
    Dates,
    Interval,
    OtherRule,
    Pattern,
    Unit,
    pattern_of,
    rule_of,
    takes_dates,
    takes_offset,
)
from sesam_master.ui.icons import icon
from sesam_master.ui.objects.fields import (
    CalmChoice,
    CalmSpin,
    DateField,
    FormRows,
    TimeField,
    WindowField,
    boxed,
    caption,
    line,
    show_text,
)
from sesam_master.ui.plan.dates_field import DatesField
from sesam_master.ui.plan.rule_form import BEGINNINGS, RuleForm, Shape, shape_of
from sesam_master.ui.theme import ThemeHolder

NAME_STAYS = "A name stays. Duplicate it under another name and delete this one."
NEWDAY_STAYS = (
    "NEWDAY ends the sesam day. It can be moved to other days and another time; it stays active, "
    "comes round on days, and has no end and no window."
)
_NOT_FOR_NEWDAY = (Shape.ONCE, Shape.OFTEN, Shape.CALENDAR)
_DAY = timedelta(days=1)


class ScheduleForm(QWidget):
    """`edited` carries the schedule after each change. `import_wanted`, `export_wanted`: a person
    wants dates out of a calendar file, or the schedule in one."""

    edited = Signal(object)
    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._schedule = Schedule("", "", time(), date(1970, 1, 1))
        self._shape = Shape.WEEKS
        self._typed = ""  # what is wrong with it
        self.name = QLineEdit()
        self.active = QCheckBox("Active")
        self.shape = CalmChoice((shape.value, shape) for shape in Shape)
        self.rule = RuleForm()
        self.once = DateField("On")
        self.dates = DatesField(holder)
        self.more_dates = QPushButton("Add dates")
        self.import_button = QPushButton(icon("upload", holder), "Import .ics")
        self.export_button = QPushButton(icon("download", holder), "Export .ics")
        self.offset = CalmSpin(-MAX_OFFSET_DAYS, MAX_OFFSET_DAYS, " days")
        self.start = TimeField("Starts at")
        self.until_on = QCheckBox("each day until")
        self.until = TimeField("Until")
        self.first = DateField("Valid from")
        self.last_on = QCheckBox("to")
        self.last = DateField("Valid to")
        self.window_field = WindowField()
        self.comment = QLineEdit()
        self.newday = caption(NEWDAY_STAYS)
        self._lay_out(holder)
        self._wire()

    @property
    def problem(self) -> str:
        """What was typed and cannot be used, or what is missing; "" for nothing."""
        if self._shape is Shape.OTHER and not self._schedule.rule:
            return "It has no rule yet. Write one like FREQ=DAILY;INTERVAL=2."
        if not self._schedule.rule and not self._schedule.dates:
            return "It has no date yet. Add one, or import a calendar file."
        return self._typed

    def show_item(self, schedule: Schedule, *, is_new: bool) -> None:
        """Nothing is told."""
        is_other = schedule.name != self._schedule.name
        is_typed = self._shape is Shape.OTHER and schedule.rule == self._schedule.rule
        self._schedule = schedule
        if is_other:
            self.dates.day.show_day(schedule.start_date)
        if not is_typed or is_other:
            kept = self._shape is Shape.CALENDAR and not is_other
            dates = 0 if kept else len(schedule.dates)
            self._shape = shape_of(pattern_of(schedule.rule), dates)
        pattern = self._pattern()
        if self._typed:
            self.rule.forget_typed()
            self._typed = ""
        self._fill(schedule, pattern)
        self._follow(schedule, pattern)
        self._fix(schedule, is_new=is_new)
        self.export_button.setEnabled(not is_new)
        self.export_button.setToolTip(
            "Save it first." if is_new else "Write the schedule as it was saved into a file."
        )

    def focus_first(self) -> None:
        """Where writing begins."""
        field: QWidget = self.name if self.name.isEnabled() else self.shape
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- inside

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.offset.setToolTip("Added to each date of the rule: the last Friday + 3 days.")
        self.offset.setSpecialValueText("")
        rows = FormRows(holder)
        rows.add("Name", boxed(line(self.name, self.active)))
        rows.add("Repeats", self.shape)
        rows.add("", self.rule)
        rows.add("On", self.once)
        rows.add("± days", boxed(_left(self.offset)))
        rows.add("Dates", self.dates)
        rows.add("Starts at", boxed(_left(self.start, self.until_on, self.until)))
        rows.add("Valid from", boxed(_left(self.first, self.last_on, self.last)))
        rows.add("Window", self.window_field)
        rows.add("Calendar", boxed(_left(self.more_dates, self.import_button, self.export_button)))
        rows.add("Comment", self.comment)
        self._rows = rows
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.newday)
        column.addLayout(rows)
        column.addStretch(1)
        self.name.setAccessibleName("Name")

    def _wire(self) -> None:
        self.name.textChanged.connect(lambda text: self._put(name=text.strip()))
        self.comment.textChanged.connect(lambda text: self._put(comment=text))
        self.active.toggled.connect(lambda on: self._put(active=on))
        self.shape.currentIndexChanged.connect(self._reshape)
        self.rule.edited.connect(self._set_pattern)
        self.rule.wrong.connect(self._set_problem)
        self.once.chosen.connect(lambda day: self._put(dates=(day,)))
        self.dates.chosen.connect(lambda days: self._put(dates=days))
        self.more_dates.clicked.connect(self._show_dates)
        self.import_button.clicked.connect(self.import_wanted)
        self.export_button.clicked.connect(self.export_wanted)
        self.offset.valueChanged.connect(lambda days: self._put(offset_days=days))
        self.start.chosen.connect(lambda moment: self._put(start_time=moment))
        self.until.chosen.connect(lambda moment: self._put(until_time=moment))
        self.until_on.toggled.connect(self._set_until)
        self.first.chosen.connect(lambda day: self._put(start_date=day))
        self.last.chosen.connect(lambda day: self._put(end_date=day))
        self.last_on.toggled.connect(self._set_last)
        self.window_field.chosen.connect(lambda window: self._put(window=window))

    def _fill(self, schedule: Schedule, pattern: Pattern) -> None:
        fields = (self.name, self.active, self.shape, self.offset, self.until_on)
        blockers = [QSignalBlocker(f) for f in (*fields, self.last_on, self.comment, self.rule)]
        show_text(self.name, schedule.name)
        show_text(self.comment, schedule.comment)
        self.active.setChecked(schedule.active)
        self.shape.choose(self._shape)
        self.rule.show_pattern(pattern)
        self.dates.show_dates(schedule.dates)
        if schedule.dates:
            self.once.show_day(schedule.dates[0])
        self.offset.setValue(schedule.offset_days)
        self.offset.setSuffix(" day" if abs(schedule.offset_days) == 1 else " days")
        self.start.show_moment(schedule.start_time)
        self.until_on.setChecked(schedule.until_time is not None)
        if schedule.until_time is not None:
            self.until.show_moment(schedule.until_time)
        self.first.show_day(schedule.start_date)
        self.last_on.setChecked(schedule.end_date is not None)
        if schedule.end_date is not None:
            self.last.show_day(schedule.end_date)
        self.window_field.show_window(schedule.window)
        del blockers

    def _follow(self, schedule: Schedule, pattern: Pattern) -> None:
        """Only what belongs to the pattern is shown."""
        shape = self._shape
        has_dates = shape is Shape.CALENDAR or (
            bool(schedule.dates) and takes_dates(pattern) and shape is not Shape.ONCE
        )
        can_have_dates = takes_dates(pattern) and not has_dates and shape is not Shape.ONCE
        in_a_day = isinstance(pattern, Interval) and _length(pattern) < _DAY
        self._rows.setRowVisible(self.rule, not isinstance(pattern, Dates))
        self._rows.setRowVisible(self.once, shape is Shape.ONCE)
        self._show_row(self.offset, takes_offset(pattern))
        self._rows.setRowVisible(self.dates, has_dates)
        self.more_dates.setVisible(can_have_dates)
        self.import_button.setEnabled(takes_dates(pattern))
        self.import_button.setToolTip(
            "Add the dates of a calendar file."
            if takes_dates(pattern)
            else "What comes every few minutes or hours has no dates beside it."
        )
        self.until_on.setVisible(in_a_day)
        self.until.setVisible(in_a_day and schedule.until_time is not None)
        self.last.setVisible(schedule.end_date is not None)
        self.last_on.setText("to" if schedule.end_date is not None else "to a last day")

    def _show_row(self, field: QWidget, is_shown: bool) -> None:
        box = field.parentWidget()
        if box is not None:
            self._rows.setRowVisible(box, is_shown)

    def _fix(self, schedule: Schedule, *, is_new: bool) -> None:
        """What cannot be changed of an object that there is, and of NEWDAY."""
        is_newday = schedule.name == NEWDAY and not is_new
        self.newday.setVisible(is_newday)
        self.name.setEnabled(is_new)
        self.name.setToolTip("" if is_new else NAME_STAYS)
        for field in (self.active, self.last_on, self.window_field):
            field.setEnabled(not is_newday)
            field.setToolTip(NEWDAY_STAYS if is_newday else "")
        model = self.shape.model()
        assert isinstance(model, QStandardItemModel)
        for place, shape in enumerate(Shape):
            entry = model.item(place)
            entry.setEnabled(not (is_newday and shape in _NOT_FOR_NEWDAY))
            entry.setToolTip(NEWDAY_STAYS if is_newday and shape in _NOT_FOR_NEWDAY else "")

    def _reshape(self) -> None:
        shape = self.shape.value()
        if shape is None or shape is self._shape:
            return
        before, self._shape = self._shape, shape
        pattern = BEGINNINGS[shape]
        dates = self._schedule.dates
        if shape is Shape.ONCE:
            dates = dates[:1] or (self._schedule.start_date,)
        elif not takes_dates(pattern) or before in (Shape.ONCE, Shape.CALENDAR):
            dates = dates if shape is Shape.CALENDAR else ()
        self._set_pattern(pattern, dates=dates)

    def _set_pattern(self, pattern: Pattern, **changes: Any) -> None:
        if not takes_offset(pattern):
            changes["offset_days"] = 0
        if not isinstance(pattern, Interval) or _length(pattern) >= _DAY:
            changes["until_time"] = None
        self._put(rule=rule_of(pattern), **changes)

    def _set_until(self, is_on: bool) -> None:
        self._put(until_time=self.until.moment() if is_on else None)

    def _set_last(self, is_on: bool) -> None:
        day = max(self.last.day(), self._schedule.start_date)
        self._put(end_date=day if is_on else None)

    def _set_problem(self, problem: str) -> None:
        if problem != self._typed:
            self._typed = problem
            self.edited.emit(self._schedule)

    def _show_dates(self) -> None:
        self._rows.setRowVisible(self.dates, True)
        self.more_dates.hide()
        self.dates.day.setFocus(Qt.FocusReason.OtherFocusReason)

    def _pattern(self) -> Pattern:
        """A rule that is being typed stays one, also where a pattern would say it."""
        rule = self._schedule.rule
        return OtherRule(rule) if self._shape is Shape.OTHER else pattern_of(rule)

    def _put(self, **changes: Any) -> None:
        self._schedule = replace(self._schedule, **changes)
        self._fill(self._schedule, self._pattern())
        self._follow(self._schedule, self._pattern())
        self.edited.emit(self._schedule)


def _length(interval: Interval) -> timedelta:
    unit = timedelta(minutes=1) if interval.unit is Unit.MINUTES else timedelta(hours=1)
    return interval.every * unit


def _left(*widgets: QWidget) -> QHBoxLayout:
    """Widgets of their own widths, at the left."""
    row = line(*widgets)
    row.addStretch(1)
    return row
