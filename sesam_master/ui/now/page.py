"""The page "Now": everything that runs or waits, at all locations."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial

import tzlocal
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from sesam_master.core.coverage import Coverage
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.now import JobKey, OpenJob
from sesam_master.core.now_groups import GROUPINGS
from sesam_master.core.records import Job, JobKind
from sesam_master.core.results_groups import Grouping
from sesam_master.ui.actions import Selection
from sesam_master.ui.acts.cancelling import Cancelling
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.now.coming_list import WIDTH as COMING_WIDTH
from sesam_master.ui.now.coming_list import ComingPanel
from sesam_master.ui.now.coming_presenter import ComingPresenter
from sesam_master.ui.now.grouping import NO_FARM
from sesam_master.ui.now.media_panel import MediaPanel
from sesam_master.ui.now.offers import NowVerbs, job_offers
from sesam_master.ui.now.presenter import NowPresenter, NowScope
from sesam_master.ui.now.sentences import coming_about, coming_note, empty_content, page_sentence
from sesam_master.ui.now.strip import NowStrip
from sesam_master.ui.now.tables import NowTables
from sesam_master.ui.results.actions import Offer, offer_menu
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.filter_button import FilterButton
from sesam_master.ui.widgets.grouping_button import GroupingButton
from sesam_master.ui.widgets.page_header import PageHeader

ALL_FARMS = "All locations"
PANEL_FROM = 820  # px of the page


class NowPage(QWidget):
    """`selected`: other rows were chosen. `scope_removed`: a person took away what was chosen in
    the tree. `calendar_wanted`: a person wants to see what is planned."""

    selected = Signal()
    scope_removed = Signal()
    calendar_wanted = Signal()

    title = "Now"
    icon_name = "timer"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        verbs: NowVerbs,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._holder = holder
        self._verbs = verbs
        zone = zone or tzlocal.get_localzone()
        self.presenter = NowPresenter(bridge, gateway, zone, clock, self)
        self.coming = ComingPresenter(bridge, gateway, clock, self)
        self.header = PageHeader(holder, self.title, Coverage(0, 0))
        self.group = GroupingButton(holder, GROUPINGS)
        self.farms = FilterButton(holder, "list-filter", ALL_FARMS)
        self.chip = FilterButton(holder, "list-filter", "", "x")
        self.strip = NowStrip(holder, zone)
        self.cancel = ActStrip(holder, bridge, Cancelling(gateway))
        self.media = MediaPanel(holder, bridge, gateway, zone, self.presenter.location)
        self.tables = NowTables(holder, self.presenter, self._offers)
        self.empty = EmptyState(holder, EmptyContent("timer", "", ""))
        self.panel = ComingPanel(holder, zone)
        self._stack = QStackedWidget()
        self._content: EmptyContent | None = None
        self._moved: set[JobKey] | None = None  # None: everything
        self._shown_minute = -1
        self._grouping = Grouping.NONE
        self._lay_out()
        self._connect(bridge)
        self._show()

    # -- for the window

    def selection(self) -> Selection:
        """The chosen jobs, as the actions of the desk take them."""
        jobs = [one.job for one in self.tables.chosen() if one.job.kind is JobKind.BACKUP]
        tasks = tuple(dict.fromkeys((job.location_id, job.task) for job in jobs))
        places = {location_id for location_id, _task in tasks}
        return Selection(
            location_id=places.pop() if len(places) == 1 else "",
            tasks=tasks,
            jobs=tuple(job.key for job in jobs),
        )

    def set_scope(self, scope: NowScope) -> None:
        """Narrow to what was chosen elsewhere; the farm that was chosen here stays, except for a
        location of another one."""
        kept = replace(scope, farm=self.presenter.scope.farm)
        place = self.presenter.location(scope.location_id)
        if place is not None and not kept.accepts_place(scope.location_id, place.registration.farm):
            kept = replace(kept, farm=None)
        self._narrow(kept)

    def show_only(self, scope: NowScope) -> None:
        """Narrow to exactly this."""
        self._narrow(scope)

    def refresh(self) -> None:
        """Ask again what starts next; what runs is told by itself, only its order waits."""
        self.coming.refresh()
        self.tables.resort()

    def view_state(self) -> str:
        """What is kept of the look of the page from one start to the next, in one line."""
        return json.dumps({"group": self._grouping.value})

    def restore_view(self, kept: str) -> None:
        """Take what `view_state` gave; whatever is unusable is passed over."""
        with suppress(ValueError, KeyError, TypeError):
            grouping = Grouping(json.loads(kept)["group"])
            if grouping in GROUPINGS:
                self._set_grouping(grouping)

    def ask_to_cancel(self, jobs: Sequence[Job]) -> None:
        """In place, above the tables."""
        self.cancel.ask(jobs)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.coming.start()
        self._show()
        self._show_coming()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What comes next gives way to what is."""
        super().resizeEvent(event)
        self.panel.setVisible(self.width() >= self._holder.fonts.px(PANEL_FROM))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes the scope away."""
        if event.key() == Qt.Key.Key_Escape and self.presenter.scope != NowScope():
            self._remove_scope()
        else:
            super().keyPressEvent(event)

    # -- parts

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.header.add_action(self.group)
        self.header.add_action(self.farms)
        self.header.add_action(self.chip)
        menu = QMenu(self)
        menu.aboutToShow.connect(lambda: self._list_farms(menu))
        self.farms.set_menu(menu)
        left = QWidget()
        inner = QVBoxLayout(left)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.strip)
        inner.addWidget(_line())
        inner.addWidget(self.media)
        inner.addWidget(self.cancel)
        inner.addWidget(self._stack, 1)
        self._stack.addWidget(self.tables)
        self._stack.addWidget(self.empty)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(left)
        self._splitter.addWidget(self.panel)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setChildrenCollapsible(False)
        width = self._holder.fonts.px(COMING_WIDTH)
        self._splitter.setSizes([1100 - width, width])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(_line())
        column.addWidget(self._splitter, 1)

    def _connect(self, bridge: Bridge) -> None:
        self.presenter.changed.connect(self._take)
        self.coming.changed.connect(self._show_coming)
        bridge.aged.connect(self._age)
        self.chip.clicked.connect(self._remove_tree_scope)
        self.group.chosen.connect(self._set_grouping)
        self.group.all_opened.connect(self.tables.set_all_open)
        self.tables.selected.connect(self.selected)
        self.tables.menu_wanted.connect(self._pop_up)
        self.tables.opened.connect(lambda one: self._verbs.open_job(*one.key))
        self.panel.activated.connect(lambda _row: self.calendar_wanted.emit())
        self.empty.triggered.connect(self._follow_empty)
        self.cancel.closed.connect(self.tables.focus_first)

    # -- showing

    def _take(self, keys: set[JobKey]) -> None:
        if self._moved is not None:
            self._moved |= keys
        self._show_if_seen()

    def _show_if_seen(self) -> None:
        """A page behind another tab costs nothing; it is brought up to date when it is shown."""
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        presenter = self.presenter
        if self._moved is None:
            self.tables.show_all(presenter.all_shown())
            self._show_coming()
        else:
            shown = {key: presenter.shown(key) for key in self._moved}
            self.tables.show_changes(shown)
        self._moved = set()
        self._show_sums()

    def _age(self) -> None:
        if self.isVisible():
            self.coming.tick()
            self.tables.age()
            self._show_sums()
            if self.presenter.now().minute != self._shown_minute:
                self._show_coming()

    def _show_sums(self) -> None:
        presenter, now = self.presenter, self.presenter.now()
        self.media.show_wanted(presenter.wanted())
        sums, missing = presenter.sums(), presenter.missing()
        self.strip.numbers.set_sums(sums)
        history = presenter.board.history
        # The plot is of all locations: nobody kept what a part of them did.
        self.strip.plot.setVisible(presenter.scope == NowScope())
        self.strip.plot.set_line(history.line(now), history.drops, now)
        where = self._show_scope()
        self.header.set_coverage(sums.coverage)
        self.header.set_sentence(page_sentence(missing, where))
        counts = (sums.running, sums.once_running, sums.queued, sums.once_queued)
        is_empty = not any(counts)
        content = empty_content(sums, where, missing) if is_empty else None
        if content is not None and content != self._content:
            self.empty.set_content(content)
        self._content = content
        self._stack.setCurrentWidget(self.tables if content is None else self.empty)

    def _show_scope(self) -> str:
        """What narrows the page; gives it in words."""
        scope, place = (
            self.presenter.scope,
            self.presenter.location(self.presenter.scope.location_id),
        )
        farm = ALL_FARMS if scope.farm is None else scope.farm or NO_FARM
        self.farms.set_text(farm)
        self.farms.set_narrowing(scope.farm is not None)
        name = place.registration.name if place is not None else ""
        part = scope.tasks[0][1] if scope.tasks else scope.client
        self.chip.setVisible(bool(scope.location_id))
        self.chip.set_text(f"{part} at {name}" if part else name)
        self.chip.set_narrowing(True)
        return name or ("" if scope.farm is None else farm)

    def _show_coming(self) -> None:
        if not self.isVisible():
            return
        self._shown_minute = self.presenter.now().minute
        places = self.presenter.places()
        rows, coverage = self.coming.rows(places), self.coming.coverage(places)
        asking = self.coming.asking
        note = coming_note(rows, coverage, asking)
        self.panel.show_rows(rows, coming_about(rows, coverage, asking), note)

    # -- what a person does

    def _offers(self, jobs: list[OpenJob]) -> list[Offer]:
        presenter = self.presenter
        return job_offers(
            jobs, presenter.location, self._verbs, self.ask_to_cancel, self.tables.copy
        )

    def _pop_up(self, jobs: list[OpenJob], place: QPoint) -> None:
        offer_menu(self._offers(jobs), self._holder, self).popup(place)

    def _set_grouping(self, grouping: Grouping) -> None:
        self._grouping = grouping
        self.group.show_grouping(grouping)
        self.tables.set_grouping(grouping)

    def _list_farms(self, menu: QMenu) -> None:
        menu.clear()
        menu.addAction(ALL_FARMS, lambda: self._choose_farm(None))
        menu.addSeparator()
        for farm in self.presenter.farms():
            menu.addAction(farm or NO_FARM, partial(self._choose_farm, farm))

    def _choose_farm(self, farm: str | None) -> None:
        """Another farm; what was chosen in the tree does not narrow it further."""
        self._narrow(NowScope(farm=farm))
        self.scope_removed.emit()

    def _remove_tree_scope(self) -> None:
        self._narrow(NowScope(farm=self.presenter.scope.farm))
        self.scope_removed.emit()

    def _remove_scope(self) -> None:
        self._narrow(NowScope())
        self.scope_removed.emit()

    def _narrow(self, scope: NowScope) -> None:
        if scope != self.presenter.scope:
            self.presenter.set_scope(scope)
            self._moved = None
            self._show_if_seen()

    def _follow_empty(self, key: str) -> None:
        if key == "scope":
            self._remove_scope()
        else:
            self.calendar_wanted.emit()


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("line", True)
    return line
