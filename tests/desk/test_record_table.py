"""The table model and its view: single changes, order, selection by identity, pages."""

from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.states import WORDS, Connection, JobState, severity_rank
from sesam_master.ui.fonts import make_fonts
from sesam_master.ui.formatting import size_text
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from sesam_master.ui.widgets.column import Align, CellKind, Column, GroupHead, HeadKind, Role
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView


@dataclass(frozen=True)
class Run:
    key: int
    state: JobState = JobState.OK
    task: str = "home"
    size: int | None = None


COLUMNS: tuple[Column[Run], ...] = (
    Column(
        "state",
        "State",
        94,
        lambda run: WORDS[run.state],
        CellKind.STATE,
        value=lambda run: run.state,
        sort=lambda run: severity_rank(run.state),
    ),
    Column(
        "location", "Location", 94, lambda _run: "Wien", CellKind.LOCATION, lambda _: Connection.ON
    ),
    Column("task", "Task", 92, lambda run: run.task, CellKind.STRONG),
    Column(
        "size",
        "Size",
        70,
        lambda run: size_text(run.size),
        CellKind.NUMBER,
        sort=lambda run: run.size,
        align=Align.RIGHT,
        descending_first=True,
    ),
)
SIZE = 3
RUNS = (
    Run(1, JobState.OK, "web", 300),
    Run(2, JobState.ERROR, "erp", None),
    Run(3, JobState.WARNING, "mail", 100),
    Run(4, JobState.MISSED, "home", 200),
)


def make_model(is_paged: bool = False) -> RecordTableModel[Run]:
    return RecordTableModel(COLUMNS, lambda run: run.key, is_paged=is_paged)


def keys(model: RecordTableModel[Run]) -> list[int]:
    return [run.key for run in model.records]


@pytest.fixture
def model(qapp: QApplication) -> RecordTableModel[Run]:
    model = make_model()
    # Kept alive as a child: it watches every signal of the model.
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, model)
    model.replace_all(RUNS)
    return model


@pytest.fixture
def holder(qapp: QApplication) -> ThemeHolder:
    return ThemeHolder(qapp, ThemeMode.LIGHT, make_fonts(13))


@pytest.fixture
def view(holder: ThemeHolder, model: RecordTableModel[Run], qtbot: QtBot) -> RecordTableView[Run]:
    view = RecordTableView(holder, model)
    qtbot.addWidget(view)
    view.resize(600, 200)
    view.show()
    return view


# -- changes


def test_order_of_arrival_without_sorting(model: RecordTableModel[Run]) -> None:
    assert keys(model) == [1, 2, 3, 4]
    assert model.row_of(3) == 2
    assert model.row_of(9) is None


def test_a_change_touches_its_row_only(model: RecordTableModel[Run]) -> None:
    touched: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: touched.append((first.row(), last.row())))
    model.upsert([replace(RUNS[1], size=5), RUNS[2]])
    assert touched == [(1, 1)]
    assert model.record(1).size == 5


def test_refresh_never_resets(model: RecordTableModel[Run], qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(model.modelReset):
        model.replace_all([RUNS[3], Run(7), replace(RUNS[0], size=1)])
    assert sorted(keys(model)) == [1, 4, 7]


def test_removing_scattered_rows_is_one_removal(model: RecordTableModel[Run]) -> None:
    removals: list[tuple[int, int]] = []
    model.rowsRemoved.connect(lambda _parent, first, last: removals.append((first, last)))
    model.remove([1, 3, 99])
    assert keys(model) == [2, 4]
    assert len(removals) == 1
    assert model.row_of(4) == 1


# -- order


@pytest.mark.parametrize(
    ("order", "expected"),
    [(Qt.SortOrder.AscendingOrder, [3, 4, 1, 2]), (Qt.SortOrder.DescendingOrder, [1, 4, 3, 2])],
)
def test_missing_values_sort_last_both_ways(
    model: RecordTableModel[Run], order: Qt.SortOrder, expected: list[int]
) -> None:
    model.sort(SIZE, order)
    assert keys(model) == expected


def test_states_sort_by_severity_worst_first(model: RecordTableModel[Run]) -> None:
    model.sort_by("state", descending=False)
    assert keys(model) == [2, 4, 3, 1]


def test_texts_sort_without_case(model: RecordTableModel[Run]) -> None:
    model.upsert([Run(5, task="Archive")])
    model.sort_by("task", descending=False)
    assert keys(model)[0] == 5


def test_a_change_moves_its_row(model: RecordTableModel[Run]) -> None:
    model.sort_by("size", descending=True)
    model.upsert([replace(RUNS[2], size=900)])
    assert keys(model) == [3, 1, 4, 2]


def test_held_rows_stay_and_wait(model: RecordTableModel[Run], qtbot: QtBot) -> None:
    model.sort_by("size", descending=True)
    model.set_held(True)
    with qtbot.waitSignal(model.waiting_changed, check_params_cb=lambda count: count == 2):
        model.upsert([replace(RUNS[2], size=900), Run(5, size=800)])
    assert keys(model) == [1, 4, 3, 2, 5]
    with qtbot.waitSignal(model.waiting_changed, check_params_cb=lambda count: count == 0):
        model.set_held(False)
    assert keys(model) == [3, 5, 1, 4, 2]


def test_header_shows_the_sorting(model: RecordTableModel[Run]) -> None:
    model.sort_by("size", descending=True)
    horizontal = Qt.Orientation.Horizontal
    assert model.headerData(SIZE, horizontal) == "↓ Size"
    assert model.headerData(0, horizontal) == "State"
    role = Qt.ItemDataRole.InitialSortOrderRole
    assert model.headerData(SIZE, horizontal, role) == Qt.SortOrder.DescendingOrder
    assert model.headerData(0, horizontal, role) == Qt.SortOrder.AscendingOrder


# -- roles


def test_roles(model: RecordTableModel[Run]) -> None:
    index = model.index(1, 0)
    assert index.data() == "Error"
    assert index.data(Role.RECORD) == RUNS[1]
    assert index.data(Role.KEY) == 2
    assert index.data(Role.KIND) == CellKind.STATE
    assert index.data(Role.SORT) == severity_rank(JobState.ERROR)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Error, Wien, erp"
    assert model.index(0, SIZE).data(Role.CELL).align is Align.RIGHT


# -- pages


def test_pages_are_asked_for_once(qapp: QApplication) -> None:
    model = make_model(is_paged=True)
    asked: list[None] = []
    model.more_requested.connect(lambda: asked.append(None))
    model.replace_all(RUNS[:2], has_more=True)
    model.fetchMore()
    model.fetchMore()
    assert len(asked) == 1
    assert not model.canFetchMore()
    model.replace_all(RUNS, has_more=False)
    assert keys(model) == [1, 2, 3, 4]
    model.fetchMore()
    assert len(asked) == 1


def test_a_paged_model_lets_its_owner_sort(qapp: QApplication, qtbot: QtBot) -> None:
    model = make_model(is_paged=True)
    model.replace_all(RUNS)
    with qtbot.waitSignal(model.sort_requested, check_params_cb=lambda *got: got == ("size", True)):
        model.sort_by("size", descending=True)
    assert keys(model) == [1, 2, 3, 4]
    model.replace_all(reversed(RUNS))
    assert keys(model) == [4, 3, 2, 1]


# -- view


def test_selection_survives_change_sort_and_refresh(
    view: RecordTableView[Run], model: RecordTableModel[Run]
) -> None:
    assert view.select_key(3)
    model.upsert([replace(RUNS[2], size=999), Run(8, size=5000)])
    model.sort_by("size", descending=True)
    model.replace_all([*RUNS[1:], Run(8, size=5000), Run(9, size=6000)])
    assert [run.key for run in view.selected_records()] == [3]
    assert model.record(view.currentIndex().row()).key == 3


def test_removed_rows_leave_the_selection(
    view: RecordTableView[Run], model: RecordTableModel[Run]
) -> None:
    view.select_key(3)
    model.remove([3])
    assert all(run.key != 3 for run in view.selected_records())


def test_header_click_sorts_the_useful_way_first(
    view: RecordTableView[Run], model: RecordTableModel[Run], qtbot: QtBot
) -> None:
    header = view.horizontalHeader()
    middle = QPoint(header.sectionViewportPosition(SIZE) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert model.sorting == ("size", True)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert model.sorting == ("size", False)


def test_copy_gives_the_shown_columns_as_lines(view: RecordTableView[Run], qtbot: QtBot) -> None:
    view.horizontalHeader().setSectionHidden(1, True)
    view.selectAll()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == f"OK\tweb\t{size_text(300)}"
    assert len(lines) == 4


def test_layout_is_kept_as_plain_data(
    view: RecordTableView[Run], holder: ThemeHolder, qtbot: QtBot
) -> None:
    header = view.horizontalHeader()
    header.moveSection(2, 0)
    header.resizeSection(0, 130)
    header.setSectionHidden(1, True)
    view.model().sort(SIZE, Qt.SortOrder.DescendingOrder)
    state = view.layout_state()
    assert state["order"] == ["task", "state", "location", "size"]
    assert state["hidden"] == ["location"]
    model = make_model()
    other = RecordTableView(holder, model)
    qtbot.addWidget(other)
    other.restore_layout({**state, "order": ["gone", *state["order"]]})
    assert other.layout_state() == state
    assert other.horizontalHeader().sectionSize(0) == 130
    assert model.sorting == ("size", True)


def test_the_last_column_cannot_be_hidden(view: RecordTableView[Run]) -> None:
    for place in (1, 2, 3):
        view.horizontalHeader().setSectionHidden(place, True)
    menu = view.column_menu()
    assert [action.isEnabled() for action in menu.actions()[:4]] == [False, True, True, True]
    menu.actions()[2].trigger()
    assert not view.horizontalHeader().isSectionHidden(2)


def test_rows_have_the_height_of_the_design(view: RecordTableView[Run]) -> None:
    assert view.rowHeight(0) == 25
    assert view.horizontalHeader().height() == 28


def test_activation_carries_the_record(view: RecordTableView[Run], qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.record_activated) as signal:
        view.activated.emit(view.model().index(1, 0))
    assert signal.args == [RUNS[1]]


# -- group rows


def test_group_rows_stand_apart(holder: ThemeHolder, qtbot: QtBot) -> None:
    head = GroupHead("nightly-db", "Boulder", ((JobState.ERROR, 1),))
    model = RecordTableModel(
        COLUMNS,
        lambda run: run.key,
        head_of=lambda run: head if run.key < 0 else None,
        is_paged=True,
    )
    model.replace_all([Run(-1), *RUNS])
    view = RecordTableView(holder, model)
    qtbot.addWidget(view)
    view.resize(600, 200)
    view.show()
    view.selectAll()
    assert [run.key for run in view.selected_records()] == [1, 2, 3, 4]
    said = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "nightly-db, Boulder, 1 error, open"
    place = view.visualRect(model.index(0, 0)).center()
    with qtbot.waitSignal(view.head_activated):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert not view.grab().isNull()


@pytest.fixture
def grouped(holder: ThemeHolder, qtbot: QtBot) -> RecordTableView[Run]:
    """An open group of two, a closed one, and a note at the end."""
    heads = {
        -1: GroupHead("nightly", is_open=True),
        -2: GroupHead("weekly", counts=((JobState.UNKNOWN, None),), is_open=False),
        -3: GroupHead("Nothing follows", kind=HeadKind.NOTE),
    }
    model = RecordTableModel(
        COLUMNS, lambda run: run.key, head_of=lambda run: heads.get(run.key), is_paged=True
    )
    model.replace_all([Run(-1), *RUNS[:2], Run(-2), Run(-3)])
    view = RecordTableView(holder, model)
    qtbot.addWidget(view)
    view.resize(600, 200)
    view.show()
    return view


def test_left_and_right_walk_over_groups_and_turn_them(
    grouped: RecordTableView[Run], qtbot: QtBot
) -> None:
    turned: list[int] = []
    grouped.head_activated.connect(lambda run: turned.append(run.key))

    def press(row: int, key: Qt.Key) -> int:
        grouped.setCurrentIndex(grouped.model().index(row, 0))
        qtbot.keyClick(grouped, key)
        return grouped.currentIndex().row()

    assert press(0, Qt.Key.Key_Right) == 1  # into the open one
    assert press(2, Qt.Key.Key_Left) == 0  # to its head
    assert press(4, Qt.Key.Key_Left) == 3
    assert turned == []
    assert press(0, Qt.Key.Key_Left) == 0
    assert press(3, Qt.Key.Key_Right) == 3
    assert turned == [-1, -2]


def test_a_note_does_nothing_and_a_count_that_is_not_known_is_said(
    grouped: RecordTableView[Run],
) -> None:
    turned: list[int] = []
    grouped.head_activated.connect(lambda run: turned.append(run.key))
    model = grouped.model()
    grouped.activated.emit(model.index(4, 0))
    assert turned == []
    said = [model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in (3, 4)]
    assert said == ["weekly, unknown, closed", "Nothing follows"]
    assert not grouped.grab().isNull()


def test_columns_are_as_at_first_again(view: RecordTableView[Run]) -> None:
    first = view.layout_state()
    view.restore_layout(
        {"order": list(reversed(first["order"])), "hidden": [], "widths": {first["order"][0]: 200}}
    )
    assert view.layout_state()["order"] != first["order"]
    menu = view.column_menu()
    next(one for one in menu.actions() if one.text() == "All columns as at first").trigger()
    menu.close()
    after = view.layout_state()
    assert [after[key] for key in ("order", "hidden", "widths")] == [
        first[key] for key in ("order", "hidden", "widths")
    ]


def test_index_outside_has_no_data(model: RecordTableModel[Run]) -> None:
    assert model.data(QModelIndex()) is None
    assert isinstance(model, QAbstractItemModel)
