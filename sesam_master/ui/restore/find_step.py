"""The step "Find": a saveset by task and period, or a file by its name, side by side."""

from collections.abc import Sequence
from datetime import tzinfo

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.finding import FileQuery, FoundFile
from sesam_master.ui.formatting import number_text
from sesam_master.ui.restore.finder import Finder, unindexed_of
from sesam_master.ui.restore.found_table import found_table
from sesam_master.ui.restore.period_fields import PeriodFields
from sesam_master.ui.restore.sentences import unindexed_sentence
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent, EmptyState
from sesam_master.ui.widgets.search_field import SearchField

ANY_TASK, ANY_CLIENT, CHOOSE_TASK = "Any task", "Any client", "Choose a task"
LEFT_WIDTH = 380


class TaskPane(QWidget):
    """`task_chosen` carries a name; `period_changed` when other days are wanted."""

    task_chosen = Signal(str)
    period_changed = Signal()

    def __init__(self, holder: ThemeHolder, savesets: QWidget) -> None:
        super().__init__()
        self.task = _choice("Task")
        self.period = PeriodFields(holder)
        self.trouble = _note("error")
        self.empty = EmptyState(holder, EmptyContent("rotate-ccw", "", ""))
        self.body = QStackedWidget()
        self.body.addWidget(savesets)
        self.body.addWidget(self.empty)
        _lay_out(
            self, _heading("By task and period"), self.task, self.period, self.trouble, self.body
        )
        self.task.activated.connect(lambda _place: self.task_chosen.emit(self.task.currentData()))
        self.period.changed.connect(self._check)
        self.trouble.hide()

    def set_tasks(self, tasks: Sequence[str], chosen: str) -> None:
        """The tasks of the location; the chosen one is there in any case."""
        names = sorted({*tasks, *([chosen] if chosen else [])})
        _fill(self.task, CHOOSE_TASK, names, chosen)

    def show_empty(self, content: EmptyContent | None) -> None:
        """Why there is no saveset to choose from; None: there is."""
        if content is not None and content != self.empty.content:
            self.empty.set_content(content)
        self.body.setCurrentIndex(0 if content is None else 1)

    def _check(self) -> None:
        self.trouble.setText(self.period.trouble)
        self.trouble.setVisible(bool(self.period.trouble))
        if not self.period.trouble:
            self.period_changed.emit()


class FilePane(QWidget):
    """`opened` carries a file whose versions a person wants; `selected` when another is marked."""

    opened = Signal(object)
    selected = Signal()

    def __init__(self, holder: ThemeHolder, zone: tzinfo, year: int, finder: Finder) -> None:
        super().__init__()
        self._finder = finder
        self._dark = ""
        self.text = SearchField(holder, "Name, part of it, or *.pdf, docs/*.odt")
        self.search = QPushButton("Find files")
        self.task, self.client = _choice("Only savesets of the task"), _choice("Only of the client")
        self.period = PeriodFields(holder)
        self.trouble = _note("error")
        self.model, self.view = found_table(holder, zone, year, self)
        self.empty = EmptyState(holder, EmptyContent("search", "", ""))
        self.count = ElidedLabel(holder, "", "secondary")
        self.note = _note("secondary")
        self.body = QStackedWidget()
        self.body.addWidget(self.view)
        self.body.addWidget(self.empty)
        wanted, only = QHBoxLayout(), QHBoxLayout()
        for row, widgets in ((wanted, (self.text, self.search)), (only, (self.task, self.client))):
            row.setSpacing(8)
            for widget in widgets:
                row.addWidget(widget, 0 if widget is self.search else 1)
        _lay_out(
            *(self, _heading("By file name"), wanted, only, self.period, self.trouble, self.body),
            *(self.count, self.note),
        )
        self.trouble.hide()
        self.text.returnPressed.connect(self._search)
        self.search.clicked.connect(self._search)
        self.period.changed.connect(self._check)
        self.model.more_requested.connect(finder.files.more)
        self.view.record_activated.connect(self.opened)
        self.view.records_selected.connect(lambda _chosen: self.selected.emit())
        finder.files.changed.connect(self.show_found)
        self.empty.triggered.connect(lambda _key: finder.files.more())
        self.show_found()

    @property
    def file(self) -> FoundFile | None:
        """The one that is marked."""
        chosen = self.view.selected_records()
        return chosen[0] if chosen else None

    def set_choices(self, tasks: Sequence[str], clients: Sequence[str]) -> None:
        """The tasks and clients of the location."""
        _fill(self.task, ANY_TASK, sorted(tasks), self.task.currentData() or "")
        _fill(self.client, ANY_CLIENT, sorted(clients), self.client.currentData() or "")

    def set_dark(self, location: str) -> None:
        """The name of a location that cannot be asked now; empty when it can."""
        if location == self._dark:
            return
        self._dark = location
        self.search.setEnabled(not location)
        self.search.setToolTip(f"{location} is dark; it cannot be asked." if location else "")
        self.show_found()

    def show_found(self) -> None:
        """The rows, or why there are none."""
        found = self._finder.files
        self.model.replace_all(found.items, bool(found.next_token))
        content = self._emptiness()
        if content is not None:
            self.empty.set_content(content)
        self.body.setCurrentIndex(0 if content is None else 1)
        self.count.set_text(self._counted() if found.items else "")
        self.count.setVisible(bool(found.items))
        note = unindexed_sentence(unindexed_of(found)) if found.items else ""
        if found.items and found.trouble:
            note = found.trouble
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def _counted(self) -> str:
        found = self._finder.files
        number = len(found.items)
        noun = "file" if number == 1 and not found.next_token else "files"
        more = "; scroll for more" if found.next_token else ""
        return f"{number_text(number)}{'+' if found.next_token else ''} {noun}{more}"

    def _emptiness(self) -> EmptyContent | None:
        found, query = self._finder.files, self._finder.query
        if found.items:
            return None
        if self._dark and not found.was_asked:
            why = f"{self._dark} is dark. Files are looked for at the location itself."
            return EmptyContent("search", "Nothing can be looked for now", why)
        if found.trouble:
            return EmptyContent("triangle-alert", "The search did not end", found.trouble)
        if found.is_asking:
            return EmptyContent("search", "Looking through all savesets", "")
        if query is None or not found.was_asked:
            why = "A part of its name, or the whole with * and ?."
            return EmptyContent("search", "Find a file by its name", why)
        why = unindexed_sentence(unindexed_of(found)) or "All savesets were looked through."
        if found.next_token:
            on = EmptyAction("more", "Look on", "search")
            why = "Many savesets were looked through, and more are left."
            return EmptyContent("search", f"No file named “{query.text}” so far", why, (on,))
        return EmptyContent("search", f"No saveset has a file named “{query.text}”", why)

    def _search(self) -> None:
        text = self.text.text().strip()
        if not text or self.period.trouble or self._dark:
            return
        task, client = self.task.currentData() or "", self.client.currentData() or ""
        self._finder.find(FileQuery(text, task, client, *self.period.days))

    def _check(self) -> None:
        self.trouble.setText(self.period.trouble)
        self.trouble.setVisible(bool(self.period.trouble))


def find_step(left: TaskPane, right: FilePane, holder: ThemeHolder) -> QSplitter:
    """Both ways side by side."""
    splitter = QSplitter(Qt.Orientation.Horizontal)
    for pane in (left, right):
        splitter.addWidget(pane)
    splitter.setSizes([holder.fonts.px(LEFT_WIDTH), holder.fonts.px(2 * LEFT_WIDTH)])
    splitter.setStretchFactor(1, 1)
    splitter.setChildrenCollapsible(False)
    return splitter


def _choice(name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(name)
    policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
    made.setSizeAdjustPolicy(policy)
    made.setMinimumContentsLength(8)
    return made


def _fill(box: QComboBox, none: str, names: Sequence[str], chosen: str) -> None:
    """Keeps what is chosen, as far as it is still there."""
    wanted = [(none, ""), *((name, name) for name in names)]
    if wanted != [(box.itemText(n), box.itemData(n)) for n in range(box.count())]:
        with QSignalBlocker(box):
            box.clear()
            for text, name in wanted:
                box.addItem(text, name)
    box.setCurrentIndex(max(0, box.findData(chosen)))


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _note(role: str) -> QLabel:
    label = QLabel()
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


def _lay_out(pane: QWidget, *parts: QWidget | QHBoxLayout) -> None:
    """One below the other; the table reaches the edges."""
    column = QVBoxLayout(pane)
    column.setContentsMargins(0, 10, 0, 8)
    column.setSpacing(6)
    for part in parts:
        if isinstance(part, QStackedWidget):
            column.addWidget(part, 1)
            continue
        inset = QHBoxLayout()
        inset.setContentsMargins(16, 0, 12, 0)
        if isinstance(part, QHBoxLayout):
            inset.addLayout(part)
        else:
            inset.addWidget(part)
        column.addLayout(inset)
