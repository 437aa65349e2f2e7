"""Two fields for the first and the last sesam day of a period; either may stay empty."""

from datetime import date

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from sesam_master.ui.theme import ThemeHolder

FIELD_WIDTH = 122


class PeriodFields(QWidget):
    """`changed` when a person changed one of them."""

    changed = Signal()

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._holder = holder
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.first, self.last = QLineEdit(), QLineEdit()
        for word, field in (("From", self.first), ("to", self.last)):
            label = QLabel(word)
            label.setProperty("role", "secondary")
            field.setPlaceholderText("YYYY-MM-DD")
            name = "First sesam day" if field is self.first else "Last sesam day"
            field.setAccessibleName(name)
            field.setToolTip(f"{name}, both included. Empty: no limit.")
            field.textChanged.connect(self._check)
            row.addWidget(label)
            row.addWidget(field)
        row.addStretch(1)
        holder.changed.connect(self._fit)
        self._fit()

    @property
    def days(self) -> tuple[str, str]:
        """First and last day, YYYY-MM-DD, empty for no limit and for what is no day."""
        return _day(self.first.text()) or "", _day(self.last.text()) or ""

    @property
    def trouble(self) -> str:
        """What is wrong with them, a sentence."""
        for field in (self.first, self.last):
            if _day(field.text()) is None:
                return f"“{field.text()}” is no day. Write it as YYYY-MM-DD, such as 2026-11-22."
        first, last = self.days
        return "The period ends before it begins." if first and last and first > last else ""

    def clear(self) -> None:
        """No limits."""
        self.first.clear()
        self.last.clear()

    def _fit(self) -> None:
        for field in (self.first, self.last):
            field.setFixedWidth(self._holder.fonts.px(FIELD_WIDTH))

    def _check(self) -> None:
        for field in (self.first, self.last):
            field.setProperty("wrong", _day(field.text()) is None)
            field.style().unpolish(field)
            field.style().polish(field)
        self.changed.emit()


def _day(text: str) -> str | None:
    """The day as the agents write it, "" for none, None for what is no day."""
    text = text.strip()
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None
