"""How the results page is divided: facets, table, and the drawer below both."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.facets import WIDTH as FACETS_WIDTH

DRAWER_HEIGHT = 268


class ResultPanes(QWidget):
    """A person moves the edges; a change of the text size lays the panes out anew."""

    def __init__(
        self, holder: ThemeHolder, facets: QWidget, table: QWidget, drawer: QWidget
    ) -> None:
        super().__init__()
        self._holder = holder
        self._drawer = drawer
        self._scale = 0.0
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its rows take it
        facets.setProperty("surface", "base")
        facets.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        scroll.setWidget(facets)
        self._across = QSplitter(Qt.Orientation.Horizontal)
        self._across.addWidget(scroll)
        self._across.addWidget(table)
        self._down = QSplitter(Qt.Orientation.Vertical)
        self._down.addWidget(self._across)
        self._down.addWidget(drawer)
        for splitter, stretching in ((self._across, 1), (self._down, 0)):
            splitter.setStretchFactor(stretching, 1)
            splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._down)
        holder.changed.connect(self._take_fonts)
        self._take_fonts()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the drawer gives way: a third at least is the table's."""
        super().resizeEvent(event)
        least = self._drawer.minimumHeight()
        self._drawer.setMaximumHeight(max(least, self.height() * 2 // 3))

    def _take_fonts(self) -> None:
        fonts = self._holder.fonts
        if fonts.scale == self._scale:
            return
        self._scale = fonts.scale
        width, height = fonts.px(FACETS_WIDTH), fonts.px(DRAWER_HEIGHT)
        self._across.setSizes([width, max(width, self.width() - width)])
        self._down.setSizes([max(height, self.height() - height), height])
