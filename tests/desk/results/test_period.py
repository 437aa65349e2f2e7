"""The period by sesam day: asked of the agents by its labels, closed here and open there."""

from datetime import date

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.results_period import ALL_DAYS, Period, PeriodKind
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results import site
from tests.desk.results.memory import take_down
from tests.desk.results.site import SiteGateway, inside, open_page, settle


@pytest.fixture
def gateway() -> SiteGateway:
    return SiteGateway(page_size=50)


@pytest.fixture
def page(holder: ThemeHolder, bridge: Bridge, gateway: SiteGateway, qtbot: QtBot) -> ResultsPage:
    return open_page(holder, bridge, gateway, qtbot)


def days_asked(gateway: SiteGateway) -> tuple[str, str]:
    query = [call[2] for call in gateway.calls if call[0] == "jobs"][-1]
    return query.first_sesam_day, query.last_sesam_day  # type: ignore[attr-defined]


def choose(page: ResultsPage, qtbot: QtBot, kind: PeriodKind) -> None:
    page.bar.period.chosen.emit(Period(kind))
    settle(qtbot, page)


def test_no_day_is_asked_for_before_it_is_needed(page: ResultsPage, gateway: SiteGateway) -> None:
    assert days_asked(gateway) == ("", "")
    assert not [call for call in gateway.calls if call[0] == "sheet"]


def test_a_period_is_asked_of_the_agents_by_its_labels(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    choose(page, qtbot, PeriodKind.TODAY)
    # Open at Hamburg is the 22nd, at Boulder the 21st: of two the later one.
    assert days_asked(gateway) == ("2026-11-22", "2026-11-22")
    assert len(inside(page)) == 8
    assert page.bar.period.button.text() == "Sesam day: Today, Sun 22 Nov"
    choose(page, qtbot, PeriodKind.WEEK)
    assert days_asked(gateway) == ("2026-11-16", "2026-11-22")
    assert len(inside(page)) == 20


def test_the_page_says_where_the_day_is_closed_and_where_it_is_open(
    page: ResultsPage, qtbot: QtBot
) -> None:
    choose(page, qtbot, PeriodKind.YESTERDAY)
    assert page.bar.sentence.text.endswith("Sat 21 Nov: closed at 1, open at 1, not known of 1.")
    page.bar.period.opened.emit()
    texts = [action.text() for action in page.bar.period.menu.actions()]
    assert "Today, Sun 22 Nov\topen at 1, not begun at 1, not known of 1" in texts


def test_the_open_day_of_one_location_is_today_when_only_that_is_shown(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    choose(page, qtbot, PeriodKind.TODAY)
    page.facets.changed.emit("location", "Boulder", True)
    settle(qtbot, page)
    assert days_asked(gateway) == ("2026-11-21", "2026-11-21")
    assert {key[0] for key in inside(page)} == {"Boulder"}


def test_today_moves_on_when_the_next_sesam_day_begins(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(page, qtbot, PeriodKind.TODAY)
    later = dict.fromkeys(site.OPEN_DAYS, date(2026, 11, 23))
    monkeypatch.setattr(site, "OPEN_DAYS", later)
    page.presenter.days._ask_all()
    settle(qtbot, page)
    assert days_asked(gateway) == ("2026-11-23", "2026-11-23")
    assert page.empty.content.headline == "No backups on Mon 23 Nov"


def test_nobody_knows_the_day_of_a_location_that_is_dark(
    page: ResultsPage, bridge: Bridge, qtbot: QtBot
) -> None:
    choose(page, qtbot, PeriodKind.TODAY)
    take_down(bridge, "Hamburg")
    settle(qtbot, page)
    assert page.presenter.days.open_days == {"Boulder": date(2026, 11, 21)}
    assert page.bar.sentence.text.endswith("Sat 21 Nov: open at 1, not known of 2.")


def test_keys_step_by_the_length_of_the_period(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    page.activateWindow()
    page.table.setFocus()
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(page.table, Qt.Key.Key_PageUp, alt)
    settle(qtbot, page)
    assert page.presenter.filter.period == Period(PeriodKind.TODAY)
    qtbot.keyClick(page.table, Qt.Key.Key_PageUp, alt)
    settle(qtbot, page)
    assert days_asked(gateway) == ("2026-11-21", "2026-11-21")
    qtbot.keyClick(page.table, Qt.Key.Key_PageDown, alt)
    settle(qtbot, page)
    assert days_asked(gateway) == ("2026-11-22", "2026-11-22")


def test_from_one_day_to_another_by_keyboard(
    page: ResultsPage, gateway: SiteGateway, qtbot: QtBot
) -> None:
    popup = page.bar.period.popup
    popup.ask(ALL_DAYS, date(2026, 11, 22), QPoint(0, 0))
    popup.first.setDate(QDate(2026, 11, 20))
    popup.last.setDate(QDate(2026, 11, 19))
    assert not popup.go.isEnabled()
    assert popup.hint.text() == "The first day is after the last one."
    popup.last.setDate(QDate(2026, 11, 21))
    assert popup.hint.text() == "2 sesam days, each by the label of its site"
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    settle(qtbot, page)
    assert not popup.isVisible()
    assert days_asked(gateway) == ("2026-11-20", "2026-11-21")


def test_an_empty_period_can_be_removed_where_it_says_so(page: ResultsPage, qtbot: QtBot) -> None:
    page.bar.period.chosen.emit(Period(PeriodKind.SPAN, date(2020, 1, 1), date(2020, 1, 2)))
    settle(qtbot, page)
    content = page.empty.content
    assert content.headline == "No backups Wed 1 Jan to Thu 2 Jan"
    page.empty.triggered.emit(content.actions[0].key)
    settle(qtbot, page)
    assert len(inside(page)) == 20
