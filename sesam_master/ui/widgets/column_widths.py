"""How wide the columns of a table are: what must be read, then the room, then a person's wish."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Generic

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHeaderView

from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import CellKind, Column, R

HEADER_SIDES = 28  # the padding of the style sheet and the margin of the style, which scales
NARROWEST_COLUMN = 28


@dataclass(frozen=True, slots=True)
class Wish:
    """Widths in px: the least that a column can do with, what it wants, the most that helps it."""

    least: int
    width: int
    most: int


def fitted(wishes: Sequence[Wish], room: int) -> list[int]:
    """Widths for the room: all give way alike when it is short; what is left goes to the last.

    Where the least widths are too much, those that may be elided at all go down to half of them.
    """
    wishes = _within(wishes, room)
    widths = [wish.width for wish in wishes]
    spare = room - sum(widths)
    limits = [wish.least if spare < 0 else wish.most for wish in wishes]
    play = [abs(limit - width) for limit, width in zip(limits, widths, strict=True)]
    share = min(1.0, abs(spare) / sum(play)) if any(play) else 0.0
    # Rounded so that it fits; the last one gets what that leaves.
    steps = [-ceil(share * p) if spare < 0 else int(share * p) for p in play]
    widths = [width + step for width, step in zip(widths, steps, strict=True)]
    if widths:
        rest = room - sum(widths)
        widths[-1] = max(min(wishes[-1].least, widths[-1]), widths[-1] + rest)
    return widths


def _within(wishes: Sequence[Wish], room: int) -> Sequence[Wish]:
    over = sum(wish.least for wish in wishes) - room
    soft = sum(wish.least // 2 for wish in wishes if wish.least < wish.most)
    if over <= 0 or room <= 0 or not soft:
        return wishes
    share = min(1.0, over / soft)
    return [
        Wish(wish.least - ceil(share * (wish.least // 2)), wish.width, wish.most)
        if wish.least < wish.most
        else wish
        for wish in wishes
    ]


class ColumnWidths(QObject, Generic[R]):
    """Keeps the sections of one header. A width that a person gave stays what it is.

    `text_width` measures a cell of a kind with a text.
    """

    given = Signal()

    def __init__(
        self,
        holder: ThemeHolder,
        header: QHeaderView,
        columns: Sequence[Column[R]],
        text_width: Callable[[CellKind, str], int],
    ) -> None:
        super().__init__(header)
        self._holder = holder
        self._header = header
        self._columns = tuple(columns)
        self._text_width = text_width
        self._given: dict[str, int] = {}
        self._squeezed: set[int] = set()
        self._room = 0
        self._is_fitting = False
        header.sectionResized.connect(self._take_resize)
        header.model().headerDataChanged.connect(lambda: self.fit(self._room))

    @property
    def by_person(self) -> Mapping[str, int]:
        """Widths that a person gave, by the column's key."""
        return dict(self._given)

    def give(self, widths: Mapping[Any, Any]) -> None:
        """Take widths that a person gave before; odd ones are passed over."""
        known = {column.key for column in self._columns}
        self._given = {
            key: width
            for key, width in widths.items()
            if key in known and isinstance(width, int) and width >= NARROWEST_COLUMN
        }
        self.fit(self._room)

    def forget(self) -> None:
        """All columns get the width that fits again."""
        self._given.clear()
        self.fit(self._room)
        self.given.emit()

    def fit(self, room: int) -> None:
        """Lay the shown columns into a room of so many px."""
        self._room = room
        header = self._header
        wanted = [p for p in range(len(self._columns)) if not self.is_hidden(p)]
        wishes = {place: self._wish(self._columns[place]) for place in wanted}
        squeezed = set()
        for place in sorted(wanted, key=lambda p: self._columns[p].yields):
            least = sum(wishes[p].least for p in wanted if p not in squeezed)
            if self._columns[place].yields and least > room > 0:
                squeezed.add(place)
        self._is_fitting = True
        for place in wanted:
            header.setSectionHidden(place, place in squeezed)
        self._is_fitting = False
        self._squeezed = squeezed
        shown = self._shown()
        widths = fitted([wishes[place] for place in shown], room)
        self._set(dict(zip(shown, widths, strict=True)))

    def is_hidden(self, place: int) -> bool:
        """Whether a person hid the column; one that only has no room now is not."""
        return self._header.isSectionHidden(place) and place not in self._squeezed

    def set_hidden(self, place: int, is_hidden: bool) -> None:
        """Hide or show a column as a person wants it; `fit` brings it in."""
        self._squeezed.discard(place)
        self._header.setSectionHidden(place, is_hidden)

    def has_no_room(self, place: int) -> bool:
        """Whether the column would be shown in a wider table."""
        return place in self._squeezed

    def _shown(self) -> list[int]:
        header = self._header
        places = [p for p in range(len(self._columns)) if not header.isSectionHidden(p)]
        return sorted(places, key=header.visualIndex)

    def _wish(self, column: Column[R]) -> Wish:
        given = self._given.get(column.key)
        if given is not None:
            return Wish(given, given, given)
        px, place = self._holder.fonts.px, self._columns.index(column)
        heading = self._header.model().headerData(place, Qt.Orientation.Horizontal)
        metrics = QFontMetrics(self._holder.fonts.small_medium)
        needed = [self._text_width(column.kind, text) for text in column.fits]
        least = max([metrics.horizontalAdvance(str(heading)) + px(HEADER_SIDES), *needed])
        width = max(least, px(column.width))
        least = width if column.least is None else min(width, max(least, px(column.least)))
        return Wish(least, width, max(width, px(column.most)))

    def _set(self, widths: Mapping[int, int]) -> None:
        self._is_fitting = True
        for place, width in widths.items():
            self._header.resizeSection(place, width)
        self._is_fitting = False

    def _take_resize(self, place: int, before: int, now: int) -> None:
        if self._is_fitting or not before or not now:
            return
        self._given[self._columns[place].key] = now
        shown = self._shown()
        last = shown[-1]
        if place != last and self._columns[last].key not in self._given:
            # Only the last one gives way, so that the edge stays under the pointer.
            rest = self._room - sum(self._header.sectionSize(at) for at in shown[:-1])
            self._set({last: max(rest, self._wish(self._columns[last]).least)})
        self.given.emit()
