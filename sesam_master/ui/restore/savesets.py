"""The table of the savesets of one task."""

from datetime import tzinfo

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractItemView

from sesam_master.core.records import Saveset
from sesam_master.core.states import WORDS
from sesam_master.ui.formatting import (
    UNKNOWN,
    count_text,
    far_moment_text,
    full_moment_text,
    size_text,
)
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Align, CellKind, Column
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView


def saveset_table(
    holder: ThemeHolder, zone: tzinfo, year: int, parent: QObject
) -> tuple[RecordTableModel[Saveset], RecordTableView[Saveset]]:
    """Model and view, newest first as the location lists them; one can be chosen."""
    columns = (
        Column[Saveset](
            "start",
            "Saveset",
            146,
            lambda saveset: far_moment_text(saveset.start_time, zone, year),
            CellKind.STRONG,
            tooltip=lambda s: f"{s.name}\n{full_moment_text(s.start_time, zone)}",
        ),
        Column[Saveset]("type", "Type", 48, _type_letter, CellKind.TYPE),
        Column[Saveset](
            "files",
            "Files",
            62,
            lambda saveset: count_text(saveset.listed_files),
            CellKind.NUMBER,
            align=Align.RIGHT,
            yields=1,
        ),
        Column[Saveset](
            "size",
            "Size",
            74,
            lambda saveset: size_text(saveset.listed_bytes),
            CellKind.NUMBER,
            align=Align.RIGHT,
            yields=2,
        ),
        Column[Saveset](
            "state",
            "State",
            92,
            lambda saveset: WORDS[saveset.state],
            CellKind.STATE,
            value=lambda saveset: saveset.state,
        ),
    )
    model = RecordTableModel[Saveset](
        columns, lambda saveset: saveset.key, is_paged=True, parent=parent
    )
    view = RecordTableView(holder, model)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.horizontalHeader().setSectionsClickable(False)
    view.setAccessibleName("Savesets, newest first")
    return model, view


def _type_letter(saveset: Saveset) -> str:
    return saveset.type.value if saveset.type is not None else UNKNOWN
