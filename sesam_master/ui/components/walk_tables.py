"""The tables of a walk: what is left out by what, and where most of the rest lies."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QAbstractItemView

from sesam_master.core.client_files import DirectorySize, LeftOut, LeftOutCause
from sesam_master.ui.formatting import MISSING, number_text, size_text
from sesam_master.ui.restore.tree import shown_name
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Align, CellKind, Column, R
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

MIDDLE = Qt.TextElideMode.ElideMiddle
NOTHING = "hits nothing"
_CAUSES = {
    LeftOutCause.OTHER_EXCLUDES: "all further excludes",
    LeftOutCause.CACHES: "Option: leave out caches",
    LeftOutCause.NODUMP: "Option: leave out “no dump”",
    LeftOutCause.OTHER_FILE_SYSTEMS: "Option: stay in one file system",
    LeftOutCause.KERNEL_FILE_SYSTEMS: "Made up by the kernel",
    LeftOutCause.OWN_FILES: "The agent's own files",
    LeftOutCause.SOCKETS: "Sockets: listed, not saved",
    LeftOutCause.UNREADABLE: "May not be looked into",
    LeftOutCause.UNKNOWN: "Something that this desk does not know",
}


def left_out_table(
    holder: ThemeHolder, parent: QObject
) -> tuple[RecordTableModel[LeftOut], RecordTableView[LeftOut]]:
    """In the order in which the excludes stand in the form."""
    columns = (
        Column[LeftOut](
            "what",
            "Exclude or reason",
            230,
            what_text,
            CellKind.STRONG,
            tooltip=_what_in_full,
            elide=MIDDLE,
            least=120,
            most=420,
        ),
        Column[LeftOut]("hits", "Hits", 96, hits_text, CellKind.NUMBER, align=Align.RIGHT),
        Column[LeftOut](
            "files",
            "Files left out",
            96,
            lambda item: number_text(item.files) if item.is_measured else MISSING,
            CellKind.NUMBER,
            align=Align.RIGHT,
        ),
        Column[LeftOut](
            "size",
            "Size",
            76,
            lambda item: size_text(item.size) if item.is_measured else MISSING,
            CellKind.NUMBER,
            align=Align.RIGHT,
        ),
        Column[LeftOut](
            "examples",
            "For example",
            260,
            lambda item: ", ".join(map(shown_name, item.examples)),
            CellKind.QUIET,
            tooltip=_examples,
            elide=MIDDLE,
            least=80,
        ),
    )
    model = RecordTableModel[LeftOut](columns, lambda item: item.number, parent=parent)
    return model, _calm(RecordTableView(holder, model), "What is left out")


def largest_table(
    holder: ThemeHolder, parent: QObject
) -> tuple[RecordTableModel[DirectorySize], RecordTableView[DirectorySize]]:
    """The largest first."""
    columns = (
        Column[DirectorySize](
            "size",
            "Size",
            76,
            lambda item: size_text(item.size),
            CellKind.NUMBER,
            align=Align.RIGHT,
        ),
        Column[DirectorySize](
            "files",
            "Files",
            96,
            lambda item: number_text(item.files),
            CellKind.NUMBER,
            align=Align.RIGHT,
        ),
        Column[DirectorySize](
            "path",
            "Directory, with all below it",
            420,
            lambda item: shown_name(item.path),
            tooltip=lambda item: shown_name(item.path),
            elide=MIDDLE,
            least=120,
        ),
    )
    model = RecordTableModel[DirectorySize](columns, lambda item: item.path, parent=parent)
    return model, _calm(RecordTableView(holder, model), "The largest directories")


def what_text(item: LeftOut) -> str:
    """The exclude as it was written, or the option."""
    return item.pattern or _CAUSES.get(item.cause, item.cause.value)


def hits_text(item: LeftOut) -> str:
    """How many entries it meets."""
    return NOTHING if item.hits_nothing else number_text(item.hits)


def _what_in_full(item: LeftOut) -> str:
    if item.cause is LeftOutCause.EXCLUDE_FILE:
        return f"{item.pattern}\nA line of the exclude file"
    return what_text(item)


def _examples(item: LeftOut) -> str:
    more = item.hits - len(item.examples)
    lines = [shown_name(path) for path in item.examples]
    return "\n".join([*lines, *([f"and {number_text(more)} more"] if more > 0 else [])])


def _calm(view: RecordTableView[R], name: str) -> RecordTableView[R]:
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.horizontalHeader().setSectionsClickable(False)
    view.setAccessibleName(name)
    return view
