"""The table of what differs between two savesets."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from PySide6.QtCore import QObject

from sesam_master.core.finding import Difference
from sesam_master.core.records import Entry, EntryKind
from sesam_master.ui.formatting import far_moment_text, size_text
from sesam_master.ui.restore.found_table import MIDDLE, split_path
from sesam_master.ui.restore.tree import shown_name
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Align, CellKind, Column
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

WORDS = {"added": "Added", "removed": "Removed", "changed": "Changed"}


def difference_table(
    holder: ThemeHolder, zone: tzinfo, now: datetime, parent: QObject
) -> tuple[RecordTableModel[Difference], RecordTableView[Difference]]:
    """In the order of directories and names."""
    year = now.astimezone(zone).year
    columns = (
        Column[Difference]("word", "Difference", 92, lambda one: WORDS[one.word], CellKind.STRONG),
        Column[Difference](
            *("name", "Name", 200, lambda one: split_path(one.path)[1]),
            tooltip=lambda one: shown_name(one.path),
            elide=MIDDLE,
            least=110,
            most=420,
        ),
        Column[Difference](
            *("folder", "Folder", 200, lambda one: split_path(one.path)[0]),
            tooltip=lambda one: shown_name(one.path),
            elide=MIDDLE,
            least=80,
            most=700,
        ),
        Column[Difference]("what", "What", 110, _what, least=70, most=240),
        _size("before", lambda one: one.before),
        _size("after", lambda one: one.after),
        Column[Difference](
            *("time", "Changed", 140, lambda one: _time(one, zone, year)),
        ),
    )
    model = RecordTableModel[Difference](
        columns, lambda one: one.path, is_paged=True, parent=parent
    )
    view = RecordTableView(holder, model)
    view.horizontalHeader().setSectionsClickable(False)
    view.setAccessibleName("Differences")
    return model, view


def _size(when: str, entry: Callable[[Difference], Entry | None]) -> Column[Difference]:
    return Column[Difference](
        *(f"size {when}", f"Size {when}", 92, lambda one: _size_of(entry(one)), CellKind.NUMBER),
        align=Align.RIGHT,
    )


def _size_of(entry: Entry | None) -> str:
    return size_text(entry.size) if entry is not None and entry.kind is EntryKind.FILE else ""


def _what(one: Difference) -> str:
    entry = one.after or one.before
    if one.word != "changed" and entry is not None:
        return entry.kind.value
    return ", ".join(aspect.value for aspect in one.aspects)


def _time(one: Difference, zone: tzinfo, year: int) -> str:
    entry = one.after or one.before
    return far_moment_text(entry.modify_time, zone, year) if entry is not None else ""
