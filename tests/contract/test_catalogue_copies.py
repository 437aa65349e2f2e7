"""What every catalogue knows of savesets that lie on more than one medium."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from server_agent.domain.copies import Copy, Place, first_as_copy, lying_at
from server_agent.domain.errors import AlreadyExists, SavesetNeeded, SavesetNotFound
from server_agent.domain.savesets import Saveset
from server_agent.ports import Catalogue, CatalogueView, Holding, Removal
from tests.fakes.records import SAVESET, START

HOUR = timedelta(hours=1)
DAY = SAVESET.sesam_day
FIRST = SAVESET.label
FULL = replace(SAVESET, name="f", base=None, job_id="1", stored_bytes=10, eol=DAY)
INC = replace(SAVESET, name="i", base="f", job_id="2", stored_bytes=5)
TAPE = Copy("f", "TAPE00001", DAY + timedelta(9), 11, START + 5 * HOUR, START + 6 * HOUR)
VAULT = Copy("f", "VAULT00001", None, 12, START + 4 * HOUR)


def filled(catalogue: Catalogue, copies: Sequence[Copy] = (TAPE, VAULT)) -> None:
    with catalogue.write() as tx:
        tx.add_saveset(FULL)
        tx.add_saveset(INC)
        for copy in copies:
            tx.add_copy(copy)


def saveset(view: CatalogueView, name: str = "f") -> Saveset:
    found = view.saveset(name)
    assert found is not None
    return found


def labels(view: CatalogueView, name: str = "f") -> list[str]:
    """The first place, and then the copies."""
    return [saveset(view, name).label, *(each.label for each in view.copies([name]).get(name, ()))]


def test_copies_are_known_by_their_savesets(catalogue: Catalogue) -> None:
    filled(catalogue)
    with catalogue.read() as view:
        assert view.copies(["f", "i", "unknown"]) == {"f": (TAPE, VAULT)}
        assert view.copies([]) == {}
        assert view.saveset("f") == FULL


def test_the_first_place_of_each_is_known(catalogue: Catalogue) -> None:
    filled(catalogue)
    with catalogue.write() as tx:
        tx.put_first("f", TAPE.label)
        assert tx.labels(["f", "i", "unknown", "f"]) == {"f": TAPE.label, "i": FIRST}
        assert tx.labels([]) == {}


def test_all_places_of_all_savesets_are_known_in_the_order_in_which_they_were_made(
    catalogue: Catalogue,
) -> None:
    with catalogue.read() as view:
        assert view.lying() == []
    filled(catalogue)
    later = replace(SAVESET, name="e", base="i", job_id="10", eol=None, damage="It was cut")
    with catalogue.write() as tx:
        tx.add_saveset(later)
        tx.set_missing(["i"], True)
        lying = [(each.name, each.label) for each in tx.lying()]
        assert lying == [
            ("f", FIRST),
            ("f", "VAULT00001"),
            ("f", TAPE.label),
            *((name, FIRST) for name in "ie"),
        ]
        tx.put_first("f", TAPE.label)
    with catalogue.read() as view:
        whole, *_, gone, cut = view.lying()
        first = saveset(view)
        inc = saveset(view, "i")
    assert [whole, gone, cut] == [
        Place(*(getattr(each, name) for name in Place._fields)) for each in (first, inc, later)
    ]
    assert (whole.label, whole.eol, whole.stored_bytes) == (TAPE.label, TAPE.eol, 11)


def test_media_hold_copies_too(catalogue: Catalogue) -> None:
    filled(catalogue)
    with catalogue.read() as view:
        assert view.holdings() == {
            FIRST: Holding(2, 15, DAY, DAY),
            "TAPE00001": Holding(1, 11, DAY, DAY + timedelta(9)),
            "VAULT00001": Holding(1, 12, DAY, None),
        }


def test_a_copy_needs_its_saveset_and_a_medium_that_has_none(catalogue: Catalogue) -> None:
    filled(catalogue, [TAPE])
    for copy, error in (
        (replace(TAPE, saveset="unknown"), SavesetNotFound),
        (TAPE, AlreadyExists),
        (replace(TAPE, label=FIRST), AlreadyExists),
    ):
        with pytest.raises(error), catalogue.write() as tx:
            tx.add_copy(copy)
    with catalogue.read() as view:
        assert view.copies(["f"]) == {"f": (TAPE,)}


def test_what_is_said_of_a_copy_is_replaced(catalogue: Catalogue) -> None:
    filled(catalogue)
    changed = replace(TAPE, missing=True, damage="It was cut", verify_time=None, eol=None)
    with catalogue.write() as tx:
        tx.put_copy(changed)
        tx.put_copy(replace(TAPE, label="OTHER00001"))
    with catalogue.read() as view:
        assert view.copies(["f"]) == {"f": (changed, VAULT)}
        assert view.nearest_faulty(["f", "i"]) == {}


def test_a_copy_becomes_the_first_and_the_first_a_copy(catalogue: Catalogue) -> None:
    filled(catalogue)
    with catalogue.write() as tx:
        tx.set_damage("f", "It was cut")
        tx.put_first("f", "TAPE00001")
        tx.put_first("f", "OTHER00001")
        tx.put_first("unknown", "TAPE00001")
    with catalogue.read() as view:
        assert view.saveset("f") == lying_at(FULL, TAPE)
        behind = replace(first_as_copy(FULL), damage="It was cut")
        assert view.copies(["f"]) == {"f": (behind, VAULT)}
        assert view.nearest_faulty(["i"]) == {}
        assert saveset(view).made_time == TAPE.made_time
    with catalogue.write() as tx:
        tx.put_first("f", FIRST)
    with catalogue.read() as view:
        assert saveset(view).damage == "It was cut"
        assert view.copies(["f"]) == {"f": (TAPE, VAULT)}
        assert view.nearest_faulty(["i"])["i"].name == "f"


def test_a_saveset_goes_from_all_its_media(catalogue: Catalogue) -> None:
    filled(catalogue)
    with pytest.raises(SavesetNeeded), catalogue.write() as tx:
        tx.remove_savesets(["f"])
    with catalogue.write() as tx:
        assert len(tx.copies(["f"])["f"]) == 2
        tx.remove_savesets(["f", "i"])
    with catalogue.read() as view:
        assert view.copies(["f"]) == {}
        gone = {(each.saveset, each.label, each.sesam_day, each.job) for each in view.removals()}
    assert gone == {
        ("f", FIRST, DAY, ""),
        ("f", "TAPE00001", DAY, ""),
        ("f", "VAULT00001", DAY, ""),
        ("i", FIRST, DAY, ""),
    }


def test_one_place_goes_and_the_rest_stays(catalogue: Catalogue) -> None:
    filled(catalogue)
    with catalogue.write() as tx:
        tx.remove_place("f", "OTHER00001")
        tx.remove_place("unknown", FIRST)
        tx.remove_place("f", "TAPE00001")
    with catalogue.read() as view:
        assert labels(view) == [FIRST, "VAULT00001"]
        assert view.removals() == [Removal("f", "TAPE00001", DAY)]
    with catalogue.write() as tx:
        tx.remove_place("f", FIRST)
    with catalogue.read() as view:
        assert view.saveset("f") == lying_at(FULL, VAULT)
        assert labels(view) == ["VAULT00001"]
    with pytest.raises(ValueError, match="only"), catalogue.write() as tx:
        tx.remove_place("f", "VAULT00001")


def test_what_takes_the_place_of_the_first_is_whole(catalogue: Catalogue) -> None:
    filled(catalogue)
    with catalogue.write() as tx:
        tx.put_copy(replace(VAULT, damage="It was cut"))  # it would be the next
        tx.remove_place("f", FIRST)
    with catalogue.read() as view:
        assert labels(view) == ["TAPE00001", "VAULT00001"]


def test_a_copy_takes_back_that_its_files_are_to_be_removed(catalogue: Catalogue) -> None:
    reserved = Removal("f", "TAPE00001", DAY, "17")
    with catalogue.write() as tx:
        tx.put_removal(Removal("f", "TAPE00001", date(2020, 1, 1)))
        tx.put_removal(reserved)
        tx.put_removal(replace(reserved, label="VAULT00001", job=""))
        assert [each.job for each in tx.removals()] == ["17", ""]
    filled(catalogue, [TAPE])
    with catalogue.write() as tx:
        assert [each.label for each in tx.removals()] == ["VAULT00001"]
        tx.forget_removals("TAPE00001", ["f"])
        assert [each.label for each in tx.removals()] == ["VAULT00001"]
        tx.forget_removals("VAULT00001", ["f", "unknown"])
        assert tx.removals() == []


def test_copies_of_thousands(catalogue: Catalogue) -> None:
    names = [f"s{number:04d}" for number in range(1200)]
    with catalogue.write() as tx:
        for name in names:
            tx.add_saveset(replace(FULL, name=name))
            tx.add_copy(replace(TAPE, saveset=name))
    with catalogue.read() as view:
        assert view.copies(names).keys() == set(names)
    with catalogue.write() as tx:
        tx.remove_savesets(names)
        assert len(tx.removals()) == 2400
        assert tx.copies(names) == {}
