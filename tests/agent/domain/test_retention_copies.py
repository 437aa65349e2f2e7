"""What is kept of savesets that lie on several media, and that what is kept can be restored."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server_agent.domain.copies import Copy, best_place, better_first, first_as_copy, places_of
from server_agent.domain.media import MediaPool, Retention, pool_of
from server_agent.domain.retention import Fate, Keeping, Reason, fates
from server_agent.domain.savesets import Saveset
from tests.fakes.records import SAVESET, START

DAY = date(2026, 3, 2)
DISK, TAPE, VAULT = "DISK00001", "TAPE00001", "VAULT00001"
AWAY = "missing"
CUT = "damage"


def place(
    name: str, job: int, label: str, kept: int, *, base: str | None = None, state: str = ""
) -> Saveset:
    """A saveset in one of its places, kept there until so many days after DAY."""
    return replace(
        SAVESET,
        name=name,
        job_id=str(job),
        base=base,
        label=label,
        sesam_day=DAY - timedelta(30),
        eol=DAY + timedelta(kept),
        missing=state == AWAY,
        damage="It was cut" if state == CUT else "",
    )


def keeping(keep_newest: int = 0, **more: object) -> Keeping:
    rule = Retention(keep_newest=keep_newest)
    pools = {name: MediaPool(name, "Drives", rule) for name in ("DISK", "TAPE", "VAULT")}
    return Keeping(lambda label: pools.get(pool_of(label)), **more)  # type: ignore[arg-type]


def told(places: Sequence[Saveset], how: Keeping | None = None) -> dict[tuple[str, str], Reason]:
    found = fates(places, DAY, how or keeping())
    return {(fate.saveset.name, fate.saveset.label): fate.reason for fate in found}


def test_each_place_has_its_own_eol() -> None:
    places = [place("a", 1, DISK, -1), place("a", 1, TAPE, 0), place("b", 2, DISK, -1)]
    assert fates(places, DAY, keeping()) == [
        Fate(places[0], Reason.EXPIRED, stays=True),
        Fate(places[1], Reason.EOL),
        Fate(places[2], Reason.EXPIRED),
    ]
    gone = fates(places, DAY + timedelta(1), keeping())
    assert [(fate.goes, fate.stays) for fate in gone] == [(True, False)] * 3


def test_the_newest_count_in_each_pool() -> None:
    places = [
        place("a", 1, DISK, -1),
        place("a", 1, TAPE, -1),
        place("b", 2, DISK, -1),
    ]
    assert told(places, keeping(1)) == {
        ("a", DISK): Reason.EXPIRED,
        ("a", TAPE): Reason.NEWEST,
        ("b", DISK): Reason.NEWEST,
    }


def test_a_chain_stays_whole_in_the_pool_in_which_its_tip_is_kept() -> None:
    places = [
        place("f", 1, DISK, -1),
        place("f", 1, TAPE, -1),
        place("i", 2, DISK, -1, base="f"),
        place("i", 2, TAPE, 5, base="f"),
    ]
    assert told(places) == {
        ("f", DISK): Reason.EXPIRED,
        ("f", TAPE): Reason.NEEDED,
        ("i", DISK): Reason.EXPIRED,
        ("i", TAPE): Reason.EOL,
    }


def test_a_base_that_does_not_lie_in_the_pool_is_kept_where_it_lies() -> None:
    places = [
        place("f", 1, TAPE, -1),
        place("f", 1, VAULT, 3),
        place("i", 2, DISK, 5, base="f"),
        place("j", 3, DISK, 5, base="i"),
    ]
    # The one that is kept anyhow is enough.
    assert told(places)["f", TAPE] is Reason.EXPIRED
    assert told(places)["f", VAULT] is Reason.EOL
    alone = [places[0], *places[2:]]
    assert told(alone)["f", TAPE] is Reason.NEEDED
    assert [fate.by for fate in fates(alone, DAY, keeping())] == ["j", "", ""]


def test_the_only_whole_place_stays_while_another_is_kept() -> None:
    for state, reason in ((CUT, Reason.EOL), (AWAY, Reason.AWAY)):
        places = [place("a", 1, DISK, -1), place("a", 1, TAPE, 5, state=state)]
        assert told(places) == {("a", DISK): Reason.ONLY_WHOLE, ("a", TAPE): reason}
    whole = [place("a", 1, DISK, -1), place("a", 1, TAPE, 5)]
    assert told(whole)["a", DISK] is Reason.EXPIRED
    lost = [place("a", 1, DISK, -1, state=CUT), place("a", 1, TAPE, 5, state=CUT)]
    assert told(lost)["a", DISK] is Reason.EXPIRED


def test_what_is_needed_is_kept_where_it_is_whole() -> None:
    places = [
        place("f", 1, DISK, -1, state=CUT),
        place("f", 1, TAPE, -1),
        place("i", 2, DISK, 5, base="f"),
    ]
    assert told(places) == {
        ("f", DISK): Reason.EXPIRED,
        ("f", TAPE): Reason.NEEDED,
        ("i", DISK): Reason.EOL,
    }


def test_a_job_and_write_protection_keep_what_they_did() -> None:
    places = [place("a", 1, DISK, -1), place("a", 1, TAPE, -1)]
    assert set(told(places, keeping(in_use=frozenset({"a"}))).values()) == {Reason.IN_USE}
    protected = told(places, keeping(protected=frozenset({TAPE})))
    assert protected == {("a", DISK): Reason.EXPIRED, ("a", TAPE): Reason.WRITE_PROTECTED}


STATES = st.sampled_from(["", "", "", AWAY, CUT])


@st.composite
def locations(draw: st.DrawFn) -> list[Saveset]:
    """Chains of savesets, each in one to three places."""
    found: list[Saveset] = []
    names: list[str] = []
    for number in range(draw(st.integers(1, 7))):
        base = draw(st.sampled_from([None, *names]))
        for label in draw(st.lists(st.sampled_from([DISK, TAPE, VAULT]), min_size=1, unique=True)):
            kept, state = draw(st.integers(-2, 1)), draw(STATES)
            found.append(place(f"s{number}", number + 1, label, kept, base=base, state=state))
        names.append(f"s{number}")
    return found


def restorable(places: Sequence[Saveset]) -> set[str]:
    whole = {each.name: each.base for each in places if not each.fault}
    found: set[str] = set()
    for name in whole:
        chain: list[str | None] = [name]
        while chain[-1] is not None and chain[-1] in whole:
            chain.append(whole[chain[-1]])
        if chain[-1] is None:
            found.add(name)
    return found


@given(locations(), st.integers(0, 2))
def test_what_is_kept_can_be_restored_as_before(places: list[Saveset], newest: int) -> None:
    decided = fates(places, DAY, keeping(newest))
    kept = [fate.saveset for fate in decided if not fate.goes]
    names = {each.name for each in kept}
    assert restorable(kept) == restorable(places) & names
    assert {each.base for each in kept} <= names | {None}
    for fate in decided:
        assert fate.stays == (fate.goes and fate.saveset.name in names)


def test_the_best_place_is_read() -> None:
    def read_from(*states: str) -> str:
        first, *others = (
            place("a", 1, label, 1, state=state)
            for label, state in zip((DISK, TAPE, VAULT), states, strict=False)
        )
        copies = [first_as_copy(each) for each in others]
        better = better_first(first, copies)
        assert best_place(places_of(first, copies)).label == (better or DISK)
        return better or DISK

    assert read_from("", "", "") == DISK
    assert read_from("", AWAY) == DISK
    assert read_from(AWAY, "") == TAPE
    assert read_from(CUT, AWAY, "") == VAULT
    assert read_from(CUT, AWAY) == TAPE
    assert read_from(AWAY, CUT) == DISK
    assert read_from(CUT, CUT) == DISK


def test_a_lost_listing_is_that_of_all_places() -> None:
    saveset = replace(place("a", 1, DISK, 1, state=AWAY), lacks_listing=True)
    copy = Copy("a", TAPE, None, 5, START)
    there, away = (
        places_of(saveset, [copy])[1],
        places_of(saveset, [replace(copy, missing=True)])[1],
    )
    assert (there.fault, there.lacks_listing) == ("", False)
    assert "listing" in away.fault
