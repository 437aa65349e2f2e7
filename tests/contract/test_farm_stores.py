"""What every store of farms does, in memory and in a file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sesam_master.core import farm_edits
from sesam_master.core.control_source import FarmStore, MemoryFarms
from sesam_master.core.farms import ROOT, FarmError, Farms
from sesam_master.storage.farm_file import FarmFile


@pytest.fixture(params=["memory", "file"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], FarmStore]:
    """Makes stores over the same farms, as two desks of one profile have them."""
    shared = MemoryFarms()

    def made() -> FarmStore:
        return shared if request.param == "memory" else FarmFile(tmp_path / "new" / "farms.json")

    return made


def add(name: str) -> Callable[[Farms], Farms]:
    return lambda farms: farm_edits.add_farm(farms, name.lower(), name, ROOT)


def test_there_are_none_at_first(stores: Callable[[], FarmStore]) -> None:
    assert stores().load() == Farms()


def test_a_change_is_made_to_what_is_there_then(stores: Callable[[], FarmStore]) -> None:
    one, other = stores(), stores()
    first = one.change(add("EMEA"))
    both = other.change(add("APAC"))
    assert set(first.farms) == {"emea"}
    assert set(both.farms) == {"emea", "apac"}
    assert one.load() == both


def test_what_is_refused_changes_nothing(stores: Callable[[], FarmStore]) -> None:
    store = stores()
    before = store.change(add("EMEA"))
    stamp = store.stamp()
    with pytest.raises(FarmError):
        store.change(add("emea"))
    assert store.load() == before
    assert store.stamp() == stamp


def test_a_stamp_tells_of_a_change(stores: Callable[[], FarmStore]) -> None:
    one, other = stores(), stores()
    before = one.stamp()
    assert one.stamp() == before
    other.change(add("EMEA"))
    assert one.stamp() != before
