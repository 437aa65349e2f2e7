"""The filter bar of the savesets: scope, text, and one sentence on what is shown and missing."""

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sesam_master.ui.results.filter_bar import TYPING_MS
from sesam_master.ui.results.sentences import scope_text
from sesam_master.ui.savesets.presenter import SavesetFilter
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.filter_button import FilterButton
from sesam_master.ui.widgets.search_field import SearchField


class SavesetFilterBar(QWidget):
    """The text is sent to the agents when typing rests."""

    text_entered = Signal(str)
    scope_removed = Signal()

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self.scope = FilterButton(holder, "folder-tree", "", "x")
        self.scope.set_narrowing(True)
        self.scope.clicked.connect(self.scope_removed)
        self.scope.hide()
        self.search = SearchField(holder, "Filter all savesets by name, task or client", "Ctrl+F")
        self.search.setMaximumWidth(holder.fonts.px(360))
        self.sentence = ElidedLabel(holder, "", "secondary")
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._enter)
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self.search.returnPressed.connect(self._enter)
        self._top = QHBoxLayout()
        self._top.setContentsMargins(16, 4, 12, 4)
        self._top.setSpacing(8)
        self._top.addWidget(self.scope)
        self._top.addWidget(self.search, 1)
        self._top.addStretch()
        below = QHBoxLayout()
        below.setContentsMargins(16, 2, 12, 6)
        below.addWidget(self.sentence)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._top)
        layout.addLayout(below)

    def add_tool(self, widget: QWidget) -> None:
        """Put a button at the far right."""
        self._top.addWidget(widget)

    def show_filter(self, chosen: SavesetFilter, names: Sequence[str]) -> None:
        """Show what is chosen; `names` are those of the locations in scope."""
        self.scope.setVisible(chosen.scope is not None)
        if chosen.scope is not None:
            self.scope.set_text(scope_text(chosen.scope, names))
        if not self._typing.isActive() and self.search.text() != chosen.text:
            self.search.setText(chosen.text)
            self._typing.stop()

    def _enter(self) -> None:
        self._typing.stop()
        self.text_entered.emit(self.search.text())
