"""The maintenance windows of a farm or location: a list, and the fields of the chosen one."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import tzlocal
from PySide6.QtCore import QDate, QDateTime, QSignalBlocker, Qt, QTime, QTimeZone, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDateTimeEdit,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.maintenance import MaintenanceWindow
from sesam_master.ui.farms.words import DAYS, desk_zone, standing_words, window_words
from sesam_master.ui.icons import icon
from sesam_master.ui.theme import ThemeHolder

USUAL_LENGTH = timedelta(hours=2)
LIST_ROWS = 4
_FAR = timedelta(days=365)


class WindowEditor(QWidget):
    """`changed` after every change. Windows that cannot be are told by `problem`."""

    changed = Signal()

    def __init__(self, holder: ThemeHolder, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._zone = tzlocal.get_localzone_name()
        self._windows: list[MaintenanceWindow] = []
        self.problem = ""
        self.list = QListWidget()
        self.add = QPushButton(icon("plus", holder), "Add")
        self.remove = QPushButton(icon("trash-2", holder), "Remove")
        self.start, self.end = _moment("Begins"), _moment("Ends")
        self.days = [QCheckBox(day) for day in DAYS]
        self.is_weekly = QCheckBox("Every week on")
        self.has_until = QCheckBox("Last on")
        self.until = _moment("Last day", "ddd d MMM yyyy")
        self.comment = QLineEdit()
        self.none = QLabel("None is planned.")
        self._fields = QWidget()
        self._lay_out(holder)
        self._connect()
        self._show_chosen()

    @property
    def windows(self) -> tuple[MaintenanceWindow, ...]:
        return tuple(self._windows)

    def set_windows(self, windows: tuple[MaintenanceWindow, ...]) -> None:
        self._windows, self.problem = list(windows), ""
        self._fill(0 if windows else -1)

    def add_window(self) -> None:
        """One of two hours that begins now."""
        here = self._now().astimezone(desk_zone(self._now())).replace(tzinfo=None)
        start = here.replace(second=0, microsecond=0)
        self._windows.append(MaintenanceWindow(start, start + USUAL_LENGTH, self._zone))
        self._fill(len(self._windows) - 1)
        self.end.setFocus()
        self.changed.emit()

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.list.setProperty("field", True)
        self.list.setAccessibleName("Maintenance windows")
        row = self.list.fontMetrics().height() + holder.fonts.px(6)
        self.list.setFixedHeight(LIST_ROWS * row + 8)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.comment.setPlaceholderText("Why, for those who look")
        self.comment.setAccessibleName("Comment of the maintenance window")
        buttons = QVBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.add)
        buttons.addWidget(self.remove)
        buttons.addStretch()
        self.none.setProperty("role", "caption")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.none, 1, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.list, 1)
        top.addLayout(buttons)
        grid = QGridLayout(self._fields)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.addLayout(_row(_label("From"), self.start, _label("to"), self.end), 0, 0)
        grid.addLayout(_row(self.is_weekly, *self.days), 1, 0)
        grid.addLayout(_row(self.has_until, self.until), 2, 0)
        grid.addWidget(self.comment, 3, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._fields)

    def _connect(self) -> None:
        self.add.clicked.connect(self.add_window)
        self.remove.clicked.connect(self._remove)
        self.list.currentRowChanged.connect(lambda _row: self._show_chosen())
        for field in (self.start, self.end, self.until):
            field.dateTimeChanged.connect(self._take)
        for box in (*self.days, self.has_until):
            box.toggled.connect(self._take)
        self.is_weekly.toggled.connect(self._toggle_weekly)
        self.comment.textEdited.connect(self._take)

    def _fill(self, chosen: int) -> None:
        with QSignalBlocker(self.list):
            self.list.clear()
            self.list.addItems([self._words(window) for window in self._windows])
            self.list.setCurrentRow(chosen)
        self._show_chosen()

    def _words(self, window: MaintenanceWindow) -> str:
        standing = standing_words(window, self._now(), desk_zone(self._now()))
        comment = f": {window.comment}" if window.comment else ""
        return f"{window_words(window, self._zone)}, {standing}{comment}"

    def _remove(self) -> None:
        place = self.list.currentRow()
        if 0 <= place < len(self._windows):
            del self._windows[place]
            self.problem = ""
            self._fill(min(place, len(self._windows) - 1))
            self.changed.emit()

    def _show_chosen(self) -> None:
        place = self.list.currentRow()
        chosen = self._windows[place] if 0 <= place < len(self._windows) else None
        self.list.setVisible(bool(self._windows))
        self.none.setVisible(not self._windows)
        self._fields.setVisible(chosen is not None)
        self.remove.setEnabled(chosen is not None)
        if chosen is None:
            return
        boxes = (*self.days, self.is_weekly, self.has_until)
        blocked = [QSignalBlocker(w) for w in (self.start, self.end, self.until, *boxes)]
        self.start.setDateTime(_shown(chosen.start))
        self.end.setDateTime(_shown(chosen.end))
        self.is_weekly.setChecked(bool(chosen.days))
        for day, box in enumerate(self.days):
            box.setChecked(day in chosen.days)
        self.has_until.setChecked(chosen.until is not None)
        last = chosen.until or (chosen.start + _FAR).date()
        self.until.setDateTime(_shown(datetime(last.year, last.month, last.day)))
        if self.comment.text() != chosen.comment:
            self.comment.setText(chosen.comment)
        del blocked
        self._follow()

    def _follow(self) -> None:
        is_weekly = self.is_weekly.isChecked()
        for widget in (*self.days, self.has_until):
            widget.setEnabled(is_weekly)
        self.until.setEnabled(is_weekly and self.has_until.isChecked())

    def _toggle_weekly(self, is_weekly: bool) -> None:
        """Begins with the weekday of the first time."""
        blocked = [QSignalBlocker(box) for box in (*self.days, self.has_until)]
        first = self.start.date().dayOfWeek() - 1
        for day, box in enumerate(self.days):
            box.setChecked(is_weekly and day == first)
        if not is_weekly:
            self.has_until.setChecked(False)
        del blocked
        self._take()

    def _take(self) -> None:
        self._follow()
        place = self.list.currentRow()
        if not 0 <= place < len(self._windows):
            return
        days = frozenset(day for day, box in enumerate(self.days) if box.isChecked())
        is_weekly = self.is_weekly.isChecked()
        last = self.until.date()
        try:
            if is_weekly and not days:
                raise ValueError("A weekly window needs a day. Choose one.")  # noqa: TRY301
            self._windows[place] = MaintenanceWindow(
                start=_read(self.start),
                end=_read(self.end),
                zone=self._windows[place].zone,
                days=days if is_weekly else frozenset(),
                until=(
                    date(last.year(), last.month(), last.day())
                    if is_weekly and self.has_until.isChecked()
                    else None
                ),
                comment=self.comment.text().strip(),
            )
        except ValueError as error:
            self.problem = str(error)
        else:
            self.problem = ""
            self.list.item(place).setText(self._words(self._windows[place]))
        self.changed.emit()


def _moment(name: str, shown: str = "ddd d MMM yyyy  HH:mm") -> QDateTimeEdit:
    field = QDateTimeEdit()
    field.setTimeZone(QTimeZone.utc())  # a reading of a wall clock: Qt must not correct it
    field.setDisplayFormat(shown)
    field.setCalendarPopup(True)
    field.setAccessibleName(name)
    return field


def _shown(wall: datetime) -> QDateTime:
    day, time = QDate(wall.year, wall.month, wall.day), QTime(wall.hour, wall.minute)
    return QDateTime(day, time, QTimeZone.utc())


def _read(field: QDateTimeEdit) -> datetime:
    moment = field.dateTime()
    day, time = moment.date(), moment.time()
    wall = datetime(day.year(), day.month(), day.day(), time.hour(), time.minute(), tzinfo=UTC)
    return wall.replace(tzinfo=None)


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "secondary")
    return label


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch()
    return row
