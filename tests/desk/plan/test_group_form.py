"""The form of a task group: which tasks, and in which order."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.plan import (
    TaskGroup,
)
from sesam_master.ui.plan.group_form import GroupForm
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import site_plan


@pytest.fixture
def group_form(holder: ThemeHolder, qtbot: QtBot) -> GroupForm:
    form = GroupForm(holder)
    qtbot.addWidget(form)
    qtbot.addWidget(form.side)
    form.side.show()
    form.set_choices(site_plan(), {"a": "fs", "b": "fs", "c": "mail"})
    return form


def shown(form: GroupForm) -> list[str]:
    model = form.list.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def test_chosen_tasks_stand_first_and_in_their_order(group_form: GroupForm) -> None:
    group_form.show_item(TaskGroup("g", ("c", "gone")), is_new=False)
    assert shown(group_form) == ["1. c, mail", "2. gone, not at this location", "a, fs", "b, fs"]
    assert group_form.total.text() == "2 of 4"


def test_ticks_and_moves_make_the_order(group_form: GroupForm, qtbot: QtBot) -> None:
    heard: list[TaskGroup] = []
    group_form.show_item(TaskGroup("g", ("c",)), is_new=False)
    group_form.edited.connect(heard.append)
    group_form.side.activateWindow()
    group_form.list.setFocus()
    group_form.list.setCurrentIndex(group_form.list.model().index(1, 0))
    qtbot.keyClick(group_form.list, Qt.Key.Key_Space)
    assert heard[-1].tasks == ("c", "a")
    qtbot.keyClick(group_form.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert heard[-1].tasks == ("a", "c")
    assert shown(group_form)[:2] == ["1. a, fs", "2. c, mail"]
    qtbot.keyClick(group_form.list, Qt.Key.Key_Space)
    assert heard[-1].tasks == ("c",)


def test_the_search_finds_tasks_and_clients(group_form: GroupForm) -> None:
    group_form.search.setText("MAIL")
    assert shown(group_form) == ["c, mail"]
