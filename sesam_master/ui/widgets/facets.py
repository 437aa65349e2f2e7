"""The column of facets: what the whole set holds, counted, and what of it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from sesam_master.core.states import Connection, JobState
from sesam_master.ui.signs import paint_connection, paint_state
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.flat_button import FlatButton
from sesam_master.ui.widgets.search_field import SearchField

WIDTH = 182
SIDE = 14
BOX = 14
SIGN = 12
GAP = 8
_TICK = (QPointF(3.4, 7.3), QPointF(6.0, 9.8), QPointF(10.7, 4.6))
_PART = (QPointF(3.8, 7.0), QPointF(10.2, 7.0))


@dataclass(frozen=True)
class Facet:
    """One row. `count` is text: "?" for a location that does not answer; `tip` says why."""

    key: str
    label: str
    count: str
    is_checked: bool = False
    sign: JobState | Connection | None = None
    is_quiet: bool = False
    tip: str = ""


@dataclass(frozen=True)
class FacetGroup:
    """Rows under one heading. `more` is the text of a link below them, "" for none; `search` the
    hint in the field above them, "" for no field."""

    key: str
    heading: str
    facets: tuple[Facet, ...]
    more: str = ""
    search: str = ""


class FacetColumn(QWidget):
    """All groups. Rows of known keys are kept when counts change, with their focus; the search
    fields always. Signals carry the group's key."""

    changed = Signal(str, str, bool)
    more_clicked = Signal(str)
    searched = Signal(str, str)

    def __init__(self, holder: ThemeHolder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._holder = holder
        self._groups: tuple[FacetGroup, ...] = ()
        self._rows: dict[tuple[str, str], FacetRow] = {}
        self._fields: dict[str, QWidget] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 10, 0, 12)
        self._column.setSpacing(0)
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    @property
    def groups(self) -> tuple[FacetGroup, ...]:
        """What is shown."""
        return self._groups

    def sizeHint(self) -> QSize:
        """The width of the design, the height of the rows."""
        return QSize(self._holder.fonts.px(WIDTH), super().sizeHint().height())

    def set_groups(self, groups: Sequence[FacetGroup]) -> None:
        """Show these groups; rebuilt only when other rows come."""
        wanted = tuple(groups)
        if _outline(wanted) == _outline(self._groups):
            for group in wanted:
                for facet in group.facets:
                    self._rows[group.key, facet.key].set_facet(facet)
        else:
            self._rebuild(wanted)
        self._groups = wanted

    def checked(self, group_key: str) -> frozenset[str]:
        """Keys of the ticked rows of a group."""
        return frozenset(
            facet_key
            for (group, facet_key), row in self._rows.items()
            if group == group_key and row.isChecked()
        )

    def _rebuild(self, groups: tuple[FacetGroup, ...]) -> None:
        focus = next((key for key, row in self._rows.items() if row.hasFocus()), None)
        kept = {group.key for group in groups if group.search}
        for key in self._fields.keys() - kept:
            self._fields.pop(key).deleteLater()
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget not in self._fields.values():
                widget.hide()
                widget.deleteLater()
        self._rows.clear()
        for place, group in enumerate(groups):
            if place:
                self._column.addSpacing(10)
            heading = QLabel(group.heading)
            heading.setProperty("role", "facets")
            heading.setContentsMargins(SIDE, 0, SIDE, 4)
            self._column.addWidget(heading)
            if group.search:
                self._column.addWidget(self._field(group))
            for facet in group.facets:
                self._column.addWidget(self._row(group.key, facet))
            if group.more:
                self._column.addWidget(self._more(group))
        self._column.addStretch(1)
        if focus in self._rows:
            self._rows[focus].setFocus(Qt.FocusReason.OtherFocusReason)

    def _field(self, group: FacetGroup) -> QWidget:
        place = self._fields.get(group.key)
        if place is None:
            field = SearchField(self._holder, group.search)
            field.textChanged.connect(lambda text, key=group.key: self.searched.emit(key, text))
            place = QWidget()
            row = QHBoxLayout(place)
            row.setContentsMargins(SIDE, 0, SIDE, 4)
            row.addWidget(field)
            self._fields[group.key] = place
        return place

    def _row(self, group_key: str, facet: Facet) -> "FacetRow":
        row = FacetRow(self._holder, facet)
        row.clicked.connect(lambda is_on, key=facet.key: self.changed.emit(group_key, key, is_on))
        self._rows[group_key, facet.key] = row
        return row

    def _more(self, group: FacetGroup) -> QWidget:
        link = QPushButton(group.more)
        link.setProperty("link", True)
        link.clicked.connect(lambda _=False, key=group.key: self.more_clicked.emit(key))
        link.setMinimumWidth(1)
        place = QWidget()
        row = QHBoxLayout(place)
        row.setContentsMargins(SIDE + BOX + GAP - 5, 2, 0, 0)
        row.addWidget(link)
        row.addStretch(1)
        return place


class FacetRow(FlatButton):
    """Box, sign, label, count; flat and ticked with Space."""

    def __init__(self, holder: ThemeHolder, facet: Facet, parent: QWidget | None = None) -> None:
        super().__init__(holder, parent)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_facet(facet)

    def set_facet(self, facet: Facet) -> None:
        """Take label, count and tick."""
        self._facet = facet
        self.setText(facet.label)
        self.setToolTip(facet.tip)
        self.setAccessibleDescription(facet.tip)
        self.setAccessibleName(f"{facet.label}, {facet.count}")
        self.setChecked(facet.is_checked)
        self.update()

    def sizeHint(self) -> QSize:
        """One row of 24 px at the size of the design."""
        height = QFontMetrics(self.holder.fonts.body).height()
        return QSize(self.holder.fonts.px(WIDTH), max(23, height + 7))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The row."""
        theme, fonts, facet = self.holder.current, self.holder.fonts, self._facet
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect(), theme.hover)
        middle, side, size = self.height() / 2, fonts.px(BOX), fonts.px(SIGN)
        box = QRectF(SIDE, middle - side / 2, side, side)
        paint_check_box(painter, box, self.isChecked(), self.holder)
        x = SIDE + side + GAP
        sign_rect = QRectF(x, middle - size / 2, size, size)
        if isinstance(facet.sign, JobState):
            paint_state(painter, facet.sign, sign_rect, theme)
        elif isinstance(facet.sign, Connection):
            paint_connection(painter, facet.sign, sign_rect, theme)
        if facet.sign is not None:
            x += size + GAP - 1
        count_width = QFontMetrics(fonts.small).horizontalAdvance(facet.count)
        label = QRect(x, 0, self.width() - x - SIDE - count_width - GAP, self.height())
        painter.setFont(fonts.body)
        painter.setPen(theme.text2 if facet.is_quiet and not self.isChecked() else theme.text)
        shown = QFontMetrics(fonts.body).elidedText(
            facet.label, Qt.TextElideMode.ElideRight, max(0, label.width())
        )
        painter.drawText(label, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.setFont(fonts.small)
        painter.setPen(theme.text3)
        painter.drawText(
            self.rect().adjusted(0, 0, -SIDE, 0),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            facet.count,
        )
        self.paint_ring(painter, 3)


def paint_check_box(
    painter: QPainter, box: QRectF, is_checked: bool | None, holder: ThemeHolder
) -> None:
    """A check box of 14 px as the style sheet draws it; None is the third state, partly."""
    theme = holder.current
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    is_filled = is_checked is not False
    painter.setPen(QPen(theme.accent if is_filled else theme.control, 1))
    painter.setBrush(theme.accent if is_filled else theme.base)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    if is_filled:
        painter.setPen(QPen(theme.on_accent, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        points = _PART if is_checked is None else _TICK
        unit = box.width() / 14
        painter.drawPolyline([box.topLeft() + point * unit for point in points])
    painter.restore()


def _outline(groups: tuple[FacetGroup, ...]) -> list[tuple[object, ...]]:
    return [(g.key, g.heading, g.more, g.search, tuple(f.key for f in g.facets)) for g in groups]
