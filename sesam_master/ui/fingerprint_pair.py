"""The accepted and the presented fingerprint, one below the other, with the difference marked."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from sesam_master.core.gateway import Presented
from sesam_master.ui.fingerprint import grouped, marked
from sesam_master.ui.theme import ThemeHolder

LARGE_TEXT = 1.2  # above this scale a line holds two groups instead of four


def groups_in_line(holder: ThemeHolder) -> int:
    """How many groups of a fingerprint fit side by side at the present text size."""
    return 4 if holder.fonts.scale <= LARGE_TEXT else 2


class FingerprintPair(QWidget):
    """Both can be selected and copied. `accepted` is what this desk knows."""

    def __init__(self, holder: ThemeHolder, accepted: str, presented: Presented) -> None:
        super().__init__()
        groups, font = groups_in_line(holder), holder.fonts.mono
        plain = grouped(accepted, groups)
        rich = marked(presented.fingerprint, accepted, groups)
        lines = rich.count("<br>") + 1
        self.accepted = _shown(plain, Qt.TextFormat.PlainText, "Accepted", font, lines)
        self.presented = _shown(rich, Qt.TextFormat.RichText, "Shown now", font, lines)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for name, shown in (("Accepted", self.accepted), ("Shown now", self.presented)):
            label = QLabel(name)
            label.setProperty("role", "secondary")
            column.addWidget(label)
            column.addWidget(shown)
        column.insertSpacing(2, 6)


def _shown(text: str, text_format: Qt.TextFormat, name: str, font: QFont, lines: int) -> QLabel:
    """A layout asks before the style sheet has set the font, and would cut the last line."""
    label = QLabel(text)
    label.setTextFormat(text_format)
    label.setProperty("role", "mono")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setAccessibleName(f"{name} fingerprint")
    label.setMinimumHeight(lines * QFontMetrics(font).lineSpacing() + 2)
    return label
