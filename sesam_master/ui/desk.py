"""One desk: its window, its pages, and what its actions do."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job
from sesam_master.core.registry import Registration
from sesam_master.core.settings import Settings, SettingsStore
from sesam_master.ui import appearance
from sesam_master.ui.access.page import AccessPage
from sesam_master.ui.actions import ActionSet, Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.offers import CalendarVerbs
from sesam_master.ui.calendar.page import CalendarPage
from sesam_master.ui.calendar.scope import scope_of
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.farms.control_desk import ControlDesk
from sesam_master.ui.first_start.page import AddLocationPage
from sesam_master.ui.fleet_status import FleetStatus
from sesam_master.ui.growth.page import GrowthPage
from sesam_master.ui.interfaces.page import InterfacesPage
from sesam_master.ui.licence.licence_desk import LicenceDesk
from sesam_master.ui.location_pages import LocationPages, OpensPages
from sesam_master.ui.logs.page import LogsPage
from sesam_master.ui.main_window import MainWindow, Refreshes
from sesam_master.ui.messages import MessagesBar
from sesam_master.ui.morning.leading import Leading, Places
from sesam_master.ui.morning.page import MorningPage
from sesam_master.ui.morning.presenter import MorningScope
from sesam_master.ui.notices import notice
from sesam_master.ui.now.media_panel import wanted_words
from sesam_master.ui.now.offers import NowVerbs
from sesam_master.ui.now.page import NowPage
from sesam_master.ui.now.presenter import NowScope
from sesam_master.ui.objects.opening import ObjectPages
from sesam_master.ui.palette.panel import PalettePanel
from sesam_master.ui.plan.page import PlanPage
from sesam_master.ui.processes.page import ProcessesPage
from sesam_master.ui.remote_server.page import RemoteServerPage
from sesam_master.ui.restore.opening import RestorePages
from sesam_master.ui.results.filters import Scope
from sesam_master.ui.results.page import ResultsPage
from sesam_master.ui.savesets.page import SavesetsPage
from sesam_master.ui.savesets.preview_page import RetentionPage
from sesam_master.ui.start_backup.dialog import StartBackupDialog
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.topology.panel import TopologyPanel
from sesam_master.ui.trouble_notes import TroubleNotes
from sesam_master.ui.verbs import CONTEXT, MENUS, TOOLS, Verbs, desk_actions


class Desk(QObject):
    """`version` is that of the program. A local desk shows one agent and keeps nothing."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        now: Callable[[], datetime],
        version: str,
        *,
        is_local: bool = False,
    ) -> None:
        super().__init__()
        self._holder = holder
        self._bridge = bridge
        self._gateway = gateway
        self._version = version
        self._now = now
        self._is_local = is_local
        self._add_page: AddLocationPage | None = None
        self.control = ControlDesk(holder, bridge, gateway, now, is_local=is_local)
        self.licences = LicenceDesk(holder, bridge, gateway, now)
        actions = [
            *desk_actions(bridge.fleet, self._verbs()),
            *self.control.actions(),
            *self.licences.actions(),
            *appearance.text_size_actions(holder),
        ]
        self.actions = ActionSet(holder, actions, self)
        self.tree = TopologyPanel(holder, bridge, now)
        self.messages = MessagesBar(holder, now)
        self._troubles = TroubleNotes(bridge.fleet, self.messages.add)
        status = FleetStatus(holder, bridge, now)
        menus = {**MENUS, "&Window": (*MENUS["&Window"], *appearance.TEXT_SIZE_MENU)}
        self.window = MainWindow(
            holder, self.actions, menus, TOOLS, self.tree, status, self.messages
        )
        self._restores = RestorePages(holder, bridge, gateway, self.window, now)
        self._make_site_pages()
        self._make_pages()
        self.palette = PalettePanel(
            *(holder, bridge.fleet, self.actions), self._show_chosen, self.window
        )
        self.window.may_close = self._may_close
        self.licences.attach(self.window)
        self.control.attach(self.tree, self.window, self.actions, self._may_close)
        self._add_fixed_pages()
        self.tree.tree.setFocus()
        status.location_clicked.connect(lambda key: self._show_remote_server(Selection(key)))
        bridge.fleet_changed.connect(self._take)
        self._connect()

    def _add_fixed_pages(self) -> None:
        for page in (self.morning, self.results, self.savesets, self.calendar, self.now):
            self.window.add_page(page, is_fixed=True)
        if not self._is_local:
            self.window.add_page(self.remote_server, is_fixed=True)

    def _make_site_pages(self) -> None:
        """The tabs of single locations."""
        window, now, bridge = self.window, self._now, self._bridge
        shown = self._holder, bridge, self._gateway
        self.plans = ObjectPages(*shown, window, PlanPage, now)
        self.components = ObjectPages(*shown, window, ComponentsPage, now)
        self.growth = LocationPages(bridge, window, partial(GrowthPage, *shown, clock=now))
        self.processes = LocationPages(bridge, window, partial(ProcessesPage, *shown, clock=now))
        self.logs = LocationPages(bridge, window, partial(LogsPage, *shown, clock=now))
        self.access = LocationPages(bridge, window, partial(AccessPage, *shown, clock=now))
        interfaces = partial(InterfacesPage, *shown, open_job=self._open_job, clock=now)
        self.interfaces = LocationPages(bridge, window, interfaces)

    def _make_pages(self) -> None:
        holder, bridge, gateway, now = self._holder, self._bridge, self._gateway, self._now
        self.remote_server = RemoteServerPage(holder, bridge, gateway, self._add_location, now)
        self.results = ResultsPage(
            holder,
            bridge,
            gateway,
            self.open_restore,
            self._start_result,
            clock=now,
        )
        self.savesets = SavesetsPage(
            holder, bridge, gateway, self.open_restore, self.open_preview, clock=now
        )
        self.calendar = CalendarPage(
            holder, bridge, gateway, CalendarVerbs(self._start_backup, self._open_job), clock=now
        )
        self.now = NowPage(
            holder, bridge, gateway, NowVerbs(self._start_backup, self._open_job), clock=now
        )
        places = Places(
            *(self.window, self.results, self.calendar, self.now),
            *(self.licences, self.components, self.processes),
            location=lambda key: self._show_remote_server(Selection(key)),
            job=self._open_job,
            new_location=self._add_location,
        )
        self.morning = MorningPage(holder, bridge, gateway, Leading(places).verbs(), clock=now)

    def _connect(self) -> None:
        self._bridge.aged.connect(lambda: self._bridge.expire(self._now()))
        self.tree.selected.connect(self._choose)
        self.tree.activated.connect(self._show_remote_server)
        self.tree.plan_wanted.connect(self.plans.open)
        self.tree.components_wanted.connect(self.components.open)
        self.tree.menu_wanted.connect(self._pop_up)
        self.results.selected.connect(lambda _selection: self._look())
        self.results.scope_removed.connect(self.tree.choose_all)
        self.savesets.selected.connect(lambda _selection: self._look())
        self.savesets.scope_removed.connect(self.tree.choose_all)
        self.calendar.selected.connect(self._look)
        self.calendar.scope_removed.connect(self.tree.choose_all)
        self.now.selected.connect(self._look)
        self.now.scope_removed.connect(self.tree.choose_all)
        self.now.presenter.medium_wanted.connect(
            lambda medium: self.messages.add(f"{wanted_words(medium)}.")
        )
        self.now.calendar_wanted.connect(lambda: self.window.show_page(self.calendar))
        self.window.page_shown.connect(lambda _page: self._look())

    def look_as(self, settings: Settings) -> None:
        """Takes over what was kept, before the window is shown."""
        appearance.apply_kept(self._holder, settings)
        appearance.place_window(self.window, settings)
        self.results.restore_view(settings.results)
        self.calendar.restore_view(settings.calendar)
        self.now.restore_view(settings.now)
        self.savesets.restore_view(settings.savesets)

    def keep_look(self, store: SettingsStore) -> None:
        """Keeps how the window looks now. Raises KeepingError."""
        pages = self.results, self.calendar, self.now, self.savesets
        views = (page.view_state() for page in pages)
        appearance.keep(store, self._holder, self.window, *views)

    def _verbs(self) -> Verbs:
        return Verbs(
            new_location=self._add_location,
            quit=self._quit,
            start_backup=self._open_start,
            restore=self._restore_selection,
            cancel=self._cancel,
            refresh=self._refresh,
            palette=lambda: self.palette.open(),
            morning=lambda _selection: self.window.show_page(self.morning),
            results=lambda _selection: self.window.show_page(self.results),
            savesets=lambda _selection: self.window.show_page(self.savesets),
            calendar=lambda _selection: self.window.show_page(self.calendar),
            now=lambda _selection: self.window.show_page(self.now),
            scheduling=lambda selection: self._open(self.plans, selection),
            components=lambda selection: self._open(self.components, selection),
            growth=lambda selection: self._open(self.growth, selection),
            logs=lambda selection: self._open(self.logs, selection),
            interfaces=lambda selection: self._open(self.interfaces, selection),
            access=lambda selection: self._open(self.access, selection),
            processes=lambda selection: self._open(self.processes, selection),
            remote_server=self._show_remote_server,
            reconnect=self._reconnect,
            set_theme=self._holder.set_mode,
            about=lambda: self.messages.add(f"Sesam Master, version {self._version}"),
            is_local=self._is_local,
        )

    def _quit(self) -> None:
        self.window.close()

    def _add_location(self) -> None:
        if self._add_page is None or not self.window.has_page(self._add_page):
            self._add_page = AddLocationPage(
                self._holder, self._bridge, self._gateway, self._location_added
            )
            self.window.add_page(self._add_page)
        self.window.show_page(self._add_page)
        self._add_page.offer_field.setFocus()

    def _location_added(self, registration: Registration) -> None:
        self.messages.add(f"{registration.name} was added to this desk.")
        if self._add_page is not None:
            self.window.close_page(self._add_page)
            self._add_page = None
        self._show_remote_server(Selection(registration.location_id))

    def _show_remote_server(self, selection: Selection) -> None:
        """A local desk has nothing to register."""
        if self._is_local:
            return
        self.window.show_page(self.remote_server)
        if selection.location_id:
            self.remote_server.choose(selection.location_id)

    def _show_chosen(self, selection: Selection) -> None:
        """The results of what was found, wherever one is."""
        task = selection.tasks[0][1] if selection.tasks else ""
        self.results.set_scope(Scope(selection.location_id, selection.client, task))
        self.window.show_page(self.results)

    def _choose(self, selection: Selection) -> None:
        """What is chosen in the tree narrows the pages over several locations."""
        task = selection.tasks[0][1] if selection.tasks else ""
        location_id = selection.location_id
        scope = Scope(location_id, selection.client, task) if location_id else None
        self.morning.set_scope(MorningScope(location_id, selection.farm))
        self.results.set_scope(scope)
        self.savesets.set_scope(scope)
        self.calendar.set_scope(scope_of(selection))
        self.now.set_scope(NowScope(location_id, selection.client, selection.tasks))
        self._look()

    def _look(self) -> None:
        """The actions work on what is chosen on the page in front, else on the tree."""
        page, chosen = self.window.current_page, Selection()
        if (
            page is self.results
            or page is self.savesets
            or page is self.calendar
            or page is self.now
        ):
            chosen = page.selection()
        self.actions.set_selection(chosen if chosen.tasks else self.tree.selection())

    def _cancel(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            self.messages.add("There was nothing left to cancel: it has ended meanwhile.")
            return
        if self.window.current_page is self.now:
            self.now.ask_to_cancel(jobs)
            return
        self.window.show_page(self.results)
        self.results.cancel.ask(jobs)

    def _refresh(self) -> None:
        page = self.window.current_page
        if isinstance(page, Refreshes):
            page.refresh()
        else:
            self.messages.add("This page follows its locations by itself.")

    def _open_job(self, location_id: str, job_id: str) -> None:
        """The protocol of a job, whatever the results show."""

        def show(job: Job) -> None:
            self.window.show_page(self.results)
            self.results.open_job(job)

        place = self._bridge.fleet.locations.get(location_id)
        name = place.registration.name if place is not None else location_id
        known = place.picture.jobs.get(job_id) if place and place.picture else None
        if known is not None:
            show(known)
        else:
            self._ask(self._gateway.job(location_id, job_id), "open the protocol", name, show)

    def _start_backup(self, tasks: list[tuple[str, str]]) -> None:
        self._open_start(Selection(tasks=tuple(tasks)))

    def _start_result(self, location_id: str, task: str) -> None:
        """From a row of the results; with it all others, if it is one of those that are chosen."""
        chosen, key = self.results.selection().tasks, (location_id, task)
        self._start_backup(list(chosen) if key in chosen else [key])

    def _open(self, pages: OpensPages, selection: Selection) -> None:
        pages.open(selection.location_id)

    def _may_close(self) -> bool:
        """Not while something is not saved, of which a person was not told yet."""
        return all(pages.may_close(self.messages.add) for pages in (self.plans, self.components))

    def _open_start(self, selection: Selection) -> None:
        self.open_start(selection)

    def open_start(self, selection: Selection) -> StartBackupDialog:
        """The window that starts backups, for what was chosen."""
        dialog = StartBackupDialog(
            *(self._holder, self._bridge, self._gateway, selection, self.window), clock=self._now
        )
        dialog.finished.connect(lambda: self._note_unanswered(dialog.unanswered()))
        dialog.show()
        return dialog

    def _note_unanswered(self, words: str) -> None:
        if words:
            self.messages.add(words)

    def _restore_selection(self, selection: Selection) -> None:
        """Of a location alone the task, or a file, is looked for in the page that opens."""
        location_id, task = selection.tasks[0] if selection.tasks else (selection.location_id, "")
        self.open_restore(location_id, selection.saveset or None, task)

    def open_preview(self, location_id: str) -> RetentionPage:
        """What the coming NEWDAY of a location deletes."""
        page = RetentionPage(
            self._holder, self._bridge, self._gateway, location_id, clock=self._now
        )
        self.window.open_page(page)
        return page

    def open_restore(self, location_id: str, saveset: str | None, task: str) -> None:
        self._restores.open(location_id, saveset, task)

    def _reconnect(self, selection: Selection) -> None:
        state = self._bridge.fleet.locations.get(selection.location_id)
        if state is not None:
            call = self._gateway.reconnect(selection.location_id)
            self._ask(call, "connect", state.registration.name)

    def _ask(
        self,
        call: Coroutine[Any, Any, Any],
        doing: str,
        location: str,
        done: Callable[[Any], None] = lambda _nothing: None,
    ) -> None:
        self._bridge.ask(
            call,
            self,
            done,
            lambda error: self.messages.add(notice(error, doing, location).text),
        )

    def _pop_up(self, selection: Selection, place: QPoint) -> None:
        self.actions.set_selection(selection)
        menu = QMenu(self.window)
        menu.setToolTipsVisible(True)
        for entry in CONTEXT:
            if entry is None:
                menu.addSeparator()
            else:
                menu.addAction(self.actions.qaction(entry))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _take(self, change: FleetChange) -> None:
        self.actions.refresh()
        if change.locations_listed and not self._bridge.fleet.locations:
            self._add_location()
        self._troubles.follow(change.connections)
