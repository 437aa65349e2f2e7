"""Dates of a schedule beside its rule, or in place of one: a calendar of its own."""

from collections.abc import Iterable
from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.plan import MAX_DATES
from sesam_master.ui.formatting import day_text
from sesam_master.ui.objects.fields import DateField, line
from sesam_master.ui.theme import ThemeHolder

_LIST_HEIGHT = 96


class DatesField(QWidget):
    """`chosen` carries the dates in order, each once."""

    chosen = Signal(object)

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._dates: tuple[date, ...] = ()
        self.list = QListWidget()
        self.list.setAccessibleName("Dates")
        self.list.setProperty("field", True)
        self.list.setSpacing(2)
        self.list.setFixedHeight(holder.fonts.px(_LIST_HEIGHT))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.day = DateField("Date to add")
        self.add_button = QPushButton("Add")
        self.remove_button = QPushButton("Remove")
        self.total = QLabel()
        self.total.setProperty("role", "caption")
        self._lay_out()
        self._wire()

    def show_dates(self, dates: Iterable[date]) -> None:
        """Nothing is told."""
        wanted = tuple(dates)
        self.total.setText(_total(len(wanted)))
        self.remove_button.setEnabled(bool(wanted))
        is_full = len(wanted) >= MAX_DATES
        self.add_button.setEnabled(not is_full)
        self.add_button.setToolTip(f"At most {MAX_DATES} dates can be." if is_full else "")
        if wanted == self._dates:
            return
        self._dates = wanted
        self.list.clear()
        for day in wanted:
            entry = QListWidgetItem(f"{day_text(day)} {day.year}")
            entry.setData(Qt.ItemDataRole.UserRole, day.toordinal())
            self.list.addItem(entry)

    def _lay_out(self) -> None:
        below = line(self.day, self.add_button, self.remove_button)
        below.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.list)
        column.addLayout(below)
        column.addWidget(self.total)

    def _wire(self) -> None:
        self.add_button.clicked.connect(self._add)
        self.remove_button.clicked.connect(self._remove)
        delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._remove)

    def _add(self) -> None:
        self._tell({*self._dates, self.day.day()})

    def _remove(self) -> None:
        gone = {entry.data(Qt.ItemDataRole.UserRole) for entry in self.list.selectedItems()}
        self._tell(day for day in self._dates if day.toordinal() not in gone)

    def _tell(self, dates: Iterable[date]) -> None:
        wanted = tuple(sorted(dates))
        if wanted != self._dates:
            self.show_dates(wanted)
            self.chosen.emit(wanted)


def _total(number: int) -> str:
    if not number:
        return "no date yet"
    return "1 date" if number == 1 else f"{number} dates"
