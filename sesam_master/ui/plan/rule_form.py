"""On which days, or how often: a shape is chosen, and what belongs to it is filled in."""

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from sesam_master.core.rule import (
    LONGEST,
    MOST_DAYS,
    MOST_MONTHS,
    MOST_WEEKS,
    MOST_YEARS,
    Dates,
    Days,
    Interval,
    MonthDays,
    MonthWeekdays,
    OtherRule,
    Pattern,
    Unit,
    Weeks,
    YearDay,
    YearWeekday,
    month_days,
    month_days_text,
)
from sesam_master.core.rule_words import DAY_NAMES, MONTH_NAMES, PLACE_NAMES
from sesam_master.ui.objects.fields import CalmChoice, CalmSpin, line, mark


class Shape(StrEnum):
    """What a person chooses first; the value is what it is called."""

    ONCE = "Once"
    OFTEN = "Every few minutes or hours"
    DAYS = "Daily"
    WEEKS = "Weekly"
    MONTH_DAYS = "Monthly, by date"
    MONTH_WEEKDAYS = "Monthly, by weekday"
    YEAR_DAY = "Yearly, by date"
    YEAR_WEEKDAY = "Yearly, by weekday"
    CALENDAR = "Calendar of its own"
    OTHER = "Another rule"


BEGINNINGS: dict[Shape, Pattern] = {
    Shape.ONCE: Dates(),
    Shape.OFTEN: Interval(1, Unit.HOURS),
    Shape.DAYS: Days(1),
    Shape.WEEKS: Weeks((0, 1, 2, 3, 4)),
    Shape.MONTH_DAYS: MonthDays((1,)),
    Shape.MONTH_WEEKDAYS: MonthWeekdays((-1,), 4),
    Shape.YEAR_DAY: YearDay(1, 1),
    Shape.YEAR_WEEKDAY: YearWeekday(12, -1, 4),
    Shape.CALENDAR: Dates(),
    Shape.OTHER: OtherRule("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
}
_SHAPES: dict[type[Pattern], Shape] = {
    Interval: Shape.OFTEN,
    Days: Shape.DAYS,
    Weeks: Shape.WEEKS,
    MonthDays: Shape.MONTH_DAYS,
    MonthWeekdays: Shape.MONTH_WEEKDAYS,
    YearDay: Shape.YEAR_DAY,
    YearWeekday: Shape.YEAR_WEEKDAY,
    OtherRule: Shape.OTHER,
}
_PLACES = [(name, place) for place, name in PLACE_NAMES.items()]
_SHORT_PLACES = ("1st", "2nd", "3rd", "4th", "5th", "last")
_WEEKDAYS = [(name, place) for place, name in enumerate(DAY_NAMES)]
_MONTHS = [(name, place) for place, name in enumerate(MONTH_NAMES, 1)]


def shape_of(pattern: Pattern, dates: int) -> Shape:
    """The shape that shows a pattern; `dates` is how many there are beside it."""
    if isinstance(pattern, Dates):
        return Shape.ONCE if dates == 1 else Shape.CALENDAR
    return _SHAPES[type(pattern)]


class RuleForm(QWidget):
    """The fields of one pattern at a time. `edited` carries the pattern after each change that
    makes one; `wrong` what is wrong with what was typed, "" for nothing."""

    edited = Signal(object)
    wrong = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._pattern: Pattern = Dates()
        self._is_filled = False
        self.every = CalmSpin(1, MOST_DAYS)
        self.every.setAccessibleName("Every how many")
        self.every_words = QLabel()
        self.unit = CalmChoice([("minutes", Unit.MINUTES), ("hours", Unit.HOURS)])
        self.unit.setAccessibleName("Minutes or hours")
        self.weekdays = [QCheckBox(name[:2]) for name in DAY_NAMES]
        self.places = [QCheckBox(text) for text in _SHORT_PLACES]
        self.place = CalmChoice(_PLACES)
        self.place.setMinimumContentsLength(2)  # three stand side by side in a narrow window
        self.weekday = CalmChoice(_WEEKDAYS)
        self.month = CalmChoice(_MONTHS)
        self.day = CalmSpin(1, 31)
        self.days = QLineEdit()
        self.days.setPlaceholderText("1, 15, last")
        self.text = QLineEdit()
        self.text.setProperty("mono", True)
        self._name()
        self._lines = self._lay_out()
        self._wire()

    def show_pattern(self, pattern: Pattern) -> None:
        """Nothing is told. What is being typed and means the same stays."""
        if pattern == self._pattern and self._is_filled:
            return
        self._pattern, self._is_filled = pattern, True
        blockers = [QSignalBlocker(field) for field in self._fields()]
        self._fill(pattern)
        del blockers
        self._show_lines(pattern)
        for field in (self.days, self.text):
            mark(field, is_wrong=False)
        self.wrong.emit("")

    def forget_typed(self) -> None:
        """The next pattern is shown whatever was typed."""
        self._is_filled = False

    # -- inside

    def _name(self) -> None:
        names = (
            (self.place, "Which one"),
            (self.weekday, "Weekday"),
            (self.month, "Month"),
            (self.day, "Day of the month"),
            (self.days, "Days of the month"),
            (self.text, "Rule"),
        )
        for field, name in names:
            field.setAccessibleName(name)
        for box, name in zip(self.weekdays, DAY_NAMES, strict=True):
            box.setAccessibleName(name)
            box.setToolTip(name)
        for box, (name, _) in zip(self.places, _PLACES, strict=True):
            box.setAccessibleName(name)

    def _lay_out(self) -> list[tuple[QWidget, tuple[type[Pattern], ...]]]:
        """Each line with the patterns that it is for."""
        lines: list[tuple[QWidget, tuple[type[Pattern], ...]]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)

        def add(row: QHBoxLayout, *kinds: type[Pattern], stretch: bool = True) -> None:
            if stretch:
                row.addStretch(1)
            box = QWidget()
            box.setLayout(row)
            column.addWidget(box)
            lines.append((box, kinds))

        add(line(*self.weekdays, spacing=10), Weeks)
        add(line(self.days), MonthDays, stretch=False)
        add(line(*self.places, spacing=10), MonthWeekdays)
        add(
            line(self.place, self.weekday, self.day, self.month),
            *(MonthWeekdays, YearDay, YearWeekday),
        )
        add(line(self.text), OtherRule, stretch=False)
        every = line(QLabel("every"), self.every, self.every_words, self.unit)
        add(every, Interval, Days, Weeks, MonthDays, MonthWeekdays, YearDay, YearWeekday)
        return lines

    def _fields(self) -> list[QWidget]:
        return [
            *(self.every, self.unit, self.place, self.weekday, self.month, self.day, self.days),
            *(self.text, *self.weekdays, *self.places),
        ]

    def _wire(self) -> None:
        for spin in (self.every, self.day):
            spin.valueChanged.connect(self._tell)
        for choice in (self.unit, self.place, self.weekday, self.month):
            choice.currentIndexChanged.connect(self._tell)
        for box in (*self.weekdays, *self.places):
            box.toggled.connect(self._tell)
        for field in (self.days, self.text):
            field.textChanged.connect(self._tell)

    def _fill(self, pattern: Pattern) -> None:
        match pattern:
            case Interval(_, unit):
                self.unit.choose(unit)
            case Weeks(weekdays):
                for place, box in enumerate(self.weekdays):
                    box.setChecked(place in weekdays)
            case MonthDays(days):
                self.days.setText(month_days_text(days))
            case MonthWeekdays(places, weekday):
                self.weekday.choose(weekday)
                for box, (_, place) in zip(self.places, _PLACES, strict=True):
                    box.setChecked(place in places)
            case YearDay(month, day):
                self.month.choose(month)
                self.day.setValue(day)
            case YearWeekday(month, place, weekday):
                self.month.choose(month)
                self.place.choose(place)
                self.weekday.choose(weekday)
            case OtherRule(text):
                self.text.setText(text)
        self.every.setMaximum(_every(pattern)[0])
        self.every.setValue(getattr(pattern, "every", 1))
        self._count(pattern)

    def _count(self, pattern: Pattern) -> None:
        words = _every(pattern)[1]
        self.every_words.setText(words.removesuffix("s") if self.every.value() == 1 else words)

    def _show_lines(self, pattern: Pattern) -> None:
        for box, kinds in self._lines:
            box.setVisible(isinstance(pattern, kinds))
        self.unit.setVisible(isinstance(pattern, Interval))
        self.place.setVisible(isinstance(pattern, YearWeekday))
        self.weekday.setVisible(isinstance(pattern, MonthWeekdays | YearWeekday))
        self.day.setVisible(isinstance(pattern, YearDay))
        self.month.setVisible(isinstance(pattern, YearDay | YearWeekday))
        self.setVisible(not isinstance(pattern, Dates))

    def _tell(self) -> None:
        try:
            pattern = self._read()
        except ValueError as error:
            mark(self.days, is_wrong=True)
            self.wrong.emit(str(error))
            return
        mark(self.days, is_wrong=False)
        self.wrong.emit("")
        if pattern != self._pattern:
            self._pattern = pattern
            self._count(pattern)
            self.edited.emit(pattern)

    def _read(self) -> Pattern:
        """What the fields say. Raises ValueError with a sentence."""
        every = self.every.value()
        readers: dict[type[Pattern], Callable[[], Pattern]] = {
            Dates: Dates,
            Interval: lambda: Interval(every, self.unit.value()),
            Days: lambda: Days(every),
            Weeks: lambda: Weeks(
                tuple(p for p, box in enumerate(self.weekdays) if box.isChecked()), every
            ),
            MonthDays: lambda: MonthDays(month_days(self.days.text()), every),
            MonthWeekdays: lambda: MonthWeekdays(
                self._checked_places(), self.weekday.value(), every
            ),
            YearDay: lambda: YearDay(self.month.value(), self.day.value(), every),
            YearWeekday: lambda: YearWeekday(
                self.month.value(),
                self.place.value(),
                self.weekday.value(),
                every,
            ),
            OtherRule: lambda: OtherRule(self.text.text().strip().upper()),
        }
        return readers[type(self._pattern)]()

    def _checked_places(self) -> tuple[int, ...]:
        places = tuple(
            place for box, (_, place) in zip(self.places, _PLACES, strict=True) if box.isChecked()
        )
        if not places:
            raise ValueError("No weekday of the month is chosen. Tick first, second … or last.")
        return places


def _every(pattern: Pattern) -> tuple[int, str]:
    """How many at most, and of what."""
    match pattern:
        case Interval(_, unit):
            return LONGEST[unit], ""
        case Weeks():
            return MOST_WEEKS, "weeks"
        case MonthDays() | MonthWeekdays():
            return MOST_MONTHS, "months"
        case YearDay() | YearWeekday():
            return MOST_YEARS, "years"
        case _:
            return MOST_DAYS, "days"
