"""The line of messages at the bottom of the window, which opens into a short list of them."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

KEPT = 500
HEIGHT = 150
EMPTY = "No messages since the desk was opened. What you start, and what fails, is told here."
LEAST_HEIGHT = 24  # where the window is low, the page above needs the room more


class MessagesBar(QWidget):
    """Newest first; older ones than the last 500 are dropped."""

    def __init__(self, holder: ThemeHolder, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._now = now
        self._last = ElidedLabel(holder, "none", "secondary")
        self._button = QToolButton()
        self._button.setArrowType(Qt.ArrowType.RightArrow)
        self._button.setCheckable(True)
        self._button.setAutoRaise(True)
        self._button.setAccessibleName("Open the messages")
        self._list = QListWidget()
        self._list.setAccessibleName("Messages")
        self._list.setProperty("padded", True)
        self._list.setWordWrap(True)
        self._list.hide()
        self._list.addItem(EMPTY)
        self._list.item(0).setFlags(Qt.ItemFlag.NoItemFlags)
        title = QLabel("Messages")
        title.setProperty("role", "heading")
        row = QHBoxLayout()
        row.setContentsMargins(8, 1, 12, 1)
        for widget in (self._button, title):
            row.addWidget(widget)
        row.addSpacing(8)
        row.addWidget(self._last, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._list)
        column.addLayout(row)
        self._button.toggled.connect(self._open)
        self._holder = holder
        holder.changed.connect(self._take_fonts)
        self._take_fonts()

    @property
    def last(self) -> str:
        """The newest message as it is shown."""
        return self._last.text

    def add(self, text: str) -> None:
        """Puts a message in front of the others."""
        line = f"{self._now().astimezone():%H:%M:%S}  {text}"
        if self._list.item(0).text() == EMPTY:
            self._list.takeItem(0)
        if self._list.count() == 0 or self._list.item(0).text()[10:] != text:
            self._list.insertItem(0, line)
        else:
            self._list.item(0).setText(line)
        if self._list.count() > KEPT:
            self._list.takeItem(KEPT)
        self._last.set_text(line)

    def toggle(self) -> None:
        """Opens or closes the list."""
        self._button.toggle()

    def _take_fonts(self) -> None:
        px = self._holder.fonts.px
        self._list.setMinimumHeight(px(LEAST_HEIGHT))
        self._list.setMaximumHeight(px(HEIGHT))

    def _open(self, is_open: bool) -> None:
        self._list.setVisible(is_open)
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self._button.setArrowType(arrow)
