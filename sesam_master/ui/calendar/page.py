"""The page "Calendar sheet": what ran and what is planned at all locations, by sesam day."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from sesam_master.core.calendar import CalendarRow, Grouping
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.calendar_source import CalendarSource
from sesam_master.core.coverage import Coverage
from sesam_master.core.sheet import RowKind
from sesam_master.core.sheet_shown import shown_state
from sesam_master.core.states import JobState
from sesam_master.ui.actions import Selection
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.acts.taking_back import TakingBack
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.calendar.day_panel import DayPanel
from sesam_master.ui.calendar.export import chosen_text
from sesam_master.ui.calendar.export_actions import ExportActions
from sesam_master.ui.calendar.filter_bar import CalendarFilterBar
from sesam_master.ui.calendar.offers import CalendarVerbs, cell_offers, filter_offers
from sesam_master.ui.calendar.panes import CalendarPanes
from sesam_master.ui.calendar.period import ZOOM, Length, Period
from sesam_master.ui.calendar.presenter import CalendarPresenter
from sesam_master.ui.calendar.scope import SCOPE_PARTS
from sesam_master.ui.calendar.sentences import (
    empty_content,
    filter_chips,
    nothing_planned,
    page_sentence,
)
from sesam_master.ui.calendar.words import month_title
from sesam_master.ui.results.actions import offer_menu
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.thin_progress import ThinProgress

MONTHS_OFFERED = range(2, -13, -1)


class CalendarPage(QWidget):
    """Asks the locations when it is first shown. `selected`: other cells were chosen.
    `scope_removed`: a person took away what was chosen in the tree."""

    selected = Signal()
    scope_removed = Signal()

    title = "Calendar sheet"
    icon_name = "calendar-days"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: CalendarSource,
        verbs: CalendarVerbs,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._holder = holder
        self._verbs = verbs
        zone = zone or tzlocal.get_localzone()
        self.presenter = CalendarPresenter(bridge, source, zone, clock, parent=self)
        self.header = PageHeader(holder, self.title, Coverage(0, 0))
        self.progress = ThinProgress(holder)
        self.day = DayPanel(holder, bridge, source, self.presenter, verbs)
        self.take_back = ActStrip(holder, bridge, TakingBack(source, zone))
        self.panes = CalendarPanes(holder, self.presenter.view(), self.day.list)
        self.sheet = self.panes.sheet
        exports = ExportActions(self, self.sheet, self.presenter)
        self.bar = CalendarFilterBar(holder, exports.actions)
        self._lay_out()
        self._connect()
        self._show()

    # -- for the window

    def selection(self) -> Selection:
        """The tasks of the chosen rows, as the actions of the desk take them."""
        rows = [r for r in self.sheet.chosen.rows() if r.row.kind is RowKind.BACKUP]
        tasks = tuple(dict.fromkeys((r.place.location_id, r.row.name) for r in rows))
        places = {location_id for location_id, _task in tasks}
        return Selection(location_id=places.pop() if len(places) == 1 else "", tasks=tasks)

    def set_scope(self, chosen: CalendarFilter) -> None:
        """Narrow to what was chosen elsewhere; the text and states of the page stay."""
        own = self.presenter.filter
        kept = replace(own, locations=chosen.locations, clients=chosen.clients, tasks=chosen.tasks)
        if kept != own:
            self.presenter.set_filter(kept)

    def show_only(self, chosen: CalendarFilter) -> None:
        """Narrow to exactly this, over days in which it can be seen."""
        today = self.presenter.today()
        is_before = chosen.since is not None and chosen.since < today.replace(day=1)
        self.presenter.set_period(Period(Length.QUARTER if is_before else Length.MONTH, today))
        self.presenter.set_filter(chosen)

    def refresh(self) -> None:
        """Ask the locations again."""
        self.presenter.refresh()
        self.day.presenter.refresh()

    def view_state(self) -> str:
        """What is kept of the look of the page from one start to the next, in one line."""
        return json.dumps(
            {
                "zoom": self.sheet.zoom,
                "length": self.presenter.period.length.value,
                "rows": self.presenter.grouping.value,
            }
        )

    def restore_view(self, kept: str) -> None:
        """Take what `view_state` gave; whatever is unusable is passed over."""
        with suppress(ValueError, KeyError, TypeError):
            state = json.loads(kept)
            self.presenter.set_grouping(Grouping(state["rows"]))
            self._set_length(Length(state["length"]))
            self.sheet.set_zoom(int(state["zoom"]))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.presenter.start()
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the question above the sheet, then clears the text, then the filter."""
        chosen = self.presenter.filter
        if event.key() == Qt.Key.Key_Escape and self.take_back.isVisible():
            self.take_back.close_strip()
        elif event.key() != Qt.Key.Key_Escape or chosen == CalendarFilter():
            super().keyPressEvent(event)
        elif chosen.text:
            self._narrow(replace(chosen, text=""))
        else:
            self._narrow(CalendarFilter())
            self.scope_removed.emit()

    # -- parts

    def _lay_out(self) -> None:
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.header, self.progress, self.bar):
            column.addWidget(widget)
        strip_row = QHBoxLayout()
        strip_row.setContentsMargins(16, 0, 12, 0)
        strip_row.addWidget(self.take_back)
        column.addLayout(strip_row)
        column.addWidget(self.panes, 1)

    def _connect(self) -> None:
        presenter, bar, sheet = self.presenter, self.bar, self.sheet
        presenter.changed.connect(self._show_if_seen)
        bar.stepped.connect(self._step)
        bar.month_wanted.connect(self._step)
        bar.today_wanted.connect(self._go_today)
        bar.months_wanted.connect(self._list_months)
        bar.length_chosen.connect(self._set_length)
        bar.grouping_chosen.connect(presenter.set_grouping)
        bar.all_closed.connect(presenter.set_all_closed)
        bar.state_toggled.connect(self._toggle_state)
        bar.states_cleared.connect(
            lambda: self._narrow(replace(presenter.filter, states=frozenset(), only_problems=False))
        )
        bar.problems_toggled.connect(
            lambda is_on: self._narrow(replace(presenter.filter, only_problems=is_on))
        )
        bar.text_entered.connect(lambda text: self._narrow(replace(presenter.filter, text=text)))
        bar.part_removed.connect(self._remove)
        bar.zoom_chosen.connect(sheet.set_zoom)
        bar.twin_toggled.connect(self.panes.show_twin)
        self.panes.empty.triggered.connect(self._remove)
        self.panes.spot_chosen.connect(lambda spot: sheet.choose(spot))
        sheet.zoomed.connect(bar.show_zoom)
        sheet.toggled.connect(presenter.toggle)
        sheet.cell_chosen.connect(self._choose)
        sheet.activated.connect(self.day.focus_list)
        sheet.menu_wanted.connect(self._pop_up_menu)
        self.day.take_back_wanted.connect(lambda one: self.take_back.ask([one]))
        self.take_back.answered.connect(
            lambda one, _made: self.day.presenter.follow(one.location_id)
        )
        self.take_back.closed.connect(self.day.focus_list)
        self._bind("Ctrl+F", lambda: bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason))
        self._bind("Alt+PgUp", lambda: self._step(-1))
        self._bind("Alt+PgDown", lambda: self._step(1))
        self._bind("Ctrl+C", self._copy)

    def _bind(self, keys: str, run: Callable[[], None]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(run)

    # -- showing

    def _show_if_seen(self) -> None:
        """A page behind another tab costs nothing; it is brought up to date when it is shown."""
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        presenter = self.presenter
        view, reasons = presenter.view(), presenter.reasons()
        names = {place.location_id: place.name for place in view.places}
        chosen, title = presenter.filter, month_title(view)
        self.panes.show_view(view, reasons, presenter.grouping is not Grouping.LOCATION)
        self.panes.show_note(nothing_planned(view) if not presenter.asking else "")
        self.panes.show_empty(empty_content(view, chosen, names, title, presenter.asking))
        self.bar.show_choice(
            title, presenter.period.length, presenter.grouping, chosen, filter_chips(chosen, names)
        )
        self.bar.show_zoom(self.sheet.zoom)
        self.header.set_coverage(presenter.coverage())
        self.header.set_sentence(page_sentence(view, presenter.asking, reasons, names))
        if presenter.asking:
            self.progress.start()
            total = max(1, len(view.places))
            self.progress.set_share(max(0.0, 1 - presenter.asking / total))
        else:
            self.progress.stop()
        self._choose_today()
        self.day.follow(self.sheet.view, self.sheet.chosen.spot)

    def _choose_today(self) -> None:
        """Until a person chose, the first row of today has the focus."""
        view = self.sheet.view
        today = view.span.place(view.today)
        if self.sheet.chosen.spot is None and view.rows and today is not None:
            line = next((n for n, x in enumerate(view.lines) if isinstance(x, CalendarRow)), None)
            if line is not None:
                self.sheet.choose((line, today))

    def _choose(self) -> None:
        self.day.follow(self.sheet.view, self.sheet.chosen.spot)
        self.selected.emit()

    # -- what a person does

    def _step(self, steps: int) -> None:
        self.presenter.set_period(self.presenter.period.stepped(steps))

    def _go_today(self) -> None:
        today = self.presenter.today()
        self.presenter.set_period(replace(self.presenter.period, month=today))
        place = self.presenter.view().span.place(today)
        if place is not None and self.sheet.view.lines and self.sheet.chosen.spot is not None:
            self.sheet.choose((self.sheet.chosen.spot[0], place))

    def _list_months(self) -> None:
        period = self.presenter.period
        today = replace(period, month=self.presenter.today())
        months = {}
        for steps in MONTHS_OFFERED:
            offered = today.stepped(steps)
            away = (offered.month.year - period.month.year) * 12
            away += offered.month.month - period.month.month
            width = {Length.MONTH: 1, Length.QUARTER: 3, Length.YEAR: 12}[period.length]
            span = offered.span
            months[away // width] = month_title(replace(self.presenter.view(), span=span))
        self.bar.set_months(months)

    def _set_length(self, length: Length) -> None:
        self.presenter.set_period(replace(self.presenter.period, length=length))
        self.sheet.show_view(self.presenter.view(), self.presenter.reasons())
        self.sheet.set_zoom(ZOOM[length])
        self.sheet.show_today()

    def _toggle_state(self, state: JobState, is_on: bool) -> None:
        states = self.presenter.filter.states
        states = states | {state} if is_on else states - {state}
        self._narrow(replace(self.presenter.filter, states=states))

    def _remove(self, part: str) -> None:
        self._narrow(self.presenter.filter.without(part))
        if part in SCOPE_PARTS:
            self.scope_removed.emit()

    def _narrow(self, chosen: CalendarFilter) -> None:
        self.presenter.set_filter(chosen)

    def _copy(self) -> None:
        QApplication.clipboard().setText(chosen_text(self.sheet.chosen))

    def _pop_up_menu(self, place: QPoint) -> None:
        cursor, presenter = self.sheet.chosen, self.presenter
        rows = cursor.rows()
        if cursor.spot is None:
            return
        runs = self.day.runs_of_spot()
        offers = cell_offers(rows, cursor.days, runs, presenter.location, self._verbs, self._copy)
        menu = offer_menu(offers, self._holder, self)
        line = self.sheet.view.lines[cursor.spot[0]]
        if isinstance(line, CalendarRow):
            menu.addSeparator()
            state = shown_state(line.cells[cursor.spot[1]])
            for offer in filter_offers(presenter.filter, line, state, self._narrow):
                action = QAction(offer.text, menu)
                action.triggered.connect(lambda _=False, run=offer.run: run())
                menu.addAction(action)
        menu.popup(place)
