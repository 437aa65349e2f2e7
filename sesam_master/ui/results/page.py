"""The page "Backups by state": all results of all locations, filtered, with one opened below."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.coverage import Coverage
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.icons import icon
from sesam_master.ui.notices import notice
from sesam_master.ui.results.actions import Offer, cancel_reason, restore_reason, start_reason
from sesam_master.ui.results.columns import ORDERS, result_columns
from sesam_master.ui.results.drawer import ResultDrawer
from sesam_master.ui.results.filter_bar import ResultFilterBar, facet_groups
from sesam_master.ui.results.presenter import ResultsPicture, ResultsPresenter, without
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.results.sentences import empty_content, missing_sentence
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.facets import WIDTH as FACETS_WIDTH
from sesam_master.ui.widgets.facets import FacetColumn
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.thin_progress import ThinProgress

DRAWER_HEIGHT = 268


class ResultsPage(QWidget):
    """`open_restore` gets location id, task and saveset; `start_backup` location id and task."""

    title = "Backups by state"
    icon_name = "activity"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        open_restore: Callable[[str, str | None, str], None],
        start_backup: Callable[[str, str], None],
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._holder = holder
        self._bridge = bridge
        self._gateway = gateway
        self._open_restore = open_restore
        self._start_backup = start_backup
        self.presenter = ResultsPresenter(
            bridge, gateway, zone or tzlocal.get_localzone(), clock, parent=self
        )
        columns = result_columns(self.presenter.zone, clock())
        self.model: RecordTableModel[ResultRow] = RecordTableModel(
            columns,
            lambda row: row.job.key,
            is_stale=lambda row: not row.is_live,
            is_paged=True,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.header = PageHeader(holder, self.title, Coverage(0, 0), "All locations")
        self.progress = ThinProgress(holder)
        self.bar = ResultFilterBar(holder)
        self.facets = FacetColumn(holder)
        self.banner = Banner(holder, "")
        self.empty = EmptyState(holder, EmptyContent("activity", "", ""))
        self.drawer = ResultDrawer(holder, bridge, gateway, self.presenter, self.offers)
        self._place = QStackedWidget()
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._lay_out()
        self.model.sort_by("start", descending=True)
        self._connect()
        self._show()

    # -- what can be done

    def offers(self, row: ResultRow) -> list[Offer]:
        """The actions for one row, with the reason where one cannot be done."""
        job = row.job
        place = self.presenter.location(job.location_id)
        offers = [
            Offer(
                "restart",
                "Start backup",
                "play",
                start_reason(place, job.task),
                lambda: self._start_backup(job.location_id, job.task),
            ),
            Offer(
                "restore",
                "Restore",
                "rotate-ccw",
                restore_reason(place),
                lambda: self._open_restore(job.location_id, job.saveset or None, job.task),
            ),
        ]
        if job.is_open:
            reason = cancel_reason(place, row)
            offers.append(
                Offer("cancel", "Cancel", "circle-stop", reason, lambda: self._cancel(job))
            )
        offers.append(Offer("copy", "Copy rows", "copy", None, self.table.copy_rows, is_main=False))
        return offers

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F5 asks again, Esc closes the drawer, then clears the text; Ctrl+F goes to the text."""
        is_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_F5:
            self.presenter.reload()
        elif event.key() == Qt.Key.Key_F and is_ctrl:
            self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif event.key() == Qt.Key.Key_Escape and self.drawer.row is not None:
            self.drawer.close_job()
        else:
            super().keyPressEvent(event)

    # -- parts

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._place.addWidget(self.table)
        self._place.addWidget(self.empty)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.facets.setProperty("surface", "base")
        self.facets.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        scroll.setWidget(self.facets)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(scroll)
        across.addWidget(self._place)
        across.setStretchFactor(1, 1)
        across.setSizes([self._holder.fonts.px(FACETS_WIDTH), 1000])
        across.setChildrenCollapsible(False)
        self._split.addWidget(across)
        self._split.addWidget(self.drawer)
        self._split.setStretchFactor(0, 1)
        self._split.setSizes([10_000, self._holder.fonts.px(DRAWER_HEIGHT)])
        self._split.setChildrenCollapsible(False)
        self.drawer.hide()
        self.banner.hide()
        columns = QToolButton()
        columns.setIcon(icon("columns-3", self._holder))
        columns.setToolTip("Columns")
        columns.setAccessibleName("Columns")
        columns.clicked.connect(
            lambda: self.table.column_menu().popup(columns.mapToGlobal(QPoint(0, columns.height())))
        )
        self.bar.add_tool(columns)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.progress)
        layout.addWidget(self.bar)
        banner_row = QHBoxLayout()
        banner_row.setContentsMargins(16, 0, 12, 0)
        banner_row.addWidget(self.banner)
        layout.addLayout(banner_row)
        layout.addWidget(self._split, 1)

    def _connect(self) -> None:
        self.presenter.changed.connect(self._show)
        self.model.more_requested.connect(self.presenter.more)
        self.model.sort_requested.connect(self._sort)
        self.table.records_selected.connect(self._select)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._pop_up_menu)
        self.facets.changed.connect(self._tick)
        self.bar.day_chosen.connect(
            lambda day: self.presenter.set_filter(replace(self.presenter.filter, day=day))
        )
        self.bar.text_entered.connect(
            lambda text: self.presenter.set_filter(replace(self.presenter.filter, text=text))
        )
        self.bar.known_toggled.connect(
            lambda is_on: self.presenter.set_filter(
                replace(self.presenter.filter, shows_known=is_on)
            )
        )
        self.bar.days_wanted.connect(lambda: self.bar.set_days(self.presenter.known_days()))
        self.empty.triggered.connect(
            lambda key: self.presenter.set_filter(without(self.presenter.filter, key))
        )
        self.banner.triggered.connect(self.banner.hide)
        self.drawer.closed.connect(self._close_drawer)

    def _show(self) -> None:
        picture, chosen = self.presenter.picture(), self.presenter.filter
        self.model.replace_all(picture.rows, picture.has_more)
        self.header.set_coverage(picture.coverage)
        self.header.set_sentence(_scope_words(picture))
        now, zone = self.presenter.now(), self.presenter.zone
        names = {p.registration.location_id: p.registration.name for p in picture.places}
        sentence = missing_sentence(picture.shown, picture.total, picture.gaps, names, now, zone)
        self.bar.show_filter(chosen, sentence, bool(picture.gaps.dark))
        self.facets.set_groups(
            facet_groups(picture, chosen, list(self._bridge.fleet.locations.values()))
        )
        self._show_waiting(picture)
        self._show_place(picture)
        if self.drawer.row is not None:
            row = self.presenter.row(self.drawer.row.job)
            if row is not None:
                self.drawer.open(row)

    def _show_waiting(self, picture: ResultsPicture) -> None:
        asking = picture.gaps.asking
        if asking:
            live = len([place for place in picture.places if place.is_live])
            self.progress.start()
            self.progress.set_share(1 - asking / live if live else None)
        else:
            self.progress.stop()

    def _show_place(self, picture: ResultsPicture) -> None:
        if picture.rows or picture.gaps.asking or picture.has_more:
            self._place.setCurrentWidget(self.table)
            return
        content = empty_content(
            self.presenter.filter,
            picture.total,
            picture.gaps,
            picture.places,
            self.presenter.now(),
            self.presenter.zone,
        )
        if content != self.empty.content:
            self.empty.set_content(content)
        self._place.setCurrentWidget(self.empty)

    # -- what a person does

    def _sort(self, column: str, descending: bool) -> None:
        order = ORDERS.get(column)
        if order is None:
            known = ", ".join(c.title for c in self.model.columns if c.key in ORDERS)
            now = next(key for key, sent in ORDERS.items() if sent == self.presenter.filter.order)
            self.model.sort_by(now, self.presenter.filter.descending)
            self._say(f"The agents cannot sort by this column. Sort by one of: {known}.")
            return
        chosen = replace(self.presenter.filter, order=order, descending=descending)
        self.presenter.set_filter(chosen)

    def _tick(self, group: str, key: str, is_on: bool) -> None:
        chosen = self.presenter.filter
        if group == "state":
            self.presenter.set_filter(chosen.toggled_state(JobState(key), is_on))
        else:
            self.presenter.set_filter(chosen.toggled_location(key, is_on))

    def _select(self, rows: list[ResultRow]) -> None:
        if len(rows) == 1:
            self.drawer.open(rows[0])
            self.drawer.show()

    def _close_drawer(self) -> None:
        self.drawer.hide()
        self.table.clearSelection()

    def _pop_up_menu(self, position: QPoint) -> None:
        index = self.table.indexAt(position)
        if not index.isValid():
            return
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for offer in self.offers(self.model.record(index.row())):
            action = menu.addAction(icon(offer.icon, self._holder), offer.text)
            action.setEnabled(offer.reason is None)
            action.setToolTip(offer.reason or "")
            action.triggered.connect(lambda _=False, run=offer.run: run())
        menu.popup(self.table.viewport().mapToGlobal(position))

    def _cancel(self, job: Job) -> None:
        place = self.presenter.location(job.location_id)
        name = place.registration.name if place else ""

        def failed(error: Exception) -> None:
            self._say(notice(error, f"cancel {job.task}", name).text)

        self._say(f"Cancel of {job.task} at {name} is sent.", stays_ms=4000)
        coroutine = self._gateway.cancel_job(job.location_id, job.id)
        self._bridge.ask(coroutine, self, lambda _job: None, failed)

    def _say(self, text: str, stays_ms: int = 0) -> None:
        self.banner.set_text(text, "Close")
        self.banner.show()
        if stays_ms:
            QTimer.singleShot(stays_ms, self, self.banner.hide)


def _scope_words(picture: ResultsPicture) -> str:
    names = [place.registration.name for place in picture.places]
    if picture.coverage.total == len(picture.location_counts):
        return "All locations"
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} locations"
