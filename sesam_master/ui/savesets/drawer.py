"""The drawer under the savesets: one with its facts, its chain, its listing, and why it stays."""

from collections.abc import Callable
from datetime import tzinfo

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.icons import icon
from sesam_master.ui.results.actions import Offer, offer_menu
from sesam_master.ui.results.facts import FactSheet
from sesam_master.ui.results.listing_pane import Listed, ListingPane, dark_listing
from sesam_master.ui.savesets.actions import KEYS
from sesam_master.ui.savesets.chain_line import ChainLine, chain_words
from sesam_master.ui.savesets.facts import saveset_facts, saveset_sentence
from sesam_master.ui.savesets.kin import KinReader
from sesam_master.ui.savesets.rows import SavesetRow
from sesam_master.ui.savesets.why_pane import WhyPane
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

SIGN, LEAST_HEIGHT = 15, 124
INFO, LISTING, WHY = range(3)  # places of the tabs
TABS = ("Info", "Listing", "Why kept")


class SavesetDrawer(QWidget):
    """Shows one saveset at a time. `offers` says what can be done with it now."""

    closed = Signal()

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        zone: tzinfo,
        offers: Callable[[SavesetRow], list[Offer]],
        open_preview: Callable[[str], object],
    ) -> None:
        super().__init__()
        self._holder = holder
        self._atlas = SignAtlas(holder)
        self._zone = zone
        self._offers = offers
        self._row: SavesetRow | None = None
        self._buttons: dict[str, QPushButton] = {}
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._sign = QLabel()
        self._title = ElidedLabel(holder, "", "heading")
        self._sentence = ElidedLabel(holder, "", "secondary")
        self._actions = QHBoxLayout()
        self._actions.setSpacing(8)
        self.more = QPushButton(icon("ellipsis", holder), "More")
        self.more.clicked.connect(self._pop_up_more)
        self.tabs = QTabBar()
        self._pages = QStackedWidget()
        self.kin = KinReader(bridge, gateway, self)
        self.chain = ChainLine(holder)
        self.chain_note = ElidedLabel(holder, "", "secondary")
        self.facts = FactSheet(pairs=2)
        self.listing = ListingPane(holder, bridge, gateway, zone)
        self.why = WhyPane(bridge, gateway, open_preview)
        self.kin.changed.connect(self._show_chain)
        self._lay_out()
        holder.changed.connect(self._refresh)

    @property
    def row(self) -> SavesetRow | None:
        """What is shown."""
        return self._row

    def open(self, row: SavesetRow) -> None:
        """Show a saveset, or the newest values of the one that is shown."""
        before, self._row = self._row, row
        is_other = before is None or before.saveset.key != row.saveset.key
        if row.is_live and (is_other or (before is not None and not before.is_live)):
            self.kin.open(row.saveset, row.location)
        elif is_other:
            self.kin.close()
        trouble = "" if row.is_live else dark_listing(row.location)
        saveset = row.saveset
        self.listing.open(Listed(saveset.location_id, row.location, saveset.name, trouble))
        self.why.open(row)
        self._refresh()
        self._show_chain()

    def renew_chain(self) -> None:
        """What is there may be other than before."""
        if self._row is not None and self._row.is_live:
            self.kin.open(self._row.saveset, self._row.location)

    def focus(self) -> None:
        """The keyboard goes on in the shown part."""
        is_listing = self.tabs.currentIndex() == LISTING
        shown: QWidget = self.listing.view if is_listing else self.tabs
        shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_row(self) -> None:
        """Nothing is shown any more."""
        self.kin.close()
        self.listing.close_job()
        self.why.close_row()
        self._row = None
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the drawer."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_row()
            return
        super().keyPressEvent(event)

    # -- parts

    def _lay_out(self) -> None:
        close = QToolButton()
        close.setProperty("tool", True)
        close.setIcon(icon("x", self._holder))
        close.setToolTip("Close (Esc)")
        close.setAccessibleName("Close the drawer")
        close.clicked.connect(self.close_row)
        head = QHBoxLayout()
        head.setContentsMargins(16, 6, 8, 6)
        head.setSpacing(8)
        head.addWidget(self._sign)
        self._title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        head.addWidget(self._title)
        head.addWidget(self._sentence, 1)
        head.addLayout(self._actions)
        head.addWidget(self.more)
        head.addWidget(close)
        line = QWidget()
        line.setFixedHeight(1)
        line.setProperty("surface", "window")
        line.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setAccessibleName("Parts of the saveset")
        for title, page in zip(TABS, (self._info(), self.listing, self.why), strict=True):
            self.tabs.addTab(title)
            self._pages.addWidget(page)
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(8, 0, 8, 0)
        tabs.addWidget(self.tabs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(tabs)
        layout.addWidget(line)
        layout.addWidget(self._pages, 1)
        self.setMinimumHeight(self._holder.fonts.px(LEAST_HEIGHT))

    def _info(self) -> QWidget:
        inside = QWidget()
        inside.setProperty("surface", "base")
        inside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        note = QHBoxLayout()
        note.setContentsMargins(16, 0, 12, 0)
        note.addWidget(self.chain_note)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.chain)
        column.addLayout(note)
        column.addWidget(self.facts)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        return scroll

    def _show_chain(self) -> None:
        row, found = self._row, self.kin.lineage
        self.chain.show_lineage(found)
        if row is None:
            return
        if found is not None:
            words = chain_words(found)
            self.chain_note.set_text(f"{words[0].upper()}{words[1:]}.")
        elif not row.is_live:
            self.chain_note.set_text(f"{row.location} is dark: its chain is not known now.")
        else:
            self.chain_note.set_text(self.kin.trouble or "Looking for its chain …")

    def _refresh(self) -> None:
        row = self._row
        if row is None:
            return
        size = self._holder.fonts.px(SIGN)
        pixmap = self._atlas.state(row.saveset.state, size, self.devicePixelRatioF())
        self._sign.setPixmap(pixmap)
        self._title.set_text(row.saveset.task)
        self._sentence.set_text(saveset_sentence(row))
        self.facts.set_facts(saveset_facts(row, self._zone))
        self._show_offers([offer for offer in self._offers(row) if offer.is_main])

    def _pop_up_more(self) -> None:
        if self._row is not None:
            others = [offer for offer in self._offers(self._row) if not offer.is_main]
            menu = offer_menu(others, self._holder, self)
            menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _show_offers(self, offers: list[Offer]) -> None:
        for offer in offers:
            if offer.key not in self._buttons:
                button = QPushButton(icon(offer.icon, self._holder), offer.text)
                button.clicked.connect(lambda _=False, key=offer.key: self._run(key))
                self._actions.addWidget(button)
                self._buttons[offer.key] = button
            self._buttons[offer.key].setEnabled(offer.reason is None)
            keys = KEYS.get(offer.key, "")
            self._buttons[offer.key].setToolTip(offer.reason or keys)

    def _run(self, key: str) -> None:
        if self._row is not None:
            for offer in self._offers(self._row):
                if offer.key == key and offer.reason is None:
                    offer.run()
