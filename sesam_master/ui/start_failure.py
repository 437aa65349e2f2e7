"""Says why the desk cannot start, to a person who sees no terminal."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from sesam_master.ui.theme import ThemeHolder

TEXT_WIDTH = 440


class StartFailureDialog(QDialog):
    """`why`: sentences that say what is wrong and what to do. Quit, Enter and Esc close it."""

    def __init__(self, holder: ThemeHolder, why: str) -> None:
        super().__init__()
        width = holder.fonts.px(TEXT_WIDTH)
        self.setWindowTitle("Sesam Master")
        heading = QLabel("The desk cannot start")
        heading.setProperty("role", "title")
        self.why = QLabel(why)
        self.why.setTextFormat(Qt.TextFormat.PlainText)
        self.why.setWordWrap(True)
        self.why.setFixedWidth(width)
        self.why.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.why.setMinimumHeight(self.why.heightForWidth(width))
        self.quit = QPushButton("Quit")
        self.quit.setProperty("primary", True)
        self.quit.setDefault(True)
        self.quit.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.quit)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(heading)
        column.addWidget(self.why)
        column.addLayout(buttons)
        self.setAccessibleDescription(why)
        self.quit.setFocus()
