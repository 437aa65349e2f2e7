"""The form of a task: what is backed up."""

from collections.abc import Iterable

from PySide6.QtWidgets import QWidget

from sesam_master.core.records import Task
from sesam_master.ui.components.form import FieldsForm
from sesam_master.ui.components.task_options import TaskOptionsForm
from sesam_master.ui.objects.editor import scrolled
from sesam_master.ui.objects.fields import NameField, caption
from sesam_master.ui.objects.lines_field import PathsField
from sesam_master.ui.theme import ThemeHolder

CLIENT_STAYS = "A task stays with its client. Duplicate it to back up the same of another one."
_SOURCE_WORDS = (
    r"One full path on the client on each line. Write \xE4 for a byte that is no text, \x0a for a "
    r"line break, \\ for a backslash."
)
_WIDEST = 820


class TaskForm(FieldsForm):
    """`side` has what is left out and how it is backed up, to stand beside the form."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__(holder, Task("", "", (), (), ""))
        self.client = NameField("Client")
        self.sources = PathsField(holder, "Sources", "/home", 6)
        self.options = TaskOptionsForm(holder, self.put, self.put_typed)
        self.side: QWidget = scrolled(self.options, holder.fonts.px(_WIDEST))
        self.marked = {
            "name": self.name,
            "client": self.client,
            "sources": self.sources,
            "comment": self.comment,
            **self.options.marked,
        }
        self.rows.add("Name", self.name)
        self.rows.add("Client", self.client)
        self.rows.add("Sources", self.sources)
        self.rows.addRow("", caption(_SOURCE_WORDS))
        self.rows.add("Comment", self.comment)
        self.client.named.connect(lambda name: self.put(client=name))
        self.client.currentTextChanged.connect(lambda _text: self._check_client())
        self.sources.written.connect(lambda _lines: self._change_sources())

    def set_clients(self, names: Iterable[str]) -> None:
        """Those of the location."""
        self.client.set_names(names)

    def fill(self, task: Task) -> None:
        self.client.show_name(task.client)
        self.sources.show_paths(task.sources, is_other=self.is_other)
        self.options.fill(task, is_other=self.is_other)
        self.client.setEnabled(self._is_new)
        self.client.setToolTip("" if self._is_new else CLIENT_STAYS)

    def first_field(self) -> QWidget:
        return self.sources

    def _check_client(self) -> None:
        if self.client.is_wrong and not self._is_filling:
            name = self.client.name()
            words = f"There is no client “{name}” here." if name else "No client is chosen."
            self.put_typed("client", words)

    def _change_sources(self) -> None:
        paths = self.sources.paths()
        if paths is None:
            self.put_typed("sources", self.sources.fault)
        else:
            self.put(sources=paths)
