"""The strip of work tabs: names that stay readable, and a list of all of them."""

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QIcon, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QTabBar, QToolButton, QWidget

from sesam_master.ui.icons import icon
from sesam_master.ui.theme import ThemeHolder

LIST_KEYS = "Ctrl+Shift+O"
_MOST_WIDTH = 280
_MARGIN = 2


class WorkTabs(QTabBar):
    """A tab is as wide as its title, and where they do not fit, the strip scrolls; a very long
    title loses its middle, since the location stands at the end. A middle click and Delete close.

    `others_close_requested` has the place of the tab that stays.
    """

    others_close_requested = Signal(int)

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__()
        self._holder = holder
        self._pressed = -1
        self.setObjectName("work")
        self.setAccessibleName("Open tabs")
        self.setExpanding(False)
        self.setTabsClosable(True)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideMiddle)
        # Who closes a tab goes on where the tab was opened from, which is most often beside it.
        self.setSelectionBehaviorOnRemove(QTabBar.SelectionBehavior.SelectPreviousTab)

    def add(self, picture: QIcon, title: str, *, is_fixed: bool) -> None:
        """A tab at the end; a fixed one has nothing that closes it."""
        place = self.addTab(picture, "")
        self.rename(place, title)
        if is_fixed:
            for side in (QTabBar.ButtonPosition.RightSide, QTabBar.ButtonPosition.LeftSide):
                self.setTabButton(place, side, None)

    def rename(self, place: int, title: str) -> None:
        """Another title, of which the tool tip shows all."""
        self.setTabText(place, title.replace("&", "&&"))  # one alone would underline a letter
        self.setTabToolTip(place, title)

    def is_closable(self, place: int) -> bool:
        """Whether there is something that closes it."""
        sides = QTabBar.ButtonPosition.RightSide, QTabBar.ButtonPosition.LeftSide
        return any(self.tabButton(place, side) is not None for side in sides)

    def tabSizeHint(self, index: int) -> QSize:
        """Wide enough for the title as it is drawn in front, in bold."""
        hint = super().tabSizeHint(index)
        normal, bold = self.fontMetrics(), QFontMetrics(self._holder.fonts.body_bold)
        title = self.tabToolTip(index)
        more = max(0, bold.horizontalAdvance(title) - normal.horizontalAdvance(title)) + _MARGIN
        return QSize(min(hint.width() + more, self._holder.fonts.px(_MOST_WIDTH)), hint.height())

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.MiddleButton:
            self._pressed = self.tabAt(event.position().toPoint())
            return
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.MiddleButton:
            super().mouseReleaseEvent(event)
            return
        pressed, self._pressed = self._pressed, -1
        if pressed >= 0 and self.tabAt(event.position().toPoint()) == pressed:
            self.tabCloseRequested.emit(pressed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.tabCloseRequested.emit(self.currentIndex())
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        is_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        place = self.currentIndex() if is_key else self.tabAt(event.pos())
        if place < 0:
            return
        at = self.tabRect(place).bottomLeft() if is_key else event.pos()
        self._pop_up(place, self.mapToGlobal(at))

    def _pop_up(self, place: int, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        close = menu.addAction("Close", lambda: self.tabCloseRequested.emit(place))
        others = [each for each in range(self.count()) if each != place and self.is_closable(each)]
        rest = menu.addAction("Close the others", lambda: self.others_close_requested.emit(place))
        if not self.is_closable(place):
            close.setEnabled(False)
            close.setToolTip("This tab is always there.")
        if not others:
            rest.setEnabled(False)
            rest.setToolTip("No other tab can be closed.")
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)


class TabStrip(QWidget):
    """The tabs, and at its end a button with the list of all that are open."""

    def __init__(self, holder: ThemeHolder, tabs: WorkTabs) -> None:
        super().__init__()
        self._tabs = tabs
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.all = QToolButton()
        self.all.setProperty("tool", True)
        self.all.setIcon(icon("chevron-down", holder))
        self.all.setAccessibleName("List of the open tabs")
        self.all.setToolTip(f"List of the open tabs ({LIST_KEYS})")
        self.all.clicked.connect(self.show_list)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(4)
        row.addWidget(tabs, 1)
        row.addWidget(self.all)

    def show_list(self) -> QMenu:
        """All tabs by their whole titles, the one in front marked; choosing brings one there."""
        tabs, menu = self._tabs, QMenu(self)
        for place in range(tabs.count()):
            action = menu.addAction(tabs.tabIcon(place), tabs.tabText(place))
            action.triggered.connect(lambda _=False, at=place: tabs.setCurrentIndex(at))
            action.setCheckable(True)
            action.setChecked(place == tabs.currentIndex())
            if action.isChecked():
                menu.setActiveAction(action)
        menu.aboutToHide.connect(menu.deleteLater)
        right = self.all.mapToGlobal(self.all.rect().bottomRight())
        menu.popup(right - QPoint(menu.sizeHint().width(), 0))
        return menu
