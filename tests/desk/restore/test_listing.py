"""The rows of a listing: keys, clicks, what is said of a row, and reading on."""

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from sesam_master.ui.formatting import number_text
from sesam_master.ui.restore.model import NOTE_ROLE
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.restore.view import ListingView
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import MemoryGateway, entry, pump


def _opened(page: RestorePage, holder: ThemeHolder, qtbot: QtBot) -> ListingView:
    view = ListingView(holder, page.listing)
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.show()
    view.setCurrentIndex(page.listing.index(0, 0))
    return view


def test_the_keys_of_a_tree_go_through_the_rows(
    page: RestorePage, holder: ThemeHolder, qtbot: QtBot
) -> None:
    view = _opened(page, holder, qtbot)
    source = page.listing.tree.top.children[0]

    def press(*keys: Qt.Key) -> int:
        for key in keys:
            qtbot.keyClick(view, key)
            pump()
        return view.currentIndex().row()

    assert press(Qt.Key.Key_Right) == 0
    assert source.is_open
    assert press(Qt.Key.Key_Right) == 1
    assert press(Qt.Key.Key_Space, Qt.Key.Key_Left) == 0
    assert page.choice().words == "1 file"
    assert press(Qt.Key.Key_End) == len(page.listing.rows) - 1
    assert press(Qt.Key.Key_Home, Qt.Key.Key_Left) == 0
    assert not source.is_open
    assert press(Qt.Key.Key_Down, Qt.Key.Key_Return) == 1
    assert page.listing.rows[1].is_open


def test_typed_letters_find_a_name_andopened_from_there(
    page: RestorePage, holder: ThemeHolder, qtbot: QtBot
) -> None:
    view = _opened(page, holder, qtbot)
    page.listing.set_open(page.listing.tree.top.children[1], True)
    pump()

    view.keyboardSearch("C")
    assert view.currentIndex().data() == "caf\\xe9"
    view.keyboardSearch("x")
    assert view.currentIndex().data() == "caf\\xe9"


def test_a_row_says_what_a_table_does_not_tell_of_a_tree(page: RestorePage) -> None:
    source = page.listing.tree.top.children[0]
    page.listing.set_open(source, True)
    pump()
    page.listing.toggle(source.children[1])
    role = Qt.ItemDataRole.AccessibleTextRole

    assert page.listing.index_of(source).data(role) == (
        "srv / home, partly chosen, open folder, level 1, 4 of 10"
    )
    assert page.listing.index_of(source.children[1]).data(role) == "1, chosen, level 2"


def test_a_click_on_chevron_or_box_does_what_is_painted_there(
    page: RestorePage, holder: ThemeHolder, qtbot: QtBot
) -> None:
    view = _opened(page, holder, qtbot)
    source = page.listing.tree.top.children[0]
    rect = view.visualRect(page.listing.index(0, 0))
    for x in (12, 32):
        spot = QPoint(rect.x() + x, rect.center().y())
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        pump()

    assert source.is_open
    assert source.is_chosen is True


def test_a_long_directory_is_read_on_when_its_end_comes_into_view(
    page: RestorePage, holder: ThemeHolder, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    gateway.page_size = 100
    gateway.listing[b"/srv/home"] = [entry(b"/srv/home/%04d" % n) for n in range(1_000)]
    view = _opened(page, holder, qtbot)
    source = page.listing.tree.top.children[0]
    page.listing.set_open(source, True)
    pump()
    assert len(source.children) == 100

    view.setCurrentIndex(page.listing.index_of(source.children[-1]))
    pump()
    assert len(source.children) == 200
    assert page.listing.index_of(source).data(NOTE_ROLE) == f"200 of {number_text(1000)}"


def test_a_narrow_tree_gives_up_columns_before_names(
    page: RestorePage, holder: ThemeHolder, qtbot: QtBot
) -> None:
    tree = ListingView(holder, page.listing)
    qtbot.addWidget(tree)
    tree.show()
    hidden = {}
    for width in (900, 480, 300):
        tree.resize(width, 300)
        pump()
        hidden[width] = [tree.isColumnHidden(column) for column in range(4)]

    assert hidden[900] == [False, False, False, False]
    assert hidden[480] == [False, False, False, True]
    assert hidden[300] == [False, False, True, True]


def test_another_saveset_takes_the_former_listing_apart(page: RestorePage) -> None:
    top = page.listing.tree.top
    source = top.children[0]
    page.listing.set_open(source, True)
    pump()
    assert source.children

    page.listing.reload()
    pump()

    assert top.children == source.children == []
    assert page.listing.tree.top is not top
    assert [node.depth for node in page.listing.rows] == [0, 0]


def test_end_goes_to_the_end_also_from_the_last_row(
    page: RestorePage, holder: ThemeHolder, qtbot: QtBot
) -> None:
    """It stays the current one while the rows of a directory above it come and move it away."""
    view = _opened(page, holder, qtbot)
    view.resize(900, 80)
    page.listing.set_open(page.listing.tree.top.children[0], True)
    while view.currentIndex().row() < len(page.listing.rows) - 1:
        view.setCurrentIndex(page.listing.index(len(page.listing.rows) - 1, 0))
        pump()
    view.verticalScrollBar().setValue(0)
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.rowAt(view.viewport().height() - 2) == len(page.listing.rows) - 1
    assert view.rowAt(0) > 0
