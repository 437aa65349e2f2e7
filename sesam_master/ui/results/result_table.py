"""The table of the results, or in its place what is not there and why; rows that hold still."""

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget

from sesam_master.ui.results.columns import result_columns
from sesam_master.ui.results.presenter import ResultsPicture, ResultsPresenter
from sesam_master.ui.results.rows import GroupRow, ResultRow, TableRow, row_key
from sesam_master.ui.results.sentences import empty_content
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Column, GroupHead
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView

MOST_OPEN = 50  # groups that are opened at once: each asks all locations


class ResultTable(QStackedWidget):
    """Shows pictures of the presenter. `selected` carries the chosen results, never group heads."""

    selected = Signal(list)
    activated = Signal(object)

    def __init__(self, holder: ThemeHolder, presenter: ResultsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.is_settled = False  # what was asked for is here: from now on rows may not jump
        self._is_refreshing = False
        columns = result_columns(presenter.zone, presenter.now())
        self.model: RecordTableModel[TableRow] = RecordTableModel(
            cast(tuple[Column[TableRow], ...], columns),  # heads are never given to a column
            row_key,
            is_stale=lambda row: isinstance(row, ResultRow) and not row.is_live,
            head_of=_head,
            is_paged=True,
            parent=self,
        )
        self.view = RecordTableView(holder, self.model)
        self.view.setAccessibleName("Results")
        self.empty = EmptyState(holder, EmptyContent("activity", "", ""))
        self.addWidget(self.view)
        self.addWidget(self.empty)
        self.setMinimumHeight(1)
        self.view.records_selected.connect(
            lambda rows: self.selected.emit([row for row in rows if isinstance(row, ResultRow)])
        )
        self.view.record_activated.connect(self.activated)
        self.view.head_activated.connect(self.turn)

    def begin(self) -> None:
        """Something else was asked for: its rows may come as they like."""
        self.is_settled = self._is_refreshing = False

    def begin_refresh(self) -> None:
        """The same was asked for again: rows do not go only to come back."""
        self.model.take_waiting()
        self.is_settled, self._is_refreshing = False, True

    def results(self) -> list[ResultRow]:
        """The chosen results, in the order of the rows."""
        return [row for row in self.view.selected_records() if isinstance(row, ResultRow)]

    @property
    def kept(self) -> int:
        """How many results stay because they are read, though the filter wants them no more."""
        wanted = self._presenter.filter.states
        rows = [row for row in self.model.records if isinstance(row, ResultRow)]
        return sum(bool(wanted) and row.state not in wanted for row in rows)

    def turn(self, row: GroupRow) -> None:
        """Open or close a group, or let more of it in."""
        groups = self._presenter.groups
        if groups is None:
            return
        self.begin()
        if row.is_end:
            groups.more(row.group)
        else:
            groups.toggle(row.group)

    def turn_all(self, is_open: bool) -> None:
        """Open the groups whose heads are here, or close all."""
        groups = self._presenter.groups
        if groups is None:
            return
        self.begin()
        if is_open:
            rows = self.model.records
            keys = [row.group for row in rows if isinstance(row, GroupRow) and not row.is_end]
            groups.open_all(keys[:MOST_OPEN])
        else:
            groups.close_all()

    def show_picture(self, picture: ResultsPicture) -> None:
        """Show these rows, as far as they may move."""
        self._show_rows(picture)
        self.show_place(picture)

    def show_place(self, picture: ResultsPicture) -> None:
        """Show the table, or why there are no rows."""
        has_rows = bool(self.model.rowCount() or picture.rows)  # one that is read may not match
        if has_rows or picture.gaps.asking or picture.has_more:
            had_focus = self.empty.isAncestorOf(self.focusWidget() or self)
            self.setCurrentWidget(self.view)
            if had_focus:
                self.view.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        content = empty_content(
            self._presenter.filter,
            picture.days,
            picture.total,
            picture.gaps,
            picture.places,
            self._presenter.now(),
            self._presenter.zone,
        )
        if content != self.empty.content:
            self.empty.set_content(content)
        self.setCurrentWidget(self.empty)

    def _show_rows(self, picture: ResultsPicture) -> None:
        if self._is_refreshing and not picture.is_whole:
            # Rows do not go only to come back when their page is here again.
            known = [row for row in picture.rows if self.model.row_of(row_key(row)) is not None]
            self.model.upsert(known)
            return
        if not self.is_settled:
            self.model.replace_all(picture.rows, picture.has_more)
            self.is_settled = picture.is_whole
            self._is_refreshing = False
            return
        self.model.offer_all(picture.rows, picture.has_more)
        wanted = {row_key(row) for row in picture.rows}
        # Rows that only stay until the list may move again still say what is true.
        kept = [
            row.job
            for row in self.model.records
            if isinstance(row, ResultRow) and row.job.key not in wanted
        ]
        newest = {job.key: self._presenter.row(job) for job in kept}
        self.model.upsert(row for row in newest.values() if row is not None)
        self.model.remove(key for key, row in newest.items() if row is None)


def _head(row: TableRow) -> GroupHead | None:
    return row.head if isinstance(row, GroupRow) else None
