"""The versions of one file through time, and which of them is in the tree."""

from datetime import tzinfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from sesam_master.core.finding import Version
from sesam_master.ui.formatting import number_text
from sesam_master.ui.restore.finder import Finder, unindexed_of
from sesam_master.ui.restore.found_table import version_key, version_table
from sesam_master.ui.restore.sentences import unindexed_sentence
from sesam_master.ui.restore.tree import shown_name
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel


class VersionsPane(QWidget):
    """`chosen` carries the version that a person wants in the tree."""

    chosen = Signal(object)

    def __init__(self, holder: ThemeHolder, zone: tzinfo, year: int, finder: Finder) -> None:
        super().__init__()
        self._finder = finder
        self._saveset = ""
        self.name = ElidedLabel(holder, "", "heading")
        self.folder = ElidedLabel(holder, "", "secondary")
        self.head = ElidedLabel(holder, "", "secondary")
        self.model, self.view = version_table(holder, zone, year, self)
        self.note = QLabel()
        self.note.setProperty("role", "secondary")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.take = QPushButton("Put into the tree")
        self._blank = QLabel("Choose a file in the tree\nto see its versions through time.")
        self._blank.setProperty("role", "secondary")
        self._blank.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 10, 0, 10)
        column.setSpacing(4)
        inset = QVBoxLayout()
        inset.setContentsMargins(12, 0, 12, 4)
        for label in (self.name, self.folder, self.head):
            inset.addWidget(label)
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 6, 12, 0)
        foot.setSpacing(8)
        foot.addWidget(self.note)
        foot.addWidget(self.take)
        column.addLayout(inset)
        column.addWidget(self.view, 1)
        column.addLayout(foot)
        self._stack.addWidget(self._blank)
        self._stack.addWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        finder.versions.changed.connect(self._show)
        self.model.more_requested.connect(finder.versions.more)
        self.view.records_selected.connect(lambda _chosen: self._show_button())
        self.view.record_activated.connect(self._take)
        self.take.clicked.connect(self._take_selected)
        self._show()

    def set_saveset(self, name: str) -> None:
        """The saveset whose tree is shown."""
        self._saveset = name
        self._show()

    def _show(self) -> None:
        file, found = self._finder.file, self._finder.versions
        self._stack.setCurrentIndex(0 if file is None else 1)
        if file is None:
            return
        folder, _, name = file[1].rpartition(b"/")
        self.name.set_text(shown_name(name))
        self.folder.set_text(f"{shown_name(folder or b'/')}, client {file[0]}")
        count = number_text(len(found.items)) + ("+" if found.next_token else "")
        noun = "version" if len(found.items) == 1 and not found.next_token else "versions"
        waits = found.is_asking and not found.items
        self.head.set_text(
            "Asking for its versions …" if waits else f"{count} {noun}, newest first"
        )
        self.model.replace_all(found.items, bool(found.next_token))
        here = self._here()
        if here is not None and not self.view.selected_records():
            self.view.select_key(version_key(here))
        note = found.trouble or unindexed_sentence(unindexed_of(found))
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self._show_button()

    def _show_button(self) -> None:
        chosen = self.view.selected_records()
        here, reason = self._here(), ""
        if not chosen:
            reason = "Choose a version first."
        elif chosen[0].source is None:
            reason = "No saveset has its data: it was listed, and not saved."
        elif chosen[0] == here:
            reason = "It is the one in the tree."
        self.take.setEnabled(not reason)
        self.take.setToolTip(reason)
        self.take.setText("In the tree" if chosen and chosen[0] == here else "Put into the tree")

    def _here(self) -> Version | None:
        for version in self._finder.versions.items:
            if any(holder.saveset == self._saveset for holder in version.holders):
                return version
        return None

    def _take_selected(self) -> None:
        for version in self.view.selected_records():
            self._take(version)

    def _take(self, version: Version) -> None:
        if version.source is not None:
            self.chosen.emit(version)
