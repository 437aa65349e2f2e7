"""What is started, and how: tasks or groups, drive, priority, what follows."""

from dataclasses import replace

from sesam_master.core.acts import Stage
from sesam_master.core.plan import BackupAction, Drive, Event, TaskGroup
from sesam_master.core.records import BackupType
from sesam_master.core.states import JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.start_backup.site_plans import AT_ONCE
from tests.desk.results.memory import (
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    pump,
    report,
)
from tests.desk.start_backup.conftest import NAMES, Open, cell, choose, orders, stages
from tests.fakes.plan import empty_plan


def test_priority_drive_and_follow_up_are_sent(open_dialog: Open, gateway: MemoryGateway) -> None:
    follow = Event("copy", "", BackupAction(BackupType.INC, task="mail"))
    two = (Drive("Drive_1", 2, active=True), Drive("Drive_2", 1, active=True))
    for name in NAMES:
        plan = empty_plan(name)
        gateway.plans[name] = replace(plan, drives=two, events=(*plan.events, follow))
    dialog = open_dialog()
    form = dialog.form
    assert [form.follow_up.itemText(n) for n in range(form.follow_up.count())] == [
        "Nothing",
        "copy",
    ]
    form.priority.setValue(0)
    assert form.meaning.text == "above all; nothing holds it off"
    form.drive.setCurrentIndex(form.drive.findData("Drive_2"))
    form.follow_up.setCurrentIndex(form.follow_up.findData("copy"))
    form.follow_up.activated.emit(1)
    dialog.start.click()
    pump()

    order, _ = orders(gateway)[0]
    assert (order.priority, order.drive, order.follow_up) == (0, "Drive_2", "copy")


def test_a_drive_that_a_location_does_not_have_hinders_there_only(
    open_dialog: Open, gateway: MemoryGateway
) -> None:
    two = (Drive("Drive_1", 2, active=True), Drive("Drive_2", 1, active=True))
    gateway.plans["Boulder"] = replace(empty_plan("Boulder"), drives=two)
    dialog = open_dialog()
    drive = dialog.form.drive
    place = drive.findData("Drive_2")
    assert drive.itemText(place) == "Drive_2  (at 1 of 4 locations)"
    drive.setCurrentIndex(place)
    drive.activated.emit(place)

    assert stages(dialog) == [Stage.READY] + [Stage.HINDERED] * 3
    assert cell(dialog, 1, "reason").startswith("There is no drive Drive_2 at Hamburg.")


def test_a_group_is_started_whole_where_there_is_one(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    for name in ("Boulder", "Hamburg"):
        groups = (TaskGroup("office", ("home", "mail")),)
        gateway.plans[name] = replace(empty_plan(name), groups=groups)
    dialog = open_dialog()
    choose(dialog, "Task group office at 2 of 4 locations")
    assert {start.item.location_id for start in dialog.presenter.actor.acts.values()} >= {
        "Boulder",
        "Hamburg",
    }
    assert "Lyon" not in {s.item.location_id for s in dialog.presenter.actor.acts.values()}
    dialog.start.click()
    pump()
    assert orders(gateway)[0][0].object.group == "office"
    assert cell(dialog, 0, "task") == "group office"
    home, mail = gateway.history["Boulder"][-2:]
    report(bridge, replace(home, state=JobState.OK), replace(mail, state=JobState.ACTIVE))
    assert cell(dialog, 0, "outcome") == "Running, 1 of 2 ended"
    report(bridge, replace(mail, state=JobState.ERROR, message="The disk is full."))
    assert cell(dialog, 0, "outcome") == "Error"
    assert cell(dialog, 0, "reason") == "mail: The disk is full."


def test_of_a_location_alone_a_task_or_group_is_chosen(
    open_dialog: Open, gateway: MemoryGateway
) -> None:
    gateway.plans["Lyon"] = replace(empty_plan("Lyon"), groups=(TaskGroup("office", ("home",)),))
    dialog = open_dialog(Selection("Lyon"))
    what = dialog.form.what
    assert [what.itemText(n) for n in range(what.count())] == [
        "Choose a task or task group",
        "home",
        "mail",
        "Task group office",
    ]
    assert (dialog.start.isEnabled(), dialog.summary.text) == (False, "Choose what to start.")
    assert dialog.focusWidget() is what
    choose(dialog, "mail")
    dialog.start.click()
    pump()
    assert orders(gateway)[0][0].object.task == "mail"


def test_three_hundred_locations_are_asked_for_their_plans(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    names = [f"Site {n:03}" for n in range(300)]
    list_locations(bridge, *names)
    for name in names:
        bring_up(bridge, name, [job(name, 1, task="home")])
    dialog = open_dialog(Selection(tasks=tuple((name, "home") for name in names)))

    for _ in range(300 // AT_ONCE):  # a few at a time
        pump()

    asked = [call[1] for call in gateway.calls if call[0] == "plan"]
    assert sorted(asked) == names  # type: ignore[type-var]
    assert dialog.form.drive.itemText(1) == "Drive_1"
    assert dialog.start.text() == "Start 300 backups"
