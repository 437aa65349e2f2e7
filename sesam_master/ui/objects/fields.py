"""The fields of the editors of a location's objects."""

from collections.abc import Iterable
from datetime import date, time, timedelta
from typing import Any

from PySide6.QtCore import QDate, QSignalBlocker, QSize, QStringListModel, Qt, QTime, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QDateEdit,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTimeEdit,
    QWidget,
)

from sesam_master.ui.theme import ThemeHolder

_MINUTES = {"minutes": 1, "hours": 60, "days": 1440}
_DATE_FORMAT = "ddd d MMM yyyy"
LABEL_WIDTH = 84
_INSET = 6  # the style sheet has no say in it
_PADDING = 24  # which Qt's own hints leave out under a style sheet


class CalmSpin(QSpinBox):
    """Turns by wheel only while it has the focus: scrolling past it changes nothing."""

    def __init__(self, smallest: int, largest: int, suffix: str = "") -> None:
        super().__init__()
        self.setRange(smallest, largest)
        self.setSuffix(suffix)
        self.lineEdit().setTextMargins(_INSET, 0, 0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class CalmChoice(QComboBox):
    """As CalmSpin, with texts that stand for values. Qt would make plain text of enums, so the
    values stay here."""

    def __init__(self, entries: Iterable[tuple[str, object]] = ()) -> None:
        super().__init__()
        self._values: list[object] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        _give_way(self)
        self.set_entries(entries)

    def set_entries(self, entries: Iterable[tuple[str, object]]) -> None:
        """Other texts and values; nothing is told."""
        listed = list(entries)
        self._values = [value for _text, value in listed]
        with QSignalBlocker(self):
            self.clear()
            self.addItems([text for text, _value in listed])

    def choose(self, value: object) -> None:
        """Show this value; one that is not there leaves the field empty."""
        self.setCurrentIndex(self._values.index(value) if value in self._values else -1)

    def value(self) -> Any:
        """That of the text that is shown; None while the field is empty."""
        place = self.currentIndex()
        return self._values[place] if place >= 0 else None

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class NameField(QComboBox):
    """A name out of many: typed with completion by any part of it, or picked from the list.

    `named` carries each text that is one of the names, or empty. Others are marked as wrong and
    not told.
    """

    named = Signal(str)

    def __init__(self, what: str, nothing: str = "") -> None:
        """`nothing` stands for no name at all, if that is a choice."""
        super().__init__()
        self._nothing = nothing
        self._known: frozenset[str] = frozenset()
        self.field = QLineEdit()
        self.setLineEdit(self.field)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        _give_way(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(what)
        self._names = QStringListModel(self)
        self.setModel(self._names)
        completer = QCompleter(self._names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        popup = completer.popup()
        if popup is not None:
            popup.setProperty("field", True)
        self.setCompleter(completer)
        self.field.setPlaceholderText(nothing)
        self.currentTextChanged.connect(self._tell)

    def set_names(self, names: Iterable[str]) -> None:
        """Other names to choose from; what is shown stays."""
        listed = list(names)
        if frozenset(listed) == self._known:
            return
        self._known = frozenset(listed)
        with QSignalBlocker(self):
            text = self.currentText()
            self._names.setStringList([self._nothing, *listed] if self._nothing else listed)
            self.setEditText(text)
            if not self.field.hasFocus():
                self.field.setCursorPosition(0)
        self._mark()

    def show_name(self, name: str) -> None:
        """Nothing is told. What is being typed and means the same stays."""
        if name == self.name():
            return
        with QSignalBlocker(self):
            self.setEditText(name)
            self.field.setCursorPosition(0)
        self._mark()

    def name(self) -> str:
        """The text, "" for nothing."""
        text = self.currentText().strip()
        return "" if text == self._nothing else text

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    @property
    def is_wrong(self) -> bool:
        """The text is none of the names."""
        name = self.name()
        return name not in self._known if name else not self._nothing

    def _tell(self) -> None:
        self._mark()
        if not self.is_wrong:
            self.named.emit(self.name())

    def _mark(self) -> None:
        mark(self, is_wrong=self.is_wrong and self.isEnabled())
        named = f"There is no “{self.name()}” here." if self.is_wrong and self.name() else ""
        self.field.setToolTip(named)


class DateField(QDateEdit):
    """One day; `chosen` carries each change."""

    chosen = Signal(object)

    def __init__(self, what: str) -> None:
        super().__init__()
        self.setCalendarPopup(True)
        self.setDisplayFormat(_DATE_FORMAT)
        self.setDateRange(QDate(1970, 1, 1), QDate(9000, 1, 1))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(what)
        self.dateChanged.connect(lambda _day: self.chosen.emit(self.day()))

    def day(self) -> date:
        shown = self.date()
        return date(shown.year(), shown.month(), shown.day())

    def show_day(self, day: date) -> None:
        """Nothing is told."""
        with QSignalBlocker(self):
            self.setDate(QDate(day.year, day.month, day.day))

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(_PADDING, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class TimeField(QTimeEdit):
    """A time of day; `chosen` carries each change. Seconds are shown if there are any."""

    chosen = Signal(object)

    def __init__(self, what: str) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(_INSET, 0, 0, 0)
        self.setDisplayFormat("HH:mm")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(what)
        self.timeChanged.connect(lambda _time: self.chosen.emit(self.moment()))

    def moment(self) -> time:
        shown = self.time()
        return time(shown.hour(), shown.minute(), shown.second())

    def show_moment(self, moment: time) -> None:
        """Nothing is told."""
        with QSignalBlocker(self):
            self.setDisplayFormat("HH:mm:ss" if moment.second else "HH:mm")
            self.setTime(QTime(moment.hour, moment.minute, moment.second))

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(_PADDING, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class WindowField(QWidget):
    """How long after its time a start may be made; `chosen` carries a timedelta, or None."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.limit = QCheckBox("at most")
        self.limit.setToolTip(
            "How long after its time a start may still be made; without a limit until the next one."
        )
        self.number = CalmSpin(1, 44_640)
        self.number.setAccessibleName("Length of the window")
        self.unit = CalmChoice(_MINUTES.items())
        self.unit.setAccessibleName("Unit of the window")
        self.unit.choose(60)
        self.number.setValue(4)
        row = line(self.limit, self.number, self.unit)
        row.addStretch(1)
        self.setLayout(row)
        self.limit.toggled.connect(self._tell)
        self.number.valueChanged.connect(self._tell)
        self.unit.currentIndexChanged.connect(self._tell)
        self.show_window(None)

    def show_window(self, window: timedelta | None) -> None:
        """Nothing is told."""
        if window == self._window():
            self._follow()
            return
        minutes = int(window.total_seconds()) // 60 if window is not None else 240
        unit = next(size for size in (1440, 60, 1) if minutes % size == 0)
        blockers = [QSignalBlocker(each) for each in (self.limit, self.number, self.unit)]
        self.limit.setChecked(window is not None)
        self.unit.choose(unit)
        self.number.setValue(minutes // unit)
        del blockers
        self._follow()

    def _window(self) -> timedelta | None:
        if not self.limit.isChecked():
            return None
        return timedelta(minutes=self.number.value() * int(self.unit.value() or 1))

    def _tell(self) -> None:
        self._follow()
        self.chosen.emit(self._window())

    def _follow(self) -> None:
        for field in (self.number, self.unit):
            field.setVisible(self.limit.isChecked())
        self.limit.setText(
            "at most" if self.limit.isChecked() else "limited, else to the next start"
        )


def _give_way(field: QComboBox) -> None:
    """A long entry must not widen the form."""
    field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    field.setMinimumContentsLength(6)


class FormRows(QFormLayout):
    """Labels at the left, fields at the right, all labels of one width."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self.setContentsMargins(0, 0, 0, 0)
        self.setHorizontalSpacing(12)
        self.setVerticalSpacing(6)
        self.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def add(self, label: str, field: QWidget) -> QWidget:
        """One row; the field."""
        caption = QLabel(label)
        caption.setProperty("role", "secondary")
        caption.setMinimumHeight(self._holder.fonts.px(28))
        caption.setMinimumWidth(self._holder.fonts.px(LABEL_WIDTH))
        caption.setBuddy(field)
        if not field.accessibleName():
            field.setAccessibleName(label)
        self.addRow(caption, field)
        return field


def line(*widgets: QWidget, spacing: int = 8) -> QHBoxLayout:
    """Widgets side by side without margins."""
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    for widget in widgets:
        row.addWidget(widget)
    return row


def boxed(layout: QHBoxLayout) -> QWidget:
    """A layout as a field of a form."""
    box = QWidget()
    box.setLayout(layout)
    return box


class _Caption(QLabel):
    """Its height follows from its width alone: Qt's own hints are of a narrower one, and a form in
    an area that scrolls would leave room for lines that are not there."""

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())


def caption(text: str) -> QLabel:
    """A quiet explanation that wraps."""
    label = _Caption(text)
    label.setProperty("role", "caption")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    return label


def mark(field: QWidget, *, is_wrong: bool) -> None:
    """Give a field the look of one whose text cannot be used, or take it away."""
    if bool(field.property("wrong")) != is_wrong:
        field.setProperty("wrong", is_wrong)
        field.style().unpolish(field)
        field.style().polish(field)


def show_text(field: QLineEdit, text: str) -> None:
    """What is being typed and means the same stays."""
    if field.text().strip() != text.strip():
        field.setText(text)
        field.setCursorPosition(0)
