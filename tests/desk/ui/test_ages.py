"""The age of the last proof goes on while nothing comes, everywhere by the same clock."""

from datetime import timedelta

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.fleet import ConnectionChanged, PictureArrived, RegistrationsChanged
from sesam_master.core.states import Connection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.formatting import age_text
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.coverage_pill import CoveragePill
from tests.fakes.clock import FakeClock
from tests.fakes.fleet import NOW, picture, registration
from tests.fakes.gateway import FakeGateway


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def desk(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot, clock: FakeClock
) -> Desk:
    desk = Desk(holder, bridge, gateway, clock.now, "0.1.0")  # type: ignore[arg-type]
    qtbot.addWidget(desk.window)
    desk.window.show()
    bridge.deliver(RegistrationsChanged((registration("lab"), registration("far"))))
    for name in ("lab", "far"):
        bridge.deliver(PictureArrived(name, picture(name), NOW))
    bridge.deliver(ConnectionChanged("lab", Connection.ON, None, NOW))
    bridge.deliver(ConnectionChanged("far", Connection.STALE, None, None))
    bridge.drain()
    return desk


def pill(desk: Desk) -> str:
    page = desk.window.current_page
    assert page is not None
    [found] = page.findChildren(CoveragePill)
    return found.text()


def test_a_second_passes_by_itself(bridge: Bridge, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bridge.aged, timeout=5000):
        pass


def test_every_age_counts_up_though_nothing_comes(
    desk: Desk, bridge: Bridge, clock: FakeClock
) -> None:
    for seconds in (1, 7, 44):
        clock.advance(NOW + timedelta(seconds=seconds) - clock.now())
        bridge.aged.emit()

        age = age_text(seconds)
        status = desk.window.statusBar().findChildren(type(desk.messages._last))
        assert any(f"newest {age}, oldest live {age}" in label.text for label in status)
        desk.window.show_page(desk.results)
        assert pill(desk).endswith(f"newest {age}")
        desk.window.show_page(desk.remote_server)
        bridge.aged.emit()
        assert {row.seen for row in desk.remote_server.model.records} == {age}


def test_without_news_from_the_network_thread_nothing_stays_live(
    desk: Desk, bridge: Bridge, clock: FakeClock
) -> None:
    desk.window.show_page(desk.remote_server)
    clock.advance(timedelta(seconds=60))
    bridge.aged.emit()
    assert bridge.fleet.locations["lab"].connection is Connection.ON
    clock.advance(timedelta(seconds=1))
    bridge.aged.emit()
    assert bridge.fleet.locations["lab"].connection is Connection.STALE
    assert pill(desk).startswith("0 of 2")

    bridge.deliver(ConnectionChanged("lab", Connection.ON, None, clock.now()))
    bridge.drain()
    bridge.aged.emit()
    assert pill(desk).startswith("1 of 2")


def test_a_restore_shows_the_age_and_is_not_offered_once_it_is_too_old(
    desk: Desk, bridge: Bridge, clock: FakeClock
) -> None:
    desk.open_restore("lab", None, "c0-t0")
    assert isinstance(desk.window.current_page, RestorePage)
    clock.advance(timedelta(seconds=22))
    bridge.aged.emit()
    assert pill(desk) == f"Lab live {age_text(22)}"

    clock.advance(timedelta(seconds=23))
    bridge.deliver(ConnectionChanged("lab", Connection.STALE, None, None))
    bridge.drain()
    assert pill(desk) == f"Lab dark as of {age_text(45)} ago"
    clock.advance(timedelta(seconds=10))
    bridge.aged.emit()
    assert pill(desk) == f"Lab dark as of {age_text(55)} ago"


def test_only_dark_rows_of_the_tree_whose_age_reads_otherwise_are_drawn_anew(
    desk: Desk, bridge: Bridge, clock: FakeClock, qtbot: QtBot
) -> None:
    clock.advance(timedelta(minutes=2))
    bridge.deliver(ConnectionChanged("lab", Connection.ON, None, clock.now()))
    bridge.drain()
    with qtbot.waitSignal(desk.tree.model.dataChanged, timeout=1000):
        bridge.aged.emit()
    clock.advance(timedelta(seconds=1))
    with qtbot.assertNotEmitted(desk.tree.model.dataChanged):
        bridge.aged.emit()
