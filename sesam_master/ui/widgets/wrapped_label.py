"""Sentences that wrap instead of widening the window."""

import re

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel

_LONG_WORD = re.compile(r"\S{24,}")
_PIECE = re.compile(r".{1,8}")
_MAY_BREAK = "\N{ZERO WIDTH SPACE}"


class WrappedLabel(QLabel):
    """Plain text in as many lines as it needs. A long word, such as the name of a task, is broken
    where there is no room for it."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        if role:
            self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self._text = ""
        self.setText(text)

    def text(self) -> str:
        """As it was given."""
        return self._text

    def setText(self, text: str) -> None:
        """Short words stay as they are."""
        self._text = text
        super().setText(_LONG_WORD.sub(_in_pieces, text))
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:
        """No width at all is needed."""
        return QSize(0, super().minimumSizeHint().height())


def _in_pieces(word: re.Match[str]) -> str:
    return _MAY_BREAK.join(_PIECE.findall(word[0]))
