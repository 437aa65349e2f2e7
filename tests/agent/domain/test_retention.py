"""What is kept, why, and that nothing is deleted that something kept needs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_agent.domain.media import MediaPool, Retention, pool_of
from server_agent.domain.retention import Fate, Keeping, Reason, fates
from server_agent.domain.savesets import Saveset
from tests.fakes.records import SAVESET

DAY = date(2026, 3, 2)  # a Monday
LABEL = "DISK00001"


def saveset(
    name: str, job: int, *, base: str | None = None, age: int = 0, kept: int = -1, **more: object
) -> Saveset:
    """One of `age` days before DAY, kept until so many days after DAY."""
    return replace(
        SAVESET,
        name=name,
        job_id=str(job),
        base=base,
        sesam_day=DAY - timedelta(age),
        eol=DAY + timedelta(kept),
        **more,  # type: ignore[arg-type]
    )


def keeping(rule: Retention | None = None, **more: object) -> Keeping:
    """Savesets lie in the pool of their label, of which one is not known."""
    rule = rule or Retention(keep_newest=0)
    pools = {name: MediaPool(name, "Drives", rule) for name in ("DISK", "TAPE")}
    return Keeping(lambda label: pools.get(pool_of(label)), **more)  # type: ignore[arg-type]


def told(savesets: Sequence[Saveset], how: Keeping, day: date = DAY) -> dict[str, Reason]:
    return {fate.saveset.name: fate.reason for fate in fates(savesets, day, how)}


def test_a_saveset_is_kept_on_the_day_of_its_eol() -> None:
    one = saveset("a", 1, kept=0)
    assert told([one], keeping()) == {"a": Reason.EOL}
    assert told([one], keeping(), DAY + timedelta(1)) == {"a": Reason.EXPIRED}
    for_good = replace(one, eol=None)
    assert told([for_good], keeping(), date.max) == {"a": Reason.EOL}


def test_a_chain_lives_while_its_youngest_member_lives() -> None:
    chain = [saveset("f", 1), saveset("d", 2, base="f"), saveset("i", 3, base="d", kept=0)]
    chain.append(saveset("dead", 4, base="d"))
    found = fates(chain, DAY, keeping())
    assert found == [
        Fate(chain[0], Reason.NEEDED, "i"),
        Fate(chain[1], Reason.NEEDED, "i"),
        Fate(chain[2], Reason.EOL),
        Fate(chain[3], Reason.EXPIRED),
    ]
    assert [fate.goes for fate in found] == [False, False, False, True]
    assert set(told(chain, keeping(), DAY + timedelta(1)).values()) == {Reason.EXPIRED}


def test_the_newest_of_each_task_and_pool_stay() -> None:
    known = [
        saveset("a1", 1),
        saveset("a2", 2),
        saveset("a3", 3),
        saveset("b1", 4, task="other"),
        saveset("t1", 5, label="TAPE00001"),
    ]
    assert told(known, keeping(Retention(keep_newest=2))) == {
        "a1": Reason.EXPIRED,
        "a2": Reason.NEWEST,
        "a3": Reason.NEWEST,
        "b1": Reason.NEWEST,
        "t1": Reason.NEWEST,
    }


def test_the_newest_is_the_one_made_last_whatever_its_clock_said() -> None:
    ahead, since = saveset("ahead", 1, age=-900), saveset("since", 2, age=3)
    reasons = told([ahead, since], keeping(Retention(keep_newest=1)))
    assert reasons == {"ahead": Reason.EXPIRED, "since": Reason.NEWEST}


@pytest.mark.parametrize("fault", [{"missing": True}, {"damage": "It was cut"}])
def test_what_cannot_be_restored_takes_no_place_from_what_can(fault: dict[str, object]) -> None:
    whole = saveset("whole", 1)
    base = saveset("base", 2, **fault)
    above = saveset("above", 3, base="base")
    reasons = told([whole, base, above], keeping(Retention(keep_newest=1)))
    assert reasons["whole"] is Reason.NEWEST
    assert reasons["above"] is (Reason.AWAY if "missing" in fault else Reason.EXPIRED)


def test_weeks_months_and_years() -> None:
    ages = [0, 1, 6, 7, 8, 40, 41, 300, 400, 800]
    known = [saveset(f"age{age}", 1000 - age, age=age) for age in ages]
    rule = Retention(keep_newest=0, weekly=2, monthly=3, yearly=2)
    kept = told(known, keeping(rule))
    assert {name for name, reason in kept.items() if reason is Reason.EXPIRED} == {
        "age7",
        "age8",
        "age41",
        "age400",
        "age800",
    }
    assert kept["age0"] is Reason.WEEKLY  # and the newest of its month and year
    assert kept["age1"] is Reason.WEEKLY  # the Sunday of the week before
    assert kept["age6"] is Reason.MONTHLY  # the last one of February
    assert kept["age40"] is Reason.MONTHLY
    assert kept["age300"] is Reason.YEARLY


def test_what_is_in_use_protected_away_or_in_no_pool_stays() -> None:
    known = [
        saveset("used", 1),
        saveset("protected", 2, label="DISK00002"),
        saveset("away", 3, missing=True),
        saveset("cut", 6, missing=True, damage="It was cut"),
        saveset("unknown", 4, label="OTHER00001"),
        saveset("gone", 5),
    ]
    how = keeping(protected=frozenset({"DISK00002"}), in_use=frozenset({"used"}))
    assert told(known, how) == {
        "used": Reason.IN_USE,
        "protected": Reason.WRITE_PROTECTED,
        "away": Reason.AWAY,
        "unknown": Reason.EOL,
        "gone": Reason.EXPIRED,
        "cut": Reason.EXPIRED,
    }


def test_what_builds_on_one_that_is_away_waits_with_it() -> None:
    """Its medium is mounted again, and what was newest is so again."""
    known = [
        saveset("full", 1, missing=True),
        saveset("inc", 2, base="full"),
        saveset("last", 3, base="inc"),
        saveset("cut", 4, base="full", damage="It was cut"),
        saveset("on cut", 5, base="cut"),
    ]
    assert told(known, keeping()) == {
        "full": Reason.AWAY,
        "inc": Reason.AWAY,
        "last": Reason.AWAY,
        "cut": Reason.EXPIRED,
        "on cut": Reason.EXPIRED,
    }


def test_an_eol_reaches_to_the_last_date_there_is() -> None:
    assert Retention(eol_days=3).eol(DAY) == DAY + timedelta(3)
    assert Retention(eol_days=0).eol(DAY) == DAY
    assert Retention(eol_days=36_500).eol(date.max) == date.max


@st.composite
def locations(draw: st.DrawFn) -> list[Saveset]:
    """Savesets of up to three tasks, each built on nothing or on an earlier one of its task."""
    made: list[Saveset] = []
    for number in range(1, draw(st.integers(0, 14)) + 1):
        task = draw(st.sampled_from(["a", "b", "c"]))
        below = [each.name for each in made if each.task == task]
        base = draw(st.sampled_from([None, *below])) if below else None
        one = saveset(
            f"s{number}",
            number,
            base=base,
            age=draw(st.integers(-40, 400)),
            kept=draw(st.integers(-3, 2)),
            task=task,
            label=draw(st.sampled_from(["DISK00001", "DISK00002", "TAPE00001", "OTHER00001"])),
            missing=draw(st.sampled_from([False, False, False, True])),
            damage=draw(st.sampled_from(["", "", "", "cut"])),
        )
        made.append(replace(one, eol=draw(st.sampled_from([one.eol, one.eol, None]))))
    return draw(st.permutations(made))


RULES = st.builds(
    Retention,
    eol_days=st.just(1),
    keep_newest=st.integers(0, 3),
    weekly=st.integers(0, 2),
    monthly=st.integers(0, 2),
    yearly=st.integers(0, 2),
)


@given(known=locations(), rule=RULES, protected=st.sampled_from(["", "DISK00002"]))
def test_no_kept_saveset_loses_its_base(
    known: list[Saveset], rule: Retention, protected: str
) -> None:
    found = fates(known, DAY, keeping(rule, protected=frozenset({protected})))
    assert [fate.saveset for fate in found] == known
    gone = {fate.saveset.name for fate in found if fate.goes}
    for fate in found:
        if not fate.goes:
            assert fate.saveset.base not in gone
        else:
            assert fate.saveset.eol is not None
            assert fate.saveset.eol < DAY
            assert not fate.saveset.missing or fate.saveset.damage
            assert fate.saveset.label not in (protected, "OTHER00001")


@given(known=locations(), rule=RULES)
def test_what_could_be_restored_before_is_not_all_deleted(
    known: list[Saveset], rule: Retention
) -> None:
    """Of each task and pool, as many of the newest whole ones as the rule says outlive it."""
    by_name = {each.name: each for each in known}

    def whole(each: Saveset) -> bool:
        below = by_name.get(each.base) if each.base is not None else None
        return not each.fault and (below is None or whole(below))

    reasons = told(known, keeping(rule))
    for task in ("a", "b", "c"):
        for pool in ("DISK", "TAPE"):
            mine = [e for e in known if e.task == task and pool_of(e.label) == pool and whole(e)]
            mine.sort(key=lambda each: int(each.job_id))
            for each in mine[len(mine) - rule.keep_newest :] if rule.keep_newest else []:
                assert reasons[each.name] is not Reason.EXPIRED


@given(known=locations(), rule=RULES)
def test_a_second_look_finds_nothing_more(known: list[Saveset], rule: Retention) -> None:
    """What one NEWDAY leaves, it would leave again."""
    kept = [fate.saveset for fate in fates(known, DAY, keeping(rule)) if not fate.goes]
    assert not any(fate.goes for fate in fates(kept, DAY, keeping(rule)))
