"""The calendar over the fleet: the sheets of many locations joined, grouped, filtered, summed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sesam_master.core.calendar_filter import CalendarFilter, RowTest
from sesam_master.core.coverage import Coverage
from sesam_master.core.sheet import CODE, RowKind, Sheet, SheetRow, Span
from sesam_master.core.sheet_shown import Shown, shown_state, worst_by_day
from sesam_master.core.states import Connection, JobState

Key = tuple[str, RowKind, str]

_KIND_ORDER = {kind: place for place, kind in enumerate(RowKind)}


class Grouping(StrEnum):
    """What stands together under one head."""

    FARM = "farm"
    LOCATION = "location"
    CLIENT = "client"
    TASK_GROUP = "task group"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """A location in the calendar. `sheet` is None until one was ever read."""

    location_id: str
    name: str
    farm: str
    connection: Connection
    sheet: Sheet | None

    @property
    def is_live(self) -> bool:
        return self.connection is Connection.ON


@dataclass(slots=True, eq=False)
class CalendarRow:
    """One task over the shown days; a byte per day in `cells` (shown codes), `runs`, `planned`.
    Nothing changes it: another state is another row with the same key."""

    place: Place
    row: SheetRow
    cells: bytes
    runs: bytes
    planned: bytes

    @property
    def key(self) -> Key:
        return (self.place.location_id, self.row.kind, self.row.name)


@dataclass(slots=True, eq=False)
class Group:
    """Rows under one head. `place` when all are of one location."""

    key: str
    title: str
    rows: Sequence[CalendarRow]
    days: int
    place: Place | None = None
    is_open: bool = True
    _worst: bytes | None = None

    @property
    def is_dark(self) -> bool:
        """All of it is of one location that does not prove itself."""
        return self.place is not None and not self.place.is_live

    @property
    def is_unread(self) -> bool:
        """Nobody knows how many rows it has."""
        return self.place is not None and self.place.sheet is None

    @property
    def worst(self) -> bytes:
        """The worst shown code of each day; of a location that was never read all unknown."""
        if self._worst is None:
            unknown = bytes((CODE[JobState.UNKNOWN],)) * self.days
            self._worst = (
                unknown if self.is_unread else worst_by_day((r.cells for r in self.rows), self.days)
            )
        return self._worst


Line = Group | CalendarRow


@dataclass(frozen=True, slots=True)
class DaySum:
    """How many rows have which state on one day, and how many locations stand behind it."""

    day: date
    counts: dict[JobState, int]
    runs: int
    planned: int
    coverage: Coverage


@dataclass(frozen=True, slots=True, eq=False)
class CalendarView:
    """What is seen: lines from top to bottom. `rows` are all that passed the filter, those under
    closed heads too; `total` is how many there are without a filter."""

    span: Span
    today: date
    lines: Sequence[Line]
    rows: Sequence[CalendarRow]
    places: Sequence[Place]
    total: int

    def day_sum(self, place: int) -> DaySum:
        """The sum over all rows on the day at a place of the span."""
        column = bytes([row.cells[place] for row in self.rows])
        counts: dict[JobState, int] = {}
        for code in set(column):
            state = shown_state(code)
            counts[state] = counts.get(state, 0) + column.count(code)
        return DaySum(
            day=self.span.day(place),
            counts=counts,
            runs=sum(row.runs[place] for row in self.rows),
            planned=sum(row.planned[place] for row in self.rows),
            coverage=self.coverage(place),
        )

    def coverage(self, place: int) -> Coverage:
        """How many of the locations in scope have proved what the day at a place shows."""
        covered = sum(place in proved_days(p, self.span, self.today) for p in self.places)
        return Coverage(covered, len(self.places))


def proved_days(place: Place, span: Span, today: date) -> range:
    """Places in the span of which the location's facts are known."""
    if place.sheet is None:
        return range(0)
    return Shown(place.sheet, span, today, place.is_live).proved_days


@dataclass(slots=True)
class Calendar:
    """The locations by id, in the order of the fleet, over one span of days. Rows of a location are
    made anew only when its sheet or its connection is another."""

    span: Span
    today: date
    _places: dict[str, Place] = field(default_factory=dict)
    _rows: dict[str, list[CalendarRow]] = field(default_factory=dict)

    @property
    def places(self) -> Collection[Place]:
        return self._places.values()

    def set_places(self, places: Iterable[Place]) -> None:
        """Takes the whole list of locations over."""
        new = {place.location_id: place for place in places}
        for location_id, old in self._places.items():
            if new.get(location_id) != old:
                self._rows.pop(location_id, None)
        self._places = new

    def put(self, place: Place) -> None:
        """Replaces what is known of one location, or adds it."""
        self._places[place.location_id] = place
        self._rows.pop(place.location_id, None)

    def view(
        self,
        chosen: CalendarFilter,
        grouping: Grouping = Grouping.LOCATION,
        closed: Collection[str] = frozenset(),
    ) -> CalendarView:
        """What is seen under a filter; `closed` are keys of heads that do not show their rows."""
        places = [p for p in self._places.values() if chosen.accepts_place(p.location_id)]
        accepts = chosen.row_test(self.span, self.today)
        total = 0
        found: list[tuple[Place, list[CalendarRow]]] = []
        for place in places:
            own = self._rows_of(place)
            total += len(own)
            found.append((place, own if accepts is None else _accepted(own, accepts)))
        rows = [row for _place, own in found for row in own]
        if grouping is Grouping.LOCATION:
            # A location that was never read keeps its head: it says why there is nothing.
            groups = [
                Group(place.location_id, place.name, own, self.span.days, place)
                for place, own in found
                if own or not chosen.narrows_rows
            ]
        else:
            groups = _grouped(rows, grouping, self.span.days)
        lines = _lines(groups, grouping, closed)
        return CalendarView(self.span, self.today, lines, rows, places, total)

    def _rows_of(self, place: Place) -> list[CalendarRow]:
        made = self._rows.get(place.location_id)
        if made is None:
            made = _made_rows(place, self.span, self.today)
            self._rows[place.location_id] = made
        return made


def _made_rows(place: Place, span: Span, today: date) -> list[CalendarRow]:
    sheet = place.sheet
    if sheet is None:
        return []
    shown = Shown(sheet, span, today, place.is_live)
    ordered = sorted(sheet.rows, key=lambda row: (_KIND_ORDER[row.kind], row.name))
    return [
        CalendarRow(
            place, row, shown.states(row), shown.counts(row.runs), shown.counts(row.planned)
        )
        for row in ordered
    ]


def _accepted(rows: Iterable[CalendarRow], accepts: RowTest) -> list[CalendarRow]:
    return [
        row for row in rows if accepts(row.place.location_id, row.place.name, row.row, row.cells)
    ]


def _grouped(rows: Sequence[CalendarRow], grouping: Grouping, days: int) -> list[Group]:
    """Heads by name; a row with several titles stands under each."""
    found: dict[str, list[CalendarRow]] = {}
    for row in rows:
        for title in _titles(row, grouping):
            found.setdefault(title, []).append(row)
    if grouping is not Grouping.FARM:
        for own in found.values():
            own.sort(key=lambda row: (row.row.name, row.place.name))
    return [Group(title, title, own, days) for title, own in sorted(found.items())]


def _titles(row: CalendarRow, grouping: Grouping) -> Sequence[str]:
    if grouping is Grouping.FARM:
        return (row.place.farm or "No farm",)
    if grouping is Grouping.CLIENT:
        return (row.row.client or "No client",)
    if grouping is Grouping.TASK_GROUP:
        return row.row.groups or ("No task group",)
    return ("",)


def _lines(groups: Sequence[Group], grouping: Grouping, closed: Collection[str]) -> list[Line]:
    lines: list[Line] = []
    for group in groups:
        if grouping is not Grouping.NONE:
            group.is_open = group.key not in closed
            lines.append(group)
        if group.is_open:
            lines += group.rows
    return lines
