"""The page "Savesets": what is there to be restored, at all locations, and what becomes of it."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.coverage import Coverage
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Saveset
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.icons import icon
from sesam_master.ui.results.actions import Offer, offer_menu
from sesam_master.ui.results.filters import Scope
from sesam_master.ui.results.panes import DRAWER_HEIGHT
from sesam_master.ui.results.sentences import scope_text
from sesam_master.ui.savesets.acting import SavesetActs
from sesam_master.ui.savesets.actions import KEYS, Rows, SavesetVerbs, saveset_offers
from sesam_master.ui.savesets.columns import ORDERS, saveset_columns
from sesam_master.ui.savesets.drawer import SavesetDrawer
from sesam_master.ui.savesets.filter_bar import SavesetFilterBar
from sesam_master.ui.savesets.presenter import SavesetsPicture, SavesetsPresenter
from sesam_master.ui.savesets.rows import SavesetRow
from sesam_master.ui.savesets.sentences import count_sentence, empty_content
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.thin_progress import ThinProgress


class SavesetsPage(QWidget):
    """`open_restore` gets location id, saveset and task; `open_preview` a location id. Nothing is
    asked before the page is seen."""

    selected = Signal(object)
    scope_removed = Signal()

    title = "Savesets"
    icon_name = "rows-3"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        open_restore: Callable[[str, str | None, str], None],
        open_preview: Callable[[str], object],
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._holder = holder
        self._bridge = bridge
        self._open_restore = open_restore
        self._open_preview = open_preview
        self._is_settled = False
        zone = zone or tzlocal.get_localzone()
        self.presenter = SavesetsPresenter(bridge, gateway, zone, clock, self)
        self.model: RecordTableModel[SavesetRow] = RecordTableModel(
            saveset_columns(zone, clock()),
            lambda row: row.saveset.key,
            is_stale=lambda row: not row.is_live,
            is_paged=True,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.empty = EmptyState(holder, EmptyContent(self.icon_name, "", ""))
        self.header = PageHeader(holder, self.title, Coverage(0, 0))
        self.progress = ThinProgress(holder)
        self.bar = SavesetFilterBar(holder)
        self.news = QPushButton(icon("arrow-up", holder), "")
        self.preview = QPushButton(icon("list-checks", holder), "What will be deleted")
        self.acts = SavesetActs(holder, bridge, gateway, self.presenter)
        self.drawer = SavesetDrawer(
            holder, bridge, gateway, zone, lambda row: self.offers([row]), open_preview
        )
        self._stack = QStackedWidget()
        self._lay_out()
        self.model.sort_by("start", descending=True)
        self._connect()
        self._show()

    # -- for the window

    def offers(self, rows: Rows) -> list[Offer]:
        """The actions for some savesets, with the reason where one cannot be done."""
        verbs = SavesetVerbs(
            lambda row: self._open_restore(
                row.saveset.location_id, row.saveset.name, row.saveset.task
            ),
            self.acts.verify,
            self.acts.verify_quickly,
            self.acts.prove,
            self.acts.copy_to,
            self.acts.move_to,
            self.acts.change_eol,
            self.acts.delete,
            self._preview,
            _copy_names,
        )
        return saveset_offers(rows, self.presenter.location, verbs)

    def selection(self) -> Selection:
        """The chosen savesets, as the actions of the desk take them."""
        chosen = [row.saveset for row in self.table.selected_records()]
        places = {saveset.location_id for saveset in chosen}
        return Selection(
            location_id=places.pop() if len(places) == 1 else "",
            tasks=tuple(dict.fromkeys((one.location_id, one.task) for one in chosen)),
            saveset=chosen[0].name if len(chosen) == 1 else "",
        )

    def set_scope(self, scope: Scope | None) -> None:
        """Show only the savesets of what was chosen in the tree; None: of all."""
        if scope != self.presenter.filter.scope:
            self.table.clearSelection()
            self.drawer.close_row()
            self._is_settled = False
            self.presenter.set_filter(replace(self.presenter.filter, scope=scope))
            self._show()

    def refresh(self) -> None:
        """Show what waits and ask the locations again."""
        self.model.take_waiting()
        self.presenter.refresh()
        self.drawer.renew_chain()

    def view_state(self) -> str:
        """What is kept of the look of the table from one start to the next, in one line."""
        return json.dumps(self.table.layout_state())

    def restore_view(self, kept: str) -> None:
        """Take what `view_state` gave; whatever is unusable is passed over."""
        with suppress(ValueError):
            state = json.loads(kept)
            if isinstance(state, dict):
                self.table.restore_layout(state)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.presenter.want()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes what is asked or told above the table, then the drawer, then clears the
        text."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif not self.acts.close_newest():
            self._close_next()

    def _close_next(self) -> None:
        if self.drawer.row is not None:
            self.drawer.close_row()
        elif self.presenter.filter.text:
            self._narrow("")

    # -- parts

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.table.setAccessibleName(self.title)
        self._add_tools()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        self._stack.setMinimumHeight(1)
        down = QSplitter(Qt.Orientation.Vertical)
        down.addWidget(self._stack)
        down.addWidget(self.drawer)
        down.setStretchFactor(0, 1)
        down.setChildrenCollapsible(False)
        height = self._holder.fonts.px(DRAWER_HEIGHT)
        down.setSizes([2 * height, height])
        self.drawer.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.progress)
        layout.addWidget(self.bar)
        layout.addWidget(self.acts)
        layout.addWidget(down, 1)

    def _add_tools(self) -> None:
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
        self.news.hide()
        self.header.add_action(self.news)
        self.header.add_action(self.preview)

    def _connect(self) -> None:
        self.presenter.changed.connect(self._show)
        self._bridge.aged.connect(self._show_coverage)
        self.model.more_requested.connect(self.presenter.more)
        self.model.sort_requested.connect(self._sort)
        self.model.waiting_changed.connect(lambda _count: self._show_news())
        self.news.clicked.connect(self.model.take_waiting)
        self.preview.clicked.connect(lambda: self._open_preview(self._place_meant() or ""))
        self.table.records_selected.connect(self._select)
        self.table.record_activated.connect(self._open)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._pop_up_menu)
        self.bar.text_entered.connect(self._narrow)
        self.bar.scope_removed.connect(self._remove_scope)
        self.empty.triggered.connect(self._remove)
        self.drawer.closed.connect(self._close_drawer)
        self.acts.deleted.connect(self._take_out)
        self.acts.closed.connect(lambda: self.table.setFocus(Qt.FocusReason.OtherFocusReason))
        for key, keys in KEYS.items():
            shortcut = QShortcut(QKeySequence(keys), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda key=key: self._run(key))
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(lambda: self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason))

    # -- showing

    def _show(self) -> None:
        picture = self.presenter.picture()
        self._show_rows(picture)
        self._show_coverage()
        names = [place.registration.name for place in picture.places]
        scope = self.presenter.filter.scope
        self.header.set_sentence(scope_text(scope, names) if scope else "All locations")
        self.bar.show_filter(self.presenter.filter, names)
        shown = len(self.model.records)
        self.bar.sentence.set_text(
            count_sentence(picture, shown, self.presenter.now(), self.presenter.zone)
        )
        asking = picture.gaps.asking
        if asking:
            live = sum(place.is_live for place in picture.places)
            self.progress.start()
            self.progress.set_share(1 - asking / live if live else None)
        else:
            self.progress.stop()
        self._show_news()
        self._show_preview_button()
        if self.drawer.row is not None:
            self._renew_drawer(self.drawer.row)

    def _show_rows(self, picture: SavesetsPicture) -> None:
        """Once they were whole, rows do not go only to come back when their page is here again."""
        if picture.is_whole:
            if self._is_settled:
                self.model.offer_all(picture.rows, picture.has_more)
            else:
                self.model.replace_all(picture.rows, picture.has_more)
            self._is_settled = True
        elif self._is_settled:
            known = [row for row in picture.rows if self.model.row_of(row.saveset.key) is not None]
            self.model.upsert(known)
        else:
            self.model.replace_all(picture.rows, picture.has_more)
        has_rows = bool(self.model.rowCount() or picture.rows)
        if has_rows or picture.gaps.asking or picture.has_more or not self.presenter.is_wanted:
            self._stack.setCurrentWidget(self.table)
            return
        now, zone = self.presenter.now(), self.presenter.zone
        content = empty_content(self.presenter.filter, picture, now, zone)
        if content != self.empty.content:
            self.empty.set_content(content)
        self._stack.setCurrentWidget(self.empty)

    def _renew_drawer(self, shown: SavesetRow) -> None:
        place = self.model.row_of(shown.saveset.key)
        row = self.model.record(place) if place is not None else self.presenter.row(shown.saveset)
        if row is None:  # its location was deleted
            self.drawer.close_row()
        elif row != shown:
            self.drawer.open(row)

    def _show_coverage(self) -> None:
        self.header.set_coverage(self.presenter.coverage())

    def _show_news(self) -> None:
        waiting, _new = self.model.waiting
        self.news.setText(f"{waiting} {'change' if waiting == 1 else 'changes'}, press F5")
        self.news.setVisible(bool(waiting))

    def _show_preview_button(self) -> None:
        meant = self._place_meant()
        self.preview.setEnabled(meant is not None)
        tip = "What the coming NEWDAY deletes, and why the rest stays"
        why = "Choose a location in the tree, or savesets of one location, first."
        self.preview.setToolTip(why if meant is None else tip)

    def _place_meant(self) -> str | None:
        """The location of what is chosen, else the one in scope, else the only one."""
        chosen = self.selection()
        if chosen.tasks:
            return chosen.location_id or None
        if self.presenter.filter.scope is not None:
            return self.presenter.filter.scope.location_id
        ids = list(self._bridge.fleet.locations)
        return ids[0] if len(ids) == 1 else None

    # -- what a person does

    def _sort(self, column: str, descending: bool) -> None:
        self._is_settled = False
        chosen = replace(self.presenter.filter, order=ORDERS[column], descending=descending)
        self.presenter.set_filter(chosen)

    def _narrow(self, text: str) -> None:
        self._is_settled = False
        self.presenter.set_filter(replace(self.presenter.filter, text=text))
        self._show()

    def _remove(self, key: str) -> None:
        if key == "scope":
            self._remove_scope()
        else:
            self._narrow("")

    def _remove_scope(self) -> None:
        self.set_scope(None)
        self.scope_removed.emit()

    def _select(self, rows: list[SavesetRow]) -> None:
        if len(rows) == 1:
            self.drawer.open(rows[0])
            self.drawer.show()
        self._show_preview_button()
        self.selected.emit(self.selection())

    def _open(self, row: SavesetRow) -> None:
        self.table.select_key(row.saveset.key)
        self.drawer.focus()

    def _preview(self, location_id: str) -> None:
        self._open_preview(location_id)

    def _take_out(self, gone: list[Saveset]) -> None:
        """What a person has deleted does not wait to leave the table."""
        keys = {saveset.key for saveset in gone}
        self.presenter.drop(gone)
        self.model.remove(keys)
        if self.drawer.row is not None and self.drawer.row.saveset.key in keys:
            self.drawer.close_row()

    def _close_drawer(self) -> None:
        had_focus = self.drawer.isAncestorOf(self.focusWidget() or self)
        self.drawer.hide()
        self.table.clearSelection()
        if had_focus:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _pop_up_menu(self, position: QPoint) -> None:
        rows = self.table.selected_records()
        if self.table.indexAt(position).isValid() and rows:
            menu = offer_menu(self.offers(rows), self._holder, self.table)
            menu.popup(self.table.viewport().mapToGlobal(position))

    def _run(self, key: str) -> None:
        rows = self.table.selected_records()
        for offer in self.offers(rows) if rows else ():
            if offer.key == key and offer.reason is None:
                offer.run()


def _copy_names(rows: Rows) -> None:
    QGuiApplication.clipboard().setText("\n".join(row.saveset.name for row in rows))
