"""Starting tasks and groups over locations: an outcome for each, and failed ones again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.plan import BackupAction, Drive, Event, TaskGroup
from sesam_master.core.records import BackupType, Role
from sesam_master.core.start import BackupOrder
from sesam_master.core.states import JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.start_backup.dialog import StartBackupDialog
from sesam_master.ui.start_backup.site_plans import AT_ONCE
from sesam_master.ui.start_backup.starts import Stage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import (
    NOW,
    MemoryGateway,
    bring_up,
    job,
    list_locations,
    progress,
    pump,
    report,
    take_down,
)
from tests.fakes.plan import empty_plan

NAMES = ("Boulder", "Hamburg", "Lyon", "Sevilla")
BERLIN = ZoneInfo("Europe/Berlin")
Open = Callable[..., StartBackupDialog]


@pytest.fixture
def now() -> list[datetime]:
    """The desk's clock; a test may set another."""
    return [NOW]


@pytest.fixture
def open_dialog(
    holder: ThemeHolder,
    bridge: Bridge,
    gateway: MemoryGateway,
    qtbot: QtBot,
    now: list[datetime],
) -> Open:
    """Over four locations, the last one of them dark."""
    list_locations(bridge, *NAMES)
    for name in NAMES:
        bring_up(bridge, name, [job(name, 1, task="home"), job(name, 2, task="mail")])
        gateway.plans.setdefault(name, empty_plan(name))
    take_down(bridge, "Sevilla")

    def open_for(selection: Selection | None = None) -> StartBackupDialog:
        selection = selection or Selection(tasks=tuple((name, "home") for name in NAMES))
        dialog = StartBackupDialog(
            holder, bridge, gateway, selection, zone=BERLIN, clock=lambda: now[0]
        )
        QAbstractItemModelTester(
            dialog.model, QAbstractItemModelTester.FailureReportingMode.Fatal, dialog
        )
        qtbot.addWidget(dialog)
        dialog.show()
        pump()
        return dialog

    return open_for


def stages(dialog: StartBackupDialog) -> list[Stage]:
    return [start.stage for start in dialog.presenter.starts.values()]


def cell(dialog: StartBackupDialog, row: int, key: str) -> str:
    place = [column.key for column in dialog.model.columns].index(key)
    return str(dialog.model.index(row, place).data())


def orders(gateway: MemoryGateway) -> list[tuple[BackupOrder, str]]:
    return [call[2:] for call in gateway.calls if call[0] == "order_backup"]  # type: ignore[misc]


def choose(dialog: StartBackupDialog, text: str) -> None:
    """An entry of what can be started, as a person chooses it."""
    combo = dialog.form.what
    [place] = [at for at in range(combo.count()) if text in combo.itemText(at)]
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def set_time(dialog: StartBackupDialog, moment: datetime, *, mine: bool = False) -> None:
    dialog.form.later.setChecked(True)
    dialog.form.whose.setCurrentIndex(int(mine))
    field = dialog.form.time.dateTime()
    field.setDate(moment.date())  # type: ignore[arg-type]
    field.setTime(moment.time())  # type: ignore[arg-type]
    dialog.form.time.setDateTime(field)


def test_each_start_has_its_outcome_and_only_failed_ones_are_sent_again(
    open_dialog: Open, gateway: MemoryGateway
) -> None:
    dialog = open_dialog()
    assert not dialog.isModal()
    assert dialog.start.text() == "Start 3 backups"
    gateway.troubles = {"Hamburg": Trouble.REFUSED}
    dialog.form.full.setChecked(True)
    dialog.start.click()
    pump()
    assert stages(dialog) == [Stage.ACCEPTED, Stage.FAILED, Stage.ACCEPTED, Stage.HINDERED]
    assert dialog.retry.isVisible()
    gateway.troubles.clear()
    dialog.retry.click()
    pump()
    assert stages(dialog) == [Stage.ACCEPTED] * 3 + [Stage.HINDERED]
    assert not dialog.retry.isVisible()
    sent = orders(gateway)
    assert [order.object.location_id for order, _ in sent] == [
        "Boulder",
        "Hamburg",
        "Lyon",
        "Hamburg",
    ]
    assert {order.type for order, _ in sent} == {BackupType.FULL}
    assert len({request_id for _, request_id in sent}) == 4


def test_a_lost_answer_is_unknown_and_asked_for_under_the_same_id(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    dialog = open_dialog()
    gateway.troubles = {"Lyon": Trouble.NO_ANSWER}
    dialog.start.click()
    pump()
    assert cell(dialog, 2, "outcome") == "Unknown, asking again"
    assert not dialog.retry.isVisible()

    gateway.troubles = {"Lyon": Trouble.UNREACHABLE}  # it may have happened all the same
    dialog.presenter._ask_again()
    pump()
    assert stages(dialog)[2] is Stage.UNSURE

    take_down(bridge, "Lyon")
    asked = len(orders(gateway))
    dialog.presenter._ask_again()
    assert len(orders(gateway)) == asked  # nobody would answer

    bring_up(bridge, "Lyon", [job("Lyon", 1, task="home")])
    gateway.troubles.clear()
    dialog.presenter._ask_again()
    pump()
    assert stages(dialog)[2] is Stage.ACCEPTED
    at_lyon = [
        request_id for order, request_id in orders(gateway) if order.object.location_id == "Lyon"
    ]
    assert len(at_lyon) == 3
    assert len(set(at_lyon)) == 1


def test_an_accepted_start_follows_its_job_and_is_unknown_in_the_dark(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    dialog = open_dialog()
    dialog.start.click()
    pump()
    assert cell(dialog, 0, "outcome") == "Accepted, queued"
    queued = gateway.history["Boulder"][-1]
    report(bridge, replace(queued, state=JobState.ACTIVE, progress=progress(250)))
    assert cell(dialog, 0, "outcome") == "Running 25\N{NO-BREAK SPACE}%"
    take_down(bridge, "Boulder")
    assert cell(dialog, 0, "outcome") == "Unknown"


def test_a_location_that_comes_back_can_be_started_then(open_dialog: Open, bridge: Bridge) -> None:
    dialog = open_dialog()
    bring_up(bridge, "Sevilla", [job("Sevilla", 1, task="home")])
    assert stages(dialog) == [Stage.READY] * 4


def test_at_a_dark_location_alone_it_says_why_and_the_sum_tells_outcomes(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    dialog = open_dialog()
    alone = open_dialog(Selection(tasks=(("Sevilla", "home"),)))
    assert not alone.start.isEnabled()
    assert alone.start.toolTip() == "Sevilla is broken; nothing can be sent to it."
    dialog.start.click()
    pump()
    for name in NAMES[:3]:
        report(bridge, replace(gateway.history[name][-1], state=JobState.OK))
    assert dialog.summary.text == "3 ok, 1 cannot start"


def test_many_locations_need_the_number_typed(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    dialog = open_dialog()
    assert not dialog.number.isVisible()  # three can be started
    bring_up(bridge, "Sevilla", [job("Sevilla", 1, task="home")])
    assert dialog.number.isVisible()
    assert not dialog.start.isEnabled()
    assert dialog.start.toolTip() == "Type 4 at the left first"

    dialog.number.setText("3")
    assert not dialog.start.isEnabled()
    dialog.number.setText("4")
    dialog.start.click()
    pump()
    assert stages(dialog) == [Stage.ACCEPTED] * 4


def test_more_than_twenty_objects_of_one_location_need_it_too(
    open_dialog: Open, bridge: Bridge
) -> None:
    bring_up(bridge, "Lyon", [job("Lyon", n, task=f"t{n}") for n in range(21)])
    few = open_dialog(Selection(tasks=tuple(("Lyon", f"t{n}") for n in range(20))))
    many = open_dialog(Selection(tasks=tuple(("Lyon", f"t{n}") for n in range(21))))

    assert few.start.isEnabled()
    assert not many.start.isEnabled()
    assert many.number.placeholderText() == "Type 21"


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
    assert {start.object.location_id for start in dialog.presenter.starts.values()} >= {
        "Boulder",
        "Hamburg",
    }
    assert "Lyon" not in {s.object.location_id for s in dialog.presenter.starts.values()}
    dialog.start.click()
    pump()
    assert orders(gateway)[0][0].object.group == "office"
    assert cell(dialog, 0, "what") == "group office"
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
    assert [what.itemText(n) for n in range(what.count())] == ["home", "mail", "Task group office"]
    choose(dialog, "mail")
    dialog.start.click()
    pump()
    assert orders(gateway)[0][0].object.task == "mail"


def test_a_later_start_shows_both_times_and_is_planned(
    open_dialog: Open, gateway: MemoryGateway, bridge: Bridge
) -> None:
    place = bridge.fleet.locations["Boulder"]
    assert place.picture is not None
    identity = replace(place.picture.identity, time_zone="America/Denver")
    place.picture = replace(place.picture, identity=identity)
    dialog = open_dialog(Selection(tasks=(("Boulder", "home"),)))
    set_time(dialog, datetime(2026, 11, 23, 20, 0))
    assert cell(dialog, 0, "when") == "Mon 23 Nov 20:00 there, Tue 24 Nov 04:00 here"
    set_time(dialog, datetime(2026, 11, 23, 20, 0), mine=True)
    assert cell(dialog, 0, "when") == "Mon 23 Nov 12:00 there, 20:00 here"
    dialog.start.click()
    pump()

    order, _ = orders(gateway)[0]
    assert order.start_time == datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
    assert cell(dialog, 0, "outcome") == "Accepted, planned"
    due = job(
        "Boulder", 70, JobState.ACTIVE, task="home", planned_time=order.start_time, event_id="1"
    )
    nightly = replace(due, id="69", state=JobState.OK, event_id="2")
    report(bridge, nightly, due)
    assert cell(dialog, 0, "outcome") == "Running"
    [start] = dialog.presenter.starts.values()
    assert [one.id for one in start.jobs] == ["70"]


def test_a_time_that_has_passed_is_refused_before_it_is_sent(
    open_dialog: Open, gateway: MemoryGateway, now: list[datetime]
) -> None:
    dialog = open_dialog(Selection(tasks=(("Boulder", "home"),)))
    set_time(dialog, datetime(2026, 11, 23, 8, 0))  # it is 08:41
    assert not dialog.start.isEnabled()
    assert cell(dialog, 0, "reason") == (
        "Mon 23 Nov 08:00 has passed at Boulder. Choose a later time."
    )
    set_time(dialog, datetime(2026, 11, 23, 9, 0))
    assert dialog.start.isEnabled()
    now[0] += timedelta(hours=1)  # it passes while the window is open
    dialog.start.click()
    pump()
    assert orders(gateway) == []
    assert stages(dialog) == [Stage.HINDERED]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ((2027, 3, 28), "02:30 does not come there on that day: the clocks go forward over it. "
                        "It starts at Sun 28 Mar 03:30."),
        ((2027, 10, 31), "02:30 comes twice there on that day: the clocks go back. "
                         "It starts the first time."),
    ],
)  # fmt: skip
def test_a_change_of_the_clocks_is_named(
    open_dialog: Open, day: tuple[int, int, int], words: str
) -> None:
    dialog = open_dialog(Selection(tasks=(("Boulder", "home"),)))
    set_time(dialog, datetime(*day, 2, 30))
    assert dialog.start.isEnabled()
    assert cell(dialog, 0, "reason") == words


def test_the_last_day_of_the_calendar_is_refused_like_any_other_far_one(
    open_dialog: Open, bridge: Bridge
) -> None:
    place = bridge.fleet.locations["Boulder"]
    assert place.picture is not None
    identity = replace(place.picture.identity, time_zone="America/Denver")
    place.picture = replace(place.picture, identity=identity)
    dialog = open_dialog(Selection(tasks=(("Boulder", "home"),)))

    set_time(dialog, datetime(9999, 12, 31, 23, 0))

    assert not dialog.start.isEnabled()
    assert cell(dialog, 0, "reason").startswith("At most 400 days ahead")


def test_a_role_that_may_not_start_says_so(open_dialog: Open, bridge: Bridge) -> None:
    bring_up(bridge, "Lyon", [job("Lyon", 1, task="home")], Role.MONITOR)
    dialog = open_dialog(Selection(tasks=(("Lyon", "home"),)))

    assert not dialog.start.isEnabled()
    assert "Ask for the role operator" in dialog.start.toolTip()


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
