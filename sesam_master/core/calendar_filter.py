"""What a person narrowed the calendar to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from sesam_master.core.sheet import CODE, RowKind, SheetRow, Span
from sesam_master.core.sheet_shown import PLANNED_DARK
from sesam_master.core.states import TROUBLE_STATES, JobState

# A hole is a problem too: nobody knows what is in it.
_PROBLEMS = frozenset(TROUBLE_STATES | {JobState.UNKNOWN})

RowTest = Callable[[str, str, SheetRow, bytes], bool]


@dataclass(frozen=True, slots=True)
class CalendarFilter:
    """Empty sets and texts take nothing away. `states`: the row has one of them on a shown day, or
    if `since` is given on a day from then up to today; `only_problems`: the row has trouble or a
    hole up to today. `tasks` are (location id, name)."""

    locations: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    tasks: frozenset[tuple[str, str]] = frozenset()
    kinds: frozenset[RowKind] = frozenset()
    states: frozenset[JobState] = frozenset()
    text: str = ""
    only_problems: bool = False
    since: date | None = None

    @property
    def narrows_rows(self) -> bool:
        """Rows of a location may be missing, not only whole locations."""
        return self != CalendarFilter(locations=self.locations)

    def accepts_place(self, location_id: str) -> bool:
        if self.tasks and not any(at == location_id for at, _name in self.tasks):
            return False
        return not self.locations or location_id in self.locations

    def without(self, key: str) -> "CalendarFilter":
        """Without one of its parts, by the name of the part."""
        nothing = CalendarFilter()
        return replace(self, **{key: getattr(nothing, key)})

    def row_test(self, span: Span, today: date) -> RowTest | None:
        """Whether a row is to be seen, by id and name of its location, row and shown cells; None:
        every one."""
        if not self.narrows_rows:
            return None
        words = self.text.lower().split()
        wanted = _others(self.states)
        harmless = _others(_PROBLEMS)
        until = max(0, min(span.days, (today - span.first).days + 1))
        first = max(0, (self.since - span.first).days) if self.since is not None else 0
        last = until if self.since is not None else span.days

        def accepts(location_id: str, location: str, row: SheetRow, cells: bytes) -> bool:
            if self.kinds and row.kind not in self.kinds:
                return False
            if self.clients and row.client not in self.clients:
                return False
            if self.tasks and (location_id, row.name) not in self.tasks:
                return False
            if self.states and not cells[first:last].translate(None, wanted):
                return False
            if self.only_problems and not cells[:until].translate(None, harmless):
                return False
            if not words:
                return True
            text = f"{row.name} {row.client} {location}".lower()
            return all(word in text for word in words)

        return accepts


def _others(states: frozenset[JobState]) -> bytes:
    """The codes of all other states. Planned at a dark location is both, planned and unknown."""
    wanted = {CODE[state] for state in states}
    if JobState.PLANNED in states:
        wanted.add(PLANNED_DARK)
    return bytes(code for code in range(PLANNED_DARK + 1) if code not in wanted)
