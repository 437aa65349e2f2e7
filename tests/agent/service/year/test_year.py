"""A year of forty tasks in each of twelve time zones.

Whatever happens to the machine, its agent and its clock, every occurrence is classified right, and
nothing else is in the calendar.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.domain.calendar import Entry, EntryState
from server_agent.domain.occurrences import Cause
from server_agent.ports import Catalogue
from tests.agent.service.year.expected import Expected, Row, row_of
from tests.agent.service.year.location import Location, location_at
from tests.agent.service.year.plant import EVENINGS, NEWDAYS, plant
from tests.agent.service.year.quick_catalogue import QuickCatalogue
from tests.agent.service.year.sheets import cells, summed
from tests.agent.service.year.stories import story_of_a_year, wishes_of_a_year
from tests.agent.service.year.story import (
    Disturbance,
    Key,
    Simulation,
    What,
    Whose,
)

pytestmark = pytest.mark.logs_warnings  # the clock is set back

DAY = timedelta(days=1)
AHEAD = 35 * DAY
DISTURBANCES = 150
ORDERS = 25  # and three times as many are taken back
# Each with a year in which its clocks did something remarkable, where they ever did.
ZONES = [
    ("Europe/Berlin", 2026),
    ("Europe/London", 2026),
    ("America/New_York", 2026),
    ("America/St_Johns", 2010),  # changed a minute after midnight
    ("America/Sao_Paulo", 2018),  # at midnight
    ("America/Havana", 2024),  # back from one o'clock to midnight
    ("Australia/Lord_Howe", 2026),  # by half an hour
    ("Pacific/Chatham", 2026),  # at a quarter to three
    ("Pacific/Apia", 2011),  # a day that never was
    ("Africa/Casablanca", 2026),  # for Ramadan
    ("Asia/Tehran", 2022),  # at midnight
    ("Asia/Kathmandu", 2026),  # never
]


def changes_from(begin: datetime, *days: int) -> list[Disturbance]:
    """NEWDAY is moved, then spans weekends, then is moved again; the evening comes later."""
    timetables = [NEWDAYS[1], EVENINGS[1], NEWDAYS[2]]
    return [
        Disturbance(begin + day * DAY + timedelta(hours=5 * number), What.CHANGE, timedelta(), each)
        for number, (day, each) in enumerate(zip(days, timetables, strict=True))
    ]


def check(location: Location, simulation: Simulation) -> Counter[tuple[EntryState, Cause]]:
    """Compares the calendar from its beginning on, and the coming weeks, and the sheet of all of
    it. Returns what there was to be compared."""
    simulation.settle()
    facts = simulation.facts
    now = location.clock.now()
    end = now + AHEAD
    found = _keyed(_in_parts(location, facts.begin - DAY, end + 5 * DAY))
    wanted = Expected(facts, now, end).rows
    rows = {key: row_of(entry) for key, entry in found.items() if key[0] < end}
    wrong = _differences(rows, wanted)
    assert not wrong, f"{len(wrong)} wrong, first {wrong[0]}"
    _check_next_times(location, wanted, end)
    first, last = (facts.begin - 2 * DAY).date(), (end - 5 * DAY).date()
    summed_up = summed(found.values())
    within = {key: each for key, each in summed_up.items() if first <= key[1] <= last}
    assert _sheets(location, first, last) == within
    return Counter((row.state, row.cause) for row in wanted.values())


def _check_next_times(location: Location, wanted: dict[Key, Row], end: datetime) -> None:
    """An event's coming start is the first that the calendar has as planned."""
    first: dict[str, datetime] = {}
    for moment, event_id, _ in sorted(
        key for key, row in wanted.items() if row.decide_time is None
    ):
        first.setdefault(event_id, moment)
    told = location.next_times()
    assert {each: moment for each, moment in told.items() if moment and moment < end} == {
        each: moment for each, moment in first.items() if each in told
    }


def _in_parts(location: Location, first: datetime, end: datetime) -> Iterator[Entry]:
    while first < end:
        part = min(first + 200 * DAY, end)
        yield from location.entries(first, part)
        first = part


def _sheets(location: Location, first: date, last: date) -> dict[object, object]:
    found: dict[object, object] = {}
    while first <= last:
        part = min(first + 92 * DAY, last)
        found |= cells(location.sheets.sheet(first, part))
        first = part + DAY
    return found


def _keyed(entries: Iterator[Entry]) -> dict[Key, Entry]:
    listed = list(entries)
    keys = [(entry.slot.planned_time, entry.slot.event_id, entry.task) for entry in listed]
    assert keys == sorted(set(keys))
    return dict(zip(keys, listed, strict=True))


def _differences(
    found: dict[Key, Row], wanted: dict[Key, Row]
) -> list[tuple[Key, Row | None, Row | None]]:
    """Each with what the calendar says and what it should."""
    return [
        (key, found.get(key), wanted.get(key))
        for key in sorted(found.keys() | wanted.keys())
        if found.get(key) != wanted.get(key)
    ]


def live(
    catalogue: Catalogue, zone: str, begin: datetime, days: int, story: list[Disturbance]
) -> Counter[tuple[EntryState, Cause]]:
    """Lives through the days, and looks at the calendar some times on the way and at the end."""
    location = location_at(catalogue, begin, zone)
    simulation = Simulation(location, zone, zone, plant(location, begin.year, begin))
    pauses = [begin + days * DAY * number / 3 for number in range(4)]
    seen: Counter[tuple[EntryState, Cause]] = Counter()
    for first, end in pairwise(pauses):
        part = [each for each in story if first <= each.at < end]
        simulation.until(end, part)
        seen |= check(location, simulation)
    return seen


@pytest.mark.parametrize(("zone", "year"), ZONES)
def test_a_year(zone: str, year: int) -> None:
    begin = datetime(year, 1, 5, 10, 17, 3, 123456, tzinfo=UTC)
    changes = changes_from(begin, 100, 170, 230)
    story = story_of_a_year(zone, begin, changes, DISTURBANCES)
    story += wishes_of_a_year(zone, begin, ORDERS)
    seen = live(QuickCatalogue(), zone, begin, 365, story)
    assert seen.total() > 10_000
    # The year had everything in it.
    states = {state for state, _ in seen}
    assert states >= set(EntryState) - {EntryState.QUEUED, EntryState.ACTIVE, EntryState.LATE}
    assert {cause for _, cause in seen} == set(Cause)
    assert (EntryState.PLANNED, Cause.BLOCKED_BY) in seen


def test_an_autumn_in_the_real_catalogue(tmp_path: Path) -> None:
    begin = datetime(2026, 10, 9, 9, 17, 3, 123456, tzinfo=UTC)
    changes = changes_from(begin, 8, 9, 26)
    story = [
        *changes,
        Disturbance(begin + 3.1 * DAY, What.SLEEP, 1.5 * DAY),
        Disturbance(begin + 10.2 * DAY, What.CRASH, 0.1 * DAY),
        Disturbance(begin + 15.35 * DAY, What.CRASH, 2.6 * DAY),
        Disturbance(begin + 18.3 * DAY, What.JUMP, 0.4 * DAY),
        Disturbance(begin + 18.5 * DAY, What.JUMP, -0.4 * DAY),
        Disturbance(begin + 19.6 * DAY, What.JUMP, -0.3 * DAY),
        Disturbance(begin + 5.0 * DAY, What.TAKE_BACK, 0.1 * DAY, whose=Whose.BLOCKER),
        Disturbance(begin + 6.0 * DAY, What.ORDER, 9.6 * DAY),
        Disturbance(begin + 7.5 * DAY, What.TAKE_BACK, whose=Whose.ORDERED, waits=True),
        *(Disturbance(begin + day * DAY, What.ORDER, 0.8 * DAY) for day in (17, 19, 21)),
        *(Disturbance(begin + day * DAY, What.TAKE_BACK) for day in (2, 7, 18.4, 18.6, 20, 27)),
        Disturbance(begin + 22.1 * DAY, What.TAKE_BACK, whose=Whose.BLOCKER, waits=True),
    ]
    with closing(SqlCatalogue(f"sqlite:///{tmp_path}/sesam_db.sdb", create=True)) as catalogue:
        live(catalogue, "Europe/Berlin", begin, 32, story)
