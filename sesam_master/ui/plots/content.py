"""What a plot shows, as plain data. No Qt.

The axis of time counts days as `date.toordinal` does; a part of a day is a part of one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum

_SECONDS_OF_DAY = 86_400


class Shape(StrEnum):
    """How points are drawn: a line with its area, or a bar for each."""

    LINE = "line"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class Point:
    """One number with what a person reads of it."""

    at: float
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A level across the plot, and its name."""

    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line into the future."""

    at: float
    value: float
    until: float
    value_then: float


@dataclass(frozen=True, slots=True)
class PlotContent:
    """One plot.

    Attributes:
        summary: what the plot says, for whoever does not see it.
        empty: why there are no points; without points it stands in place of the plot.
        first, last: the ends of the axis of time.
        top: the axis of values reaches this far at least.
        words: a value as it stands at the axis.
        bar_days: so many days each bar stands for.
    """

    title: str
    summary: str
    empty: str
    points: tuple[Point, ...]
    first: float
    last: float
    words: Callable[[float], str]
    shape: Shape = Shape.LINE
    bar_days: int = 1
    top: float = 0.0
    mark: Mark | None = None
    trend: Trend | None = None


def place_of(moment: datetime, zone: tzinfo) -> float:
    """Where a moment stands on the axis of time."""
    local = moment.astimezone(zone)
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return local.toordinal() + seconds / _SECONDS_OF_DAY


def place_of_day(day: date) -> float:
    """Where a sesam day stands: in the middle of it."""
    return day.toordinal() + 0.5
