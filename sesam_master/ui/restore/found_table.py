"""The tables of files that were found, and of the versions of one of them."""

from datetime import datetime, tzinfo

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractItemView

from sesam_master.core.finding import FoundFile, Version
from sesam_master.core.records import EntryKind
from sesam_master.ui.formatting import (
    count_text,
    far_moment_text,
    full_moment_text,
    moment_text,
    size_text,
)
from sesam_master.ui.restore.tree import shown_name
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Align, CellKind, Column, R
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

MIDDLE = Qt.TextElideMode.ElideMiddle


def found_table(
    holder: ThemeHolder, zone: tzinfo, year: int, parent: QObject
) -> tuple[RecordTableModel[FoundFile], RecordTableView[FoundFile]]:
    """Files in the order in which the location found them."""
    columns = _place_columns() + _content_columns(zone, year)
    model = RecordTableModel[FoundFile](
        columns, lambda file: file.key, is_paged=True, parent=parent
    )
    return model, _calm(RecordTableView(holder, model), "Found files")


def _place_columns() -> tuple[Column[FoundFile], ...]:
    """Where it is."""
    return (
        Column[FoundFile](
            "name",
            "Name",
            180,
            lambda file: split_path(file.path)[1],
            CellKind.STRONG,
            tooltip=lambda file: shown_name(file.path),
            elide=MIDDLE,
            least=110,
        ),
        Column[FoundFile](
            "folder",
            "Folder",
            260,
            lambda file: split_path(file.path)[0],
            tooltip=lambda file: shown_name(file.path),
            elide=MIDDLE,
            least=120,
            most=1100,
            yields=3,
        ),
        Column[FoundFile](
            "client",
            "Client",
            80,
            lambda file: file.client,
            tooltip=lambda file: file.client,
            elide=MIDDLE,
            yields=1,
        ),
    )


def _content_columns(zone: tzinfo, year: int) -> tuple[Column[FoundFile], ...]:
    """What there is of it."""
    return (
        Column[FoundFile](
            "versions",
            "Versions",
            66,
            lambda file: count_text(file.versions),
            CellKind.NUMBER,
            align=Align.RIGHT,
            yields=2,
        ),
        Column[FoundFile](
            "size",
            "Size",
            70,
            lambda file: _size(file.kind, file.size),
            CellKind.NUMBER,
            align=Align.RIGHT,
        ),
        Column[FoundFile](
            "time",
            "Newest",
            140,
            lambda file: far_moment_text(file.modify_time, zone, year),
            tooltip=lambda f: f"Changed {full_moment_text(f.modify_time, zone)}\n{f.saveset}",
            least=100,
            fits=("Wed 20 May 20:08",),
        ),
    )


def version_table(
    holder: ThemeHolder, zone: tzinfo, year: int, parent: QObject
) -> tuple[RecordTableModel[Version], RecordTableView[Version]]:
    """Versions, that of the newest saveset first."""
    columns = (
        Column[Version](
            "time",
            "Changed",
            136,
            lambda version: far_moment_text(version.modify_time, zone, year),
            CellKind.STRONG,
            tooltip=lambda version: f"Changed {full_moment_text(version.modify_time, zone)}",
        ),
        Column[Version](
            "size",
            "Size",
            70,
            lambda version: _size(version.kind, version.size),
            CellKind.NUMBER,
            align=Align.RIGHT,
        ),
        Column[Version](
            "savesets",
            "In savesets",
            160,
            lambda version: span_text(version, zone, year),
            tooltip=_holders,
            least=60,
            most=400,
        ),
    )
    model = RecordTableModel[Version](columns, version_key, is_paged=True, parent=parent)
    return model, _calm(RecordTableView(holder, model), "Versions, newest first")


def version_key(version: Version) -> tuple[object, ...]:
    """The same content may come back later as another version, in other savesets."""
    return version.kind, version.size, version.modify_time, version.oldest.saveset


def span_text(version: Version, zone: tzinfo, year: int) -> str:
    """How many savesets hold it, from the oldest to the newest; or that none has its data."""
    if version.source is None:
        return "listed, not saved"
    oldest = _day_and_time(version.oldest.time, zone, year)
    if version.saveset_count == 1:
        return f"1, {oldest}"
    newest = _day_and_time(version.holders[0].time, zone, year)
    return f"{version.saveset_count}, {oldest} to {newest}"


def _day_and_time(moment: datetime, zone: tzinfo, year: int) -> str:
    """Without the weekday: 22 Nov 23:31, and 22 Nov 2025 23:31 of another year."""
    if moment.astimezone(zone).year != year:
        return far_moment_text(moment, zone, year)
    return moment_text(moment, zone).partition(" ")[2]


def _holders(version: Version) -> str:
    names = [f"{holder.saveset}, task {holder.task}" for holder in version.holders[:12]]
    rest = version.saveset_count - len(names)
    return "\n".join([*names, *([f"and {rest} more"] if rest > 0 else [])])


def _size(kind: EntryKind, size: int) -> str:
    return size_text(size) if kind is EntryKind.FILE else ""


def split_path(path: bytes) -> tuple[str, str]:
    """Folder and name, as they are shown."""
    folder, _, name = path.rstrip(b"/").rpartition(b"/")
    return shown_name(folder or b"/"), shown_name(name or b"/")


def _calm(view: RecordTableView[R], name: str) -> RecordTableView[R]:
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.horizontalHeader().setSectionsClickable(False)
    view.setAccessibleName(name)
    return view
