"""Where the keyboard goes on when a restore has been started."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from sesam_master.ui.restore.page import RUN, RestorePage
from tests.desk.results.memory import pump


def test_the_keyboard_stays_with_the_restore_and_out_of_fields_elsewhere(
    page: RestorePage, qtbot: QtBot
) -> None:
    window, elsewhere = QWidget(), QLineEdit()
    layout = QHBoxLayout(window)
    layout.addWidget(elsewhere)
    layout.addWidget(page)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    source = page.listing.index_of(page.listing.tree.top.children[1])
    page.listing.setData(source, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    page.next.click()
    page.last.target.directory.setText("/srv/back")
    page.next.setFocus()
    page.next.click()
    page.next.click()
    pump()

    assert page.step == RUN
    assert window.focusWidget() is page.last.run.protocol
    window.layout().removeWidget(page)
    page.setParent(None)
    window.close()
