"""Any week around a change of the clocks, with anything happening in it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.agent.domain.oracle import CHANGES
from tests.agent.service.year.location import location_at
from tests.agent.service.year.plant import EVENINGS, NEWDAYS, plant
from tests.agent.service.year.quick_catalogue import QuickCatalogue
from tests.agent.service.year.story import Disturbance, Simulation, What, Whose
from tests.agent.service.year.test_year import check

pytestmark = pytest.mark.logs_warnings  # the clock is set back

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
Step = tuple[int, What, int]  # minutes since the last one, what, minutes that it lasts

waits = st.integers(0, 36 * 60)
lengths = st.one_of(st.integers(1, 20), st.integers(20, 300), st.integers(300, 3500))
suffered = st.sampled_from([What.SLEEP, What.CRASH, What.JUMP])
jumps_back = st.tuples(waits, st.just(What.JUMP), lengths.map(lambda minutes: -minutes))
changes = st.tuples(waits, st.just(What.CHANGE), st.integers(0, 3))
forward = st.tuples(waits, suffered, lengths)
orders = st.tuples(waits, st.just(What.ORDER), lengths)
wishes = st.tuples(waits, st.just(What.TAKE_BACK), st.integers(0, 300))
# What a plan is, that was changed at a time that has yet to come, is another test's matter.
stories = st.one_of(
    st.lists(st.one_of(forward, orders, wishes, jumps_back), max_size=12),
    st.lists(st.one_of(forward, orders, wishes, changes), max_size=12),
)


def story_of(begin: datetime, steps: Sequence[Step]) -> list[Disturbance]:
    moments = accumulate((minutes for minutes, _, _ in steps), initial=0)
    next(moments)
    return [
        _disturbance(begin + moment * MINUTE, what, length)
        for moment, (_, what, length) in zip(moments, steps, strict=True)
    ]


def _disturbance(at: datetime, what: What, length: int) -> Disturbance:
    if what is What.CHANGE:
        return Disturbance(at, what, timetable=[*NEWDAYS[1:], *EVENINGS][length])
    if what is What.TAKE_BACK:
        whose = list(Whose)[length % 3]
        return Disturbance(at, what, length // 6 * MINUTE, whose=whose, waits=length % 2 == 0)
    return Disturbance(at, what, length * MINUTE)


# A start is taken back, and then the plan in which it was is changed.
CHANGED_BEHIND = [
    (696, What.JUMP, 183),
    (496, What.CHANGE, 3),
    (0, What.ORDER, 1),
    (105, What.ORDER, 2304),
    (170, What.ORDER, 1),
    (1754, What.TAKE_BACK, 224),
    (715, What.ORDER, 1),
    (2140, What.TAKE_BACK, 0),
    (0, What.CHANGE, 2),
]


@settings(max_examples=40, deadline=None)
@example(("UTC", date(2024, 2, 29)), 17, 37, CHANGED_BEHIND)
@given(st.sampled_from(CHANGES), st.integers(0, 23), st.integers(0, 999), stories)
def test_a_week_around_a_change_of_the_clocks(
    change: tuple[str, date], hour: int, seed: int, steps: Sequence[Step]
) -> None:
    zone, day = change
    begin = datetime.combine(day - 4 * DAY, time(hour, 17, 3, 123456), UTC)
    location = location_at(QuickCatalogue(), begin, zone)
    simulation = Simulation(location, zone, f"{zone} {seed}", plant(location, begin.year, begin))
    # Until the first NEWDAY of all has been, a day has no beginning of its own.
    simulation.until(begin + 7 * DAY, story_of(begin + 26 * 60 * MINUTE, steps))
    check(location, simulation)
