"""What is known of a component beside what a person says of it."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from sesam_master.core.components import (
    Component,
    Components,
    DataStore,
    Drive,
    Loader,
    MediaPool,
    Medium,
)
from sesam_master.core.records import Client, Task
from sesam_master.core.states import JobState
from sesam_master.ui.components.words import fill_words, forecast_words, retention_words
from sesam_master.ui.formatting import MISSING, UNKNOWN, full_moment_text, number_text, size_text
from sesam_master.ui.objects.place import Zones
from sesam_master.ui.objects.words import named_list
from sesam_master.ui.plots.pane import PlotPane
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

_BAR = 12
_ABOVE = 4  # by which the mark stands out of the bar

Fact = tuple[str, str]


def facts_of(item: Component, whole: Components, zones: Zones) -> list[Fact]:
    """Title and text of each fact about an object as the location has it."""
    match item:
        case Client(name=name):
            tasks = [task.name for task in whole.tasks if task.client == name]
            return [("Tasks", named_list(tasks) or "none")]
        case DataStore():
            return _store_facts(item, whole)
        case Loader():
            return []
        case Drive(name=name, group=group):
            pools = [pool.name for pool in whole.pools or () if pool.drive_group == group]
            others = [one.name for one in whole.drives if one.group == group and one.name != name]
            return [
                ("Media pools", UNKNOWN if whole.pools is None else named_list(pools) or "none"),
                ("In its group", named_list(others) or "no other drive"),
            ]
        case MediaPool():
            return _pool_facts(item, whole)
        case Medium():
            return _medium_facts(item, zones)
        case Task():
            return []


def _store_facts(store: DataStore, whole: Components) -> list[Fact]:
    media = [medium.label for medium in whole.media or () if medium.data_store == store.name]
    drives = [drive.name for drive in whole.drives if drive.data_store == store.name]
    return [
        ("File system", fill_words(store)),
        ("Free", UNKNOWN if store.free_bytes is None else size_text(store.free_bytes)),
        ("Savesets take", size_text(store.stored_bytes)),
        ("Forecast", forecast_words(store) or MISSING),
        ("Media", named_list(media) or "none"),
        ("Drives", named_list(drives) or "none"),
        *([("Fault", store.fault)] if store.fault else []),
    ]


def _pool_facts(pool: MediaPool, whole: Components) -> list[Fact]:
    media = [medium for medium in whole.media or () if medium.pool == pool.name]
    drives = [drive.name for drive in whole.drives if drive.group == pool.drive_group]
    return [
        ("Keeps savesets", f"for {retention_words(pool.retention)}"),
        ("Key", pool.key_id or "none"),
        ("Drives", named_list(drives) or "none"),
        ("Media", named_list([medium.label for medium in media]) or "none"),
        ("Savesets", number_text(sum(medium.savesets for medium in media))),
        ("Size", size_text(sum(medium.stored_bytes for medium in media))),
    ]


def _medium_facts(medium: Medium, zones: Zones) -> list[Fact]:
    labelled = full_moment_text(medium.init_time, zones.site)
    return [
        ("Media pool", medium.pool),
        ("Data store", medium.data_store),
        ("Labelled", labelled if medium.init_time else "with the first backup to it"),
        ("Savesets", number_text(medium.savesets)),
        ("Size", size_text(medium.stored_bytes)),
        ("Newest day", medium.newest_sesam_day or MISSING),
        ("EOL", medium.eol or MISSING),
    ]


class FillBar(QWidget):
    """How full a file system is, with the high-water mark across it."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self.fill: float | None = None
        self.mark = 0
        self.is_stale = False
        holder.changed.connect(self.update)

    def show_fill(self, fill: float | None, mark: int, *, is_stale: bool) -> None:
        """A share of 1, None if not known; the mark in percent. `is_stale`: it was so once."""
        self.fill, self.mark, self.is_stale = fill, mark, is_stale
        self.setAccessibleName(
            f"{UNKNOWN if fill is None else f'{fill:.0%}'} full, high-water mark {mark} %"
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, self._holder.fonts.px(_BAR) + 2 * _ABOVE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._holder.current
        height = self._holder.fonts.px(_BAR)
        bar = QRect(0, (self.height() - height) // 2, self.width(), height)
        painter = QPainter(self)
        painter.fillRect(bar, theme.token("track"))
        if self.fill is not None:
            is_above = self.fill * 100 > self.mark
            warning = theme.state(JobState.WARNING).fill
            colour = warning if is_above and warning is not None else theme.token("plot")
            colour = theme.token("text3") if self.is_stale else colour
            painter.fillRect(
                QRect(bar.topLeft(), QSize(round(bar.width() * self.fill), height)), colour
            )
        place = min(bar.right() - 1, round(bar.width() * self.mark / 100))
        painter.fillRect(QRect(place, bar.top() - _ABOVE, 2, height + 2 * _ABOVE), theme.text)


class FactsPanel(QFrame):
    """Stands beside the form. Of an object that is not saved yet nothing is known."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self.heading = ElidedLabel(holder, "At the location", "heading")
        self.bar = FillBar(holder)
        self.plot = PlotPane(holder, with_summary=False)
        self.shown: list[Fact] | None = None
        self.is_stale = False
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._nothing = WrappedLabel("Nothing is known of it until it is saved.", "secondary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.heading)
        column.addWidget(self.bar)
        column.addWidget(self._nothing)
        column.addLayout(self._grid)
        column.addWidget(self.plot, 1)
        column.addStretch()

    def show_facts(
        self, facts: Sequence[Fact], store: DataStore | None, mark: int, *, as_of: str
    ) -> None:
        """`store`: its bar is shown, with the mark that it would have in percent. `as_of`: when
        all of it was so, if the location is dark; "" if it is so now."""
        is_stale = bool(as_of)
        self.heading.set_text(f"As of {as_of}" if is_stale else "At the location")
        self.bar.setVisible(store is not None)
        self.plot.setVisible(store is not None)
        if store is not None:
            self.bar.show_fill(store.fill, mark, is_stale=is_stale)
        self._nothing.setVisible(not facts)
        if list(facts) == self.shown and is_stale == self.is_stale:
            return
        self.shown, self.is_stale = list(facts), is_stale
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row, (title, text) in enumerate(facts):
            self._grid.addWidget(
                WrappedLabel(title, "secondary"), row, 0, Qt.AlignmentFlag.AlignTop
            )
            value = WrappedLabel(text, "old" if is_stale else "")
            self._grid.addWidget(value, row, 1, Qt.AlignmentFlag.AlignTop)
