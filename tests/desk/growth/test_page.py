"""How a location has grown, as its page shows it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.history import Period
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.growth.contents import NO_BACKUPS, NO_SAMPLES
from sesam_master.ui.growth.page import GrowthPage
from sesam_master.ui.plots.content import place_of_day
from sesam_master.ui.theme import Theme, ThemeHolder, ThemeMode
from tests.desk.growth.conftest import GB, HERE, STORE, TB, TODAY, growth, samples
from tests.desk.results.memory import NOW, pump, take_down
from tests.fakes.gateway import FakeGateway


def test_a_data_store_says_how_full_it_is_and_when_it_will_be(page: GrowthPage) -> None:
    pane = page.stores["Store_1"]
    assert pane.content is not None
    full = TODAY + timedelta(40)
    assert pane.summary.text() == (
        "1.2\u00a0TB of 2.0\u00a0TB in use, 60\u00a0%."
        f" 17.0\u00a0GB more a day: at its mark on {full.day} {full:%b} {full.year}."
    )
    assert pane.content.mark is not None
    assert (pane.content.mark.value, pane.content.mark.words) == (1.9 * TB, "mark 95 %")
    trend = pane.content.trend
    assert trend is not None
    assert (trend.at, trend.until) == (place_of_day(TODAY), place_of_day(full))
    assert trend.value_then == 1900 * GB
    assert pane.chart is not None
    assert pane.chart.isVisible()
    assert "in use" in pane.accessibleName()


def test_one_with_a_short_history_says_what_it_lacks(page: GrowthPage) -> None:
    pane = page.stores["usb"]
    assert pane.summary.text().endswith("No forecast: 3 days of history, 7 needed.")
    assert pane.content is not None
    assert pane.content.trend is None


def test_what_is_stored_and_how_fast_is_by_day(page: GrowthPage) -> None:
    stored, rate = page.growth.content, page.rate.content
    assert stored is not None
    assert rate is not None
    days = growth(90)
    assert [point.value for point in stored.points] == [day.stored_bytes for day in days]
    assert rate.points[-1].value == pytest.approx(days[-1].saved_bytes / (12 * 60), rel=0.2)
    assert "8 backups, 41\u202f000 files" in stored.points[0].words
    assert page.rate.summary.text().endswith("for each backup that runs.")


def test_the_keys_go_from_number_to_number(page: GrowthPage, qtbot: QtBot) -> None:
    pane = page.growth
    assert pane.content is not None
    points = pane.content.points
    for key, place in (
        (Qt.Key.Key_Left, -1),
        (Qt.Key.Key_Left, -2),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_PageDown, 10),
        (Qt.Key.Key_End, -1),
    ):
        qtbot.keyClick(pane, key)
        assert pane.readout.text == points[place].words
        assert pane.accessibleDescription() == points[place].words
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    assert pane.readout.text == ""


def test_the_pointer_reads_the_nearest_number(page: GrowthPage) -> None:
    pane = page.growth
    assert pane.content is not None
    assert pane.chart is not None
    wanted = pane.content.points[7]
    place = pane.chart.view.getPlotItem().vb.mapViewToScene(QPointF(wanted.at + 0.1, 0.0))
    pane.chart.view.scene().sigMouseMoved.emit(place)
    assert pane.readout.text == wanted.words


def test_another_period_is_asked_for_and_shown(page: GrowthPage, gateway: FakeGateway) -> None:
    page.periods.chosen.emit(Period.MONTH.words)
    pump()
    assert gateway.asked_history[-1] == (HERE, "", TODAY - timedelta(29))
    content = page.stores["Store_1"].content
    assert content is not None
    assert len(content.points) == 31  # and how it is now
    assert content.first == (TODAY - timedelta(29)).toordinal()


def test_a_long_period_is_shown_by_weeks(page: GrowthPage, gateway: FakeGateway) -> None:
    gateway.grown = {HERE: growth(800)}
    page.periods.chosen.emit(Period.LONG.words)
    pump()
    stored, rate = page.growth.content, page.rate.content
    assert stored is not None
    assert rate is not None
    assert (stored.title, stored.bar_days) == ("Stored per week", 7)
    days = growth(800)
    monday = TODAY - timedelta(TODAY.weekday())
    last_week = [day for day in days if monday - timedelta(7) <= day.sesam_day < monday]
    point = next(each for each in stored.points if each.at == place_of_day(monday) - 4)
    assert point.value == sum(day.stored_bytes for day in last_week)
    assert point.words.startswith(f"Week of {(monday - timedelta(7)).day} Nov: ")
    assert stored.points[0].words.startswith("Week of 16 Sep 2024: ")
    assert f"{sum(day.backups for day in last_week)} backups" in point.words
    assert len(rate.points) == len(stored.points)
    assert stored.last >= stored.points[-1].at + 3.5  # the bar of this week is whole


def test_a_week_that_began_before_the_period_is_left_away(
    page: GrowthPage, gateway: FakeGateway
) -> None:
    gateway.grown = {HERE: growth(365)}
    page.periods.chosen.emit(Period.YEAR.words)
    pump()
    content = page.growth.content
    assert content is not None
    assert content.points[0].at - 3.5 >= Period.YEAR.first_day(TODAY).toordinal()


def test_several_plots_share_the_height_of_the_page(page: GrowthPage) -> None:
    assert page.stores["usb"].chart is not None
    bottom = page.stores["usb"].mapTo(page, page.stores["usb"].rect().bottomLeft())
    assert page.rect().contains(bottom)


def test_a_sample_of_another_year_says_so(page: GrowthPage, gateway: FakeGateway) -> None:
    gateway.samples = {HERE: samples("Store_1", 400)}
    page.periods.chosen.emit(Period.LONG.words)
    pump()
    content = page.stores["Store_1"].content
    assert content is not None
    first = TODAY - timedelta(399)
    assert content.points[0].words.startswith(f"{first.day} {first:%b} {first.year} 06:00: ")


def test_without_samples_and_backups_it_says_when_they_come(
    open_page: Callable[[], GrowthPage], gateway: FakeGateway
) -> None:
    gateway.samples, gateway.grown = {}, {}
    page = open_page()
    assert page.stores["Store_1"].empty.text() == NO_SAMPLES
    assert page.growth.empty.text() == NO_BACKUPS
    assert page.growth.chart is None


def test_a_place_that_does_not_tell_its_capacity_shows_what_savesets_take(
    open_page: Callable[[], GrowthPage], gateway: FakeGateway
) -> None:
    unknown = [
        replace(sample, capacity_bytes=None, free_bytes=None) for sample in samples("Store_1", 5)
    ]
    store = replace(STORE, capacity_bytes=None, free_bytes=None)
    gateway.sites[HERE] = replace(gateway.sites[HERE], stores=(store,))
    gateway.samples = {HERE: tuple(unknown)}
    page = open_page()
    content = page.stores["Store_1"].content
    assert content is not None
    told = [*(each.stored_bytes for each in unknown)]
    assert [point.value for point in content.points] == told
    assert content.mark is None


def test_an_old_agent_is_told_and_no_plot_claims_anything(
    open_page: Callable[[], GrowthPage], gateway: FakeGateway
) -> None:
    gateway.no_history = LocationError(Trouble.REJECTED, HERE, "", {})
    page = open_page()
    assert page.head.banner.isVisible()
    assert page.growth.empty.text() == "Not known: the location was not reached."
    assert page.stores == {}


def test_a_location_that_went_dark_keeps_its_plots_with_their_age(
    page: GrowthPage, bridge: Bridge
) -> None:
    take_down(bridge, HERE)
    pump()
    assert page.head.banner.isVisible()
    assert page.stores["Store_1"].content is not None
    assert "Shown is" in page.head.banner.accessibleName()


def test_media_that_change_again_and_again_are_asked_for_once_in_a_while(
    page: GrowthPage, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> None:
    """Each change by itself would end the question before its answer."""
    before = len(gateway.asked_history)
    for _ in range(5):
        bridge.deliver(ObjectsChanged(HERE, NOW, is_media_changed=True))
        bridge.drain()
        pump()
    assert len(gateway.asked_history) == before
    qtbot.waitUntil(lambda: len(gateway.asked_history) == before + 1, timeout=10_000)


def test_the_colours_follow_the_theme(page: GrowthPage, holder: ThemeHolder) -> None:
    chart = page.stores["Store_1"].chart
    assert chart is not None
    for mode, theme in ((ThemeMode.DARK, Theme.dark()), (ThemeMode.LIGHT, Theme.light())):
        holder.set_mode(mode)
        pump()
        assert chart.view.backgroundBrush().color() == theme.base


def test_a_store_that_is_gone_has_no_plot(page: GrowthPage, gateway: FakeGateway) -> None:
    gateway.sites[HERE] = replace(gateway.sites[HERE], stores=(STORE,))
    page.refresh()
    pump()
    assert list(page.stores) == ["Store_1"]
