"""The sheet on the screen: mouse, keys, zoom, and what is painted again."""

from datetime import date, timedelta

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_master.core.calendar import Calendar, CalendarView, Grouping, Place
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.sheet import CODE, Span
from sesam_master.core.sheet_shown import PLANNED_DARK
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.calendar.cell_art import CellArt
from sesam_master.ui.calendar.geometry import SheetGeometry
from sesam_master.ui.calendar.sheet_view import SheetView
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.desk.calendar.site import OPEN_DAY, made_up, row, sheet

FIRST = date(2026, 11, 1)
TASKS = [f"task-{number:02}" for number in range(20)]


def _calendar(days: int = 30, locations: int = 4) -> Calendar:
    span = Span(FIRST, days)
    calendar = Calendar(span, OPEN_DAY)
    names = [f"Site {number}" for number in range(locations)]
    sheets = {n: made_up(n, TASKS, span.first, span.last) for n in names}
    calendar.set_places([Place(n, n, "", Connection.ON, sheets[n]) for n in names])
    return calendar


class Painted(SheetView):
    """Notes what it is asked to paint."""

    areas: list[QRect]

    def paintEvent(self, event: QPaintEvent) -> None:
        self.areas += list(event.region())
        super().paintEvent(event)


@pytest.fixture
def calendar() -> Calendar:
    return _calendar()


@pytest.fixture
def view(calendar: Calendar) -> CalendarView:
    return calendar.view(CalendarFilter())


@pytest.fixture
def shown(holder: ThemeHolder, view: CalendarView, qtbot: QtBot) -> SheetView:
    made = Painted(holder, view)
    made.areas = []
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    made.setFocus()
    qtbot.waitUntil(lambda: bool(made.areas), timeout=3000)
    return made


def _press(qtbot: QtBot, shown: SheetView, *keys: Qt.Key, ctrl: bool = False) -> None:
    modifier = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    for key in keys:
        qtbot.keyClick(shown, key, modifier)


def test_keys_go_by_cell_week_and_month(shown: SheetView, qtbot: QtBot) -> None:
    key = Qt.Key
    _press(qtbot, shown, key.Key_Right)
    assert shown.chosen.spot == (0, 22)  # today, in the first line
    _press(qtbot, shown, key.Key_Down, key.Key_Down, key.Key_Left)
    assert shown.chosen.spot == (2, 21)
    _press(qtbot, shown, key.Key_Home)
    assert shown.view.span.day(shown.chosen.spot[1]).isoweekday() == 1
    _press(qtbot, shown, key.Key_End)
    assert shown.view.span.day(shown.chosen.spot[1]).isoweekday() == 7
    _press(qtbot, shown, key.Key_Left, ctrl=True)
    assert shown.chosen.spot == (2, 14)
    _press(qtbot, shown, key.Key_PageDown)
    assert shown.chosen.spot == (2, 29)
    _press(qtbot, shown, key.Key_Down, ctrl=True)
    assert shown.chosen.spot == (21, 29)  # the next head
    _press(qtbot, shown, key.Key_End, ctrl=True)
    assert shown.chosen.spot == (83, 29)
    assert shown.verticalScrollBar().value() == shown.verticalScrollBar().maximum()
    assert "task-19, Site 3, Mon 30 Nov" in shown.accessibleDescription()


def test_a_month_in_a_longer_sheet(holder: ThemeHolder, qtbot: QtBot) -> None:
    view = _calendar(days=120).view(CalendarFilter())
    shown = SheetView(holder, view)
    qtbot.addWidget(shown)
    shown.choose((1, 30))
    _press(qtbot, shown, Qt.Key.Key_PageDown)
    assert shown.view.span.day(shown.chosen.spot[1]) == date(2027, 1, 1)
    _press(qtbot, shown, Qt.Key.Key_PageUp)
    assert shown.chosen.spot == (1, 30)


def test_a_rectangle_is_chosen_with_shift_and_by_dragging(shown: SheetView, qtbot: QtBot) -> None:
    shown.choose((1, 3))
    qtbot.keyClick(shown, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(shown, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert (shown.chosen.lines, shown.chosen.days) == (range(1, 3), range(3, 5))
    geometry, viewport = shown.cell_places, shown.viewport()
    begin, end = geometry.cell(2, 5).center(), geometry.cell(5, 8).center()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=begin)
    left = Qt.MouseButton.LeftButton
    drag = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(end),
        QPointF(viewport.mapToGlobal(end)),
        Qt.MouseButton.NoButton,
        left,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, drag)
    assert (shown.chosen.lines, shown.chosen.days) == (range(2, 6), range(5, 9))


def test_what_is_chosen_is_kept_by_identity(shown: SheetView, calendar: Calendar) -> None:
    shown.choose((23, 4))  # task-01 at Site 1
    name = shown.view.lines[23]
    shown.show_view(calendar.view(CalendarFilter(), closed={"Site 0"}), {})
    assert shown.chosen.spot == (3, 4)
    assert shown.view.lines[3] is name
    shown.show_view(calendar.view(CalendarFilter(text="task-02")), {})
    assert shown.chosen.spot is None


@pytest.mark.parametrize(("name", "lines"), [("Site 0", [0, 4]), ("Site 3", [])])
def test_only_changed_lines_are_painted_again(
    shown: Painted, calendar: Calendar, name: str, lines: list[int]
) -> None:
    """The row and the head, which tells the worst; nothing for what is out of sight."""
    made = made_up(name, TASKS, shown.view.span.first, shown.view.span.last)
    rows = [row(r.name, "3" * 30) if r.name == "task-03" else r for r in made.rows]
    shown.areas.clear()
    calendar.put(Place(name, name, "", Connection.ON, sheet(name, rows)))
    shown.show_view(calendar.view(CalendarFilter()), {})
    QApplication.processEvents()
    geometry = shown.cell_places
    seen = geometry.lines_in(0, shown.viewport().height() - 1)
    painted = [n for n in seen if any(a.contains(geometry.cell(n, 0)) for a in shown.areas)]
    assert painted == lines


def test_zoom_keeps_the_place_under_the_pointer(shown: SheetView) -> None:
    shown.verticalScrollBar().setValue(300)
    point = QPoint(200, 150)
    before = shown.spot_at(point)
    for turn in (120, 120, -120):
        wheel = QWheelEvent(
            QPointF(point),
            QPointF(shown.viewport().mapToGlobal(point)),
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.ControlModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(shown.viewport(), wheel)
        after = shown.spot_at(point)
        assert before is not None
        assert after is not None
        assert abs(after[0] - before[0]) <= 1
    assert shown.zoom == 26


def test_zoom_has_its_ends(shown: SheetView, qtbot: QtBot) -> None:
    _press(qtbot, shown, *[Qt.Key.Key_Minus] * 20, ctrl=True)
    assert (shown.zoom, shown.cell_places.row_height) == (6, 6)
    assert not shown.cell_places.has_labels
    _press(qtbot, shown, *[Qt.Key.Key_Plus] * 30, ctrl=True)
    assert shown.zoom == 40
    _press(qtbot, shown, Qt.Key.Key_0, ctrl=True)
    assert shown.zoom == 24


def test_heads_are_closed_by_mouse_and_key(shown: SheetView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.toggled) as toggled:
        qtbot.mousePress(shown.row_header, Qt.MouseButton.LeftButton, pos=QPoint(30, 5))
    assert toggled.args == ["Site 0"]
    shown.choose((21, 2))
    with qtbot.waitSignal(shown.toggled) as toggled:
        _press(qtbot, shown, Qt.Key.Key_Return)
    assert toggled.args == ["Site 1"]
    shown.choose((22, 2))
    with qtbot.waitSignal(shown.activated):
        _press(qtbot, shown, Qt.Key.Key_Return)


def test_the_menu_key_asks_at_the_chosen_cell(shown: SheetView, qtbot: QtBot) -> None:
    shown.choose((2, 2))
    with qtbot.waitSignal(shown.menu_wanted) as wanted:
        nowhere = QPoint(0, 0)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, nowhere, nowhere)
        QApplication.sendEvent(shown.viewport(), event)
    corner = shown.viewport().mapToGlobal(shown.cell_places.cell(2, 2).bottomLeft())
    assert wanted.args == [corner]


@pytest.mark.parametrize("zoom", [6, 9, 10, 14, 20, 24, 40])
@pytest.mark.parametrize("mode", [ThemeMode.LIGHT, ThemeMode.DARK])
def test_every_state_has_its_own_look(
    holder: ThemeHolder, zoom: int, mode: ThemeMode, qtbot: QtBot
) -> None:
    """No two codes give the same picture, whatever the zoom, but for the quiet ones' marks."""
    holder.set_mode(mode)
    letters = "".join(".p0qacb1l?mX3"[n] for n in range(13))
    made = sheet("Site", [row("all", letters), row("other", letters)])
    calendar = Calendar(Span(FIRST, 13), FIRST + timedelta(days=12))
    calendar.set_places([Place("Site", "Site", "", Connection.ON, made)])
    shown = SheetView(holder, calendar.view(CalendarFilter(), Grouping.NONE))
    qtbot.addWidget(shown)
    shown.resize(900, 200)
    shown.set_zoom(zoom)
    image = shown.viewport().grab().toImage()
    looks = set()
    for day in range(12):
        cell = shown.cell_places.cell(0, day).adjusted(0, 0, -1, -1)
        looks.add(bytes(image.copy(cell).constBits()))
    assert len(looks) == 12


def test_art_knows_every_code(holder: ThemeHolder) -> None:
    art = CellArt(holder)
    assert len(art.colour_table()) == PLANNED_DARK + 1
    dotted, hatched = (
        bytes(art.pattern(code, 1.0).toImage().constBits())
        for code in (PLANNED_DARK, CODE[JobState.PLANNED])
    )
    assert dotted != hatched


def test_geometry_of_nothing() -> None:
    geometry = SheetGeometry([], 30, 24, 1.0)
    assert (geometry.height, geometry.line_at(0), list(geometry.lines_in(0, 500))) == (0, None, [])
    assert list(geometry.days_in(0, 47)) == [0, 1]
    assert geometry.day_at(720) is None


def test_what_is_scrolled_in_joins_what_is_there(shown: SheetView) -> None:
    """Any part painted alone equals the same part of the whole: patterns begin with the content."""
    whole = _painted(shown, QRect(0, 0, 720, 400))
    for left, top, width, height in ((0, 40, 720, 23), (517, 0, 31, 400), (601, 131, 77, 53)):
        part = QRect(left, top, width, height)
        assert _painted(shown, part) == whole.copy(part)


def _painted(shown: SheetView, area: QRect) -> QImage:
    image = QImage(area.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.translate(-area.topLeft())
    shown.paint_content(painter, area, QRect(0, 0, 720, 400))
    painter.end()
    return image


@pytest.mark.parametrize(("width", "is_seen"), [(300, False), (560, True), (700, True)])
def test_the_reason_of_a_dark_location_hides_no_sign(
    holder: ThemeHolder, qtbot: QtBot, width: int, is_seen: bool
) -> None:
    made = sheet("Site", [row("home", "0" * 18 + "X000" + "p" * 8)], open_day=date(2026, 11, 22))
    calendar = Calendar(Span(FIRST, 30), OPEN_DAY)
    calendar.set_places([Place("Site", "Site", "", Connection.BROKEN, made)])
    shown = SheetView(holder, calendar.view(CalendarFilter()))
    qtbot.addWidget(shown)
    shown.resize(shown.row_header.width() + width, 200)
    whole = QRect(0, 0, width, 200)
    head = shown.cell_places.cell(0, 18).adjusted(2, 2, -2, -2)
    images = []
    for reasons in ({}, {"Site": "broken since Mon 06:39, the certificate has changed"}):
        shown.show_view(calendar.view(CalendarFilter()), reasons)
        image = QImage(whole.size(), QImage.Format.Format_RGB32)
        painter = QPainter(image)
        shown.paint_content(painter, whole, whole)
        painter.end()
        images.append(image)
    assert images[0].copy(head) == images[1].copy(head)
    assert (images[0] != images[1]) == is_seen  # it is gone with its days
