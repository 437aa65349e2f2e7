"""The page that adds a location in three steps; the first thing a new desk shows."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway, Presented
from sesam_master.core.registry import Registration
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.fingerprint import grouped
from sesam_master.ui.fingerprint_pair import groups_in_line
from sesam_master.ui.first_start.presenter import AddLocationPresenter
from sesam_master.ui.first_start.question import ListedQuestion
from sesam_master.ui.icons import icon
from sesam_master.ui.notices import Notice
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.thin_progress import ThinProgress

_COMMAND = "sesam-agent token --role admin"
_WIDTH = 640


class AddLocationPage(QWidget):
    """`added` is called with the new location."""

    title = "Add a location"
    icon_name = "plug"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        added: Callable[[Registration], None],
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._holder = holder
        self._added = added
        self.offer_field = QLineEdit()
        self.connect_button = QPushButton(icon("plug", holder, "on_accent"), "Connect")
        self.name_field = QLineEdit()
        self.farm_field = QLineEdit()
        self.accept_button = QPushButton(
            icon("shield-check", holder, "on_accent"), "It is the same, add the location"
        )
        self.refuse_button = QPushButton("It differs, stop")
        self.fingerprint = _label("", "mono")
        self.message = _label("", "error")
        self._progress = ThinProgress(holder)
        self._compare = QWidget()
        self.question = ListedQuestion(holder)
        self._middle = QWidget()
        self._scroll = QScrollArea()
        self._circles: list[QLabel] = []
        self._lay_out()
        self.presenter = AddLocationPresenter(bridge, gateway, self, self._finish, self)
        self.offer_field.returnPressed.connect(self._connect)
        self.connect_button.clicked.connect(self._connect)
        self.accept_button.clicked.connect(self._accept)
        for field in (self.name_field, self.farm_field):
            field.returnPressed.connect(self._accept)
        self.refuse_button.clicked.connect(self.presenter.start_over)
        self.question.replaced.connect(self.presenter.replace_listed)
        self.question.left.connect(self.presenter.start_over)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self._compare)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.presenter.start_over)
        holder.changed.connect(self._take_theme)
        self._take_theme()
        self.show_idle()

    # -- for the presenter

    def show_idle(self) -> None:
        self._set_busy(False)
        self._compare.hide()
        self.question.hide()
        self.message.hide()
        self.offer_field.setFocus()

    def show_busy(self, sentence: str) -> None:
        self._set_busy(True)
        self._say(sentence, "secondary")

    def show_problem(self, problem: Notice) -> None:
        self._set_busy(False)
        self._compare.hide()
        self.question.hide()
        self._say(problem.text, "error")
        self.offer_field.setFocus()

    def ask_replace(self, listed: Registration, presented: Presented) -> None:
        self._set_busy(False)
        self._compare.hide()
        self.message.hide()
        self.question.ask(listed, presented)
        self._bring_up(self.question.leave_button)

    def show_presented(self, presented: Presented) -> None:
        self._set_busy(False)
        self.message.hide()
        self._show_fingerprint(presented)
        self._compare.show()
        self.name_field.setFocus()
        self._bring_up(self.accept_button)

    # -- inside

    def _bring_up(self, widget: QWidget) -> None:
        """At a large text size the page is longer than the window; its layout comes first."""
        QTimer.singleShot(0, widget, lambda: self._scroll.ensureWidgetVisible(widget))

    def _show_fingerprint(self, presented: Presented) -> None:
        text = grouped(presented.fingerprint, groups_in_line(self._holder))
        self.fingerprint.setText(text)

    def _connect(self) -> None:
        self.presenter.connect_to(self.offer_field.text())

    def _accept(self) -> None:
        self.presenter.accept(self.name_field.text(), self.farm_field.text())

    def _finish(self, registration: Registration) -> None:
        self.offer_field.clear()
        self.name_field.clear()
        self._added(registration)

    def _set_busy(self, is_busy: bool) -> None:
        for widget in (
            self.connect_button,
            self.accept_button,
            self.offer_field,
            self.question.replace_button,
        ):
            widget.setEnabled(not is_busy)
        if is_busy:
            self._progress.start()
        else:
            self._progress.stop()

    def _say(self, text: str, role: str) -> None:
        self.message.setProperty("role", role)
        self.message.style().polish(self.message)
        self.message.setText(text)
        self.message.show()

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(_label("Add a location", "title"))
        column.addWidget(
            _label("A location is one backup server. Its agent runs there.", "secondary")
        )
        column.addSpacing(12)
        column.addLayout(self._step(1, "On the server, ask for a token", self._first_step()))
        column.addSpacing(10)
        column.addLayout(self._step(2, "Enter the server and the token", self._second_step()))
        column.addSpacing(10)
        column.addLayout(self._step(3, "Compare the fingerprint", self._third_step()))
        column.addWidget(self._progress)
        self._middle.setLayout(column)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._middle, 20)
        row.addStretch(1)
        inside = QWidget()
        inside.setProperty("surface", "base")
        page = QVBoxLayout(inside)
        page.addStretch(2)
        page.addLayout(row)
        page.addStretch(3)
        scroll = self._scroll
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def _first_step(self) -> QVBoxLayout:
        box = _column()
        box.addWidget(
            _label(
                "The role limits what this desk may do there: "
                "admin, operator, backup, restore or monitor.",
                "secondary",
            )
        )
        command = QLineEdit(_COMMAND)
        command.setReadOnly(True)
        command.setProperty("mono", True)
        command.setAccessibleName("Command that makes a token")
        copy = QPushButton(icon("copy", self._holder), "Copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(_COMMAND))
        row = QHBoxLayout()
        row.addWidget(command, 1)
        row.addWidget(copy)
        box.addLayout(row)
        return box

    def _second_step(self) -> QVBoxLayout:
        box = _column()
        self.offer_field.setPlaceholderText("hamburg.example:11401 TOKEN")
        self.offer_field.setAccessibleName("Address and token")
        self.connect_button.setProperty("primary", True)
        row = QHBoxLayout()
        row.addWidget(self.offer_field, 1)
        row.addWidget(self.connect_button)
        box.addLayout(row)
        box.addWidget(
            _label(
                "The server's address and behind it the token, in one line. The token works once.",
                "secondary",
            )
        )
        box.addWidget(self.message)
        return box

    def _third_step(self) -> QVBoxLayout:
        box = _column()
        box.addWidget(
            _label(
                "sesam-agent fingerprint shows the same 64 characters on the server. "
                "Only then is the token sent.",
                "secondary",
            )
        )
        shown = QFrame()
        shown.setProperty("card", True)
        inside = QVBoxLayout(shown)
        inside.addWidget(self.fingerprint)
        self.fingerprint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.name_field.setPlaceholderText("Its own name")
        self.name_field.setAccessibleName("Name at this desk")
        self.farm_field.setPlaceholderText("None")
        self.farm_field.setAccessibleName("Farm")
        names = QHBoxLayout()
        for text, field in (("Name here", self.name_field), ("Farm", self.farm_field)):
            named = _label(text, "secondary")
            named.setWordWrap(False)
            named.setBuddy(field)
            names.addWidget(named)
            names.addWidget(field, 1)
        self.accept_button.setProperty("primary", True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.accept_button)
        buttons.addWidget(self.refuse_button)
        buttons.addStretch()
        compare = QVBoxLayout(self._compare)
        compare.setContentsMargins(0, 4, 0, 0)
        compare.addWidget(shown)
        compare.addLayout(names)
        compare.addLayout(buttons)
        box.addWidget(self._compare)
        box.addWidget(self.question)
        return box

    def _step(self, number: int, heading: str, content: QVBoxLayout) -> QHBoxLayout:
        circle = QLabel(str(number))
        circle.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._circles.append(circle)
        content.insertWidget(0, _label(heading, "heading"))
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(circle, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(content, 1)
        return row

    def _take_theme(self) -> None:
        theme, px = self._holder.current, self._holder.fonts.px
        self._middle.setMaximumWidth(px(_WIDTH))
        radius = px(13)
        for circle in self._circles:
            circle.setFixedSize(2 * radius, 2 * radius)
            circle.setStyleSheet(
                f"background: {theme.sel.name()}; border: 1px solid {theme.accent.name()};"
                f"border-radius: {radius}px; font-weight: 600"
            )
        if self.presenter.presented is not None:
            self._show_fingerprint(self.presenter.presented)


def _column() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(5)
    return column


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    label.setWordWrap(role != "mono")
    return label
