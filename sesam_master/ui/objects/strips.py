"""Questions that are answered in place: what to delete, and which of two versions counts."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout

from sesam_master.ui.widgets.wrapped_label import WrappedLabel

MOST_LINES = 6


class DeleteStrip(QFrame):
    """Hidden until `ask`; the button is the verb."""

    confirmed = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("raised", True)
        self.question = WrappedLabel(role="heading")
        self.consequence = WrappedLabel(role="secondary")
        self.keep = QPushButton("Keep it")
        self.go = QPushButton()
        self.go.setProperty("primary", True)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.question, 1)
        top.addWidget(self.keep)
        top.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.consequence)
        self.keep.clicked.connect(self.close_strip)
        self.go.clicked.connect(self._confirm)
        self.hide()

    def ask(self, what: str, location: str, consequence: str) -> None:
        """`what` is the kind and the name."""
        self.question.setText(f"Delete the {what} at {location}?")
        self.consequence.setText(consequence)
        self.go.setText("Delete it")
        self.show()
        self.keep.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_strip(self) -> None:
        """Nothing is deleted."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def _confirm(self) -> None:
        self.hide()
        self.confirmed.emit()


class ConflictStrip(QFrame):
    """Shows what the location has by now and what is being changed here. A person chooses.
    `shown_lines` is what stands side by side."""

    theirs_chosen = Signal()
    mine_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("raised", True)
        self.heading = WrappedLabel(role="heading")
        self.theirs = QPushButton("Take theirs")
        self.theirs.setToolTip("Show what the location has now. Undo brings yours back.")
        self.mine = QPushButton("Keep mine")
        self.mine.setToolTip("Yours stays here, and replaces theirs when it is saved.")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.heading, 1)
        top.addWidget(self.theirs)
        top.addWidget(self.mine)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(2, 1)
        self.shown_lines: list[tuple[str, str, str]] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(self._grid)
        self.theirs.clicked.connect(self.theirs_chosen)
        self.mine.clicked.connect(self.mine_chosen)
        self.hide()

    def show_versions(
        self, what: str, location: str, versions: Sequence[tuple[str, str, str]]
    ) -> None:
        """Field by field, as `differences` gives them. `what` is the kind and the name."""
        self.heading.setText(
            f"The {what} was changed at {location} meanwhile. Which version counts?"
        )
        self.theirs.show()
        self._fill([("", f"At {location} now", "Yours"), *versions])
        self.mine.setText("Keep mine")

    def show_gone(self, what: str, location: str) -> None:
        """It was deleted there."""
        self.heading.setText(f"The {what} was deleted at {location} meanwhile.")
        self.theirs.hide()
        self.mine.setText("Make it again")
        self._fill([])

    def _fill(self, lines: Sequence[tuple[str, str, str]]) -> None:
        self.show()
        if list(lines) == self.shown_lines:
            return
        self.shown_lines = list(lines)
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row, texts in enumerate(lines[: MOST_LINES + 1]):
            for place, text in enumerate(texts):
                label = WrappedLabel(text, "secondary" if row == 0 or place == 0 else "")
                self._grid.addWidget(label, row, place, Qt.AlignmentFlag.AlignTop)
        if len(lines) > MOST_LINES + 1:
            more = WrappedLabel(f"and {len(lines) - MOST_LINES - 1} more", "caption")
            self._grid.addWidget(more, MOST_LINES + 2, 0, 1, 3)
