"""What differs between two savesets: counts, rows, the file, and what is said when it fails."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.finding import Aspect, Difference
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.compare import ComparePage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    entry,
    list_locations,
    pump,
    saveset,
    take_down,
)

SAVESETS = [saveset("Hamburg", n) for n in (9, 8, 7)]


def differences() -> list[Difference]:
    old, new = entry(b"/srv/a", size=5), entry(b"/srv/a", size=7)
    return [
        Difference(old, new, (Aspect.SIZE, Aspect.LINK_TARGET)),
        Difference(None, entry(b"/srv/caf\xe9\n,x"), ()),
        Difference(entry(b"/srv/old", 1), None, ()),
        Difference(None, entry(b"/srv/z"), ()),
    ]


@pytest.fixture
def page(holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot) -> ComparePage:
    list_locations(bridge, "Hamburg")
    bring_up(bridge, "Hamburg")
    gateway.differences = differences()
    gateway.files_per_page = 3
    made = ComparePage(holder, bridge, gateway, SAVESETS, SAVESETS[0], NOW)
    qtbot.addWidget(made)
    pump()
    return made


def test_the_chosen_one_is_compared_with_the_one_before_it(
    page: ComparePage, gateway: MemoryGateway
) -> None:
    asked = [call for call in gateway.calls if call[0] == "compare"]
    assert asked[0] == ("compare", "Hamburg", SAVESETS[1].name, SAVESETS[0].name, "")
    said: list[str] = []
    page.found.changed.connect(lambda: said.append(page.counts.text))
    page.compare()
    pump()
    assert "1+ added, 1+ removed, 1+ changed" in said
    assert page.counts.text == "2 added, 1 removed, 1 changed"
    assert [page.model.index(0, column).data() for column in (0, 1, 2, 3)] == [
        "Changed",
        "a",
        "/srv",
        "size, link target",
    ]
    assert page.model.index(2, 3).data() == "directory"


def test_all_differences_go_into_the_file_also_those_that_are_not_here(
    page: ComparePage, tmp_path: Path
) -> None:
    file = tmp_path / "out.csv"
    page.write_csv(file)
    pump()
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.reader(text))
    assert rows[0][:3] == ["Difference", "Path", "What"]
    assert [row[:3] for row in rows[1:]] == [
        ["changed", "/srv/a", "size link-target"],
        ["added", "/srv/caf\\xe9\\x0a,x", ""],
        ["removed", "/srv/old", ""],
        ["added", "/srv/z", ""],
    ]
    assert (rows[1][4], rows[1][7]) == ("5", "7")
    assert page.banner.accessibleName() == "4 differences were exported."


def test_a_failure_leaves_no_file(
    page: ComparePage, gateway: MemoryGateway, tmp_path: Path
) -> None:
    gateway.dark = LocationError(Trouble.NO_ANSWER, "Hamburg")
    page.write_csv(tmp_path / "out.csv")
    pump()
    assert list(tmp_path.iterdir()) == []
    assert "export the differences" in page.banner.accessibleName()
    assert page.export.isEnabled()
    gateway.dark = None
    page.write_csv(tmp_path / "none" / "out.csv")
    pump()
    assert "cannot be written" in page.banner.accessibleName()
    assert page.export.isEnabled()


def test_the_oldest_is_compared_with_the_one_after_it(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    list_locations(bridge, "Hamburg")
    bring_up(bridge, "Hamburg")
    made = ComparePage(holder, bridge, gateway, SAVESETS, SAVESETS[-1], NOW)
    qtbot.addWidget(made)
    pump()
    asked = [call for call in gateway.calls if call[0] == "compare"]
    assert asked[-1] == ("compare", "Hamburg", SAVESETS[2].name, SAVESETS[1].name, "")


def test_the_same_and_no_difference_and_a_dark_location_are_said(
    page: ComparePage, bridge: Bridge, gateway: MemoryGateway
) -> None:
    page.before.setCurrentIndex(0)
    page.compare()
    assert page.empty.content.headline == "Both are the same saveset"
    assert not page.export.isEnabled()
    gateway.differences = []
    page.before.setCurrentIndex(2)
    page.compare()
    pump()
    assert page.empty.content.headline == "Both hold the same"
    take_down(bridge, "Hamburg")
    gateway.dark = LocationError(Trouble.UNREACHABLE, "Hamburg")
    page.compare()
    pump()
    assert page.empty.content.headline == "They were not compared"
    gateway.dark, gateway.differences = None, differences()
    page.empty.triggered.emit("more")
    pump()
    assert page.model.rowCount() == 4


def test_a_damaged_saveset_is_not_offered(
    holder: ThemeHolder, bridge: Bridge, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    list_locations(bridge, "Hamburg")
    damaged = replace(SAVESETS[1], damage="Its data are gone.")
    made = ComparePage(
        holder, bridge, gateway, [SAVESETS[0], damaged, SAVESETS[2]], SAVESETS[0], NOW
    )
    qtbot.addWidget(made)
    names = [made.before.itemData(place) for place in range(made.before.count())]
    assert names == [SAVESETS[0].name, SAVESETS[2].name]
    assert made.before.currentData() == SAVESETS[2].name
