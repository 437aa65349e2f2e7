"""The small painted widgets: what they say, that they give way, and that keys reach them."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QStyle
from pytestqt.qtbot import QtBot

from sesam_master.core.coverage import Coverage
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.fonts import make_fonts
from sesam_master.ui.theme import Theme, ThemeHolder, ThemeMode
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.cells import paint_list_row
from sesam_master.ui.widgets.coverage_pill import CoveragePill
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent, EmptyState
from sesam_master.ui.widgets.facets import Facet, FacetColumn, FacetGroup, FacetRow
from sesam_master.ui.widgets.filter_button import FilterButton
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.search_field import SearchField
from sesam_master.ui.widgets.status_ticks import StatusTicks, Tick
from sesam_master.ui.widgets.steps import StepButton, StepStrip
from sesam_master.ui.widgets.thin_progress import ThinProgress

LONG = "Not in this list: Sevilla, Curitiba, Puebla and Perth. " * 20
NB = "\N{NO-BREAK SPACE}"


@pytest.fixture
def holder(qapp: QApplication) -> ThemeHolder:
    return ThemeHolder(qapp, ThemeMode.LIGHT, make_fonts(13))


def test_coverage_counts_cannot_contradict() -> None:
    assert Coverage(23, 23).is_complete
    assert Coverage(19, 23).missing == 4
    with pytest.raises(ValueError, match="24 of 23"):
        Coverage(24, 23)


def test_pill_says_what_stands_behind(holder: ThemeHolder, qtbot: QtBot) -> None:
    pill = CoveragePill(holder, Coverage(19, 23, newest_age=2, oldest_age=900))
    qtbot.addWidget(pill)
    assert pill.accessibleName() == f"19 of 23 locations newest 2{NB}s"
    assert pill.toolTip() == f"oldest 15{NB}min"
    pill.set_coverage(Coverage(1, 1), "Hamburg live", "2 s")
    assert pill.accessibleName() == "Hamburg live 2 s"


def test_pill_edge_is_dashed_only_when_something_is_missing(
    holder: ThemeHolder, qtbot: QtBot
) -> None:
    def edge_colours(coverage: Coverage) -> set[str]:
        pill = CoveragePill(holder, coverage)
        qtbot.addWidget(pill)
        pill.resize(200, 25)
        image = pill.grab().toImage()
        return {image.pixelColor(x, 0).name() for x in range(30, 170)}

    assert edge_colours(Coverage(23, 23)) == {Theme.light().border.name()}
    assert len(edge_colours(Coverage(19, 23))) > 1


def test_the_pill_of_no_location_is_not_green(holder: ThemeHolder, qtbot: QtBot) -> None:
    def is_green(coverage: Coverage) -> bool:
        pill = CoveragePill(holder, coverage)
        qtbot.addWidget(pill)
        image = pill.grab().toImage()
        pixels = [image.pixelColor(x, y) for x in range(30) for y in range(image.height())]
        return any(pixel.green() > pixel.red() + 60 for pixel in pixels)

    assert is_green(Coverage(1, 1))
    assert not is_green(Coverage(0, 0))
    empty = CoveragePill(holder, Coverage(0, 0))
    qtbot.addWidget(empty)
    assert empty.accessibleName() == "No locations"


def test_long_texts_widen_nothing(holder: ThemeHolder, qtbot: QtBot) -> None:
    header = PageHeader(holder, LONG, Coverage(19, 23, 2), LONG)
    for widget in (header, ElidedLabel(holder, LONG), Banner(holder, LONG, "License Info")):
        qtbot.addWidget(widget)
        assert widget.minimumSizeHint().width() < 200
    header.resize(500, 46)
    header.show()
    assert header.width() == 500


def test_cut_text_is_in_the_tooltip(holder: ThemeHolder, qtbot: QtBot) -> None:
    label = ElidedLabel(holder, "Dump ended with exit status 1")
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    assert label.toolTip() == "Dump ended with exit status 1"
    label.resize(600, 20)
    assert label.toolTip() == ""


def test_empty_state_offers_its_steps(holder: ThemeHolder, qtbot: QtBot) -> None:
    content = EmptyContent(
        "list-filter",
        "No cancelled backups at Perth on Sun 22 Nov",
        "Perth has been off since Mon 9 Nov.",
        (EmptyAction("on", "Switch Perth on", "power"),),
        EmptyAction("known", "Show what was known on 9 Nov"),
    )
    empty = EmptyState(holder, content)
    qtbot.addWidget(empty)
    buttons = {button.text(): button for button in empty.findChildren(QPushButton)}
    for text, key in (("Switch Perth on", "on"), ("Show what was known on 9 Nov", "known")):
        with qtbot.waitSignal(empty.triggered) as signal:
            buttons[text].click()
        assert signal.args == [key]


def facet_groups(error_count: str, is_checked: bool = False) -> list[FacetGroup]:
    facets = (
        Facet("error", "Error", error_count, is_checked, JobState.ERROR),
        Facet("ok", "OK", "364", sign=JobState.OK),
    )
    places = (Facet("perth", "Perth", "?", sign=Connection.OFF),)
    return [FacetGroup("state", "State", facets), FacetGroup("location", "Location", places)]


def test_facets_tick_by_keyboard_and_keep_rows(holder: ThemeHolder, qtbot: QtBot) -> None:
    column = FacetColumn(holder)
    qtbot.addWidget(column)
    column.set_groups(facet_groups("6"))
    rows = column.findChildren(FacetRow)
    with qtbot.waitSignal(column.changed) as signal:
        qtbot.keyClick(rows[0], Qt.Key.Key_Space)
    assert signal.args == ["state", "error", True]
    assert column.checked("state") == {"error"}
    column.set_groups(facet_groups("7", is_checked=True))
    assert column.findChildren(FacetRow) == rows
    assert rows[0].accessibleName() == "Error, 7"
    assert column.checked("state") == {"error"}


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_filter_button_opens_its_menu_by_keyboard(holder: ThemeHolder, qtbot: QtBot) -> None:
    button = FilterButton(holder, "calendar", "Sesam day: Sun 22 Nov")
    qtbot.addWidget(button)
    menu = QMenu()
    menu.addAction("Sat 21 Nov")
    button.set_menu(menu)
    with qtbot.waitSignal(menu.aboutToShow):
        qtbot.keyClick(button, Qt.Key.Key_Down)
    menu.close()


def test_progress_waits_before_it_shows(holder: ThemeHolder, qtbot: QtBot) -> None:
    line = ThinProgress(holder)
    qtbot.addWidget(line)
    line.start()
    assert not line.is_shown
    qtbot.waitUntil(lambda: line.is_shown, timeout=3000)
    line.stop()
    assert not line.is_shown


def test_a_quick_answer_shows_no_progress(holder: ThemeHolder, qtbot: QtBot) -> None:
    line = ThinProgress(holder)
    qtbot.addWidget(line)
    line.start()
    line.stop()
    qtbot.wait(350)
    assert not line.is_shown


def test_escape_clears_the_search(holder: ThemeHolder, qtbot: QtBot) -> None:
    field = SearchField(holder, "Filter all results", "Ctrl+F")
    qtbot.addWidget(field)
    qtbot.keyClicks(field, "erp")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""


def test_only_done_steps_can_be_gone_back_to(holder: ThemeHolder, qtbot: QtBot) -> None:
    strip = StepStrip(holder, ["Find", "Files", "Target"])
    qtbot.addWidget(strip)
    strip.set_current(1)
    first, second, third = strip.findChildren(StepButton)
    assert [first.isEnabled(), second.isEnabled(), third.isEnabled()] == [True, False, False]
    assert first.accessibleName() == "Step 1, Find, done"
    with qtbot.waitSignal(strip.step_chosen) as signal:
        first.click()
    assert signal.args == [0]


def test_ticks_name_all_connections(holder: ThemeHolder, qtbot: QtBot) -> None:
    ticks = StatusTicks(holder)
    qtbot.addWidget(ticks)
    ticks.set_locations([Tick("p", "Twin", Connection.OFF), Tick("w", "Twin", Connection.ON)])
    assert ticks.accessibleName() == "Locations: 1 on, 0 stale, 0 broken, 1 off"
    ticks.resize(ticks.sizeHint())
    with qtbot.waitSignal(ticks.location_clicked) as signal:
        qtbot.mouseClick(ticks, Qt.MouseButton.LeftButton, pos=ticks.rect().topLeft())
    assert signal.args == ["w"]


def test_many_ticks_stay_within_their_width(holder: ThemeHolder, qtbot: QtBot) -> None:
    ticks = StatusTicks(holder)
    qtbot.addWidget(ticks)
    ticks.set_locations([Tick(f"l{n}", f"L{n}", Connection.ON) for n in range(500)])
    assert ticks.sizeHint().width() == 180
    ticks.resize(ticks.sizeHint())
    assert not ticks.grab().isNull()


@pytest.mark.parametrize(
    ("state", "edge", "ground"),
    [
        (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_Active, "accent", "sel"),
        (QStyle.StateFlag.State_Selected, "accent", "sel_inactive"),
        (QStyle.StateFlag.State_MouseOver, "hover", "hover"),
        (QStyle.StateFlag.State_None, "base", "base"),
    ],
)
def test_a_row_of_a_list_shows_that_it_is_chosen(
    holder: ThemeHolder, state: QStyle.StateFlag, edge: str, ground: str
) -> None:
    theme, image = holder.current, QImage(40, 20, QImage.Format.Format_RGB32)
    image.fill(theme.base)
    painter = QPainter(image)
    paint_list_row(painter, image.rect(), state, theme)
    painter.end()
    assert image.pixelColor(1, 10) == theme.token(edge)
    assert image.pixelColor(20, 10) == theme.token(ground)
