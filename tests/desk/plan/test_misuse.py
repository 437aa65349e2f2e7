"""Clicked twice, typed wrong, named oddly: nothing is left behind and nothing is cut off."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.plan.rows import PlanKind
from sesam_master.ui.plan.rule_form import Shape
from tests.desk.plan.conftest import HERE, changed_elsewhere, choose, names
from tests.desk.results.memory import pump
from tests.fakes.gateway import FakeGateway

SCHEDULES = PlanKind.SCHEDULES
LONGEST = "W" * 128  # as an agent takes it


@pytest.mark.parametrize("kind", PlanKind)
def test_a_double_click_makes_one_new_object(page: PlanPage, kind: PlanKind) -> None:
    page.show_kind(kind)
    before = len(names(page))
    page.new_button.click()
    page.new_button.click()
    assert len(names(page)) == before + 1

    editor = page.editor
    forms = dict(
        zip(PlanKind, (editor.schedule_form, editor.event_form, editor.group_form), strict=True)
    )
    forms[kind].name.setText("Mine")
    page.new_button.click()
    assert len(names(page)) == before + 2


def test_a_refused_name_is_forgotten_with_the_next_letter(page: PlanPage) -> None:
    page.new_button.click()
    page.editor.schedule_form.name.setText("nightly")
    page.editor.save.click()
    pump()
    assert "There is a schedule nightly already." in page.editor.problem.text()

    page.editor.schedule_form.name.setText("nightly 2")
    assert not page.editor.problem.isVisible()
    assert page.editor.save.isEnabled()


def test_a_long_name_widens_nothing(page: PlanPage, bridge: Bridge, gateway: FakeGateway) -> None:
    choose(page, SCHEDULES, "weekly")
    page.editor.duplicate.click()
    page.editor.schedule_form.name.setText(LONGEST)
    page.editor.save.click()
    pump()
    assert page.minimumSizeHint().width() < page.width()

    page.editor.schedule_form.comment.setText("mine")
    plan = gateway.plans[HERE]
    kept = tuple(one for one in plan.schedules if one.name != LONGEST)
    gateway.plans[HERE] = replace(plan, schedules=kept)
    changed_elsewhere(bridge)
    assert page.editor.conflict.isVisible()
    assert page.editor.conflict.heading.text() == (
        f"The schedule {LONGEST} was deleted at Hamburg meanwhile."
    )
    assert page.minimumSizeHint().width() < page.width()


def test_what_is_wrong_with_a_long_name_leaves_the_form_its_room(
    page: PlanPage, gateway: FakeGateway, qtbot: QtBot
) -> None:
    choose(page, SCHEDULES, "weekly")
    page.editor.duplicate.click()
    pump()
    width = page.editor.schedule_form.name.width()
    metadata = {"field": "name", "value": LONGEST + "!", "expected": "1 to 128 letters"}
    gateway.failure = LocationError(Trouble.REJECTED, HERE, "INVALID_ARGUMENT", metadata)
    page.editor.schedule_form.name.setText(LONGEST + "!")
    qtbot.waitUntil(lambda: LONGEST in "".join(page.editor.warnings.sentences), timeout=2000)
    pump()
    assert page.editor.schedule_form.name.width() == width


@pytest.mark.parametrize("shape", Shape)
def test_every_shape_has_room_at_the_side(page: PlanPage, shape: Shape, qtbot: QtBot) -> None:
    choose(page, SCHEDULES, "weekly")
    form = page.editor.schedule_form
    form.shape.choose(shape)
    form.shape.currentIndexChanged.emit(form.shape.currentIndex())
    pump()
    area = form.parent().parent()
    assert isinstance(area, QScrollArea)
    assert area.horizontalScrollBar().maximum() == 0
