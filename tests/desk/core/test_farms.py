"""Folders of locations: what lies where, what holds for a location, and what cannot be."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sesam_master.core import farm_edits
from sesam_master.core.farm_transfer import Aspect, ImportMode, plan_import
from sesam_master.core.farm_undo import History, Step, changed_back
from sesam_master.core.farms import (
    ROOT,
    ROOT_NAME,
    Colour,
    Farm,
    FarmError,
    Farms,
    Marks,
    Place,
    Switches,
    faults,
)
from sesam_master.core.maintenance import MaintenanceWindow
from sesam_master.core.registry import Registration, RegistrationChange

NIGHT = MaintenanceWindow(datetime(2026, 11, 24, 22), datetime(2026, 11, 25, 4), "UTC")
MORNING = MaintenanceWindow(datetime(2026, 11, 25, 3), datetime(2026, 11, 25, 6), "UTC")


def listed(location_id: str, farm: str = "", *, is_on: bool = True) -> Registration:
    return Registration(location_id, location_id.title(), farm, "h", 1, b"", "", is_on=is_on)


@pytest.fixture
def farms() -> Farms:
    """EMEA with DACH in it, and APAC."""
    return Farms().adopted(
        [listed("hamburg", "EMEA / DACH"), listed("paris", "EMEA"), listed("perth", "APAC")]
    )


def switched(farms: Farms, farm_id: str, **switches: object) -> Farms:
    marks = farm_edits.with_switches(farms.marks(farm_id), **switches)
    return farm_edits.mark_farm(farms, farm_id, marks)


# -- adoption


def test_locations_that_are_new_lie_where_their_registrations_say(farms: Farms) -> None:
    assert [farm.name for farm in farms.children(ROOT)] == ["APAC", "EMEA"]
    assert farms.path(farms.places["hamburg"].farm) == "EMEA / DACH"
    assert farms.find("emea/dach") == farms.places["hamburg"].farm
    assert farms.find("EMEA / UK") is None
    assert sorted(farms.locations(farms.places["paris"].farm)) == ["hamburg", "paris"]
    assert farms.adopted([listed("hamburg", "elsewhere")]) is farms, "it is known"


def test_a_location_that_was_off_stays_off() -> None:
    farms = Farms().adopted([listed("lab", is_on=False)])
    assert farms.control("lab").off_by == ""
    assert not farms.applied(listed("lab")).is_on


def test_two_desks_know_the_same_farm_by_the_same_id() -> None:
    one = Farms().adopted([listed("a", "EMEA / DACH"), listed("b", "EMEA")])
    other = Farms().adopted([listed("b", "EMEA"), listed("a", "emea/DACH")])
    assert {f.id.casefold() for f in one.farms.values()} == {
        f.id.casefold() for f in other.farms.values()
    }


def test_a_name_follows_its_registration(farms: Farms) -> None:
    renamed = farms.adopted([replace(listed("perth"), name="Fremantle")])
    assert renamed.places["perth"].name == "Fremantle"


# -- what holds


def test_off_and_observe_only_come_from_any_farm_above(farms: Farms) -> None:
    emea = farms.find("EMEA")
    assert emea is not None
    farms = switched(switched(farms, emea, is_off=True), ROOT, observes=True)
    assert farms.control("hamburg").off_by == "EMEA"
    assert farms.control("perth").off_by is None
    assert farms.control("perth").observed_by == ROOT_NAME
    assert farms.control("never seen").observed_by == ROOT_NAME
    assert [farms.applied(listed(i)).is_on for i in ("hamburg", "perth")] == [False, True]
    assert farms.applied(listed("hamburg")).farm == "EMEA / DACH"


def test_maintenance_of_all_farms_above_is_united(farms: Farms) -> None:
    dach, emea = farms.find("EMEA / DACH"), farms.find("EMEA")
    assert dach
    assert emea
    farms = switched(switched(farms, emea, windows=(NIGHT,)), dach, windows=(MORNING,))
    now = datetime(2026, 11, 24, 23, tzinfo=UTC)
    assert farms.control("hamburg").maintenance_end(now) == datetime(2026, 11, 25, 6, tzinfo=UTC)
    assert farms.control("paris").maintenance_end(now) == datetime(2026, 11, 25, 4, tzinfo=UTC)
    assert farms.control("perth").maintenance_end(now) is None


def test_tags_add_up_and_the_nearest_colour_shows(farms: Farms) -> None:
    emea = farms.find("EMEA")
    assert emea
    farms = farm_edits.mark_farm(farms, emea, Marks("", Colour.BLUE, ("prod",)))
    farms = farm_edits.mark_location(farms, "hamburg", Marks("here", None, ("tape",)))
    farms = farm_edits.mark_location(farms, "paris", Marks("", Colour.RED))
    assert farms.control("hamburg").tags == {"prod", "tape"}
    assert farms.control("hamburg").comment == "here"
    assert [farms.control(i).colour for i in ("hamburg", "paris", "perth")] == [
        Colour.BLUE,
        Colour.RED,
        None,
    ]
    assert farms.all_tags() == ["prod", "tape"]


# -- edits


def test_a_farm_that_is_deleted_leaves_its_content_where_it_was(farms: Farms) -> None:
    emea = farms.find("EMEA")
    assert emea
    left = farm_edits.delete_farm(farms, emea)
    assert left.path(left.places["hamburg"].farm) == "DACH"
    assert left.places["paris"].farm == ROOT
    assert next(faults(left), "") == ""


@pytest.mark.parametrize(
    ("edit", "wrong"),
    [
        (lambda f, e, d: farm_edits.move_farm(f, e, d), "cannot lie in itself"),
        (lambda f, e, d: farm_edits.move_farm(f, e, e), "cannot lie in itself"),
        (lambda f, e, d: farm_edits.add_farm(f, "x", " apac ", ROOT), "has a farm APAC already"),
        (lambda f, e, d: farm_edits.rename_farm(f, e, "APAC"), "has a farm APAC already"),
        (lambda f, e, d: farm_edits.rename_farm(f, e, "  "), "has no name"),
        (lambda f, e, d: farm_edits.rename_farm(f, e, "a/b"), "has no “/”"),
        (lambda f, e, d: farm_edits.rename_farm(f, e, "x" * 101), "100 characters"),
        (lambda f, e, d: farm_edits.rename_farm(f, "gone", "x"), "not there any more"),
        (lambda f, e, d: farm_edits.move_locations(f, ["gone"], e), "not there any more"),
        (lambda f, e, d: farm_edits.move_locations(f, ["perth"], "gone"), "not there any more"),
        (lambda f, e, d: farm_edits.mark_farm(f, e, Marks(tags=("a b",))), "The tag 'a b'"),
        (lambda f, e, d: farm_edits.mark_farm(f, e, Marks(tags=("a", "A"))), "stands twice"),
        (lambda f, e, d: farm_edits.mark_farm(f, e, Marks("x" * 2001)), "longer than 2000"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    farms: Farms, edit: Callable[[Farms, str, str], Farms], wrong: str
) -> None:
    emea, dach = farms.find("EMEA"), farms.find("EMEA / DACH")
    assert emea
    assert dach
    with pytest.raises(FarmError, match=wrong):
        edit(farms, emea, dach)


def test_deleting_a_farm_whose_content_finds_its_name_taken(farms: Farms) -> None:
    farms = farm_edits.add_farm(farms, "x", "dach", ROOT)
    emea = farms.find("EMEA")
    assert emea
    with pytest.raises(FarmError, match="Rename or move it first"):
        farm_edits.delete_farm(farms, emea)


def test_a_location_cannot_be_switched_on_against_its_farm(farms: Farms) -> None:
    emea = farms.find("EMEA")
    assert emea
    off = switched(farms, emea, is_off=True)
    change = RegistrationChange(is_on=True)
    with pytest.raises(FarmError, match="Paris is off by the farm EMEA"):
        farm_edits.placed(off, "paris", change)
    on = farm_edits.placed(
        farm_edits.placed(farms, "paris", RegistrationChange(is_on=False)), "paris", change
    )
    assert on == farms


@pytest.mark.parametrize(
    "broken",
    [
        Farms({"a": Farm("a", "A", "b"), "b": Farm("b", "B", "a")}),
        Farms({"a": Farm("a", "A", "a")}),
        Farms({"a": Farm("a", "A", "gone")}),
        Farms({"a": Farm("b", "A")}),
        Farms({"a": Farm("a", "A"), "b": Farm("b", "a")}),
        Farms({}, {"l": Place("l", "L", "gone")}),
        Farms({}, {"l": Place("m", "L")}),
        Farms({}, {}, Marks(tags=("#x",))),
    ],
)
def test_what_is_broken_is_found(broken: Farms) -> None:
    assert list(faults(broken))


# -- undo


def test_a_change_is_taken_back_alone(farms: Farms) -> None:
    apac = farms.find("APAC")
    assert apac
    moved = farm_edits.move_locations(farms, ["perth"], ROOT)
    later = farm_edits.mark_location(moved, "paris", Marks("later"))
    back = changed_back(later, farms, moved)
    assert back.places["perth"].farm == apac
    assert back.places["paris"].marks.comment == "later"


def test_what_was_changed_again_is_not_taken_back(farms: Farms) -> None:
    moved = farm_edits.move_locations(farms, ["perth"], ROOT)
    again = farm_edits.mark_location(moved, "perth", Marks("mine"))
    with pytest.raises(FarmError, match="changed again since"):
        changed_back(again, farms, moved)
    made = farm_edits.add_farm(farms, "x", "X", ROOT)
    used = farm_edits.move_locations(made, ["perth"], "x")
    with pytest.raises(FarmError, match="not there"):
        changed_back(used, farms, made)


def test_steps_go_back_and_forth(farms: Farms) -> None:
    history = History()
    moved = farm_edits.move_locations(farms, ["perth"], ROOT)
    step = Step("move Perth", farms, moved)
    history.add(step)
    history.add(Step("nothing", moved, moved))
    assert history.to_undo is step
    history.undone(step)
    assert (history.to_undo, history.to_redo) == (None, step)
    history.redone(step)
    history.undone(step)
    history.add(Step("other", farms, moved))
    assert history.to_redo is None


# -- exchange


def test_a_merge_names_what_both_say_differently(farms: Farms) -> None:
    emea = farms.find("EMEA")
    assert emea
    here = farm_edits.mark_farm(farms, emea, Marks("mine", None, ("a",)))
    there = farm_edits.mark_farm(farms, emea, Marks("theirs", Colour.RED, ("b",)))
    there = farm_edits.move_locations(there, ["perth"], emea)
    there = farm_edits.mark_location(there, "paris", Marks(switches=Switches(is_off=True)))
    for mode, comment, off in (
        (ImportMode.KEEP_HERE, "mine", False),
        (ImportMode.TAKE_FILE, "theirs", True),
    ):
        plan = plan_import(here, there, mode)
        assert {(one.name, one.aspect) for one in plan.conflicts} == {
            ("EMEA", Aspect.COMMENT),
            ("Perth", Aspect.FARM),
            ("Paris", Aspect.OFF),
        }
        marks = plan.result.marks(emea)
        assert (marks.comment, marks.colour, marks.tags) == (comment, Colour.RED, ("a", "b"))
        assert (plan.result.control("paris").off_by is not None) is off


def test_a_farm_of_another_id_with_the_same_path_is_the_same(farms: Farms) -> None:
    there = Farms({"9": Farm("9", "emea"), "8": Farm("8", "UK", "9")})
    plan = plan_import(farms, there, ImportMode.KEEP_HERE)
    assert sorted(farm.name for farm in plan.result.children(farms.find("EMEA") or "")) == [
        "DACH",
        "UK",
    ]
    assert [(one.name, one.aspect) for one in plan.changes] == [("EMEA / UK", Aspect.EXISTS)]


def test_locations_of_another_desk_are_kept_with_their_names(farms: Farms) -> None:
    there = Farms().adopted([listed("oslo", "EMEA / Nordics")])
    result = plan_import(farms, there, ImportMode.KEEP_HERE).result
    assert result.path(result.places["oslo"].farm) == "EMEA / Nordics"
    assert result.places["oslo"].name == "Oslo"


def test_replacing_takes_the_file_and_keeps_the_marks_of_what_it_does_not_know(
    farms: Farms,
) -> None:
    here = farm_edits.mark_location(farms, "perth", Marks(switches=Switches(observes=True)))
    there = Farms().adopted([listed("paris", "New")])
    result = plan_import(here, there, ImportMode.REPLACE).result
    assert [farm.name for farm in result.farms.values()] == ["New"]
    assert result.places["perth"].farm == ROOT
    assert result.control("perth").observed_by == ""
    assert result.control("paris").observed_by is None


# -- any trees

NAMES = st.sampled_from(["a", "b", "c", "A", "long name"])
PLACES = [f"l{number}" for number in range(5)]
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 9), NAMES),
        st.tuples(st.just("rename"), st.integers(0, 9), NAMES),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("file"), st.integers(0, 4), st.integers(0, 9)),
        st.tuples(st.just("delete"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("off"), st.integers(0, 9), st.booleans()),
    ),
    max_size=25,
)


def built(acts: list[tuple[str, int, object]], prefix: str = "f") -> list[Farms]:
    """All farms on the way."""
    states = [Farms().adopted([listed(place) for place in PLACES])]
    for number, (what, at, value) in enumerate(acts):
        farms = states[-1]
        ids = [ROOT, *farms.farms]
        one = ids[at % len(ids)]
        try:
            if what == "add":
                farms = farm_edits.add_farm(farms, f"{prefix}{number}", str(value), one)
            elif what == "rename":
                farms = farm_edits.rename_farm(farms, one, str(value))
            elif what == "move":
                farms = farm_edits.move_farm(farms, one, ids[int(str(value)) % len(ids)])
            elif what == "file":
                to = ids[int(str(value)) % len(ids)]
                farms = farm_edits.move_locations(farms, [PLACES[at]], to)
            elif what == "delete":
                farms = farm_edits.delete_farm(farms, one)
            else:
                farms = switched(farms, one, is_off=bool(value))
        except FarmError:
            continue
        states.append(farms)
    return states


@settings(max_examples=60)
@given(ACTS)
def test_no_edit_breaks_the_farms_and_each_is_taken_back(
    acts: list[tuple[str, int, object]],
) -> None:
    states = built(acts)
    for before, after in itertools.pairwise(states):
        assert list(faults(after)) == []
        assert set(after.places) == set(PLACES), "no location is ever lost"
        assert sorted(after.locations(ROOT)) == PLACES
        assert changed_back(after, before, after) == before
        for place in PLACES:
            above = [ROOT, *after.above(after.places[place].farm)]
            is_off = any(after.marks(each).switches.is_off for each in above)
            assert (after.control(place).off_by is not None) == is_off


_A, _B, _C = ("add", 0, "a"), ("add", 0, "b"), ("add", 0, "c")


@settings(max_examples=60)
@given(ACTS, ACTS, st.sampled_from(ImportMode), st.booleans())
# What is called b here is c in the file, which has another one that is called b.
@example([_A, _A, _A, _B], [_A, _A, _B, _C], ImportMode.TAKE_FILE, True)
@example([_A, _A, _A, _B], [_A, _A, _B, _C], ImportMode.KEEP_HERE, True)
def test_any_import_makes_farms_without_faults(
    mine: list[tuple[str, int, object]],
    theirs: list[tuple[str, int, object]],
    mode: ImportMode,
    same_ids: bool,
) -> None:
    here = built(mine)[-1]
    there = built(theirs, "f" if same_ids else "g")[-1]
    plan = plan_import(here, there, mode)
    assert list(faults(plan.result)) == []
    assert set(plan.result.places) == set(PLACES)
    assert bool(plan.changes) == (plan.result != here)
    if mode is ImportMode.REPLACE:
        assert plan.result == there
    again = plan_import(plan.result, there, ImportMode.KEEP_HERE)
    assert set(again.result.farms) == set(plan.result.farms), "nothing is added twice"
