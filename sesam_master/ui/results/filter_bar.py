"""The filter bar of the results and its sentence on what is missing."""

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sesam_master.core.results_groups import Grouping
from sesam_master.ui.results.filters import ResultFilter
from sesam_master.ui.results.period_control import PeriodControl
from sesam_master.ui.results.sentences import scope_text
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.filter_button import FilterButton
from sesam_master.ui.widgets.grouping_button import GroupingButton
from sesam_master.ui.widgets.search_field import SearchField

TYPING_MS = 250


class ResultFilterBar(QWidget):
    """Scope, days, view, grouping, text, and one sentence. The text is sent to the agents when
    typing rests."""

    text_entered = Signal(str)
    known_toggled = Signal(bool)
    grouping_chosen = Signal(object)
    all_opened = Signal(bool)
    scope_removed = Signal()

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shows_known: bool = False
        self._is_showing = False
        self.scope = FilterButton(holder, "folder-tree", "", "x")
        self.scope.set_narrowing(True)
        self.scope.clicked.connect(self.scope_removed)
        self.scope.hide()
        self.period = PeriodControl(holder)
        self.view = FilterButton(holder, "bookmark", "View: all results")
        self.group = GroupingButton(holder, Grouping)
        self.group.chosen.connect(self.grouping_chosen)
        self.group.all_opened.connect(self.all_opened)
        self.search = SearchField(holder, "Filter all results", "Ctrl+F")
        self.search.setMaximumWidth(holder.fonts.px(260))
        self.sentence = ElidedLabel(holder, "", "secondary")
        self.known = QPushButton()
        self.known.setProperty("link", True)
        self.known.clicked.connect(lambda: self.known_toggled.emit(not self._shows_known))
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(lambda: self.text_entered.emit(self.search.text()))
        self.search.textEdited.connect(lambda _text: self._typing.start())
        self.search.textChanged.connect(self._take_text)
        self.search.returnPressed.connect(self._enter)
        self._top = QHBoxLayout()
        self._top.setContentsMargins(16, 4, 12, 4)
        self._top.setSpacing(8)
        for widget in (self.scope, self.period, self.view, self.group):
            self._top.addWidget(widget)
        self._top.addWidget(self.search, 1)
        self._top.addStretch()
        below = QHBoxLayout()
        below.setContentsMargins(16, 2, 12, 4)
        below.addWidget(self.sentence, 1)
        below.addWidget(self.known)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._top)
        layout.addLayout(below)

    def add_tool(self, widget: QWidget) -> None:
        """Put a button at the far right."""
        self._top.addWidget(widget)

    def show_filter(self, chosen: ResultFilter, has_dark: bool, names: Sequence[str]) -> None:
        """Show what is chosen; `names` are those of the locations in scope."""
        self.scope.setVisible(chosen.scope is not None)
        if chosen.scope is not None:
            self.scope.set_text(scope_text(chosen.scope, names))
        self.group.show_grouping(chosen.grouping)
        if not self._typing.isActive() and self.search.text().strip() != chosen.text.strip():
            self._is_showing = True
            self.search.setText(chosen.text)
            self._is_showing = False
        self._shows_known = chosen.shows_known
        self.known.setText("Hide what was known" if chosen.shows_known else "Show what was known")
        self.known.setVisible(has_dark or chosen.shows_known)

    def _take_text(self, text: str) -> None:
        """A person clears the field, which is no editing for Qt."""
        if not text and not self._is_showing:
            self._typing.start()

    def _enter(self) -> None:
        self._typing.stop()
        self.text_entered.emit(self.search.text())
