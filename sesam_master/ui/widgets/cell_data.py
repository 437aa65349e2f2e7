"""What a row of a table answers to the roles of Qt."""

from typing import Any

from PySide6.QtCore import Qt

from sesam_master.core.states import WORDS
from sesam_master.ui.widgets.column import (
    Align,
    Cell,
    CellKind,
    Column,
    GroupHead,
    HeadKind,
    R,
    Role,
)

_DISPLAY = Qt.ItemDataRole.DisplayRole


def head_data(head: GroupHead, role: int) -> Any:
    """Of a group row, in any of its cells."""
    if role == Role.CELL:
        elide = Qt.TextElideMode.ElideRight
        return Cell(CellKind.TEXT, "", None, Align.LEFT, elide, is_stale=False)
    if role == Qt.ItemDataRole.AccessibleTextRole:
        counts = [
            f"{count} {WORDS[state].lower()}" if count is not None else WORDS[state].lower()
            for state, count in head.counts
        ]
        texts = [head.title, head.detail, *counts]
        if head.kind is HeadKind.GROUP:
            texts.append("open" if head.is_open else "closed")
        return ", ".join(text for text in texts if text)
    return head.title if role == _DISPLAY else None


def column_data(column: Column[R], record: R, role: int) -> Any:
    """Of an ordinary row in one column, but for what the delegate needs at once."""
    if role == _DISPLAY:
        return column.text(record)
    if role == Qt.ItemDataRole.ToolTipRole:
        return column.tooltip(record) if column.tooltip else None
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return alignment(column.align)
    if role == Role.SORT:
        return column.sort_value(record)
    return column.kind if role == Role.KIND else None


def alignment(align: Align) -> Qt.AlignmentFlag:
    """Of a cell and of its heading."""
    side = Qt.AlignmentFlag.AlignRight if align is Align.RIGHT else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
