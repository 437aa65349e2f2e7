"""The page "Backups by state": all results of all locations, filtered, with one opened below."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import tzlocal
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from sesam_master.core.coverage import Coverage
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job
from sesam_master.core.saved_views import ViewStore
from sesam_master.ui.actions import Selection
from sesam_master.ui.acts.cancelling import Cancelling
from sesam_master.ui.acts.restarting import Restarting, to_restart
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text
from sesam_master.ui.icons import icon
from sesam_master.ui.results.actions import Offer, RowVerbs, offer_menu, row_offers
from sesam_master.ui.results.columns import ORDERS
from sesam_master.ui.results.drawer import ResultDrawer
from sesam_master.ui.results.filter_bar import ResultFilterBar
from sesam_master.ui.results.filters import ResultFilter, Scope
from sesam_master.ui.results.group_offers import group_offers
from sesam_master.ui.results.page_words import page_sentence, scope_words, standings
from sesam_master.ui.results.panes import ResultPanes
from sesam_master.ui.results.presenter import ResultsPicture, ResultsPresenter
from sesam_master.ui.results.result_facets import ResultFacets
from sesam_master.ui.results.result_table import ResultTable
from sesam_master.ui.results.rows import GroupRow, ResultRow
from sesam_master.ui.results.view_content import columns_of, content_of, filter_of
from sesam_master.ui.results.view_control import ViewControl, Viewed
from sesam_master.ui.results.view_strip import ViewStrip
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.page_header import PageHeader
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
        self.rows = ResultTable(holder, self.presenter)
        self.model, self.table, self.empty = self.rows.model, self.rows.view, self.rows.empty
        self.header = PageHeader(holder, self.title, Coverage(0, 0), "All locations")
        self.progress = ThinProgress(holder)
        self.bar = ResultFilterBar(holder)
        self.facets = ResultFacets(holder, lambda: self.presenter.filter)
        self.news = QPushButton(icon("arrow-up", holder), "")
        self.news.hide()
        self.cancel = ActStrip(holder, bridge, Cancelling(gateway))
        self.restart = ActStrip(holder, bridge, Restarting(gateway))
        self.drawer = ResultDrawer(holder, bridge, gateway, self.presenter, self.offers)
        self.view_strip = ViewStrip(holder)
        viewed = Viewed(self._content, self._apply, lambda: bridge.fleet.locations)
        self.views = ViewControl(self.bar.view, self.view_strip, viewed)
        self._panes = ResultPanes(holder, self.facets, self.rows, self.drawer)
        self._lay_out()
        self.model.sort_by("start", descending=True)
        self._connect()
        self._show()

    # -- for the window

    def offers(self, row: ResultRow) -> list[Offer]:
        """The actions for one row, with the reason where one cannot be done."""
        place = self.presenter.location(row.job.location_id)
        verbs = RowVerbs(
            self._start_backup,
            self._open_restore,
            self._cancel,
            self._restart,
            self.table.copy_rows,
        )
        return row_offers(row, place, verbs)

    def selection(self) -> Selection:
        """The chosen rows, as the actions of the desk take them."""
        jobs = [row.job for row in self.rows.results()]
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

    def show_only(self, chosen: ResultFilter) -> None:
        """Narrow to exactly this, in the order that is shown."""
        shown = self._chosen
        self.table.clearSelection()
        self.drawer.close_job()
        self._narrow(replace(chosen, order=shown.order, descending=shown.descending))

    def refresh(self) -> None:
        """Show what waits and ask the locations again."""
        self.rows.begin_refresh()
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

    def use_views(self, store: ViewStore) -> None:
        """The views that are kept; the default one is opened."""
        self.views.use(store)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes what is asked or told above the table, then the drawer, then clears the
        text."""
        strips = [s for s in (self.view_strip, self.cancel, self.restart) if s.isVisible()]
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif strips:
            strips[-1].close_strip()
        elif self.drawer.row is not None:
            self.drawer.close_job()
        elif self.presenter.filter.text:
            self._narrow(replace(self.presenter.filter, text=""))

    # -- parts

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
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
        for strip in (self.view_strip, self.cancel, self.restart):
            strip_row = QHBoxLayout()
            strip_row.setContentsMargins(16, 0, 12, 0)
            strip_row.addWidget(strip)
            layout.addLayout(strip_row)
        layout.addWidget(self._panes, 1)

    def _connect(self) -> None:
        self.presenter.changed.connect(self._show)
        self._bridge.aged.connect(self._show_coverage)
        self.model.more_requested.connect(self.presenter.more)
        self.model.sort_requested.connect(self._sort)
        self.model.waiting_changed.connect(self._show_news)
        self.model.rowsRemoved.connect(lambda *_: self._show_news())
        self.news.clicked.connect(self.model.take_waiting)
        self.rows.selected.connect(self._select)
        self.rows.activated.connect(self._open)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._pop_up_menu)
        self.facets.narrowed.connect(self._narrow)
        self.bar.scope_removed.connect(self._remove_scope)
        self.bar.period.chosen.connect(
            lambda period: self._narrow(replace(self._chosen, period=period))
        )
        self.bar.period.opened.connect(self._fill_period_menu)
        self.bar.period.bind_keys(self)
        self.presenter.days.changed.connect(self.bar.period.refill)
        self.bar.grouping_chosen.connect(
            lambda grouping: self._narrow(replace(self._chosen, grouping=grouping))
        )
        self.bar.all_opened.connect(self.rows.turn_all)
        self.bar.text_entered.connect(lambda text: self._narrow(replace(self._chosen, text=text)))
        self.bar.known_toggled.connect(
            lambda is_on: self._narrow(replace(self._chosen, shows_known=is_on))
        )
        self.empty.triggered.connect(self._remove)
        for strip in (self.view_strip, self.cancel, self.restart):
            strip.closed.connect(lambda: self.table.setFocus(Qt.FocusReason.OtherFocusReason))
        self.drawer.closed.connect(self._close_drawer)
        self.drawer.job_wanted.connect(self.open_job)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._find)

    @property
    def _chosen(self) -> ResultFilter:
        return self.presenter.filter

    # -- showing

    def _show(self) -> None:
        self._picture = picture = self.presenter.picture()
        was_settled = self.rows.is_settled
        self.rows.show_picture(picture)
        self._show_coverage()
        self.header.set_sentence(scope_words(picture, self._chosen))
        self._show_filter(picture, may_not_move=was_settled)
        self.views.show()
        self._show_waiting(picture)
        if self.drawer.row is not None:
            row = self.presenter.row(self.drawer.row.job)
            if row is not None:
                self.drawer.open(row)
            else:  # its location was deleted
                self.drawer.close_job()

    def _show_coverage(self) -> None:
        self.header.set_coverage(self.presenter.coverage())

    def _show_filter(self, picture: ResultsPicture, *, may_not_move: bool) -> None:
        chosen = self._chosen
        names = [place.registration.name for place in picture.places]
        self.bar.show_filter(chosen, bool(picture.gaps.dark), names)
        self.bar.period.show_period(chosen.period, self.presenter.today())
        self._show_sentence(picture)
        self.facets.show_counts(
            picture.state_counts,
            list(self._bridge.fleet.locations.values()),
            picture.location_counts,
            may_not_move=may_not_move,
        )

    def _show_sentence(self, picture: ResultsPicture) -> None:
        """Facets and the second number count the whole set; the first only what is in the table."""
        _, new = self.model.waiting
        now, zone = self.presenter.now(), self.presenter.zone
        self.bar.sentence.set_text(page_sentence(picture, new, self.rows.kept, now, zone))

    def _show_news(self) -> None:
        self._show_sentence(self._picture)
        waiting, new = self.model.waiting
        changes = "1 change" if waiting == 1 else f"{number_text(waiting)} changes"
        words = f"{number_text(new)} new" if new == waiting else changes
        self.news.setText(f"{words}, press F5")
        self.news.setVisible(bool(waiting))
        self.rows.show_place(self._picture)

    def _show_waiting(self, picture: ResultsPicture) -> None:
        asking = picture.gaps.asking
        if asking:
            live = len([place for place in picture.places if place.is_live])
            self.progress.start()
            self.progress.set_share(1 - asking / live if live else None)
        else:
            self.progress.stop()

    def _content(self) -> dict[str, Any]:
        """How the page looks now, for a view."""
        places = self._bridge.fleet.locations.items()
        names = {key: place.registration.name for key, place in places}
        return content_of(self._chosen, self.table.layout_state(), names)

    def _apply(self, content: Mapping[str, Any]) -> None:
        """Look as a view says; columns that it does not name stay."""
        columns = {key: value for key, value in columns_of(content).items() if key != "sorting"}
        self.table.restore_layout(columns)
        chosen = filter_of(content)
        self._narrow(chosen)
        places = {order: column for column, order in ORDERS.items()}
        self.model.sort_by(places[chosen.order], chosen.descending)

    # -- what a person does

    def _sort(self, column: str, descending: bool) -> None:
        self._narrow(replace(self._chosen, order=ORDERS[column], descending=descending))

    def _narrow(self, chosen: ResultFilter) -> None:
        self.rows.begin()
        self.presenter.set_filter(chosen)

    def _remove(self, key: str) -> None:
        if key == "scope":
            self._remove_scope()
        else:
            self._narrow(self._chosen.without(key))

    def _remove_scope(self) -> None:
        self.set_scope(None)
        self.scope_removed.emit()

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

    def _find(self) -> None:
        """In the drawer while the focus is there, else over all results."""
        if self.drawer.isAncestorOf(self.focusWidget() or self):
            self.drawer.find_text()
        else:
            self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

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
        row, groups = self.model.record(index.row()), self.presenter.groups
        offers = self.offers(row) if isinstance(row, ResultRow) else []
        if isinstance(row, GroupRow) and groups is not None:
            offers = group_offers(row, groups, self.rows.turn, self.restart.ask)
        if offers:
            menu = offer_menu(offers, self._holder, self.table)
            menu.popup(self.table.viewport().mapToGlobal(position))

    def _cancel(self, job: Job) -> None:
        """The chosen ones when it is one of them, else it alone."""
        chosen = [row.job for row in self.rows.results() if row.job.is_open]
        self.cancel.ask(chosen if job.key in {one.key for one in chosen} else [job])

    def _restart(self, job: Job) -> None:
        """The chosen ones that failed when it is one of them, else it alone."""
        chosen = [row.job for row in self.rows.results()]
        is_chosen = job.key in {one.key for one in chosen}
        self.restart.ask(to_restart(chosen) if is_chosen else [job])

    def _fill_period_menu(self) -> None:
        self.presenter.days.want()
        self.bar.period.fill_menu(self.presenter.today(), standings(self.presenter))
