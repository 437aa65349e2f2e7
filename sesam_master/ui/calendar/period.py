"""The span of days that a person looks at: a month, a quarter or a year."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sesam_master.core.sheet import Span
from sesam_master.ui.calendar.cursor import days_between, month_later


class Length(StrEnum):
    MONTH = "Month"
    QUARTER = "Quarter"
    YEAR = "Year"


ZOOM = {Length.MONTH: 24, Length.QUARTER: 10, Length.YEAR: 6}
_MONTHS = {Length.MONTH: 1, Length.QUARTER: 3, Length.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """`month` is any day of the month that it is about: the last one of a quarter."""

    length: Length
    month: date

    @property
    def span(self) -> Span:
        """A quarter is this month with the two before; a year is that of the calendar."""
        if self.length is Length.YEAR:
            first, last = date(self.month.year, 1, 1), date(self.month.year, 12, 31)
        else:
            back = _MONTHS[self.length] - 1
            first = month_later(self.month.replace(day=1), -back)
            days = monthrange(self.month.year, self.month.month)[1]
            last = self.month.replace(day=days)
        return Span(first, days_between(first, last))

    def stepped(self, steps: int) -> "Period":
        """The next ones, or with negative steps the ones before."""
        return replace(self, month=month_later(self.month, steps * _MONTHS[self.length]))
