"""The form of a task: what is backed up."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from sesam_master.core.client_files import with_sources
from sesam_master.core.command_text import NoCommand, command_lines, commands_of, is_writable
from sesam_master.core.path_text import path_text
from sesam_master.core.records import CommandSource, Task
from sesam_master.ui.components.form import FieldsForm
from sesam_master.ui.components.task_options import TaskOptionsForm
from sesam_master.ui.objects.editor import scrolled
from sesam_master.ui.objects.fields import NameField, boxed, caption, line
from sesam_master.ui.objects.lines_field import LinesField, PathsField
from sesam_master.ui.theme import ThemeHolder

CLIENT_STAYS = "A task stays with its client. Duplicate it to back up the same of another one."
_SOURCE_WORDS = (
    r"One full path on the client on each line. Write \xE4 for a byte that is no text, \x0a for a "
    r"line break, \\ for a backslash."
)
_COMMAND_WORDS = (
    "On each line a name and a command whose output is saved under it: the dump of a database. It "
    "is run by bash on the client; if it fails, nothing is saved. Write no password into it."
)
_ODD_COMMAND = "One of them has odd signs in it: it can be shown, not written here."
_WIDEST = 820


class TaskForm(FieldsForm):
    """`side` has what is left out and how it is backed up, to stand beside the form. `shown`:
    another task, or another version of it. Who listens to `browse` and `test` looks at its client.
    """

    shown = Signal()

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__(holder, Task("", "", (), (), ""))
        self._saved: tuple[CommandSource, ...] = ()
        self._shown: tuple[CommandSource, ...] = ()
        self.client = NameField("Client")
        self.sources = PathsField(holder, "Sources", "/home", 6)
        self.commands = LinesField(holder, "Commands", "shop.sql.gz = pg_dump shop | gzip", 3)
        self.browse, self.test = QPushButton("Browse …"), QPushButton("Test excludes …")
        self.options = TaskOptionsForm(holder, self.put, self.put_typed)
        self.side: QWidget = scrolled(self.options, holder.fonts.px(_WIDEST))
        self.marked = {
            "name": self.name,
            "client": self.client,
            "sources": self.sources,
            "commands": self.commands,
            "comment": self.comment,
            **self.options.marked,
        }
        self.rows.add("Name", self.name)
        self.rows.add("Client", self.client)
        self.rows.add("Sources", self.sources)
        self.rows.addRow("", boxed(self._looking()))
        self.rows.addRow("", caption(_SOURCE_WORDS))
        self.rows.add("Commands", self.commands)
        self.rows.addRow("", caption(_COMMAND_WORDS))
        self.rows.add("Comment", self.comment)
        self.client.named.connect(lambda name: self.put(client=name))
        self.client.currentTextChanged.connect(lambda _text: self._check_client())
        self.sources.written.connect(lambda _lines: self._change_sources())
        self.commands.written.connect(self._change_commands)

    def set_clients(self, names: Iterable[str]) -> None:
        """Those of the location."""
        self.client.set_names(names)

    def fill(self, task: Task) -> None:
        self.client.show_name(task.client)
        self.sources.show_paths(task.sources, is_other=self.is_other)
        self._show_commands(task.commands)
        self.options.fill(task, is_other=self.is_other)
        self.client.setEnabled(self._is_new)
        self.client.setToolTip("" if self._is_new else CLIENT_STAYS)
        self.shown.emit()

    @property
    def task(self) -> Task:
        """As it stands in the form."""
        task: Task = self._item
        return task

    def add_sources(self, paths: Sequence[bytes]) -> None:
        """Picked ones beside those that stand there; none inside another. What was typed and means
        nothing yet stays."""
        if self.sources.paths() is None:
            self.sources.appendPlainText("\n".join(map(path_text, paths)))
            return
        found = with_sources(self.task.sources, paths)
        self.sources.show_paths(found, is_other=True)
        self.put(sources=found)

    def _looking(self) -> QHBoxLayout:
        row = line(self.browse, self.test)
        row.addStretch(1)
        return row

    def first_field(self) -> QWidget:
        return self.sources

    def _check_client(self) -> None:
        if self.client.is_wrong and not self._is_filling:
            name = self.client.name()
            words = f"There is no client “{name}” here." if name else "No client is chosen."
            self.put_typed("client", words)

    def _show_commands(self, commands: tuple[CommandSource, ...]) -> None:
        """What is being typed and means the same stays."""
        if commands == self._shown and not self.is_other:
            return
        if self.is_other:
            self._saved = commands
        self._shown = commands
        is_odd = not is_writable(commands)
        self.commands.show_lines(command_lines(commands))
        self.commands.setReadOnly(is_odd)
        self.commands.setToolTip(_ODD_COMMAND if is_odd else "")

    def _change_commands(self, lines: tuple[str, ...]) -> None:
        try:
            self._shown = commands_of(lines, self._saved)
        except NoCommand as error:
            self.put_typed("commands", str(error))
        else:
            self.put(commands=self._shown)

    def _change_sources(self) -> None:
        paths = self.sources.paths()
        if paths is None:
            self.put_typed("sources", self.sources.fault)
        else:
            self.put(sources=paths)
