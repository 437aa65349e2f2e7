"""Farms in the tree: folders with sums, marks, tags, and what is dragged."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from sesam_master.core import farm_edits
from sesam_master.core.farm_sums import farm_sums
from sesam_master.core.farms import ROOT, Colour, Farms, Marks, Place, Switches
from sesam_master.core.fleet import (
    ConnectionChanged,
    ConnectionTrouble,
    Fleet,
    FleetChange,
    FleetEvent,
    ObjectsChanged,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.maintenance import MaintenanceWindow
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.topology.model import DRAGGED, TopologyModel, TreeRole
from sesam_master.ui.topology.nodes import Filter, Kind, Scope
from sesam_master.ui.topology.rows import TreeRow
from tests.fakes.fleet import NOW, job, picture, registration

LISTED = (
    registration("hamburg", "EMEA / DACH"),
    registration("berlin", "EMEA / DACH"),
    registration("paris", "EMEA"),
    registration("lab"),
)
BROKEN = ConnectionTrouble("tcp", "Nobody answers.", NOW)


class Tree:
    """A model over a fleet, all of whose rows are open."""

    def __init__(self) -> None:
        self.fleet = Fleet()
        self.model = TopologyModel(self.fleet, lambda: NOW)
        self.tester = QAbstractItemModelTester(
            self.model, QAbstractItemModelTester.FailureReportingMode.Fatal
        )
        self.tester.setUseFetchMore(False)
        self.farms = Farms().adopted(LISTED)
        self.tell()
        for each in LISTED:
            self.apply(
                PictureArrived(each.location_id, picture(each.location_id), NOW),
                ConnectionChanged(each.location_id, Connection.ON, None, NOW),
            )
        self.moves: list[tuple[bool, str, str]] = []
        self.names: list[tuple[str, str]] = []
        self.model.move_wanted.connect(lambda *move: self.moves.append(move))
        self.model.rename_wanted.connect(lambda *name: self.names.append(name))

    def apply(self, *events: FleetEvent) -> None:
        change = FleetChange()
        for event in events:
            change.merge(self.fleet.apply(event))
        self.model.take(change)

    def tell(self, time: datetime = NOW) -> None:
        told = tuple(self.farms.applied(each) for each in LISTED)
        off = [
            ConnectionChanged(each.location_id, Connection.OFF, None, None)
            for each in told
            if not each.is_on
        ]
        self.apply(RegistrationsChanged(told, self.farms, time), *off)

    def rows(self, parent: QModelIndex | None = None) -> dict[str, QModelIndex]:
        """By text; the farms in it are opened."""
        parent = parent or QModelIndex()
        if self.model.canFetchMore(parent):
            self.model.fetchMore(parent)
        found = {}
        for at in range(self.model.rowCount(parent)):
            index = self.model.index(at, 0, parent)
            self.model.set_expanded(index, True)
            found[index.data(TreeRole.ROW).text] = index
        return found

    def at(self, *path: str) -> QModelIndex:
        index = QModelIndex()
        for name in path:
            index = self.rows(index)[name]
        return index

    def row(self, *path: str) -> TreeRow:
        row = self.at(*path).data(TreeRole.ROW)
        assert isinstance(row, TreeRow)
        return row

    def tip(self, *path: str) -> str:
        return str(self.at(*path).data(Qt.ItemDataRole.ToolTipRole))

    def farm(self, path: str) -> str:
        found = self.farms.find(path)
        assert found is not None
        return found

    def set(self, path: str, marks: Marks) -> None:
        self.farms = farm_edits.mark_farm(self.farms, self.farm(path), marks)
        self.tell()

    def drop(self, dragged: QModelIndex, target: QModelIndex) -> None:
        data = self.model.mimeData([dragged])
        self.model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, target)


@pytest.fixture
def tree(qapp: object) -> Tree:
    return Tree()


def window(hours: float) -> MaintenanceWindow:
    here = NOW.replace(tzinfo=None)
    return MaintenanceWindow(here - timedelta(hours=1), here + timedelta(hours=hours), "UTC")


def test_farms_are_folders_with_locations_first(tree: Tree) -> None:
    assert list(tree.rows()) == ["All locations", "Lab", "EMEA"]
    assert list(tree.rows(tree.at("EMEA"))) == ["Paris", "DACH"]
    assert list(tree.rows(tree.at("EMEA", "DACH"))) == ["Berlin", "Hamburg"]
    assert tree.at("EMEA", "DACH").data(TreeRole.SELECTION) == Selection(
        farm=tree.farm("EMEA / DACH")
    )


def test_a_farm_amounts_to_the_worst_in_it_with_counts(tree: Tree) -> None:
    assert (tree.row("EMEA").sign, tree.row("EMEA").side) == (Connection.ON, "3")
    tree.apply(
        ObjectsChanged("hamburg", NOW, jobs={"1": job("hamburg", 1, "c0-t0", JobState.WARNING)}),
        ObjectsChanged("paris", NOW, jobs={"1": job("paris", 1, "c0-t0", JobState.ERROR)}),
        ConnectionChanged("berlin", Connection.BROKEN, BROKEN, NOW),
    )
    emea, dach = tree.row("EMEA"), tree.row("EMEA", "DACH")
    assert emea.counts == ((JobState.ERROR, 1), (JobState.WARNING, 1))
    assert dach.counts == ((JobState.WARNING, 1),)
    assert (emea.sign, emea.side, dach.side) == (Connection.BROKEN, "2 of 3", "1 of 2")
    assert "2 of 3 locations live, 1 broken" in tree.tip("EMEA")
    said = str(tree.at("EMEA").data(Qt.ItemDataRole.AccessibleTextRole))
    assert said == "EMEA, farm, Broken, 1 Error, 1 Warning, 2 of 3 locations"


def test_a_change_far_below_announces_its_farms(tree: Tree) -> None:
    tree.rows(tree.at("EMEA", "DACH"))
    changed: list[str] = []
    tree.model.dataChanged.connect(
        lambda first, _last, *_roles: changed.append(first.data(TreeRole.ROW).text)
    )
    tree.apply(ConnectionChanged("hamburg", Connection.STALE, None, NOW))
    assert {"EMEA", "DACH", "Hamburg", "All locations"} <= set(changed)


def test_what_is_off_is_never_green_and_raises_no_alarm(tree: Tree) -> None:
    tree.apply(ObjectsChanged("paris", NOW, jobs={"1": job("paris", 1, "c0-t0", JobState.ERROR)}))
    tree.farms = farm_edits.switch_location(tree.farms, "paris", is_on=False)
    tree.tell()
    paris, emea = tree.row("EMEA", "Paris"), tree.row("EMEA")
    assert (paris.sign, paris.counts, paris.side) == (Connection.OFF, (), "off")
    assert (emea.sign, emea.counts, emea.side) == (Connection.OFF, (), "2 of 3")
    assert "1 error, as it was then" in tree.tip("EMEA", "Paris"), "what is true is told"
    assert "Switched off" in tree.tip("EMEA", "Paris")
    assert tree.model.scope_counts() == {Scope.ALL: 4, Scope.TROUBLE: 0, Scope.DARK: 0}
    coverage = tree.fleet.coverage(NOW)
    assert (coverage.covered, coverage.total, coverage.off) == (3, 4, 1)


def test_a_farm_that_is_off_says_so_at_its_locations(tree: Tree) -> None:
    tree.set("EMEA", Marks(switches=Switches(is_off=True)))
    assert tree.row("EMEA", "DACH", "Hamburg").side == "off"
    assert "Switched off by EMEA" in tree.tip("EMEA", "DACH", "Hamburg")


def test_maintenance_raises_no_alarm_and_hides_no_truth(tree: Tree) -> None:
    tree.apply(
        ObjectsChanged("hamburg", NOW, jobs={"1": job("hamburg", 1, "c0-t0", JobState.ERROR)}),
        ConnectionChanged("hamburg", Connection.BROKEN, BROKEN, NOW),
    )
    assert tree.model.scope_counts()[Scope.TROUBLE] == 1
    tree.set("EMEA / DACH", Marks(switches=Switches(windows=(window(2),))))

    row = tree.row("EMEA", "DACH", "Hamburg")
    assert (row.sign, row.icon, row.counts) == (None, "wrench", ((JobState.ERROR, 1),))
    assert row.side.startswith("until ")
    assert row.is_silent
    assert tree.row("EMEA", "DACH", "Berlin").badges == ("wrench",)
    assert (tree.row("EMEA", "DACH").sign, tree.row("EMEA", "DACH").icon) == (None, "wrench")
    assert tree.row("EMEA").counts == ()
    tip = tree.tip("EMEA", "DACH", "Hamburg")
    assert "Hamburg: broken since" in tip
    assert "In maintenance until" in tip
    assert "1 error" in tree.tip("EMEA", "DACH")
    counts = tree.model.scope_counts()
    assert (counts[Scope.TROUBLE], counts[Scope.DARK]) == (0, 1)

    change = tree.fleet.expire(NOW + timedelta(hours=2))
    tree.model.take(change)
    assert {"hamburg", "berlin"} <= change.connections, "it ends by itself"
    assert tree.row("EMEA", "DACH", "Hamburg").sign is Connection.BROKEN
    assert tree.row("EMEA").counts == ((JobState.ERROR, 1),)
    assert tree.model.scope_counts()[Scope.TROUBLE] == 1


def test_what_is_only_observed_has_an_eye(tree: Tree) -> None:
    tree.set("EMEA", Marks(switches=Switches(observes=True)))
    assert tree.row("EMEA").badges == ("eye",)
    assert tree.row("EMEA", "DACH").badges == ("eye",)
    assert tree.row("EMEA", "DACH", "Hamburg").badges == ("eye",)
    assert tree.row("Lab").badges == ()
    assert "This desk only observes it by EMEA" in tree.tip("EMEA", "DACH", "Hamburg")
    tree.set("EMEA", Marks())
    tree.farms = farm_edits.mark_farm(tree.farms, ROOT, Marks(switches=Switches(observes=True)))
    tree.tell()
    assert tree.row("All locations").badges == ("eye",)
    assert tree.row("Lab").badges == ("eye",)


def test_a_location_that_the_desk_does_not_list_is_shown(tree: Tree) -> None:
    tree.farms = Farms(
        tree.farms.farms, {**tree.farms.places, "x": Place("x", "Rio", tree.farm("EMEA"))}
    )
    tree.tell()
    row = tree.row("EMEA", "Rio")
    assert (row.kind, row.is_dark, row.icon) == (Kind.STRANGER, True, "circle-help")
    assert "not one of this desk's locations" in tree.tip("EMEA", "Rio")
    assert tree.at("EMEA", "Rio").data(TreeRole.SELECTION) == Selection(stranger="x")
    assert tree.row("EMEA").side == "3", "it is none of those that are counted"


def test_tags_filter_what_has_all_of_them(tree: Tree) -> None:
    tree.set("EMEA / DACH", Marks("", Colour.BLUE, ("Prod",)))
    tree.farms = farm_edits.mark_location(tree.farms, "hamburg", Marks("", None, ("tape",)))
    tree.tell()
    for text, found in (
        ("#prod", ["Berlin", "Hamburg"]),
        ("#PROD #tape", ["Hamburg"]),
        ("#prod berl", ["Berlin"]),
    ):
        tree.model.set_filter(Filter(text))
        assert list(tree.rows()) == ["All locations", "EMEA"], text
        assert list(tree.rows(tree.at("EMEA", "DACH"))) == found, text
    tree.model.set_filter(Filter("#none"))
    assert list(tree.rows()) == ["All locations"]
    assert tree.fleet.farms.all_tags() == ["Prod", "tape"]
    tree.model.set_filter(Filter())
    assert tree.row("EMEA", "DACH", "Hamburg").colour is Colour.BLUE


def test_empty_farms_are_shown_unless_something_narrows_the_tree(tree: Tree) -> None:
    tree.farms = farm_edits.add_farm(tree.farms, "x", "Nothing yet", ROOT)
    tree.tell()
    assert (tree.row("Nothing yet").icon, tree.row("Nothing yet").sign) == ("folder", None)
    tree.model.set_filter(Filter("nothing"))
    assert list(tree.rows()) == ["All locations", "Nothing yet"]
    tree.model.set_filter(Filter("", Scope.TROUBLE))
    assert list(tree.rows()) == ["All locations"]


def test_what_is_dragged_is_asked_for_and_not_done(tree: Tree) -> None:
    hamburg, dach = tree.at("EMEA", "DACH", "Hamburg"), tree.at("EMEA", "DACH")
    tree.drop(hamburg, tree.at("EMEA"))
    tree.drop(dach, tree.at("All locations"))
    tree.drop(tree.at("Lab"), dach)
    assert tree.moves == [
        (False, "hamburg", tree.farm("EMEA")),
        (True, tree.farm("EMEA / DACH"), ROOT),
        (False, "lab", tree.farm("EMEA / DACH")),
    ]
    assert list(tree.rows(tree.at("EMEA", "DACH"))) == ["Berlin", "Hamburg"]


def test_what_cannot_be_dropped_is_not(tree: Tree) -> None:
    emea, dach = tree.at("EMEA"), tree.at("EMEA", "DACH")
    tree.drop(emea, dach)  # into itself
    tree.drop(emea, emea)
    tree.drop(tree.at("EMEA", "DACH", "Hamburg"), dach)  # it lies there
    tree.drop(dach, tree.at("Lab"))  # no farm
    assert tree.moves == []
    assert not tree.model.flags(tree.at("All locations")) & Qt.ItemFlag.ItemIsDragEnabled
    tree.model.is_editable = False
    assert not tree.model.flags(emea) & Qt.ItemFlag.ItemIsDragEnabled
    assert tree.model.mimeTypes() == [DRAGGED]


def test_another_name_is_asked_for_and_not_done(tree: Tree) -> None:
    emea = tree.at("EMEA")
    assert not tree.model.setData(emea, "Europe")
    tree.model.setData(emea, "EMEA")
    tree.model.setData(emea, "  ")
    tree.model.setData(tree.at("Lab"), "Labor")
    assert tree.names == [(tree.farm("EMEA"), "Europe")]
    assert "EMEA" in tree.rows()


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "move", "file", "delete"]), *[st.integers(0, 9)] * 2),
    max_size=15,
)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_the_tree_follows_any_change_of_farms(
    qapp: object, steps: list[tuple[str, int, int]]
) -> None:
    tree = Tree()
    for number, (what, one, other) in enumerate(steps):
        ids = [ROOT, *tree.farms.farms]
        first, second = ids[one % len(ids)], ids[other % len(ids)]
        try:
            if what == "add":
                tree.farms = farm_edits.add_farm(tree.farms, f"n{number}", f"N{number}", first)
            elif what == "move":
                tree.farms = farm_edits.move_farm(tree.farms, first, second)
            elif what == "file":
                key = LISTED[one % len(LISTED)].location_id
                tree.farms = farm_edits.move_locations(tree.farms, [key], second)
            else:
                tree.farms = farm_edits.delete_farm(tree.farms, first)
        except farm_edits.FarmError:
            continue
        tree.tell()
        assert _shown(tree, QModelIndex(), ROOT) == {each.location_id for each in LISTED}
    assert farm_sums(tree.fleet)[ROOT].total == len(LISTED)


def _shown(tree: Tree, parent: QModelIndex, farm_id: str) -> set[str]:
    """The locations below a row, which have to be those of the farm."""
    found = set()
    for index in tree.rows(parent).values():
        row, chosen = index.data(TreeRole.ROW), index.data(TreeRole.SELECTION)
        if row.kind is Kind.LOCATION:
            found.add(chosen.location_id)
        elif row.kind is Kind.FARM:
            found |= _shown(tree, index, chosen.farm)
    assert found == set(tree.farms.locations(farm_id))
    return found
