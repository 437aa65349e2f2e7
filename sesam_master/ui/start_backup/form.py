"""How a backup is to be started: what, type, time, priority, pool, drive, follow-up."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QDate, QDateTime, QTime, QTimeZone, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDateTimeEdit,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from sesam_master.core.plan import MAX_PRIORITY
from sesam_master.core.records import BackupType
from sesam_master.core.start import USUAL_PRIORITY, When, Wish
from sesam_master.ui.start_backup.site_plans import (
    SitePlans,
    drive_names,
    event_names,
    pool_names,
)
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

STEP = timedelta(minutes=5)
TEXT_MARGIN = 6
_LAST_DAY = QDate(9000, 1, 1)  # in every zone there are days after it


class StartForm(QWidget):
    """`wished`: another wish. `what_chosen` carries the key of an entry of `show_objects`."""

    wished = Signal()
    what_chosen = Signal(str)

    def __init__(self, holder: ThemeHolder, whose: tuple[str, str], first: datetime) -> None:
        """`whose` names the two times that a reading can be of: the site's and mine. `first` is the
        reading that is offered, without a zone."""
        super().__init__()
        self.what = QComboBox()
        self.inc = QRadioButton("Incremental")
        self.diff = QRadioButton("Differential")
        self.full = QRadioButton("Full")
        self.copy = QRadioButton("Copy")
        self.types = {
            BackupType.INC: self.inc,
            BackupType.DIFF: self.diff,
            BackupType.FULL: self.full,
            BackupType.COPY: self.copy,
        }
        self.at_once = QRadioButton("Now")
        self.later = QRadioButton("At")
        self.time = QDateTimeEdit()
        self.whose = QComboBox()
        self.whose.addItems(whose)
        self.priority = QSpinBox()
        self.meaning = ElidedLabel(holder, "", "secondary")
        self.pool = QComboBox()
        self.drive = QComboBox()
        self.follow_up = QComboBox()
        self._set_up(holder, first)
        self._lay_out()
        self._connect()
        self._show_choice()

    def wish(self) -> Wish:
        """What is chosen now. An INC without a FULL before it becomes one at the agent."""
        when = None
        if self.later.isChecked():
            chosen = self.time.dateTime()
            day, time = chosen.date(), chosen.time()
            wall = datetime(day.year(), day.month(), day.day(), time.hour(), time.minute())
            when = When(wall, is_site=self.whose.currentIndex() == 0)
        return Wish(
            next(wanted for wanted, button in self.types.items() if button.isChecked()),
            when,
            self.priority.value(),
            self.drive.currentData() or "",
            self.follow_up.currentData() or "",
            self.pool.currentData() or "",
        )

    def show_objects(self, entries: Sequence[tuple[str, str]], chosen: str) -> None:
        """Key and text of what can be started; the signal is silent meanwhile."""
        self.what.blockSignals(True)
        self.what.clear()
        for key, text in entries:
            self.what.addItem(text, key)
        self.what.setCurrentIndex(max(0, self.what.findData(chosen)))
        self.what.setEnabled(len(entries) > 1)
        self.what.blockSignals(False)

    def show_names(self, plans: SitePlans, places: int) -> None:
        """Those that the plans name; what was chosen stays chosen."""
        note = f"Asking {plans.asking} of {places} locations" if plans.asking else ""
        _fill(self.pool, "The usual one", plans.names(pool_names), places, note)
        _fill(self.drive, "Any drive", plans.names(drive_names), places, note)
        _fill(self.follow_up, "Nothing", plans.names(event_names), places, note)

    def _set_up(self, holder: ThemeHolder, first: datetime) -> None:
        self.inc.setChecked(True)
        self.at_once.setChecked(True)
        self.inc.setToolTip(
            "What changed since the last backup; the first backup of a task is a full one."
        )
        self.diff.setToolTip("What changed since the last full backup.")
        self.full.setToolTip("Everything, whether it changed or not.")
        self.copy.setToolTip("Everything, beside the chain: nothing builds on it.")
        self.priority.setRange(0, MAX_PRIORITY)
        self.priority.setValue(USUAL_PRIORITY)
        self.time.setTimeZone(QTimeZone.utc())  # a reading of a wall clock: Qt must not correct it
        self.time.setDisplayFormat("ddd d MMM yyyy  HH:mm")
        self.time.setCalendarPopup(True)
        self.time.setMaximumDate(_LAST_DAY)
        self.time.setDateTime(_round(first))
        self._groups = [_group(self, *self.types.values()), _group(self, self.at_once, self.later)]
        for widget, name in (
            (self.what, "What is backed up"),
            (self.time, "Time of the start"),
            (self.whose, "Whose time it is"),
            (self.priority, "Priority"),
            (self.pool, "Media pool"),
            (self.drive, "Drive"),
            (self.follow_up, "What is started after it"),
        ):
            widget.setAccessibleName(name)
        for combo in (self.what, self.pool, self.drive, self.follow_up, self.whose):
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            combo.setMinimumContentsLength(16)
        self.what.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.priority.setMinimumWidth(holder.fonts.px(72))
        self.priority.lineEdit().setTextMargins(TEXT_MARGIN, 0, 0, 0)
        self.time.setMinimumWidth(holder.fonts.px(204))

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.addWidget(_caption("What"), 0, 0)
        grid.addWidget(self.what, 0, 1)
        grid.addWidget(_caption("Type"), 0, 2)
        grid.addLayout(_row(*self.types.values()), 0, 3)
        grid.addWidget(_caption("Start"), 1, 0)
        grid.addLayout(_row(self.at_once, self.later, self.time, self.whose), 1, 1, 1, 3)
        grid.addWidget(_caption("Media pool"), 2, 0)
        grid.addWidget(self.pool, 2, 1)
        grid.addWidget(_caption("Drive"), 2, 2)
        grid.addWidget(self.drive, 2, 3)
        grid.addWidget(_caption("Priority"), 3, 0)
        priority = QHBoxLayout()
        priority.setSpacing(10)
        priority.addWidget(self.priority)
        priority.addWidget(self.meaning, 1)
        grid.addLayout(priority, 3, 1)
        grid.addWidget(_caption("Then start"), 3, 2)
        grid.addWidget(self.follow_up, 3, 3)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)

    def _connect(self) -> None:
        self.what.activated.connect(lambda _at: self.what_chosen.emit(self.what.currentData()))
        for button in (*self.types.values(), self.later):
            button.toggled.connect(self._show_choice)
        self.time.dateTimeChanged.connect(self._show_choice)
        self.priority.valueChanged.connect(self._show_choice)
        self.whose.currentIndexChanged.connect(self._show_choice)
        for combo in (self.pool, self.drive, self.follow_up):
            combo.activated.connect(self._show_choice)

    def _show_choice(self) -> None:
        self.time.setEnabled(self.later.isChecked())
        self.whose.setEnabled(self.later.isChecked())
        self.meaning.set_text(priority_text(self.priority.value()))
        self.wished.emit()


def priority_text(priority: int) -> str:
    """What a priority means."""
    if priority == 0:
        return "above all; nothing holds it off"
    if priority == USUAL_PRIORITY:
        return "the lowest, as usual"
    if priority == MAX_PRIORITY:
        return "the highest but 0"
    return f"before those with less than {priority}"


def _fill(combo: QComboBox, none: str, names: Mapping[str, int], places: int, note: str) -> None:
    """The names that a person chose stay, also when nobody has them any more."""
    chosen = combo.currentData() or ""
    wanted = [("", none)]
    for name, count in names.items():
        at = "" if count == places else f"  (at {count} of {places} locations)"
        wanted.append((name, f"{name}{at}"))
    if chosen and chosen not in names:
        wanted.append((chosen, chosen))
    combo.setToolTip(note)
    if wanted == [(combo.itemData(at), combo.itemText(at)) for at in range(combo.count())]:
        return
    combo.blockSignals(True)
    combo.clear()
    for name, text in wanted:
        combo.addItem(text, name)
    combo.setCurrentIndex(combo.findData(chosen))
    combo.blockSignals(False)


def _round(reading: datetime) -> QDateTime:
    """The next round one behind a reading."""
    later = reading.replace(second=0, microsecond=0) + STEP
    later += timedelta(minutes=-later.minute % 5)
    day = QDate(later.year, later.month, later.day)
    return QDateTime(day, QTime(later.hour, later.minute), QTimeZone.utc())


def _group(parent: QWidget, *buttons: QRadioButton) -> QButtonGroup:
    group = QButtonGroup(parent)
    for button in buttons:
        group.addButton(button)
    return group


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "secondary")
    return label


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
