"""What a NEWDAY of one location will delete, and why the rest stays."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import tzlocal
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.savesets import KeepReason, SavesetFate
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.fields import DateField
from sesam_master.ui.results.sentences import why_dark
from sesam_master.ui.results.site_days import SiteDays
from sesam_master.ui.savesets.fates import FateReader, fate_columns, preview_sentence, reason_text
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.search_field import SearchField

ICON = "list-checks"


class RetentionPage(QWidget):
    """A tab. The day is that of the coming NEWDAY until a person chooses another."""

    icon_name = ICON

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        location_id: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._location_id = location_id
        self._clock = clock
        self._zone = tzlocal.get_localzone()
        self._is_chosen = False  # a person has chosen the day
        self._was_live = False
        place = self._place()
        self._location = place.registration.name if place else location_id
        self.title = f"What will be deleted: {self._location}"
        self.days = SiteDays(bridge, gateway, self._zone, clock, self)
        self.reader = FateReader(bridge, gateway, self)
        self.header = PageHeader(holder, "What will be deleted", Coverage(0, 1), self._location)
        self.day = DateField("Sesam day that begins")
        self.kept = QCheckBox("Show what is kept")
        self.search = SearchField(holder, "Filter by task, saveset, label or reason", "Ctrl+F")
        self.search.setMaximumWidth(holder.fonts.px(320))
        self.sentence = ElidedLabel(holder, "", "strong")
        self.held = Banner(holder, "")
        self.held.hide()
        self.model: RecordTableModel[SavesetFate] = RecordTableModel(
            fate_columns(), lambda fate: (fate.saveset, fate.label), parent=self
        )
        self.table = RecordTableView(holder, self.model)
        self.empty = EmptyState(holder, EmptyContent(ICON, "", ""))
        self._stack = QStackedWidget()
        self._lay_out()
        self.day.chosen.connect(self._choose_day)
        self.kept.toggled.connect(lambda _is_on: self.refresh())
        self.search.textChanged.connect(lambda _text: self._show())
        self.reader.changed.connect(self._show)
        self.days.changed.connect(self._take_day)
        bridge.fleet_changed.connect(self._take_change)
        bridge.aged.connect(self._show_coverage)
        self.days.want()
        self._take_day()

    def refresh(self) -> None:
        """Ask the location again."""
        place = self._place()
        self._was_live = place is not None and place.is_live
        if self._was_live:
            day = self.day.day().isoformat()
            is_on = self.kept.isChecked()
            self.reader.read(self._location_id, self._location, day, with_kept=is_on)
        else:
            self.reader.close()
        self._show()

    # -- inside

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.table.setAccessibleName("What becomes of the savesets")
        label = QLabel("NEWDAY that begins the sesam day")
        label.setProperty("role", "secondary")
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 4, 12, 4)
        bar.setSpacing(8)
        for widget in (label, self.day, self.kept):
            bar.addWidget(widget)
        bar.addWidget(self.search, 1)
        bar.addStretch()
        below = QHBoxLayout()
        below.setContentsMargins(16, 4, 12, 8)
        below.addWidget(self.sentence)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addLayout(bar)
        layout.addWidget(self.held)
        layout.addLayout(below)
        layout.addWidget(self._stack, 1)

    def _place(self) -> LocationState | None:
        return self._bridge.fleet.locations.get(self._location_id)

    def _choose_day(self, _day: object) -> None:
        self._is_chosen = True
        self.refresh()

    def _take_day(self) -> None:
        """The coming NEWDAY begins the day after the one that is open."""
        if not self._is_chosen:
            self.day.show_day(self.days.today([self._location_id]) + timedelta(days=1))
        self.refresh()

    def _take_change(self, _change: FleetChange) -> None:
        place = self._place()
        if (place is not None and place.is_live) != self._was_live:
            self.refresh()

    def _show(self) -> None:
        reader, text = self.reader, self.search.text().strip().casefold()
        found = [fate for fate in reader.fates if text in _search_text(fate)]
        self.model.replace_all(found)
        kept = len({one.saveset for one in reader.fates if one.reason is not KeepReason.DELETED})
        is_all = self.kept.isChecked() and not reader.is_asking
        self.sentence.set_text(
            preview_sentence(self._location, self.day.day(), reader.told, kept if is_all else None)
        )
        held_back = reader.told.held_back if reader.told is not None else ""
        self.held.set_text(f"{held_back}.")
        self.held.setVisible(bool(held_back))
        content = self._empty_content()
        if not found and content != self.empty.content:
            self.empty.set_content(content)
        self._stack.setCurrentWidget(self.table if found else self.empty)
        self._show_coverage()

    def _show_coverage(self) -> None:
        proved = self._bridge.fleet.coverage(self._clock(), [self._location_id])
        told = int(self.reader.told is not None and proved.covered == 1)
        self.header.set_coverage(Coverage(told, 1, proved.newest_age, proved.oldest_age))

    def _empty_content(self) -> EmptyContent:
        place, reader = self._place(), self.reader
        if place is None or not place.is_live:
            why = why_dark(place, self._clock(), self._zone) if place else "not listed any more"
            reason = f"{self._location}: {why}. It is asked as soon as it is on."
            return EmptyContent(ICON, "Not known", reason)
        if reader.trouble:
            return EmptyContent("circle-alert", "Not known", reader.trouble)
        if reader.is_asking or reader.told is None:
            return EmptyContent(ICON, "", f"Asking {self._location} …")
        if self.search.text().strip():
            reason = "Change or clear the filter."
            return EmptyContent("list-filter", f"Nothing with “{self.search.text()}”", reason)
        if self.kept.isChecked():
            return EmptyContent(ICON, "No savesets", "There is nothing to delete or to keep.")
        reason = "Every saveset is kept. “Show what is kept” says why."
        return EmptyContent(ICON, "Nothing is deleted", reason)


def _search_text(fate: SavesetFate) -> str:
    parts = (fate.task, fate.saveset, fate.label, reason_text(fate))
    return "\n".join(parts).casefold()
