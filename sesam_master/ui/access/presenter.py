"""Joins the page of access with its location: what is asked for, what is changed, and what came."""

import uuid
from collections.abc import Callable, Coroutine
from datetime import datetime, tzinfo
from typing import Any

from PySide6.QtCore import QObject, Signal

from sesam_master.core.access import AccessPicture, NewToken, TokenOrder
from sesam_master.core.errors import LocationError
from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.place import Place

# Gets a one-time code, empty for none; the request has the same id each time.
Change = Callable[[str], Coroutine[Any, Any, Any]]


class AccessPresenter(QObject):
    """What was read stays when the location is not reached; then it is of `as_of`.

    `changed`: something came, or the location is reached or not. `token_made` carries a NewToken.
    `code_wanted` carries why, and a callable that goes on with the code. `told` carries a text.
    """

    changed = Signal()
    token_made = Signal(object)
    code_wanted = Signal(str, object)
    told = Signal(str)

    def __init__(
        self,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        mine: tzinfo,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._source = source
        self._now = now
        self._cancel: Callable[[], None] = lambda: None
        self.place = Place(bridge.fleet, location_id, mine)
        self.found: AccessPicture | None = None
        self.problem = ""
        self.as_of: datetime | None = None
        self.is_asking = False
        self.is_changing = False
        self._orders: dict[TokenOrder, str] = {}  # not answered yet, with their request ids
        bridge.fleet_changed.connect(self._take)

    def refresh(self) -> None:
        """Ask the location again."""
        self._cancel()
        self.is_asking = True
        self.changed.emit()
        call = self._source.access(self.place.location_id)
        self._cancel = self._bridge.ask(call, self, self._answered, self._fail)

    def make_token(self, order: TokenOrder) -> None:
        """`token_made` tells the token. One that waits for a second administrator is fetched by
        asking for the same again."""
        here, request = self.place.location_id, self._orders.setdefault(order, str(uuid.uuid4()))
        self._change(
            "make a token", lambda code: self._source.make_token(here, order, request, code)
        )

    def revoke_token(self, token_id: str) -> None:
        here, request = self.place.location_id, str(uuid.uuid4())
        self._change(
            "revoke the token",
            lambda code: self._source.revoke_token(here, token_id, request, code),
        )

    def revoke_credential(self, credential_id: str) -> None:
        here, request = self.place.location_id, str(uuid.uuid4())
        self._change(
            "revoke the credential",
            lambda code: self._source.revoke_credential(here, credential_id, request, code),
        )

    def decide(self, approval_id: str, *, approves: bool) -> None:
        here, request = self.place.location_id, str(uuid.uuid4())
        self._change(
            "approve it" if approves else "refuse it",
            lambda code: self._source.decide_approval(here, approval_id, approves, request, code),
        )

    def give_code(self, code: str) -> None:
        """It goes with the next change at the location, from whatever page."""
        here, name = self.place.location_id, self.place.name

        def given(_answer: None) -> None:
            self.told.emit(f"The next change at {name} goes with this code.")

        def failed(error: Exception) -> None:
            self.told.emit(notice(error, "keep the code", name).text)

        self._bridge.ask(self._source.give_code(here, code), self, given, failed)

    def _change(self, doing: str, change: Change, code: str = "") -> None:
        self.is_changing = True
        self.changed.emit()

        def failed(error: Exception) -> None:
            self._refuse(doing, change, error)

        self._bridge.ask(change(code), self, self._changed, failed)

    def _changed(self, answer: object) -> None:
        self.is_changing = False
        if isinstance(answer, NewToken):
            self._orders.clear()
            self.token_made.emit(answer)
        self.refresh()

    def _refuse(self, doing: str, change: Change, error: Exception) -> None:
        self.is_changing = False
        self.changed.emit()
        text = notice(error, doing, self.place.name).text
        reason = error.reason if isinstance(error, LocationError) else ""
        has_secret = isinstance(error, LocationError) and error.metadata.get("enrolled") != "no"
        if reason == "APPROVAL_DECIDED":
            self._orders.clear()
        if reason in ("OTP_REQUIRED", "OTP_WRONG") and has_secret:
            why = "" if reason == "OTP_REQUIRED" else text
            self.code_wanted.emit(why, lambda code: self._change(doing, change, code))
        else:
            self.told.emit(text)
            self.refresh()

    def _answered(self, found: AccessPicture) -> None:
        self.found, self.as_of = found, self._now()
        self.is_asking, self.problem = False, ""
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self.is_asking = False
        self.problem = notice(error, "read who has access", self.place.name).text
        self.changed.emit()

    def _take(self, change: FleetChange) -> None:
        here = self.place.location_id
        if here in change.pictures:
            self.refresh()
        elif here in change.connections or change.locations_listed:
            self.changed.emit()
