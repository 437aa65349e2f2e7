"""What the author of an object may not have meant, above what it leads to."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from sesam_master.core.states import JobState
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

_SIGN = 14


class WarningList(QWidget):
    """Sentences with a sign each; nothing at all without any."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self._atlas = SignAtlas(holder)
        self._shown: list[tuple[str, JobState]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.setAccessibleName("Warnings")
        holder.changed.connect(self._build)
        self.hide()

    @property
    def sentences(self) -> list[str]:
        """What is shown."""
        return [text for text, _state in self._shown]

    def show_sentences(self, errors: Sequence[str], warnings: Sequence[str]) -> None:
        """What makes it impossible first."""
        wanted = [(text, JobState.ERROR) for text in errors]
        wanted += [(text, JobState.WARNING) for text in warnings]
        if wanted != self._shown:
            self._shown = wanted
            self._build()

    def _build(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for text, state in self._shown:
            self._column.addWidget(self._line(text, state))
        self.setVisible(bool(self._shown))

    def _line(self, text: str, state: JobState) -> QWidget:
        size = self._holder.fonts.px(_SIGN)
        sign, words = QLabel(), WrappedLabel(text)
        sign.setPixmap(self._atlas.state(state, size, self.devicePixelRatioF()))
        sign.setFixedWidth(size)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 1, 0, 1)
        row.setSpacing(8)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(words, 1)
        return box
