"""The moment to restore from: the line of savesets, and a field for "as it was on"."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from PySide6.QtCore import QDate, QDateTime, QTime, QTimeZone, Signal
from PySide6.QtWidgets import (
    QDateTimeEdit,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.records import Saveset
from sesam_master.ui.restore.moment_line import MomentLine
from sesam_master.ui.restore.sentences import two_clocks
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel


class MomentBar(QWidget):
    """`asked` carries the moment that a person named, in UTC; the field is in the site's time."""

    asked = Signal(object)

    def __init__(
        self,
        holder: ThemeHolder,
        site: tzinfo,
        mine: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._site, self._mine = site, mine
        self._chosen: Saveset | None = None
        self.line = MomentLine(holder, site, clock)
        heading = QLabel("Moment")
        heading.setProperty("role", "heading")
        self.words = ElidedLabel(holder, "", "secondary")
        label = QLabel("As it was on")
        self.field = QDateTimeEdit()
        self.field.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.field.setCalendarPopup(True)
        self.field.setTimeZone(QTimeZone.utc())
        self.field.setKeyboardTracking(False)
        self.field.setAccessibleName("As it was on, in the site's time")
        self.field.setDateTime(_naive(clock().astimezone(site)))
        label.setBuddy(self.field)
        self.choose = QPushButton("Choose saveset")
        self.choose.setToolTip(
            "The newest saveset that can be restored and began at this time or before"
        )
        self.compare = QPushButton("Compare …")
        self.compare.setToolTip("What differs between this saveset and the one before it")
        self.choose.clicked.connect(lambda: self.asked.emit(self.moment()))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(heading)
        row.addWidget(self.words, 1)
        for widget in (label, self.field, self.choose, self.compare):
            row.addWidget(widget)
        edge = QFrame()
        edge.setProperty("line", True)
        inset = QVBoxLayout()
        inset.setContentsMargins(16, 8, 12, 0)
        inset.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(inset)
        layout.addWidget(self.line)
        layout.addWidget(edge)

    def moment(self) -> datetime:
        """What the field says, as an instant: the end of the named minute, and of a time that a
        clock change brings twice the later one."""
        value = self.field.dateTime()
        day, time = value.date(), value.time()
        local = datetime(
            *(day.year(), day.month(), day.day(), time.hour(), time.minute()),
            tzinfo=self._site,
            fold=1,
        )
        return local + timedelta(seconds=59, microseconds=999_999)

    def show_chosen(self, saveset: Saveset | None, count: int, has_more: bool) -> None:
        """Which one is chosen, on both clocks, and among how many."""
        if saveset != self._chosen:  # what a person types or looks at stays otherwise
            self._chosen = saveset
            self.line.choose(saveset)
            if saveset is not None:
                self.field.setDateTime(_naive(saveset.start_time.astimezone(self._site)))
        self.compare.setEnabled(saveset is not None and count > 1)
        if saveset is None:
            self.words.set_text("")
            return
        more = "+" if has_more else ""
        noun = "saveset" if count == 1 and not has_more else "savesets"
        clocks = two_clocks(saveset.start_time, self._site, self._mine)
        self.words.set_text(f"{clocks}, {count}{more} {noun}")


def _naive(local: datetime) -> QDateTime:
    """The same wall clock; Qt would know only its own zone."""
    day = QDate(local.year, local.month, local.day)
    return QDateTime(day, QTime(local.hour, local.minute), QTimeZone.utc())
