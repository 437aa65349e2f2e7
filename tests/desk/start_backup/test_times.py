"""When it is started: two clocks, times that have passed, and clocks that change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sesam_master.core.acts import Stage
from sesam_master.core.states import JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.start_backup.dialog import StartBackupDialog
from tests.desk.results.memory import (
    MemoryGateway,
    job,
    pump,
    report,
)
from tests.desk.start_backup.conftest import Open, cell, orders, stages


def set_time(dialog: StartBackupDialog, moment: datetime, *, mine: bool = False) -> None:
    dialog.form.later.setChecked(True)
    dialog.form.whose.setCurrentIndex(int(mine))
    field = dialog.form.time.dateTime()
    field.setDate(moment.date())  # type: ignore[arg-type]
    field.setTime(moment.time())  # type: ignore[arg-type]
    dialog.form.time.setDateTime(field)


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
    [start] = dialog.presenter.actor.acts.values()
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
