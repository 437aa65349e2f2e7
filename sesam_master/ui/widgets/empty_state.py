"""What stands in place of a table that has nothing to show."""

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from sesam_master.ui.icons import icon
from sesam_master.ui.theme import ThemeHolder

ICON_SIZE = 28


@dataclass(frozen=True)
class EmptyAction:
    """A step that would change the emptiness; `key` comes back in `EmptyState.triggered`."""

    key: str
    text: str
    icon: str | None = None
    is_primary: bool = False


@dataclass(frozen=True)
class EmptyContent:
    """What is not there, why, and what a person can do about it."""

    icon: str
    headline: str
    reason: str
    actions: tuple[EmptyAction, ...] = ()
    link: EmptyAction | None = None


class EmptyState(QWidget):
    """Icon, headline, reason, action buttons and a link, in the middle of the place."""

    triggered = Signal(str)

    def __init__(
        self, holder: ThemeHolder, content: EmptyContent, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._holder = holder
        self._picture = QLabel()
        self._headline = _centred_label()
        self._headline.setProperty("role", "title")
        self._reason = _centred_label()
        self._reason.setProperty("role", "secondary")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._link_row = QHBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._headline)
        column.addWidget(self._reason)
        column.addSpacing(4)
        column.addLayout(self._buttons)
        column.addLayout(self._link_row)
        column.addStretch(3)
        self.set_content(content)
        holder.changed.connect(self._take_theme)

    @property
    def content(self) -> EmptyContent:
        """What is shown."""
        return self._content

    def set_content(self, content: EmptyContent) -> None:
        """Show another emptiness."""
        self._content = content
        self._headline.setText(content.headline)
        self._reason.setText(content.reason)
        self.setAccessibleName(f"{content.headline}. {content.reason}")
        _fill(self._buttons, [self._button(action) for action in content.actions])
        links = [self._link(content.link)] if content.link else []
        _fill(self._link_row, links)
        self._take_theme()

    def _button(self, action: EmptyAction) -> QPushButton:
        button = QPushButton(action.text)
        button.setProperty("primary", action.is_primary)
        if action.icon:
            token = "on_accent" if action.is_primary else "text2"
            button.setIcon(icon(action.icon, self._holder, token))
            button.setIconSize(QSize(16, 16))
        button.clicked.connect(lambda _=False, key=action.key: self.triggered.emit(key))
        return button

    def _link(self, action: EmptyAction) -> QPushButton:
        button = QPushButton(action.text)
        button.setProperty("link", True)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda _=False, key=action.key: self.triggered.emit(key))
        return button

    def _take_theme(self) -> None:
        picture = icon(self._content.icon, self._holder)
        self._picture.setPixmap(
            picture.pixmap(QSize(ICON_SIZE, ICON_SIZE), self.devicePixelRatioF())
        )


def _centred_label() -> QLabel:
    label = QLabel()
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _fill(row: QHBoxLayout, widgets: list[QPushButton]) -> None:
    """Put the widgets into the middle of a row, in place of what was there."""
    while (item := row.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
    row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
