"""The page by keyboard."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from sesam_master.ui.plan.page import PlanPage
from tests.desk.plan.conftest import (
    SCHEDULES,
    choose,
    names,
    there,
)
from tests.desk.results.memory import pump
from tests.fakes.gateway import FakeGateway


def test_the_page_works_by_keyboard(page: PlanPage, gateway: FakeGateway, qtbot: QtBot) -> None:
    page.activateWindow()
    page.table.setFocus()
    for _ in names(page):
        qtbot.keyClick(page.table, Qt.Key.Key_Down)
    pump()
    assert page.editor.heading.text == "weekly"
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    form = page.editor.schedule_form
    form.comment.setFocus()
    qtbot.keyClicks(form.comment, "keys")
    qtbot.keyClick(form.comment, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    pump()
    assert there(gateway, SCHEDULES, "weekly").comment == "keys"  # type: ignore[union-attr]
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert page.editor.confirm.isVisible()
    qtbot.keyClick(page.editor.confirm.keep, Qt.Key.Key_Escape)
    assert not page.editor.confirm.isVisible()
    assert page.table.hasFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Insert)
    assert "New schedule · new" in names(page)


def test_every_button_says_what_it_does_or_why_not(page: PlanPage) -> None:
    choose(page, SCHEDULES, "nightly")
    buttons = page.editor.findChildren(QPushButton)
    silent = [b.text() for b in buttons if b.isVisible() and not b.isEnabled() and not b.toolTip()]
    assert silent == []


def test_the_focus_stays_on_the_page(page: PlanPage, qtbot: QtBot) -> None:
    page.activateWindow()
    choose(page, SCHEDULES, "weekly")
    page.editor.schedule_form.comment.setText("x")
    page.editor.save.setFocus()
    page.editor.save.click()
    pump()
    assert page.table.hasFocus()
    page.editor.schedule_form.comment.setFocus()
    qtbot.keyClick(page.editor.schedule_form.comment, Qt.Key.Key_Escape)
    assert page.table.hasFocus()
