"""What may be shown of a location's sheet, given whether the location proves itself.

A fact stays, an absence does not: at a dark location closed days keep what they were, and whatever
was open or planned is unknown, never OK and never missed. A day that the sheet does not hold is
unknown, not empty.
"""

from collections.abc import Iterable
from datetime import date

from sesam_master.core.sheet import CELL_STATES, CODE, Sheet, SheetRow, Span
from sesam_master.core.states import JobState

# Planned at a dark location: planned and unknown at once. Only shown, never in a sheet.
PLANNED_DARK = len(CELL_STATES)

_UNKNOWN = CODE[JobState.UNKNOWN]
_NOT_PLANNED = CODE[JobState.NOT_PLANNED]
_OPEN = frozenset(
    CODE[state] for state in (JobState.PLANNED, JobState.QUEUED, JobState.ACTIVE, JobState.LATE)
)


def shown_state(code: int) -> JobState:
    """The state that a shown cell stands for."""
    return JobState.UNKNOWN if code == PLANNED_DARK else CELL_STATES[code]


def _table(changed: dict[int, int]) -> bytes:
    return bytes(changed.get(code, code) for code in range(256))


_CLOSED_DAY = _table(dict.fromkeys(_OPEN, _UNKNOWN))
_OPEN_DAY = _table(dict.fromkeys(range(_UNKNOWN), _UNKNOWN))
_COMING_DAY = _table(
    dict.fromkeys(range(_NOT_PLANNED + 1, _UNKNOWN), _UNKNOWN)
    | {CODE[JobState.PLANNED]: PLANNED_DARK}
)
_NO_PLAN = _table({_NOT_PLANNED: _UNKNOWN})


class Shown:
    """How cells of one sheet become the shown ones over `span`. `today` is the sesam day that the
    desk takes for the present one."""

    def __init__(self, sheet: Sheet, span: Span, today: date, is_live: bool) -> None:
        self._is_live = is_live
        first = (span.first - sheet.span.first).days
        self._from = max(0, first)
        self._to = max(self._from, min(sheet.span.days, first + span.days))
        self._before = min(span.days, max(0, -first))
        self._after = span.days - self._before - (self._to - self._from)
        begin = sheet.span.first
        due = max(today, sheet.open_day)
        self._open = self._place((sheet.open_day - begin).days)
        self._coming = self._place((due - begin).days + 1)
        through = sheet.planned_through
        self._plan_end = (
            self._coming if through is None else self._place((through - begin).days + 1)
        )
        self._plan_end = max(self._coming, self._plan_end)

    def states(self, row: SheetRow) -> bytes:
        """The codes to show, a byte per day of the span."""
        states = row.states
        ahead = states[self._coming : self._plan_end]
        beyond = states[self._plan_end : self._to].translate(_NO_PLAN)
        if self._is_live:
            here = states[self._from : self._coming] + ahead + beyond
        else:
            here = (
                states[self._from : self._open].translate(_CLOSED_DAY)
                + states[self._open : self._coming].translate(_OPEN_DAY)
                + (ahead + beyond).translate(_COMING_DAY)
            )
        return bytes((_UNKNOWN,)) * self._before + here + bytes((_UNKNOWN,)) * self._after

    def counts(self, values: bytes) -> bytes:
        """Runs or planned ones, a byte per day of the span; 0 where the sheet says nothing."""
        return bytes(self._before) + values[self._from : self._to] + bytes(self._after)

    @property
    def proved_days(self) -> range:
        """Places in the span of which the sheet is true: held by it, and closed or live."""
        end = self._to if self._is_live else self._open
        return range(self._before, self._before + max(0, end - self._from))

    def _place(self, place: int) -> int:
        return min(self._to, max(self._from, place))


# One bit per code in two bytes: a row of cells is OR-ed into another as one long number.
_BITS = [1 << (_UNKNOWN if code == PLANNED_DARK else code) for code in range(PLANNED_DARK + 1)]
_LOW = bytes(bits & 0xFF for bits in _BITS).ljust(256, b"\0")
_HIGH = bytes(bits >> 8 for bits in _BITS).ljust(256, b"\0")
_WORST_LOW = bytes(max(0, bits.bit_length() - 1) for bits in range(256))
_WORST_HIGH = bytes(bits.bit_length() + 7 if bits else 0 for bits in range(256))


def worst_by_day(rows: Iterable[bytes], days: int) -> bytes:
    """The worst code of each day over many rows; planned at a dark location counts as unknown."""
    low = high = 0
    for cells in rows:
        low |= int.from_bytes(cells.translate(_LOW), "big")
        high |= int.from_bytes(cells.translate(_HIGH), "big")
    lows = low.to_bytes(days, "big").translate(_WORST_LOW)
    highs = high.to_bytes(days, "big").translate(_WORST_HIGH)
    return bytes(map(max, lows, highs))
