"""The page that adds a location in three steps; the first thing a new desk shows."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway, Presented
from sesam_master.core.registry import Registration
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.fingerprint import grouped
from sesam_master.ui.first_start.presenter import AddLocationPresenter
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
        self._circles: list[QLabel] = []
        self._lay_out()
        self.presenter = AddLocationPresenter(bridge, gateway, self, self._finish)
        self.offer_field.returnPressed.connect(self._connect)
        self.connect_button.clicked.connect(self._connect)
        self.accept_button.clicked.connect(self._accept)
        self.refuse_button.clicked.connect(self.presenter.start_over)
        holder.changed.connect(self._take_theme)
        self._take_theme()
        self.show_idle()

    # -- for the presenter

    def show_idle(self) -> None:
        self._set_busy(False)
        self._compare.hide()
        self.message.hide()

    def show_busy(self, sentence: str) -> None:
        self._set_busy(True)
        self._say(sentence, "secondary")

    def show_problem(self, problem: Notice) -> None:
        self._set_busy(False)
        self._compare.hide()
        self._say(problem.text, "error")

    def show_presented(self, presented: Presented) -> None:
        self._set_busy(False)
        self.message.hide()
        self.fingerprint.setText(grouped(presented.fingerprint))
        self._compare.show()
        self.accept_button.setFocus()

    # -- inside

    def _connect(self) -> None:
        self.presenter.connect_to(self.offer_field.text())

    def _accept(self) -> None:
        self.presenter.accept(self.name_field.text(), self.farm_field.text())

    def _finish(self, registration: Registration) -> None:
        self.offer_field.clear()
        self.name_field.clear()
        self._added(registration)

    def _set_busy(self, is_busy: bool) -> None:
        for widget in (self.connect_button, self.accept_button, self.offer_field):
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
        column.addLayout(self._step(2, "Paste what it printed", self._second_step()))
        column.addSpacing(10)
        column.addLayout(self._step(3, "Compare the fingerprint", self._third_step()))
        column.addWidget(self._progress)
        middle = QWidget()
        middle.setLayout(column)
        middle.setMaximumWidth(_WIDTH)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(middle, 20)
        row.addStretch(1)
        page = QVBoxLayout(self)
        page.addStretch(2)
        page.addLayout(row)
        page.addStretch(3)

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
        box.addWidget(_label("Address and token in one line. The token works once.", "secondary"))
        self.message.setWordWrap(True)
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
            names.addWidget(_label(text, "secondary"))
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
        return box

    def _step(self, number: int, heading: str, content: QVBoxLayout) -> QHBoxLayout:
        circle = QLabel(str(number))
        circle.setFixedSize(26, 26)
        circle.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._circles.append(circle)
        content.insertWidget(0, _label(heading, "heading"))
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(circle, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(content, 1)
        return row

    def _take_theme(self) -> None:
        theme = self._holder.current
        for circle in self._circles:
            circle.setStyleSheet(
                f"background: {theme.sel.name()}; border: 1px solid {theme.accent.name()};"
                "border-radius: 13px; font-weight: 600"
            )


def _column() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(5)
    return column


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    return label
