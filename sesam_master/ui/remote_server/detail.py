"""The chosen location: switch, properties, delete, connection doctor."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.fleet import LocationState
from sesam_master.core.registry import Registration
from sesam_master.core.states import CONNECTION_WORDS
from sesam_master.ui.icons import icon
from sesam_master.ui.notices import Notice, trouble_text
from sesam_master.ui.remote_server.doctor import DoctorView
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

_SIGN = 15
_FIELDS = ("Name", "Farm", "Host", "Port")


class LocationDetail(QWidget):
    """Says what a person wants; changes nothing by itself. `saved`: name, farm, host, port."""

    saved = Signal(str, str, str, str)
    switched = Signal(bool)
    deleted = Signal()
    tested = Signal()

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self._atlas = SignAtlas(holder)
        self._state: LocationState | None = None
        self._kept: Registration | None = None
        self.sign = QLabel()
        self.heading = ElidedLabel(holder, "", "heading")
        self.switch = QCheckBox("On")
        self.switch.setToolTip("Off: this desk does not talk to it. Its backups go on.")
        self.test_button = QPushButton(icon("refresh-cw", holder), "Test connection")
        self.fields = {name: QLineEdit() for name in _FIELDS}
        self.save_button = QPushButton("Save")
        self.confirm_button = QPushButton()
        self.keep_button = QPushButton("Keep it")
        self._confirm = QFrame()
        self._confirm_text = QLabel()
        self.problem = QLabel()
        self.doctor = DoctorView(holder)
        self._lay_out()
        self._wire()
        self.show_location(None)

    def show_location(self, state: LocationState | None) -> None:
        """Fields that a person is changing keep what was typed for the same location."""
        self._state = state
        self.setVisible(state is not None)
        if state is None:
            self._kept = None
            return
        registration, kept = state.registration, self._kept
        is_other = kept is None or kept.location_id != registration.location_id
        for name, value in _values(registration).items():
            field = self.fields[name]
            if is_other or kept is None or field.text() == _values(kept)[name]:
                field.setText(value)
                field.setCursorPosition(0)
        self._kept = registration
        self.fields["Host"].setEnabled(not registration.socket)
        self.fields["Port"].setEnabled(not registration.socket)
        if is_other:
            self._confirm.hide()
        self._follow_fields()
        self.show_connection(state)

    def show_connection(self, state: LocationState) -> None:
        ratio, size = self.devicePixelRatioF(), self._holder.fonts.px(_SIGN)
        self.sign.setPixmap(self._atlas.connection(state.shown_connection, size, ratio))
        self.heading.set_text(state.registration.name)
        self.switch.setChecked(state.registration.is_on)
        words = CONNECTION_WORDS[state.shown_connection].lower()
        self.sign.setToolTip(trouble_text(state.trouble) if state.trouble else words)

    def show_problem(self, problem: Notice | None) -> None:
        self.problem.setVisible(problem is not None)
        self.problem.setText(problem.text if problem else "")

    def ask_delete(self) -> None:
        """Confirms in place: names the location and the consequence."""
        if self._kept is None:
            return
        name = self._kept.name
        self._confirm_text.setText(
            f"Delete {name} from this desk?\n"
            "Lost here: its credential, its address, and what this desk remembers of it.\n"
            "Stays there: the agent with its clients, tasks, running jobs and savesets.\n"
            "A new token is needed to add it again."
        )
        self.confirm_button.setText(f"Delete {name}")
        self._confirm.show()
        self.keep_button.setFocus()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.sign)
        head.addWidget(self.heading, 1)
        head.addWidget(self.switch)
        head.addWidget(self.test_button)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        for place, name in enumerate(_FIELDS):
            label = QLabel(name)
            label.setProperty("role", "secondary")
            label.setBuddy(self.fields[name])
            self.fields[name].setAccessibleName(name)
            grid.addWidget(label, place // 2, 2 * (place % 2))
            grid.addWidget(self.fields[name], place // 2, 2 * (place % 2) + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.save_button)
        buttons.addStretch()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        line = QFrame()
        line.setProperty("line", True)
        doctor_heading = QLabel("Connection doctor")
        doctor_heading.setProperty("role", "heading")
        inside = QWidget()
        inside.setProperty("surface", "base")
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 12, 20, 20)
        column.setSpacing(12)
        column.addLayout(head)
        column.addLayout(grid)
        column.addLayout(buttons)
        column.addWidget(self._confirmation())
        column.addWidget(self.problem)
        column.addWidget(line)
        column.addWidget(doctor_heading)
        column.addWidget(self.doctor)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def _confirmation(self) -> QFrame:
        self._confirm.setProperty("card", True)
        self._confirm_text.setWordWrap(True)
        self.keep_button.clicked.connect(self._confirm.hide)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self._confirm)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self._confirm.hide)
        buttons = QHBoxLayout()
        buttons.addWidget(self.confirm_button)
        buttons.addWidget(self.keep_button)
        buttons.addStretch()
        column = QVBoxLayout(self._confirm)
        column.addWidget(self._confirm_text)
        column.addLayout(buttons)
        self._confirm.hide()
        return self._confirm

    def _wire(self) -> None:
        for field in self.fields.values():
            field.textChanged.connect(self._follow_fields)
            field.returnPressed.connect(self._save)
        self.save_button.clicked.connect(self._save)
        self.switch.clicked.connect(self.switched)
        self.test_button.clicked.connect(self.tested)
        self._holder.changed.connect(self._take_theme)
        self.confirm_button.clicked.connect(self.deleted)

    def _save(self) -> None:
        name, farm, host, port = (self.fields[field].text() for field in _FIELDS)
        self.saved.emit(name, farm, host, port)

    def _take_theme(self) -> None:
        if self._state is not None:
            self.show_connection(self._state)

    def _follow_fields(self) -> None:
        kept = self._kept
        typed = {name: field.text() for name, field in self.fields.items()}
        self.save_button.setEnabled(kept is not None and typed != _values(kept))


def _values(registration: Registration) -> dict[str, str]:
    port = "" if registration.socket else str(registration.port)
    texts = (registration.name, registration.farm, registration.host, port)
    return dict(zip(_FIELDS, texts, strict=True))
