"""The window that walks through what stands in the form of a task, and says what its excludes
leave out and how much stays."""

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sesam_master.core.client_files import Walk, WalkFailure, WalkWish
from sesam_master.core.client_files_source import ClientFilesSource
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.walk_tables import largest_table, left_out_table
from sesam_master.ui.formatting import number_text, size_text
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.fields import caption
from sesam_master.ui.objects.warning_list import WarningList
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.thin_progress import ThinProgress

_WIDTH, _HEIGHT = 940, 640
_MOST_NAMED = 5
_NOT_YET = "–"
_NOTHING_COMPARED = "compared with no saveset"
_WALKING = EmptyContent(
    "search",
    "Walking through the sources",
    "Nothing is saved or changed. It takes as long as a backup takes to find its files.",
)
_NO_RESULT = EmptyContent(
    "search", "No result", "Correct what is said above in the form, and test again."
)
_CANCELLED = EmptyContent("search", "No result", "The walk was cancelled before its end.")
_CHANGED = "What stands in the form has changed since this test."


class ExcludeTester(QDialog):
    """Not modal. Tests at once, and again when a person says so; closing it ends the walk."""

    _told = Signal(int, bool)

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: ClientFilesSource,
        place: tuple[str, str],
        wish: WalkWish,
        parent: QWidget | None = None,
    ) -> None:
        """`place`: id and name of the location."""
        super().__init__(parent)
        self._location_id, self._location = place
        self._bridge, self._source = bridge, source
        self._wish = wish
        self._tested: WalkWish | None = None
        self._said = ""
        self._stop: Callable[[], None] | None = None
        self.setWindowTitle("Test excludes")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.head = ElidedLabel(holder, "")
        self.state = ElidedLabel(holder, "", "secondary")
        self.test = QPushButton("Test again")
        self.close_button = QPushButton("Close")
        self.progress = ThinProgress(holder)
        self.kept, self.left = _Total("A FULL would save"), _Total("Left out")
        self.changed = _Total("An INC would save")
        self.warnings = WarningList(holder)
        self.left_out, self.left_out_view = left_out_table(holder, self)
        self.largest, self.largest_view = largest_table(holder, self)
        self.empty = EmptyState(holder, _WALKING)
        self._tables = QSplitter(Qt.Orientation.Vertical)
        self._stack = QStackedWidget()
        self._lay_out(holder)
        self._told.connect(self._show_progress)
        self.test.clicked.connect(self._press)
        self.close_button.clicked.connect(self.close)
        self.run()

    @property
    def is_running(self) -> bool:
        """A walk goes on."""
        return self._stop is not None

    def set_wish(self, wish: WalkWish) -> None:
        """The form has something else in it now."""
        self._wish = wish
        self._show_head()

    def run(self) -> None:
        """Walk through what is in the form."""
        self._tested = self._wish
        self._clear()
        self.progress.start()
        self.state.set_text("Waiting for the location …")
        question = self._source.test_excludes(self._location_id, self._wish, self._tell)
        self._stop = self._bridge.ask(question, self, self._take, self._fail)
        self._show_head()

    # -- parts

    def _lay_out(self, holder: ThemeHolder) -> None:
        for button in (self.test, self.close_button):
            button.setAutoDefault(False)
        totals = QHBoxLayout()
        totals.setSpacing(48)
        for total in (self.kept, self.changed, self.left):
            totals.addWidget(total)
        totals.addStretch(1)
        top = QVBoxLayout()
        top.setContentsMargins(16, 14, 16, 10)
        top.setSpacing(8)
        top.addWidget(self.head)
        top.addLayout(totals)
        top.addWidget(self.warnings)
        self._tables.addWidget(self.left_out_view)
        self._tables.addWidget(self.largest_view)
        self._tables.setSizes([holder.fonts.px(260), holder.fonts.px(200)])
        self._tables.setChildrenCollapsible(False)
        for widget in (self.empty, self._tables):
            self._stack.addWidget(widget)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(16, 10, 16, 14)
        bottom.setSpacing(8)
        bottom.addWidget(self.state, 1)
        bottom.addWidget(self.close_button)
        bottom.addWidget(self.test)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.progress)
        layout.addWidget(self._stack, 1)
        layout.addLayout(bottom)
        self.resize(holder.fonts.px(_WIDTH), holder.fonts.px(_HEIGHT))

    # -- inside

    def _press(self) -> None:
        if self.is_running:
            self._end("Cancelled.", _CANCELLED)
        else:
            self.run()

    def _tell(self, entries: int, is_waiting: bool) -> None:
        """On the network thread."""
        if shiboken6.isValid(self):
            self._told.emit(entries, is_waiting)

    def _show_progress(self, entries: int, is_waiting: bool) -> None:
        if not self.is_running:
            return
        walking = f"{number_text(entries)} entries so far …"
        self.state.set_text("Waiting for other tests to end …" if is_waiting else walking)

    def _take(self, found: Walk | WalkFailure) -> None:
        if isinstance(found, WalkFailure):
            self._end("The walk has no result.", _NO_RESULT)
            text = found.text.rstrip(".")
            self.warnings.show_sentences([f"{text[:1].upper()}{text[1:]}."], [])
            return
        self._end(f"{number_text(found.kept_files + found.left_files)} files looked at.")
        self.kept.show_total(
            size_text(found.kept_size),
            f"{_files(found.kept_files)} in {_directories(found.kept_directories)}",
        )
        self._show_changed(found)
        self.left.show_total(size_text(found.left_size), _files(found.left_files))
        self.warnings.show_sentences([], [*_idle(found), *found.warnings])
        self.left_out.replace_all(found.left_out)
        self.left_out_view.setVisible(bool(found.left_out))
        self.largest.replace_all(found.largest)

    def _show_changed(self, found: Walk) -> None:
        if found.compared_with:
            since = f"{_files(found.changed_files)} since {found.compared_with}"
            self.changed.show_total(size_text(found.changed_size), since)
        else:
            self.changed.show_total(_NOT_YET, found.not_compared or _NOTHING_COMPARED)

    def _fail(self, error: Exception) -> None:
        self._end("The walk has no result.", _NO_RESULT)
        doing = f"test the excludes on {self._wish.client}"
        self.warnings.show_sentences([notice(error, doing, self._location).text], [])

    def _end(self, said: str, instead: EmptyContent | None = None) -> None:
        """`instead`: what stands in place of the tables."""
        if instead is not None:
            self.empty.set_content(instead)
        else:
            self._stack.setCurrentWidget(self._tables)
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()
        self.progress.stop()
        self._said = said
        self._show_head()

    def _clear(self) -> None:
        for total in (self.kept, self.changed, self.left):
            total.show_total(_NOT_YET, "")
        self.warnings.show_sentences([], [])
        self.left_out.replace_all(())
        self.largest.replace_all(())
        self.empty.set_content(_WALKING)
        self._stack.setCurrentWidget(self.empty)

    def _show_head(self) -> None:
        wish = self._tested or self._wish
        self.head.set_text(
            f"{_counted(len(wish.sources), 'source')} of {wish.client} at {self._location}, "
            f"{_counted(len(wish.excludes), 'exclude')}, walked through as a backup would"
        )
        is_old = self._tested != self._wish
        if not self.is_running:
            self.state.set_text(_CHANGED if is_old else self._said)
        self.test.setText("Cancel" if self.is_running else "Test again")
        self.test.setProperty("primary", is_old and not self.is_running)
        self.test.style().unpolish(self.test)
        self.test.style().polish(self.test)


class _Total(QWidget):
    """A size, and what it is of."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.size_label, self.detail = QLabel(_NOT_YET), caption("")
        self.size_label.setProperty("role", "heading")
        self.detail.setWordWrap(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        title_label = QLabel(title)
        title_label.setProperty("role", "secondary")
        for label in (title_label, self.size_label, self.detail):
            column.addWidget(label)
        self._title = title

    def show_total(self, size: str, detail: str) -> None:
        self.size_label.setText(size)
        self.detail.setText(detail)
        self.setAccessibleName(f"{self._title}: {size}, {detail}")


def _idle(walk: Walk) -> list[str]:
    """The commonest mistake: excludes that were written and mean nothing here."""
    idle = [item.pattern for item in walk.left_out if item.hits_nothing]
    if not idle:
        return []
    named = ", ".join(idle[:_MOST_NAMED])
    more = f" and {number_text(len(idle) - _MOST_NAMED)} more" if len(idle) > _MOST_NAMED else ""
    verb = "hits" if len(idle) == 1 else "hit"
    return [f"{_counted(len(idle), 'exclude')} {verb} nothing: {named}{more}."]


def _counted(count: int, noun: str) -> str:
    return f"{number_text(count)} {noun}" + ("" if count == 1 else "s")


def _files(count: int) -> str:
    return _counted(count, "file")


def _directories(count: int) -> str:
    return "1 directory" if count == 1 else f"{number_text(count)} directories"
