"""The calendar sheet of one location: per task and sesam day a state, how many runs, how many to
come.

A cell's code is the place of its state in `CELL_STATES`, so that of two cells the larger is the
worse.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from sesam_master.core.states import SEVERITY, JobState

CELL_STATES: tuple[JobState, ...] = tuple(reversed(SEVERITY))
CellKey = tuple["RowKind", str, date]
CODE: dict[JobState, int] = {state: code for code, state in enumerate(CELL_STATES)}
MOST_COUNTED = 255  # one byte per day; this means as many or more


class RowKind(StrEnum):
    """The values are those of JobKind. `UNKNOWN` is one that only a newer agent knows."""

    BACKUP = "backup"
    RESTORE = "restore"
    COMMAND = "command"
    NEWDAY = "newday"
    VERIFY = "verify"
    MIGRATION = "migration"
    RESTORE_PROOF = "restore_proof"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """So many sesam days from the first on."""

    first: date
    days: int

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)

    def day(self, place: int) -> date:
        """The day at a place; 0 is the first."""
        return self.first + timedelta(days=place)

    def place(self, day: date) -> int | None:
        """Where a day stands, None outside."""
        place = (day - self.first).days
        return place if 0 <= place < self.days else None


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One task, or for commands one event. One byte per day in each: `states` holds codes of the
    worst of the day (what is only planned included), `runs` how many have begun or were given up,
    `planned` how many are still to come. `groups` are the task groups that it belongs to."""

    kind: RowKind
    name: str
    client: str
    states: bytes
    runs: bytes
    planned: bytes
    groups: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[RowKind, str]:
        return (self.kind, self.name)

    @property
    def title(self) -> str:
        """As people read it."""
        return title_of(self.kind, self.name)


def title_of(kind: RowKind, name: str) -> str:
    """A task has one row for its backups, one for its restores and one for its verifications:
    Restore mail. What this desk does not know is told: scrub (unknown kind)."""
    if kind is RowKind.UNKNOWN:
        return f"{name} (unknown kind)"
    words = {
        RowKind.RESTORE: f"Restore {name}",
        RowKind.VERIFY: f"Verify {name}",
        RowKind.RESTORE_PROOF: f"Prove {name}",
    }
    return words.get(kind, name)


@dataclass(frozen=True, slots=True)
class CellChange:
    """What has begun or was given up in one row on one sesam day; without what is planned.
    `state` None: nothing any more."""

    kind: RowKind
    name: str
    client: str
    day: date
    state: JobState | None
    runs: int

    @property
    def key(self) -> CellKey:
        return (self.kind, self.name, self.day)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the agent said at `as_of`, complete up to its `revision`. `open_day` was its open sesam
    day; up to `planned_until` the plan is in it, and `ended_day` is the last day that ends by then,
    None if that was not said. Raises ValueError for a row of another length, and
    for days that no calendar has."""

    location_id: str
    span: Span
    rows: tuple[SheetRow, ...]
    open_day: date
    planned_until: datetime | None
    revision: int
    as_of: datetime
    ended_day: date | None = None

    def __post_init__(self) -> None:
        days = self.span.days
        for row in self.rows:
            if not len(row.states) == len(row.runs) == len(row.planned) == days:
                raise ValueError(f"The row {row.name} of the sheet does not have {days} days.")
        try:
            _ = self.span.last, self.planned_through
        except OverflowError as error:
            raise ValueError("The sheet has days that no calendar has.") from error

    @property
    def planned_through(self) -> date | None:
        """The last sesam day whose plan is surely whole in it; if it was not said when days end,
        wherever the site and its NEWDAY are."""
        if self.planned_until is None or self.ended_day is not None:
            return self.ended_day
        return self.planned_until.date() - timedelta(days=2)

    def changed(self, changes: Iterable[CellChange], revision: int, as_of: datetime) -> "Sheet":
        """With these cells; what lies outside its days is passed over. A row that is new is
        added."""
        rows = {row.key: row for row in self.rows}
        for change in changes:
            place = self.span.place(change.day)
            if place is None:
                continue
            key = (change.kind, change.name)
            row = rows.get(key) or self._empty_row(change)
            rows[key] = _with_cell(row, place, change)
        return replace(self, rows=tuple(rows.values()), revision=revision, as_of=as_of)

    def _empty_row(self, change: CellChange) -> SheetRow:
        nothing = bytes(self.span.days)
        return SheetRow(change.kind, change.name, change.client, nothing, nothing, nothing)


def _with_cell(row: SheetRow, place: int, change: CellChange) -> SheetRow:
    happened = CODE[change.state] if change.state else CODE[JobState.NOT_PLANNED]
    planned = CODE[JobState.PLANNED] if row.planned[place] else CODE[JobState.NOT_PLANNED]
    return replace(
        row,
        states=_with_byte(row.states, place, max(happened, planned)),
        runs=_with_byte(row.runs, place, min(change.runs, MOST_COUNTED)),
    )


def _with_byte(values: bytes, place: int, value: int) -> bytes:
    return values[:place] + bytes((value,)) + values[place + 1 :]
