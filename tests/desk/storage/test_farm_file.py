"""The farms in their file: whole or not at all, older, newer, damaged, and for other desks."""

import json
import os
import stat
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sesam_master.core import farm_edits
from sesam_master.core.farms import ROOT, Colour, Farms, Marks, Switches
from sesam_master.core.maintenance import MaintenanceWindow
from sesam_master.core.registry import KeepingError, Registration
from sesam_master.storage.farm_code import FORMAT, packed, unpacked
from sesam_master.storage.farm_file import FarmFile

WINDOWS = (
    MaintenanceWindow(datetime(2026, 11, 28, 22), datetime(2026, 11, 29, 4), "Europe/Berlin"),
    MaintenanceWindow(
        *(datetime(2026, 11, 28, 22), datetime(2026, 11, 29, 4), "UTC"),
        frozenset({5, 6}),
        date(2027, 1, 1),
        "Wartung für „alle“",
    ),
)


def whole() -> Farms:
    """With everything that can be set."""
    registration = Registration("perth", "Pérth\n", "EMEA / DACH", "h", 1, b"", "")
    farms = Farms().adopted([registration])
    farm = farms.find("EMEA") or ""
    marks = Marks("why\nso", Colour.TEAL, ("a", "ß"), Switches(True, True, WINDOWS))
    farms = farm_edits.mark_location(farm_edits.mark_farm(farms, farm, marks), "perth", marks)
    return farm_edits.mark_farm(farms, ROOT, marks)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "farms.json"


def test_everything_comes_back(path: Path) -> None:
    FarmFile(path).change(lambda _none: whole())
    assert FarmFile(path).load() == whole()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(os.listdir(path.parent)) == {"farms.json", "farms.json.lock"}


def test_a_newer_file_is_refused_and_stays(path: Path) -> None:
    document = json.loads(packed(whole())) | {"format": FORMAT + 1, "farms": "of another shape"}
    path.write_text(json.dumps(document))
    before = path.read_bytes()
    store = FarmFile(path)
    for act in (store.load, lambda: store.change(lambda farms: farms)):
        with pytest.raises(KeepingError, match=f"format {FORMAT + 1}.*newer desk"):
            act()
    assert path.read_bytes() == before


def cut(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()[:-20]


def without(key: str) -> Callable[[dict[str, Any]], bytes]:
    def damage(document: dict[str, Any]) -> bytes:
        del document[key]
        return json.dumps(document).encode()

    return damage


def with_farm(**values: Any) -> Callable[[dict[str, Any]], bytes]:
    def damage(document: dict[str, Any]) -> bytes:
        document["farms"][0] |= values
        return json.dumps(document).encode()

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        lambda _document: b"",
        lambda _document: b"\xff\xfe",
        lambda _document: b"[]",
        lambda _document: b"[" * 100_000,
        without("kind"),
        without("format"),
        without("root"),
        without("locations"),
        with_farm(is_off="no"),
        with_farm(is_off=0),
        with_farm(colour="mauve"),
        with_farm(tags="a"),
        with_farm(tags=["a b"]),
        with_farm(parent="gone"),
        with_farm(parent="EMEA"),
        with_farm(name=""),
        with_farm(maintenance=[{}]),
        with_farm(maintenance=[{"start": "now"}]),
        with_farm(id=7),
    ],
)
def test_a_damaged_file_is_put_aside_and_the_desk_only_observes(
    path: Path, damage: Callable[[dict[str, Any]], bytes]
) -> None:
    broken = damage(json.loads(packed(whole())))
    path.write_bytes(broken)

    farms = FarmFile(path).load()

    aside = path.with_name("farms.damaged-1.json")
    assert aside.read_bytes() == broken
    assert farms.root.switches.observes
    assert str(aside) in farms.root.comment
    assert FarmFile(path).load() == farms, "also at the next start"
    path.write_bytes(broken)
    FarmFile(path).load()
    assert path.with_name("farms.damaged-2.json").read_bytes() == broken


def test_a_file_that_is_damaged_meanwhile_is_not_written_over(path: Path) -> None:
    store = FarmFile(path)
    store.change(lambda _none: whole())
    path.write_bytes(b"damage")
    with pytest.raises(KeepingError, match="damaged"):
        store.change(lambda farms: farms)
    assert path.read_bytes() == b"damage"


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = FarmFile(tmp_path / "file" / "farms.json")
    with pytest.raises(KeepingError, match="cannot be"):
        store.change(lambda _none: whole())


def test_farms_go_to_another_desk_by_a_file(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "for others.json"
    FarmFile(path).export(whole(), str(copy))
    assert FarmFile(tmp_path / "other" / "farms.json").read(str(copy)) == whole()
    assert not path.exists(), "to export is not to keep"
    for what, wrong in ((b"{}", "holds no farms"), (b"", "holds no farms")):
        copy.write_bytes(what)
        with pytest.raises(KeepingError, match=wrong):
            FarmFile(path).read(str(copy))
        assert copy.read_bytes() == what, "nobody's file is put aside"
    newer = json.loads(packed(whole())) | {"format": 9}
    copy.write_text(json.dumps(newer))
    with pytest.raises(KeepingError, match="newer desk"):
        FarmFile(path).read(str(copy))
    with pytest.raises(KeepingError, match="cannot be read"):
        FarmFile(path).read(str(tmp_path / "nowhere.json"))
    with pytest.raises(KeepingError, match="Choose another place"):
        FarmFile(path).export(whole(), str(copy / "below a file"))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.integers(0, 2000))
def test_no_bytes_are_taken_for_farms_by_mistake(noise: bytes, at: int) -> None:
    right = packed(whole())
    at %= len(right)
    try:
        farms = unpacked(right[:at] + noise + right[at + len(noise) :])
    except ValueError:
        return
    assert unpacked(packed(farms)) == farms
