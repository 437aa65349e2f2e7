"""What a saveset holds, directory by directory, in a drawer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sesam_master.core.gateway import EntryPage, FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.restore.model import ListingModel
from sesam_master.ui.restore.view import ListingView
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel


@dataclass(frozen=True, slots=True)
class Listed:
    """The saveset whose listing is wanted; `trouble` says why it cannot be read, "" if it can."""

    location_id: str
    location: str
    saveset: str
    trouble: str


class ListingPane(QWidget):
    """Asks for a directory when it is opened; the first time when the pane is seen."""

    def __init__(
        self, holder: ThemeHolder, bridge: Bridge, gateway: FleetGateway, zone: tzinfo
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._gateway = gateway
        self._wanted: Listed | None = None
        self._loaded = ("", "")  # location id and saveset whose listing is shown
        self._cancels: list[Callable[[], None]] = []
        self.model = ListingModel(self._ask, zone, self, can_choose=False)
        self.view = ListingView(holder, self.model, has_boxes=False)
        self.note = ElidedLabel(holder, "", "secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        column.addWidget(self.note)
        column.addStretch(0)

    def open(self, wanted: Listed) -> None:
        """Asked for when it is seen."""
        self._wanted = wanted
        if self.isVisible():
            self._load()

    def close_job(self) -> None:
        """Nothing is shown any more."""
        self._wanted = None
        self._forget()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._load)

    def _load(self) -> None:
        wanted = self._wanted
        if wanted is None:
            return
        key = (wanted.location_id, wanted.saveset)
        if wanted.trouble and self._loaded != key:
            self._forget()
            self._say(wanted.trouble)
        elif self._loaded != key:
            self._forget()
            self._loaded = key
            self._say("Reading the listing …")
            self.model.reload()

    def _forget(self) -> None:
        for cancel in self._cancels:
            cancel()
        self._cancels.clear()
        self._loaded = ("", "")
        if self.model.rows:
            self.model.clear()

    def _ask(
        self,
        directory: bytes,
        token: str,
        done: Callable[[EntryPage], None],
        failed: Callable[[str], None],
    ) -> None:
        location_id, saveset = self._loaded
        location = self._wanted.location if self._wanted else ""

        def take(page: EntryPage) -> None:
            is_empty = not directory and not page.total
            self._say("The listing is empty: nothing was saved." if is_empty else "")
            done(page)

        def fail(error: Exception) -> None:
            sentence = notice(error, f"read the listing of {saveset}", location).text
            self._say(sentence)
            failed(sentence)

        call = self._gateway.entries(location_id, saveset, directory, token)
        self._cancels.append(self._bridge.ask(call, self, take, fail))

    def _say(self, text: str) -> None:
        self.note.set_text(text)
        self.note.setVisible(bool(text))
        self.view.setVisible(not text or bool(self.model.rows))


def listing_of(row: ResultRow) -> Listed:
    """The listing of what a run saved."""
    job = row.job
    return Listed(job.location_id, row.location, job.saveset, listing_trouble(row))


def listing_trouble(row: ResultRow) -> str:
    """Why there is no listing to show; empty when there is one."""
    if row.job.is_open:
        return "The listing is complete when the backup has ended."
    if not row.job.saveset:
        return "This run left no saveset, so there is no listing."
    return "" if row.is_live else dark_listing(row.location)


def dark_listing(location: str) -> str:
    """Why nothing of a dark location's listings can be read."""
    return f"{location} is dark: its listings cannot be read now."
