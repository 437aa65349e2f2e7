"""What runs, as the page shows it: share, rate, what is left, and by what it is estimated."""

from dataclasses import replace
from datetime import timedelta

from pytestqt.qtbot import QtBot

from sesam_master.core.errors import Trouble
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.page import NowPage
from sesam_master.ui.widgets.column import Role as ItemRole
from tests.desk.now.conftest import (
    GB,
    Clock,
    NowGateway,
    earlier,
    jobs_asked,
    numbers,
    running,
    settle,
    texts,
    waiting,
)
from tests.desk.results.memory import NOW, bring_up, report, take_down


def test_a_running_job_shows_its_share_its_rate_and_what_is_left(
    page: NowPage, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> None:
    gateway.history["Boulder"] = [earlier("Boulder", n, "home", 19 + n) for n in (1, 2, 3)]
    for second in range(0, 21, 5):
        clock.now = NOW + timedelta(seconds=second)
        done = 40 * GB + second * 100_000_000
        report(bridge, running("Boulder", 50, done, 100 * GB, task="home"))
    settle(qtbot, page)

    table = page.tables.running
    assert texts(table, "Task, location") == ["Running, home, Boulder"]
    assert texts(table, "Progress") == ["42\u00a0%, Reading files, 42.0 of 100\u00a0GB"]
    assert texts(table, "Rate, last 15 min") == ["100\u00a0MB/s"]
    assert texts(table, "Running for") == ["10\u00a0min"]
    assert texts(table, "Left") == ["12\u00a0min ±34\u00a0s"]
    assert texts(table, "Drive") == ["Drive_1"]
    assert numbers(page).startswith("1 running; 0 queued; 100 MB/s from 2 of 3 locations")
    assert jobs_asked(gateway) == [("Boulder", "home")]


def test_a_first_run_rests_and_says_why(page: NowPage, bridge: Bridge, qtbot: QtBot) -> None:
    report(bridge, running("Boulder", 50, 7 * GB, None, task="web"))
    settle(qtbot, page)

    table = page.tables.running
    assert texts(table, "Left") == ["no estimate first run"]
    assert texts(table, "Progress") == ["Counting, 7.0\u00a0GB, size not known"]
    assert table.model().index(0, 2).data(ItemRole.RECORD).share is None


def test_earlier_runs_are_asked_for_rows_that_are_seen_and_once_per_task(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    many = [running("Boulder", 100 + n, n, 1000, task=f"t{n:02}") for n in range(60)]
    bring_up(bridge, "Boulder", many)
    settle(qtbot, page)
    seen = len(page.tables.running.visible_jobs())
    assert 0 < seen < 20
    asked = {task for _, task in jobs_asked(gateway)}
    assert asked >= {f"t{n:02}" for n in range(seen)}
    assert len(asked) < 30

    for _ in range(3):
        report(bridge, replace(many[0], message=""))
        settle(qtbot, page)
    assert len(jobs_asked(gateway)) == len(asked)

    bar = page.tables.running.verticalScrollBar()
    bar.setValue(bar.maximum())
    settle(qtbot, page)
    assert "t59" in {task for _, task in jobs_asked(gateway)}


def test_when_a_run_ends_its_task_is_asked_for_anew(
    page: NowPage, bridge: Bridge, gateway: NowGateway, qtbot: QtBot
) -> None:
    first = running("Boulder", 50, 1, 100 * GB, task="home")
    report(bridge, first)
    settle(qtbot, page)
    assert texts(page.tables.running, "Left") == ["no estimate first run"]

    gateway.history["Boulder"] = [earlier("Boulder", 1, "home", 30)]
    report(bridge, replace(first, state=JobState.OK, end_time=NOW, progress=None))
    report(bridge, running("Boulder", 51, 0, 100 * GB, task="home"))
    settle(qtbot, page)

    assert texts(page.tables.running, "Left") == ["30\u00a0min by one run"]


def test_a_location_that_does_not_tell_its_runs_is_asked_again_later(
    page: NowPage, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> None:
    gateway.troubles = {"Boulder": Trouble.NO_ANSWER}
    report(bridge, running("Boulder", 50, 0, 100 * GB, task="home"))
    settle(qtbot, page)
    assert texts(page.tables.running, "Left") == ["no estimate did not answer"]

    gateway.troubles.clear()
    gateway.history["Boulder"] = [earlier("Boulder", 1, "home", 30)]
    clock.now += timedelta(seconds=31)
    report(bridge, running("Boulder", 50, 1, 100 * GB, task="home"))
    settle(qtbot, page)
    assert texts(page.tables.running, "Left") == ["29\u00a0min by one run"]


def test_a_job_at_a_dark_location_has_no_rate_no_rest_and_no_cancel(
    page: NowPage, bridge: Bridge, qtbot: QtBot
) -> None:
    report(bridge, running("Boulder", 50, 30 * GB, 100 * GB, task="home"))
    take_down(bridge, "Boulder", Connection.STALE)
    settle(qtbot, page)

    table = page.tables.running
    assert texts(table, "Task, location") == ["Unknown, home, Boulder"]
    assert texts(table, "Progress") == ["30\u00a0%, as of 08:41, 0\u00a0s ago, 30.0 of 100\u00a0GB"]
    assert texts(table, "Rate, last 15 min") == ["no data"]
    assert texts(table, "Running for") == ["?"]
    assert texts(table, "Left") == ["unknown"]
    assert "0 running 1 more unknown" in numbers(page)
    assert "Boulder is stale" in page.header._sentence.text
    assert [drop.location for drop in page.presenter.board.history.drops] == ["Boulder"]
    table.selectRow(0)
    assert set(table.buttons.buttons) == {"protocol"}


def test_time_that_goes_on_asks_nobody(
    page: NowPage, bridge: Bridge, gateway: NowGateway, clock: Clock, qtbot: QtBot
) -> None:
    report(bridge, running("Boulder", 50, 0, 100), waiting("Boulder", 60))
    settle(qtbot, page)
    before = list(gateway.calls)
    for _ in range(30):
        clock.now += timedelta(seconds=20)
        bridge.aged.emit()
    settle(qtbot, page)

    assert gateway.calls == before
    assert texts(page.tables.running, "Running for") == ["20\u00a0min"]
    assert texts(page.tables.queue, "State") == ["Queued"]
    clock.now += timedelta(minutes=5)
    assert texts(page.tables.queue, "State") == ["Late"]
