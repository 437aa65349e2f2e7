"""The tree follows the fleet row by row and tells views no more than they show."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

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
from sesam_master.core.records import Waiting, WaitsFor
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.topology.model import TopologyModel, TreeRole, TreeRow
from sesam_master.ui.topology.nodes import Filter, Kind, Scope
from sesam_master.ui.topology.panel import TopologyPanel
from tests.fakes.fleet import NOW, client, job, picture, registration, task


class Tree:
    """A fleet with its model, and the rows that the model announced as changed."""

    def __init__(self, *events: FleetEvent) -> None:
        self.fleet = Fleet()
        self.model = TopologyModel(self.fleet, lambda: NOW + timedelta(minutes=5))
        self.tester = QAbstractItemModelTester(
            self.model, QAbstractItemModelTester.FailureReportingMode.Fatal
        )
        # It would fetch rows in the middle of an insertion, which no view does.
        self.tester.setUseFetchMore(False)
        self.changed: list[str] = []
        self.resets: list[None] = []
        self.model.dataChanged.connect(self._note)
        self.model.modelReset.connect(lambda: self.resets.append(None))
        self.apply(*events)

    def apply(self, *events: FleetEvent) -> None:
        change = FleetChange()
        for event in events:
            change.merge(self.fleet.apply(event))
        self.model.take(change)

    def _note(self, first: QModelIndex, last: QModelIndex) -> None:
        assert first == last
        self.changed.append(self.row(first).text)

    def row(self, index: QModelIndex) -> TreeRow:
        row = index.data(TreeRole.ROW)
        assert isinstance(row, TreeRow)
        return row

    def below(self, index: QModelIndex | None = None) -> list[str]:
        parent = index or QModelIndex()
        if self.model.canFetchMore(parent):
            self.model.fetchMore(parent)
        return [
            self.row(self.model.index(i, 0, parent)).text
            for i in range(self.model.rowCount(parent))
        ]

    def open(self, *path: str) -> QModelIndex:
        index = QModelIndex()
        for name in path:
            place = self.below(index).index(name)
            index = self.model.index(place, 0, index)
            self.model.set_expanded(index, True)
        return index


@pytest.fixture
def tree(qapp: object) -> Tree:
    registrations = (
        registration("hamburg", "EMEA / DACH"),
        registration("berlin", "EMEA / DACH"),
        registration("lab"),
    )
    return Tree(
        RegistrationsChanged(registrations),
        *(PictureArrived(r.location_id, picture(r.location_id), NOW) for r in registrations),
        *(
            ConnectionChanged(r.location_id, Connection.ON, None, NOW + timedelta(minutes=4))
            for r in registrations
        ),
    )


def test_locations_stand_in_their_farms(tree: Tree) -> None:
    assert tree.below() == ["All locations", "Lab", "EMEA"]
    assert tree.below(tree.open("EMEA")) == ["DACH"]
    assert tree.below(tree.open("EMEA", "DACH")) == ["Berlin", "Hamburg"]
    assert tree.below(tree.open("Lab")) == ["Clients", "Components", "Scheduling"]
    assert tree.below(tree.open("Lab", "Clients")) == ["c0", "c1"]
    assert tree.below(tree.open("Lab", "Clients", "c1")) == ["c1-t0", "c1-t1"]


def test_a_medium_that_is_wanted_stands_at_its_location_and_task(tree: Tree) -> None:
    tree.below(tree.open("Lab", "Clients", "c0"))
    lab, other = tree.open("Lab"), tree.open("Lab", "Clients", "c0")
    one, two = (tree.model.index(row, 0, other) for row in (0, 1))
    wanting = [
        replace(
            job("lab", number, "c0-t0", JobState.QUEUED),
            waiting=Waiting(WaitsFor.MEDIUM, label, "Usb", NOW),
        )
        for number, label in ((1, "USB00001"), (2, "USB00002"), (3, "USB00001"))
    ]
    tree.apply(ObjectsChanged("lab", NOW, jobs={each.id: each for each in wanting}))
    assert [tree.row(index).wanted for index in (lab, one, two)] == [2, 2, 0]
    assert "Somebody has to put in USB00001\nSomebody has to put in USB00002" in str(
        tree.model.data(lab, Qt.ItemDataRole.ToolTipRole)
    )
    assert "Somebody has to put in USB00002" in str(
        tree.model.data(one, Qt.ItemDataRole.ToolTipRole)
    )
    assert "wants the medium USB00001" in str(
        tree.model.data(lab, Qt.ItemDataRole.AccessibleTextRole)
    )
    tree.changed.clear()
    tree.apply(ObjectsChanged("lab", NOW, removed_jobs=frozenset({"1", "2", "3"})))
    assert tree.row(lab).wanted == 0
    assert "Lab" in tree.changed


def test_a_job_announces_its_task_and_the_counts_of_its_location(tree: Tree) -> None:
    tree.below(tree.open("Lab", "Clients", "c0"))
    tree.changed.clear()

    tree.apply(ObjectsChanged("lab", NOW, jobs={"1": job("lab", 1, "c0-t0", JobState.ERROR)}))

    assert sorted(tree.changed) == ["Lab", "c0-t0"]
    assert tree.row(tree.open("Lab")).counts == ((JobState.ERROR, 1),)
    assert tree.row(tree.open("Lab", "Clients", "c0", "c0-t0")).sign is JobState.ERROR


def test_nothing_below_a_collapsed_row_is_announced(tree: Tree) -> None:
    tree.below(tree.open("Lab", "Clients", "c0"))
    tree.model.set_expanded(tree.open("Lab"), False)
    tree.changed.clear()

    for number in range(1, 101):
        tree.apply(
            ObjectsChanged("lab", NOW, jobs={"1": job("lab", number, "c0-t0", JobState.ACTIVE)})
        )

    assert tree.changed == []


def test_heartbeats_announce_the_head_only(tree: Tree) -> None:
    tree.open("EMEA", "DACH")
    tree.changed.clear()

    tree.apply(ConnectionChanged("berlin", Connection.ON, None, NOW + timedelta(minutes=5)))

    assert set(tree.changed) <= {"All locations"}


def test_open_work_of_a_dark_location_is_unknown_and_its_failures_stay(tree: Tree) -> None:
    tree.apply(
        ObjectsChanged(
            "lab",
            NOW,
            jobs={
                "1": job("lab", 1, "c0-t0", JobState.ACTIVE),
                "2": job("lab", 2, "c0-t1", JobState.ERROR),
            },
        )
    )
    tree.below(tree.open("Lab", "Clients", "c0"))
    tree.changed.clear()

    tree.apply(ConnectionChanged("lab", Connection.STALE, None, None))

    lab = tree.row(tree.open("Lab"))
    assert (lab.sign, lab.side) == (Connection.STALE, "5\N{NO-BREAK SPACE}min")
    assert lab.counts == ((JobState.ERROR, 1),)
    assert tree.row(tree.open("Lab", "Clients", "c0", "c0-t0")).sign is JobState.UNKNOWN
    assert tree.row(tree.open("Lab", "Clients", "c0", "c0-t1")).sign is JobState.ERROR
    assert {"Lab", "c0-t0", "c0-t1"} <= set(tree.changed)


def test_new_and_removed_objects_move_single_rows(tree: Tree) -> None:
    clients = tree.open("Lab", "Clients")
    tree.open("Lab", "Clients", "c0")

    tree.apply(
        ObjectsChanged(
            "lab",
            NOW,
            clients={"b0": client("b0")},
            tasks={"new": task("new", "c0")},
            removed_tasks=frozenset({"c0-t0"}),
        )
    )

    assert tree.below(clients) == ["b0", "c0", "c1"]
    assert tree.below(tree.open("Lab", "Clients", "c0")) == ["c0-t1", "new"]
    assert tree.resets == []


def test_a_moved_location_stands_in_its_new_farm(tree: Tree) -> None:
    tree.apply(RegistrationsChanged((registration("hamburg"), registration("lab", "Tests"))))

    assert tree.below() == ["All locations", "Hamburg", "Tests"]
    assert tree.below(tree.open("Tests")) == ["Lab"]
    tree.changed.clear()
    tree.apply(ConnectionChanged("lab", Connection.BROKEN, None, None))
    assert "Lab" in tree.changed
    assert tree.resets == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hamb", ["All locations", "EMEA"]),
        ("dach", ["All locations", "EMEA"]),
        ("c1-t1", ["All locations", "Lab", "EMEA"]),
        ("nothing like it", ["All locations"]),
    ],
)
def test_the_filter_looks_at_farms_locations_and_tasks(
    tree: Tree, text: str, found: list[str]
) -> None:
    tree.model.set_filter(Filter(text))

    assert tree.below() == found


def test_the_filter_narrows_the_tasks_below(tree: Tree) -> None:
    tree.model.set_filter(Filter("c1-t1"))

    assert tree.below(tree.open("Lab", "Clients")) == ["c1"]
    assert tree.below(tree.open("Lab", "Clients", "c1")) == ["c1-t1"]


def test_scopes_follow_the_fleet(tree: Tree) -> None:
    tree.model.set_filter(Filter("", Scope.DARK))
    assert tree.below() == ["All locations"]

    tree.apply(ConnectionChanged("lab", Connection.BROKEN, None, None))
    assert tree.below() == ["All locations", "Lab"]
    assert tree.model.scope_counts() == {Scope.ALL: 3, Scope.TROUBLE: 1, Scope.DARK: 1}

    tree.apply(ConnectionChanged("lab", Connection.ON, None, NOW))
    assert tree.below() == ["All locations"]


def test_failures_stay_in_trouble_when_their_location_goes_dark(tree: Tree) -> None:
    failed = {str(n): job("lab", n, f"c0-t{n}", JobState.ERROR) for n in range(1, 6)}
    tree.apply(ObjectsChanged("lab", NOW, jobs=failed))
    tree.model.set_filter(Filter("", Scope.TROUBLE))

    for connection in (Connection.BROKEN, Connection.STALE):
        tree.apply(ConnectionChanged("lab", connection, None, None))

        assert tree.below() == ["All locations", "Lab"]
        row = tree.open("Lab").data(TreeRole.ROW)
        assert row.counts == ((JobState.ERROR, 5),)
        assert row.is_dark
        assert row.side
        said = tree.open("Lab").data(Qt.ItemDataRole.AccessibleTextRole)
        assert f"5 Error, as of {row.side} ago" in said
        assert "5 error, as it was then" in tree.open("Lab").data(Qt.ItemDataRole.ToolTipRole)


def test_a_row_says_itself_to_a_screen_reader(tree: Tree) -> None:
    tree.apply(ObjectsChanged("lab", NOW, jobs={"1": job("lab", 1, "c0-t0", JobState.ERROR)}))
    index = tree.open("Lab")

    assert index.data(11) == "Lab, On, 1 Error"  # Qt.ItemDataRole.AccessibleTextRole


def test_rows_appear_in_the_view_as_pictures_arrive(
    holder: ThemeHolder, bridge: Bridge, qtbot: QtBot
) -> None:
    panel = TopologyPanel(holder, bridge, lambda: NOW)
    qtbot.addWidget(panel)
    panel.show()
    bridge.deliver(RegistrationsChanged((registration("lab", "Tests"),)))
    bridge.drain()
    farm = panel.model.index(1, 0)
    assert farm.data(TreeRole.ROW).kind is Kind.FARM
    assert panel.tree.isExpanded(farm)
    qtbot.waitUntil(lambda: panel.model.rowCount(farm) == 1)
    lab = panel.model.index(0, 0, farm)
    panel.tree.expand(lab)
    qtbot.waitUntil(lambda: panel.model.rowCount(lab) == 3)
    panel.tree.expand(panel.model.index(0, 0, lab))

    bridge.deliver(PictureArrived("lab", picture("lab"), NOW))
    bridge.drain()

    clients = panel.model.index(0, 0, lab)
    assert panel.model.rowCount(clients) == 2
    panel.tree.setCurrentIndex(panel.model.index(1, 0, clients))
    assert panel.selection().location_id == "lab"


def test_a_thousand_locations_come_in_few_insertions(qapp: object) -> None:
    tree = Tree()
    insertions: list[int] = []
    tree.model.rowsInserted.connect(lambda _p, first, last: insertions.append(last - first + 1))

    tree.apply(RegistrationsChanged(tuple(registration(f"l{i:04}") for i in range(1000))))

    assert insertions == [1000]
    assert tree.changed == ["All locations"]


def _tip(tree: Tree, *path: str) -> str:
    return str(find(tree, *path).data(Qt.ItemDataRole.ToolTipRole))


def find(tree: Tree, *path: str) -> QModelIndex:
    """The row at the end of a way of texts."""
    here = QModelIndex()
    for text in path:
        rows = range(tree.model.rowCount(here))
        if tree.model.canFetchMore(here):
            tree.model.fetchMore(here)
            rows = range(tree.model.rowCount(here))
        here = next(i for r in rows if (i := tree.model.index(r, 0, here)).data() == text)
    return here


def test_a_location_says_since_when_it_is_dark_and_as_of_when_it_is_known() -> None:
    tree = Tree(RegistrationsChanged((registration("lab"),)))
    assert _tip(tree, "Lab").splitlines()[:2] == ["Lab: connecting", "Nothing is known of it yet"]

    tree.apply(
        PictureArrived("lab", picture("lab"), NOW),
        ConnectionChanged("lab", Connection.ON, None, NOW),
    )
    assert "Last heartbeat 5\N{NO-BREAK SPACE}min ago" in _tip(tree, "Lab")

    trouble = ConnectionTrouble("tcp", "It refuses connections.", NOW)
    tree.apply(ConnectionChanged("lab", Connection.BROKEN, trouble, None))
    first, why, known, address = _tip(tree, "Lab").splitlines()
    assert first.startswith("Lab: broken since ")
    assert why == "It refuses connections."
    assert known.startswith("Known as of ")
    assert known.endswith("5\N{NO-BREAK SPACE}min ago")
    assert address == registration("lab").address


def test_a_task_says_when_it_ended_and_in_the_dark_that_nothing_newer_is_known() -> None:
    tree = Tree(
        RegistrationsChanged((registration("lab"),)),
        PictureArrived("lab", picture("lab"), NOW),
        ConnectionChanged("lab", Connection.ON, None, NOW),
    )
    client_name = tree.fleet.locations["lab"].picture.clients  # type: ignore[union-attr]
    way = ("Lab", "Clients", next(iter(client_name)))
    task_name = str(tree.model.index(0, 0, _opened(tree, *way)).data())
    assert _tip(tree, *way, task_name).startswith(f"{task_name}: ")
    assert "nothing newer is known" not in _tip(tree, *way, task_name)

    tree.apply(ConnectionChanged("lab", Connection.STALE, None, None))

    assert _tip(tree, *way, task_name).endswith("nothing newer is known")
    assert tree.row(find(tree, *way, task_name)).is_dark


def _opened(tree: Tree, *path: str) -> QModelIndex:
    index = find(tree, *path)
    if tree.model.canFetchMore(index):
        tree.model.fetchMore(index)
    return index


def test_keys_lead_from_the_filter_through_three_hundred_locations_to_the_menu(
    holder: ThemeHolder, bridge: Bridge, qtbot: QtBot
) -> None:
    panel = TopologyPanel(holder, bridge, lambda: NOW)
    qtbot.addWidget(panel)
    panel.resize(264, 700)
    panel.show()
    many = [registration(f"site{n:03}", f"Farm {n % 7}") for n in range(300)]
    bridge.deliver(RegistrationsChanged(tuple(many)))
    bridge.drain()
    chosen: list[Selection] = []
    menus: list[tuple[Selection, QPoint]] = []
    panel.activated.connect(chosen.append)
    panel.menu_wanted.connect(lambda selection, place: menus.append((selection, place)))

    panel.activateWindow()
    panel.filter_field.setFocus()
    qtbot.waitUntil(panel.filter_field.hasFocus)
    qtbot.keyClicks(panel.filter_field, "site12")
    qtbot.keyClick(panel.filter_field, Qt.Key.Key_Down)
    assert panel.focusWidget() is panel.tree
    qtbot.keyClicks(panel.tree, "site127")
    qtbot.keyClick(panel.tree, Qt.Key.Key_Return)
    assert chosen == [Selection("site127")]

    row = panel.tree.visualRect(panel.tree.currentIndex())
    assert row.intersects(panel.tree.inputMethodQuery(Qt.InputMethodQuery.ImCursorRectangle))
    panel.tree.customContextMenuRequested.emit(row.center())
    assert menus[0][0] == Selection("site127")

    panel.filter_field.setFocus()
    qtbot.keyClick(panel.filter_field, Qt.Key.Key_Escape)
    assert panel.filter_field.text() == ""
    assert panel.selection() == Selection("site127")
