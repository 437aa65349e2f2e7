"""The page "Backups by state": all results of all locations, filtered, with one opened below."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.coverage import Coverage
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job
from sesam_master.core.states import JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text
from sesam_master.ui.icons import icon
from sesam_master.ui.results.actions import Offer, offer_menu, row_offers
from sesam_master.ui.results.cancel_strip import CancelStrip
from sesam_master.ui.results.columns import ORDERS, result_columns
from sesam_master.ui.results.drawer import ResultDrawer
from sesam_master.ui.results.filter_bar import ResultFilterBar, state_facets
from sesam_master.ui.results.filters import ResultFilter, Scope
from sesam_master.ui.results.location_facets import LocationFacets
from sesam_master.ui.results.panes import ResultPanes
from sesam_master.ui.results.presenter import ResultsPicture, ResultsPresenter
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.results.sentences import empty_content, missing_sentence, scope_words
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.facets import FacetColumn
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.thin_progress import ThinProgress


class ResultsPage(QWidget):
    """`open_restore` gets location id, saveset and task; `start_backup` location id and task.

    `selected` carries the Selection of the chosen rows. While a person reads, rows stay in place:
    the button in the header says what waits.
    """

    selected = Signal(object)
    scope_removed = Signal()

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
        self.news = QPushButton(icon("arrow-up", holder), "")
        self.news.hide()
        self.cancel = CancelStrip(holder, bridge, gateway)
        self.empty = EmptyState(holder, EmptyContent("activity", "", ""))
        self.drawer = ResultDrawer(holder, bridge, gateway, self.presenter, self.offers)
        self._location_facets = LocationFacets()
        self._is_settled = False  # what was asked for is here: from now on rows may not jump
        self._is_refreshing = False
        self._place = QStackedWidget()
        self._panes = ResultPanes(holder, self.facets, self._place, self.drawer)
        self._lay_out()
        self.model.sort_by("start", descending=True)
        self._connect()
        self._show()

    # -- for the window

    def offers(self, row: ResultRow) -> list[Offer]:
        """The actions for one row, with the reason where one cannot be done."""
        place = self.presenter.location(row.job.location_id)
        return row_offers(
            row, place, self._start_backup, self._open_restore, self._cancel, self.table.copy_rows
        )

    def selection(self) -> Selection:
        """The chosen rows, as the actions of the desk take them."""
        jobs = [row.job for row in self.table.selected_records()]
        places = {job.location_id for job in jobs}
        return Selection(
            location_id=places.pop() if len(places) == 1 else "",
            tasks=tuple(dict.fromkeys((job.location_id, job.task) for job in jobs)),
            jobs=tuple(job.key for job in jobs),
            saveset=jobs[0].saveset if len(jobs) == 1 else "",
        )

    def set_scope(self, scope: Scope | None) -> None:
        """Show only the results of what was chosen in the tree; None: of all."""
        if scope != self.presenter.filter.scope:
            self.table.clearSelection()
            self.drawer.close_job()
            self._narrow(replace(self.presenter.filter, scope=scope, locations=frozenset()))

    def refresh(self) -> None:
        """Show what waits and ask the locations again."""
        self.model.take_waiting()
        self._is_settled, self._is_refreshing = False, True
        self.presenter.refresh()

    def view_state(self) -> str:
        """What is kept of the look of the table from one start to the next, in one line."""
        return json.dumps(self.table.layout_state())

    def restore_view(self, kept: str) -> None:
        """Take what `view_state` gave; whatever is unusable is passed over."""
        with suppress(ValueError):
            state = json.loads(kept)
            if isinstance(state, dict):
                self.table.restore_layout(state)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the drawer, then clears the text."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.drawer.row is not None:
            self.drawer.close_job()
        elif self.presenter.filter.text:
            self._narrow(replace(self.presenter.filter, text=""))

    # -- parts

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._place.addWidget(self.table)
        self._place.addWidget(self.empty)
        self._place.setMinimumHeight(1)
        self.drawer.hide()
        columns = QToolButton()
        columns.setProperty("tool", True)
        columns.setIcon(icon("columns-3", self._holder))
        columns.setToolTip("Columns")
        columns.setAccessibleName("Columns")
        columns.clicked.connect(
            lambda: self.table.column_menu().popup(columns.mapToGlobal(QPoint(0, columns.height())))
        )
        self.bar.add_tool(columns)
        self.news.setToolTip("Show what came or changed meanwhile (F5)")
        self.header.add_action(self.news)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.progress)
        layout.addWidget(self.bar)
        cancel_row = QHBoxLayout()
        cancel_row.setContentsMargins(16, 0, 12, 0)
        cancel_row.addWidget(self.cancel)
        layout.addLayout(cancel_row)
        layout.addWidget(self._panes, 1)

    def _connect(self) -> None:
        self.presenter.changed.connect(self._show)
        self._bridge.aged.connect(self._show_coverage)
        self.model.more_requested.connect(self.presenter.more)
        self.model.sort_requested.connect(self._sort)
        self.model.waiting_changed.connect(self._show_news)
        self.model.rowsRemoved.connect(lambda *_: self._show_news())
        self.news.clicked.connect(self.model.take_waiting)
        self.table.records_selected.connect(self._select)
        self.table.record_activated.connect(self._open)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._pop_up_menu)
        self.facets.changed.connect(self._tick)
        self.facets.more_clicked.connect(self._show_more_locations)
        self.facets.searched.connect(self._find_location)
        self.bar.scope_removed.connect(self._remove_scope)
        self.bar.day_chosen.connect(lambda day: self._narrow(replace(self._chosen, day=day)))
        self.bar.text_entered.connect(lambda text: self._narrow(replace(self._chosen, text=text)))
        self.bar.known_toggled.connect(
            lambda is_on: self._narrow(replace(self._chosen, shows_known=is_on))
        )
        self.bar.days_wanted.connect(lambda: self.bar.set_days(self.presenter.known_days()))
        self.empty.triggered.connect(self._remove)
        self.cancel.closed.connect(lambda: self.table.setFocus(Qt.FocusReason.OtherFocusReason))
        self.drawer.closed.connect(self._close_drawer)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(lambda: self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason))

    @property
    def _chosen(self) -> ResultFilter:
        return self.presenter.filter

    # -- showing

    def _show(self) -> None:
        self._picture = picture = self.presenter.picture()
        was_settled = self._is_settled
        self._show_rows(picture)
        self._show_coverage()
        self.header.set_sentence(scope_words(picture.places, self._chosen))
        self._show_filter(picture, was_settled)
        self._show_waiting(picture)
        self._show_place(picture)
        if self.drawer.row is not None:
            row = self.presenter.row(self.drawer.row.job)
            if row is not None:
                self.drawer.open(row)
            else:  # its location was deleted
                self.drawer.close_job()

    def _show_coverage(self) -> None:
        self.header.set_coverage(self.presenter.coverage())

    def _show_rows(self, picture: ResultsPicture) -> None:
        if self._is_refreshing and not picture.is_whole:
            # Rows do not go only to come back when their page is here again.
            known = [row for row in picture.rows if self.model.row_of(row.job.key) is not None]
            self.model.upsert(known)
            return
        if not self._is_settled:
            self.model.replace_all(picture.rows, picture.has_more)
            self._is_settled = not picture.gaps.asking
            self._is_refreshing = False
            return
        self.model.offer_all(picture.rows, picture.has_more)
        wanted = {row.job.key for row in picture.rows}
        # Rows that only stay until the list may move again still say what is true.
        kept = [row.job for row in self.model.records if row.job.key not in wanted]
        newest = {job.key: self.presenter.row(job) for job in kept}
        self.model.upsert(row for row in newest.values() if row is not None)
        self.model.remove(key for key, row in newest.items() if row is None)

    def _show_filter(self, picture: ResultsPicture, may_not_move: bool = True) -> None:
        chosen = self._chosen
        names = [place.registration.name for place in picture.places]
        self.bar.show_filter(chosen, bool(picture.gaps.dark), names)
        self._show_sentence(picture)
        groups = [state_facets(picture.state_counts, chosen)]
        if chosen.scope is None:
            places = list(self._bridge.fleet.locations.values())
            counts = picture.location_counts
            groups.append(self._location_facets.group(places, counts, chosen, may_not_move))
        self.facets.set_groups(groups)

    def _show_sentence(self, picture: ResultsPicture) -> None:
        """Facets and the second number count the whole set; the first only what is in the table."""
        now, zone = self.presenter.now(), self.presenter.zone
        names = {p.registration.location_id: p.registration.name for p in picture.places}
        _, new = self.model.waiting
        wanted = self._chosen.states
        kept = sum(bool(wanted) and row.state not in wanted for row in self.model.records)
        shown = picture.shown - new + kept  # rows that are read stay when they match no more
        self.bar.sentence.set_text(
            missing_sentence(shown, picture.total, new, picture.gaps, names, now, zone)
        )

    def _show_news(self) -> None:
        self._show_sentence(self._picture)
        waiting, new = self.model.waiting
        changes = "1 change" if waiting == 1 else f"{number_text(waiting)} changes"
        words = f"{number_text(new)} new" if new == waiting else changes
        self.news.setText(f"{words}, press F5")
        self.news.setVisible(bool(waiting))
        self._show_place(self._picture)

    def _show_waiting(self, picture: ResultsPicture) -> None:
        asking = picture.gaps.asking
        if asking:
            live = len([place for place in picture.places if place.is_live])
            self.progress.start()
            self.progress.set_share(1 - asking / live if live else None)
        else:
            self.progress.stop()

    def _show_place(self, picture: ResultsPicture) -> None:
        has_rows = bool(self.model.rowCount() or picture.rows)  # one that is read may not match
        if has_rows or picture.gaps.asking or picture.has_more:
            had_focus = self.empty.isAncestorOf(self.focusWidget() or self)
            self._place.setCurrentWidget(self.table)
            if had_focus:
                self.table.setFocus(Qt.FocusReason.OtherFocusReason)
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
        self._narrow(replace(self._chosen, order=ORDERS[column], descending=descending))

    def _narrow(self, chosen: ResultFilter) -> None:
        self._is_settled = self._is_refreshing = False
        self.presenter.set_filter(chosen)

    def _remove(self, key: str) -> None:
        if key == "scope":
            self._remove_scope()
        else:
            self._narrow(self._chosen.without(key))

    def _remove_scope(self) -> None:
        self.set_scope(None)
        self.scope_removed.emit()

    def _show_more_locations(self, _group: str) -> None:
        self._location_facets.shows_all = not self._location_facets.shows_all
        self._show_filter(self.presenter.picture())

    def _find_location(self, _group: str, text: str) -> None:
        self._location_facets.text = text
        self._show_filter(self.presenter.picture())

    def _tick(self, group: str, key: str, is_on: bool) -> None:
        chosen = self.presenter.filter
        if group == "state":
            self._narrow(chosen.toggled_state(JobState(key), is_on))
        else:
            self._narrow(chosen.toggled_location(key, is_on))

    def _select(self, rows: list[ResultRow]) -> None:
        if len(rows) == 1:
            self.drawer.open(rows[0])
            self.drawer.show()
        self.selected.emit(self.selection())

    def _open(self, row: ResultRow) -> None:
        self.table.select_key(row.job.key)
        self.drawer.open(row)
        self.drawer.show()
        self.drawer.focus()

    def open_job(self, job: Job) -> None:
        """The protocol of a job, whether the list has it or not."""
        self.table.clearSelection()
        row = self.presenter.row(job)
        if row is not None:
            self._open(row)

    def _close_drawer(self) -> None:
        had_focus = self.drawer.isAncestorOf(self.focusWidget() or self)
        self.drawer.hide()
        self.table.clearSelection()
        if had_focus:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _pop_up_menu(self, position: QPoint) -> None:
        index = self.table.indexAt(position)
        if not index.isValid():
            return
        menu = offer_menu(self.offers(self.model.record(index.row())), self._holder, self.table)
        menu.popup(self.table.viewport().mapToGlobal(position))

    def _cancel(self, job: Job) -> None:
        """The chosen ones when it is one of them, else it alone."""
        chosen = [row.job for row in self.table.selected_records() if row.job.is_open]
        self.cancel.ask(chosen if job.key in {one.key for one in chosen} else [job])
