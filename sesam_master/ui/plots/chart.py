"""The drawing of a plot with pyqtgraph, which takes a quarter of a second to import: this module is
imported when the first plot is shown."""

import math
from collections.abc import Callable

import pyqtgraph
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QBrush, QFontMetrics, QPen, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sesam_master.core.states import JobState
from sesam_master.ui.plots.axes import day_ticks, round_top, value_ticks
from sesam_master.ui.plots.content import PlotContent, Shape
from sesam_master.ui.theme import ThemeHolder

_SPECK = 0.01  # of the width: a line so short is shown as a dot
_LINE_WIDTH = 2
_BAR_WIDTH = 0.7  # of what it stands for
_LINE_APART = 28  # of ticks at the axis of values
_LABEL = "00 Mmm 0000"


class Chart(QWidget):
    """One plot. `hovered` is told the place of the point under the pointer, None for none."""

    def __init__(self, holder: ThemeHolder, hovered: Callable[[int | None], None]) -> None:
        super().__init__()
        self._holder = holder
        self._hovered = hovered
        self._content: PlotContent | None = None
        self._chosen: int | None = None
        self._top = 1.0
        self._rules: list[pyqtgraph.InfiniteLine] = []
        self.view = pyqtgraph.PlotWidget(enableMenu=False)
        self.view.setAntialiasing(True)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setMouseEnabled(x=False, y=False)
        self.view.hideButtons()
        self.view.scene().sigMouseMoved.connect(self._look)
        self.upright = pyqtgraph.InfiniteLine(angle=90, movable=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        holder.changed.connect(self._draw)

    def show_content(self, content: PlotContent) -> None:
        """Another plot."""
        self._content = content
        self._chosen = None
        self._draw()

    def choose(self, place: int | None) -> None:
        """Put the upright line at a point."""
        self._chosen = place
        points = self._content.points if self._content is not None else ()
        is_there = place is not None and place < len(points)
        self.upright.setVisible(is_there)
        if is_there and place is not None:
            self.upright.setPos(points[place].at)

    def sizeHint(self) -> QSize:
        """That of the widget within would make a page with several plots scroll."""
        return self.minimumSize()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_ticks()

    # -- inside

    def _draw(self) -> None:
        content, theme = self._content, self._holder.current
        if content is None:
            return
        plot = self.view.getPlotItem()
        plot.clear()
        self._rules = []
        self.view.setBackground(theme.base)
        self._draw_points(content)
        self._draw_levels(content)
        self.upright = pyqtgraph.InfiniteLine(angle=90, movable=False, pen=QPen(theme.text3, 0))
        plot.addItem(self.upright)
        values = [point.value for point in content.points]
        ends = [content.trend.value_then] if content.trend is not None else []
        self._top = max(content.top, round_top(max([*values, *ends], default=1.0)))
        plot.setXRange(content.first, content.last, padding=0)
        for name in ("left", "bottom"):
            axis = plot.getAxis(name)
            axis.setPen(QPen(theme.border, 0))
            axis.setTextPen(theme.text3)
            axis.setStyle(
                tickFont=self._holder.fonts.small, tickLength=0, hideOverlappingLabels=False
            )
        self.choose(self._chosen)
        self._set_ticks()

    def _draw_points(self, content: PlotContent) -> None:
        theme, plot = self._holder.current, self.view.getPlotItem()
        xs = [point.at for point in content.points]
        ys = [point.value for point in content.points]
        if content.shape is Shape.BARS:
            width = _BAR_WIDTH * content.bar_days
            plot.addItem(
                pyqtgraph.BarGraphItem(
                    x=xs, height=ys, width=width, pen=QPen(Qt.PenStyle.NoPen), brush=theme.plot
                )
            )
            return
        line = QPen(theme.plot, _LINE_WIDTH)
        line.setCosmetic(True)
        symbol = {"symbol": "o", "symbolSize": 5, "symbolBrush": theme.plot, "symbolPen": None}
        plot.addItem(
            pyqtgraph.PlotDataItem(
                *(xs, ys),
                pen=line,
                fillLevel=0,
                brush=QBrush(theme.plot_area),
                **(symbol if max(xs) - min(xs) < _SPECK * (content.last - content.first) else {}),
            )
        )

    def _draw_levels(self, content: PlotContent) -> None:
        theme, plot = self._holder.current, self.view.getPlotItem()
        if content.mark is not None:
            pen = QPen(theme.state(JobState.WARNING).word, 1)
            pen.setCosmetic(True)
            plot.addItem(pyqtgraph.InfiniteLine(pos=content.mark.value, angle=0, pen=pen))
            words = pyqtgraph.TextItem(
                content.mark.words, color=theme.state(JobState.WARNING).word, anchor=(0, 0)
            )
            words.setFont(self._holder.fonts.small)
            words.setPos(QPointF(content.first, content.mark.value))
            plot.addItem(words)
        if content.trend is not None:
            dashed = QPen(theme.text2, _LINE_WIDTH)
            dashed.setCosmetic(True)
            dashed.setDashPattern([3, 3])
            trend = content.trend
            xs, ys = [trend.at, trend.until], [trend.value, trend.value_then]
            plot.addItem(pyqtgraph.PlotDataItem(xs, ys, pen=dashed))

    def _set_ticks(self) -> None:
        content = self._content
        if content is None:
            return
        plot, metrics = self.view.getPlotItem(), QFontMetrics(self._holder.fonts.small)
        across = max(1, self.width() // (metrics.horizontalAdvance(_LABEL) + 8))
        up = max(1, min(5, self.height() // self._holder.fonts.px(_LINE_APART)))
        # The label of the top stands half above it, whatever the height.
        high = max(1, self.height() - metrics.height() - 6)
        beyond = min(0.3, (metrics.height() / 2 + 2) / high)
        plot.setYRange(0, self._top * (1 + beyond), padding=0.01)
        values = value_ticks(self._top, content.words, up)
        left = plot.getAxis("left")
        left.setWidth(max(metrics.horizontalAdvance(words) for _at, words in values) + 12)
        left.setTicks([values])
        self._rule([at for at, _words in values])
        bottom = plot.getAxis("bottom")
        room = (content.last - content.first) / max(1, self.width() - left.width())
        fitting = [
            (at, words)
            for at, words in day_ticks(content.first, content.last, across)
            if at + metrics.horizontalAdvance(words) / 2 * room <= content.last
        ]
        bottom.setTicks([fitting])
        bottom.setHeight(metrics.height() + 6)

    def _rule(self, levels: list[float]) -> None:
        """A hairline at each of the levels, behind all."""
        plot = self.view.getPlotItem()
        for line in self._rules:
            plot.removeItem(line)
        pen = QPen(self._holder.current.line, 0)
        self._rules = [pyqtgraph.InfiniteLine(pos=at, angle=0, pen=pen) for at in levels]
        for line in self._rules:
            line.setZValue(-10)
            plot.addItem(line)

    def _look(self, place: QPointF) -> None:
        content = self._content
        plot = self.view.getPlotItem()
        if content is None or not content.points or not plot.sceneBoundingRect().contains(place):
            self._hovered(None)
            return
        at = plot.vb.mapSceneToView(place).x()
        nearest = min(
            range(len(content.points)), key=lambda each: math.fabs(content.points[each].at - at)
        )
        self._hovered(nearest)
