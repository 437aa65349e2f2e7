"""A fleet whose locations answer with sheets and occurrences that were laid ready or made up."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from sesam_master.core.calendar_days import Cause, Occurrence
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.records import BackupType
from sesam_master.core.sheet import CELL_STATES, CODE, RowKind, Sheet, SheetRow, Span
from sesam_master.core.states import JobState

NOW = datetime(2026, 11, 23, 7, 41, 8, tzinfo=UTC)
OPEN_DAY = date(2026, 11, 23)
PLANNED_UNTIL = NOW + timedelta(days=35)
LETTERS = {
    ".": JobState.NOT_PLANNED,
    "p": JobState.PLANNED,
    "0": JobState.OK,
    "q": JobState.QUEUED,
    "a": JobState.ACTIVE,
    "c": JobState.CANCELLED,
    "b": JobState.BLOCKED,
    "1": JobState.WARNING,
    "l": JobState.LATE,
    "?": JobState.UNKNOWN,
    "m": JobState.MISSED,
    "X": JobState.ERROR,
    "3": JobState.BROKEN,
}


def row(name: str, letters: str, kind: RowKind = RowKind.BACKUP, **values: object) -> SheetRow:
    """A row by the letters of its days; one run where something ran, one planned where p stands."""
    states = bytes(CODE[LETTERS[letter]] for letter in letters)
    planned = bytes(letter == "p" for letter in letters)
    runs = bytes(letter not in ".p?m" for letter in letters)
    made = SheetRow(kind, name, "fs-01", states, runs, planned)
    return replace(made, **values)  # type: ignore[arg-type]


def sheet(
    location_id: str,
    rows: Sequence[SheetRow],
    first: date = date(2026, 11, 1),
    open_day: date = OPEN_DAY,
    revision: int = 1,
) -> Sheet:
    """As an agent says it now."""
    days = len(rows[0].states) if rows else 30
    return Sheet(
        location_id, Span(first, days), tuple(rows), open_day, PLANNED_UNTIL, revision, NOW
    )


def made_up(
    location_id: str, names: Sequence[str], first: date, last: date, open_day: date = OPEN_DAY
) -> Sheet:
    """A plausible sheet, always the same for the same names and days."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    rows = [_made_up_row(location_id, name, days, open_day) for name in names]
    return sheet(location_id, rows, first, open_day) if rows else _nothing(location_id, days)


def _nothing(location_id: str, days: Sequence[date]) -> Sheet:
    span = Span(days[0], len(days))
    return Sheet(location_id, span, (), OPEN_DAY, PLANNED_UNTIL, 1, NOW)


_USUAL = "0" * 140 + "1" * 6 + "X" * 3 + "3cbmml"


def _made_up_row(location_id: str, name: str, days: Sequence[date], open_day: date) -> SheetRow:
    times = 24 if name == "sap-log" else 1
    weekdays = {"archive": {5}, "vmware-prod": {0, 1, 2, 3, 4}}.get(name, set(range(7)))
    letters, runs, planned = "", [], []
    horizon = PLANNED_UNTIL.date()
    for day in days:
        chance = random.Random(f"{location_id}/{name}/{day}")
        is_planned = day.weekday() in weekdays and day <= horizon
        if not is_planned:
            letter = "."
        elif day < open_day:
            letter = chance.choice(_USUAL)
        elif day == open_day:
            letter = chance.choice("0aqppp")
        else:
            letter = "p"
        letters += letter
        has_run = letter not in ".pm"
        runs.append(times if has_run and letter != "l" else 0)
        planned.append(times if letter == "p" else 0)
    client = ("fs-01", "db-02", "mail-01")[len(name) % 3]
    groups = ("nightly",) if len(name) % 2 else ()
    return row(
        name, letters, runs=bytes(runs), planned=bytes(planned), client=client, groups=groups
    )


def occurrence(
    location_id: str, name: str, hour: float, state: JobState = JobState.OK, **values: object
) -> Occurrence:
    """One of Sun 22 Nov; `hour` counts from its midnight in UTC."""
    planned = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(hours=hour)
    waits = state in (JobState.PLANNED, JobState.MISSED, JobState.BLOCKED, JobState.LATE)
    made = Occurrence(
        location_id,
        f"event-{name}",
        planned,
        f"{name} nightly",
        RowKind.BACKUP,
        name,
        "fs-01",
        state,
        "2026-11-22",
        type=BackupType.FULL if name == "archive" else BackupType.INC,
        schedule="nightly",
        job_id=None if waits else f"{int(hour * 60)}",
        cause=Cause.WINDOW_OVER if state is JobState.MISSED else Cause.NONE,
    )
    return replace(made, **values)  # type: ignore[arg-type]


def _made_up_runs(sheet: Sheet) -> list[Occurrence]:
    """One occurrence for each cell that is not empty, an hour apart."""
    return [
        replace(
            occurrence(sheet.location_id, one.name, 0, CELL_STATES[code]),
            sesam_day=sheet.span.day(place).isoformat(),
            planned_time=datetime.combine(sheet.span.day(place), time(9 + number % 14), UTC),
        )
        for number, one in enumerate(sheet.rows)
        for place, code in enumerate(one.states)
        if code
    ]


@dataclass
class SiteSource:
    """Answers at once. `tasks` are the names of a location's tasks, `sheets` go before them; a
    location in `troubles` raises. `calls` holds what was asked."""

    tasks: dict[str, Sequence[str]] = field(default_factory=dict)
    open_days: dict[str, date] = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)
    runs: dict[str, Sequence[Occurrence]] = field(default_factory=dict)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)

    async def sheet(self, location_id: str, first: date, last: date) -> Sheet:
        self._note("sheet", location_id, first, last)
        if location_id in self.sheets:
            return self.sheets[location_id]
        open_day = self.open_days.get(location_id, OPEN_DAY)
        return made_up(location_id, self.tasks.get(location_id, ()), first, last, open_day)

    async def occurrences(
        self, location_id: str, from_time: datetime, to_time: datetime
    ) -> Sequence[Occurrence]:
        self._note("occurrences", location_id, from_time, to_time)
        found = self.runs.get(location_id)
        if found is None:
            names = self.tasks.get(location_id, ())
            first, last = from_time.date(), to_time.date()
            found = _made_up_runs(made_up(location_id, names, first, last))
        return [o for o in found if from_time <= o.planned_time < to_time]

    async def cancel_occurrence(
        self, location_id: str, event_id: str, planned_time: datetime, request_id: str
    ) -> None:
        self._note("cancel_occurrence", location_id, event_id, planned_time, request_id)
        self.runs[location_id] = [
            replace(o, state=JobState.CANCELLED, cause=Cause.TAKEN_BACK, by="me")
            if (o.event_id, o.planned_time) == (event_id, planned_time)
            else o
            for o in self.runs.get(location_id, ())
        ]

    def asked(self, what: str) -> list[object]:
        """The locations that were asked for this."""
        return [call[1] for call in self.calls if call[0] == what]

    def _note(self, *call: object) -> None:
        self.calls.append(call)
        trouble = self.troubles.get(str(call[1]))
        if trouble is not None:
            raise LocationError(trouble, str(call[1]))
