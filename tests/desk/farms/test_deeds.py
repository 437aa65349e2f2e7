"""What a person does to the farms at the desk: asked for, kept, told, and taken back."""

import pytest
from PySide6.QtCore import QModelIndex, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from sesam_master.core import farm_edits
from sesam_master.core.farms import ROOT, Colour, Marks, Switches
from sesam_master.core.registry import KeepingError
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.farms.actions import LOCAL_FARMS
from sesam_master.ui.farms.import_window import ImportWindow
from sesam_master.ui.farms.passphrase import PassphraseWindow
from sesam_master.ui.farms.properties import PropertiesWindow
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.topology.model import TopologyModel, TreeRole
from sesam_master.ui.topology.nodes import Kind
from tests.desk.farms.conftest import TellingGateway
from tests.fakes.fleet import NOW


def choose(desk: Desk, text: str) -> None:
    found = _find(desk.tree.model, QModelIndex(), text)
    assert found is not None
    desk.tree.tree.setCurrentIndex(found)


def _find(model: TopologyModel, parent: QModelIndex, text: str) -> QModelIndex | None:
    if model.canFetchMore(parent):
        model.fetchMore(parent)
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        if index.data() == text:
            return index
        if index.data(TreeRole.ROW).kind is Kind.FARM:
            below = _find(model, index, text)
            if below is not None:
                return below
    return None


def act(desk: Desk, name: str) -> None:
    desk.actions.qaction(name).trigger()
    QApplication.processEvents()


def told(desk: Desk) -> str:
    """The last message, without its time."""
    return desk.messages.last.partition("  ")[2]


def path_of(gateway: TellingGateway, location_id: str) -> str:
    return gateway.farms.path(gateway.farms.places[location_id].farm)


def opened(kind: type) -> list[object]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


# -- the tree


def test_a_new_farm_lies_where_one_is_and_waits_for_its_name(
    desk: Desk, gateway: TellingGateway, qtbot: QtBot
) -> None:
    choose(desk, "Hamburg")
    act(desk, "new_farm")
    dach = gateway.farms.find("EMEA / DACH")
    assert dach is not None
    [made] = gateway.farms.children(dach)
    assert made.name == "New farm"
    assert desk.tree.selection() == Selection(farm=made.id)
    editor = desk.tree.tree.findChild(QLineEdit)
    assert editor is not None, "its name can be typed at once"
    editor.setText("Harbour")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert gateway.farms.farms[made.id].name == "Harbour"
    act(desk, "new_farm")
    [inner] = gateway.farms.children(made.id)
    assert desk.tree.selection() == Selection(farm=inner.id), "also in a farm that was closed"


def test_what_is_moved_can_be_taken_back_and_done_again(
    desk: Desk, gateway: TellingGateway, qtbot: QtBot
) -> None:
    before = gateway.farms
    apac = before.find("APAC") or ""
    desk.tree.model.move_wanted.emit(False, "hamburg", apac)
    desk.tree.model.move_wanted.emit(True, before.find("EMEA / DACH"), apac)
    QApplication.processEvents()
    after = gateway.farms
    assert path_of(gateway, "hamburg") == "APAC"
    assert path_of(gateway, "berlin") == "APAC / DACH"

    desk.tree.tree.setFocus()
    desk.window.activateWindow()
    qtbot.waitUntil(lambda: desk.tree.tree.hasFocus())
    for _ in range(2):
        qtbot.keyClick(desk.tree.tree, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        QApplication.processEvents()
    assert gateway.farms == before
    assert not desk.actions.qaction("undo_farms").isEnabled()
    act(desk, "redo_farms")
    act(desk, "redo_farms")
    assert gateway.farms == after
    assert desk.actions.qaction("redo_farms").toolTip() == "Nothing was taken back in the farms."


def test_what_cannot_be_is_told_and_changes_nothing(desk: Desk, gateway: TellingGateway) -> None:
    before = gateway.farms
    emea, dach = before.find("EMEA"), before.find("EMEA / DACH")
    desk.tree.model.move_wanted.emit(True, emea, dach)
    QApplication.processEvents()
    assert gateway.farms == before
    assert "cannot lie in itself" in told(desk)
    assert not desk.actions.qaction("undo_farms").isEnabled()


def test_a_deleted_farm_leaves_what_was_in_it(desk: Desk, gateway: TellingGateway) -> None:
    choose(desk, "DACH")
    act(desk, "delete_farm")
    assert path_of(gateway, "hamburg") == "EMEA"
    act(desk, "undo_farms")
    assert path_of(gateway, "hamburg") == "EMEA / DACH"


def test_actions_say_what_has_to_be_chosen(desk: Desk) -> None:
    desk.tree.choose_all()
    assert not desk.actions.qaction("switch").isEnabled(), "not everything by a slip"
    assert not desk.actions.qaction("observe").isEnabled()
    assert desk.actions.qaction("properties").isEnabled()
    choose(desk, "Hamburg")
    assert desk.actions.qaction("delete_farm").toolTip() == (
        "A location is deleted under Remote server."
    )


# -- switches


def test_observe_only_greys_what_would_act_with_the_reason(
    desk: Desk, gateway: TellingGateway
) -> None:
    dialog = desk.open_start(Selection(tasks=(("hamburg", "c0-t0"),)))
    assert dialog.start.isEnabled()
    choose(desk, "Hamburg")
    assert desk.actions.qaction("start_backup").isEnabled()
    choose(desk, "DACH")
    act(desk, "observe")
    choose(desk, "Hamburg")

    why = (
        "This desk only observes Hamburg (set at EMEA / DACH): from here nothing is started or "
        "changed there."
    )
    for action in ("start_backup", "restore"):
        qaction = desk.actions.qaction(action)
        assert (qaction.isEnabled(), qaction.toolTip()) == (False, why)
    assert not dialog.start.isEnabled(), "also in a window that was open before"
    assert dialog.start.toolTip() == why
    choose(desk, "Lab")
    assert desk.actions.qaction("start_backup").isEnabled()
    choose(desk, "DACH")
    act(desk, "observe")
    assert dialog.start.isEnabled()
    dialog.close()


def test_a_location_is_not_switched_on_against_its_farm(
    desk: Desk, gateway: TellingGateway
) -> None:
    choose(desk, "EMEA")
    act(desk, "switch")
    assert gateway.farms.control("hamburg").off_by == "EMEA"
    choose(desk, "Hamburg")
    act(desk, "switch")
    assert "Hamburg is off by the farm EMEA. Switch that on." in told(desk)
    choose(desk, "EMEA")
    act(desk, "switch")
    assert gateway.farms.control("hamburg").off_by is None


# -- properties


def test_properties_are_kept_and_closed(desk: Desk, gateway: TellingGateway) -> None:
    window = desk.control.farms.open_properties(Selection(farm=gateway.farms.find("EMEA") or ""))
    assert window is not None
    window.name.setText("Europe")
    window.comment.setPlainText("Two racks")
    window.colour.setCurrentIndex(window.colour.findText("Teal"))
    window.tags.setText("#prod, tape")
    window.observe.setChecked(True)
    window.windows.add_window()
    window.windows.is_weekly.setChecked(True)
    window.save.click()
    QApplication.processEvents()
    farm = gateway.farms.farms[gateway.farms.find("Europe") or ""]
    assert farm.marks.comment == "Two racks"
    assert (farm.marks.colour, farm.marks.tags) == (Colour.TEAL, ("prod", "tape"))
    assert farm.marks.switches.observes
    [kept] = farm.marks.switches.windows
    assert kept.days == {kept.start.weekday()}
    assert opened(PropertiesWindow) == []
    again = desk.control.farms.open_properties(Selection(farm=farm.id))
    assert again is not None
    assert again.wanted().marks == farm.marks, "what is shown is what is kept"
    again.close()


def test_a_location_moves_by_its_properties(desk: Desk, gateway: TellingGateway) -> None:
    window = desk.control.farms.open_properties(Selection("lab"))
    assert window is not None
    assert not window.name.isEnabled()
    window.farm.setCurrentIndex(window.farm.findText("EMEA / DACH"))
    window.off.setChecked(True)
    window.save.click()
    QApplication.processEvents()
    assert path_of(gateway, "lab") == "EMEA / DACH"
    assert gateway.farms.control("lab").off_by == ""
    act(desk, "undo_farms")
    assert (path_of(gateway, "lab"), gateway.farms.control("lab").off_by) == ("", None)


def test_what_was_changed_meanwhile_is_not_written_over(
    desk: Desk, gateway: TellingGateway
) -> None:
    window = desk.control.farms.open_properties(Selection("lab"))
    assert window is not None
    gateway.farms = farm_edits.mark_location(gateway.farms, "lab", Marks("of another desk"))
    gateway.tell()
    window.comment.setPlainText("mine")
    window.save.click()
    QApplication.processEvents()
    assert window.isVisible()
    assert "changed meanwhile" in window.problem.text()
    assert gateway.farms.places["lab"].marks.comment == "of another desk"
    window.close()


def test_a_window_that_cannot_be_is_told_in_place(desk: Desk, gateway: TellingGateway) -> None:
    before = gateway.farms
    choose(desk, "Lab")
    act(desk, "maintenance")
    [window] = opened(PropertiesWindow)
    assert isinstance(window, PropertiesWindow)
    window.windows.end.setDateTime(window.windows.start.dateTime())
    assert "not after its start" in window.problem.text()
    window.save.click()
    QApplication.processEvents()
    assert gateway.farms == before
    window.windows.end.setDateTime(window.windows.start.dateTime().addSecs(3600))
    window.save.click()
    QApplication.processEvents()
    assert len(gateway.farms.places["lab"].marks.switches.windows) == 1


def test_a_tag_that_cannot_be_is_told_in_place(desk: Desk, gateway: TellingGateway) -> None:
    window = desk.control.farms.open_properties(Selection("lab"))
    assert window is not None
    window.tags.setText("x" * 60)
    window.save.click()
    QApplication.processEvents()
    assert "a tag has up to 40 characters" in window.problem.text()
    window.close()


# -- the passphrase


def test_changes_ask_for_the_passphrase_where_there_is_one(
    desk: Desk, gateway: TellingGateway
) -> None:
    gateway.passphrase = "open sesame"
    choose(desk, "Lab")
    act(desk, "observe")
    [window] = opened(PassphraseWindow)
    assert isinstance(window, PassphraseWindow)
    assert gateway.farms.control("lab").observed_by is None
    window.field.setText("wrong")
    window.go.click()
    QApplication.processEvents()
    assert window.problem.text() == "This is not the passphrase."
    window.field.setText("open sesame")
    window.go.click()
    QApplication.processEvents()
    assert gateway.farms.control("lab").observed_by == ""
    assert opened(PassphraseWindow) == []
    act(desk, "observe")
    assert gateway.farms.control("lab").observed_by is None, "it holds for a while"
    act(desk, "undo_farms")
    assert gateway.farms.control("lab").observed_by == ""


# -- exchange


def test_an_import_is_seen_before_it_is_done(desk: Desk, gateway: TellingGateway) -> None:
    mine = farm_edits.mark_location(gateway.farms, "lab", Marks("mine"))
    theirs = farm_edits.mark_location(gateway.farms, "lab", Marks("theirs"))
    theirs = farm_edits.add_farm(theirs, "x", "Nordics", ROOT)
    gateway.farms = mine
    gateway.tell()
    gateway.files["/there.json"] = theirs
    desk.control.exchange.preview("/there.json")
    QApplication.processEvents()
    [window] = opened(ImportWindow)
    assert isinstance(window, ImportWindow)
    rows = [(r.kind, r.name, r.what) for r in window.model.records]
    assert rows == [
        ("Conflict", "Lab", "Comment: “mine” here, “theirs” in the file"),
        ("Farm", "Nordics", "new"),
    ]
    assert window.summary.text() == "1 change, of them 1 new farm. 1 conflict."
    assert gateway.farms == mine
    window.go.click()
    QApplication.processEvents()
    assert gateway.farms.find("Nordics") == "x"
    assert gateway.farms.places["lab"].marks.comment == "mine"
    assert opened(ImportWindow) == []
    act(desk, "undo_farms")
    assert gateway.farms == mine


def test_a_file_that_cannot_be_used_is_told(desk: Desk) -> None:
    desk.control.exchange.preview("/nowhere.json")
    QApplication.processEvents()
    assert "/nowhere.json holds no farms" in told(desk)


def test_farms_are_exported(desk: Desk, gateway: TellingGateway) -> None:
    desk.control.exchange.export_to("/copy.json")
    QApplication.processEvents()
    assert gateway.files["/copy.json"] == gateway.farms
    assert told(desk).endswith("/copy.json.")


# -- alarms


def test_a_desk_that_only_observes_everything_says_why(desk: Desk, gateway: TellingGateway) -> None:
    gateway.farms = farm_edits.mark_farm(
        gateway.farms, ROOT, Marks("The farms file was damaged.", switches=Switches(observes=True))
    )
    gateway.tell()
    assert told(desk) == ("This desk only observes all its locations. The farms file was damaged.")


@pytest.mark.parametrize("fails", [KeepingError("The disk is full."), ValueError("odd")])
def test_what_cannot_be_kept_is_told(desk: Desk, gateway: TellingGateway, fails: Exception) -> None:
    def refuse(_farms: object) -> object:
        raise fails

    desk.control.farms.change("try it", refuse)  # type: ignore[arg-type]
    QApplication.processEvents()
    assert "Cannot try it" in told(desk)


def test_selection_of_a_farm_is_everything_for_the_pages(desk: Desk) -> None:
    choose(desk, "DACH")
    index = desk.tree.tree.currentIndex()
    assert index.data(TreeRole.SELECTION).location_id == ""
    assert desk.now.presenter.scope.location_id == ""


def test_a_drop_on_a_farm_moves_the_location(desk: Desk, gateway: TellingGateway) -> None:
    choose(desk, "Lab")
    choose(desk, "DACH")
    tree, model = desk.tree.tree, desk.tree.model
    target = tree.currentIndex()
    data = model.mimeData([_found(desk, "Lab")])
    place = QPointF(tree.visualRect(target).center())
    actions, button = Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    viewport = tree.viewport()
    enter = QDragEnterEvent(place.toPoint(), actions, data, button, none)
    QApplication.sendEvent(viewport, enter)
    move = QDragMoveEvent(place.toPoint(), actions, data, button, none)
    QApplication.sendEvent(viewport, move)
    assert move.isAccepted()
    drop = QDropEvent(place, actions, data, button, none)
    QApplication.sendEvent(viewport, drop)
    QApplication.processEvents()
    assert path_of(gateway, "lab") == "EMEA / DACH"


def _found(desk: Desk, text: str) -> QModelIndex:
    found = _find(desk.tree.model, QModelIndex(), text)
    assert found is not None
    return found


def test_a_local_desk_has_no_farms(
    holder: ThemeHolder, bridge: Bridge, gateway: TellingGateway, qtbot: QtBot
) -> None:
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0", is_local=True)  # type: ignore[arg-type]
    qtbot.addWidget(desk.window)
    for action in ("new_farm", "observe", "switch", "lock_desk", "import_farms"):
        qaction = desk.actions.qaction(action)
        assert (qaction.isEnabled(), qaction.toolTip()) == (False, LOCAL_FARMS)
    assert not desk.tree.model.flags(_found(desk, "Lab")) & Qt.ItemFlag.ItemIsDragEnabled
