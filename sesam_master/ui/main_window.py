"""The frame of the desk: menus, tool bar, tree, work tabs, messages, status.

It knows no pages and no verbs: both are given to it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QContextMenuEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QStatusBar,
    QTabBar,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from sesam_master.ui.actions import ActionSet
from sesam_master.ui.icons import icon
from sesam_master.ui.messages import MessagesBar
from sesam_master.ui.theme import ThemeHolder

TREE_WIDTH = 236
WINDOW_MENU = "&Window"  # it ends with what the window itself can do
# An action id, or None for a separator.
Menu = Sequence[str | None]


class Page(Protocol):
    """What the window needs to know of a page, which is a QWidget."""

    title: str
    icon_name: str


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
        self.tabs = QTabBar()
        self.stack = QStackedWidget()
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

    def add_page(self, page: Page, *, is_fixed: bool = False) -> None:
        """Opens a tab for a page; a fixed one cannot be closed."""
        widget = cast(QWidget, page)
        self._pages.append(widget)
        if is_fixed:
            self._fixed.add(widget)
        self.stack.addWidget(widget)
        place = self.tabs.addTab(icon(page.icon_name, self._holder), page.title)
        if is_fixed:
            for side in (QTabBar.ButtonPosition.RightSide, QTabBar.ButtonPosition.LeftSide):
                button = self.tabs.tabButton(place, side)
                if button is not None:
                    button.resize(0, 0)
        self._show_current()

    def show_page(self, page: Page) -> None:
        """Brings the tab of a page to the front."""
        self.tabs.setCurrentIndex(self._pages.index(cast(QWidget, page)))

    def rename_page(self, page: Page) -> None:
        """Shows the title that a page has now."""
        self.tabs.setTabText(self._pages.index(cast(QWidget, page)), page.title)

    def close_page(self, page: Page) -> None:
        """Closes the tab of a page and destroys it; a fixed one stays."""
        widget = cast(QWidget, page)
        if widget not in self._pages or widget in self._fixed:
            return
        place = self._pages.index(widget)
        self._pages.remove(widget)
        self.stack.removeWidget(widget)
        self.tabs.removeTab(place)
        widget.deleteLater()
        self._show_current()

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
        self.tabs.setObjectName("work")
        self.tabs.setExpanding(False)
        self.tabs.setTabsClosable(True)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self.tabs.currentChanged.connect(self._show_current)
        self.tabs.tabCloseRequested.connect(lambda place: self._close_place(place))
        strip = QWidget()
        strip.setProperty("surface", "window")
        strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        strip_column = QVBoxLayout(strip)
        strip_column.setContentsMargins(0, 0, 0, 0)
        strip_column.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignLeft)
        work = QWidget()
        column = QVBoxLayout(work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(strip)
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
        def bind(text: str, keys: str, run: Callable[[], object]) -> None:
            menu.addAction(text, QKeySequence(keys), run)

        menu.addSeparator()
        bind("Next pane", "F6", lambda: self._next_pane(1))
        bind("Previous pane", "Shift+F6", lambda: self._next_pane(-1))
        bind("Next tab", "Ctrl+Tab", lambda: self._next_tab(1))
        bind("Previous tab", "Ctrl+Shift+Tab", lambda: self._next_tab(-1))
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

    def _show_current(self, _place: int = -1) -> None:
        place = self.tabs.currentIndex()
        if 0 <= place < len(self._pages):
            self.stack.setCurrentWidget(self._pages[place])
            self.page_shown.emit(self._pages[place])


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
