"""What is set on a farm, a location, or everything: place, marks, switches, maintenance."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.farms import ROOT, ROOT_NAME, Colour, Farms, Marks, Switches
from sesam_master.ui.farms.colours import WORDS, mark_icon
from sesam_master.ui.farms.window_editor import WindowEditor
from sesam_master.ui.farms.words import NO_FARM, inherited_words
from sesam_master.ui.theme import ThemeHolder

WIDTH = 480  # of a field
COMMENT_ROWS = 3


@dataclass(frozen=True, slots=True)
class Target:
    """What the window is about: a farm or ROOT, or a location."""

    is_farm: bool
    id: str


@dataclass(frozen=True, slots=True)
class Properties:
    """What a person wants; `name` and `farm` (an id) are "" and ROOT for everything. The name of a
    location is not the farms' to change."""

    name: str
    farm: str
    marks: Marks


class PropertiesWindow(QDialog):
    """Not modal. `saved` carries the Target and the Properties; the window stays open until
    `close` is called."""

    saved = Signal(object, object)

    def __init__(
        self,
        holder: ThemeHolder,
        farms: Farms,
        target: Target,
        now: Callable[[], datetime],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._holder, self._farms, self.target = holder, farms, target
        self.name = QLineEdit()
        self.farm = QComboBox()
        self.comment = QPlainTextEdit()
        self.colour = QComboBox()
        self.tags = QLineEdit()
        self.off = QCheckBox("Switched off: this desk does not connect")
        self.observe = QCheckBox("Observe only: nothing is started or changed from this desk")
        self.windows = WindowEditor(holder, now)
        self.problem = QLabel()
        self.save = QPushButton("Save")
        self.leave = QPushButton("Close")
        self._notes = [QLabel(), QLabel()]
        self._lay_out()
        self._fill()
        self.windows.changed.connect(lambda: self.show_problem(self.windows.problem))
        self.save.clicked.connect(self._save)
        self.leave.clicked.connect(self.close)

    def wanted(self) -> Properties:
        """As the fields say."""
        farm = self.farm.currentData()
        switches = Switches(self.off.isChecked(), self.observe.isChecked(), self.windows.windows)
        tags = tuple(dict.fromkeys(self.tags.text().replace(",", " ").replace("#", " ").split()))
        chosen = self.colour.currentData()
        colour = Colour(chosen) if chosen else None
        marks = Marks(self.comment.toPlainText().strip(), colour, tags, switches)
        return Properties(self.name.text(), farm if isinstance(farm, str) else ROOT, marks)

    def show_problem(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _save(self) -> None:
        if self.windows.problem:
            self.show_problem(self.windows.problem)
            return
        self.saved.emit(self.target, self.wanted())

    # -- filling

    def _fill(self) -> None:
        farms, target = self._farms, self.target
        is_root = target.is_farm and target.id == ROOT
        if target.is_farm:
            marks, name = farms.marks(target.id), farms.name(target.id)
            lies = farms.farms[target.id].parent if not is_root else ROOT
            above = ["", *reversed(farms.above(lies))] if not is_root else []
        else:
            place = farms.places[target.id]
            marks, name, lies = place.marks, place.name, place.farm
            above = ["", *reversed(farms.above(lies))]
        self.setWindowTitle(f"Properties of {name}")
        self.name.setText(name)
        self.name.setEnabled(target.is_farm and not is_root)
        self.farm.setEnabled(not is_root)
        self._fill_farms(lies)
        self.comment.setPlainText(marks.comment)
        colour = marks.colour.value if marks.colour else None
        self.colour.setCurrentIndex(max(0, self.colour.findData(colour)))
        self.tags.setText(" ".join(f"#{tag}" for tag in marks.tags))
        self.off.setChecked(marks.switches.is_off)
        self.observe.setChecked(marks.switches.observes)
        self.windows.set_windows(marks.switches.windows)
        chain = [(farms.path(each) or ROOT_NAME, farms.marks(each).switches) for each in above]
        off = next((path for path, switches in chain if switches.is_off), None)
        observed = next((path for path, switches in chain if switches.observes), None)
        inherited = sum(len(switches.windows) for _path, switches in chain)
        windows = f"; {inherited} maintenance windows of its farms hold too" if inherited else ""
        self._note(0, inherited_words(off, "Off"))
        self._note(1, (inherited_words(observed, "Only observed") + windows).lstrip("; "))

    def _note(self, place: int, text: str) -> None:
        text = text[:1].upper() + text[1:]
        self._notes[place].setText(text)
        self._notes[place].setVisible(bool(text))

    def _fill_farms(self, chosen: str) -> None:
        """All farms but those inside this one."""
        farms = self._farms
        inside = farms.below(self.target.id) if self.target.is_farm else set()
        self.farm.addItem(NO_FARM.capitalize(), ROOT)
        paths = sorted((farms.path(key).casefold(), key) for key in farms.farms)
        for _folded, key in paths:
            if key not in inside:
                self.farm.addItem(farms.path(key), key)
        self.farm.setCurrentIndex(max(0, self.farm.findData(chosen)))

    # -- looks

    def _lay_out(self) -> None:
        px = self._holder.fonts.px
        self.name.setMinimumWidth(px(WIDTH))
        ratio, is_dark = self.devicePixelRatioF(), self._holder.current.is_dark
        self.colour.addItem("None", None)
        for colour in Colour:
            square = mark_icon(colour, 14, ratio, is_dark=is_dark)
            self.colour.addItem(square, WORDS[colour], colour.value)
        self.comment.setTabChangesFocus(True)
        height = COMMENT_ROWS * self.comment.fontMetrics().height() + px(14)
        # The style's own least height goes before that of the widget.
        self.comment.setStyleSheet(f"min-height: {height}px; max-height: {height}px")
        self.tags.setPlaceholderText("#production #tape")
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.save.setProperty("primary", True)
        self.save.setDefault(True)
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetMinimumSize)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addLayout(self._grid())
        column.addWidget(_line())
        column.addWidget(_heading("Switches of this desk"))
        for box, note in zip((self.off, self.observe), self._notes, strict=True):
            note.setProperty("role", "caption")
            note.setContentsMargins(px(22), 0, 0, 4)
            note.setWordWrap(True)
            column.addWidget(box)
            column.addWidget(note)
        column.addWidget(_line())
        column.addWidget(_heading("Maintenance: silence is expected, nothing raises an alarm"))
        column.addWidget(self.windows)
        column.addWidget(self.problem)
        column.addStretch()
        column.addLayout(self._foot())

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (text, field) in enumerate(
            (
                ("Name", self.name),
                ("In farm", self.farm),
                ("Comment", self.comment),
                ("Colour", self.colour),
                ("Tags", self.tags),
            )
        ):
            caption = QLabel(text)
            caption.setProperty("role", "secondary")
            caption.setBuddy(field)
            field.setAccessibleName(text)
            grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(field, row, 1)
        return grid

    def _foot(self) -> QHBoxLayout:
        said = QLabel("Binds this desk only. Nobody at a location is hindered.")
        said.setProperty("role", "caption")
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(said, 1)
        foot.addWidget(self.leave)
        foot.addWidget(self.save)
        return foot


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("line", True)
    return line


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
