"""The connection doctor: each step of a connection, and what to do about the failing one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import Diagnosis, Presented, Step, StepReport
from sesam_master.core.states import JobState
from sesam_master.ui.fingerprint import SPOKEN_CHARACTERS, begins_with, grouped
from sesam_master.ui.fingerprint_pair import FingerprintPair
from sesam_master.ui.icons import icon
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder

_ABBREVIATIONS = frozenset({Step.TCP, Step.TLS})
_SIGN = 15


class DoctorView(QWidget):
    """`accepted` carries the Presented whose first characters a person typed."""

    accepted = Signal(object)

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self._atlas = SignAtlas(holder)
        self._diagnosis: Diagnosis | None = None
        self._fingerprint = ""
        self._tested_at = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._body: QWidget | None = None
        self.typed_field: QLineEdit | None = None
        self.accept_button: QPushButton | None = None
        holder.changed.connect(self._build)
        self._build()

    def show_diagnosis(self, diagnosis: Diagnosis, accepted: str, tested_at: str) -> None:
        """`accepted` is the fingerprint that this desk knew at the clock time `tested_at`."""
        self._diagnosis = diagnosis
        self._fingerprint = accepted
        self._tested_at = tested_at
        self._build()

    def clear(self, tested_at: str = "") -> None:
        """Nothing is known; `tested_at` when a result is over because the connection changed."""
        self._diagnosis = None
        self._tested_at = tested_at
        self._build()

    def _build(self) -> None:
        if self._body is not None:
            self._column.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
        self.typed_field = self.accept_button = None
        self._body = QWidget()
        self._column.addWidget(self._body)
        grid = QGridLayout(self._body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(2, 1)
        if self._diagnosis is None:
            past = f"The connection has changed since the test at {self._tested_at}."
            words = past if self._tested_at else "Not run yet."
            hint = _text(f"{words} Test the connection to see each step.", "caption")
            hint.setWordWrap(True)
            grid.addWidget(hint, 0, 0, 1, 4)
            return
        grid.addWidget(_text(f"tested {self._tested_at}", "caption"), 0, 1, 1, 3)
        row = 1
        for report in self._diagnosis.steps:
            self._add_step(grid, row, report)
            row += 1
            if report.ok is False:
                grid.addWidget(self._explanation(report), row, 1, 1, 3)
                row += 1

    def _add_step(self, grid: QGridLayout, row: int, report: StepReport) -> None:
        state = {True: JobState.OK, False: JobState.ERROR, None: JobState.PLANNED}[report.ok]
        sign = QLabel()
        sign.setPixmap(
            self._atlas.state(state, self._holder.fonts.px(_SIGN), self.devicePixelRatioF())
        )
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(sign, row, 0, top)
        grid.addWidget(_text(step_name(report.step), "heading"), row, 1, top)
        words = report.found or "not tried"
        if report.step is Step.FINGERPRINT and report.ok is False:
            # Both fingerprints stand below, in a form that can be compared and wrapped.
            words = "Not the one that was accepted. Nothing was sent."
        found = _text(words, "error" if report.ok is False else "secondary")
        found.setWordWrap(True)
        grid.addWidget(found, row, 2, top)
        if report.seconds is not None:
            took = _text(f"{report.seconds * 1000:.0f} ms", "caption")
            grid.addWidget(took, row, 3, top | Qt.AlignmentFlag.AlignRight)

    def _explanation(self, report: StepReport) -> QWidget:
        frame = QFrame()
        frame.setObjectName("failed")
        theme = self._holder.current
        frame.setStyleSheet(
            f"#failed {{ background: {theme.error_tint.name()};"
            f" border: 1px solid {theme.error_text.name()}; border-radius: 6px }}"
        )
        column = QVBoxLayout(frame)
        presented = self._diagnosis.presented if self._diagnosis else None
        if report.step is Step.FINGERPRINT and presented is not None:
            column.addWidget(FingerprintPair(self._holder, self._fingerprint, presented))
        if report.advice:
            advice = _text(report.advice, "")
            advice.setWordWrap(True)
            column.addWidget(advice)
        if report.step is Step.FINGERPRINT and presented is not None:
            column.addLayout(self._acceptance(presented))
        return frame

    def _acceptance(self, presented: Presented) -> QVBoxLayout:
        typed = QLineEdit()
        typed.setPlaceholderText(f"First {SPOKEN_CHARACTERS} characters")
        typed.setAccessibleName("First characters of the new fingerprint, as read out to you")
        typed.setMaximumWidth(self._holder.fonts.px(170))
        accept = QPushButton("Accept new fingerprint")
        accept.setEnabled(False)
        accept.setToolTip(
            "Type the first 8 characters that the other administrator reads out to you."
        )
        typed.textChanged.connect(
            lambda text: accept.setEnabled(begins_with(presented.fingerprint, text))
        )
        accept.clicked.connect(lambda: self.accepted.emit(presented))
        copy = QPushButton(icon("copy", self._holder), "Copy message for its administrator")
        message = (
            f"The certificate at {presented.host}:{presented.port} is not the one that was "
            f"accepted.\nAccepted:\n{grouped(self._fingerprint)}\n"
            f"Shown now:\n{grouped(presented.fingerprint)}\n"
            "Run on the server: sesam-agent fingerprint"
        )
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(message))
        self.typed_field, self.accept_button = typed, accept
        row = QHBoxLayout()
        for widget in (typed, accept):
            row.addWidget(widget)
        row.addStretch()
        column = QVBoxLayout()
        column.addLayout(row)
        column.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)
        return column


def step_name(step: Step) -> str:
    """How a step is called on the screen."""
    return step.value.upper() if step in _ABBREVIATIONS else step.value.capitalize()


def _text(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    return label
