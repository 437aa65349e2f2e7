"""The page "Compare": what was added, removed and changed from one saveset of a task to another."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.coverage import Coverage
from sesam_master.core.finding import Difference, DifferencePage, is_usable
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text
from sesam_master.ui.notices import notice
from sesam_master.ui.restore.difference_file import DifferenceFile
from sesam_master.ui.restore.difference_table import difference_table
from sesam_master.ui.restore.finder import PagedFindings
from sesam_master.ui.restore.sentences import moment_words
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent, EmptyState
from sesam_master.ui.widgets.page_header import PageHeader

ICON = "layers"


class ComparePage(QWidget):
    """A tab. `savesets` of one task, newest first; `after` is compared with the one before it,
    the oldest with the one that came after it."""

    icon_name = ICON

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        savesets: Sequence[Saveset],
        after: Saveset,
        now: datetime,
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._gateway = gateway
        self._location_id = after.location_id
        self._zone: tzinfo = self._place.zone if self._place else UTC
        self._savesets = sorted(savesets, key=lambda one: one.start_time, reverse=True)
        self.title = f"Compare: {after.task}, {self._location()}"
        self.header = PageHeader(holder, "Compare savesets", Coverage(0, 1))
        self.header.set_sentence(f"{after.task}, {self._location()}")
        self.banner = Banner(holder, "")
        self.before, self.after = self._choice("From", now), self._choice("to", now)
        self.counts = ElidedLabel(holder, "", "strong")
        self.export = QPushButton("Export CSV …")
        self.model, self.view = difference_table(holder, self._zone, now, self)
        self.empty = EmptyState(holder, EmptyContent(ICON, "", ""))
        self.body = QStackedWidget()
        self.found = PagedFindings[Difference, DifferencePage](
            bridge, self._location, lambda page: page.differences, self
        )
        self._lay_out(after)
        self._show_place()
        self.compare()

    @property
    def _place(self) -> LocationState | None:
        return self._bridge.fleet.locations.get(self._location_id)

    def _location(self) -> str:
        return self._place.registration.name if self._place else self._location_id

    def compare(self) -> None:
        """Ask anew for what both choices say."""
        before, after = self.before.currentData(), self.after.currentData()
        self.export.setEnabled(before != after)
        if before == after:
            self.body.setCurrentIndex(1)
            why = "Choose another one on one of the sides."
            self.empty.set_content(EmptyContent(ICON, "Both are the same saveset", why))
            self.counts.set_text("")
            return
        self.found.begin(
            f"compare {before} with {after}",
            lambda token: self._gateway.compare(self._location_id, before, after, token),
        )

    def write_csv(self, path: Path) -> None:
        """All differences, also those that are not here yet."""
        self.export.setEnabled(False)
        self.banner.hide()
        file = DifferenceFile(self._bridge, self._gateway, self._location_id, self._written, self)
        file.write(self.before.currentData(), self.after.currentData(), path)

    # -- inside

    def _choice(self, name: str, now: datetime) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName("Older saveset" if name == "From" else "Newer saveset")
        for saveset in self._savesets:
            if is_usable(saveset):
                made.addItem(moment_words(saveset, self._zone, now), saveset.name)
        return made

    def _lay_out(self, after: Saveset) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        here, oldest = max(0, self.after.findData(after.name)), self.before.count() - 1
        here = max(0, min(here, oldest - 1))
        self.after.setCurrentIndex(here)
        self.before.setCurrentIndex(min(here + 1, oldest))
        for box in (self.before, self.after):
            box.activated.connect(lambda _place: self.compare())
        row = QHBoxLayout()
        row.setContentsMargins(16, 4, 12, 8)
        row.setSpacing(8)
        for widget in (QLabel("From"), self.before, QLabel("to"), self.after):
            row.addWidget(widget)
        row.addSpacing(12)
        row.addWidget(self.counts, 1)
        row.addWidget(self.export)
        self.body.addWidget(self.view)
        self.body.addWidget(self.empty)
        self.banner.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.banner)
        layout.addLayout(row)
        layout.addWidget(self.body, 1)
        self.found.changed.connect(self._show)
        self.model.more_requested.connect(self.found.more)
        self.empty.triggered.connect(lambda _key: self.found.more())
        self.export.clicked.connect(self._ask_for_file)
        self.banner.triggered.connect(self.banner.hide)
        self._bridge.fleet_changed.connect(self._show_place)

    def _show_place(self, _change: FleetChange | None = None) -> None:
        is_live = self._place is not None and self._place.is_live
        word = "live" if is_live else "dark"
        self.header.set_coverage(Coverage(int(is_live), 1), f"{self._location()} {word}", "")

    def _show(self) -> None:
        found, page = self.found, self.found.page
        self.model.replace_all(found.items, bool(found.next_token))
        self.counts.set_text(_counted(page) if page is not None else "")
        content = self._emptiness()
        if content is not None:
            self.empty.set_content(content)
        self.body.setCurrentIndex(0 if content is None else 1)
        if found.items and found.trouble:
            self._say(found.trouble)

    def _emptiness(self) -> EmptyContent | None:
        found = self.found
        again = (EmptyAction("more", "Try again", "refresh-cw"),)
        if found.items:
            return None
        if found.trouble:
            return EmptyContent("triangle-alert", "They were not compared", found.trouble, again)
        if found.is_asking:
            return EmptyContent(ICON, "Comparing both listings", "")
        if found.next_token:
            on = (EmptyAction("more", "Look on", "search"),)
            return EmptyContent(ICON, "No difference so far", "More is left to compare.", on)
        return EmptyContent(ICON, "Both hold the same", "No entry was added, removed or changed.")

    def _ask_for_file(self) -> None:
        chosen, _kind = QFileDialog.getSaveFileName(
            self, "Export the differences", "differences.csv", "CSV (*.csv)"
        )
        if chosen:
            self.write_csv(Path(chosen))

    def _written(self, count: int, trouble: str, error: Exception | None) -> None:
        self.export.setEnabled(True)
        if error is not None:
            trouble = notice(error, "export the differences", self._location()).text
        self._say(trouble or f"{number_text(count)} differences were exported.")

    def _say(self, sentence: str) -> None:
        self.banner.set_text(sentence, "Close")
        self.banner.show()


def _counted(page: DifferencePage) -> str:
    """On the last page those of everything; before, at least so many."""
    more = "+" if page.next_token else ""
    counts = (("added", page.added), ("removed", page.removed), ("changed", page.changed))
    return ", ".join(f"{number_text(count)}{more} {word}" for word, count in counts)
