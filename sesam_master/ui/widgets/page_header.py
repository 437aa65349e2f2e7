"""The head of every page: title, one sentence, actions, and how much stands behind it."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from sesam_master.core.coverage import Coverage
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.coverage_pill import CoveragePill
from sesam_master.ui.widgets.elided_label import ElidedLabel

HEIGHT = 46


class PageHeader(QWidget):
    """A page cannot be made without saying its coverage. Title and sentence elide themselves."""

    coverage_clicked = Signal()

    def __init__(
        self,
        holder: ThemeHolder,
        title: str,
        coverage: Coverage,
        sentence: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._holder = holder
        self._title = ElidedLabel(holder, title, "title")
        self._sentence = ElidedLabel(holder, sentence, "secondary")
        self._pill = CoveragePill(holder, coverage)
        self._pill.clicked.connect(self.coverage_clicked)
        self._title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(10)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(10)
        row.addWidget(self._title)
        row.addWidget(self._sentence, 1)
        row.addLayout(self._actions)
        row.addWidget(self._pill)
        holder.changed.connect(self._take_theme)
        self._take_theme()

    def set_sentence(self, sentence: str) -> None:
        """Another sentence behind the title."""
        self._sentence.set_text(sentence)

    def set_coverage(
        self, coverage: Coverage, label: str | None = None, detail: str | None = None
    ) -> None:
        """Another coverage; see CoveragePill."""
        self._pill.set_coverage(coverage, label, detail)

    def add_action(self, widget: QWidget) -> None:
        """Put a button or a filter between sentence and pill."""
        self._actions.addWidget(widget)

    def _take_theme(self) -> None:
        title_height = QFontMetrics(self._holder.fonts.title).height()
        self.setFixedHeight(max(HEIGHT, title_height + 20))
