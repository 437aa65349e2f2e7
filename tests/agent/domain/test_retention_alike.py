"""That the fast way to work out what is kept says the same as the plain one."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from server_agent.domain.copies import Place
from server_agent.domain.media import MediaPool, Retention, pool_of
from server_agent.domain.retention import Keeping, fates
from tests.agent.domain.plain_retention import plain_fates

DAY = date(2026, 3, 2)
LABELS = ("DISK00001", "DISK00002", "TAPE00001", "LOST00001")  # the last one's pool is not known


@dataclass(frozen=True)
class Known:
    """What a location has, and what its rule is."""

    places: tuple[Place, ...]
    disk: Retention
    tape: Retention
    protected: frozenset[str]
    in_use: frozenset[str]

    @property
    def keeping(self) -> Keeping:
        pools = {
            "DISK": MediaPool("DISK", "Drives", self.disk),
            "TAPE": MediaPool("TAPE", "Drives", self.tape),
        }
        return Keeping(lambda label: pools.get(pool_of(label)), self.protected, self.in_use)


RULES = st.builds(
    Retention,
    eol_days=st.just(0),
    keep_newest=st.integers(0, 2),
    weekly=st.integers(0, 3),
    monthly=st.integers(0, 2),
    yearly=st.integers(0, 2),
)


@st.composite
def locations(draw: st.DrawFn) -> Known:
    """Chains of two tasks, whose savesets lie in one to three places each, in any order."""
    count = draw(st.integers(1, 9))
    places: list[Place] = []
    for number in range(count):
        bases = [None, *(f"s{below}" for below in range(max(0, number - 3), number)), "gone"]
        base = draw(st.sampled_from(bases))
        day = DAY - timedelta(draw(st.integers(0, 500)))
        task = draw(st.sampled_from(("docs", "mail")))
        labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=3, unique=True))
        for label in labels:
            eol = draw(st.one_of(st.none(), st.integers(-2, 1)))
            places.append(
                Place(
                    name=f"s{number}",
                    label=label,
                    task=task,
                    base=base,
                    job_id=str(number + 8),  # from one digit to two: not to be sorted as texts
                    sesam_day=day,
                    eol=None if eol is None else DAY + timedelta(eol),
                    stored_bytes=1,
                    missing=draw(st.sampled_from((False, False, False, True))),
                    damage=draw(st.sampled_from(("", "", "", "It was cut"))),
                )
            )
    names = [f"s{number}" for number in range(count)]
    order = draw(st.permutations(names))  # the places of one stay in theirs
    return Known(
        tuple(sorted(places, key=lambda each: order.index(each.name))),
        draw(RULES),
        draw(RULES),
        frozenset(draw(st.sets(st.sampled_from(LABELS), max_size=1))),
        frozenset(draw(st.sets(st.sampled_from(names), max_size=1))),
    )


_ONE = Place("s0", LABELS[0], "docs", None, "1", DAY, DAY - timedelta(1), 1, False, "")
_NONE = Retention(0, 0)


@settings(max_examples=400)
@given(locations())
@example(
    Known(
        (_ONE, _ONE._replace(name="s1", base="s0", job_id="2", missing=True)),
        replace(_NONE, keep_newest=1),
        _NONE,
        frozenset(),
        frozenset(),
    )
)
def test_both_ways_say_the_same(known: Known) -> None:
    plain = plain_fates(known.places, DAY, known.keeping)
    assert fates(known.places, DAY, known.keeping) == plain
