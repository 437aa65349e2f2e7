"""The start page: what happened in the night, at how many locations, and what needs a person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from sesam_master.core.coverage import Coverage
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.needs import Need, NeedKind
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text
from sesam_master.ui.morning.columns import need_columns
from sesam_master.ui.morning.presenter import MorningPicture, MorningPresenter, MorningScope
from sesam_master.ui.morning.tile import MorningTile
from sesam_master.ui.morning.words import Lead, TileContent, page_sentence, quiet_words, tiles
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.empty_state import EmptyAction, EmptyContent, EmptyState
from sesam_master.ui.widgets.page_header import PageHeader
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.segments import Segments
from sesam_master.ui.widgets.thin_progress import ThinProgress

FIRST_ROW = 6  # tiles in it; those of the second have more to say
_ALL = "All"
_KINDS = {
    _ALL: frozenset(NeedKind),
    "Dark": frozenset({NeedKind.DARK, NeedKind.PART}),
    "Results": frozenset({NeedKind.RESULT, NeedKind.MISSED}),
    "Stores and licences": frozenset({NeedKind.STORE, NeedKind.LICENCE}),
    "Unprotected": frozenset({NeedKind.UNPROTECTED}),
}
_NO_LOCATION = EmptyContent(
    "sunrise",
    "There is no location at this desk yet",
    "Add one, and what its night brought stands here.",
    (EmptyAction("new_location", "New location", "plus", is_primary=True),),
)


@dataclass(frozen=True, slots=True)
class MorningVerbs:
    """Where the page leads. A tile gets the picture that it was part of, a row itself."""

    follow: Callable[[Lead, MorningPicture], None]
    open: Callable[[Need, MorningPicture], None]
    new_location: Callable[[], None]


class MorningPage(QWidget):
    """Asks the locations when it is seen."""

    title = "Morning"
    icon_name = "sunrise"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        verbs: MorningVerbs,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._holder = holder
        self._verbs = verbs
        zone = zone or tzlocal.get_localzone()
        self.presenter = MorningPresenter(bridge, gateway, zone, clock, self)
        self._picture = self.presenter.picture()
        self.header = PageHeader(holder, self.title, Coverage(0, 0))
        self.progress = ThinProgress(holder)
        self.tiles: dict[Lead, MorningTile] = {}
        self.kinds = Segments(holder, list(_KINDS))
        self._kind = _ALL
        self._count = QLabel()
        self.model: RecordTableModel[Need] = RecordTableModel(
            need_columns(clock), lambda need: need.key, parent=self
        )
        self.table = RecordTableView(holder, self.model)
        self.table.setAccessibleName("What needs you")
        self.empty = EmptyState(holder, _NO_LOCATION)
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect(bridge)
        self.model.sort_by("state", descending=False)
        self._show()

    # -- for the window

    def set_scope(self, scope: MorningScope) -> None:
        """Only a location or a farm."""
        self.presenter.set_scope(scope)

    def refresh(self) -> None:
        """Ask the locations again."""
        self.presenter.refresh()

    def show_kind(self, kind: str) -> None:
        """Only the rows of one kind, with the keyboard in them. Raises ValueError."""
        self.kinds.choose(kind)
        self._choose_kind(kind)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.presenter.set_seen(True)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.presenter.set_seen(False)

    # -- inside

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(16, 4, 12, 8)
        grid.setSpacing(8)
        contents = tiles(self._picture.numbers, self.presenter.now())
        for place, content in enumerate(contents):
            tile = self.tiles[content.lead] = MorningTile(self._holder, content)
            tile.clicked.connect(lambda _=False, lead=content.lead: self._follow(lead))
            if place < FIRST_ROW:
                grid.addWidget(tile, 0, place)
            else:
                grid.addWidget(tile, 1, 2 * (place - FIRST_ROW), 1, 2)
        for column in range(FIRST_ROW):
            grid.setColumnStretch(column, 1)
        heading = QLabel("Needs you")
        heading.setFont(self._holder.fonts.heading)
        self._count.setProperty("role", "secondary")
        head = QHBoxLayout()
        head.setContentsMargins(16, 4, 12, 6)
        head.setSpacing(10)
        head.addWidget(heading)
        head.addWidget(self._count, 1)
        head.addWidget(self.kinds)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addWidget(self.progress)
        whole.addLayout(grid)
        whole.addLayout(head)
        whole.addWidget(self._stack, 1)
        self._holder.changed.connect(lambda: heading.setFont(self._holder.fonts.heading))

    def _connect(self, bridge: Bridge) -> None:
        self.presenter.changed.connect(self._show_if_seen)
        bridge.aged.connect(self._show_if_seen)
        self.kinds.chosen.connect(self._choose_kind)
        self.table.record_activated.connect(lambda need: self._verbs.open(need, self._picture))
        self.empty.triggered.connect(self._act_on_empty)
        for keys, step in (("Left", -1), ("Right", 1)):
            for tile in self.tiles.values():
                shortcut = QShortcut(QKeySequence(keys), tile)
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
                shortcut.activated.connect(lambda at=tile, by=step: self._step(at, by))

    def _step(self, tile: MorningTile, by: int) -> None:
        """From tile to tile with the arrows."""
        row = list(self.tiles.values())
        next_one = row[(row.index(tile) + by) % len(row)]
        next_one.setFocus(Qt.FocusReason.TabFocusReason)

    def _show_if_seen(self) -> None:
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        self._picture = picture = self.presenter.picture()
        numbers = picture.numbers
        for content in tiles(numbers, self.presenter.now()):
            self._show_tile(content)
        self.header.set_sentence(page_sentence(numbers, picture.name))
        self.header.set_coverage(numbers.coverage)
        if numbers.asking:
            total = numbers.coverage.total
            self.progress.start()
            self.progress.set_share(1 - numbers.asking / total if total else None)
        else:
            self.progress.stop()
        self._show_rows()

    def _show_tile(self, content: TileContent) -> None:
        tile = self.tiles[content.lead]
        if tile.content != content:
            tile.show_content(content)

    def _show_rows(self) -> None:
        picture = self._picture
        wanted = _KINDS[self._kind]
        shown = [need for need in picture.needs if need.kind in wanted]
        self.model.replace_all(shown)
        self.table.viewport().update()  # ages
        total, number = len(picture.needs), number_text(len(shown))
        self._count.setText(number if len(shown) == total else f"{number} of {number_text(total)}")
        if not shown:
            self.empty.set_content(self._emptiness())
        self._stack.setCurrentWidget(self.table if shown else self.empty)

    def _emptiness(self) -> EmptyContent:
        picture = self._picture
        if not picture.places:
            if picture.scope is None:
                return _NO_LOCATION
            return EmptyContent(
                "sunrise",
                f"No location lies in {picture.name}",
                "Choose another farm in the tree, or drag locations into this one.",
            )
        if picture.needs:
            return EmptyContent(
                "sunrise",
                "Nothing of this kind needs you",
                f"{number_text(len(picture.needs))} other rows do.",
                (EmptyAction("all", "Show all"),),
            )
        dark = [place.registration.name for place in picture.places if not place.is_live]
        return EmptyContent("sunrise", *quiet_words(picture.numbers, dark))

    def _act_on_empty(self, key: str) -> None:
        if key == "all":
            self.show_kind(_ALL)
        else:
            self._verbs.new_location()

    def _choose_kind(self, kind: str) -> None:
        self._kind = kind
        self._show_rows()

    def _follow(self, lead: Lead) -> None:
        if lead is Lead.UNPROTECTED:
            self.show_kind("Unprotected")
        else:
            self._verbs.follow(lead, self._picture)
