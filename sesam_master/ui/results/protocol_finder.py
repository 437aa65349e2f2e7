"""Looks through the lines of a protocol: for a text, and for the next warning or error."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from sesam_master.core.records import Level
from sesam_master.ui.formatting import number_text
from sesam_master.ui.icons import icon
from sesam_master.ui.results.protocol import ProtocolView
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.search_field import SearchField

TYPING_MS = 150
TROUBLE = "Next warning or error (F8)"


class ProtocolFinder(QWidget):
    """Field, count, and buttons for the row of tabs. It looks through the lines that are here."""

    def __init__(self, holder: ThemeHolder, view: ProtocolView) -> None:
        super().__init__()
        self._view = view
        self._hits: list[int] = []
        self.field = SearchField(holder, "Find in the protocol")
        self.field.setMaximumWidth(holder.fonts.px(210))
        self.count = QLabel()
        self.count.setProperty("role", "secondary")
        self.count.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.trouble = self._tool(holder, "triangle-alert", TROUBLE)
        self.before = self._tool(holder, "chevron-up", "Find the one before (Shift+F3)")
        self.after = self._tool(holder, "chevron-down", "Find the next one (F3)")
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._begin)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (self.trouble, self.field, self.count, self.before, self.after):
            row.addWidget(widget)
        self.field.textChanged.connect(lambda _text: self._typing.start())
        self.field.returnPressed.connect(self._enter)
        self.trouble.clicked.connect(lambda: self.step_trouble(1))
        self.before.clicked.connect(lambda: self.step(-1))
        self.after.clicked.connect(lambda: self.step(1))
        view.lines.rowsInserted.connect(self._look)
        view.lines.modelReset.connect(self._look)
        self._look()

    def focus(self) -> None:
        """Type here."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def step(self, steps: int) -> None:
        """To the hit after or before the current line, round the ends."""
        self._go(self._hits, steps)

    def step_trouble(self, steps: int) -> None:
        """To the warning or error after or before the current line, round the ends."""
        lines = self._view.lines.lines
        self._go([row for row, line in enumerate(lines) if line.level is not Level.INFO], steps)

    def take_key(self, key: int, is_back: bool) -> bool:
        """F3 and F8, with Shift backwards. False for any other key."""
        if key == Qt.Key.Key_F3:
            self.step(-1 if is_back else 1)
        elif key == Qt.Key.Key_F8:
            self.step_trouble(-1 if is_back else 1)
        return key in (Qt.Key.Key_F3, Qt.Key.Key_F8)

    def _go(self, rows: list[int], steps: int) -> None:
        if not rows:
            return
        here = self._view.currentIndex().row()
        if steps > 0:
            row = next((row for row in rows if row > here), rows[0])
        else:
            row = next((row for row in reversed(rows) if row < here), rows[-1])
        self._view.go_to(row)
        self._show_count()

    def _enter(self) -> None:
        if self._typing.isActive():
            self._typing.stop()
            self._begin()
            return
        shift = Qt.KeyboardModifier.ShiftModifier
        self.step(-1 if QGuiApplication.keyboardModifiers() & shift else 1)

    def _begin(self) -> None:
        self._look()
        here = self._view.currentIndex().row()
        if self._hits and here not in self._hits:
            self.step(1)

    def _look(self) -> None:
        """Find again what is looked for, in the lines that are here now."""
        needle = self.field.text()
        self._view.set_needle(needle)
        self._hits = self._view.lines.find(needle)
        has_trouble = self._view.lines.first_trouble() is not None
        self.trouble.setEnabled(has_trouble)
        self.trouble.setToolTip(TROUBLE if has_trouble else "No warning and no error in the lines")
        self._show_count()

    def _show_count(self) -> None:
        has_text = bool(self.field.text())
        for widget in (self.count, self.before, self.after):
            widget.setVisible(has_text)
        for tool in (self.before, self.after):
            tool.setEnabled(bool(self._hits))
        here = self._view.currentIndex().row()
        total = number_text(len(self._hits))
        if here in self._hits:
            self.count.setText(f"{number_text(self._hits.index(here) + 1)} of {total}")
        else:
            self.count.setText(f"{total} found" if self._hits else "none")

    @staticmethod
    def _tool(holder: ThemeHolder, name: str, text: str) -> QToolButton:
        tool = QToolButton()
        tool.setProperty("tool", True)
        tool.setIcon(icon(name, holder))
        tool.setToolTip(text)
        tool.setAccessibleName(text)
        return tool
