"""The drawer under the results: one job with its facts, its protocol and its actions."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway, ProtocolPart
from sesam_master.core.records import JobKind
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.icons import icon
from sesam_master.ui.results.actions import Offer
from sesam_master.ui.results.earlier_runs import EarlierRunsPane
from sesam_master.ui.results.facts import FactSheet, job_facts, job_sentence, main_facts
from sesam_master.ui.results.listing_pane import ListingPane, listing_of
from sesam_master.ui.results.presenter import ResultsPresenter
from sesam_master.ui.results.progress import ProgressLine
from sesam_master.ui.results.protocol_pane import ProtocolPane
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

SIGN = 15
FACTS_WIDTH = 340
LEAST_HEIGHT = 124
WIDEST_NAME = 320
INFO, PROTOCOL, PRE, POST, LISTING, RUNS = range(6)  # places of the tabs
_BACKUPS_ONLY = "Only backups have a program before and after them"
TABS = ("Info", "Protocol", "Pre", "Post", "Listing", "Earlier runs")


class ResultDrawer(QWidget):
    """Shows one row at a time. `offers` says what can be done with it now."""

    closed = Signal()
    job_wanted = Signal(object)  # the Job of an earlier run

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        presenter: ResultsPresenter,
        offers: Callable[[ResultRow], list[Offer]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._holder = holder
        self._atlas = SignAtlas(holder)
        self._zone = presenter.zone
        self._offers = offers
        self._row: ResultRow | None = None
        self._buttons: dict[str, QPushButton] = {}
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._sign = QLabel()
        self._title = QLabel()
        self._title.setProperty("role", "heading")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence = ElidedLabel(holder, "", "secondary")
        self._actions = QHBoxLayout()
        self._actions.setSpacing(8)
        self.progress = ProgressLine(holder)
        self.tabs = QTabBar()
        self._tools = QWidget()
        self._pages = QStackedWidget()
        self.facts = FactSheet(pairs=2)
        self._main_facts = FactSheet()
        self._beside = QSplitter(Qt.Orientation.Horizontal)
        self._scale = 0.0
        self.pane = ProtocolPane(holder, bridge, gateway, self._zone)
        self.outputs = {
            place: ProtocolPane(holder, bridge, gateway, self._zone, part)
            for place, part in ((PRE, ProtocolPart.PRE), (POST, ProtocolPart.POST))
        }
        self.listing = ListingPane(holder, bridge, gateway, self._zone)
        self.runs = EarlierRunsPane(holder, bridge, gateway, presenter)
        self.runs.opened.connect(self.job_wanted)
        self._lay_out()
        self._take_fonts()
        holder.changed.connect(self._take_fonts)
        holder.changed.connect(self._refresh)

    @property
    def row(self) -> ResultRow | None:
        """What is shown."""
        return self._row

    def open(self, row: ResultRow) -> None:
        """Show a job, or the newest values of the one that is shown."""
        self._row = row
        self.pane.open(row)
        self.listing.open(listing_of(row))
        self.runs.open(row)
        self._refresh()
        self._open_output(self.tabs.currentIndex())

    def focus(self) -> None:
        """The keyboard goes on in the shown part."""
        outputs = {place: pane.view for place, pane in self.outputs.items()}
        parts = outputs | {
            PROTOCOL: self.pane.view,
            LISTING: self.listing.view,
            RUNS: self.runs.table,
        }
        shown = parts.get(self.tabs.currentIndex(), self.tabs)
        shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def find_text(self) -> None:
        """Look for a text in the protocol."""
        self.tabs.setCurrentIndex(PROTOCOL)
        self.pane.finder.focus()

    def close_job(self) -> None:
        """Nothing is shown any more."""
        for pane in (self.pane, *self.outputs.values()):
            pane.close_job()
        self.listing.close_job()
        self.runs.close_job()
        self._row = None
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the drawer."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_job()
            return
        super().keyPressEvent(event)

    # -- parts

    def _lay_out(self) -> None:
        line = QWidget()
        line.setFixedHeight(1)
        line.setProperty("surface", "window")
        line.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._head_row())
        layout.addWidget(self.progress)
        layout.addLayout(self._tab_row())
        layout.addWidget(line)
        layout.addWidget(self._pages, 1)

    def _head_row(self) -> QHBoxLayout:
        close = QToolButton()
        close.setProperty("tool", True)
        close.setIcon(icon("x", self._holder))
        close.setToolTip("Close (Esc)")
        close.setAccessibleName("Close the drawer")
        close.clicked.connect(self.close_job)
        head = QHBoxLayout()
        head.setContentsMargins(16, 6, 8, 6)
        head.setSpacing(8)
        head.addWidget(self._sign)
        head.addWidget(self._title)
        head.addWidget(self._sentence, 1)
        head.addLayout(self._actions)
        head.addWidget(close)
        return head

    def _tab_row(self) -> QHBoxLayout:
        self._add_pages()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(8)
        tools.addWidget(self.pane.finder)
        tools.addWidget(self.pane.follow_button)
        tools.addWidget(self.pane.save_button)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(8, 0, 8, 0)
        tabs.setSpacing(8)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setExpanding(False)
        tabs.addWidget(self.tabs, 1)
        tabs.addWidget(self._tools)
        return tabs

    def _add_pages(self) -> None:
        beside = self._beside
        beside.addWidget(_scrolled(self._main_facts))
        beside.addWidget(self.pane)
        beside.setStretchFactor(1, 1)
        beside.setChildrenCollapsible(False)
        outputs = self.outputs[PRE], self.outputs[POST]
        pages = (_scrolled(self.facts), beside, *outputs, self.listing, self.runs)
        for title, page in zip(TABS, pages, strict=True):
            self.tabs.addTab(title)
            self._pages.addWidget(page)
        self.tabs.setAccessibleName("Parts of the result")
        self.tabs.currentChanged.connect(self._show_tab)
        self.tabs.setCurrentIndex(PROTOCOL)

    def _take_fonts(self) -> None:
        fonts = self._holder.fonts
        if fonts.scale != self._scale:
            self._scale = fonts.scale
            width = fonts.px(FACTS_WIDTH)
            self._beside.setSizes([width, max(width, self.width() - width)])
            self.setMinimumHeight(fonts.px(LEAST_HEIGHT))

    def _show_tab(self, place: int) -> None:
        self._pages.setCurrentIndex(place)
        self._tools.setVisible(place == PROTOCOL)
        self._open_output(place)

    def _open_output(self, place: int) -> None:
        """What PRE and POST said is only asked for when somebody looks."""
        if self._row is not None and place in self.outputs:
            self.outputs[place].open(self._row)

    def _refresh(self) -> None:
        row = self._row
        if row is None:
            return
        size = self._holder.fonts.px(SIGN)
        self._sign.setPixmap(self._atlas.state(row.state, size, self.devicePixelRatioF()))
        widest, middle = self._holder.fonts.px(WIDEST_NAME), Qt.TextElideMode.ElideMiddle
        name = self._title.fontMetrics().elidedText(row.job.name, middle, widest)
        self._title.setText(name)
        self._title.setToolTip(row.job.name if name != row.job.name else "")
        self._sentence.set_text(job_sentence(row))
        is_backup = row.job.kind is JobKind.BACKUP
        if not is_backup and self.tabs.currentIndex() in self.outputs:
            self.tabs.setCurrentIndex(PROTOCOL)
        for place in self.outputs:
            self.tabs.setTabEnabled(place, is_backup)
            self.tabs.setTabToolTip(place, "" if is_backup else _BACKUPS_ONLY)
        self.progress.set_row(row)
        self.facts.set_facts(job_facts(row, self._zone))
        self._main_facts.set_facts(main_facts(row, self._zone))
        self._show_offers(self._offers(row))

    def _show_offers(self, offers: list[Offer]) -> None:
        wanted = [offer for offer in offers if offer.is_main]
        if list(self._buttons) != [offer.key for offer in wanted]:
            for button in self._buttons.values():
                button.hide()
                button.deleteLater()
            self._buttons = {offer.key: self._button(offer) for offer in wanted}
        for offer in wanted:
            button = self._buttons[offer.key]
            button.setEnabled(offer.reason is None)
            button.setToolTip(offer.reason or "")

    def _button(self, offer: Offer) -> QPushButton:
        button = QPushButton(icon(offer.icon, self._holder), offer.text)
        button.clicked.connect(lambda _=False, key=offer.key: self._run(key))
        self._actions.addWidget(button)
        return button

    def _run(self, key: str) -> None:
        if self._row is not None:
            for offer in self._offers(self._row):
                if offer.key == key and offer.reason is None:
                    offer.run()


def _scrolled(sheet: QWidget) -> QScrollArea:
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidget(sheet)
    return scroll
