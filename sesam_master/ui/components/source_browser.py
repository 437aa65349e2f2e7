"""The window that shows the files of a client as they are now, to pick sources of a task there."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sesam_master.core.client_files import ClientPage
from sesam_master.core.client_files_source import ClientFilesSource
from sesam_master.core.gateway import EntryPage
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text
from sesam_master.ui.notices import notice
from sesam_master.ui.restore.model import ListingModel
from sesam_master.ui.restore.tree import shown_name
from sesam_master.ui.restore.view import ListingView
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.thin_progress import ThinProgress

_WIDTH, _HEIGHT = 760, 560
_HINT = "Tick directories or files: Space ticks, Right opens, letters find a name."


class SourceBrowser(QDialog):
    """Not modal. `picked` carries the full paths that were ticked, none inside another."""

    picked = Signal(object)

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: ClientFilesSource,
        place: tuple[str, str, str],
        zone: tzinfo,
        parent: QWidget | None = None,
    ) -> None:
        """`place`: id and name of the location, and the client."""
        super().__init__(parent)
        self._location_id, self._location, self._client = place
        self._bridge, self._source = bridge, source
        self._waiting = 0
        self.setWindowTitle(f"Files of {self._client}")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.head = ElidedLabel(
            holder, f"Files of {self._client} at {self._location}, as they are now"
        )
        self.progress = ThinProgress(holder)
        self.banner = Banner(holder, "")
        self.model = ListingModel(self._ask, zone, self)
        self.view = ListingView(holder, self.model, has_entries=False)
        self.view.setAccessibleName(f"Files of {self._client}")
        self.foot = ElidedLabel(holder, _HINT, "secondary")
        self.close_button = QPushButton("Close")
        self.add = QPushButton("Add sources")
        self._lay_out(holder)
        self.model.choice_changed.connect(self._show_choice)
        self.banner.triggered.connect(self._retry)
        self.close_button.clicked.connect(self.close)
        self.add.clicked.connect(self._pick)
        self.model.reload()
        self._show_choice()
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- parts

    def _lay_out(self, holder: ThemeHolder) -> None:
        self.banner.hide()
        self.add.setProperty("primary", True)
        self.close_button.setAutoDefault(False)
        self.add.setAutoDefault(False)
        top = QVBoxLayout()
        top.setContentsMargins(16, 14, 16, 8)
        top.setSpacing(8)
        top.addWidget(self.head)
        top.addWidget(self.banner)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(16, 10, 16, 14)
        bottom.setSpacing(8)
        bottom.addWidget(self.foot, 1)
        bottom.addWidget(self.close_button)
        bottom.addWidget(self.add)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.progress)
        layout.addWidget(self.view, 1)
        layout.addLayout(bottom)
        self.resize(holder.fonts.px(_WIDTH), holder.fonts.px(_HEIGHT))

    # -- inside

    def _ask(
        self,
        directory: bytes,
        page_token: str,
        done: Callable[[EntryPage], None],
        failed: Callable[[str], None],
    ) -> None:
        self._waits(1)

        def take(page: ClientPage) -> None:
            self._waits(-1)
            if page.is_cut:
                self._say(
                    f"{shown_name(directory or b'/')} has more than {number_text(page.total)} "
                    "entries: only so many are shown. Write the path into the sources by hand.",
                    can_retry=False,
                )
            done(EntryPage(page.entries, page.next_token, page.total))

        def fail(error: Exception) -> None:
            self._waits(-1)
            doing = f"look at {shown_name(directory or b'/')} of {self._client}"
            sentence = notice(error, doing, self._location).text
            failed(sentence)
            self._say(sentence, can_retry=True)

        question = self._source.client_directory(
            self._location_id, self._client, directory, page_token
        )
        self._bridge.ask(question, self, take, fail)

    def _waits(self, more: int) -> None:
        before, self._waiting = self._waiting, self._waiting + more
        if not before:
            self.progress.start()
        elif not self._waiting:
            self.progress.stop()

    def _say(self, sentence: str, *, can_retry: bool) -> None:
        self.banner.set_text(sentence, "Try again" if can_retry else "")
        self.banner.setToolTip(sentence)
        self.banner.show()

    def _retry(self) -> None:
        self.banner.hide()
        self.model.retry()

    def _show_choice(self) -> None:
        paths = self.model.tree.paths()
        self.add.setEnabled(bool(paths))
        self.add.setToolTip("" if paths else "Tick what is to be saved first.")
        self.add.setText(_button(len(paths)))
        self.foot.set_text(_named(paths) or _HINT)

    def _pick(self) -> None:
        self.picked.emit(self.model.tree.paths())
        self.close()


def _button(count: int) -> str:
    if count < 2:
        return "Add source"
    return f"Add {number_text(count)} sources"


def _named(paths: Sequence[bytes]) -> str:
    return ", ".join(map(shown_name, paths[:50]))
