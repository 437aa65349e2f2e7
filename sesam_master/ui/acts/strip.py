"""Asks in place before something is done, and shows what became of each."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sesam_master.core.acts import Act, ItemT, Stage
from sesam_master.core.states import OPEN_STATES, WORDS, Connection, JobState
from sesam_master.ui.acts.actor import Actor, Deed
from sesam_master.ui.acts.columns import act_columns, reason_text, summary_text
from sesam_master.ui.acts.number_field import NumberField
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

SHOWN_ROWS = 6
NAMED_LOCATIONS = 3


class AskedDeed(Deed[ItemT], Protocol[ItemT]):
    """A deed with its words. The sequences are never empty."""

    leave: str  # what the button says that does nothing
    name: str  # "Cancel", as in "Cancel of 3 backups: 3 accepted"
    is_followed: bool  # the state of the job that came of it is told until the strip is closed

    def is_asked_for(self, acts: Sequence[Act[ItemT]]) -> bool:
        """A person has to agree before it is done."""

    def question(self, acts: Sequence[Act[ItemT]]) -> str: ...

    def consequence(self, acts: Sequence[Act[ItemT]]) -> str: ...

    def verb(self, acts: Sequence[Act[ItemT]]) -> str:
        """What the button says that does it."""

    def noun(self, acts: Sequence[Act[ItemT]]) -> str:
        """What several of them are called."""


class ActStrip(QFrame, Generic[ItemT]):
    """Hidden until `ask`. Enter does it, Esc leaves everything as it is. `field` stands beside the
    question, for how it is to be done; `missing` says what it lacks, after each `actor.renew`.
    `answered` is the actor's."""

    answered = Signal(object, object)
    closed = Signal()

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        deed: AskedDeed[ItemT],
        field: QWidget | None = None,
        missing: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__()
        self._missing = missing
        self._field = field
        self._deed = deed
        self.actor = Actor(bridge, deed, self)
        self.question = WrappedLabel(role="heading")
        self.consequence = WrappedLabel(role="secondary")
        self.number = NumberField(holder.fonts.px(160))
        self.go = QPushButton()
        self.go.setProperty("primary", True)
        self.retry = QPushButton("Retry failed")
        self.leave = QPushButton()
        self.model: RecordTableModel[Act[ItemT]] = RecordTableModel(
            act_columns(deed.is_followed),
            lambda act: act.item.key,
            is_stale=lambda act: act.connection is not Connection.ON,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self._lay_out()
        self.actor.changed.connect(self._show)
        self.actor.answered.connect(self.answered)
        self.number.textChanged.connect(self._show)
        self.go.clicked.connect(self.actor.send)
        self.retry.clicked.connect(self.actor.retry)
        self.leave.clicked.connect(self.close_strip)
        self.hide()

    def ask(self, items: Sequence[ItemT]) -> None:
        """Ask about these; without any nothing is shown."""
        self.number.clear()
        self.actor.clear()
        self.actor.show(items)
        acts = self._asked()
        if acts and not self._deed.is_asked_for(acts):
            self.actor.send()
        if self.isVisible():
            first = self.number if self.number.isVisible() else self.go
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_strip(self) -> None:
        """What was not sent is not done."""
        self.actor.clear()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_strip()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            for button in (self.go, self.retry, self.leave):
                if button.isVisible():
                    button.click()
                    break
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        self.setProperty("raised", True)
        self.table.setAccessibleName(f"{self._deed.name}: what, and how it went")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.question, 1)
        if self._field is not None:
            top.addWidget(self._field)
        for widget in (self.number, self.leave, self.retry, self.go):
            top.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.consequence)
        column.addWidget(self.table)

    def _asked(self) -> list[Act[ItemT]]:
        """What becomes possible after the others were sent is not asked about by itself."""
        return [] if self.actor.is_begun else self.actor.at(Stage.READY)

    def _show(self) -> None:
        acts, asked, deed = list(self.actor.acts.values()), self._asked(), self._deed
        is_done = bool(acts) and all(act.stage is Stage.ACCEPTED for act in acts)
        if not acts or (is_done and len(acts) == 1 and not deed.is_followed):
            self.hide()  # the row of the item says the rest
            return
        self.question.setText(deed.question(asked) if asked else self._summary(acts))
        reason = reason_text(acts[0], deed.is_followed) if len(acts) == 1 else ""
        self.consequence.setText(deed.consequence(asked) if asked else reason)
        self.consequence.setVisible(bool(self.consequence.text()))
        self.number.ask_for(asked)
        if self._field is not None:
            self._field.setVisible(bool(asked))
        self.go.setVisible(bool(asked))
        self.go.setText(deed.verb(asked) if asked else "")
        missing = self._missing() or self.number.missing
        self.go.setEnabled(not missing)
        self.go.setToolTip(missing)
        self.retry.setVisible(bool(self.actor.at(Stage.FAILED)))
        self.leave.setText(deed.leave if asked else "Close")
        self.model.replace_all(acts)
        self.table.setVisible(len(acts) > 1)
        rows = min(SHOWN_ROWS, len(acts))
        row, head = self.table.verticalHeader().defaultSectionSize(), self.table.horizontalHeader()
        self.table.setMinimumHeight(head.height() + row + 2)  # gives way in a low window
        self.table.setMaximumHeight(head.height() + row * rows + 2)
        self.show()

    def _summary(self, acts: Sequence[Act[ItemT]]) -> str:
        deed = self._deed
        if len(acts) > 1:
            counts = summary_text(acts, is_followed=False)
            return f"{deed.name} of {len(acts)} {deed.noun(acts)}: {counts}"
        act = acts[0]
        state = f": {WORDS[act.state].lower()}" if act.state else ""
        is_over = act.state is not None and act.state not in (*OPEN_STATES, JobState.UNKNOWN)
        words = {
            Stage.SENT: "is sent",
            Stage.ACCEPTED: f"has ended{state}" if is_over else f"is accepted{state}",
            Stage.UNSURE: "was sent, the answer is lost",
            Stage.HINDERED: "is not possible",
        }
        how = words.get(act.stage, "failed")
        return f"{deed.name} of {act.item.name} at {act.location} {how}."


def listed_places(acts: Sequence[Act[Any]]) -> str:
    """The locations by name, each once; of many the first."""
    names = list(dict.fromkeys(act.location for act in acts))
    rest = len(names) - NAMED_LOCATIONS
    return ", ".join(names[:NAMED_LOCATIONS]) + (f" and {rest} more" if rest > 0 else "")
