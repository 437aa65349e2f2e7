"""The page "Access" of one location: its credentials and tokens, what waits for a second
administrator, and who is locked out."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import tzlocal
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from sesam_master.core.access import NewToken
from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.access.presenter import AccessPresenter
from sesam_master.ui.access.windows import CodeWindow, MadeWindow, SureWindow, TokenWindow
from sesam_master.ui.access.words import EMPTY, Kind, Row, access_columns, rows_of, subject_text
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.head import LocationHead
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.empty_state import EmptyContent, EmptyState
from sesam_master.ui.widgets.record_table import RecordTableModel
from sesam_master.ui.widgets.record_table_view import RecordTableView
from sesam_master.ui.widgets.segments import Segments
from sesam_master.ui.widgets.wrapped_label import WrappedLabel

_REVOCABLE = (Kind.CREDENTIALS, Kind.TOKENS)


class AccessPage(QWidget):
    """A tab for one location."""

    icon_name = "key-round"

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        *,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._holder = holder
        self._now = clock
        self._kind = Kind.CREDENTIALS
        zone = zone or tzlocal.get_localzone()
        self.presenter = AccessPresenter(bridge, source, location_id, zone, clock, self)
        place = self.presenter.place
        self.title = f"Access, {place.name}"
        says = subject_text(place.name, None)
        self.head = LocationHead(holder, bridge, place, clock, "Access", says)
        self.kinds = Segments(holder, [kind.value for kind in Kind])
        self.model: RecordTableModel[Row] = RecordTableModel(
            access_columns(place.zones.site, clock()),
            lambda one: one.id,
            is_stale=lambda _one: place.darkness is not None,
            is_paged=True,
            parent=self,
        )
        self.table = RecordTableView(holder, self.model)
        self.table.setAccessibleName("Access")
        self.table.setSelectionMode(RecordTableView.SelectionMode.SingleSelection)
        self.empty = EmptyState(holder, EmptyContent(self.icon_name, "", ""))
        self.code = QPushButton("Give a code")
        self.code.setToolTip("A one-time code for what is done next at this location")
        self.make = QPushButton("New token")
        self.revoke = QPushButton("Revoke")
        self.approve = QPushButton("Approve")
        self.refuse = QPushButton("Refuse")
        self.note = WrappedLabel("", "secondary")
        self.window_open: QWidget | None = None
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self.presenter.refresh()

    @property
    def location_id(self) -> str:
        return self.presenter.place.location_id

    def refresh(self) -> None:
        """Ask the location again."""
        self.presenter.refresh()

    # -- inside

    def _lay_out(self) -> None:
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 12, 8)
        bar.setSpacing(8)
        bar.addWidget(self.kinds)
        bar.addWidget(self.note, 1)
        for button in (self.code, self.make, self.revoke, self.approve, self.refuse):
            bar.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addLayout(bar)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.changed.connect(self._show)
        presenter.token_made.connect(self._show_token)
        presenter.code_wanted.connect(self._ask_code)
        presenter.told.connect(self.note.setText)
        self.kinds.chosen.connect(self._choose)
        self.table.records_selected.connect(lambda _chosen: self._show_buttons())
        self.code.clicked.connect(lambda: self._ask_code("", presenter.give_code))
        self.make.clicked.connect(self._make)
        self.revoke.clicked.connect(self._revoke)
        self.approve.clicked.connect(self._approve)
        self.refuse.clicked.connect(self._refuse)

    def _choose(self, text: str) -> None:
        self._kind = Kind(text)
        self.note.setText("")
        self._show()

    def _show(self) -> None:
        presenter = self.presenter
        found = presenter.found
        four_eyes = found.four_eyes if found is not None else None
        self.head.set_subject(subject_text(presenter.place.name, four_eyes))
        self.head.show_state(presenter.as_of, presenter.problem, is_asking=presenter.is_asking)
        rows = rows_of(found, self._kind, self._now()) if found is not None else []
        if found is None:
            waits = "The location is asked." if presenter.is_asking else "It was not reached yet."
            content = EmptyContent(self.icon_name, "Who has access is not known", waits)
        else:
            content = EmptyContent(self.icon_name, *EMPTY[self._kind])
        self.model.replace_all(rows)
        self.empty.set_content(content)
        self._stack.setCurrentWidget(self.table if rows else self.empty)
        self.table.viewport().update()
        self._show_buttons()

    def _show_buttons(self) -> None:
        hindrance = self.presenter.place.hindrance
        one = self._one()
        is_open = one is not None and one.is_open and not self.presenter.is_changing
        self.make.setEnabled(hindrance is None and not self.presenter.is_changing)
        self.make.setToolTip(hindrance or "Lets somebody in")
        for button, kinds in (
            (self.revoke, _REVOCABLE),
            (self.approve, (Kind.APPROVALS,)),
            (self.refuse, (Kind.APPROVALS,)),
        ):
            button.setVisible(self._kind in kinds)
            button.setEnabled(is_open and hindrance is None)
            why = "Choose one that is still open." if not is_open else ""
            button.setToolTip(hindrance or why)

    def _one(self) -> Row | None:
        chosen = self.table.selected_records()
        return chosen[0] if chosen and chosen[0].kind is self._kind else None

    def _open(self, window: QWidget) -> None:
        self.window_open = window
        window.show()

    def _make(self) -> None:
        window = TokenWindow(self._holder, self.presenter.place.name, self)
        window.ordered.connect(self.presenter.make_token)
        self._open(window)

    def _show_token(self, made: NewToken) -> None:
        state = self.presenter.place.state
        fingerprint = state.registration.fingerprint if state is not None else ""
        self._open(MadeWindow(self._holder, made.token, fingerprint, self))

    def _ask_code(self, why: str, go_on: Callable[[str], None]) -> None:
        self._open(CodeWindow(self._holder, why, go_on, self))

    def _revoke(self) -> None:
        one = self._one()
        if one is None:
            return
        if one.kind is Kind.CREDENTIALS:
            text = f"{one.what} is not let in any more, at once. This cannot be taken back."
            sure = lambda: self.presenter.revoke_credential(one.id)  # noqa: E731
        else:
            text = f"Nobody is let in with it ({one.what}). Credentials that it gave stay."
            sure = lambda: self.presenter.revoke_token(one.id)  # noqa: E731
        self._open(SureWindow(self._holder, "Revoke", text, "Revoke", sure, self))

    def _approve(self) -> None:
        one = self._one()
        if one is not None:
            text = f"{one.detail}\n\nIt is done at once, and cannot be taken back."
            self._open(
                SureWindow(
                    *(self._holder, "Approve", text, "Approve"),
                    lambda: self.presenter.decide(one.id, approves=True),
                    self,
                )
            )

    def _refuse(self) -> None:
        one = self._one()
        if one is not None:
            self.presenter.decide(one.id, approves=False)
