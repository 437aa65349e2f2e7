"""The frame of the desk: menus, tool bar, tree, work tabs, messages, status.

It knows no pages and no verbs: both are given to it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast, runtime_checkable

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QContextMenuEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QStatusBar,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from sesam_master.ui.actions import ActionSet
from sesam_master.ui.icons import icon
from sesam_master.ui.messages import MessagesBar
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.work_tabs import LIST_KEYS, TabStrip, WorkTabs

TREE_WIDTH = 236
WINDOW_MENU = "&Window"  # it ends with what the window itself can do
# An action id, or None for a separator.
Menu = Sequence[str | None]


class Page(Protocol):
    """What the window needs to know of a page, which is a QWidget."""

    title: str
    icon_name: str


@runtime_checkable
class Refreshes(Protocol):
    """A page that can ask its locations again."""

    def refresh(self) -> None:
        """What is shown stays until they answer."""


class MainWindow(QMainWindow):
    """`closed` comes once, when a person closes the window and `may_close` does not object."""

    closed = Signal()
    page_shown = Signal(object)

    def __init__(
        self,
        holder: ThemeHolder,
        actions: ActionSet,
        menus: Mapping[str, Menu],
        tools: Menu,
        tree: QWidget,
        status: QStatusBar,
        messages: MessagesBar,
    ) -> None:
        super().__init__()
        self._holder = holder
        self._actions = actions
        self._pages: list[QWidget] = []
        self._fixed: set[QWidget] = set()
        self._tree = tree
        self.may_close: Callable[[], bool] = lambda: True
        self.messages = messages
        self.tabs = WorkTabs(holder)
        self._strip = TabStrip(holder, self.tabs)
        self.stack = QStackedWidget()
        self._banners = QVBoxLayout()
        self.setWindowTitle("Sesam Master")
        made = self._fill_menus(menus)
        self._fill_tools(tools)
        self._lay_out()
        self.setStatusBar(status)
        self._bind_keys(
            made[WINDOW_MENU] if WINDOW_MENU in made else self.menuBar().addMenu(WINDOW_MENU)
        )
        self.setMinimumSize(640, 420)
        self.resize(1280, 800)

    # -- pages

    def add_banner(self, banner: QWidget) -> None:
        """A line over all pages, for what concerns the whole desk; it is hidden and shown by its
        owner."""
        self._banners.addWidget(banner)

    def add_page(self, page: Page, *, is_fixed: bool = False) -> None:
        """Opens a tab for a page; a fixed one cannot be closed."""
        widget = cast(QWidget, page)
        self._pages.append(widget)
        if is_fixed:
            self._fixed.add(widget)
        self.stack.addWidget(widget)
        self.tabs.add(icon(page.icon_name, self._holder), page.title, is_fixed=is_fixed)
        self._show_current()

    def show_page(self, page: Page) -> None:
        """Brings the tab of a page to the front."""
        self.tabs.setCurrentIndex(self._pages.index(cast(QWidget, page)))

    def open_page(self, page: Page) -> None:
        """Opens a tab that a person asked for: it comes to the front, with the keyboard in it."""
        self.add_page(page)
        self.show_page(page)
        _focus_first(cast(QWidget, page))

    def rename_page(self, page: Page) -> None:
        """Shows the title that a page has now."""
        self.tabs.rename(self._pages.index(cast(QWidget, page)), page.title)

    def close_page(self, page: Page) -> None:
        """Closes the tab of a page and destroys it; a fixed one stays."""
        widget = cast(QWidget, page)
        if widget not in self._pages or widget in self._fixed:
            return
        place = self._pages.index(widget)
        self._pages.remove(widget)
        self.tabs.removeTab(place)
        self._show_current()  # while it is still there, so that the keyboard goes on with the next
        self.stack.removeWidget(widget)
        widget.deleteLater()

    @property
    def current_page(self) -> QWidget | None:
        """The page whose tab is in front."""
        return self.stack.currentWidget()

    def has_page(self, page: Page) -> bool:
        """Whether the page still has its tab."""
        return cast(QWidget, page) in self._pages

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        super().closeEvent(event)
        self.closed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and self.isActiveWindow():
            self._actions.refresh()

    # -- inside

    def _fill_menus(self, menus: Mapping[str, Menu]) -> dict[str, QMenu]:
        made = {}
        for title, entries in menus.items():
            menu = made[title] = self.menuBar().addMenu(title)
            menu.setToolTipsVisible(True)
            for entry in entries:
                if entry is None:
                    menu.addSeparator()
                else:
                    menu.addAction(self._actions.qaction(entry))
        return made

    def _fill_tools(self, tools: Menu) -> None:
        bar = QToolBar("Tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(16, 16))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        for entry in tools:
            if entry is None:
                bar.addSeparator()
            else:
                bar.addAction(self._actions.qaction(entry))
        self.addToolBar(bar)

    def _lay_out(self) -> None:
        self.tabs.currentChanged.connect(self._show_current)
        self.tabs.tabCloseRequested.connect(lambda place: self._close_place(place))
        self.tabs.others_close_requested.connect(self._close_others)
        work = QWidget()
        column = QVBoxLayout(work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._strip)
        column.addLayout(self._banners)
        column.addWidget(self.stack, 1)
        column.addWidget(self.messages)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._tree)
        splitter.addWidget(work)
        splitter.setStretchFactor(0, 0)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        self._tree.setMinimumWidth(180)
        splitter.setSizes([TREE_WIDTH, 1280 - TREE_WIDTH])
        splitter.setMinimumSize(1, 1)  # nothing that opens in the window makes it larger
        self.setCentralWidget(splitter)

    def _bind_keys(self, menu: QMenu) -> None:
        def bind(text: str, keys: str, run: Callable[[], object], also: str = "") -> None:
            action = menu.addAction(text, run)
            action.setShortcuts([QKeySequence(each) for each in (keys, also) if each])

        menu.addSeparator()
        bind("Next pane", "F6", lambda: self._next_pane(1))
        bind("Previous pane", "Shift+F6", lambda: self._next_pane(-1))
        bind("Next tab", "Ctrl+Tab", lambda: self._next_tab(1), "Ctrl+PgDown")
        bind("Previous tab", "Ctrl+Shift+Tab", lambda: self._next_tab(-1), "Ctrl+PgUp")
        bind("List of the open tabs", LIST_KEYS, self._strip.show_list)
        bind("Close tab", "Ctrl+W", lambda: self._close_place(self.tabs.currentIndex()))
        bind("Messages", "Ctrl+M", self.messages.toggle)
        bind("Context menu", "Shift+F10", self._open_context_menu)

    def _next_tab(self, step: int) -> None:
        if self._pages:
            self.tabs.setCurrentIndex((self.tabs.currentIndex() + step) % len(self._pages))

    def _next_pane(self, step: int) -> None:
        panes = [self._tree, self.tabs, self.stack, self.messages]
        focus = self.focusWidget()
        here = next((i for i, p in enumerate(panes) if focus and p.isAncestorOf(focus)), None)
        place = 1 if focus is self.tabs else here
        target = panes[0] if place is None else panes[(place + step) % len(panes)]
        widget = target.currentWidget() if target is self.stack else target
        _focus_first(cast(QWidget, widget))

    def _open_context_menu(self) -> None:
        """As the menu key does, which not every keyboard has: of the platforms' plugins only some
        take Shift+F10 for it."""
        widget = self.focusWidget()
        if widget is None:
            return
        cursor = widget.inputMethodQuery(Qt.InputMethodQuery.ImCursorRectangle)
        place = cursor.center() if isinstance(cursor, QRect) else widget.rect().center()
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Keyboard, place, widget.mapToGlobal(place)
        )
        QApplication.sendEvent(widget, event)

    def _close_place(self, place: int) -> None:
        if 0 <= place < len(self._pages):
            self.close_page(cast(Page, self._pages[place]))

    def _close_others(self, place: int) -> None:
        kept = self._pages[place]
        for page in [each for each in self._pages if each is not kept]:
            self.close_page(cast(Page, page))

    def _show_current(self, _place: int = -1) -> None:
        place = self.tabs.currentIndex()
        if 0 <= place < len(self._pages):
            left, page, focus = self.current_page, self._pages[place], self.focusWidget()
            self.stack.setCurrentWidget(page)
            is_elsewhere = focus is not None and (left is None or not left.isAncestorOf(focus))
            if left is not page and not is_elsewhere:
                _focus_again(page)
            self.page_shown.emit(self._pages[place])


def _focus_again(page: QWidget) -> None:
    """What had the keyboard when the page was left."""
    last = page.focusWidget()
    if last is not None:
        last.setFocus(Qt.FocusReason.OtherFocusReason)
    else:
        _focus_first(page)


def _focus_first(pane: QWidget) -> None:
    """The first widget of a pane that takes the focus by keyboard."""
    candidates = [pane, *pane.findChildren(QWidget)]
    for widget in candidates:
        if (
            widget.isVisible()
            and widget.isEnabled()
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ):
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            return
