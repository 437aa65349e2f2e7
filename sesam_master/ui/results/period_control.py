"""Chooses the sesam days of the results: today's, yesterday's, the last ones, a span of them."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QDate, QPoint, Qt, Signal
from PySide6.QtGui import QActionGroup, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDateEdit,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.results_period import ALL_DAYS, Period, PeriodKind
from sesam_master.ui.formatting import number_text
from sesam_master.ui.icons import icon
from sesam_master.ui.results.sentences import PERIOD_NAMES, period_text
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.filter_button import FilterButton


class PeriodControl(QWidget):
    """A button with a menu between two that step by the length of the period."""

    chosen = Signal(object)
    opened = Signal()

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._period = ALL_DAYS
        self._today = date.today()
        self.button = FilterButton(holder, "calendar", "Sesam day: all")
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self.opened)
        self.button.set_menu(self.menu)
        self.before = _step(holder, "chevron-left", "The sesam days before (Alt+PgUp)")
        self.after = _step(holder, "chevron-right", "The sesam days after (Alt+PgDown)")
        self.before.clicked.connect(lambda: self.step(-1))
        self.after.clicked.connect(lambda: self.step(1))
        self.popup = SpanPopup(self)
        self.popup.chosen.connect(self.chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for widget in (self.before, self.button, self.after):
            row.addWidget(widget)

    def bind_keys(self, page: QWidget) -> None:
        """Let Alt+PgUp and Alt+PgDown step while the focus is somewhere in the page."""
        for keys, steps in (("Alt+PgUp", -1), ("Alt+PgDown", 1)):
            shortcut = QShortcut(QKeySequence(keys), page)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda steps=steps: self.step(steps))

    def refill(self) -> None:
        """What the open menu says has changed."""
        if self.menu.isVisible():
            self.opened.emit()

    def step(self, steps: int) -> None:
        """The days before or after; from all days to the one that is open."""
        if self._period.kind is PeriodKind.ALL:
            self.chosen.emit(Period(PeriodKind.TODAY))
            return
        stepped = self._period.stepped(steps, self._today)
        if stepped != self._period:
            self.chosen.emit(stepped)

    def show_period(self, period: Period, today: date) -> None:
        """Show what is chosen."""
        self._period, self._today = period, today
        words = period_text(period, today)
        is_long = period.span(today)[0] != period.span(today)[1]
        self.button.set_text(words[0].upper() + words[1:] if is_long else f"Sesam day: {words}")
        self.button.setToolTip(f"Sesam day: {words}")
        is_narrowing = period != ALL_DAYS
        self.button.set_narrowing(is_narrowing)
        for tool in (self.before, self.after):
            tool.setVisible(is_narrowing)

    def fill_menu(self, today: date, standings: Sequence[tuple[PeriodKind, str]]) -> None:
        """`standings` say of a kind of period where its last day is closed and where open."""
        self._today = today
        before = self.menu.activeAction()
        place = self.menu.actions().index(before) if before in self.menu.actions() else -1
        self.menu.clear()
        group = QActionGroup(self.menu)
        said = dict(standings)
        self._add(group, "All days", ALL_DAYS)
        self.menu.addSeparator()
        for kind in PERIOD_NAMES:
            words = period_text(Period(kind), today)
            stands = f"\t{said[kind]}" if kind in said else ""
            self._add(group, words + stands, Period(kind))
        self.menu.addSeparator()
        span = self.menu.addAction("From … to …")
        span.setCheckable(True)
        span.setChecked(self._period.kind is PeriodKind.SPAN)
        span.triggered.connect(self._open_popup)
        if 0 <= place < len(self.menu.actions()):
            self.menu.setActiveAction(self.menu.actions()[place])

    def _add(self, group: QActionGroup, text: str, period: Period) -> None:
        action = self.menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(period == self._period)
        action.triggered.connect(lambda _=False: self.chosen.emit(period))
        group.addAction(action)

    def _open_popup(self) -> None:
        place = self.button.mapToGlobal(QPoint(0, self.button.height() + 2))
        self.popup.ask(self._period, self._today, place)


class SpanPopup(QFrame):
    """Two sesam days, both included. Enter takes them, Esc leaves everything as it is."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("raised", True)
        self.first, self.last = _day_field("First sesam day"), _day_field("Last sesam day")
        self.go = QPushButton("Show these days")
        self.go.setProperty("primary", True)
        self.go.clicked.connect(self._take)
        self.hint = QLabel()
        self.hint.setProperty("role", "secondary")
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (QLabel("From"), self.first, QLabel("to"), self.last, self.go):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.hint)
        for field in (self.first, self.last):
            field.dateChanged.connect(self._look)

    def ask(self, period: Period, today: date, place: QPoint) -> None:
        """Begin with what is chosen now."""
        first, last = period.span(today)
        self.first.setDate(_qdate(first or today))
        self.last.setDate(_qdate(last or today))
        self._look()
        self.move(place)
        self.show()
        self.first.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter; Esc is Qt's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
            return
        super().keyPressEvent(event)

    def _look(self) -> None:
        first, last = _date(self.first), _date(self.last)
        is_right = first <= last
        days = (last - first).days + 1
        count = "1 sesam day" if days == 1 else f"{number_text(days)} sesam days"
        words = f"{count}, each by the label of its site"
        self.hint.setText(words if is_right else "The first day is after the last one.")
        self.go.setEnabled(is_right)

    def _take(self) -> None:
        if self.go.isEnabled():
            self.hide()
            self.chosen.emit(Period(PeriodKind.SPAN, _date(self.first), _date(self.last)))


def _day_field(name: str) -> QDateEdit:
    field = QDateEdit()
    field.setCalendarPopup(True)
    field.setDisplayFormat("ddd d MMM yyyy")
    field.setAccessibleName(name)
    return field


def _qdate(day: date) -> QDate:
    return QDate(day.year, day.month, day.day)


def _date(field: QDateEdit) -> date:
    day = field.date()
    return date(day.year(), day.month(), day.day())


def _step(holder: ThemeHolder, name: str, text: str) -> QToolButton:
    tool = QToolButton()
    tool.setProperty("tool", True)
    tool.setIcon(icon(name, holder))
    tool.setToolTip(text)
    tool.setAccessibleName(text)
    tool.hide()
    return tool
