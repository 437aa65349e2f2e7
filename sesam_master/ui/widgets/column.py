"""What a column of a table is: plain data and three functions, no Qt widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from PySide6.QtCore import Qt

from sesam_master.core.states import JobState
from sesam_master.ui.formatting import MISSING, UNKNOWN

R = TypeVar("R")


class CellKind(StrEnum):
    """How a cell is drawn; in brackets what `Column.value` has to return for it.

    STATE: sign and coloured word (JobState, Connection or None). LOCATION: small connection sign
    and name (Connection or None). TYPE: a letter in a box. TEXT, STRONG (weight 500), QUIET
    (second colour), NUMBER, MONO: text. MESSAGE: text whose head stands out (the head, a
    str that the text begins with, or None). PROGRESS: bar and text (share of 1, None for a bar that
    rests because the share is not known); nothing without text.
    """

    STATE = "state"
    LOCATION = "location"
    TYPE = "type"
    TEXT = "text"
    STRONG = "strong"
    QUIET = "quiet"
    NUMBER = "number"
    MONO = "mono"
    MESSAGE = "message"
    PROGRESS = "progress"


class Align(StrEnum):
    """Side of the cell and of its header at which the text stands."""

    LEFT = "left"
    RIGHT = "right"


class Role(IntEnum):
    """Item roles beside Qt's own. CELL carries everything that the delegate needs at once."""

    CELL = Qt.ItemDataRole.UserRole + 1
    RECORD = Qt.ItemDataRole.UserRole + 2
    SORT = Qt.ItemDataRole.UserRole + 3
    KIND = Qt.ItemDataRole.UserRole + 4
    KEY = Qt.ItemDataRole.UserRole + 5


class Cell(NamedTuple):
    """One cell as the delegate paints it."""

    kind: CellKind
    text: str
    value: object
    align: Align
    elide: Qt.TextElideMode
    is_stale: bool


class HeadKind(StrEnum):
    """GROUP: stands above the rows of a group, with a chevron. LINK: does something when it is
    activated. NOTE: only says something."""

    GROUP = "group"
    LINK = "link"
    NOTE = "note"


@dataclass(frozen=True)
class GroupHead:
    """A row over the whole width. A count that is None is not known; its sign stands alone."""

    title: str
    detail: str = ""
    counts: tuple[tuple[JobState, int | None], ...] = ()
    is_open: bool = True
    kind: HeadKind = HeadKind.GROUP


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column over records of type R.

    `text` is what a person reads, "" where it does not apply. `sort` gives what to sort by (None
    sorts last in both directions); without it the text is used. `width` is in px at the size of
    the design; a column may give way to `least` when room is short (None: not at all) and grow to
    `most`. Its title and the texts in `fits` are never cut. `descending_first` is for times, sizes
    and numbers, where the large ones are the useful end. `heading` stands in the header where the
    title is too long for it. Where even the least widths do not fit, the columns with `yields`
    give their place up, 1 first; 0 never. Nothing happens at a click on a heading that is not
    sortable.
    """

    key: str
    title: str
    width: int
    text: Callable[[R], str]
    kind: CellKind = CellKind.TEXT
    value: Callable[[R], object] | None = None
    sort: Callable[[R], Any] | None = None
    tooltip: Callable[[R], str] | None = None
    align: Align = Align.LEFT
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    descending_first: bool = False
    is_visible: bool = True
    least: int | None = None
    most: int = 0
    fits: tuple[str, ...] = ()
    yields: int = 0
    heading: str | None = None
    is_sortable: bool = True

    def sort_value(self, record: R) -> Any:
        """What to sort by, None when there is no value."""
        if self.sort is not None:
            return self.sort(record)
        text = self.text(record)
        return None if text in ("", MISSING, UNKNOWN) else text.casefold()

    def cell(self, record: R, is_stale: bool) -> Cell:
        """The cell of a record in this column."""
        value = self.value(record) if self.value else None
        return Cell(self.kind, self.text(record), value, self.align, self.elide, is_stale)
