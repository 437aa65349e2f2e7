"""The drawer under the results: one job with its facts, its protocol and its actions."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway, ProtocolPage
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.icons import icon
from sesam_master.ui.notices import notice
from sesam_master.ui.results.actions import Offer
from sesam_master.ui.results.facts import FactSheet, job_facts, job_sentence
from sesam_master.ui.results.presenter import ResultsPresenter
from sesam_master.ui.results.progress import ProgressLine
from sesam_master.ui.results.protocol import ProtocolView
from sesam_master.ui.results.reader import ProtocolReader
from sesam_master.ui.results.rows import ResultRow
from sesam_master.ui.signs import SignAtlas
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel

SIGN = 15
FACTS_WIDTH = 340


class ResultDrawer(QWidget):
    """Shows one row at a time. `offers` says what can be done with it now."""

    closed = Signal()

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
        self.facts = FactSheet()
        self.protocol = ProtocolView(holder, self._zone)
        self.note = ElidedLabel(holder, "", "secondary")
        self._reader = ProtocolReader(bridge, gateway, self._take_page, self._fail, self)
        self._lay_out()
        holder.changed.connect(self._refresh)

    @property
    def row(self) -> ResultRow | None:
        """What is shown."""
        return self._row

    def open(self, row: ResultRow) -> None:
        """Show a job; its protocol is read from the start."""
        is_other = self._row is None or self._row.job.key != row.job.key
        was_open = self._row is not None and self._row.job.is_open
        self._row = row
        if is_other:
            self.protocol.lines.clear()
            self.note.set_text("Reading the protocol …" if row.is_live else _dark_words(row))
            self.note.show()
            self._reader.close()
            if row.is_live:
                self._reader.open(row.job)
        elif row.is_live and (row.job.is_open or was_open):
            self._reader.follow()
        self._refresh()

    def close_job(self) -> None:
        """Nothing is shown any more."""
        self._reader.close()
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
        close = QToolButton()
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
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.facts)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(0)
        note_row = QHBoxLayout()
        note_row.setContentsMargins(12, 0, 12, 4)
        note_row.addWidget(self.note)
        column.addLayout(note_row)
        column.addWidget(self.protocol, 1)
        body = QSplitter(Qt.Orientation.Horizontal)
        body.addWidget(scroll)
        body.addWidget(right)
        body.setSizes([FACTS_WIDTH, 3 * FACTS_WIDTH])
        body.setStretchFactor(1, 1)
        body.setChildrenCollapsible(False)
        line = QWidget()
        line.setFixedHeight(1)
        line.setProperty("surface", "window")
        line.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.progress)
        layout.addWidget(line)
        layout.addWidget(body, 1)

    def _refresh(self) -> None:
        row = self._row
        if row is None:
            return
        self._sign.setPixmap(self._atlas.state(row.state, SIGN, self.devicePixelRatioF()))
        self._title.setText(row.job.task)
        self._sentence.set_text(job_sentence(row))
        self.progress.set_row(row)
        self.facts.set_facts(job_facts(row, self._zone))
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
        button.setIconSize(QSize(16, 16))
        button.clicked.connect(lambda _=False, key=offer.key: self._run(key))
        self._actions.addWidget(button)
        return button

    def _run(self, key: str) -> None:
        if self._row is not None:
            for offer in self._offers(self._row):
                if offer.key == key and offer.reason is None:
                    offer.run()

    def _take_page(self, page: ProtocolPage) -> None:
        is_first = not self.protocol.lines.lines
        had_trouble = self.protocol.lines.first_trouble() is not None
        self.protocol.lines.append(page.lines)
        count = len(self.protocol.lines.lines)
        is_running = self._row is not None and self._row.job.is_open
        self.note.set_text("No lines in the protocol yet")
        self.note.setVisible(not count)
        if is_running:
            self.protocol.scrollToBottom()
        elif is_first or not had_trouble:
            self.protocol.show_first_trouble()

    def _fail(self, error: Exception) -> None:
        name = self._row.location if self._row else ""
        self.note.set_text(notice(error, "read the protocol", name).text)
        self.note.show()


def _dark_words(row: ResultRow) -> str:
    return f"{row.location} is dark: its protocol cannot be read now"
