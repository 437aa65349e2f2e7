"""The page "Logs" of one location: what it has written down, of another day or as it comes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import tzlocal
from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.gateway import FleetGateway
from sesam_master.core.logs import LogKey, LogKind, LogLine
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import number_text
from sesam_master.ui.icons import icon
from sesam_master.ui.logs.lines import LogView
from sesam_master.ui.logs.presenter import NEWEST, LogsPresenter
from sesam_master.ui.logs.saving import LogFileWriter
from sesam_master.ui.logs.words import (
    DAYS,
    LEVELS,
    OVER_ALL,
    day_words,
    empty_words,
    file_name,
    kind_words,
    note_words,
    says,
)
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.head import LocationHead
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.search_field import SearchField

TYPING_MS = 300
_ALWAYS = (LogKey(LogKind.STATE), LogKey(LogKind.DAY), LogKey(LogKind.ERROR))
_ALL_DAYS = "*"


class LogsPage(QWidget):
    """A tab for one location."""

    icon_name = "scroll-text"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bridge, self._source = bridge, source
        zone = zone or tzlocal.get_localzone()
        self.presenter = LogsPresenter(bridge, source, location_id, zone, clock, self)
        place = self.presenter.place
        self.title = f"Logs, {place.name}"
        self.head = LocationHead(holder, bridge, place, clock, "Logs", says(place.name))
        self.kinds, self.days, self.levels = QComboBox(), QComboBox(), QComboBox()
        self.search = SearchField(holder, "Lines with this text")
        self.new_lines = QPushButton(icon("arrow-down", holder), "")
        self.save_button = QPushButton(icon("download", holder), "Save as …")
        self.view = LogView(holder)
        self.empty = EmptyState(holder, EmptyContent(self.icon_name, "", ""))
        self.note = ElidedLabel(holder, "", "secondary")
        self._stack = QStackedWidget()
        self._said = ""
        self._unseen = 0
        self._follows = True
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._lay_out(holder)
        self._connect()
        self._list()
        self.presenter.refresh()

    @property
    def location_id(self) -> str:
        return self.presenter.place.location_id

    def refresh(self) -> None:
        """Ask the location again."""
        self.presenter.refresh()

    def save(self, path: Path) -> None:
        """Write all lines that are wanted of the day that is shown, those too that are not here."""
        presenter = self.presenter
        self._say(f"Saving the log to {path} …")

        def ended(lines: int, trouble: str, error: Exception | None) -> None:
            if error is not None:
                trouble = notice(error, "save the log", presenter.place.name).text
            self._say(trouble or f"{number_text(lines)} lines were saved to {path}.")

        writer = LogFileWriter(self._bridge, self._source, ended, self)
        writer.write(self.location_id, presenter.query, presenter.shown_day, path)

    # -- inside

    def _lay_out(self, holder: ThemeHolder) -> None:
        for level, words in LEVELS.items():
            self.levels.addItem(words, level)
        for box, name in ((self.kinds, "Log"), (self.days, "Sesam day"), (self.levels, "Level")):
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.search.setMaximumWidth(holder.fonts.px(320))
        self.new_lines.hide()
        self.new_lines.setToolTip("Go to the newest line, and stay there")
        self.save_button.setToolTip("Save the whole log of the day to a file")
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 6, 12, 6)
        bar.setSpacing(8)
        for widget in (self.kinds, self.days, self.levels):
            bar.addWidget(widget)
        bar.addWidget(self.search, 1)
        bar.addStretch(0)
        bar.addWidget(self.new_lines)
        bar.addWidget(self.save_button)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 3, 12, 5)
        foot.addWidget(self.note, 1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.head)
        page.addLayout(bar)
        page.addWidget(self._stack, 1)
        page.addLayout(foot)

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.listed.connect(self._list)
        presenter.emptied.connect(self._clear)
        presenter.appended.connect(self._append)
        presenter.prepended.connect(self._prepend)
        presenter.changed.connect(self._show)
        self.kinds.activated.connect(lambda _row: self._choose_kind())
        self.days.activated.connect(lambda _row: self._choose_day())
        self.levels.activated.connect(
            lambda _row: presenter.choose(least=self.levels.currentData())
        )
        self.search.textChanged.connect(lambda _text: self._typing.start())
        self.search.returnPressed.connect(self._look_for)
        self._typing.timeout.connect(self._look_for)
        self.new_lines.clicked.connect(self._go_to_newest)
        self.save_button.clicked.connect(self._ask_where)
        self.view.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.view.verticalScrollBar().rangeChanged.connect(self._stay_at_newest)

    def _list(self) -> None:
        """What can be chosen now; what is chosen stays."""
        presenter = self.presenter
        names = {log.key for log in presenter.logs if log.key.kind is LogKind.PART}
        parts = sorted(names, key=lambda key: key.name)
        with QSignalBlocker(self.kinds):
            self.kinds.clear()
            for key in (*_ALWAYS, *parts):
                self.kinds.addItem(kind_words(key), key)
            self.kinds.setCurrentIndex(_place(self.kinds, presenter.query.key))
        with QSignalBlocker(self.days):
            self.days.clear()
            self.days.addItem(DAYS, NEWEST)
            self.days.addItem(OVER_ALL, _ALL_DAYS)
            for day in presenter.days():
                self.days.addItem(day_words(day), day)
            chosen = _ALL_DAYS if presenter.is_over_all else presenter.day
            self.days.setCurrentIndex(_place(self.days, chosen))

    def _choose_kind(self) -> None:
        key = self.kinds.currentData()
        days = {log.sesam_day for log in self.presenter.logs if log.key == key}
        day = self.presenter.day
        self.presenter.choose(key=key, day=day if day in days else NEWEST)
        self._list()

    def _choose_day(self) -> None:
        day = self.days.currentData()
        if day == _ALL_DAYS:
            self.presenter.choose(day=NEWEST, over_all=True)
        else:
            self.presenter.choose(day=day, over_all=False)

    def _look_for(self) -> None:
        self._typing.stop()
        text = self.search.text().strip()
        self.view.set_needle(text)
        self.presenter.choose(text=text)

    def _clear(self) -> None:
        self._said = ""
        self._follows = True
        self._seen()
        self.view.lines.clear(with_days=self.presenter.is_over_all)

    def _append(self, lines: Sequence[LogLine]) -> None:
        follows = self._follows
        self.view.lines.append(lines)
        if self.presenter.is_over_all:
            return
        if follows:
            self.view.scrollToBottom()
        else:
            self._unseen += len(lines)

    def _prepend(self, lines: Sequence[LogLine]) -> None:
        was_empty = self.view.lines.rowCount() == 0
        self.view.prepend(lines)
        if was_empty:
            self.view.scrollToBottom()

    def _scrolled(self, value: int) -> None:
        bar, presenter = self.view.verticalScrollBar(), self.presenter
        if self.view.lines.rowCount() == 0:
            return
        if presenter.is_over_all:
            is_near = value >= bar.maximum() - bar.pageStep()
        else:
            is_near = value <= bar.minimum() + bar.pageStep() // 2
            self._follows = self.view.is_at_bottom
            if self._follows:
                self._seen()
        if is_near and presenter.has_more and not self.view.lines.is_full:
            QTimer.singleShot(0, self, presenter.more)

    def _stay_at_newest(self, _least: int, most: int) -> None:
        if self._follows and not self.presenter.is_over_all:
            self.view.verticalScrollBar().setValue(most)

    def _go_to_newest(self) -> None:
        self._follows = True
        self._seen()
        self.view.scrollToBottom()

    def _seen(self) -> None:
        self._unseen = 0
        self.new_lines.hide()

    def _show(self) -> None:
        presenter = self.presenter
        self.head.show_state(presenter.as_of, presenter.problem, is_asking=presenter.is_asking)
        rows = self.view.lines.rowCount()
        if rows:
            self._stack.setCurrentWidget(self.view)
        else:
            headline, reason = empty_words(presenter)
            self.empty.set_content(EmptyContent(self.icon_name, headline, reason))
            self._stack.setCurrentWidget(self.empty)
        if rows and self.view.verticalScrollBar().maximum() == 0 and not presenter.problem:
            QTimer.singleShot(0, self, presenter.more)  # there is room for older ones
        dark = presenter.place.darkness
        can_save = dark is None and bool(presenter.shown_day) and not presenter.is_over_all
        self.save_button.setEnabled(can_save)
        self.new_lines.setVisible(self._unseen > 0)
        word = "line" if self._unseen == 1 else "lines"
        self.new_lines.setText(f"{number_text(self._unseen)} new {word}")
        is_following = presenter.is_following and self._follows
        self.note.set_text(self._said or note_words(presenter, rows, is_following=is_following))

    def _say(self, text: str) -> None:
        self._said = text
        self._show()

    def _ask_where(self) -> None:
        name = file_name(self.presenter)
        path, _kind = QFileDialog.getSaveFileName(self, "Save the log", name)
        if path:
            self.save(Path(path))


def _place(box: QComboBox, data: object) -> int:
    """Where it stands; the first place if it does not."""
    return next((row for row in range(box.count()) if box.itemData(row) == data), 0)
